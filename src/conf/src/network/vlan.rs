//! `<vlan>`: the VLAN tags of a network, a port group, or a guest's interface.

use super::lenient;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// One tag, or a trunk of several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "vlan", domain = "None")]
pub struct Vlan {
    /// Set to yes by itself where there are several tags; never printed as `no`.
    #[xml(attr, with = "lenient::any_case")]
    pub trunk: Option<YesNo>,
    #[xml(child = "tag", required, missing = "XmlError@None")]
    pub tags: Vec<VlanTag>,
}

/// A tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VlanTag {
    /// 0 to 4095.
    #[xml(attr, domain = "Xml")]
    pub id: u32,
    /// What untagged frames become; at most one tag has it.
    #[xml(attr = "nativeMode", domain = "Xml")]
    pub native_mode: Option<NativeVlanMode>,
}

/// How frames of the native VLAN leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum NativeVlanMode {
    Tagged,
    Untagged,
}

impl Vlan {
    /// Decides `trunk`. A contradiction is left as it is, for [`Vlan::validate`] to refuse.
    pub fn fill_defaults(&mut self) {
        self.trunk = match self.trunk {
            None if self.tags.len() > 1 => Some(YesNo::Yes),
            Some(YesNo::No) if self.tags.len() < 2 && self.native().is_none() => None,
            said => said,
        };
    }

    /// What it refuses has no domain in libvirt.
    pub fn validate(&self) -> Result<()> {
        self.check().map_err(|err| err.settle(ErrorDomain::None))
    }

    fn check(&self) -> Result<()> {
        if let Some(tag) = self.tags.iter().find(|tag| tag.id > 4095) {
            return Err(wrong(format!("VLAN tag {} is too large; 4095 is the largest", tag.id)));
        }
        let natives = self.tags.iter().filter(|tag| tag.native_mode.is_some()).count();
        if natives > 1 {
            return Err(wrong("only one <tag> of a <vlan> can have 'nativeMode'"));
        }
        if self.trunk == Some(YesNo::No) && self.tags.len() > 1 {
            return Err(wrong(format!(
                "<vlan trunk='no'> can't have {} tags; use trunk='yes'",
                self.tags.len()
            )));
        }
        if self.trunk == Some(YesNo::No) && natives > 0 {
            return Err(wrong("<vlan trunk='no'> can't have a tag with 'nativeMode'; use trunk='yes'"));
        }
        Ok(())
    }

    /// The native tag, where there is one.
    pub fn native(&self) -> Option<&VlanTag> {
        self.tags.iter().find(|tag| tag.native_mode.is_some())
    }
}

/// Several kinds of objects share it, so that its faults are of none of them.
fn wrong(text: impl Into<String>) -> Error {
    Error::xml(text).domain(ErrorDomain::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn prints_back() {
        check_same::<Vlan>(
            "<vlan trunk='yes'>\n  <tag id='42'/>\n  <tag id='123' nativeMode='untagged'/>\n</vlan>",
        );
    }

    #[test]
    fn several_tags_are_a_trunk_and_no_is_never_printed() {
        let mut vlan: Vlan = from_str("<vlan><tag id='1'/><tag id='2'/></vlan>", "test").unwrap();
        vlan.fill_defaults();
        assert_eq!(vlan.trunk, Some(YesNo::Yes));
        let mut vlan: Vlan = from_str("<vlan trunk='NO'><tag id='1'/></vlan>", "test").unwrap();
        vlan.validate().unwrap();
        vlan.fill_defaults();
        assert_eq!(to_string(&vlan), "<vlan>\n  <tag id='1'/>\n</vlan>\n");
    }

    #[test]
    fn contradictions_are_refused() {
        check_error::<Vlan>("<vlan/>", ErrorCode::XmlError);
        check_error::<Vlan>("<vlan trunk='perhaps'><tag id='1'/></vlan>", ErrorCode::XmlError);
        for xml in [
            "<vlan><tag id='4096'/></vlan>",
            "<vlan trunk='no'><tag id='1'/><tag id='2'/></vlan>",
            "<vlan trunk='no'><tag id='1' nativeMode='tagged'/></vlan>",
            "<vlan><tag id='1' nativeMode='tagged'/><tag id='2' nativeMode='tagged'/></vlan>",
        ] {
            let vlan: Vlan = from_str(xml, "test").unwrap();
            assert_eq!(vlan.validate().unwrap_err().code(), ErrorCode::XmlError, "{xml}");
        }
    }
}
