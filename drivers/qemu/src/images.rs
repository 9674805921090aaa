//! The images that a guest's disks are: their sizes, what QEMU calls them, a look into them.

use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::types::{BlockDevice, BlockStats};
use crate::qmp::{QueryBlock, QueryBlockstats, QueryNamedBlockNodes};
use crate::tune::iotune::model_names;
use ferrovirt_conf::domain::{Disk, StorageFormat};
use ferrovirt_core::driver::BlockInfo;
use ferrovirt_core::{Error, ErrorCode, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

pub fn format(disk: &Disk) -> StorageFormat {
    disk.driver.as_ref().and_then(|driver| driver.format).unwrap_or(StorageFormat::Raw)
}

pub fn is_raw(disk: &Disk) -> bool {
    format(disk) == StorageFormat::Raw
}

/// The path of the disk's image on this host.
pub fn local_path(disk: &Disk) -> Result<&Path> {
    let path = disk.source.location.is_local().then(|| disk.source.path()).flatten();
    path.map(Path::new).ok_or_else(|| {
        let name = disk.name().unwrap_or_default();
        let text = format!("the image of disk '{name}' is not a file or device of this host");
        Error::new(ErrorCode::OperationUnsupported, text)
    })
}

/// The sizes of an image that nobody writes to.
pub fn info(disk: &Disk) -> Result<BlockInfo> {
    let path = local_path(disk)?;
    let failed = |err| Error::system(err, format_args!("cannot open the image '{}'", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    let (allocation, physical) = sizes(&mut file).map_err(failed)?;
    let capacity = match format(disk) {
        StorageFormat::Raw => physical,
        _ => capacity(&mut file).map_err(failed)?.unwrap_or(physical),
    };
    Ok(BlockInfo { capacity, allocation, physical })
}

/// What the host has set aside for a file or a device, and how large it is.
fn sizes(file: &mut File) -> std::io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    if metadata.file_type().is_block_device() {
        let size = file.seek(SeekFrom::End(0))?;
        return Ok((size, size));
    }
    Ok((metadata.blocks() * 512, metadata.size()))
}

/// What the guest sees of an image in QEMU's own format; `None` for one that is not.
fn capacity(file: &mut File) -> std::io::Result<Option<u64>> {
    let mut header = [0; 32];
    file.seek(SeekFrom::Start(0))?;
    if file.read_exact(&mut header).is_err() || header[..4] != *b"QFI\xfb" {
        return Ok(None);
    }
    let size: [u8; 8] = header[24..].try_into().expect("eight of 32 bytes");
    Ok(Some(u64::from_be_bytes(size)))
}

/// Bytes of an image that is what the guest sees.
pub fn peek(disk: &Disk, offset: u64, size: usize) -> Result<Vec<u8>> {
    if !is_raw(disk) {
        let text = format!("only images in the format 'raw' can be looked into, not '{}'", format(disk));
        return Err(Error::config_unsupported(text));
    }
    let path = local_path(disk)?;
    let failed = |err| Error::system(err, format_args!("cannot read {size} bytes of '{}'", path.display()));
    let mut file = File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut bytes = vec![0; size];
    file.read_exact(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// A disk as QEMU has it.
pub fn device(live: &Live, shared: &Shared, disk: &Disk) -> Result<BlockDevice> {
    let alias = disk.info.alias.as_deref().unwrap_or_default();
    let devices = live.ask(&shared.reactor, QueryBlock {})?;
    devices.into_iter().find(|device| model_names(&device.qdev, alias)).ok_or_else(|| {
        let name = disk.name().unwrap_or_default();
        Error::operation_failed(format!("QEMU does not know the disk '{name}'"))
    })
}

/// The node that a disk's device reads and writes.
pub fn node(live: &Live, shared: &Shared, disk: &Disk) -> Result<String> {
    let inserted = device(live, shared, disk)?.inserted;
    inserted.and_then(|node| node.node_name).ok_or_else(|| {
        Error::operation_failed(format!("the disk '{}' has no image", disk.name().unwrap_or_default()))
    })
}

/// The node by which an image's bytes are reached.
pub fn storage_node(live: &Live, shared: &Shared, disk: &Disk) -> Result<String> {
    let name = format!("libvirt-{}-storage", disk.source.options.index);
    let nodes = live.ask(&shared.reactor, QueryNamedBlockNodes { flat: Some(true) })?;
    match nodes.iter().any(|node| node.node_name.as_deref() == Some(&name)) {
        true => Ok(name),
        false => node(live, shared, disk),
    }
}

/// The sizes of an image that a guest runs on.
pub fn info_of_running(live: &Live, shared: &Shared, disk: &Disk) -> Result<BlockInfo> {
    let device = device(live, shared, disk)?;
    let image = device.inserted.and_then(|node| node.image).unwrap_or_default();
    let all = live.ask(&shared.reactor, QueryBlockstats::default())?;
    let alias = disk.info.alias.as_deref().unwrap_or_default();
    let stats = all.iter().find(|stats| stats.qdev.as_deref().is_some_and(|qdev| model_names(qdev, alias)));
    let actual = image.actual_size.unwrap_or(0);
    let mut allocation = actual;
    // A guest's format grows as it is written, a raw image has its place from the beginning.
    if let Some(stats) = stats.filter(|_| format(disk) != StorageFormat::Qcow2) {
        allocation = highest(stats);
    }
    let mut physical = actual;
    if allocation == 0 || allocation == actual {
        allocation = actual;
        let sized = local_path(disk).ok().and_then(|path| File::open(path).ok());
        if let Some((_, size)) = sized.and_then(|mut file| sizes(&mut file).ok()) {
            physical = size;
        }
    }
    Ok(BlockInfo { capacity: image.virtual_size, allocation, physical })
}

/// The end of what has been written, at the node that holds the bytes.
pub fn highest(stats: &BlockStats) -> u64 {
    stats.parent.as_ref().map_or(stats.stats.wr_highest_offset, |parent| parent.stats.wr_highest_offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use ferrovirt_conf::domain::Domain;
    use std::fs;

    fn guest(path: &Path, format: &str) -> Domain {
        let disk = format!(
            "<disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{}'/>\
             <target dev='vda' bus='virtio'/></disk>",
            path.display()
        );
        sample::define("pc", "", &disk).unwrap()
    }

    #[test]
    fn the_guest_sees_what_the_header_says() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("image");
        let mut image = b"QFI\xfb".to_vec();
        image.resize(24, 0);
        image.extend((7u64 << 30).to_be_bytes());
        image.resize(4096, 1);
        fs::write(&path, &image).expect("written");
        let model = guest(&path, "qcow2");
        let info = info(&model.devices.disks[0]).unwrap();
        assert_eq!((info.capacity, info.physical), (7 << 30, 4096));
        assert!(peek(&model.devices.disks[0], 0, 4).is_err());
        let model = guest(&path, "raw");
        assert_eq!(super::info(&model.devices.disks[0]).unwrap().capacity, 4096);
        assert_eq!(peek(&model.devices.disks[0], 0, 4).unwrap(), b"QFI\xfb");
        assert!(peek(&model.devices.disks[0], 4095, 4).is_err());
    }
}
