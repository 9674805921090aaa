//! The kinds of places that an image can be at.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, Writer, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::NetworkSource;
use crate::domain::PciAddress;

/// The `type` attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, XmlEnum)]
pub enum StorageType {
    #[default]
    File,
    Block,
    Dir,
    Network,
    Volume,
    Nvme,
    #[xml(name = "vhostuser")]
    VhostUser,
    #[xml(name = "vhostvdpa")]
    VhostVdpa,
}

impl StorageType {
    pub(super) const NAMES: &'static [&'static str] = <Self as XmlEnum>::NAMES;

    pub(super) fn of(node: &Node<'_>) -> Result<Self> {
        use ferrovirt_xml::XmlValue;
        match node.attr("type") {
            None => Ok(Self::File),
            Some(text) => Self::from_text(text)
                .ok_or_else(|| node.bad_attr("type", Self::KIND, ferrovirt_core::ErrorCode::XmlError)),
        }
    }
}

/// Where an image is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum StorageLocation {
    /// In a file; without a path the drive is empty.
    File(FileSource),
    /// On a block device of the host.
    Block { path: Option<String> },
    /// A directory, shown as a FAT file system.
    Dir { path: Option<String> },
    /// On another machine.
    Network(Box<NetworkSource>),
    /// A volume of a storage pool.
    Volume(VolumeSource),
    /// A namespace of an NVMe device that QEMU drives itself.
    Nvme(NvmeSource),
    /// Behind a vhost-user socket.
    VhostUser(VhostUserSource),
    /// A vDPA device, such as `/dev/vhost-vdpa-0`.
    VhostVdpa { path: String },
}

/// A file, or a file descriptor passed beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct FileSource {
    #[xml(attr = "file")]
    pub path: Option<String>,
    /// The name under which descriptors of the file were passed.
    #[xml(attr = "fdgroup")]
    pub fd_group: Option<String>,
}

/// A volume of a storage pool; without names the drive is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VolumeSource {
    #[xml(attr)]
    pub pool: Option<String>,
    #[xml(attr)]
    pub volume: Option<String>,
    #[xml(attr)]
    pub mode: Option<VolumeMode>,
}

/// How a volume of an iSCSI pool is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VolumeMode {
    /// By the host's block device.
    Host,
    /// By the hypervisor's own initiator.
    Direct,
}

/// A namespace of an NVMe device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct NvmeSource {
    #[xml(attr = "type", error = "XmlError@object")]
    pub bus: NvmeBus,
    /// Whether the device is taken from its host driver by itself.
    #[xml(attr)]
    pub managed: Option<YesNo>,
    /// Counted from 1.
    #[xml(attr)]
    pub namespace: u64,
    #[xml(child = "address")]
    pub address: PciAddress,
}

/// What the device is plugged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum NvmeBus {
    Pci,
}

/// A vhost-user socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct VhostUserSource {
    #[xml(attr = "type", error = "XmlError@object")]
    pub kind: VhostUserSocket,
    #[xml(attr, missing = "XmlError@object")]
    pub path: String,
    #[xml(child)]
    pub reconnect: Option<Reconnect>,
}

/// The socket's family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VhostUserSocket {
    Unix,
}

/// Whether a client tries again after the connection broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "reconnect")]
#[xml(check = "check_timeout")]
pub struct Reconnect {
    /// Without this, nothing is said at all.
    #[xml(attr)]
    pub enabled: Option<YesNo>,
    /// Seconds between attempts.
    #[xml(attr)]
    pub timeout: Option<u32>,
}

/// Who connects again does so after some time.
fn check_timeout(node: &Node<'_>) -> Result<()> {
    match node.attr("enabled") {
        Some("yes") if node.attr("timeout").is_none() => {
            Err(node.missing_attr("timeout", ErrorCode::XmlError))
        }
        _ => Ok(()),
    }
}

impl Reconnect {
    /// Drops what says nothing.
    pub(crate) fn fill_defaults(reconnect: &mut Option<Self>) {
        reconnect.take_if(|reconnect| reconnect.enabled.is_none());
        if let Some(reconnect) = reconnect.as_mut().filter(|reconnect| reconnect.enabled == Some(YesNo::No)) {
            reconnect.timeout = None;
        }
    }
}

#[derive(XmlElement)]
pub(super) struct BlockPath {
    #[xml(attr)]
    dev: Option<String>,
}

#[derive(XmlElement)]
pub(super) struct DirPath {
    #[xml(attr)]
    dir: Option<String>,
}

impl Default for StorageLocation {
    fn default() -> Self {
        Self::File(FileSource::default())
    }
}

impl StorageLocation {
    /// The place of that kind without an image; a file, where the kind can't be empty.
    pub fn empty(kind: StorageType) -> Self {
        match kind {
            StorageType::Block => Self::Block { path: None },
            StorageType::Dir => Self::Dir { path: None },
            StorageType::Volume => Self::Volume(VolumeSource::default()),
            _ => Self::default(),
        }
    }

    /// What the `type` attribute says.
    pub fn kind(&self) -> StorageType {
        match self {
            Self::File(_) => StorageType::File,
            Self::Block { .. } => StorageType::Block,
            Self::Dir { .. } => StorageType::Dir,
            Self::Network(_) => StorageType::Network,
            Self::Volume(_) => StorageType::Volume,
            Self::Nvme(_) => StorageType::Nvme,
            Self::VhostUser(_) => StorageType::VhostUser,
            Self::VhostVdpa { .. } => StorageType::VhostVdpa,
        }
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::File(file) => file.path.is_none() && file.fd_group.is_none(),
            Self::Block { path } | Self::Dir { path } => path.is_none(),
            _ => false,
        }
    }

    /// The path in the host's file system.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::File(file) => file.path.as_deref(),
            Self::Block { path } | Self::Dir { path } => path.as_deref(),
            Self::VhostUser(socket) => Some(&socket.path),
            Self::VhostVdpa { path } => Some(path),
            Self::Network(_) | Self::Volume(_) | Self::Nvme(_) => None,
        }
    }

    /// Whether the host's kernel opens it as a file or device.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::File(_) | Self::Block { .. } | Self::Dir { .. })
    }

    pub(super) fn fill_defaults(&mut self) {
        match self {
            Self::Nvme(nvme) => _ = nvme.managed.get_or_insert(YesNo::Yes),
            Self::Network(network) => network.fill_defaults(),
            _ => {}
        }
    }

    /// Reads `<source>`, whose kind its parent says. An empty path is none: people write it for an empty drive.
    pub(super) fn parse(kind: StorageType, source: &Node<'_>) -> Result<Self> {
        let filled = |path: Option<String>| path.filter(|p| !p.is_empty());
        Ok(match kind {
            StorageType::File => {
                let file = FileSource::parse(source)?;
                Self::File(FileSource { path: filled(file.path), ..file })
            }
            StorageType::Block => Self::Block { path: filled(BlockPath::parse(source)?.dev) },
            StorageType::Dir => Self::Dir { path: filled(DirPath::parse(source)?.dir) },
            StorageType::Network => Self::Network(Box::new(NetworkSource::parse_checked(source)?)),
            StorageType::Volume => {
                let volume = VolumeSource::parse(source)?;
                if volume.pool.is_some() != volume.volume.is_some() {
                    return Err(super::refuse(
                        source,
                        "'pool' and 'volume' go together: one of them is missing",
                    ));
                }
                Self::Volume(volume)
            }
            StorageType::Nvme => Self::Nvme(NvmeSource::parse(source)?),
            StorageType::VhostUser => Self::VhostUser(VhostUserSource::parse(source)?),
            StorageType::VhostVdpa => match BlockPath::parse(source)?.dev {
                Some(path) => Self::VhostVdpa { path },
                None => return Err(source.missing_attr("dev", ferrovirt_core::ErrorCode::XmlError)),
            },
        })
    }

    pub(super) fn write_attrs(&self, w: &mut Writer) {
        match self {
            Self::File(file) => file.write_attrs(w),
            Self::Block { path: Some(path) } | Self::VhostVdpa { path } => w.attr_str("dev", path),
            Self::Dir { path: Some(path) } => w.attr_str("dir", path),
            Self::Block { path: None } | Self::Dir { path: None } => {}
            Self::Network(network) => network.write_attrs(w),
            Self::Volume(volume) => volume.write_attrs(w),
            Self::Nvme(nvme) => nvme.write_attrs(w),
            Self::VhostUser(socket) => socket.write_attrs(w),
        }
    }

    pub(super) fn write_children(&self, w: &mut Writer) {
        match self {
            Self::Network(network) => network.write_children(w),
            Self::Nvme(nvme) => nvme.write_children(w),
            Self::VhostUser(socket) => socket.write_children(w),
            _ => {}
        }
    }
}
