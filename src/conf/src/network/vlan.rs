//! `<vlan>`: the VLANs that a port carries.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, Shape, Tag, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// The VLANs of a port.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Vlan {
    /// Frames keep their tags. Always so with several tags, or a native one.
    pub trunk: bool,
    /// At least one.
    pub tags: Vec<VlanTag>,
}

/// One VLAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "tag")]
pub struct VlanTag {
    /// 0 to 4095.
    #[xml(attr)]
    pub id: u32,
    /// What frames without a tag belong to.
    #[xml(attr)]
    pub native_mode: Option<NativeVlanMode>,
}

/// How frames of the native VLAN leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum NativeVlanMode {
    Tagged,
    Untagged,
}

impl Vlan {
    /// The VLAN of frames without a tag.
    pub fn native(&self) -> Option<&VlanTag> {
        self.tags.iter().find(|tag| tag.native_mode.is_some())
    }
}

#[derive(XmlElement)]
struct VlanXml {
    #[xml(attr)]
    trunk: Option<String>,
    #[xml(child)]
    tags: Vec<VlanTag>,
}

impl XmlContent for Vlan {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let VlanXml { trunk, tags } = VlanXml::parse(node)?;
        let refuse = |text: String| Err(node.error(ErrorCode::XmlError, text));
        if tags.is_empty() {
            return refuse("<vlan> needs a <tag id='...'/>".into());
        }
        if let Some(tag) = tags.iter().find(|tag| tag.id > 4095) {
            return refuse(format!("VLAN {} does not exist: they end at 4095", tag.id));
        }
        let native = tags.iter().filter(|tag| tag.native_mode.is_some()).count();
        if native > 1 {
            return refuse("<vlan> has two native tags: only one can be".into());
        }
        // Any case is read, as libvirt does.
        let trunk = match trunk.map(|text| text.to_ascii_lowercase()).as_deref() {
            None => tags.len() > 1,
            Some("yes") => true,
            Some(_) if tags.len() > 1 => {
                return refuse("<vlan> with several tags must have trunk='yes'".into());
            }
            Some(_) if native > 0 => return refuse("<vlan> with a native tag must have trunk='yes'".into()),
            Some("no") => false,
            Some(other) => return refuse(format!("'trunk' of <vlan> must be yes or no, not '{other}'")),
        };
        Ok(Self { trunk, tags })
    }

    fn write_attrs(&self, w: &mut Writer) {
        if self.trunk {
            w.attr_str("trunk", "yes");
        }
    }

    fn write_children(&self, w: &mut Writer) {
        for tag in &self.tags {
            w.element(VlanTag::TAG, tag);
        }
    }

    fn shape() -> &'static Shape {
        VlanXml::shape()
    }
}

impl XmlElement for Vlan {
    const TAG: Tag = Tag::new("vlan");
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check, check_error, check_same};

    #[test]
    fn tags_print_back() {
        check_same::<Vlan>("<vlan>\n  <tag id='42'/>\n</vlan>");
        check_same::<Vlan>(
            "<vlan trunk='yes'>\n  <tag id='1' nativeMode='untagged'/>\n  <tag id='2'/>\n</vlan>",
        );
        check::<Vlan>(
            "<vlan><tag id='1'/><tag id='2'/></vlan>",
            "<vlan trunk='yes'>\n  <tag id='1'/>\n  <tag id='2'/>\n</vlan>",
        );
        check::<Vlan>("<vlan trunk='NO'><tag id='1'/></vlan>", "<vlan>\n  <tag id='1'/>\n</vlan>");
    }

    #[test]
    fn tags_that_make_no_sense_are_refused() {
        for wrong in [
            "<vlan/>",
            "<vlan><tag id='4096'/></vlan>",
            "<vlan trunk='no'><tag id='1'/><tag id='2'/></vlan>",
            "<vlan trunk='no'><tag id='1' nativeMode='tagged'/></vlan>",
            "<vlan trunk='maybe'><tag id='1'/></vlan>",
            "<vlan><tag id='1' nativeMode='tagged'/><tag id='2' nativeMode='tagged'/></vlan>",
        ] {
            check_error::<Vlan>(wrong, ErrorCode::XmlError);
        }
    }
}
