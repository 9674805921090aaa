//! Disks: sizes, limits, errors, and a look into memory.

use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::domain::{Disk, Domain, IoTune};
use ferrovirt_core::driver::{BlockInfo, DiskError, DomainBlock};
use ferrovirt_core::{DomainId, ErrorCode, KnownParam, Result, TypedParams, TypedValue, abi};

const IMPACT: u32 = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;

impl DomainBlock for TestDriver {
    fn domain_memory_peek(&self, domain: &DomainId, start: u64, size: usize, flags: u32) -> Result<Vec<u8>> {
        let kinds = [abi::VIR_MEMORY_VIRTUAL, abi::VIR_MEMORY_PHYSICAL];
        refuse::flags(flags, kinds[0] | kinds[1], "virDomainMemoryPeek")?;
        if !kinds.contains(&flags) {
            let text = "the flags must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL, one of them";
            return Err(refuse::invalid_arg(text));
        }
        self.host.guest(domain)?.view().check_active()?;
        // Every byte of memory holds the low bits of its address.
        Ok((0..size).map(|offset| start.wrapping_add(offset as u64) as u8).collect())
    }

    fn domain_get_block_info(&self, domain: &DomainId, disk: &str, flags: u32) -> Result<BlockInfo> {
        refuse::flags(flags, 0, "virDomainGetBlockInfo")?;
        let view = self.host.guest(domain)?.view();
        let found = find(&view.definition.model, disk, false);
        let found = found.ok_or_else(|| refuse::invalid_arg(format!("the domain has no disk '{disk}'")))?;
        if found.source.is_empty() {
            return Err(refuse::invalid_arg(format!("the disk '{disk}' is empty")));
        }
        const SIZE: u64 = 1 << 40;
        Ok(BlockInfo { capacity: 1_099_506_450_432, allocation: SIZE, physical: SIZE })
    }

    fn domain_get_block_io_tune(
        &self,
        domain: &DomainId,
        disk: Option<&str>,
        flags: u32,
    ) -> Result<TypedParams> {
        refuse::flags(flags, IMPACT, "virDomainGetBlockIoTune")?;
        let Some(disk) = disk else { return Ok(tune_params(&IoTune::default())) };
        let view = self.host.guest(domain)?.view();
        let model = &view.one(flags)?.0.model;
        let found = find(model, disk, true)
            .ok_or_else(|| refuse::invalid_arg(format!("the domain has no disk '{disk}'")))?;
        Ok(tune_params(found.iotune.as_ref().unwrap_or(&IoTune::default())))
    }

    fn domain_set_block_io_tune(
        &self,
        domain: &DomainId,
        disk: &str,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetBlockIoTune")?;
        params.check(&tune_table())?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, _| {
                let found = index(model, disk, true)
                    .ok_or_else(|| refuse::invalid_arg(format!("the domain has no disk '{disk}'")))?;
                let place = &mut model.devices.disks[found].iotune;
                let mut tune = place.clone().unwrap_or_default();
                set_tune(&mut tune, params)?;
                check_tune(&tune)?;
                *place = tune.has_any().then_some(tune);
                Ok(())
            })
        })
    }

    fn domain_num_of_disk_errors(&self, domain: &DomainId, flags: u32) -> Result<usize> {
        refuse::flags(flags, 0, "virDomainGetDiskErrors")?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        Ok(view.definition.model.devices.disks.len())
    }

    fn domain_get_disk_errors(&self, domain: &DomainId, flags: u32) -> Result<Vec<DiskError>> {
        refuse::flags(flags, 0, "virDomainGetDiskErrors")?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        // Every disk has an error, of every kind in turn.
        let kinds = (1..abi::VIR_DOMAIN_DISK_ERROR_LAST as i32).cycle();
        let disks = view.definition.model.devices.disks.iter();
        let errors = disks
            .zip(kinds)
            .map(|(disk, error)| DiskError { disk: disk.name().unwrap_or_default().to_owned(), error });
        Ok(errors.collect())
    }
}

/// The disk of this target name or path; a path that several disks have is none's, unless the first will do.
pub fn find<'a>(model: &'a Domain, name: &str, ambiguous: bool) -> Option<&'a Disk> {
    index(model, name, ambiguous).map(|index| &model.devices.disks[index])
}

pub fn index(model: &Domain, name: &str, ambiguous: bool) -> Option<usize> {
    let disks = &model.devices.disks;
    if !name.starts_with('/') {
        return disks.iter().position(|disk| disk.name() == Some(name));
    }
    let mut found = (0..disks.len()).filter(|index| disks[*index].source.path() == Some(name));
    match (found.next(), found.next()) {
        (first, None) => first,
        (first, Some(_)) => first.filter(|_| ambiguous),
    }
}

/// More a limit can't be.
const MOST: u64 = 1_000_000_000_000_000;

type Field = fn(&mut IoTune) -> &mut u64;

/// The limits, by the names of their parameters, before and after the group's name.
const BEFORE_GROUP: [(&str, Field); 13] = [
    ("total_bytes_sec", |tune| &mut tune.total_bytes_sec),
    ("read_bytes_sec", |tune| &mut tune.read_bytes_sec),
    ("write_bytes_sec", |tune| &mut tune.write_bytes_sec),
    ("total_iops_sec", |tune| &mut tune.total_iops_sec),
    ("read_iops_sec", |tune| &mut tune.read_iops_sec),
    ("write_iops_sec", |tune| &mut tune.write_iops_sec),
    ("total_bytes_sec_max", |tune| &mut tune.total_bytes_sec_max),
    ("read_bytes_sec_max", |tune| &mut tune.read_bytes_sec_max),
    ("write_bytes_sec_max", |tune| &mut tune.write_bytes_sec_max),
    ("total_iops_sec_max", |tune| &mut tune.total_iops_sec_max),
    ("read_iops_sec_max", |tune| &mut tune.read_iops_sec_max),
    ("write_iops_sec_max", |tune| &mut tune.write_iops_sec_max),
    ("size_iops_sec", |tune| &mut tune.size_iops_sec),
];
const GROUP: &str = "group_name";
const AFTER_GROUP: [(&str, Field); 6] = [
    ("total_bytes_sec_max_length", |tune| &mut tune.total_bytes_sec_max_length),
    ("read_bytes_sec_max_length", |tune| &mut tune.read_bytes_sec_max_length),
    ("write_bytes_sec_max_length", |tune| &mut tune.write_bytes_sec_max_length),
    ("total_iops_sec_max_length", |tune| &mut tune.total_iops_sec_max_length),
    ("read_iops_sec_max_length", |tune| &mut tune.read_iops_sec_max_length),
    ("write_iops_sec_max_length", |tune| &mut tune.write_iops_sec_max_length),
];

fn limits() -> impl Iterator<Item = &'static (&'static str, Field)> {
    BEFORE_GROUP.iter().chain(&AFTER_GROUP)
}

fn tune_table() -> Vec<KnownParam> {
    let row = |name, kind: u32| KnownParam { name, kind: kind as i32, multiple: false };
    let numbers = limits().map(|(name, _)| row(name, abi::VIR_TYPED_PARAM_ULLONG));
    numbers.chain([row(GROUP, abi::VIR_TYPED_PARAM_STRING)]).collect()
}

fn tune_params(tune: &IoTune) -> TypedParams {
    let mut tune = tune.clone();
    let mut params = TypedParams::new();
    BEFORE_GROUP.iter().for_each(|(name, field)| params.add(*name, *field(&mut tune)));
    params.add(GROUP, tune.group_name.clone().unwrap_or_default());
    AFTER_GROUP.iter().for_each(|(name, field)| params.add(*name, *field(&mut tune)));
    params
}

fn set_tune(tune: &mut IoTune, params: &TypedParams) -> Result<()> {
    for (name, value) in params.iter() {
        match value {
            TypedValue::ULLong(value) if *value > MOST => {
                let text = format!("the limit '{name}' can be at most {MOST}, not {value}");
                return Err(refuse::error(ErrorCode::ArgumentUnsupported, text));
            }
            TypedValue::ULLong(value) => {
                let field = limits().find(|(known, _)| *known == name);
                let (_, field) = field.expect("names were checked against the table");
                *field(tune) = *value;
            }
            TypedValue::String(group) => tune.group_name = Some(group.clone()),
            _ => {}
        }
    }
    Ok(())
}

/// A total goes with neither reads nor writes, and no limit may be above the one for bursts.
fn check_tune(tune: &IoTune) -> Result<()> {
    let clashes = [
        ("bytes_sec", tune.total_bytes_sec, tune.read_bytes_sec, tune.write_bytes_sec),
        ("iops_sec", tune.total_iops_sec, tune.read_iops_sec, tune.write_iops_sec),
        ("bytes_sec_max", tune.total_bytes_sec_max, tune.read_bytes_sec_max, tune.write_bytes_sec_max),
        ("iops_sec_max", tune.total_iops_sec_max, tune.read_iops_sec_max, tune.write_iops_sec_max),
    ];
    for (name, total, read, write) in clashes {
        if total != 0 && (read != 0 || write != 0) {
            return Err(refuse::invalid_arg(format!(
                "total_{name} does not go with one for reads or writes"
            )));
        }
    }
    let bursts = [
        ("total_bytes_sec", tune.total_bytes_sec, tune.total_bytes_sec_max),
        ("read_bytes_sec", tune.read_bytes_sec, tune.read_bytes_sec_max),
        ("write_bytes_sec", tune.write_bytes_sec, tune.write_bytes_sec_max),
        ("total_iops_sec", tune.total_iops_sec, tune.total_iops_sec_max),
        ("read_iops_sec", tune.read_iops_sec, tune.read_iops_sec_max),
        ("write_iops_sec", tune.write_iops_sec, tune.write_iops_sec_max),
    ];
    match bursts.iter().find(|(_, limit, burst)| limit > burst) {
        Some((name, ..)) => Err(refuse::invalid_arg(format!("{name} can't be above {name}_max"))),
        None => Ok(()),
    }
}
