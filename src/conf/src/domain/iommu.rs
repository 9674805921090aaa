//! `<iommu>`: the unit that translates what devices address.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts};

/// An I/O memory management unit. That interrupt remapping needs a split I/O APIC is for the domain to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "iommu")]
pub struct Iommu {
    #[xml(attr)]
    pub model: IommuModel,
    #[xml(flatten = "driver")]
    pub driver: IommuDriver,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// The hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum IommuModel {
    Intel,
    Smmuv3,
    Virtio,
}

/// `<driver>`: what Intel's unit can do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct IommuDriver {
    /// Interrupts are remapped too.
    #[xml(attr)]
    pub intremap: Option<OnOff>,
    /// The guest has to tell of new mappings; needed for passed-through devices.
    #[xml(attr = "caching_mode")]
    pub caching_mode: Option<OnOff>,
    /// 32-bit interrupt destinations.
    #[xml(attr)]
    pub eim: Option<OnOff>,
    /// Translations are cached for devices that ask.
    #[xml(attr)]
    pub iotlb: Option<OnOff>,
    /// The width of addresses; 0: the hypervisor decides.
    #[xml(attr = "aw_bits", default, skip_default)]
    pub aw_bits: u32,
    #[xml(attr = "dma_translation")]
    pub dma_translation: Option<OnOff>,
}

impl Iommu {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Iommu {
    fn visible(&self, facts: &mut Facts) {
        let driver = &self.driver;
        facts.is("model", &self.model);
        facts.may("intremap", &driver.intremap);
        facts.may("caching_mode", &driver.caching_mode);
        facts.may("eim", &driver.eim);
        facts.may("iotlb", &driver.iotlb);
        facts.is("aw_bits", &driver.aw_bits);
        facts.may("dma_translation", &driver.dma_translation);
        facts.place(&self.info);
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        let model = self.model;
        if model != IommuModel::Intel && self.driver != IommuDriver::default() {
            return Err(Error::xml(format!("an IOMMU of model {model} takes no attributes in <driver>")));
        }
        if model != IommuModel::Virtio && self.info.address.is_some() {
            return Err(Error::xml(format!("an IOMMU of model {model} takes no <address>")));
        }
        if self.driver.eim == Some(OnOff::On) && self.driver.intremap != Some(OnOff::On) {
            return Err(Error::config_unsupported("eim='on' of <iommu> needs intremap='on'"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn units_print_back() {
        check_same::<Iommu>(
            "<iommu model='intel'>\n  <driver intremap='on' caching_mode='on' eim='on' iotlb='on' aw_bits='48' \
             dma_translation='off'/>\n</iommu>",
        );
        check_same::<Iommu>("<iommu model='smmuv3'/>");
        check_error::<Iommu>("<iommu/>", ErrorCode::XmlError);
    }

    #[test]
    fn what_a_model_lacks_is_refused() {
        for (text, code) in [
            ("<iommu model='virtio'><driver iotlb='on'/></iommu>", ErrorCode::XmlError),
            ("<iommu model='intel'><address type='unassigned'/></iommu>", ErrorCode::XmlError),
            ("<iommu model='intel'><driver eim='on'/></iommu>", ErrorCode::ConfigUnsupported),
        ] {
            let iommu = from_str::<Iommu>(text, "test").unwrap();
            assert_eq!(iommu.validate(&Context::default()).unwrap_err().code(), code, "{text}");
        }
    }
}
