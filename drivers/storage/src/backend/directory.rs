//! Pools that are a folder: each file in it is a volume.

use super::{Backend, Making, Tools};
use crate::image::{qemu_img, raw};
use crate::{life, local, tool};
use ferrovirt_conf::domain::{
    Encryption, EncryptionSecret, EncryptionSecretKind, SecretReference, StorageFormat,
};
use ferrovirt_conf::storage::{PoolSize, StoragePool, StorageVolume, VolumeType};
use ferrovirt_core::abi;
use ferrovirt_core::flags::refuse_unknown;
use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::Command;
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use std::fs::{DirBuilder, File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

/// Pools of type `dir`.
pub struct Directory;

/// The mode of a folder of which nobody says another.
const DEFAULT_FOLDER_MODE: u32 = 0o711;

impl Backend for Directory {
    fn check(&self, pool: &StoragePool) -> Result<bool> {
        Ok(target(pool).exists())
    }

    fn build(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        let known = check_build_flags(flags)?;
        build(pool)?;
        // A folder has no file system to make.
        match known {
            0 => Ok(()),
            _ => Err(Error::operation_invalid(format!(
                "pool '{}' has no source device that could be formatted",
                pool.name()
            ))),
        }
    }

    fn delete(&self, pool: &StoragePool, flags: u32) -> Result<()> {
        delete(pool, flags)
    }

    fn refresh(&self, _tools: &Tools, pool: &mut StoragePool) -> Result<Vec<StorageVolume>> {
        refresh(pool)
    }

    fn builds_apart(&self) -> bool {
        true
    }

    fn create(&self, _tools: &Tools, pool: &StoragePool, volume: &mut StorageVolume) -> Result<()> {
        place(pool, volume)
    }

    fn fill(&self, tools: &Tools, making: &Making<'_>) -> Result<()> {
        fill(tools, making)
    }

    fn refresh_volume(&self, tools: &Tools, volume: &mut StorageVolume) -> Result<()> {
        refresh_volume(tools, volume)
    }

    fn delete_volume(&self, _pool: &StoragePool, volume: &StorageVolume, flags: u32) -> Result<()> {
        delete_volume(volume, flags)
    }

    fn resize(&self, tools: &Tools, volume: &StorageVolume, capacity: u64, flags: u32) -> Result<()> {
        resize(tools, volume, capacity, flags)
    }

    fn wipe(&self, volume: &StorageVolume, algorithm: u32) -> Result<()> {
        wipe(volume, algorithm)
    }

    fn open(&self, volume: &StorageVolume, write: bool) -> Result<OwnedFd> {
        open(volume, write)
    }
}

/// The folder that the volumes are in.
pub fn target(pool: &StoragePool) -> &Path {
    Path::new(pool.target_path().unwrap_or_default())
}

fn path_of(volume: &StorageVolume) -> &Path {
    Path::new(volume.target.path.as_deref().unwrap_or_default())
}

fn failed(err: impl Into<std::io::Error>, what: &str, path: &Path) -> Error {
    Error::system(err, format_args!("cannot {what} '{}'", path.display()))
}

/// The flags of building, which only say whether to overwrite.
pub fn check_build_flags(flags: u32) -> Result<u32> {
    let (yes, no) = (abi::VIR_STORAGE_POOL_BUILD_OVERWRITE, abi::VIR_STORAGE_POOL_BUILD_NO_OVERWRITE);
    refuse_unknown(flags, yes | no, "virStoragePoolBuild")?;
    life::refuse_both(flags, yes, no)?;
    Ok(flags)
}

/// Makes the folder, or gives the one that there is the owner and mode that the description asks for.
pub fn build(pool: &StoragePool) -> Result<()> {
    let path = target(pool);
    if !path.to_string_lossy().contains('/') {
        return Err(Error::invalid_arg(format!("path '{}' is not absolute", path.display())));
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|err| failed(err, "create path", parent))?;
    }
    let wanted = pool.target.as_ref().and_then(|target| target.permissions.clone()).unwrap_or_default();
    let mode = wanted.mode.map(|mode| mode.0).or((!path.exists()).then_some(DEFAULT_FOLDER_MODE));
    match DirBuilder::new().mode(mode.unwrap_or(DEFAULT_FOLDER_MODE)).create(path) {
        Err(err) if err.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(failed(err, "create folder", path));
        }
        _ => {}
    }
    let id = |owner: Option<ferrovirt_conf::storage::FileOwner>| {
        owner.and_then(|owner| u32::try_from(owner.0).ok())
    };
    let (owner, group) = (id(wanted.owner), id(wanted.group));
    if owner.is_some() || group.is_some() {
        std::os::unix::fs::chown(path, owner, group).map_err(|err| failed(err, "set the owner of", path))?;
    }
    if let Some(mode) = mode {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).map_err(|err| failed(err, "set the mode of", path))?;
    }
    match pool.copy_on_write {
        Some(wanted) => set_copy_on_write(path, wanted.is_set()),
        None => Ok(()),
    }
}

/// Whether new files in a folder are copied on write; only some file systems can choose.
fn set_copy_on_write(path: &Path, on: bool) -> Result<()> {
    let set = || {
        let folder = File::open(path)?;
        let mut flags = ioctl_getflags(&folder)?;
        flags.set(IFlags::NOCOW, !on);
        ioctl_setflags(&folder, flags)?;
        Ok::<(), std::io::Error>(())
    };
    set().map_err(|err| failed(err, "choose whether to copy on write in", path))
}

pub fn delete(pool: &StoragePool, flags: u32) -> Result<()> {
    refuse_unknown(flags, 0, "virStoragePoolDelete")?;
    std::fs::remove_dir(target(pool)).map_err(|err| failed(err, "remove pool", target(pool)))
}

/// Finds the volumes, and how much room there is.
pub fn refresh(pool: &mut StoragePool) -> Result<Vec<StorageVolume>> {
    let folder = target(pool).to_path_buf();
    let list = |err| failed(err, "list", &folder);
    let mut volumes = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(list)? {
        let entry = entry.map_err(list)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.chars().any(|letter| letter.is_control())) else {
            tracing::warn!(?name, folder = %folder.display(), "a file whose name can't be told is left out");
            continue;
        };
        volumes.extend(local::probe(name, &folder.join(name))?);
    }
    let room = rustix::fs::statvfs(&folder).map_err(|err| failed(err, "tell the room in", &folder))?;
    let capacity = room.f_frsize.saturating_mul(room.f_blocks);
    let available = room.f_frsize.saturating_mul(room.f_bfree);
    pool.capacity = PoolSize(capacity);
    pool.available = PoolSize(available);
    pool.allocation = PoolSize(capacity.saturating_sub(available));
    let permissions = local::open(&folder)?.permissions();
    pool.target.get_or_insert_default().permissions = Some(permissions);
    Ok(volumes)
}

/// Says where a new volume is to be.
pub fn place(pool: &StoragePool, volume: &mut StorageVolume) -> Result<()> {
    volume.kind = match volume.target.format.as_deref() {
        Some("dir") => VolumeType::Dir,
        Some("ploop") => VolumeType::Ploop,
        _ => VolumeType::File,
    };
    if volume.name.contains('/') {
        let text = format!("volume name '{}' cannot contain '/': it is that of a file", volume.name);
        return Err(Error::operation_invalid(text));
    }
    let path = pool.path_of(&volume.name);
    if Path::new(&path).exists() {
        return Err(Error::operation_invalid(format!("volume target path '{path}' already exists")));
    }
    volume.target.path = Some(path.clone());
    volume.key = Some(path);
    Ok(())
}

/// Makes the content of a volume.
pub fn fill(tools: &Tools, making: &Making<'_>) -> Result<()> {
    let format = |volume: &StorageVolume| volume.target.format.as_deref().and_then(parse_format);
    let plain = |volume: &StorageVolume| {
        let raw = matches!(format(volume), Some(StorageFormat::Raw) | None);
        volume.kind != VolumeType::File || raw && volume.target.encryption.is_none()
    };
    let (volume, original) = (making.volume, making.original);
    match (format(volume), original) {
        (Some(StorageFormat::Dir), _) => make_folder(making),
        (Some(StorageFormat::Ploop), _) => {
            Err(Error::internal("there is no 'ploop' here, which makes such volumes"))
        }
        (_, None) if plain(volume) => raw::create(volume, None, making.flags),
        (_, Some(original)) if plain(volume) && plain(original) => {
            raw::create(volume, Some(original), making.flags)
        }
        _ => qemu_img::create(tools, making),
    }
}

fn parse_format(name: &str) -> Option<StorageFormat> {
    use ferrovirt_xml::XmlValue;
    StorageFormat::from_text(name)
}

fn make_folder(making: &Making<'_>) -> Result<()> {
    refuse_unknown(making.flags, 0, "virStorageVolCreateXML")?;
    if making.original.is_some() {
        return Err(Error::internal("a folder can't be a copy of a volume"));
    }
    if making.volume.backing.is_some() {
        return Err(Error::no_support("a folder can't stand on an image"));
    }
    let path = path_of(making.volume);
    std::fs::create_dir(path).map_err(|err| failed(err, "create folder", path))?;
    let made = raw::set_permissions(path, &making.volume.target.permissions);
    if made.is_err() {
        // What went wrong before is the error to tell.
        let _ = std::fs::remove_dir(path);
    }
    made
}

pub fn refresh_volume(tools: &Tools, volume: &mut StorageVolume) -> Result<()> {
    local::refresh(volume)?;
    let path = volume.target.path.clone().unwrap_or_default();
    if let Some(encryption) = &mut volume.target.encryption {
        add_secret(tools, encryption, &path);
    }
    Ok(())
}

/// Of an image that was found nobody has said which secret opens it: it is the one that is for that path.
fn add_secret(tools: &Tools, encryption: &mut Encryption, path: &str) {
    if encryption.secrets.is_empty()
        && let Some(uuid) = qemu_img::secret_of(tools, path)
    {
        let reference = SecretReference::Uuid(uuid);
        encryption.secrets.push(EncryptionSecret { kind: EncryptionSecretKind::Passphrase, reference });
    }
}

pub fn delete_volume(volume: &StorageVolume, flags: u32) -> Result<()> {
    refuse_unknown(flags, 0, "virStorageVolDelete")?;
    let path = path_of(volume);
    let removed = match volume.kind {
        VolumeType::File => std::fs::remove_file(path),
        VolumeType::Dir => std::fs::remove_dir(path),
        VolumeType::Ploop => std::fs::remove_dir_all(path),
        _ => return Err(Error::no_support(format!("'{}' is no file that could be removed", path.display()))),
    };
    match removed {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => Err(failed(err, "remove", path)),
        _ => Ok(()),
    }
}

pub fn resize(tools: &Tools, volume: &StorageVolume, capacity: u64, flags: u32) -> Result<()> {
    let allocate = flags & abi::VIR_STORAGE_VOL_RESIZE_ALLOCATE != 0;
    let raw = volume.target.format.as_deref() == Some("raw");
    match (raw, &volume.target.encryption) {
        (true, None) => raw::resize(path_of(volume), capacity, allocate),
        _ if allocate => {
            let text = "space can be set aside for raw volumes without encryption only";
            Err(Error::new(ferrovirt_core::ErrorCode::OperationUnsupported, text))
        }
        _ => {
            let mut volume = volume.clone();
            let path = volume.target.path.clone().unwrap_or_default();
            if let Some(encryption) = &mut volume.target.encryption {
                add_secret(tools, encryption, &path);
            }
            qemu_img::resize(tools, &volume, capacity)
        }
    }
}

/// Overwrites what is in a volume.
pub fn wipe(volume: &StorageVolume, algorithm: u32) -> Result<()> {
    let path = path_of(volume);
    match raw::pattern(algorithm)? {
        None => raw::wipe(path, volume.allocation),
        Some(pattern) => {
            let mut command = Command::new("scrub");
            command.args(["-f", "-p", pattern]).arg(path);
            tool::run(&mut command).map(|_| ())
        }
    }
}

/// Opens what is in a volume.
pub fn open(volume: &StorageVolume, write: bool) -> Result<OwnedFd> {
    let path = path_of(volume);
    let file = OpenOptions::new().read(true).write(write).open(path);
    file.map(OwnedFd::from).map_err(|err| failed(err, "open", path))
}
