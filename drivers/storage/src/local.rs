//! Files and devices of the host as volumes: what can be seen of one.

use crate::image::header::{self, Metadata};
use ferrovirt_conf::domain::{Encryption, StorageFormat};
use ferrovirt_conf::storage::{
    FileMode, FileOwner, Permissions, StorageVolume, Timestamp, Timestamps, VolumeLayer, VolumeType,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::XmlValue;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A file that can be a volume.
pub struct Opened {
    pub file: File,
    pub kind: FileType,
    stat: Stat,
    path: PathBuf,
}

/// What a file takes, as a volume tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub capacity: u64,
    pub allocation: u64,
    pub physical: u64,
}

/// Why a file is no volume.
pub enum Rejected {
    /// Sockets, pipes, dangling links, what may not be read: a folder may have such in it.
    Ignorable(Error),
    Failed(Error),
}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Ignorable(err) | Rejected::Failed(err) => err,
        }
    }
}

/// Opens a file to look at it, if it is one that can be a volume.
pub fn open(path: &Path) -> Result<Opened, Rejected> {
    let shown = path.display();
    let system = |err: Errno, what: &str| Error::system(err, format_args!("cannot {what} '{shown}'"));
    let missing =
        || Error::new(ErrorCode::NoStorageVol, format!("no storage vol with matching path '{shown}'"));
    let stat = rustix::fs::lstat(path).map_err(|err| match err {
        Errno::NOENT => Rejected::Ignorable(missing()),
        _ => Rejected::Failed(system(err, "look at")),
    })?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if matches!(kind, FileType::Fifo | FileType::Socket) {
        return Err(Rejected::Ignorable(Error::internal(format!(
            "'{shown}' is a pipe or a socket, no volume"
        ))));
    }
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|err| match err {
        Errno::NOENT | Errno::LOOP | Errno::NXIO | Errno::ACCESS | Errno::PERM => {
            Rejected::Ignorable(system(err, "open volume"))
        }
        _ => Rejected::Failed(system(err, "open volume")),
    })?;
    let stat = rustix::fs::fstat(&file).map_err(|err| Rejected::Failed(system(err, "look at")))?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if !matches!(kind, FileType::RegularFile | FileType::BlockDevice | FileType::Directory) {
        return Err(Rejected::Ignorable(Error::internal(format!(
            "'{shown}' is of no kind that volumes are"
        ))));
    }
    Ok(Opened { file: file.into(), kind, stat, path: path.to_path_buf() })
}

impl Opened {
    pub fn sizes(&self) -> Result<Sizes> {
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let size = number(self.stat.st_size);
        match self.kind {
            FileType::RegularFile => {
                Ok(Sizes { capacity: size, allocation: number(self.stat.st_blocks) * 512, physical: size })
            }
            FileType::Directory => Ok(Sizes { capacity: 0, allocation: 0, physical: 0 }),
            _ => {
                let end = rustix::fs::seek(&self.file, rustix::fs::SeekFrom::End(0)).map_err(|err| {
                    Error::system(err, format_args!("cannot find the end of '{}'", self.path.display()))
                })?;
                Ok(Sizes { capacity: end, allocation: end, physical: end })
            }
        }
    }

    pub fn permissions(&self) -> Permissions {
        let mut label = [0; 256];
        let label = match rustix::fs::fgetxattr(&self.file, "security.selinux", &mut label) {
            Ok(length) => Some(String::from_utf8_lossy(&label[..length]).trim_end_matches('\0').to_owned()),
            Err(_) => None,
        };
        Permissions {
            mode: Some(FileMode(self.stat.st_mode & 0o777)),
            owner: Some(FileOwner(self.stat.st_uid.into())),
            group: Some(FileOwner(self.stat.st_gid.into())),
            label,
        }
    }

    pub fn timestamps(&self) -> Timestamps {
        let stat = &self.stat;
        Timestamps {
            accessed: moment(stat.st_atime, stat.st_atime_nsec),
            modified: moment(stat.st_mtime, stat.st_mtime_nsec),
            changed: moment(stat.st_ctime, stat.st_ctime_nsec),
            born: Timestamp::default(),
        }
    }

    pub fn header(&self) -> Result<Vec<u8>> {
        let mut header = vec![0; header::LENGTH];
        let mut have = 0;
        while have < header.len() {
            match self.file.read_at(&mut header[have..], have as u64) {
                Ok(0) => break,
                Ok(count) => have += count,
                Err(err) if err.kind() == std::io::ErrorKind::Interrupted => {}
                Err(err) => {
                    let what = format_args!("cannot read the header of '{}'", self.path.display());
                    return Err(Error::system(err, what));
                }
            }
        }
        header.truncate(have);
        Ok(header)
    }

    /// Puts what can be seen from outside into a layer.
    fn describe(&self, layer: &mut VolumeLayer) {
        layer.permissions = self.permissions();
        layer.timestamps = Some(self.timestamps());
    }
}

/// The volume that a file in a folder is; `None` for what is none.
pub fn probe(name: &str, path: &Path) -> Result<Option<StorageVolume>> {
    let text = path.to_string_lossy().into_owned();
    let mut volume = StorageVolume {
        kind: VolumeType::File,
        name: name.to_owned(),
        key: Some(text.clone()),
        extents: Vec::new(),
        capacity: 0,
        allocation: 0,
        has_allocation: true,
        physical: 0,
        target: VolumeLayer {
            path: Some(text),
            format: format_name(StorageFormat::Raw),
            ..VolumeLayer::default()
        },
        backing: None,
    };
    match read(&mut volume, path) {
        Ok(()) => Ok(Some(volume)),
        Err(Rejected::Ignorable(err)) => {
            tracing::debug!(path = %path.display(), %err, "a file is left out of the pool");
            Ok(None)
        }
        Err(Rejected::Failed(err)) => Err(err),
    }
}

/// As [`probe`], for a volume whose content has become another.
pub fn probe_again(volume: &mut StorageVolume) -> Result<()> {
    let path = PathBuf::from(volume.target.path.clone().unwrap_or_default());
    let mut fresh = volume.clone();
    fresh.target = VolumeLayer { path: volume.target.path.clone(), ..VolumeLayer::default() };
    fresh.backing = None;
    read(&mut fresh, &path)?;
    *volume = fresh;
    Ok(())
}

fn read(volume: &mut StorageVolume, path: &Path) -> Result<(), Rejected> {
    let opened = open(path)?;
    let sizes = opened.sizes().map_err(Rejected::Failed)?;
    put_sizes(volume, sizes);
    opened.describe(&mut volume.target);
    if opened.kind == FileType::Directory {
        volume.kind = VolumeType::Dir;
        volume.target.format = format_name(StorageFormat::Dir);
        return Ok(());
    }
    let header = opened.header().map_err(Rejected::Failed)?;
    let found = header::read(&header, header::recognise(&header));
    volume.capacity = found.capacity.unwrap_or(volume.capacity).saturating_sub(found.payload_offset);
    let target = &mut volume.target;
    target.format = format_name(found.format);
    target.cluster_size = found.cluster_size;
    target.compat = found.compat.map(str::to_owned);
    target.features = found.features.clone();
    target.encryption = found.encryption.map(|format| Encryption {
        format,
        engine: None,
        secrets: Vec::new(),
        cipher: None,
        ivgen: None,
    });
    volume.backing = backing(&found, path);
    Ok(())
}

/// A format as volumes tell it.
pub fn format_name(format: StorageFormat) -> Option<String> {
    Some(format.to_string())
}

fn put_sizes(volume: &mut StorageVolume, sizes: Sizes) {
    (volume.capacity, volume.allocation, volume.physical) =
        (sizes.capacity, sizes.allocation, sizes.physical);
}

/// What an image stands on, as far as it can be found.
fn backing(found: &Metadata, image: &Path) -> Option<VolumeLayer> {
    let backing = found.backing.as_ref()?;
    let Some(path) = backing_path(&backing.location, image) else {
        // Only QEMU can reach it.
        let path = Some(backing.location.clone());
        return Some(VolumeLayer { path, format: format_name(StorageFormat::Raw), ..VolumeLayer::default() });
    };
    let mut layer = VolumeLayer { path: Some(path.to_string_lossy().into_owned()), ..VolumeLayer::default() };
    let opened = open(&path).ok();
    let looked =
        || opened.as_ref().and_then(|opened| opened.header().ok()).map(|header| header::recognise(&header));
    layer.format = format_name(backing.format.or_else(looked).unwrap_or(StorageFormat::Raw));
    if let Some(opened) = &opened {
        opened.describe(&mut layer);
    }
    Some(layer)
}

/// The file that an image's header names, from the image's folder on; `None` for what no file is.
fn backing_path(location: &str, image: &Path) -> Option<PathBuf> {
    if let Some(path) = location.strip_prefix("file:") {
        return Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)));
    }
    if let Some(text) = location.strip_prefix("json:") {
        return json_file(text).map(PathBuf::from);
    }
    let protocol = location.split_once(':').is_some_and(|(before, _)| !before.contains('/'));
    if protocol {
        return None;
    }
    Some(image.parent().unwrap_or(Path::new("/")).join(location))
}

/// The file that a description of a block node in JSON is about, if it is about one.
fn json_file(text: &str) -> Option<String> {
    let mut node = &serde_json::from_str::<serde_json::Value>(text).ok()?;
    let mut dotted = None;
    // A node may stand on another, which stands on another; no image has many.
    for _ in 0..8 {
        if let Some(name) = node.get("filename").and_then(|name| name.as_str()) {
            dotted = Some(name.to_owned());
            break;
        }
        if let Some(name) = node.get("file.filename").and_then(|name| name.as_str()) {
            return Some(name.to_owned());
        }
        node = node.get("file")?;
    }
    dotted
}

/// Looks again at a volume that is a file or a device: sizes, permissions, times.
pub fn refresh(volume: &mut StorageVolume) -> Result<()> {
    let opened = open(Path::new(volume.target.path.as_deref().unwrap_or_default()))?;
    put_sizes(volume, opened.sizes()?);
    opened.describe(&mut volume.target);
    let format = volume.target.format.as_deref().and_then(StorageFormat::from_text);
    let image =
        matches!(volume.kind, VolumeType::File | VolumeType::Block) && opened.kind != FileType::Directory;
    if let Some(format) = format.filter(|_| image) {
        let found = header::read(&opened.header()?, format);
        let encrypted = volume.target.encryption.is_some();
        if format != StorageFormat::Raw || encrypted {
            volume.capacity = found.capacity.unwrap_or(volume.physical);
        }
        if encrypted {
            volume.capacity = volume.capacity.saturating_sub(found.payload_offset);
        }
    }
    if let Some(backing) = &mut volume.backing
        && let Some(path) = backing.path.as_deref()
        && let Ok(opened) = open(Path::new(path))
    {
        opened.describe(backing);
    }
    Ok(())
}

/// Which numbers the kernel's structure has for nanoseconds depends on how the system is called.
fn moment<N: TryInto<u32>>(seconds: i64, nanoseconds: N) -> Timestamp {
    Timestamp { seconds, nanoseconds: nanoseconds.try_into().unwrap_or_default() }
}
