//! Raw images: made, copied, lengthened, wiped.

use ferrovirt_conf::storage::{Permissions, StorageVolume};
use ferrovirt_core::abi;
use ferrovirt_core::{Error, ErrorCode, Result};
use rustix::fs::{FallocateFlags, SeekFrom, fallocate, ftruncate};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// The mode of a volume of which nobody says another.
pub const DEFAULT_MODE: u32 = 0o600;

const CHUNK: usize = 1 << 20;

fn failed(err: impl Into<std::io::Error>, what: &str, path: &Path) -> Error {
    Error::system(err, format_args!("cannot {what} '{}'", path.display()))
}

/// Makes a raw file, empty or with the content of another volume. Nothing is left of it if that fails.
pub fn create(volume: &StorageVolume, original: Option<&StorageVolume>, flags: u32) -> Result<()> {
    if flags & abi::VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA != 0 {
        return Err(Error::config_unsupported("a raw image has no metadata that could be allocated"));
    }
    if volume.backing.is_some() {
        return Err(Error::no_support("a raw image can't stand on another"));
    }
    let path = Path::new(volume.target.path.as_deref().unwrap_or_default());
    let mode = volume.target.permissions.mode.map_or(DEFAULT_MODE, |mode| mode.0);
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path);
    let file = file.map_err(|err| failed(err, "create file", path))?;
    let reflink = flags & abi::VIR_STORAGE_VOL_CREATE_REFLINK != 0;
    let made = set_permissions(path, &volume.target.permissions)
        .and_then(|()| fill(&file, path, volume, original, reflink))
        .and_then(|()| file.sync_all().map_err(|err| failed(err, "sync", path)));
    if made.is_err() {
        // What went wrong before is the error to tell.
        let _ = std::fs::remove_file(path);
    }
    made
}

/// Gives a new file its owner and mode.
pub fn set_permissions(path: &Path, wanted: &Permissions) -> Result<()> {
    let id = |owner: Option<ferrovirt_conf::storage::FileOwner>| {
        owner.and_then(|owner| u32::try_from(owner.0).ok())
    };
    let (owner, group) = (id(wanted.owner), id(wanted.group));
    if owner.is_some() || group.is_some() {
        std::os::unix::fs::chown(path, owner, group).map_err(|err| failed(err, "set the owner of", path))?;
    }
    let mode = wanted.mode.map_or(DEFAULT_MODE, |mode| mode.0);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(path, mode).map_err(|err| failed(err, "set the mode of", path))
}

fn fill(
    file: &File,
    path: &Path,
    volume: &StorageVolume,
    original: Option<&StorageVolume>,
    reflink: bool,
) -> Result<()> {
    // A copy that is to take less than the original is large is to have holes.
    let sparse_copy = original.is_some_and(|original| volume.allocation < original.capacity);
    file.set_len(volume.capacity).map_err(|err| failed(err, "lengthen", path))?;
    let mut missing = if sparse_copy { 0 } else { volume.allocation };
    if missing > 0 && allocate(file, path, missing)? {
        missing = 0;
    }
    let mut written = 0;
    if let Some(original) = original {
        written = copy_from(file, path, original, missing == 0, reflink)?;
    }
    if missing > written { write_zeros(file, path, written, missing) } else { Ok(()) }
}

/// Has the file system set aside so much; false where it can't.
fn allocate(file: &File, path: &Path, length: u64) -> Result<bool> {
    match fallocate(file, FallocateFlags::empty(), 0, length) {
        Ok(()) => Ok(true),
        Err(Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(err) => Err(failed(err, &format!("allocate {length} bytes in"), path)),
    }
}

/// Writes the content of a volume into a file or device; how much it was comes back.
pub fn copy_from(
    to: &File,
    path: &Path,
    original: &StorageVolume,
    sparse: bool,
    reflink: bool,
) -> Result<u64> {
    let source_path = Path::new(original.target.path.as_deref().unwrap_or_default());
    let source = File::open(source_path).map_err(|err| failed(err, "open", source_path))?;
    if reflink {
        rustix::fs::ioctl_ficlone(to, &source)
            .map_err(|err| failed(err, "share the blocks of", source_path))?;
        return Ok(original.capacity);
    }
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    while at < original.capacity {
        let next = if sparse { next_data(&source, at, original.capacity) } else { at };
        if next >= original.capacity {
            break;
        }
        at = next;
        let room = usize::try_from(original.capacity - at).map_or(CHUNK, |left| left.min(CHUNK));
        let count =
            source.read_at(&mut buffer[..room], at).map_err(|err| failed(err, "read", source_path))?;
        if count == 0 {
            break;
        }
        if !sparse || buffer[..count].iter().any(|byte| *byte != 0) {
            to.write_all_at(&buffer[..count], at).map_err(|err| failed(err, "write", path))?;
        }
        at += count as u64;
    }
    Ok(at)
}

/// Where data comes next; the end where there is only a hole.
fn next_data(source: &File, at: u64, end: u64) -> u64 {
    match rustix::fs::seek(source, SeekFrom::Data(at)) {
        Ok(next) => next,
        Err(Errno::NXIO) => end,
        Err(_) => at,
    }
}

fn write_zeros(file: &File, path: &Path, from: u64, to: u64) -> Result<()> {
    let zeros = vec![0; CHUNK];
    let mut at = from;
    while at < to {
        let count = usize::try_from(to - at).map_or(CHUNK, |left| left.min(CHUNK));
        file.write_all_at(&zeros[..count], at).map_err(|err| failed(err, "fill", path))?;
        at += count as u64;
    }
    Ok(())
}

/// Changes the length of a raw file, and has the space for it set aside if that is wanted.
pub fn resize(path: &Path, capacity: u64, allocate_too: bool) -> Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.map_err(|err| failed(err, "open", path))?;
    if allocate_too {
        let length = file.metadata().map_err(|err| failed(err, "look at", path))?.len();
        if !allocate(&file, path, capacity)? {
            write_zeros(&file, path, length, capacity)?;
        }
    }
    ftruncate(&file, capacity).map_err(|err| failed(err, "change the length of", path))?;
    file.sync_all().map_err(|err| failed(err, "sync", path))
}

/// Overwrites a file or a device with zeros; a file with holes becomes one hole.
pub fn wipe(path: &Path, length: u64) -> Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.map_err(|err| failed(err, "open", path))?;
    let stat = rustix::fs::fstat(&file).map_err(|err| failed(err, "look at", path))?;
    let regular = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if regular && stat.st_blocks < stat.st_size / 512 {
        file.set_len(0).and_then(|()| file.set_len(size)).map_err(|err| failed(err, "empty", path))?;
    } else {
        // Blocks round what is taken up; the file must not grow by that.
        write_zeros(&file, path, 0, if regular { length.min(size) } else { length })?;
    }
    file.sync_all().map_err(|err| failed(err, "sync", path))
}

/// How the tool that overwrites with patterns calls a `virStorageVolWipeAlgorithm`; `None` for zeros.
pub fn pattern(algorithm: u32) -> Result<Option<&'static str>> {
    Ok(Some(match algorithm {
        abi::VIR_STORAGE_VOL_WIPE_ALG_ZERO => return Ok(None),
        abi::VIR_STORAGE_VOL_WIPE_ALG_NNSA => "nnsa",
        abi::VIR_STORAGE_VOL_WIPE_ALG_DOD => "dod",
        abi::VIR_STORAGE_VOL_WIPE_ALG_BSI => "bsi",
        abi::VIR_STORAGE_VOL_WIPE_ALG_GUTMANN => "gutmann",
        abi::VIR_STORAGE_VOL_WIPE_ALG_SCHNEIER => "schneier",
        abi::VIR_STORAGE_VOL_WIPE_ALG_PFITZNER7 => "pfitzner7",
        abi::VIR_STORAGE_VOL_WIPE_ALG_PFITZNER33 => "pfitzner33",
        abi::VIR_STORAGE_VOL_WIPE_ALG_RANDOM => "random",
        abi::VIR_STORAGE_VOL_WIPE_ALG_TRIM => {
            let text = "trimming does not overwrite anything: choose another way to wipe";
            return Err(Error::new(ErrorCode::ArgumentUnsupported, text));
        }
        _ => return Err(Error::invalid_arg(format!("there is no way to wipe with the number {algorithm}"))),
    }))
}
