//! `<console>`: the guest's main console.

use ferrovirt_core::Result;
use ferrovirt_xml::{Item, Node, Shape, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::source::console_parts;
use super::{ChardevKind, ChardevSource, Port, Serial};
use crate::domain::{Context, Device, DeviceInfo, Facts};

/// A console. The attribute `tty` of older days is written where it applies, and never read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Console {
    pub source: ChardevSource,
    pub target: ConsoleTarget,
    pub info: DeviceInfo,
}

/// `<target>`: what the guest sees of a console.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "target")]
pub struct ConsoleTarget {
    #[xml(attr = "type", default, error = "ConfigUnsupported")]
    pub kind: ConsoleTargetType,
    /// Its number among its like.
    #[xml(attr, error = "XmlError@object")]
    pub port: Option<u32>,
}

/// The kind of a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum ConsoleTargetType {
    /// Not decided yet.
    #[default]
    None,
    /// The first serial port.
    Serial,
    Xen,
    Uml,
    Virtio,
    Lxc,
    Openvz,
    Sclp,
    Sclplm,
}

impl Port for Console {
    fn port_mut(&mut self) -> &mut Option<u32> {
        &mut self.target.port
    }
}

impl Console {
    /// The console that stands for this serial port in the documents of machines that have one.
    pub fn of_serial(serial: &Serial) -> Self {
        let target = ConsoleTarget { kind: ConsoleTargetType::Serial, port: serial.port };
        Self { source: serial.source.clone(), target, info: serial.info.clone() }
    }

    /// The terminal of a running guest's first console, as the attribute `tty` says it.
    pub fn tty(&self) -> Option<&str> {
        match &self.source.kind {
            ChardevKind::Pty { source } if self.target.port == Some(0) => source.path.as_deref(),
            _ => None,
        }
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.source.strip_live();
        self.info.strip_live();
    }
}

impl Device for Console {
    fn visible(&self, facts: &mut Facts) {
        facts.is("type", &self.target.kind);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.source.fill_defaults();
        if self.target.kind == ConsoleTargetType::None {
            self.target.kind = ConsoleTargetType::Serial;
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        self.source.validate()
    }
}

impl XmlContent for Console {
    fn parse(node: &Node<'_>) -> Result<Self> {
        Ok(Self {
            source: ChardevSource::parse(node)?,
            target: node.child("target").map(|n| ConsoleTarget::parse(&n)).transpose()?.unwrap_or_default(),
            info: DeviceInfo::parse(node)?,
        })
    }

    fn write_attrs(&self, w: &mut Writer) {
        self.source.write_attrs(w);
        if let Some(tty) = self.tty() {
            w.attr_str("tty", tty);
        }
    }

    fn write_children(&self, w: &mut Writer) {
        self.source.write_children(w);
        w.element("target", &self.target);
        self.info.write_children(w);
    }

    fn shape() -> &'static Shape {
        &Shape {
            items: &[
                Item::Flatten(console_parts),
                Item::Child {
                    tag: ConsoleTarget::TAG,
                    cardinality: ferrovirt_xml::Cardinality::Optional,
                    shape: ConsoleTarget::shape,
                },
                Item::Flatten(DeviceInfo::shape),
            ],
        }
    }
}

impl XmlElement for Console {
    const TAG: ferrovirt_xml::Tag = ferrovirt_xml::Tag::new("console");
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn the_first_console_of_a_running_guest_names_its_terminal_twice() {
        let live = "<console type='pty' tty='/dev/pts/1'>\n  <source path='/dev/pts/1'/>\n  \
                    <target type='serial' port='0'/>\n  <alias name='serial0'/>\n</console>\n";
        check_same::<Console>(live);
        let mut console = from_str::<Console>(live, "test").unwrap();
        console.strip_live();
        let idle = "<console type='pty'>\n  <target type='serial' port='0'/>\n</console>\n";
        assert_eq!(to_string(&console), idle);
        check::<Console>(
            "<console tty='/dev/pts/1'><target type='virtio' port='1'/></console>",
            "<console type='pty'>\n  <target type='virtio' port='1'/>\n</console>",
        );
    }

    #[test]
    fn a_console_is_serial_unless_told() {
        let mut console = from_str::<Console>("<console/>", "test").unwrap();
        console.fill_defaults(&Context::default());
        assert_eq!(console.target.kind, ConsoleTargetType::Serial);
        check_error::<Console>("<console><target type='x'/></console>", ErrorCode::ConfigUnsupported);
    }
}
