//! Pools that are volume groups of LVM.

use super::directory::{self, check_build_flags};
use super::{Backend, Making, Tools, mount};
use crate::image::{qemu_img, raw};
use crate::{local, tool};
use ferrovirt_conf::domain::EncryptionFormat;
use ferrovirt_conf::storage::{
    PoolDevice, PoolSize, PoolSource, PoolSources, StoragePool, StorageVolume, VolumeExtent, VolumeLayer,
    VolumeType,
};
use ferrovirt_core::abi;
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::Command;
use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Pools of type `logical`.
pub struct Logical;

/// What LUKS takes of a volume for its header, in bytes.
pub(super) const LUKS_HEADER: u64 = 2 << 20;

impl Backend for Logical {
    fn check(&self, pool: &StoragePool) -> Result<bool> {
        Ok(find_group(pool).is_ok())
    }

    fn start(&self, pool: &StoragePool) -> Result<()> {
        find_group(pool)?;
        lvm("vgchange", &["-aly", group(pool)]).map(|_| ())
    }

    fn stop(&self, pool: &StoragePool) -> Result<()> {
        lvm("vgchange", &["-aln", group(pool)]).map(|_| ())
    }

    fn build(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        let overwrite = check_build_flags(flags)? & abi::VIR_STORAGE_POOL_BUILD_OVERWRITE != 0;
        let devices: Vec<_> = pool.source.devices.iter().map(|device| device.path.as_str()).collect();
        let mut prepared = 0;
        let mut build = || {
            for device in &devices {
                if !overwrite {
                    mount::check_empty(device, "LVM2_member")?;
                }
                blank_start(device)?;
                prepared += 1;
                lvm("pvcreate", &["--yes", device])?;
            }
            let mut args = vec![group(pool)];
            args.extend(&devices);
            lvm("vgcreate", &args)
        };
        let outcome = build();
        if outcome.is_err() {
            devices[..prepared].iter().for_each(|device| release_device(device));
        }
        outcome.map(|_| ())
    }

    fn delete(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        refuse_unknown(flags, 0, "virStoragePoolDelete")?;
        lvm("vgremove", &["-f", group(pool)])?;
        pool.source.devices.iter().for_each(|device| release_device(&device.path));
        Ok(())
    }

    fn refresh(&self, _tools: &Tools, pool: &mut StoragePool) -> Result<Vec<StorageVolume>> {
        let volumes = find_volumes(pool)?;
        let text = report("vgs", "vg_size,vg_free", group(pool))?;
        let (size, free) = text.trim().split_once('#').ok_or_else(|| malformed("vgs", &text))?;
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| malformed("vgs", text));
        let (size, free) = (number(size)?, number(free)?);
        pool.capacity = PoolSize(size);
        pool.available = PoolSize(free);
        pool.allocation = PoolSize(size.saturating_sub(free));
        Ok(volumes)
    }

    fn find_sources(&self, _source: Option<&str>) -> Result<String> {
        if let Err(err) = lvm::<&str>("vgscan", &[]) {
            tracing::warn!(%err, "volume groups could not be looked for anew");
        }
        Ok(PoolSources { sources: groups()? }.to_xml())
    }

    fn create(&self, tools: &Tools, pool: &StoragePool, volume: &mut StorageVolume) -> Result<()> {
        volume.kind = VolumeType::Block;
        volume.target.path = Some(pool.path_of(&volume.name));
        lvm("lvcreate", &create_args(pool, volume)?)?;
        let made = finish(tools, pool, volume);
        if made.is_err()
            && let Err(err) = self.delete_volume(pool, volume, 0)
        {
            tracing::warn!(volume = volume.name, %err, "a volume that could not be made stays");
        }
        made
    }

    fn fill(&self, tools: &Tools, making: &Making<'_>) -> Result<()> {
        fill(tools, making)
    }

    fn delete_volume(&self, _pool: &StoragePool, volume: &StorageVolume, flags: u32) -> Result<()> {
        refuse_unknown(flags, 0, "virStorageVolDelete")?;
        let path = volume.target.path.as_deref().unwrap_or_default();
        // One that is in use has to be switched off first.
        match lvm("lvremove", &["-f", path]) {
            Ok(_) => Ok(()),
            Err(_) => {
                lvm("lvchange", &["-aln", path]).and_then(|_| lvm("lvremove", &["-f", path])).map(|_| ())
            }
        }
    }

    fn wipe(&self, volume: &StorageVolume, algorithm: u32) -> Result<()> {
        // A thin volume would be filled by that, and cease to work.
        if volume.allocation < volume.capacity {
            let path = volume.target.path.as_deref().unwrap_or_default();
            return Err(Error::no_support(format!("logical volume '{path}' is sparse and can't be wiped")));
        }
        directory::wipe(volume, algorithm)
    }

    fn open(&self, volume: &StorageVolume, write: bool) -> Result<OwnedFd> {
        directory::open(volume, write)
    }
}

/// Copies a volume onto a device.
pub(super) fn fill(tools: &Tools, making: &Making<'_>) -> Result<()> {
    let Some(original) = making.original else { return Ok(()) };
    let plain = |volume: &StorageVolume| {
        volume.kind != VolumeType::File
            || volume.target.format.as_deref() == Some("raw") && volume.target.encryption.is_none()
    };
    if !plain(original) {
        return qemu_img::create(tools, making);
    }
    if making.flags & abi::VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA != 0 {
        return Err(Error::config_unsupported("a block volume has no metadata that could be allocated"));
    }
    let path = Path::new(making.volume.target.path.as_deref().unwrap_or_default());
    let device = std::fs::File::from(directory::open(making.volume, true)?);
    let reflink = making.flags & abi::VIR_STORAGE_VOL_CREATE_REFLINK != 0;
    raw::copy_from(&device, path, original, false, reflink)?;
    raw::set_permissions(path, &making.volume.target.permissions)
}

/// The name of the volume group.
fn group(pool: &StoragePool) -> &str {
    pool.source.name.as_deref().unwrap_or_default()
}

fn lvm<A: AsRef<str>>(program: &str, args: &[A]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(args.iter().map(AsRef::as_ref));
    tool::run(&mut command).map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What one of LVM's reports says of a group, its fields separated by `#`, which no name may have.
fn report(program: &str, fields: &str, group: &str) -> Result<String> {
    let shape =
        ["--separator", "#", "--noheadings", "--units", "b", "--unbuffered", "--nosuffix", "--options"];
    lvm(program, &[&shape[..], &[fields, group]].concat())
}

fn malformed(program: &str, text: &str) -> Error {
    Error::internal(format!("'{program}' says what can't be understood: {text:?}"))
}

/// All volume groups, and the devices of each.
fn groups() -> Result<Vec<PoolSource>> {
    let text = lvm("pvs", &["--noheadings", "-o", "pv_name,vg_name"])?;
    let mut found: Vec<PoolSource> = Vec::new();
    for line in text.lines() {
        let mut fields = line.split_whitespace();
        // Those of no group have no second field.
        let (Some(device), Some(group)) = (fields.next(), fields.next()) else { continue };
        let device = PoolDevice { path: device.to_owned(), part_separator: None, free_extents: Vec::new() };
        match found.iter_mut().find(|source| source.name.as_deref() == Some(group)) {
            Some(source) => source.devices.push(device),
            None => found.push(PoolSource {
                devices: vec![device],
                name: Some(group.to_owned()),
                format: Some("lvm2".to_owned()),
                ..PoolSource::default()
            }),
        }
    }
    Ok(found)
}

/// Sees to it that there is the group, on one of the devices that the pool names, if it names any.
fn find_group(pool: &StoragePool) -> Result<()> {
    let groups = groups()?;
    let found = groups.iter().find(|source| source.name.as_deref() == Some(group(pool)));
    let Some(found) = found else {
        let text = format!("there is no volume group '{}' on this host", group(pool));
        return Err(Error::config_unsupported(text));
    };
    let wanted = &pool.source.devices;
    let has = |device: &PoolDevice| found.devices.iter().any(|own| own.path == device.path);
    match wanted.iter().filter(|device| has(device)).count() {
        0 if !wanted.is_empty() => Err(Error::config_unsupported(format!(
            "volume group '{}' is on none of the devices that the pool names",
            group(pool)
        ))),
        count => {
            if count != wanted.len() {
                tracing::warn!(
                    pool = pool.name(),
                    "the volume group is not on all devices that the pool names"
                );
            }
            Ok(())
        }
    }
}

/// LVM takes a whole disk only if it begins with nothing, and a partition table must not be taken for an older one.
pub(super) fn blank_start(device: &str) -> Result<()> {
    let file = OpenOptions::new().write(true).open(device);
    let blank = |file: std::fs::File| {
        file.write_all_at(&[0; 1 << 20], 0)?;
        file.sync_all()
    };
    file.and_then(blank)
        .map_err(|err| Error::system(err, format_args!("cannot blank the start of '{device}'")))
}

fn release_device(device: &str) {
    if let Err(err) = lvm("pvremove", &["--yes", device]) {
        tracing::info!(device, %err, "a device can't be taken from LVM");
    }
}

fn create_args(pool: &StoragePool, volume: &StorageVolume) -> Result<Vec<String>> {
    let encryption = volume.target.encryption.as_ref();
    if encryption.is_some_and(|encryption| encryption.format != EncryptionFormat::Luks) {
        return Err(Error::config_unsupported("volumes of a volume group can be encrypted with LUKS only"));
    }
    let word = |word: &str| word.to_owned();
    let mut args = vec![word("--name"), volume.name.clone(), word("-L")];
    if volume.capacity != volume.allocation {
        args.push(format!("{}K", volume.allocation.max(1).div_ceil(1024)));
        args.extend([word("--type"), word("snapshot"), word("--virtualsize")]);
    }
    let header = if encryption.is_some() { LUKS_HEADER } else { 0 };
    args.push(format!("{}K", (volume.capacity + header).div_ceil(1024)));
    match volume.backing.as_ref().and_then(|backing| backing.path.clone()) {
        Some(origin) => args.extend([word("-s"), origin]),
        None => args.push(group(pool).to_owned()),
    }
    args.push(word("--yes"));
    Ok(args)
}

/// The rest of making a volume, once it is there.
fn finish(tools: &Tools, pool: &StoragePool, volume: &mut StorageVolume) -> Result<()> {
    if volume.target.encryption.is_some() {
        qemu_img::create(tools, &Making { pool, volume, original: None, flags: 0 })?;
    }
    let path = volume.target.path.clone().unwrap_or_default();
    raw::set_permissions(Path::new(&path), &volume.target.permissions)?;
    let found = find_volumes(pool)?.into_iter().find(|found| found.name == volume.name);
    let found = found.ok_or_else(|| Error::internal(format!("the new volume '{path}' can't be found")))?;
    let encryption = volume.target.encryption.take();
    *volume = found;
    volume.target.encryption = encryption;
    Ok(())
}

const FIELDS: &str = "lv_name,origin,uuid,devices,segtype,stripes,seg_size,vg_extent_size,size,lv_attr";

/// The active volumes of a group. One of several segments has a line for each.
fn find_volumes(pool: &StoragePool) -> Result<Vec<StorageVolume>> {
    let text = report("lvs", FIELDS, group(pool))?;
    let mut volumes: Vec<StorageVolume> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let fields: Vec<_> = line.trim().split('#').collect();
        let [name, origin, uuid, devices, kind, stripes, length, unit, size, attributes, ..] = fields[..]
        else {
            return Err(malformed("lvs", line));
        };
        // Those that are switched off have no device, nor have pools of thin ones.
        if attributes.as_bytes().get(4) != Some(&b'a') || attributes.starts_with('t') {
            continue;
        }
        let stripes = if is_striped(kind) { stripes } else { "1" };
        let extents = extents(devices, stripes, length, unit).ok_or_else(|| malformed("lvs", line))?;
        if let Some(known) = volumes.iter_mut().find(|volume| volume.name == name) {
            known.extents.extend(extents);
            continue;
        }
        let mut volume = described(pool, name, origin, uuid);
        local::refresh(&mut volume)?;
        volume.allocation = size.parse().map_err(|_| malformed("lvs", line))?;
        volume.extents = extents;
        volumes.push(volume);
    }
    Ok(volumes)
}

fn is_striped(kind: &str) -> bool {
    kind == "striped" || kind == "mirror" || kind.starts_with("raid")
}

/// `/dev/a(0),/dev/b(7)`, the numbers being those of extents.
fn extents(devices: &str, stripes: &str, length: &str, unit: &str) -> Option<Vec<VolumeExtent>> {
    let (stripes, length, unit) =
        (stripes.parse::<usize>().ok()?, length.parse::<u64>().ok()?, unit.parse::<u64>().ok()?);
    let parts: Vec<_> = devices.split(',').filter(|part| !part.is_empty()).take(stripes).collect();
    if parts.len() < stripes {
        return None;
    }
    let extent = |part: &&str| {
        let (device, number) = part.strip_suffix(')')?.rsplit_once('(')?;
        let start = number.parse::<u64>().ok()?.checked_mul(unit)?;
        Some(VolumeExtent { device: device.to_owned(), start, end: start.checked_add(length)? })
    };
    parts.iter().map(extent).collect()
}

fn described(pool: &StoragePool, name: &str, origin: &str, uuid: &str) -> StorageVolume {
    // What stands in brackets is LVM's own.
    let origin = (!origin.is_empty() && !origin.starts_with('[')).then(|| pool.path_of(origin));
    StorageVolume {
        kind: VolumeType::Block,
        name: name.to_owned(),
        key: Some(uuid.to_owned()),
        extents: Vec::new(),
        capacity: 0,
        allocation: 0,
        has_allocation: true,
        physical: 0,
        target: VolumeLayer { path: Some(pool.path_of(name)), ..VolumeLayer::default() },
        backing: origin.map(|path| VolumeLayer { path: Some(path), ..VolumeLayer::default() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_striped_segment_is_on_several_devices() {
        let found = extents("/dev/a(10),/dev/b(0)", "2", "4194304", "4194304").unwrap();
        let expected = [("/dev/a", 41943040, 46137344), ("/dev/b", 0, 4194304)];
        let told: Vec<_> = found.iter().map(|one| (one.device.as_str(), one.start, one.end)).collect();
        assert_eq!(told, expected);
        for wrong in ["/dev/a(10)", "/dev/a(x),/dev/b(0)", "", "/dev/a(10,/dev/b"] {
            assert!(extents(wrong, "2", "1", "1").is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_new_volume_takes_what_it_is_to_take() {
        let pool =
            StoragePool::from_xml("<pool type='logical'><source><name>vg</name></source></pool>", false);
        let pool = pool.unwrap();
        let args = |inside: &str| {
            let xml = format!("<volume><name>v</name><capacity>4096</capacity>{inside}</volume>");
            let rule = ferrovirt_conf::storage::CapacityRule::Needed;
            let volume = StorageVolume::from_xml(&xml, pool.kind, rule, false).unwrap();
            create_args(&pool, &volume).unwrap().join(" ")
        };
        assert_eq!(args(""), "--name v -L 4K vg --yes");
        let thin = "<allocation>0</allocation>";
        assert_eq!(args(thin), "--name v -L 1K --type snapshot --virtualsize 4K vg --yes");
        let copy = "<backingStore><path>/dev/vg/o</path></backingStore>";
        assert_eq!(args(copy), "--name v -L 4K -s /dev/vg/o --yes");
    }
}
