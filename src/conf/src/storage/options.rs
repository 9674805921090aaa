//! What a pool's backend is told besides, in namespaces of their own: options of `mount` and of Ceph.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<fs:mount_opts>`, of pools that are mounted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "mount_opts", ns = "http://libvirt.org/schemas/storagepool/fs/1.0", prefix = "fs")]
pub struct MountOptions {
    #[xml(child)]
    pub options: Vec<MountOption>,
}

/// An option as it stands behind `-o`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "option", ns = "http://libvirt.org/schemas/storagepool/fs/1.0", prefix = "fs")]
pub struct MountOption {
    #[xml(attr)]
    pub name: Option<String>,
}

/// `<rbd:config_opts>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "config_opts", ns = "http://libvirt.org/schemas/storagepool/rbd/1.0", prefix = "rbd")]
pub struct CephOptions {
    #[xml(child)]
    pub options: Vec<CephOption>,
}

/// A setting of Ceph's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "option", ns = "http://libvirt.org/schemas/storagepool/rbd/1.0", prefix = "rbd")]
pub struct CephOption {
    #[xml(attr, ignore = "empty")]
    pub name: Option<String>,
    #[xml(attr, ignore = "empty")]
    pub value: Option<String>,
}
