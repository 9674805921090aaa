//! `<virtualport>`: what a switch outside the host must be told of a port.

use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{AutoBase, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use uuid::Uuid;

/// A port's profile. Without a type it is a fragment that another one completes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "virtualport", domain = "None")]
pub struct VirtualPort {
    #[xml(attr = "type", error = "ConfigUnsupported")]
    pub kind: Option<VirtualPortType>,
    #[xml(attr = "parameters/@managerid", error = "XmlError@None")]
    pub manager_id: Option<AutoBase<u8>>,
    /// At most 0xffffff.
    #[xml(attr = "parameters/@typeid", error = "XmlError@None")]
    pub type_id: Option<AutoBase<u32>>,
    #[xml(attr = "parameters/@typeidversion", error = "XmlError@None")]
    pub type_id_version: Option<AutoBase<u8>>,
    #[xml(attr = "parameters/@instanceid", error = "XmlError@None")]
    pub instance_id: Option<Uuid>,
    #[xml(attr = "parameters/@interfaceid", error = "XmlError@None")]
    pub interface_id: Option<Uuid>,
    /// At most 39 bytes.
    #[xml(attr = "parameters/@profileid")]
    pub profile_id: Option<String>,
}

/// The protocol spoken with the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VirtualPortType {
    #[xml(name = "802.1Qbg")]
    Vepa8021Qbg,
    #[xml(name = "802.1Qbh")]
    Vntag8021Qbh,
    #[xml(name = "openvswitch")]
    OpenVSwitch,
    #[xml(name = "midonet")]
    MidoNet,
}

use VirtualPortType::*;

impl VirtualPort {
    /// Drops an empty profile id. `None` where neither type nor parameters are left.
    pub fn filled(mut self) -> Option<Self> {
        self.profile_id = self.profile_id.filter(|id| !id.is_empty());
        (self != Self::default()).then_some(self)
    }

    /// Refuses values out of range, and parameters that are not for the type.
    pub fn validate(&self) -> Result<()> {
        if self.type_id.is_some_and(|id| id.0 > 0xff_ffff) {
            return Err(unread("'typeid' of a <virtualport> must be at most 0xffffff"));
        }
        if self.profile_id.as_ref().is_some_and(|id| id.len() > 39) {
            return Err(unread("'profileid' of a <virtualport> must have at most 39 bytes"));
        }
        let Some(kind) = self.kind else { return Ok(()) };
        match self.parameters().into_iter().find(|(name, given)| *given && forbidden(kind, name)) {
            Some((name, _)) => Err(unfit(format!("<virtualport type='{kind}'> can't have '{name}'"))),
            None => Ok(()),
        }
    }

    /// Makes up the ids that may be made up; both kinds of them where the type is not known yet.
    pub fn generate_missing(&mut self) {
        if matches!(self.kind, None | Some(Vepa8021Qbg)) {
            self.instance_id.get_or_insert_with(Uuid::new_v4);
        }
        if matches!(self.kind, None | Some(OpenVSwitch)) {
            self.interface_id.get_or_insert_with(Uuid::new_v4);
        }
    }

    /// Makes up the ids that may be made up, and refuses a profile that lacks others.
    pub fn complete(&mut self) -> Result<()> {
        if self.kind.is_none() {
            return Ok(());
        }
        self.generate_missing();
        self.require_all()
    }

    /// Refuses a profile without a type, or without a parameter that its switch can't do without.
    pub fn require_all(&self) -> Result<()> {
        let Some(kind) = self.kind else {
            return Err(unread("a <virtualport> needs a 'type' here"));
        };
        match self.parameters().into_iter().find(|(name, given)| !given && required(kind, name)) {
            Some((name, _)) => Err(unfit(format!("<virtualport type='{kind}'> lacks '{name}'"))),
            None => Ok(()),
        }
    }

    /// Of three profiles the first has precedence, but the others must not contradict it.
    pub fn merge(profiles: [Option<&Self>; 3]) -> Result<Option<Self>> {
        let mut merged: Option<Self> = None;
        for profile in profiles.into_iter().flatten() {
            match &mut merged {
                None => merged = Some(profile.clone()),
                Some(merged) => merged.take_missing(profile)?,
            }
        }
        Ok(merged.and_then(Self::filled))
    }

    fn take_missing(&mut self, other: &Self) -> Result<()> {
        join("type", &mut self.kind, &other.kind, |kind| kind.as_str().to_owned())?;
        let kind = self.kind;
        let takes = |name| kind.is_none_or(|kind| !forbidden(kind, name));
        if takes("managerid") {
            join("managerid", &mut self.manager_id, &other.manager_id, |id| id.0.to_string())?;
        }
        if takes("typeid") {
            join("typeid", &mut self.type_id, &other.type_id, |id| id.0.to_string())?;
        }
        if takes("typeidversion") {
            join("typeidversion", &mut self.type_id_version, &other.type_id_version, |id| id.0.to_string())?;
        }
        if takes("instanceid") {
            join("instanceid", &mut self.instance_id, &other.instance_id, plain)?;
        }
        if takes("interfaceid") {
            join("interfaceid", &mut self.interface_id, &other.interface_id, plain)?;
        }
        if takes("profileid") {
            join("profileid", &mut self.profile_id, &other.profile_id, plain)?;
        }
        Ok(())
    }

    /// Each parameter's name, and whether it is given.
    fn parameters(&self) -> [(&'static str, bool); 6] {
        [
            ("managerid", self.manager_id.is_some()),
            ("typeid", self.type_id.is_some()),
            ("typeidversion", self.type_id_version.is_some()),
            ("instanceid", self.instance_id.is_some()),
            ("interfaceid", self.interface_id.is_some()),
            ("profileid", self.profile_id.is_some()),
        ]
    }
}

/// What is no value at all has no domain in libvirt.
fn unread(text: &str) -> Error {
    Error::xml(text).settle(ErrorDomain::None)
}

/// What the switch could not do with is of the host's network.
fn unfit(text: String) -> Error {
    Error::xml(text).settle(ErrorDomain::Net)
}

fn forbidden(kind: VirtualPortType, parameter: &str) -> bool {
    match kind {
        Vepa8021Qbg => matches!(parameter, "profileid" | "interfaceid"),
        Vntag8021Qbh => parameter != "profileid",
        OpenVSwitch => !matches!(parameter, "profileid" | "interfaceid"),
        MidoNet => false,
    }
}

fn required(kind: VirtualPortType, parameter: &str) -> bool {
    match kind {
        Vepa8021Qbg => matches!(parameter, "managerid" | "typeid" | "typeidversion" | "instanceid"),
        Vntag8021Qbh => parameter == "profileid",
        OpenVSwitch | MidoNet => parameter == "interfaceid",
    }
}

fn plain<T: Display>(value: &T) -> String {
    value.to_string()
}

fn join<T: Clone + PartialEq>(
    name: &str,
    own: &mut Option<T>,
    other: &Option<T>,
    show: impl Fn(&T) -> String,
) -> Result<()> {
    match (&own, other) {
        (_, None) => Ok(()),
        (None, Some(value)) => {
            *own = Some(value.clone());
            Ok(())
        }
        (Some(a), Some(b)) if a == b => Ok(()),
        (Some(a), Some(b)) => Err(Error::xml(format!(
            "the <virtualport> of the interface, the network and the port group differ in '{name}': {} and {}",
            show(a),
            show(b)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn prints_back() {
        check_same::<VirtualPort>("<virtualport type='openvswitch'/>");
        check::<VirtualPort>(
            "<virtualport type='802.1Qbg'>\n  <parameters managerid='0x0b' typeid='0x00001' typeidversion='02' \
             instanceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/>\n</virtualport>",
            "<virtualport type='802.1Qbg'>\n  <parameters managerid='11' typeid='1' typeidversion='2' \
             instanceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/>\n</virtualport>",
        );
    }

    #[test]
    fn a_parameter_of_another_type_is_refused() {
        check_error::<VirtualPort>("<virtualport type='switch'/>", ErrorCode::ConfigUnsupported);
        let xml = "<virtualport type='802.1Qbh'><parameters managerid='1'/></virtualport>";
        let port: VirtualPort = from_str(xml, "test").unwrap();
        assert_eq!(port.validate().unwrap_err().code(), ErrorCode::XmlError);
    }

    #[test]
    fn three_profiles_become_one_unless_they_contradict() {
        let read = |xml| from_str::<VirtualPort>(xml, "test").unwrap();
        let network = read("<virtualport type='openvswitch'/>");
        let group = read("<virtualport><parameters profileid='bob'/></virtualport>");
        let mut merged = VirtualPort::merge([None, Some(&network), Some(&group)]).unwrap().unwrap();
        merged.complete().unwrap();
        assert_eq!(merged.profile_id.as_deref(), Some("bob"));
        assert!(merged.interface_id.is_some());
        let other = read("<virtualport><parameters profileid='alice'/></virtualport>");
        assert!(VirtualPort::merge([Some(&other), Some(&network), Some(&group)]).is_err());
        assert_eq!(VirtualPort::merge([None, None, None]).unwrap(), None);
    }
}
