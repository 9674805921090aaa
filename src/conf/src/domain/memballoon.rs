//! `<memballoon>`: the device through which a guest gives memory back.

use ferrovirt_xml::{AutoBase, OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts, VirtioOptions};

/// A memory balloon; model `none` says that there is to be none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "memballoon")]
pub struct Memballoon {
    #[xml(attr)]
    pub model: MemballoonModel,
    /// Whether memory is given back to a guest that runs out of it.
    #[xml(attr)]
    pub autodeflate: Option<OnOff>,
    /// Whether the guest tells which pages it does not use.
    #[xml(attr)]
    pub free_page_reporting: Option<OnOff>,
    /// Seconds between two looks at the guest's statistics; 0: none.
    #[xml(attr = "stats/@period", default, skip_default)]
    #[serde(default)]
    pub stats_period: AutoBase<i32>,
    #[xml(flatten)]
    pub info: DeviceInfo,
    #[xml(flatten = "driver")]
    pub driver: VirtioOptions,
}

/// The kind of balloon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MemballoonModel {
    Virtio,
    Xen,
    None,
    VirtioTransitional,
    VirtioNonTransitional,
}

impl Memballoon {
    /// A balloon of that model with nothing else said.
    pub fn new(model: MemballoonModel) -> Self {
        Self {
            model,
            autodeflate: None,
            free_page_reporting: None,
            stats_period: AutoBase(0),
            info: DeviceInfo::default(),
            driver: VirtioOptions::default(),
        }
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Memballoon {
    fn visible(&self, facts: &mut Facts) {
        facts.is("model", &self.model);
        facts.may("autodeflate", &self.autodeflate);
        facts.may("freePageReporting", &self.free_page_reporting);
        facts.virtio(&self.driver);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.stats_period.0 = self.stats_period.0.max(0);
        // What is not there sits nowhere.
        if self.model == MemballoonModel::None {
            self.info = DeviceInfo::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn balloons_print_back() {
        check_same::<Memballoon>("<memballoon model='none'/>");
        check_same::<Memballoon>(
            "<memballoon model='virtio' autodeflate='on' freePageReporting='off'>\n  <stats period='10'/>\n  \
             <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>\n  \
             <driver iommu='on' ats='on'/>\n</memballoon>",
        );
    }

    #[test]
    fn what_cannot_be_is_refused_or_left_out() {
        check_error::<Memballoon>("<memballoon/>", ErrorCode::XmlError);
        check_error::<Memballoon>("<memballoon model='lead'/>", ErrorCode::XmlError);
        let text = "<memballoon model='none'><stats period='-3'/><address type='unassigned'/></memballoon>";
        let mut balloon = from_str::<Memballoon>(text, "test").unwrap();
        balloon.fill_defaults(&Context::default());
        assert_eq!(to_string(&balloon), "<memballoon model='none'/>\n");
    }
}
