//! `<device>`: a device of the host.

mod capability;

pub use capability::Capability;

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, Writer, XmlContent};
use serde::{Deserialize, Serialize};

use crate::snapshot::{optional, text_of};

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeDevice {
    pub name: String,
    /// Its place below `/sys`.
    pub path: Option<String>,
    /// Its nodes below `/dev`, the main one first, then its links.
    pub node: Option<String>,
    pub links: Vec<String>,
    /// The name of the device that it is on; `None` for the root of the tree.
    pub parent: Option<String>,
    /// The kernel's driver.
    pub driver: Option<String>,
    /// What it is; at least one.
    pub capabilities: Vec<Capability>,
}

impl NodeDevice {
    /// Reads a definition; one of a device that is to be made needs no name.
    pub fn from_xml(text: &str, new: bool) -> Result<Self> {
        let document = Document::parse(text, "node_device_definition")?;
        document.expect_root("device")?;
        Self::read(&document.root(), new).map_err(own)
    }

    /// Reads a definition inside of another document.
    pub fn from_node(node: &Node<'_>) -> Result<Self> {
        Self::read(node, false).map_err(own)
    }

    fn read(node: &Node<'_>, new: bool) -> Result<Self> {
        let name = match text_of(node, "name") {
            // Whatever it says, a new device gets a name of the host's.
            _ if new => "new device".to_owned(),
            Some(name) => name,
            None => return Err(node.missing_child("name", ErrorCode::NoName)),
        };
        let capabilities: Vec<_> =
            node.children_named("capability").map(|node| Capability::parse(&node)).collect::<Result<_>>()?;
        if capabilities.is_empty() {
            return Err(node.missing_child("capability", ErrorCode::XmlError));
        }
        let nodes = |kind: &'static str| {
            let nodes = node.children_named("devnode").filter(move |node| node.attr("type") == Some(kind));
            nodes.map(|node| node.text().into_owned())
        };
        Ok(Self {
            name,
            path: text_of(node, "path"),
            node: nodes("dev").next(),
            links: nodes("link").collect(),
            parent: text_of(node, "parent"),
            driver: node.child("driver").and_then(|driver| text_of(&driver, "name")),
            capabilities,
        })
    }

    /// The definition as text.
    pub fn to_xml(&self) -> String {
        let mut w = Writer::new();
        w.open("device");
        w.value("name", &self.name);
        optional(&mut w, "path", self.path.as_ref());
        for (kind, node) in
            self.node.iter().map(|node| ("dev", node)).chain(self.links.iter().map(|link| ("link", link)))
        {
            w.open("devnode");
            w.attr_str("type", kind);
            w.text(node);
            w.close("devnode");
        }
        optional(&mut w, "parent", self.parent.as_ref());
        if let Some(driver) = &self.driver {
            w.open("driver");
            w.value("name", driver);
            w.close("driver");
        }
        self.capabilities.iter().for_each(|capability| w.element("capability", capability));
        w.close("device");
        w.finish()
    }

    /// The capability of that type.
    pub fn capability(&self, kind: &str) -> Option<&Capability> {
        self.capabilities.iter().find(|capability| capability.kind == kind)
    }

    /// The world wide names of a Fibre Channel host: node, port.
    pub fn world_wide_names(&self) -> Option<(String, String)> {
        let host = self.capability("scsi_host")?.inner("fc_host")?;
        Some((host.text("wwnn")?.to_owned(), host.text("wwpn")?.to_owned()))
    }
}

fn own(err: Error) -> Error {
    err.domain(ErrorDomain::Nodedev)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "\
<device>
  <name>scsi_host1</name>
  <parent>computer</parent>
  <capability type='scsi_host'>
    <host>1</host>
    <capability type='fc_host'>
      <wwnn>2000000012341234</wwnn>
      <wwpn>1000000012341234</wwpn>
    </capability>
  </capability>
</device>
";

    #[test]
    fn a_device_keeps_its_form_and_tells_its_names() {
        let device = NodeDevice::from_xml(HOST, false).unwrap();
        assert_eq!(device.to_xml(), HOST);
        let (node, port) = device.world_wide_names().unwrap();
        assert_eq!((node.as_str(), port.as_str()), ("2000000012341234", "1000000012341234"));
    }

    #[test]
    fn a_device_has_a_name_and_is_something() {
        let code = |xml: &str| NodeDevice::from_xml(xml, false).unwrap_err().code();
        assert_eq!(code("<device><capability type='system'/></device>"), ErrorCode::NoName);
        assert_eq!(code("<device><name>a</name></device>"), ErrorCode::XmlError);
        assert_eq!(
            code("<device><name>a</name><capability type='no'/></device>"),
            ErrorCode::ConfigUnsupported
        );
    }
}
