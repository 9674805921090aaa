//! Pools that are mounted: file systems of devices, exports of servers.

use super::directory::{self, check_build_flags, target};
use super::{Backend, Making, Tools};
use crate::tool;
use ferrovirt_conf::storage::{
    PoolHost, PoolSource, PoolSources, PoolType, StoragePool, StorageVolume, source_host,
};
use ferrovirt_core::abi;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_host::process::{Command, wait_for_starts};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Pools of types `fs` and `netfs`.
pub struct Mount;

/// What every pool is mounted with: nobody is to gain rights by what is on it.
const ALWAYS: &str = "nodev,nosuid,noexec";
/// How long the start of a child may keep a file system from being unmounted.
const PATIENCE: Duration = Duration::from_secs(10);

impl Backend for Mount {
    fn check(&self, pool: &StoragePool) -> Result<bool> {
        check(pool)?;
        is_mounted(pool)
    }

    fn start(&self, pool: &StoragePool) -> Result<()> {
        check(pool)?;
        if is_mounted(pool)? {
            return Ok(());
        }
        let mut command = Command::new("mount");
        command.args(arguments(pool)).env_pass(["HOME"]);
        tool::run(&mut command).map(|_| ())
    }

    fn stop(&self, pool: &StoragePool) -> Result<()> {
        check(pool)?;
        if !is_mounted(pool)? {
            return Ok(());
        }
        // A file of the pool's that has been closed may still be open in a child that is just being started.
        if !wait_for_starts(PATIENCE) {
            tracing::warn!(
                pool = pool.name(),
                "a child takes long to be started; the pool may be in use by it"
            );
        }
        let mut command = Command::new("umount");
        command.arg(target(pool));
        tool::run(&mut command).map(|_| ())
    }

    fn build(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        let flags = check_build_flags(flags)?;
        directory::build(pool)?;
        if flags == 0 { Ok(()) } else { format(pool, flags) }
    }

    fn delete(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        directory::delete(pool, flags)
    }

    fn refresh(&self, _tools: &Tools, pool: &mut StoragePool) -> Result<Vec<StorageVolume>> {
        directory::refresh(pool)
    }

    fn find_sources(&self, source: Option<&str>) -> Result<String> {
        let Some(source) = source else {
            return Err(Error::invalid_arg(
                "a host name is needed to look for exports: <source><host name='…'/>",
            ));
        };
        let Some(host) = source_host(source)? else {
            return Err(Error::invalid_arg("<source> must name exactly one <host>"));
        };
        find_exports(&host)
    }

    fn builds_apart(&self) -> bool {
        true
    }

    fn create(&self, _tools: &Tools, pool: &StoragePool, volume: &mut StorageVolume) -> Result<()> {
        directory::place(pool, volume)
    }

    fn fill(&self, tools: &Tools, making: &Making<'_>) -> Result<()> {
        directory::fill(tools, making)
    }

    fn refresh_volume(&self, tools: &Tools, volume: &mut StorageVolume) -> Result<()> {
        directory::refresh_volume(tools, volume)
    }

    fn delete_volume(&self, _pool: &StoragePool, volume: &StorageVolume, flags: u32) -> Result<()> {
        directory::delete_volume(volume, flags)
    }

    fn resize(&self, tools: &Tools, volume: &StorageVolume, capacity: u64, flags: u32) -> Result<()> {
        directory::resize(tools, volume, capacity, flags)
    }

    fn wipe(&self, volume: &StorageVolume, algorithm: u32) -> Result<()> {
        directory::wipe(volume, algorithm)
    }

    fn open(&self, volume: &StorageVolume, write: bool) -> Result<OwnedFd> {
        directory::open(volume, write)
    }
}

/// Refuses a pool that can't be told how to be mounted.
fn check(pool: &StoragePool) -> Result<()> {
    let source = &pool.source;
    let (count, what) = match pool.kind {
        PoolType::NetFs if source.dir.is_none() => {
            return Err(Error::internal("the pool's source has no path"));
        }
        PoolType::NetFs => (source.hosts.len(), "host"),
        _ => (source.devices.len(), "device"),
    };
    match count {
        1 => Ok(()),
        0 => Err(Error::internal(format!("the source of pool '{}' has no {what}", pool.name()))),
        _ => Err(Error::config_unsupported(format!("a pool is mounted from one {what}, not from {count}"))),
    }
}

/// What is mounted, as `mount` wants it.
fn source(pool: &StoragePool) -> String {
    let source = &pool.source;
    let host = source.hosts.first().map(|host| host.name.as_str()).unwrap_or_default();
    let folder = source.dir.as_deref().unwrap_or_default();
    match (pool.kind, source.format.as_deref()) {
        (PoolType::NetFs, Some("cifs")) => format!("//{host}/{folder}"),
        (PoolType::NetFs, _) => format!("{host}:{folder}"),
        _ => source.devices.first().map(|device| device.path.clone()).unwrap_or_default(),
    }
}

fn arguments(pool: &StoragePool) -> Vec<String> {
    let format = pool.source.format.as_deref().unwrap_or("auto");
    let network = pool.kind == PoolType::NetFs;
    let mut options = vec![ALWAYS.to_owned()];
    match format {
        "glusterfs" if network => options.push("direct-io-mode=1".to_owned()),
        "cifs" if network => options.push("guest".to_owned()),
        _ if network => {
            options.extend(pool.source.protocol_version.as_ref().map(|version| format!("nfsvers={version}")));
        }
        _ => {}
    }
    if let Some(more) = &pool.mount_options {
        tracing::warn!(pool = pool.name(), "the pool is mounted with options of the user's");
        options.extend(more.options.iter().filter_map(|option| option.name.clone()));
    }
    let mut args = vec!["-o".to_owned(), options.join(",")];
    // Of the network's file systems `mount` finds out by itself only if nobody says "auto".
    if !(network && format == "auto") {
        args.extend(["-t".to_owned(), format.to_owned()]);
    }
    args.extend([source(pool), target(pool).to_string_lossy().into_owned()]);
    args
}

/// Whether the source is mounted on the target, whoever did it.
fn is_mounted(pool: &StoragePool) -> Result<bool> {
    let table = std::fs::read("/proc/thread-self/mounts")
        .map_err(|err| Error::system(err, "cannot read the list of what is mounted"))?;
    let (wanted_source, wanted_target) = (PathBuf::from(source(pool)), target(pool));
    let mut lines = table.split(|byte| *byte == b'\n');
    Ok(lines.any(|line| {
        let mut fields = line.split(|byte| *byte == b' ').map(plain);
        let (Some(source), Some(target)) = (fields.next(), fields.next()) else { return false };
        same_path(&target, wanted_target) && same_path(&source, &wanted_source)
    }))
}

/// A field of the list, where spaces and the like stand as octal numbers.
fn plain(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut at = 0;
    while at < field.len() {
        let number = field.get(at + 1..at + 4).filter(|_| field[at] == b'\\');
        let number = number.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(number.unwrap_or(field[at]));
        at += if number.is_some() { 4 } else { 1 };
    }
    PathBuf::from(OsString::from_vec(bytes))
}

fn same_path(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    one == other || real(one) == real(other)
}

/// Makes a file system on the source device.
fn format(pool: &StoragePool, flags: u32) -> Result<()> {
    let Some(device) = pool.source.devices.first() else {
        let text = format!("pool '{}' has no source device that could be formatted", pool.name());
        return Err(Error::operation_invalid(text));
    };
    if !Path::new(&device.path).exists() {
        let text = format!("the source device '{}' of pool '{}' does not exist", device.path, pool.name());
        return Err(Error::operation_invalid(text));
    }
    let format = pool.source.format.as_deref().unwrap_or("auto");
    if flags & abi::VIR_STORAGE_POOL_BUILD_OVERWRITE == 0 {
        check_empty(&device.path, format)?;
    }
    let mut command = Command::new("mkfs");
    command.args(["-t", format]);
    // Each has its own way to say that what is there may go.
    match format {
        "xfs" => _ = command.arg("-f"),
        "ext2" | "ext3" | "ext4" => _ = command.arg("-F"),
        "vfat" => _ = command.arg("-I"),
        _ => {}
    }
    command.arg(&device.path);
    tool::run(&mut command).map(|_| ())
}

/// Refuses a device with something on it that is known.
pub(super) fn check_empty(device: &str, format: &str) -> Result<()> {
    let mut command = Command::new("blkid");
    command.args(["--probe", "--output", "value", "--match-tag", "TYPE", "--match-tag", "PTTYPE", device]);
    let output = tool::run_whatever(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().find(|line| !line.is_empty()) {
        // It says so with 2 if there is nothing that it knows.
        None if output.status == ferrovirt_host::process::ExitStatus::Exited(2) => Ok(()),
        None => Err(Error::new(
            ErrorCode::StorageProbeFailed,
            format!("'{device}' can't be looked at: {}", output.complaint()),
        )),
        Some(found) if found == format => {
            let text = format!("device '{device}' is formatted with '{format}' already");
            Err(Error::new(ErrorCode::StoragePoolBuilt, text))
        }
        Some(found) => {
            let text = format!(
                "device '{device}' has '{found}' on it, not '{format}'; allow to overwrite it if it may go"
            );
            Err(Error::new(ErrorCode::StoragePoolBuilt, text))
        }
    }
}

/// What a server exports over NFS.
fn find_exports(host: &str) -> Result<String> {
    let mut command = Command::new("showmount");
    command.args(["--no-headers", "--exports", host]);
    let output = tool::run(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(PoolSources { sources: exports(&text, host) }.to_xml())
}

/// The folder's name may have spaces in it, what comes behind has none.
fn exports(text: &str, host: &str) -> Vec<PoolSource> {
    let folders =
        text.lines().filter_map(|line| Some(line.trim_end().rsplit_once(char::is_whitespace)?.0.trim_end()));
    let folders = folders.filter(|folder| folder.starts_with('/') && !folder.ends_with('/'));
    let source = |folder: &str| PoolSource {
        hosts: vec![PoolHost { name: host.to_owned(), port: 0 }],
        dir: Some(folder.to_owned()),
        format: Some("nfs".to_owned()),
        ..PoolSource::default()
    };
    folders.map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(kind: &str, source: &str) -> StoragePool {
        let target = "<target><path>/t</path></target>";
        let xml = format!("<pool type='{kind}'><name>p</name><source>{source}</source>{target}</pool>");
        StoragePool::from_xml(&xml, false).unwrap()
    }

    #[test]
    fn each_format_is_mounted_in_its_way() {
        let args = |kind: &str, source: &str| arguments(&pool(kind, source)).join(" ");
        let nfs = "<host name='h'/><dir path='/e'/>";
        assert_eq!(args("netfs", nfs), "-o nodev,nosuid,noexec h:/e /t");
        let four = format!("{nfs}<format type='nfs'/><protocol ver='4'/>");
        assert_eq!(args("netfs", &four), "-o nodev,nosuid,noexec,nfsvers=4 -t nfs h:/e /t");
        let cifs = "<host name='h'/><dir path='e'/><format type='cifs'/>";
        assert_eq!(args("netfs", cifs), "-o nodev,nosuid,noexec,guest -t cifs //h/e /t");
        let disk = "<device path='/dev/x'/><format type='ext4'/>";
        assert_eq!(args("fs", disk), "-o nodev,nosuid,noexec -t ext4 /dev/x /t");
    }

    #[test]
    fn exports_may_have_spaces_and_the_root_is_none() {
        let found = exports("/a b c   *\n/ *\n/d\t10.0.0.0/8,host\n", "h");
        let folders: Vec<_> = found.iter().map(|source| source.dir.as_deref().unwrap()).collect();
        assert_eq!(folders, ["/a b c", "/d"]);
    }

    #[test]
    fn fields_of_the_mount_list_are_read_plain() {
        assert_eq!(plain(b"/a\\040b\\134"), PathBuf::from("/a b\\"));
        assert_eq!(plain(b"/a\\"), PathBuf::from("/a\\"));
    }
}
