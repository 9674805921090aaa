//! `<listen>`: where a display waits for viewers.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Fault, Node, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// A place where a display listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "listen", check = "check_foreign")]
pub struct GraphicsListen {
    #[xml(attr = "type")]
    pub kind: ListenType,
    /// Of `address`. Of `network`, only in live documents: its address.
    #[xml(attr)]
    pub address: Option<String>,
    /// Of `network`.
    #[xml(attr)]
    pub network: Option<String>,
    /// Of `socket`; none: libvirt makes one.
    #[xml(attr)]
    pub socket: Option<String>,
    /// Whether the hypervisor's settings said it; 0 or 1. Only in status documents.
    #[xml(attr)]
    pub from_config: Option<u8>,
    /// Whether libvirt made the socket. Only in status documents.
    #[xml(attr)]
    pub auto_generated: Option<YesNo>,
}

/// What it listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum ListenType {
    /// Nothing: descriptors are passed.
    None,
    Address,
    Network,
    Socket,
}

/// Refuses what other kinds of `<listen>` have.
fn check_foreign(node: &Node<'_>) -> Result<()> {
    let kind = node.attr("type").unwrap_or("");
    let known = ListenType::from_name(kind).is_some();
    let foreign =
        |name: &&&str| known && kind != **name && node.attr(name).is_some_and(|text| !text.is_empty());
    match ["network", "socket"].iter().find(foreign) {
        Some(name) => {
            let text = format!("<listen type='{kind}'> has no '{name}'");
            Err(node.error(Fault::of_object(ErrorCode::XmlError), text))
        }
        None => Ok(()),
    }
}

impl GraphicsListen {
    /// A place of that kind, without any detail.
    pub fn new(kind: ListenType) -> Self {
        Self { kind, address: None, network: None, socket: None, from_config: None, auto_generated: None }
    }

    /// An address; none: the hypervisor's own.
    pub fn at(address: Option<String>) -> Self {
        Self { address, ..Self::new(ListenType::Address) }
    }

    /// A UNIX socket; none: libvirt makes one.
    pub fn on_socket(socket: Option<String>) -> Self {
        Self { socket, ..Self::new(ListenType::Socket) }
    }

    /// Whether it has TCP ports.
    pub fn has_ports(&self) -> bool {
        matches!(self.kind, ListenType::Address | ListenType::Network)
    }

    pub(super) fn has_status(&self) -> bool {
        self.from_config.is_some() || self.auto_generated.is_some()
    }

    pub(super) fn strip_status(&mut self) {
        self.from_config = None;
        self.auto_generated = None;
    }

    pub(super) fn strip_live(&mut self) {
        if self.kind == ListenType::Network {
            self.address = None;
        }
    }

    fn fill_defaults(&mut self) {
        for text in [&mut self.address, &mut self.network, &mut self.socket] {
            if text.as_deref() == Some("") {
                *text = None;
            }
        }
        if !self.has_ports() {
            self.address = None;
        }
    }

    /// `graphics` is the display's type.
    pub(super) fn validate(&self, graphics: &str) -> Result<()> {
        let kind = self.kind;
        match kind {
            ListenType::Network if self.network.is_none() => {
                Err(Error::xml("<listen type='network'> needs a 'network'"))
            }
            ListenType::Socket | ListenType::None if graphics == "rdp" => Err(Error::config_unsupported(
                format!("a display of type '{graphics}' can't have <listen type='{kind}'>"),
            )),
            _ => Ok(()),
        }
    }
}

/// Makes the list complete from the attributes of `<graphics>`, which older documents have instead.
pub(super) fn complete(listens: &mut Vec<GraphicsListen>, address: Option<&str>, socket: Option<&str>) {
    listens.iter_mut().for_each(GraphicsListen::fill_defaults);
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    match listens.first_mut() {
        None => listens.push(match socket {
            Some(_) => GraphicsListen::on_socket(filled(socket)),
            None => GraphicsListen::at(filled(address)),
        }),
        Some(first) if socket.is_some() && first.has_ports() => {
            *first = GraphicsListen::on_socket(filled(socket));
        }
        Some(first) if first.kind == ListenType::Address && first.address.is_none() => {
            first.address = filled(address);
        }
        Some(first) if first.kind == ListenType::Socket && first.socket.is_none() => {
            first.socket = filled(socket);
        }
        Some(_) => {}
    }
}

/// What `listen` of `<graphics>` has to be.
pub(super) fn repeated(listens: &[GraphicsListen]) -> Option<String> {
    listens.first().filter(|listen| listen.has_ports())?.address.clone()
}

/// Refuses an attribute that says something else than the first `<listen>`.
pub(super) fn check_repeated(attribute: &Option<String>, listens: &[GraphicsListen]) -> Result<()> {
    let first = listens.first().filter(|listen| listen.kind == ListenType::Address);
    match (attribute, first.and_then(|listen| listen.address.as_ref())) {
        (Some(said), Some(address)) if said != address => Err(Error::config_unsupported(format!(
            "'listen' of <graphics> is '{said}', but the first <listen> has the address '{address}'"
        ))),
        _ => Ok(()),
    }
}

/// The attribute after [`complete`]: what contradicts is left for [`check_repeated`] to find.
pub(super) fn reconciled(attribute: Option<String>, listens: &[GraphicsListen]) -> Option<String> {
    match check_repeated(&attribute, listens) {
        Ok(()) => repeated(listens),
        Err(_) => attribute,
    }
}
