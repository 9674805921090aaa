//! The host's end of a character device: its kind, its place, and the log of what went through.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    Cardinality, Fault, Item, Node, OnOff, Shape, Tag, Writer, XmlContent, XmlElement, XmlValue, YesNo,
};
use serde::{Deserialize, Serialize};

use super::kind::{ChardevKind, Clipboard, Mouse, SocketMode, TcpProtocol};
use crate::domain::{DeviceSeclabel, Reconnect};
use crate::values::is_absolute_path;

/// The `type` attribute of an element, and what belongs to it; a missing one stands for `pty`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChardevSource {
    pub kind: ChardevKind,
    pub log: Option<ChardevLog>,
}

/// `<log>`: a file that gets a copy of the guest's output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "log")]
pub struct ChardevLog {
    #[xml(attr)]
    pub file: Option<String>,
    /// Whether the file is kept when the guest starts anew.
    #[xml(attr)]
    pub append: Option<OnOff>,
}

impl From<ChardevKind> for ChardevSource {
    fn from(kind: ChardevKind) -> Self {
        Self { kind, log: None }
    }
}

impl ChardevSource {
    /// What libvirt always says, and leaves out because it says nothing.
    pub fn fill_defaults(&mut self) {
        if let Some(labels) = self.kind.seclabels_mut() {
            labels.iter_mut().for_each(DeviceSeclabel::fill_defaults);
        }
        if let Some(reconnect) = self.kind.reconnect_mut() {
            Reconnect::fill_defaults(reconnect);
        }
        if self.log.as_ref().is_some_and(|log| log.file.is_none()) {
            self.log = None;
        }
    }

    /// Takes out what only a running guest has: the path of its pseudo terminal, and how its files were labelled.
    pub fn strip_live(&mut self) {
        match &mut self.kind {
            ChardevKind::Pty { source } => *source = Default::default(),
            ChardevKind::Tcp { source, .. } => source.tls_from_config = None,
            _ => {}
        }
        if let Some(labels) = self.kind.seclabels_mut() {
            labels.iter_mut().for_each(DeviceSeclabel::strip_live);
            labels.retain(|label| !label.is_idle());
        }
    }

    /// Refuses a source that does not say where it is.
    pub fn validate(&self) -> Result<()> {
        self.check(false)
    }

    /// The same, where the driver makes up the path of a UNIX socket that has none.
    pub fn validate_with_own_path(&self) -> Result<()> {
        self.check(true)
    }

    fn check(&self, own_path: bool) -> Result<()> {
        let kind = &self.kind;
        match kind {
            ChardevKind::File { .. } | ChardevKind::Dev { .. } | ChardevKind::Pipe { .. } => {
                need(kind.path(), "path")
            }
            ChardevKind::Nmdm { master, slave } if master.is_some() != slave.is_some() => {
                Err(Error::internal(
                    "a character device of type nmdm needs both 'master' and 'slave' in <source>",
                ))
            }
            ChardevKind::Tcp { source, .. } => {
                need(source.host.as_deref(), "host")?;
                need(source.service.as_deref(), "service")?;
                check_reconnect(source.mode, source.reconnect.as_ref())
            }
            ChardevKind::Udp(udp) => {
                need(udp.connect.as_ref().and_then(|to| to.service.as_deref()), "service")
            }
            ChardevKind::Unix { source } => {
                if !own_path {
                    need(source.path.as_deref(), "path")?;
                }
                check_reconnect(source.mode, source.reconnect.as_ref())
            }
            ChardevKind::Spiceport { channel } | ChardevKind::Dbus { channel } => {
                check_channel_name(channel.as_deref())
            }
            _ => Ok(()),
        }
    }
}

fn need(value: Option<&str>, attribute: &str) -> Result<()> {
    match value {
        Some(_) => Ok(()),
        None => Err(Error::internal(format!("<source> of a character device needs attribute '{attribute}'"))),
    }
}

fn check_reconnect(mode: SocketMode, reconnect: Option<&Reconnect>) -> Result<()> {
    match (mode, reconnect) {
        (_, None) => Ok(()),
        (SocketMode::Bind, Some(_)) => Err(Error::internal(
            "<reconnect> is for sources with mode='connect': who listens does not connect again",
        )),
        _ => Ok(()),
    }
}

fn check_channel_name(name: Option<&str>) -> Result<()> {
    let Some(name) = name else {
        return Err(Error::config_unsupported("<source> of a character device needs attribute 'channel'"));
    };
    let valid = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    match name.chars().find(|c| !valid(*c)) {
        None => Ok(()),
        Some(wrong) => Err(Error::invalid_arg(format!(
            "channel '{name}' contains '{wrong}'; letters, digits, '_', '-' and '.' may be used"
        ))),
    }
}

/// Refuses more than `most` children of that name.
fn at_most(node: &Node<'_>, name: &'static str, most: usize) -> Result<()> {
    let extra = node.children_named(name).nth(most);
    extra.map_or(Ok(()), |extra| {
        let text = format!("<{}> of a character device may have {most} <{name}>, not more", node.name());
        Err(extra.error(ErrorCode::XmlError, text).domain(ErrorDomain::Domain))
    })
}

impl XmlContent for ChardevSource {
    fn parse(node: &Node<'_>) -> Result<Self> {
        at_most(node, "source", if node.attr("type") == Some("udp") { 2 } else { 1 })?;
        let kind = ChardevKind::parse(node)?;
        at_most(node, "log", 1)?;
        at_most(node, "protocol", 1)?;
        let log = node.child("log").map(|log| ChardevLog::parse(&log)).transpose()?;
        Ok(Self { kind, log })
    }

    fn write_attrs(&self, w: &mut Writer) {
        self.kind.write_attrs(w);
    }

    fn write_children(&self, w: &mut Writer) {
        self.kind.write_children(w);
        if let Some(log) = &self.log {
            w.element("log", log);
        }
    }

    fn shape() -> &'static Shape {
        &Shape { items: &[TYPE, TTY, Item::Flatten(parts)] }
    }
}

/// What may stand in a console: as any other, but it need not say its type.
pub(super) fn console_parts() -> &'static Shape {
    const OPTIONAL_TYPE: Item = Item::Attr {
        name: "type",
        kind: ferrovirt_xml::ValueKind::OneOf(TYPES),
        valid: |text| TYPES.contains(&text),
        required: false,
    };
    &Shape { items: &[OPTIONAL_TYPE, TTY, Item::Flatten(parts)] }
}

const TYPES: &[&str] = &[
    "null",
    "vc",
    "pty",
    "dev",
    "file",
    "pipe",
    "stdio",
    "udp",
    "tcp",
    "unix",
    "spicevmc",
    "spiceport",
    "nmdm",
    "qemu-vdagent",
    "dbus",
];

const TYPE: Item = Item::Attr {
    name: "type",
    kind: ferrovirt_xml::ValueKind::OneOf(TYPES),
    valid: |text| TYPES.contains(&text),
    required: true,
};

/// The terminal of a running guest's port, which ports of all kinds had once.
const TTY: Item = Item::Attr { name: "tty", kind: String::KIND, valid: is_absolute_path, required: false };

/// An attribute that may lack and holds a `T`.
const fn attr<T: XmlValue>(name: &'static str) -> Item {
    Item::Attr { name, kind: T::KIND, valid: |text| T::from_text(text).is_some(), required: false }
}

const fn child(name: &'static str, shape: fn() -> &'static Shape) -> Item {
    Item::Child { tag: Tag::new(name), cardinality: Cardinality::Optional, shape }
}

/// What may stand in the element beside the type. As in libvirt's schema, it does not depend on the type.
fn parts() -> &'static Shape {
    const PARTS: &Shape = &Shape {
        items: &[
            Item::Group {
                tag: Tag::new("source"),
                cardinality: Cardinality::Many,
                items: &[
                    attr::<String>("mode"),
                    attr::<String>("path"),
                    attr::<String>("host"),
                    attr::<String>("service"),
                    attr::<String>("channel"),
                    attr::<String>("master"),
                    attr::<String>("slave"),
                    attr::<OnOff>("append"),
                    attr::<YesNo>("tls"),
                    Item::Group {
                        tag: Tag::new("reconnect"),
                        cardinality: Cardinality::Optional,
                        // Of redirected devices.
                        items: &[Item::Flatten(Reconnect::shape), attr::<u32>("delay")],
                    },
                    Item::Child {
                        tag: DeviceSeclabel::TAG,
                        cardinality: Cardinality::Many,
                        shape: DeviceSeclabel::shape,
                    },
                    child("clipboard", Clipboard::shape),
                    child("mouse", Mouse::shape),
                ],
            },
            Item::Group {
                tag: Tag::new("protocol"),
                cardinality: Cardinality::Optional,
                items: &[attr::<TcpProtocol>("type")],
            },
            child("log", ChardevLog::shape),
        ],
    };
    PARTS
}

/// For a field with `with`: a source whose type must be said, such as a redirected device's.
pub mod typed_source {
    use super::*;

    pub fn parse(node: &Node<'_>) -> Result<ChardevSource> {
        match node.attr("type") {
            Some(_) => ChardevSource::parse(node),
            None => Err(node.missing_attr("type", Fault::of_object(ErrorCode::XmlError))),
        }
    }

    pub fn write_attrs(source: &ChardevSource, w: &mut Writer) {
        source.write_attrs(w);
    }

    pub fn write_children(source: &ChardevSource, w: &mut Writer) {
        source.write_children(w);
    }

    pub fn shape() -> &'static Shape {
        &Shape { items: &[TYPE, Item::Flatten(parts)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::from_str;

    #[derive(Debug, XmlElement)]
    #[xml(name = "port")]
    struct Wrapped {
        #[xml(flatten)]
        source: ChardevSource,
    }

    fn read(text: &str) -> ChardevSource {
        from_str::<Wrapped>(text, "test").unwrap().source
    }

    fn refusal(text: &str) -> ErrorCode {
        read(text).validate().unwrap_err().code()
    }

    #[test]
    fn all_kinds_are_listed_in_the_shape() {
        for name in TYPES {
            let source = read(&format!("<port type='{name}'/>"));
            let mut w = Writer::new();
            w.element("port", &source);
            assert!(w.finish().contains(&format!("type='{name}'")), "{name}");
        }
        check_error::<Wrapped>("<port type='carrier-pigeon'/>", ErrorCode::ConfigUnsupported);
    }

    #[test]
    fn sources_print_back() {
        for text in [
            "<port type='null'/>",
            "<port type='pty'>\n  <source path='/dev/pts/3'/>\n</port>",
            "<port type='dev'>\n  <source path='/dev/ttyS2'>\n    <seclabel model='dac' relabel='no'/>\n  \
             </source>\n</port>",
            "<port type='file'>\n  <source path='/tmp/a' append='on'/>\n  <log file='/tmp/log' append='off'/>\n</port>",
            "<port type='udp'>\n  <source mode='bind' host='127.0.0.1' service='9999'/>\n  \
             <source mode='connect' host='127.0.0.1' service='9998'/>\n</port>",
            "<port type='tcp'>\n  <source mode='connect' host='127.0.0.1' service='9999' tls='yes'>\n    \
             <reconnect enabled='yes' timeout='10'/>\n  </source>\n  <protocol type='telnet'/>\n</port>",
            "<port type='unix'>\n  <source mode='bind' path='/tmp/s'/>\n</port>",
            "<port type='spiceport'>\n  <source channel='org.qemu.console.serial.0'/>\n</port>",
            "<port type='nmdm'>\n  <source master='/dev/nmdm0A' slave='/dev/nmdm0B'/>\n</port>",
            "<port type='qemu-vdagent'>\n  <source>\n    <clipboard copypaste='yes'/>\n    <mouse mode='client'/>\n  \
             </source>\n</port>",
        ] {
            check_same::<Wrapped>(text);
        }
    }

    #[test]
    fn a_second_source_is_for_udp_only() {
        let twice = |kind: &str| format!("<port type='{kind}'><source path='a'/><source path='b'/></port>");
        let text = check_error::<Wrapped>(&twice("file"), ErrorCode::XmlError);
        assert!(text.contains("line 1, column 37"), "{text}");
        assert!(from_str::<Wrapped>(&twice("udp"), "test").is_ok());
    }

    #[test]
    fn the_mode_of_a_socket_without_path_is_kept() {
        let source = read("<port type='unix'><source mode='bind'/></port>");
        assert!(matches!(&source.kind, ChardevKind::Unix { source } if source.mode == SocketMode::Bind));
        assert_eq!(source.validate().unwrap_err().code(), ErrorCode::Internal);
        assert!(source.validate_with_own_path().is_ok());
    }

    #[test]
    fn sources_that_lack_something_are_refused() {
        for text in [
            "<port type='file'/>",
            "<port type='tcp'><source host='a'/></port>",
            "<port type='udp'><source mode='bind' service='1'/></port>",
            "<port type='nmdm'><source master='a'/></port>",
            "<port type='unix'><source mode='bind' path='a'><reconnect enabled='no'/></source></port>",
        ] {
            assert_eq!(refusal(text), ErrorCode::Internal, "{text}");
        }
        assert_eq!(refusal("<port type='dbus'/>"), ErrorCode::ConfigUnsupported);
        assert_eq!(refusal("<port type='dbus'><source channel='a/b'/></port>"), ErrorCode::InvalidArg);
        let endless = "<port type='unix'><source path='a'><reconnect enabled='yes'/></source></port>";
        check_error::<Wrapped>(endless, ErrorCode::XmlError);
    }

    #[test]
    fn a_stopped_guest_has_no_terminal() {
        let mut source = read("<port type='pty'><source path='/dev/pts/3'/></port>");
        source.strip_live();
        assert_eq!(source, ChardevSource::default());
    }
}
