//! `<crypto>`: a device that encrypts for the guest.

use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::only::Only;
use super::{Device, DeviceInfo, Facts, VirtioOptions};

/// A crypto device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "crypto")]
pub struct Crypto {
    #[xml(attr)]
    pub model: CryptoModel,
    #[xml(attr = "type")]
    pub kind: CryptoType,
    #[xml(with = "Only::<CryptoBackend>")]
    pub backend: CryptoBackend,
    #[xml(flatten = "driver")]
    pub driver: VirtioOptions,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// What the guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CryptoModel {
    Virtio,
}

/// Who runs the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CryptoType {
    Qemu,
}

/// `<backend>`: who does the work on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "backend")]
pub struct CryptoBackend {
    #[xml(attr)]
    pub model: CryptoBackendModel,
    /// How many queues the guest may use; 0: as many as the hypervisor thinks right.
    #[xml(attr, default, skip_default)]
    #[serde(default)]
    pub queues: u32,
}

/// Whose ciphers are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CryptoBackendModel {
    /// The hypervisor's.
    Builtin,
    /// The Linux kernel's.
    Lkcf,
}

impl Crypto {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Crypto {
    fn visible(&self, facts: &mut Facts) {
        facts.is("model", &self.model);
        facts.virtio(&self.driver);
        facts.place(&self.info);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check_error, check_same};

    #[test]
    fn devices_print_back() {
        check_same::<Crypto>(
            "<crypto model='virtio' type='qemu'>\n  <backend model='lkcf' queues='2'/>\n  <driver iommu='on'/>\n  \
             <alias name='crypto0'/>\n</crypto>",
        );
        check_same::<Crypto>("<crypto model='virtio' type='qemu'>\n  <backend model='builtin'/>\n</crypto>");
    }

    #[test]
    fn everything_must_be_said_once() {
        for text in [
            "<crypto type='qemu'><backend model='builtin'/></crypto>",
            "<crypto model='virtio'><backend model='builtin'/></crypto>",
            "<crypto model='virtio' type='qemu'/>",
            "<crypto model='virtio' type='qemu'><backend/></crypto>",
            "<crypto model='virtio' type='qemu'><backend model='lkcf'/><backend model='lkcf'/></crypto>",
        ] {
            check_error::<Crypto>(text, ErrorCode::XmlError);
        }
    }
}
