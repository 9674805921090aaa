//! `<source>` of a pool: what it is made of.

use super::PoolAdapter;
use crate::domain::StorageAuth;
use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// What a pool is made of; each type of pool has some parts of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "source", block)]
pub struct PoolSource {
    #[xml(child)]
    pub hosts: Vec<PoolHost>,
    #[xml(child)]
    pub devices: Vec<PoolDevice>,
    #[xml(attr = "dir/@path", ignore = "empty")]
    pub dir: Option<String>,
    #[xml(child = "adapter")]
    pub adapter: Option<PoolAdapter>,
    /// Of a volume group, an RBD pool, a Gluster volume.
    #[xml(value)]
    pub name: Option<String>,
    /// The name that an iSCSI server knows the host by.
    #[xml(attr = "initiator/iqn/@name")]
    pub initiator: Option<String>,
    /// Of the file system or the partition table.
    #[xml(attr = "format/@type", ignore = "empty")]
    pub format: Option<String>,
    #[xml(child)]
    pub auth: Option<StorageAuth>,
    /// The version of NFS.
    #[xml(attr = "protocol/@ver")]
    pub protocol_version: Option<String>,
    #[xml(attr = "vendor/@name")]
    pub vendor: Option<String>,
    #[xml(attr = "product/@name")]
    pub product: Option<String>,
}

/// `<host>`: a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "host")]
pub struct PoolHost {
    #[xml(attr)]
    pub name: String,
    #[xml(attr, default, skip_default, domain = "Xml")]
    #[serde(default)]
    pub port: i32,
}

/// `<device>`: a disk or partition, or a target of iSCSI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "device")]
pub struct PoolDevice {
    #[xml(attr)]
    pub path: String,
    /// Of device-mapper: whether the names of its partitions have a `p` in them.
    #[xml(attr = "part_separator", domain = "Xml")]
    pub part_separator: Option<YesNo>,
    /// Of a disk: where partitions may still be made. Drivers tell; what a definition says of it is not kept.
    #[xml(child)]
    #[serde(default)]
    pub free_extents: Vec<FreeExtent>,
}

/// `<freeExtent>`: a part of a disk that is not taken, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "freeExtent")]
pub struct FreeExtent {
    #[xml(attr, ignore = "bad", default)]
    #[serde(default)]
    pub start: u64,
    #[xml(attr, ignore = "bad", default)]
    #[serde(default)]
    pub end: u64,
}
