//! The images of a disk as QEMU has them open, one below the other.

use crate::driver::Shared;
use crate::images;
use crate::live::Live;
use crate::qmp::QueryNamedBlockNodes;
use crate::qmp::types::{BlockNode, ImageInfo};
use ferrovirt_conf::domain::{BackingLayer, BackingStore, Disk, ImageFormat, StorageFormat, StorageSource};
use ferrovirt_core::{Error, Result};

/// An image, and the node that its data is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    pub path: String,
    pub format: String,
    pub node: String,
}

/// The images of a disk, the one that the guest writes to first.
pub fn of(shared: &Shared, live: &Live, disk: &Disk) -> Result<Vec<Layer>> {
    let name = disk.name().unwrap_or_default();
    let inserted = images::device(live, shared, disk)?.inserted;
    let top = inserted.ok_or_else(|| Error::operation_failed(format!("the disk '{name}' has no image")))?;
    let nodes = live.ask(&shared.reactor, QueryNamedBlockNodes { flat: Some(true) })?;
    let mut layers = Vec::new();
    let mut image: Option<&ImageInfo> = top.image.as_ref();
    while let Some(found) = image {
        let node = match layers.is_empty() {
            true => top.node_name.clone(),
            false => node_of(&nodes, found),
        };
        let node = node.ok_or_else(|| {
            Error::operation_failed(format!("the image '{}' of disk '{name}' has no node", found.filename))
        })?;
        layers.push(Layer { path: found.filename.clone(), format: found.format.clone(), node });
        image = found.backing_image.as_deref();
    }
    Ok(layers)
}

/// The node of an image's data: that of its format, above the one that reads the bytes.
fn node_of(nodes: &[BlockNode], image: &ImageInfo) -> Option<String> {
    let mut fitting = nodes.iter().filter(|node| node.file == image.filename);
    let by_format = fitting.clone().find(|node| node.drv == image.format);
    by_format.or_else(|| fitting.next()).and_then(|node| node.node_name.clone())
}

/// The place of the image that a caller names by its path, or by target and number such as `vda[1]`.
pub fn place(disk: &Disk, layers: &[Layer], name: &str) -> Result<usize> {
    let target = disk.name().unwrap_or_default();
    let numbered = name.strip_prefix(target).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
    let path = match numbered.and_then(|number| number.parse::<u32>().ok()) {
        None => Some(name.to_owned()),
        Some(number) if number == disk.source.options.index => disk.source.path().map(str::to_owned),
        Some(number) => {
            let mut below = disk.backing.iter().flat_map(|backing| backing.layers());
            let found = below.find(|layer| layer.number() == number);
            found.and_then(|layer| layer.source.path().map(str::to_owned))
        }
    };
    let found = path.and_then(|path| layers.iter().position(|layer| layer.path == path));
    found.ok_or_else(|| Error::invalid_arg(format!("disk '{target}' has no image '{name}' in its chain")))
}

/// What a disk is based on without the images above `base`; all of them go if there is none.
pub fn above_removed(disk: &Disk, base: Option<&str>) -> Option<BackingStore> {
    let Some(base) = base else { return Some(BackingStore::End) };
    find(disk, base).map(|layer| BackingStore::Layer(Box::new(layer)))
}

/// The layer of a disk's description with this path.
fn find(disk: &Disk, path: &str) -> Option<BackingLayer> {
    disk.backing
        .iter()
        .flat_map(|backing| backing.layers())
        .find(|layer| layer.source.path() == Some(path))
        .cloned()
}

/// Takes the images from `top` on, down to but without `base`, out of a disk's description.
pub fn cut(disk: &mut Disk, top: &str, base: &str) {
    let Some(kept) = find(disk, base) else { return };
    let mut place = disk.backing.as_mut();
    while let Some(BackingStore::Layer(layer)) = place {
        if layer.source.path() == Some(top) {
            **layer = kept;
            return;
        }
        place = layer.backing.as_mut();
    }
}

/// Has a disk write to an image that was one of those below, or to a plain file.
pub fn settle(disk: &mut Disk, path: &str, format: StorageFormat) {
    let below = find(disk, path).unwrap_or_else(|| BackingLayer {
        format: ImageFormat { kind: format, metadata_cache: None },
        source: StorageSource::file(path.to_owned()),
        index: 0,
        backing: None,
    });
    let index = below.number();
    disk.source = below.source;
    disk.source.options.index = index;
    disk.backing = below.backing;
    if let Some(driver) = &mut disk.driver {
        driver.format = Some(below.format.kind);
    }
}
