//! `<iommu>`: translates the addresses that devices use.

use super::context::{Builder, Context, alias};
use super::line::Parts;
use super::props::Props;
use ferrovirt_conf::domain::{Domain, Iommu, IommuModel};
use ferrovirt_core::Result;

/// ARM's is part of the machine.
pub fn machine(model: &Domain, parts: &mut Parts) {
    if model.devices.iommu.as_ref().is_some_and(|iommu| iommu.model == IommuModel::Smmuv3) {
        parts.add("iommu=smmuv3");
    }
}

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let Some(iommu) = &b.model().devices.iommu else { return Ok(()) };
    match b.context.iommu(iommu)? {
        Some(props) => b.device(props),
        None => Ok(()),
    }
}

impl Context<'_> {
    pub fn iommu(self, iommu: &Iommu) -> Result<Option<Props>> {
        let driver = &iommu.driver;
        Ok(match iommu.model {
            IommuModel::Smmuv3 => None,
            IommuModel::Virtio => {
                let mut props = Props::device("virtio-iommu");
                props.set("id", alias(&iommu.info)?);
                self.address(&mut props, &iommu.info)?;
                Some(props)
            }
            IommuModel::Intel => {
                let mut props = Props::device("intel-iommu");
                props.set("id", alias(&iommu.info)?);
                props.maybe("intremap", driver.intremap.map(|on| super::line::on_off(on.is_set())));
                props.switch("caching-mode", driver.caching_mode);
                props.maybe("eim", driver.eim.map(|on| super::line::on_off(on.is_set())));
                props.switch("device-iotlb", driver.iotlb).positive("aw-bits", driver.aw_bits);
                props.switch("dma-translation", driver.dma_translation);
                Some(props)
            }
        })
    }
}
