//! Pools that are a disk: each partition is a volume.

use super::directory::{self, check_build_flags};
use super::{Backend, Making, Tools, logical, mount};
use crate::image::qemu_img;
use crate::volume::find::stable_path;
use crate::{local, tool};
use ferrovirt_conf::storage::{
    FreeExtent, PoolSize, StoragePool, StorageVolume, VolumeExtent, VolumeLayer, VolumeType,
};
use ferrovirt_core::abi;
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_host::process::Command;
use serde_json::Value;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Pools of type `disk`.
pub struct Disk;

/// Where partitions begin: what all disks like.
const ALIGNMENT: u64 = 1 << 20;

/// The most partitions that stand in a DOS table itself.
const DOS_PRIMARIES: usize = 4;

impl Backend for Disk {
    fn check(&self, pool: &StoragePool) -> Result<bool> {
        Ok(Path::new(device(pool)?).exists() && check_label(pool).is_ok())
    }

    fn start(&self, pool: &StoragePool) -> Result<()> {
        settle();
        check_device(pool)?;
        check_label(pool)
    }

    fn build(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        let overwrite = check_build_flags(flags)? & abi::VIR_STORAGE_POOL_BUILD_OVERWRITE != 0;
        let (device, format) = (device(pool)?, format(pool));
        if !overwrite {
            mount::check_empty(device, format)?;
        }
        logical::blank_start(device)?;
        let label = if format == "dos" { "msdos" } else { format };
        parted(device, &["mklabel", label]).map(|_| ())
    }

    fn delete(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        refuse_unknown(flags, 0, "virStoragePoolDelete")?;
        logical::blank_start(device(pool)?)
    }

    fn refresh(&self, _tools: &Tools, pool: &mut StoragePool) -> Result<Vec<StorageVolume>> {
        settle();
        check_device(pool)?;
        let parts = read(device(pool)?)?;
        account(pool, &parts);
        parts.iter().filter(|part| part.kind != Kind::Free).map(|part| volume(pool, part)).collect()
    }

    fn create(&self, tools: &Tools, pool: &StoragePool, volume: &mut StorageVolume) -> Result<()> {
        let before = read(device(pool)?)?;
        let extra = if volume.target.encryption.is_some() { logical::LUKS_HEADER } else { 0 };
        let length = volume.capacity.saturating_add(extra);
        let (kind, type_) = kind_of_new(pool, volume, &before)?;
        let (start, end) = place(&before, kind, length)?;
        let (start, end) = (format!("{start}B"), format!("{end}B"));
        let mut args = vec!["mkpart"];
        args.extend(type_.split(' '));
        args.extend([start.as_str(), end.as_str()]);
        parted(device(pool)?, &args)?;
        settle();
        let made = finish(tools, pool, volume, &before);
        if made.is_err() {
            let news = read(device(pool)?)?;
            for part in news.iter().filter(|part| is_new(part, &before)) {
                parted(device(pool)?, &["rm", &part.number.to_string()])?;
            }
        }
        made
    }

    fn fill(&self, tools: &Tools, making: &Making<'_>) -> Result<()> {
        logical::fill(tools, making)
    }

    fn delete_volume(&self, pool: &StoragePool, volume: &StorageVolume, flags: u32) -> Result<()> {
        refuse_unknown(flags, 0, "virStorageVolDelete")?;
        let extent = volume.extents.first();
        let parts = read(device(pool)?)?;
        let found = extent.and_then(|extent| parts.iter().find(|part| part.start == extent.start));
        let found = found.filter(|part| part.kind != Kind::Free && name_of(pool, part) == volume.name);
        match found {
            Some(part) => parted(device(pool)?, &["rm", &part.number.to_string()]).map(|_| ()),
            None => Err(Error::internal(format!("the disk has no partition '{}' any more", volume.name))),
        }
    }

    fn wipe(&self, volume: &StorageVolume, algorithm: u32) -> Result<()> {
        // What is inside of an extended partition is the business of others.
        if volume.allocation < volume.capacity {
            return Err(Error::no_support(format!("extended partition '{}' can't be wiped", volume.name)));
        }
        directory::wipe(volume, algorithm)
    }

    fn open(&self, volume: &StorageVolume, write: bool) -> Result<OwnedFd> {
        directory::open(volume, write)
    }

    fn counts_itself(&self) -> bool {
        true
    }
}

/// What a part of a disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Extended,
    Logical,
    Free,
}

/// A part of a disk, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// 0 of what is free.
    number: u64,
    kind: Kind,
    start: u64,
    /// Behind its last byte.
    end: u64,
    /// Of what is free: inside of the extended partition.
    inside: bool,
}

fn device(pool: &StoragePool) -> Result<&str> {
    let device = pool.source.devices.first().map(|device| device.path.as_str());
    device.ok_or_else(|| Error::internal(format!("pool '{}' has no source device", pool.name())))
}

fn check_device(pool: &StoragePool) -> Result<()> {
    let device = device(pool)?;
    match Path::new(device).exists() {
        true => Ok(()),
        false => Err(Error::invalid_arg(format!("device path '{device}' doesn't exist"))),
    }
}

/// The kind of partition table; DOS's where nobody says.
fn format(pool: &StoragePool) -> &str {
    pool.source.format.as_deref().filter(|format| *format != "unknown").unwrap_or("dos")
}

/// New device nodes come a moment after the partitions where udev makes them.
fn settle() {
    if Path::new("/run/udev/control").exists()
        && let Err(err) = tool::run(Command::new("udevadm").arg("settle"))
    {
        tracing::debug!(%err, "udev could not be waited for");
    }
}

fn parted(device: &str, args: &[&str]) -> Result<String> {
    let mut command = Command::new("parted");
    command.args(["--json", "--script", device]).args(args);
    tool::run(&mut command).map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Sees to it that the disk has the partition table that the pool says it has.
fn check_label(pool: &StoragePool) -> Result<()> {
    let (device, wanted) = (device(pool)?, format(pool));
    let mut command = Command::new("parted");
    command.args(["--json", "--script", device, "print"]);
    let output = tool::run_whatever(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let label = serde_json::from_str::<Value>(&text).ok();
    let label = label.as_ref().and_then(|disk| disk["disk"]["label"].as_str()).unwrap_or("unknown");
    match if label == "msdos" { "dos" } else { label } {
        found if found == wanted => Ok(()),
        "unknown" => {
            let text =
                format!("device '{device}' has no partition table that is known; build the pool first");
            Err(Error::new(ErrorCode::StorageProbeFailed, text))
        }
        found => {
            let text =
                format!("device '{device}' has a partition table '{found}', not '{wanted}' as the pool says");
            Err(Error::operation_invalid(text))
        }
    }
}

/// All parts of a disk, in order.
fn read(device: &str) -> Result<Vec<Part>> {
    let text = parted(device, &["unit", "B", "print", "free"])?;
    parse(&text).ok_or_else(|| Error::internal(format!("what parted says of '{device}' can't be understood")))
}

fn parse(text: &str) -> Option<Vec<Part>> {
    let disk: Value = serde_json::from_str(text).ok()?;
    let bytes = |value: &Value| value.as_str()?.strip_suffix('B')?.parse::<u64>().ok();
    let part = |value: &Value| {
        let kind = match value["type"].as_str()? {
            "extended" => Kind::Extended,
            "logical" => Kind::Logical,
            "free" => Kind::Free,
            _ => Kind::Primary,
        };
        let number = value["number"].as_u64().unwrap_or(0);
        let (start, end) = (bytes(&value["start"])?, bytes(&value["end"])?.checked_add(1)?);
        Some(Part { number, kind, start, end, inside: false })
    };
    let empty = Vec::new();
    let parts = disk["disk"]["partitions"].as_array().unwrap_or(&empty);
    let mut parts: Vec<Part> = parts.iter().map(part).collect::<Option<_>>()?;
    let extended = parts.iter().find(|part| part.kind == Kind::Extended).cloned();
    if let Some(extended) = extended {
        let inside = |part: &Part| part.start >= extended.start && part.end <= extended.end;
        parts.iter_mut().for_each(|part| part.inside = part.kind == Kind::Free && inside(part));
    }
    Some(parts)
}

/// How much of the disk is taken, and where there is room.
fn account(pool: &mut StoragePool, parts: &[Part]) {
    let sum =
        |wanted: fn(&&Part) -> bool| parts.iter().filter(wanted).map(|part| part.end - part.start).sum();
    let free = parts.iter().filter(|part| part.kind == Kind::Free);
    if let Some(device) = pool.source.devices.first_mut() {
        device.free_extents = free.map(|part| FreeExtent { start: part.start, end: part.end }).collect();
    }
    pool.capacity = PoolSize(parts.iter().map(|part| part.end).max().unwrap_or(0));
    // What is in the extended partition is counted by its parts.
    pool.allocation = PoolSize(sum(|part| matches!(part.kind, Kind::Primary | Kind::Logical)));
    pool.available = PoolSize(sum(|part| part.kind == Kind::Free));
}

/// The kernel's name of a partition.
fn name_of(pool: &StoragePool, part: &Part) -> String {
    let source = pool.source.devices.first();
    let path = source.map(|device| device.path.as_str()).unwrap_or_default();
    let real = Path::new(path).canonicalize().unwrap_or_else(|_| path.into());
    let name = real.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let separated = source.and_then(|device| device.part_separator).map(|yes| yes.is_set());
    let separated = separated.unwrap_or_else(|| name.ends_with(|letter: char| letter.is_ascii_digit()));
    format!("{name}{}{}", if separated { "p" } else { "" }, part.number)
}

fn volume(pool: &StoragePool, part: &Part) -> Result<StorageVolume> {
    let name = name_of(pool, part);
    let real = Path::new(device(pool)?).canonicalize().unwrap_or_else(|_| "/dev".into());
    let node = real.parent().unwrap_or(Path::new("/dev")).join(&name);
    let path = stable_path(pool, &node.to_string_lossy());
    let length = part.end - part.start;
    let mut volume = StorageVolume {
        kind: VolumeType::Block,
        name,
        key: Some(path.clone()),
        extents: vec![VolumeExtent { device: device(pool)?.to_owned(), start: part.start, end: part.end }],
        capacity: length,
        allocation: length,
        has_allocation: true,
        physical: length,
        target: VolumeLayer { path: Some(path), format: Some("none".to_owned()), ..VolumeLayer::default() },
        backing: None,
    };
    match (part.kind, local::refresh(&mut volume)) {
        // It can't even be opened once there is something in it.
        (Kind::Extended, _) => {
            (volume.capacity, volume.allocation) = (length, 0);
            volume.target.format = Some("extended".to_owned());
        }
        (_, outcome) => outcome?,
    }
    Ok(volume)
}

fn is_new(part: &Part, before: &[Part]) -> bool {
    part.kind != Kind::Free && !before.iter().any(|old| old.kind != Kind::Free && old.start == part.start)
}

/// What a new partition is to be, and how that is said to parted.
fn kind_of_new(pool: &StoragePool, volume: &StorageVolume, parts: &[Part]) -> Result<(Kind, String)> {
    if format(pool) != "dos" {
        return Ok((Kind::Primary, "primary".to_owned()));
    }
    let count = parts.iter().filter(|part| matches!(part.kind, Kind::Primary | Kind::Extended)).count();
    let has_extended = parts.iter().any(|part| part.kind == Kind::Extended);
    let system = match volume.target.format.as_deref() {
        Some("extended") if has_extended => {
            return Err(Error::internal("the disk has an extended partition already, there can be only one"));
        }
        Some("extended") => return Ok((Kind::Extended, "extended".to_owned())),
        Some(system @ ("fat16" | "fat32" | "linux-swap")) => system,
        _ => "ext2",
    };
    match (count < DOS_PRIMARIES, has_extended) {
        (true, _) => Ok((Kind::Primary, format!("primary {system}"))),
        (false, true) => Ok((Kind::Logical, format!("logical {system}"))),
        (false, false) => {
            Err(Error::internal("the disk has four partitions, and none of them can hold others"))
        }
    }
}

/// Where a new partition fits best: its first byte and its last.
fn place(parts: &[Part], kind: Kind, length: u64) -> Result<(u64, u64)> {
    let free = parts.iter().filter(|part| part.kind == Kind::Free && part.inside == (kind == Kind::Logical));
    let fitting = free.filter_map(|part| {
        // Before a logical partition there is its description.
        let first = part.start + if kind == Kind::Logical { 512 } else { 0 };
        let start = first.checked_next_multiple_of(ALIGNMENT)?;
        let end = start.checked_add(length)?;
        (end <= part.end).then_some((part.end - part.start, start, end - 1))
    });
    let best = fitting.min_by_key(|(size, ..)| *size);
    let (_, start, end) = best.ok_or_else(|| {
        Error::internal(format!("the disk has no room for a partition of {length} bytes in one piece"))
    })?;
    Ok((start, end))
}

/// The rest of making a partition, once it is there.
fn finish(tools: &Tools, pool: &StoragePool, wanted: &mut StorageVolume, before: &[Part]) -> Result<()> {
    let parts = read(device(pool)?)?;
    let part = parts.iter().find(|part| is_new(part, before));
    let part = part.ok_or_else(|| Error::internal("the new partition can't be found"))?;
    let mut found = volume(pool, part)?;
    if found.name != wanted.name {
        return Err(Error::invalid_arg(format!(
            "invalid partition name '{}': the next one on this disk is '{}'",
            wanted.name, found.name
        )));
    }
    if wanted.target.encryption.is_some() {
        found.target.encryption = wanted.target.encryption.clone();
        found.capacity = wanted.capacity;
        qemu_img::create(tools, &Making { pool, volume: &found, original: None, flags: 0 })?;
    }
    *wanted = found;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOS: &str = r#"{"disk": {"label": "msdos", "partitions": [
        {"number": 0, "type": "free", "start": "512B", "end": "1048575B", "size": "1048064B"},
        {"number": 1, "type": "primary", "start": "1048576B", "end": "2097151B", "size": "1048576B"},
        {"number": 2, "type": "extended", "start": "2097152B", "end": "10485759B", "size": "8388608B"},
        {"number": 5, "type": "logical", "start": "3145728B", "end": "4194303B", "size": "1048576B"},
        {"number": 0, "type": "free", "start": "4194304B", "end": "10485759B", "size": "6291456B"},
        {"number": 0, "type": "free", "start": "10485760B", "end": "33554431B", "size": "23068672B"}]}}"#;

    #[test]
    fn room_is_found_where_it_may_be_used() {
        let parts = parse(DOS).unwrap();
        assert_eq!((parts[1].number, parts[2].kind, parts[4].inside), (1, Kind::Extended, true));
        assert_eq!(place(&parts, Kind::Primary, 1 << 20).unwrap(), (10 << 20, (11 << 20) - 1));
        assert_eq!(place(&parts, Kind::Logical, 1 << 20).unwrap(), (5 << 20, (6 << 20) - 1));
        assert!(place(&parts, Kind::Logical, 6 << 20).is_err());
        assert!(parse("{}").unwrap().is_empty() && parse("x").is_none());
    }

    #[test]
    fn names_are_the_kernels() {
        let pool = |device: &str| {
            let source =
                format!("<source><device path='{device}'/></source><target><path>/dev</path></target>");
            StoragePool::from_xml(&format!("<pool type='disk'><name>d</name>{source}</pool>"), false).unwrap()
        };
        let part = &parse(DOS).unwrap()[1];
        assert_eq!(name_of(&pool("/dev/nosuch"), part), "nosuch1");
        assert_eq!(name_of(&pool("/dev/nosuch0"), part), "nosuch0p1");
    }
}
