//! `<virtualport>`: what the switch that a port is on has to know of it.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{AutoBase, Node, Shape, Tag, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A port of a switch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VirtualPort {
    /// None: whatever the network says.
    pub kind: Option<VirtualPortType>,
    pub parameters: VirtualPortParameters,
}

/// The switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum VirtualPortType {
    #[xml(name = "802.1Qbg")]
    Qbg,
    #[xml(name = "802.1Qbh")]
    Qbh,
    #[xml(name = "openvswitch")]
    OpenVSwitch,
    #[xml(name = "midonet")]
    Midonet,
}

/// `<parameters>`: which of them there are depends on the switch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VirtualPortParameters {
    /// Of 802.1Qbg.
    #[xml(attr = "managerid")]
    pub manager_id: Option<AutoBase<u8>>,
    /// Of 802.1Qbg: 24 bits.
    #[xml(attr = "typeid")]
    pub type_id: Option<AutoBase<u32>>,
    /// Of 802.1Qbg.
    #[xml(attr = "typeidversion")]
    pub type_id_version: Option<AutoBase<u8>>,
    /// Of 802.1Qbg.
    #[xml(attr = "instanceid")]
    pub instance_id: Option<Uuid>,
    /// Of Open vSwitch and MidoNet.
    #[xml(attr = "interfaceid")]
    pub interface_id: Option<Uuid>,
    /// Of 802.1Qbh and Open vSwitch: at most 39 bytes.
    #[xml(attr = "profileid")]
    pub profile_id: Option<String>,
}

const PROFILE_LENGTH: usize = 39;
const TYPE_LIMIT: u32 = 0x00ff_ffff;

/// The names of parameters, whether they are there, and whether a switch wants (`Some(true)`), takes or refuses them.
type Rule = (&'static str, bool, Option<bool>);

impl VirtualPort {
    fn rules(&self, kind: VirtualPortType) -> [Rule; 6] {
        use VirtualPortType::{Midonet, OpenVSwitch, Qbg, Qbh};
        let given = &self.parameters;
        let only = |wanted: bool| wanted.then_some(true);
        let profile = match kind {
            Qbh => Some(true),
            OpenVSwitch => Some(false),
            Qbg | Midonet => None,
        };
        [
            ("managerid", given.manager_id.is_some(), only(kind == Qbg)),
            ("typeid", given.type_id.is_some(), only(kind == Qbg)),
            ("typeidversion", given.type_id_version.is_some(), only(kind == Qbg)),
            ("instanceid", given.instance_id.is_some(), only(kind == Qbg)),
            ("profileid", given.profile_id.is_some(), profile),
            ("interfaceid", given.interface_id.is_some(), only(matches!(kind, OpenVSwitch | Midonet))),
        ]
    }

    /// Refuses a port without a type, or without a parameter that its switch can't do without.
    pub fn require_all(&self) -> Result<()> {
        let Some(kind) = self.kind else {
            return Err(Error::xml("'type' of <virtualport> is missing"));
        };
        match self.rules(kind).iter().find(|(_, given, rule)| !given && *rule == Some(true)) {
            Some((name, ..)) => {
                Err(Error::xml(format!("'{name}' is missing in <virtualport type='{kind}'>")))
            }
            None => Ok(()),
        }
    }

    /// Makes up the UUIDs that the switch needs.
    pub fn generate_missing(&mut self) {
        let given = &mut self.parameters;
        if matches!(self.kind, None | Some(VirtualPortType::Qbg)) {
            given.instance_id.get_or_insert_with(Uuid::new_v4);
        }
        if matches!(self.kind, None | Some(VirtualPortType::OpenVSwitch)) {
            given.interface_id.get_or_insert_with(Uuid::new_v4);
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(XmlElement)]
struct VirtualPortXml {
    #[xml(attr = "type", error = "ConfigUnsupported")]
    kind: Option<VirtualPortType>,
    #[xml(flatten = "parameters")]
    parameters: VirtualPortParameters,
}

impl XmlContent for VirtualPort {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let VirtualPortXml { kind, mut parameters } = VirtualPortXml::parse(node)?;
        let refuse = |text: String| Err(node.error(ErrorCode::XmlError, text));
        parameters.profile_id = parameters.profile_id.filter(|id| !id.is_empty());
        if parameters.profile_id.as_ref().is_some_and(|id| id.len() > PROFILE_LENGTH) {
            return refuse(format!("'profileid' of <virtualport> is longer than {PROFILE_LENGTH} bytes"));
        }
        if parameters.type_id.is_some_and(|id| id.0 > TYPE_LIMIT) {
            return refuse(format!("'typeid' of <virtualport> is more than {TYPE_LIMIT}"));
        }
        let this = Self { kind, parameters };
        let Some(kind) = kind else { return Ok(this) };
        match this.rules(kind).iter().find(|(_, given, rule)| *given && rule.is_none()) {
            Some((name, ..)) => refuse(format!("<virtualport type='{kind}'> has no parameter '{name}'")),
            None => Ok(this),
        }
    }

    fn write_attrs(&self, w: &mut Writer) {
        if let Some(kind) = &self.kind {
            w.attr("type", kind);
        }
    }

    fn write_children(&self, w: &mut Writer) {
        let mark = w.open_optional("parameters");
        self.parameters.write_attrs(w);
        w.close_optional(mark);
    }

    fn shape() -> &'static Shape {
        VirtualPortXml::shape()
    }
}

impl XmlElement for VirtualPort {
    const TAG: Tag = Tag::new("virtualport");
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn ports_print_back() {
        check_same::<VirtualPort>("<virtualport type='openvswitch'/>");
        check_same::<VirtualPort>(
            "<virtualport type='802.1Qbg'>
  <parameters managerid='11' typeid='1193047' typeidversion='2' instanceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/>
</virtualport>",
        );
        check_same::<VirtualPort>("<virtualport>\n  <parameters profileid='admin'/>\n</virtualport>");
    }

    #[test]
    fn what_the_switch_does_not_know_is_refused() {
        let text = "<virtualport type='802.1Qbh'><parameters managerid='1'/></virtualport>";
        check_error::<VirtualPort>(text, ErrorCode::XmlError);
        let text = "<virtualport type='802.1Qbg'><parameters managerid='256'/></virtualport>";
        check_error::<VirtualPort>(text, ErrorCode::XmlError);
        check_error::<VirtualPort>("<virtualport type='abacus'/>", ErrorCode::ConfigUnsupported);
    }

    #[test]
    fn uuids_are_made_where_the_switch_needs_them() {
        let mut port: VirtualPort = from_str("<virtualport type='openvswitch'/>", "test").unwrap();
        assert_eq!(port.require_all().unwrap_err().code(), ErrorCode::XmlError);
        port.generate_missing();
        assert!(port.require_all().is_ok() && port.parameters.instance_id.is_none());
    }
}
