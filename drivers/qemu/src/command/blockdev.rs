//! Images as QEMU's block nodes: one node for how the data is reached, one for its format, chained to what it is based on.

use super::blockdev_network::network;
use super::context::{Builder, Context};
use super::descriptors::Passed;
use super::general::sealed_secret;
use super::props::Props;
use super::surroundings::SecretUse;
use ferrovirt_conf::domain::{
    BackingLayer, BackingStore, CacheMode, DetectZeroes, Discard, Disk, DiskBus, DiskDevice, DiskIo, Domain,
    Encryption, EncryptionEngine, EncryptionFormat, Reservations, StorageAuth, StorageFormat,
    StorageLocation, StorageSource,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::OnOff;
use serde_json::Value;

/// Gives every image of the guest's disks a number, which its nodes are named by. Numbers that are there are kept:
/// they are part of a running guest.
pub fn number_images(model: &mut Domain) {
    let mut last = highest_index(model);
    // The last disk is numbered first: disks that turn out to be missing were once dropped from the end.
    for disk in model.devices.disks.iter_mut().rev() {
        let mut number = |index: &mut u32| {
            if *index == 0 {
                last += 1;
                *index = last;
            }
        };
        // These have no nodes of ours.
        if matches!(disk.source.location, StorageLocation::VhostUser(_))
            || disk.target.bus == Some(DiskBus::Sd)
        {
            continue;
        }
        number(&mut disk.source.options.index);
        if let Some(store) = &mut disk.source.options.data_store {
            number(&mut store.source.options.index);
        }
        each_layer(disk, &mut number);
        // Filters follow the images that they are on.
        last += disk.throttle_filters.len() as u32;
    }
}

/// The number of a disk's last image.
pub fn last_index(disk: &Disk) -> u32 {
    let of_source = |source: &StorageSource| {
        let store = source.options.data_store.as_ref().map_or(0, |store| store.source.options.index);
        source.options.index.max(store)
    };
    let layers = disk.backing.iter().flat_map(BackingStore::layers);
    layers.map(|layer| layer.number().max(of_source(&layer.source))).fold(of_source(&disk.source), u32::max)
}

/// The highest number of all images of the guest, what disks are being copied to among them.
pub fn highest_index(model: &Domain) -> u32 {
    let of_copy = |disk: &Disk| disk.mirror.as_ref().map_or(0, |copy| copy.source.options.index);
    model.devices.disks.iter().map(|disk| last_index(disk).max(of_copy(disk))).max().unwrap_or(0)
}

fn each_layer(disk: &mut Disk, act: &mut dyn FnMut(&mut u32)) {
    if let Some(backing) = &mut disk.backing {
        backing.for_each_layer(|layer| {
            let index = if layer.index != 0 { &mut layer.index } else { &mut layer.source.options.index };
            act(index);
            if let Some(store) = &mut layer.source.options.data_store {
                act(&mut store.source.options.index);
            }
        });
    }
}

/// An image, with all that its nodes depend on.
#[derive(Debug, Clone)]
pub struct Image<'a> {
    pub source: StorageSource,
    pub format: StorageFormat,
    /// What the nodes' names begin with, such as `libvirt-1`.
    pub prefix: String,
    pub readonly: bool,
    pub cache: CacheMode,
    pub io: Option<DiskIo>,
    pub discard: Option<Discard>,
    pub discard_no_unref: Option<OnOff>,
    pub detect_zeroes: Option<DetectZeroes>,
    /// The most memory for the format's tables, in bytes.
    pub metadata_cache: Option<u64>,
    pub auth: Option<StorageAuth>,
    pub encryption: Option<Encryption>,
    pub reservations: Option<&'a Reservations>,
    /// Whether even raw data gets a node for its format.
    pub always_format: bool,
    pub is_floppy: bool,
    pub is_cdrom: bool,
    /// What it is based on: nothing known, nothing at all, or an image.
    pub base: Base,
}

/// What an image is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// QEMU shall look itself.
    Unknown,
    None,
    /// The next image of the chain.
    Next,
}

impl<'a> Image<'a> {
    pub fn of(source: StorageSource, format: StorageFormat, prefix: impl Into<String>) -> Self {
        Self {
            source,
            format,
            prefix: prefix.into(),
            readonly: false,
            cache: CacheMode::Default,
            io: None,
            discard: None,
            discard_no_unref: None,
            detect_zeroes: None,
            metadata_cache: None,
            auth: None,
            encryption: None,
            reservations: None,
            always_format: false,
            is_floppy: false,
            is_cdrom: false,
            base: Base::Unknown,
        }
    }

    /// The images of a disk, the one that the guest writes to first.
    pub fn chain_of(disk: &'a Disk) -> Vec<Self> {
        let driver = disk.driver.as_ref();
        let mut top = Self::of(
            disk.source.clone(),
            disk.format().unwrap_or(StorageFormat::Raw),
            format!("libvirt-{}", disk.source.options.index),
        );
        top.cache = cache_of(disk);
        top.io = driver.and_then(|driver| driver.io);
        top.discard = driver.and_then(|driver| driver.discard);
        top.discard_no_unref = driver.and_then(|driver| driver.discard_no_unref);
        top.is_floppy = disk.device == DiskDevice::Floppy;
        top.is_cdrom = disk.device == DiskDevice::Cdrom;
        let common = top.clone();
        top.readonly = disk.readonly;
        top.detect_zeroes = driver.and_then(|driver| driver.detect_zeroes);
        top.metadata_cache = driver.and_then(|driver| driver.metadata_cache).map(|size| size.0);
        top.auth = disk.auth().cloned();
        top.encryption = disk.encryption().cloned();
        top.reservations = disk.source.options.reservations.as_ref();
        top.base = base(disk.backing.as_ref());
        let layers = disk.backing.iter().flat_map(BackingStore::layers);
        let mut images = vec![top];
        images.extend(layers.map(|layer| common.layer(layer)));
        images
    }

    fn layer(&self, layer: &'a BackingLayer) -> Self {
        let options = &layer.source.options;
        Self {
            source: layer.source.clone(),
            format: layer.format.kind,
            prefix: format!("libvirt-{}", layer.number()),
            readonly: true,
            metadata_cache: layer.format.metadata_cache.map(|size| size.0),
            auth: options.auth.as_deref().cloned(),
            encryption: options.encryption.as_deref().cloned(),
            reservations: options.reservations.as_ref(),
            base: base(layer.backing.as_ref()),
            ..self.clone()
        }
    }

    fn is_luks(&self) -> bool {
        self.format == StorageFormat::Raw
            && self.qemu_encryption().is_some_and(|encryption| encryption.format == EncryptionFormat::Luks)
    }

    /// The encryption that QEMU itself undoes.
    fn qemu_encryption(&self) -> Option<&Encryption> {
        self.encryption.as_ref().filter(|encryption| encryption.engine != Some(EncryptionEngine::Librbd))
    }

    /// Raw data needs no node for its format, if QEMU can name what is below one in a chain.
    fn needs_format(&self, context: Context<'_>) -> bool {
        let mask = "arg-type/backing-mask-protocol";
        let old = !context.capabilities.schema_has(&format!("block-commit/{mask}"))
            || !context.capabilities.schema_has(&format!("block-stream/{mask}"));
        old || self.always_format || self.format != StorageFormat::Raw || self.is_luks()
    }

    fn storage_node(&self) -> String {
        format!("{}-storage", self.prefix)
    }

    fn slice_node(&self) -> Option<String> {
        (!self.source.options.slices.is_empty()).then(|| format!("{}-slice-sto", self.prefix))
    }

    /// The name of the topmost node.
    pub fn node(&self, context: Context<'_>) -> String {
        match self.needs_format(context) {
            true => format!("{}-format", self.prefix),
            false => self.slice_node().unwrap_or_else(|| self.storage_node()),
        }
    }

    pub fn secret_id(&self, context: Context<'_>, what: &str) -> String {
        let node = match what {
            "encryption-secret0" if self.needs_format(context) => format!("{}-format", self.prefix),
            _ => self.storage_node(),
        };
        format!("{node}-{what}")
    }
}

fn base(backing: Option<&BackingStore>) -> Base {
    match backing {
        None => Base::Unknown,
        Some(BackingStore::End) => Base::None,
        Some(BackingStore::Layer(_)) => Base::Next,
    }
}

/// Disks that guests share, and those that are thrown away, decide how they are cached.
pub fn cache_of(disk: &Disk) -> CacheMode {
    let given = disk.driver.as_ref().map_or(CacheMode::Default, |driver| driver.cache);
    if given == CacheMode::Default && disk.shareable && !disk.readonly {
        return CacheMode::None;
    }
    given
}

/// Adds the nodes of images, the base first, each with the secrets that it needs.
pub fn chain(b: &mut Builder<'_>, images: &[Image<'_>], only: Option<usize>) -> Result<()> {
    let count = only.unwrap_or(images.len());
    for (at, image) in images.iter().enumerate().take(count).rev() {
        let below =
            images.get(at + 1).filter(|_| image.base == Base::Next).map(|image| image.node(b.context));
        if let Some(store) = &image.source.options.data_store {
            let prefix = format!("libvirt-{}", store.source.options.index);
            let data = Image {
                source: store.source.clone(),
                format: store.format.kind,
                prefix,
                base: Base::Unknown,
                encryption: None,
                auth: None,
                ..image.clone()
            };
            nodes(b, &data, None)?;
        }
        nodes(b, image, below)?;
    }
    Ok(())
}

fn nodes(b: &mut Builder<'_>, image: &Image<'_>, below: Option<String>) -> Result<()> {
    objects(b, image)?;
    let context = b.context;
    let has_format = image.needs_format(context);
    let slice = image.slice_node();
    let mut storage = match &image.source.location {
        StorageLocation::VhostVdpa { .. } => {
            let node = image.storage_node();
            let path = b.descriptor_path(Passed::Image { node: node.clone() }, &format!("{node}-vdpa"))?;
            let mut props = Props::device("virtio-blk-vhost-vdpa");
            props.set("path", path);
            props
        }
        _ => storage(context, image)?,
    };
    common(context, image, &mut storage, image.storage_node(), !has_format && slice.is_none());
    b.line.blockdev(&storage);
    if let (Some(node), Some(slice)) = (&slice, image.source.options.slices.first()) {
        let mut props = Props::device("raw");
        props.set("file", image.storage_node()).set("offset", slice.offset).set("size", slice.size);
        common(context, image, &mut props, node.clone(), !has_format);
        b.line.blockdev(&props);
    }
    if has_format {
        let mut props = Props::new();
        common(context, image, &mut props, format!("{}-format", image.prefix), true);
        format(context, image, &mut props)?;
        props.set("file", slice.unwrap_or_else(|| image.storage_node()));
        match (image.base, below) {
            (Base::Next, Some(below)) if image.format.has_backing() => _ = props.set("backing", below),
            (Base::Next, _) => {
                let text = format!("images of format '{}' are not based on others", image.format);
                return Err(Error::config_unsupported(text));
            }
            (Base::None, _) if image.format.has_backing() => _ = props.set("backing", Value::Null),
            _ => {}
        }
        b.line.blockdev(&props);
    }
    Ok(())
}

/// What nodes refer to: secrets, certificates, who hands out reservations.
fn objects(b: &mut Builder<'_>, image: &Image<'_>) -> Result<()> {
    if let Some(reservations) = image.reservations.filter(|reservations| !reservations.managed.is_set()) {
        let mut props = Props::object("pr-manager-helper", manager_id(image));
        props.text("path", reservations.path.as_deref());
        b.line.object(&props);
    }
    if let StorageLocation::Network(source) = &image.source.location {
        super::blockdev_network::objects(b, image, source)?;
    }
    if let Some(encryption) = &image.encryption {
        for (index, secret) in encryption.secrets.iter().enumerate() {
            let sealed = b.host().secrets.seal(SecretUse::Image, &secret.reference)?;
            let id = image.secret_id(b.context, &format!("encryption-secret{index}"));
            b.line.object(&sealed_secret(id, sealed));
        }
    }
    Ok(())
}

/// The driver's own helper for reservations, which all disks share.
pub fn managed_reservations(b: &mut Builder<'_>) {
    let managed = |options: &ferrovirt_conf::domain::SourceOptions| {
        options.reservations.as_ref().is_some_and(|reservations| reservations.managed.is_set())
    };
    let in_disk = |disk: &Disk| {
        let layers = disk.backing.iter().flat_map(BackingStore::layers);
        managed(&disk.source.options) || layers.into_iter().any(|layer| managed(&layer.source.options))
    };
    if b.model().devices.disks.iter().any(in_disk) {
        let mut props = Props::object("pr-manager-helper", "pr-helper0");
        let path = b.host().guest_folder.join("pr-helper0.sock");
        props.set("path", path.to_string_lossy());
        b.line.object(&props);
    }
}

/// The name of an image's own helper for reservations.
fn manager_id(image: &Image<'_>) -> String {
    format!("pr-helper-{}", image.storage_node())
}

/// The manager of reservations as nodes name it.
fn manager(image: &Image<'_>) -> Option<String> {
    let reservations = image.reservations?;
    Some(match reservations.managed.is_set() {
        true => "pr-helper0".to_owned(),
        false => manager_id(image),
    })
}

/// How the data is reached.
fn storage(context: Context<'_>, image: &Image<'_>) -> Result<Props> {
    let file = |driver: &str, path: &Option<String>| {
        let mut props = Props::device(driver);
        props.set("filename", path.as_deref().unwrap_or_default());
        props.maybe("aio", image.io.map(|io| io.to_string())).maybe("pr-manager", manager(image));
        props
    };
    Ok(match &image.source.location {
        StorageLocation::File(source) => {
            if source.fd_group.is_some() {
                return Err(unsupported("<source fdgroup='…'>"));
            }
            file("file", &source.path)
        }
        StorageLocation::Block { path } => {
            let drive = path.as_deref().is_some_and(|path| context.host.cdroms.contains(&path));
            file(if image.is_cdrom && drive { "host_cdrom" } else { "host_device" }, path)
        }
        StorageLocation::Dir { path } => {
            let mut props = Props::device("vvfat");
            props.set("dir", path.as_deref().unwrap_or_default()).set("floppy", image.is_floppy);
            props.set("rw", !image.readonly);
            props
        }
        StorageLocation::Network(source) => network(context, image, source)?,
        StorageLocation::Nvme(source) => {
            let mut props = Props::device("nvme");
            props
                .set("device", crate::addresses::Shown(&source.address).to_string())
                .set("namespace", source.namespace);
            props
        }
        StorageLocation::Volume(volume) => {
            let name = |name: &Option<String>| name.clone().unwrap_or_default();
            return Err(Error::internal(format!(
                "volume '{}' of pool '{}' has not been looked up before the start",
                name(&volume.volume),
                name(&volume.pool)
            )));
        }
        other @ (StorageLocation::VhostVdpa { .. } | StorageLocation::VhostUser(_)) => {
            return Err(Error::internal(format!(
                "images of type '{}' are not reached by a path",
                other.kind()
            )));
        }
    })
}

fn unsupported(what: &str) -> Error {
    Error::config_unsupported(format!("{what} can't be given to QEMU yet"))
}

/// What all nodes are told. The topmost node of an image has the disk's own settings.
fn common(_context: Context<'_>, image: &Image<'_>, props: &mut Props, node: String, topmost: bool) {
    props.set("node-name", node);
    if topmost {
        props.set("read-only", image.readonly);
        props.maybe("discard", image.discard.map(|discard| discard.to_string()));
        // Unmapping zeroes needs unmapping.
        let detect = match (image.detect_zeroes, image.discard) {
            (Some(DetectZeroes::Unmap), Some(Discard::Unmap)) => Some("unmap"),
            (Some(DetectZeroes::Unmap | DetectZeroes::On), _) => Some("on"),
            (Some(DetectZeroes::Off), _) => Some("off"),
            (None, _) => None,
        };
        props.text("detect-zeroes", detect);
    } else {
        props.set("auto-read-only", true).set("discard", "unmap");
    }
    if let Some((direct, no_flush)) = cache_flags(image.cache) {
        let mut cache = Props::new();
        cache.set("direct", direct).set("no-flush", no_flush);
        props.set("cache", cache);
    }
}

/// Whether the host's cache is passed by, and whether flushing is left out.
fn cache_flags(cache: CacheMode) -> Option<(bool, bool)> {
    Some(match cache {
        CacheMode::Default => return None,
        CacheMode::None | CacheMode::DirectSync => (true, false),
        CacheMode::WriteThrough | CacheMode::WriteBack => (false, false),
        CacheMode::Unsafe => (false, true),
    })
}

/// Whether writes are done when they are in a cache.
pub fn writes_back(cache: CacheMode) -> Option<bool> {
    match cache {
        CacheMode::Default => None,
        CacheMode::None | CacheMode::WriteBack | CacheMode::Unsafe => Some(true),
        CacheMode::WriteThrough | CacheMode::DirectSync => Some(false),
    }
}

fn format(context: Context<'_>, image: &Image<'_>, props: &mut Props) -> Result<()> {
    let key = || image.secret_id(context, "encryption-secret0");
    let encrypted = |props: &mut Props| -> Result<()> {
        let Some(encryption) = image.qemu_encryption() else { return Ok(()) };
        let kind = match encryption.format {
            EncryptionFormat::Qcow => "aes",
            EncryptionFormat::Luks => "luks",
            other => {
                return Err(Error::config_unsupported(format!(
                    "QEMU itself can't undo encryption of format '{other}'"
                )));
            }
        };
        let mut inner = Props::new();
        inner.set("format", kind).set("key-secret", key());
        props.set("encrypt", inner);
        Ok(())
    };
    let driver = match image.format {
        StorageFormat::Raw if image.is_luks() => {
            props.set("driver", "luks").set("key-secret", key());
            return Ok(());
        }
        StorageFormat::Raw | StorageFormat::Fat => "raw",
        StorageFormat::Qcow2 => {
            props.set("driver", "qcow2");
            encrypted(props)?;
            props.positive("cache-size", image.metadata_cache.unwrap_or(0));
            props.switch("discard-no-unref", image.discard_no_unref);
            if let Some(store) = &image.source.options.data_store {
                let prefix = format!("libvirt-{}", store.source.options.index);
                let data = Image::of(store.source.clone(), store.format.kind, prefix);
                props.set("data-file", data.node(context));
            }
            return Ok(());
        }
        StorageFormat::Qcow => {
            props.set("driver", "qcow");
            return encrypted(props);
        }
        StorageFormat::Ploop => "parallels",
        StorageFormat::Vhd => "vhdx",
        StorageFormat::Bochs => "bochs",
        StorageFormat::Cloop => "cloop",
        StorageFormat::Dmg => "dmg",
        StorageFormat::Vdi => "vdi",
        StorageFormat::Vpc => "vpc",
        StorageFormat::Qed => "qed",
        StorageFormat::Vmdk => "vmdk",
        StorageFormat::Cow | StorageFormat::Iso | StorageFormat::Dir => {
            return Err(Error::config_unsupported(format!("QEMU has no disk format '{}'", image.format)));
        }
    };
    props.set("driver", driver);
    Ok(())
}
