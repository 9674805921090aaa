//! `<device>`: a device of the host.

mod build;
mod capability;
mod form;
mod kinds;
mod listing;
mod pci;
mod schema;

pub use build::CapabilityBuilder;
pub use capability::Capability;
pub use listing::NodeDeviceListing;

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, Shape, Tag, Writer, check_shape};
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
    pub const TAG: Tag = Tag::new("device");

    /// What may stand in it.
    pub fn shape() -> &'static Shape {
        schema::DEVICE
    }

    /// Reads a definition; one of a device that is to be made (`new`) needs no name. With `strict`, what is not in the
    /// schema is refused.
    pub fn from_xml(text: &str, new: bool, strict: bool) -> Result<Self> {
        let document = Document::parse(text, "node_device_definition")?;
        document.expect_root(Self::TAG)?;
        if strict {
            check_shape(&document, Self::shape())?;
        }
        Self::read(&document.root(), new)
    }

    /// Reads a definition inside of another document.
    pub fn from_node(node: &Node<'_>) -> Result<Self> {
        Self::read(node, false)
    }

    fn read(node: &Node<'_>, new: bool) -> Result<Self> {
        let name = match text_of(node, "name") {
            // Whatever it says, a new device gets a name of the host's.
            _ if new => "new device".to_owned(),
            Some(name) => name,
            None => return Err(own(node.missing_child("name", ErrorCode::NoName))),
        };
        let links = node.child("parent").map(|parent| (parent.attr("wwnn"), parent.attr("wwpn")));
        if let Some((Some(_), None) | (None, Some(_))) = links {
            let text = "<parent> has to have both of the attributes 'wwnn' and 'wwpn', or none";
            return Err(own(node.error(ErrorCode::XmlError, text)));
        }
        for node in node.children_named("devnode") {
            match node.attr("type") {
                Some("dev" | "link") => {}
                Some(kind) => {
                    let text = format!("'{kind}' is not a type of <devnode>; known are dev, link");
                    return Err(node.error(ErrorCode::XmlError, text));
                }
                None => return Err(node.missing_attr("type", ErrorCode::XmlError)),
            }
        }
        let capabilities: Vec<_> = node
            .children_named("capability")
            .map(|node| Capability::read(&node, new))
            .collect::<Result<_>>()?;
        if capabilities.is_empty() {
            return Err(own(node.missing_child("capability", ErrorCode::Internal)));
        }
        let nodes = |kind: &'static str| {
            let nodes = node.children_named("devnode").filter(move |node| node.attr("type") == Some(kind));
            nodes.map(|node| node.text().into_owned())
        };
        Ok(Self {
            name,
            path: text_of(node, "path"),
            node: nodes("dev").last(),
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
        let device = NodeDevice::from_xml(HOST, false, true).unwrap();
        assert_eq!(device.to_xml(), HOST);
        let (node, port) = device.world_wide_names().unwrap();
        assert_eq!((node.as_str(), port.as_str()), ("2000000012341234", "1000000012341234"));
    }

    fn refused(xml: &str) -> (ErrorCode, ErrorDomain) {
        let err = NodeDevice::from_xml(xml, false, false).unwrap_err();
        (err.code(), err.error_domain())
    }

    fn inside(capability: &str) -> String {
        format!("<device><name>a</name>{capability}</device>")
    }

    #[test]
    fn a_device_has_a_name_and_is_something() {
        let own = |code| (code, ErrorDomain::Nodedev);
        assert_eq!(refused("<device><capability type='system'/></device>"), own(ErrorCode::NoName));
        assert_eq!(refused(&inside("")), own(ErrorCode::Internal));
        let reader = (ErrorCode::XmlError, ErrorDomain::Xml);
        assert_eq!(refused(&inside("<capability type='no'/>")), reader);
        assert_eq!(refused(&inside("<capability/>")), reader);
        assert_eq!(refused(&inside("<devnode type='x'/>")), reader);
        assert_eq!(refused(&inside("<parent wwnn='1'/>")), own(ErrorCode::XmlError));
    }

    #[test]
    fn each_type_refuses_what_it_can_not_be() {
        use ErrorCode::{ConfigUnsupported, Internal, XmlError};
        let pci = "<domain>0</domain><bus>1</bus><slot>2</slot><function>0</function>\
                   <product id='0x1'/><vendor id='0x2'/>";
        for (kind, content, code) in [
            ("system", "<hardware><uuid>no</uuid></hardware>".to_owned(), Internal),
            ("pci", "<domain>x</domain>".into(), Internal),
            ("pci", format!("<class>0x1000000</class>{pci}"), Internal),
            ("pci", format!("{pci}<capability/>"), XmlError),
            ("pci", format!("{pci}<capability type='phys_function'/>"), XmlError),
            ("pci", format!("{pci}<capability type='vpd'/>"), XmlError),
            ("usb_device", "<bus>1</bus><device>1</device><product/>".into(), Internal),
            ("usb", "<number>1</number>".into(), Internal),
            ("net", "<address>x</address>".into(), Internal),
            ("net", "<interface>a</interface><feature name='x'/>".into(), XmlError),
            ("net", "<interface>a</interface><capability type='x'/>".into(), ConfigUnsupported),
            ("scsi_host", "<host>1</host><capability type='x'/>".into(), Internal),
            ("scsi_target", String::new(), Internal),
            ("scsi", "<host>1</host><bus>ten</bus>".into(), Internal),
            ("storage", "<block>/dev/a</block>".into(), Internal),
            ("storage", "<block>/dev/a</block><capability/>".into(), Internal),
            ("drm", "<type>x</type>".into(), ConfigUnsupported),
            ("mdev", "<type/>".into(), ConfigUnsupported),
            ("ccw", "<cssid>0</cssid><ssid>0</ssid><devno>g</devno>".into(), ConfigUnsupported),
            ("ap_queue", "<ap-adapter>7</ap-adapter><ap-domain>256</ap-domain>".into(), ConfigUnsupported),
            ("ap_matrix", "<capability type='mdev_types'><type/></capability>".into(), XmlError),
            ("fc_host", String::new(), Internal),
        ] {
            let xml = inside(&format!("<capability type='{kind}'>{content}</capability>"));
            assert_eq!(refused(&xml), (code, ErrorDomain::Nodedev), "{xml}");
        }
    }

    #[test]
    fn numbers_get_their_form_and_what_is_unknown_is_dropped() {
        let told = |kind: &str, content: &str| {
            let xml = inside(&format!("<capability type='{kind}'>{content}</capability>"));
            NodeDevice::from_xml(&xml, false, false).unwrap().to_xml()
        };
        let pci = told(
            "pci",
            "<vendor id='8086'>V</vendor><product id='1'/><class>20000</class><domain>0</domain><bus>02</bus>\
             <slot>16</slot><function>7</function><capability type='endpoint'/><other/>\
             <iommuGroup number='31'><address bus='2' slot='16'/></iommuGroup>",
        );
        for part in [
            "<class>0x020000</class>",
            "<bus>2</bus>",
            "<product id='0x0001'/>",
            "<vendor id='0x8086'>V</vendor>",
            "<address domain='0x0000' bus='0x02' slot='0x10' function='0x0'/>",
        ] {
            assert!(pci.contains(part), "{part}: {pci}");
        }
        assert!(!pci.contains("other") && !pci.contains("endpoint"));
        assert!(told("mdev", "<type id='t'/>").contains("<iommuGroup number='0'/>"));
        let half = told("mdev", "<type id='t'/><attr name='a'/><attr name='b' value='c'/>");
        assert!(!half.contains("'a'") && half.contains("<attr name='b' value='c'/>"), "{half}");
        assert!(!told("ap_matrix", "<capability type='mdev_types'/>").contains("mdev_types"));
        let queue = told("ap_queue", "<ap-domain>10</ap-domain><ap-adapter>7</ap-adapter>");
        assert!(
            queue.contains("<ap-adapter>0x07</ap-adapter>\n    <ap-domain>0x000a</ap-domain>"),
            "{queue}"
        );
    }

    #[test]
    fn a_checked_document_has_nothing_that_the_schema_does_not_know() {
        let code = |text: &str| NodeDevice::from_xml(text, true, true).err().map(|err| err.code());
        assert_eq!(code(HOST), None);
        for (right, wrong) in [
            ("<name>scsi_host1</name>", ""),
            ("<host>1</host>", "<host>one</host>"),
            ("<wwnn>2000000012341234</wwnn>", "<wwnn>2</wwnn>"),
            ("<parent>computer</parent>", "<parent>computer</parent><more/>"),
            ("type='scsi_host'", "type='fc_host'"),
        ] {
            assert_eq!(code(&HOST.replace(right, wrong)), Some(ErrorCode::XmlInvalidSchema), "{wrong}");
        }
    }
}
