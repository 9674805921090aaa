//! The limits of a disk: what a caller gives is put together with what there was, family by family.

use super::Guest;
use crate::qmp::types::BlockNode;
use crate::qmp::{BlockSetIoThrottle, Properties, QueryBlock};
use ferrovirt_conf::domain::{Disk, DiskBus, Domain, IoTune, StorageLocation};
use ferrovirt_conf::tuning::iotune::{self, limit};
use ferrovirt_core::{Error, ErrorCode, Result, TypedParams};
use serde_json::Value;

/// Limits that are given together: one that is given resets the others of its family. Those for bursts have the names of
/// the others and `_max`, how long bursts last `_max_length`.
const FAMILIES: [&[&str]; 5] = [
    BYTES,
    OPERATIONS,
    &["total_bytes_sec_max", "read_bytes_sec_max", "write_bytes_sec_max"],
    &["total_iops_sec_max", "read_iops_sec_max", "write_iops_sec_max"],
    &["size_iops_sec"],
];
const BYTES: &[&str] = &["total_bytes_sec", "read_bytes_sec", "write_bytes_sec"];
const OPERATIONS: &[&str] = &["total_iops_sec", "read_iops_sec", "write_iops_sec"];

/// The limits by QEMU's names.
const QMP: [(&str, &str); 13] = [
    ("bps", "total_bytes_sec"),
    ("bps_rd", "read_bytes_sec"),
    ("bps_wr", "write_bytes_sec"),
    ("iops", "total_iops_sec"),
    ("iops_rd", "read_iops_sec"),
    ("iops_wr", "write_iops_sec"),
    ("bps_max", "total_bytes_sec_max"),
    ("bps_rd_max", "read_bytes_sec_max"),
    ("bps_wr_max", "write_bytes_sec_max"),
    ("iops_max", "total_iops_sec_max"),
    ("iops_rd_max", "read_iops_sec_max"),
    ("iops_wr_max", "write_iops_sec_max"),
    ("iops_size", "size_iops_sec"),
];
const QMP_LENGTHS: [(&str, &str); 6] = [
    ("bps_max_length", "total_bytes_sec_max_length"),
    ("bps_rd_max_length", "read_bytes_sec_max_length"),
    ("bps_wr_max_length", "write_bytes_sec_max_length"),
    ("iops_max_length", "total_iops_sec_max_length"),
    ("iops_rd_max_length", "read_iops_sec_max_length"),
    ("iops_wr_max_length", "write_iops_sec_max_length"),
];

/// What the caller gives, checked as far as it can be without a disk.
pub fn given(params: &TypedParams) -> Result<IoTune> {
    params.check(&iotune::table())?;
    let mut tune = IoTune::default();
    iotune::set(&mut tune, params)?;
    iotune::check_totals(&tune)?;
    Ok(tune)
}

/// The place of the disk that a name means, in a list of disks that can have limits.
pub fn find(model: &Domain, name: &str) -> Result<usize> {
    let is_it = |disk: &&Disk| disk.name() == Some(name) || disk.source.path() == Some(name);
    let by_name = model.devices.disks.iter().position(|disk| disk.name() == Some(name));
    let found = by_name.or_else(|| model.devices.disks.iter().position(|disk| is_it(&disk)));
    let at =
        found.ok_or_else(|| Error::invalid_arg(format!("domain '{}' has no disk '{name}'", model.name)))?;
    let disk = &model.devices.disks[at];
    let refuse = |why: &str| Err(Error::config_unsupported(format!("disk '{name}' {why}")));
    if matches!(disk.source.location, StorageLocation::VhostUser(_)) || disk.target.bus == Some(DiskBus::Sd) {
        return refuse("can have no limits: QEMU does not see what is read and written");
    }
    if !disk.throttle_filters.is_empty() {
        return refuse("has its limits by <throttlefilters>, which do not go with <iotune>");
    }
    Ok(at)
}

/// The limits that a disk gets: those of families in which nothing is given stay as they are, or as its new group has
/// them.
pub fn merged(model: &Domain, at: usize, given: &IoTune, params: &TypedParams) -> Result<IoTune> {
    let disk = &model.devices.disks[at];
    let none = IoTune::default();
    let own = disk.iotune.as_deref().unwrap_or(&none);
    let of_group =
        |disk: &Disk| disk.iotune.as_deref().cloned().filter(|tune| tune.group_name == given.group_name);
    let grouped = given.group_name.is_some() && given.group_name != own.group_name;
    let old = grouped.then(|| model.devices.disks.iter().find_map(of_group)).flatten();
    let mut old = old.unwrap_or_else(|| own.clone());
    let mut new = given.clone();
    let says = |name: &str| params.get(name).is_some();
    for family in FAMILIES {
        if !family.iter().any(|name| says(name)) {
            family.iter().for_each(|name| *limit(&mut new, name) = *limit(&mut old, name));
        }
    }
    for family in [BYTES, OPERATIONS] {
        let length = |name: &str| format!("{name}_max_length");
        let is_given = family.iter().any(|name| says(&length(name)));
        for name in family {
            let had = *limit(&mut old, &length(name));
            if !is_given {
                *limit(&mut new, &length(name)) = had;
            } else if had != 0 && *limit(&mut new, &length(name)) == 0 {
                // QEMU takes no 0 where there is a limit to burst above.
                let limited = *limit(&mut new, name) != 0 || *limit(&mut new, &format!("{name}_max")) != 0;
                *limit(&mut new, &length(name)) = u64::from(limited);
            }
        }
    }
    if given.group_name.is_none() {
        new.group_name = old.group_name.clone();
    }
    if says_nothing(&new) {
        if new.group_name.is_some() && new.group_name != own.group_name {
            return Err(Error::config_unsupported("a group of disks can't be made with no limits at all"));
        }
        new.group_name = None;
    }
    Ok(new)
}

fn says_nothing(tune: &IoTune) -> bool {
    IoTune { group_name: tune.group_name.clone(), ..IoTune::default() } == *tune
}

/// Puts the limits into a description, for all disks of the group.
pub fn put(model: &mut Domain, at: usize, tune: &IoTune) {
    let said = (!says_nothing(tune)).then(|| Box::new(tune.clone()));
    model.devices.disks[at].iotune = said.clone();
    if tune.group_name.is_some() {
        for disk in &mut model.devices.disks {
            if disk.iotune.as_ref().is_some_and(|other| other.group_name == tune.group_name) {
                disk.iotune.clone_from(&said);
            }
        }
    }
}

/// Bursts are above the limit, and need one.
fn check_bursts(tune: &IoTune) -> Result<()> {
    let mut tune = tune.clone();
    for name in BYTES.iter().chain(OPERATIONS) {
        let (usual, burst) = (*limit(&mut tune, name), *limit(&mut tune, &format!("{name}_max")));
        if burst != 0 && (usual == 0 || burst < usual) {
            let text = format!("{name}_max ({burst}) must be at least {name} ({usual}), which must be set");
            return Err(Error::new(ErrorCode::ConfigUnsupported, text));
        }
    }
    Ok(())
}

impl Guest<'_> {
    /// Puts new limits in force. They are told of under the names of events.
    pub fn limit_disk(
        &self,
        model: &mut Domain,
        name: &str,
        given: &IoTune,
        params: &TypedParams,
    ) -> Result<()> {
        let at = find(model, name)?;
        let tune = merged(model, at, given, params)?;
        check_bursts(&tune)?;
        let disk = &model.devices.disks[at];
        // An empty drive gets its limits with its next medium.
        if !disk.source.is_empty() {
            self.live.ask(&self.shared.reactor, throttle(disk, &tune)?)?;
        }
        put(model, at, &tune);
        let mut told = TypedParams::new();
        told.add("blkdeviotune.disk", name);
        for (name, value) in params.iter() {
            told.add(format!("blkdeviotune.{name}"), value.clone());
        }
        self.announce(told);
        Ok(())
    }

    /// The limits that QEMU has in force.
    pub fn disk_limits(&self, model: &Domain, name: &str) -> Result<IoTune> {
        let disk = &model.devices.disks[find(model, name)?];
        if disk.source.is_empty() {
            return Err(Error::invalid_arg(format!("the drive '{name}' is empty, so it has no limits")));
        }
        let alias = disk.info.alias.clone().unwrap_or_default();
        let devices = self.live.ask(&self.shared.reactor, QueryBlock {})?;
        let device = devices.into_iter().find(|device| model_names(&device.qdev, &alias));
        let node = device.and_then(|device| device.inserted);
        let node = node.ok_or_else(|| Error::internal(format!("QEMU does not know the disk '{name}'")))?;
        Ok(limits_of(&node))
    }

    /// Puts the limits of all disks in force, at the start.
    pub fn apply_disk_limits(&self, model: &Domain) -> Result<()> {
        let limited = model.devices.disks.iter().filter(|disk| !disk.source.is_empty());
        for disk in limited {
            if let Some(tune) = disk.iotune.as_ref().filter(|tune| !says_nothing(tune)) {
                self.live.ask(&self.shared.reactor, throttle(disk, tune)?)?;
            }
        }
        Ok(())
    }
}

/// Whether QEMU's path of a device is that of the one with this alias.
pub fn model_names(qdev: &str, alias: &str) -> bool {
    qdev == alias || qdev.split('/').any(|step| step == alias)
}

fn throttle(disk: &Disk, tune: &IoTune) -> Result<BlockSetIoThrottle> {
    let alias = disk.info.alias.clone().ok_or_else(|| Error::internal("a disk without an alias"))?;
    let mut tune = tune.clone();
    let mut properties = Properties::new();
    properties.insert("id".into(), disk_path(disk, &alias).into());
    for (name, parameter) in QMP {
        properties.insert(name.into(), (*limit(&mut tune, parameter)).into());
    }
    // Lengths have defaults in QEMU that a 0 would not stand for.
    for (name, parameter) in QMP_LENGTHS {
        let value = *limit(&mut tune, parameter);
        if value != 0 {
            properties.insert(name.into(), value.into());
        }
    }
    if let Some(group) = &tune.group_name {
        properties.insert("group".into(), group.clone().into());
    }
    Ok(BlockSetIoThrottle(properties))
}

/// What QEMU knows a disk's device by: that of a virtio disk is one below its bus's.
fn disk_path(disk: &Disk, alias: &str) -> String {
    match disk.target.bus {
        Some(DiskBus::Virtio) => format!("/machine/peripheral/{alias}/virtio-backend"),
        _ => alias.to_owned(),
    }
}

fn limits_of(node: &BlockNode) -> IoTune {
    let mut tune = IoTune::default();
    let number = |name: &str| node.rest.get(name).and_then(Value::as_u64).unwrap_or(0);
    for (name, parameter) in QMP.iter().chain(&QMP_LENGTHS) {
        *limit(&mut tune, parameter) = number(name);
    }
    tune.group_name = node.rest.get("group").and_then(Value::as_str).map(str::to_owned);
    tune
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use ferrovirt_core::TypedValue;

    fn of(values: &[(&str, u64)]) -> TypedParams {
        values.iter().map(|(name, value)| ((*name).to_owned(), TypedValue::ULLong(*value))).collect()
    }

    #[test]
    fn a_family_is_set_together_and_the_others_stay() {
        let disk = "<disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk>";
        let mut model = sample::define("pc", "", disk).unwrap();
        let first = of(&[("total_bytes_sec", 5000), ("total_iops_sec", 100)]);
        let tune = merged(&model, 0, &given(&first).unwrap(), &first).unwrap();
        put(&mut model, 0, &tune);
        let second = of(&[("read_bytes_sec", 70)]);
        let tune = merged(&model, 0, &given(&second).unwrap(), &second).unwrap();
        assert_eq!((tune.total_bytes_sec, tune.read_bytes_sec, tune.total_iops_sec), (0, 70, 100));
        let nothing = of(&[("read_bytes_sec", 0), ("total_iops_sec", 0)]);
        let tune = merged(&model, 0, &given(&nothing).unwrap(), &nothing).unwrap();
        put(&mut model, 0, &tune);
        assert_eq!(model.devices.disks[0].iotune, None);
    }

    #[test]
    fn totals_go_alone_and_bursts_above() {
        let err = given(&of(&[("total_iops_sec", 1), ("read_iops_sec", 1)])).unwrap_err();
        assert_eq!(err.code(), ErrorCode::InvalidArg);
        let tune = given(&of(&[("total_iops_sec", 10), ("total_iops_sec_max", 5)])).unwrap();
        assert_eq!(check_bursts(&tune).unwrap_err().code(), ErrorCode::ConfigUnsupported);
    }
}
