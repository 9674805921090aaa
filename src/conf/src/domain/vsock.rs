//! `<vsock>`: a socket channel between host and guest.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

use super::{Context, Device, DeviceInfo, Facts, VirtioOptions};

/// A vsock device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "vsock")]
pub struct Vsock {
    #[xml(attr, default, skip_default)]
    pub model: VsockModel,
    /// Whether the driver chooses the address.
    #[xml(attr = "cid/@auto")]
    pub auto_cid: Option<YesNo>,
    /// The guest's address; 0 to 2 are taken.
    #[xml(attr = "cid/@address")]
    pub guest_cid: Option<NonZeroU32>,
    #[xml(flatten)]
    pub info: DeviceInfo,
    #[xml(flatten = "driver")]
    pub driver: VirtioOptions,
}

/// Which generation of virtio it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum VsockModel {
    /// The driver decides.
    #[default]
    Default,
    Virtio,
    VirtioTransitional,
    VirtioNonTransitional,
}

impl Vsock {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Vsock {
    fn visible(&self, facts: &mut Facts) {
        facts.is("model", &self.model);
        facts.virtio(&self.driver);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.auto_cid.get_or_insert(YesNo::from(self.guest_cid.is_none()));
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        // 0 to 2 belong to the hypervisor, the loopback and the host.
        if let Some(cid) = self.guest_cid.filter(|cid| cid.get() < 3) {
            return Err(Error::config_unsupported(format!("guest CIDs must be >= 3, which {cid} is not")));
        }
        if self.model == VsockModel::Default && self.driver != VirtioOptions::default() {
            return Err(Error::config_unsupported("<driver> of <vsock> needs a virtio model"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn the_address_is_automatic_unless_given() {
        for (input, output) in [
            ("<vsock/>", "<vsock>\n  <cid auto='yes'/>\n</vsock>\n"),
            ("<vsock><cid address='3'/></vsock>", "<vsock>\n  <cid auto='no' address='3'/>\n</vsock>\n"),
        ] {
            let mut vsock = from_str::<Vsock>(input, "test").unwrap();
            vsock.fill_defaults(&Context::default());
            assert_eq!(to_string(&vsock), output);
        }
        check_same::<Vsock>(
            "<vsock model='virtio'>\n  <cid auto='no' address='4'/>\n  <alias name='vsock0'/>\n  \
             <driver iommu='on'/>\n</vsock>",
        );
    }

    #[test]
    fn reserved_addresses_and_stray_options_are_refused() {
        check_error::<Vsock>("<vsock><cid address='0'/></vsock>", ErrorCode::XmlError);
        for text in ["<vsock><cid address='2'/></vsock>", "<vsock><driver packed='on'/></vsock>"] {
            let vsock = from_str::<Vsock>(text, "test").unwrap();
            let code = vsock.validate(&Context::default()).unwrap_err().code();
            assert_eq!(code, ErrorCode::ConfigUnsupported, "{text}");
        }
    }
}
