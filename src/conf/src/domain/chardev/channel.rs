//! `<channel>`: a private line between host and guest.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

use super::{ChardevKind, ChardevSource};
use crate::domain::{Context, Device, DeviceInfo, Facts};

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "channel")]
pub struct Channel {
    #[xml(flatten)]
    pub source: ChardevSource,
    #[xml(with = "target")]
    pub target: ChannelTarget,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// `<target>`: what the guest sees of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(name = "target", tag = "type", error = "ConfigUnsupported")]
pub enum ChannelTarget {
    /// An address of the guest's user-mode network that leads to the host.
    Guestfwd {
        #[xml(attr, error = "SystemError@None", missing = "XmlError@Domain")]
        address: IpAddr,
        #[xml(attr, missing = "XmlError@Domain")]
        port: u16,
    },
    /// A port of a virtio-serial controller.
    Virtio {
        /// What the guest finds it by, such as `org.qemu.guest_agent.0`.
        #[xml(attr)]
        name: Option<String>,
        /// Whether a program in the guest has it open. Only in live documents.
        #[xml(attr)]
        state: Option<ChannelState>,
    },
    Xen {
        #[xml(attr)]
        name: Option<String>,
    },
}

/// Whether the guest's end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum ChannelState {
    Connected,
    Disconnected,
}

impl ChannelTarget {
    /// What the guest finds the channel by.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Virtio { name, .. } | Self::Xen { name } => name.as_deref(),
            Self::Guestfwd { .. } => None,
        }
    }
}

impl ChannelTarget {
    fn without_state(&self) -> Self {
        match self {
            Self::Virtio { name, .. } => Self::Virtio { name: name.clone(), state: None },
            other => other.clone(),
        }
    }
}

impl Channel {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.source.strip_live();
        self.info.strip_live();
        if let ChannelTarget::Virtio { state, .. } = &mut self.target {
            *state = None;
        }
    }
}

impl Device for Channel {
    fn visible(&self, facts: &mut Facts) {
        facts.all_of(Some(&self.target.without_state()));
        let agent = self.source.kind == ChardevKind::Spicevmc && self.target.name().is_none();
        facts.is("spicevmc", &agent);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.source.fill_defaults();
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        let virtio = matches!(self.target, ChannelTarget::Virtio { .. });
        match self.target {
            ChannelTarget::Guestfwd { address: IpAddr::V6(address), .. } => {
                let text = format!("a channel of type guestfwd takes an IPv4 address, not {address}");
                Err(Error::config_unsupported(text))
            }
            _ if self.source.kind == ChardevKind::Spicevmc && !virtio => {
                Err(Error::config_unsupported("a source of type spicevmc needs a target of type virtio"))
            }
            ChannelTarget::Guestfwd { .. } => self.source.validate(),
            _ => self.source.validate_with_own_path(),
        }
    }
}

/// The target has to be there with a type; these faults have another code than an unknown type.
mod target {
    use super::{ChannelTarget, ErrorCode, Result};
    use ferrovirt_xml::{Cardinality, Item, Node, Shape, Writer, XmlContent, XmlElement};

    pub fn parse(node: &Node<'_>) -> Result<ChannelTarget> {
        let target = node.child("target").ok_or_else(|| node.missing_child("target", ErrorCode::XmlError))?;
        match target.attr("type") {
            Some(_) => ChannelTarget::parse(&target),
            None => Err(target.missing_attr("type", ErrorCode::ConfigUnsupported)),
        }
    }

    pub fn write_attrs(_: &ChannelTarget, _: &mut Writer) {}

    pub fn write_children(target: &ChannelTarget, w: &mut Writer) {
        w.element(ChannelTarget::TAG, target);
    }

    pub fn shape() -> &'static Shape {
        &Shape {
            items: &[Item::Child {
                tag: ChannelTarget::TAG,
                cardinality: Cardinality::One,
                shape: ChannelTarget::shape,
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn channels_print_back() {
        for text in [
            "<channel type='unix'>\n  <source mode='bind' path='/tmp/s'/>\n  \
             <target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>\n  \
             <address type='virtio-serial' controller='0' bus='0' port='1'/>\n</channel>",
            "<channel type='pipe'>\n  <source path='/tmp/guestfwd'/>\n  \
             <target type='guestfwd' address='10.0.2.1' port='4600'/>\n</channel>",
            "<channel type='spicevmc'>\n  <target type='virtio' name='com.redhat.spice.0'/>\n</channel>",
            "<channel type='pty'>\n  <target type='xen' name='org.libguestfs.channel.0'/>\n</channel>",
        ] {
            check_same::<Channel>(text);
        }
    }

    #[test]
    fn targets_must_say_what_they_are() {
        for (text, code) in [
            ("<channel type='pty'/>", ErrorCode::XmlError),
            ("<channel type='pty'><target/></channel>", ErrorCode::ConfigUnsupported),
            ("<channel type='pty'><target type='tube'/></channel>", ErrorCode::ConfigUnsupported),
            ("<channel type='pty'><target type='guestfwd' port='1'/></channel>", ErrorCode::XmlError),
        ] {
            check_error::<Channel>(text, code);
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let code = |text| {
            from_str::<Channel>(text, "test").unwrap().validate(&Context::default()).unwrap_err().code()
        };
        for text in [
            "<channel type='spicevmc'><target type='xen'/></channel>",
            "<channel type='pty'><target type='guestfwd' address='fe80::1' port='1'/></channel>",
        ] {
            assert_eq!(code(text), ErrorCode::ConfigUnsupported, "{text}");
        }
    }

    #[test]
    fn a_stopped_guest_has_nobody_connected() {
        let text = "<channel type='unix'><target type='virtio' name='a' state='connected'/></channel>";
        let mut channel = from_str::<Channel>(text, "test").unwrap();
        assert!(channel.validate(&Context::default()).is_ok());
        channel.strip_live();
        assert_eq!(channel.target, ChannelTarget::Virtio { name: Some("a".into()), state: None });
    }
}
