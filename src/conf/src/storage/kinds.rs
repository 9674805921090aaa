//! The types of pools: what each needs of its source, and which formats pools and volumes of it have.

use super::VolumeType;
use crate::domain::StorageFormat;
use ferrovirt_xml::{XmlEnum, XmlValue};

/// What a pool is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, XmlEnum)]
pub enum PoolType {
    #[default]
    Dir,
    Fs,
    #[xml(name = "netfs")]
    NetFs,
    Logical,
    Disk,
    Iscsi,
    IscsiDirect,
    Scsi,
    Mpath,
    Rbd,
    Sheepdog,
    Gluster,
    Zfs,
    Vstorage,
}

/// Which parts of a source a type of pool has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Needs {
    pub host: bool,
    pub device: bool,
    pub dir: bool,
    pub adapter: bool,
    pub name: bool,
    pub initiator: bool,
    /// Its volumes are no files or devices of the host.
    pub network: bool,
}

const NOTHING: Needs = Needs {
    host: false,
    device: false,
    dir: false,
    adapter: false,
    name: false,
    initiator: false,
    network: false,
};

/// What a partition can be marked as.
pub(super) const PARTITION_FORMATS: &[&str] =
    &["none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm", "linux-raid", "extended"];

impl PoolType {
    pub(super) fn needs(self) -> Needs {
        match self {
            Self::Dir | Self::Mpath => NOTHING,
            Self::Fs | Self::Disk => Needs { device: true, ..NOTHING },
            Self::NetFs => Needs { host: true, dir: true, ..NOTHING },
            Self::Logical | Self::Zfs => Needs { name: true, device: true, ..NOTHING },
            Self::Iscsi => Needs { host: true, device: true, initiator: true, ..NOTHING },
            Self::IscsiDirect => {
                Needs { host: true, device: true, initiator: true, network: true, ..NOTHING }
            }
            Self::Scsi => Needs { adapter: true, ..NOTHING },
            Self::Rbd | Self::Sheepdog => Needs { host: true, name: true, network: true, ..NOTHING },
            Self::Gluster => Needs { host: true, dir: true, name: true, network: true, ..NOTHING },
            Self::Vstorage => Needs { name: true, ..NOTHING },
        }
    }

    /// The formats that such a pool may have; none where pools have no format.
    pub fn formats(self) -> &'static [&'static str] {
        match self {
            Self::Fs => &[
                "auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs", "gfs2", "vfat", "hfs+",
                "xfs", "ocfs2", "vmfs",
            ],
            Self::NetFs => &["auto", "nfs", "glusterfs", "cifs"],
            Self::Disk => &["unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2"],
            Self::Logical => &["unknown", "lvm2"],
            _ => &[],
        }
    }

    /// The format of a pool that does not say; `None` where pools have no format.
    pub fn default_format(self) -> Option<&'static str> {
        match self {
            Self::Logical => Some("lvm2"),
            _ => self.formats().first().copied(),
        }
    }

    /// The format of a volume that does not say; `None` where volumes have no format.
    pub fn volume_format(self) -> Option<&'static str> {
        match self {
            Self::Dir | Self::Fs | Self::NetFs | Self::Rbd | Self::Gluster | Self::Vstorage => Some("raw"),
            Self::Disk => Some("none"),
            _ => None,
        }
    }

    /// What volumes of such a pool are, as far as the pool tells.
    pub fn volume_type(self) -> VolumeType {
        match self {
            Self::Dir | Self::Fs | Self::NetFs | Self::Vstorage => VolumeType::File,
            Self::Sheepdog | Self::IscsiDirect | Self::Gluster | Self::Rbd => VolumeType::Network,
            Self::Logical | Self::Disk | Self::Mpath | Self::Iscsi | Self::Scsi | Self::Zfs => {
                VolumeType::Block
            }
        }
    }

    /// Whether a volume may have this format.
    pub(super) fn knows_volume_format(self, name: &str) -> bool {
        match self {
            Self::Disk => PARTITION_FORMATS.contains(&name),
            _ => name != "none" && StorageFormat::from_text(name).is_some(),
        }
    }
}
