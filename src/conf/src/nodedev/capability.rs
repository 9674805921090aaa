//! `<capability>`: what a device is and can do.
//!
//! What stands in each is read by the rules of its type and kept as a tree of names, attributes and texts.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, RawElement, RawNode, Shape, Writer, XmlContent};
use serde::{Deserialize, Serialize};

/// What a device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    pub kind: String,
    pub(super) content: RawElement,
}

/// The types there are.
const KINDS: &[&str] = &[
    "system",
    "pci",
    "usb_device",
    "usb",
    "net",
    "scsi_host",
    "scsi_target",
    "scsi",
    "storage",
    "fc_host",
    "vports",
    "scsi_generic",
    "drm",
    "mdev_types",
    "mdev",
    "ccw",
    "css",
    "vdpa",
    "ap_card",
    "ap_queue",
    "ap_matrix",
    "vpd",
    "ccwgroup",
    "ccwgroup_member",
];

impl Capability {
    /// The text of a child.
    pub fn text(&self, name: &str) -> Option<&str> {
        let child = self.content.elements().find(|child| child.name == name)?;
        child.children.iter().find_map(|child| match child {
            RawNode::Text(text) | RawNode::Cdata(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The children of that name.
    pub fn children<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c RawElement> {
        self.content.elements().filter(move |child| child.name == name)
    }

    /// An attribute of a child.
    pub fn child_attribute(&self, child: &str, attribute: &str) -> Option<&str> {
        let found = self.content.elements().find(|element| element.name == child)?;
        found.attribute(attribute)
    }

    /// Changes the text of a child that there is.
    pub fn set_text(&mut self, name: &str, text: &str) {
        for child in &mut self.content.children {
            if let RawNode::Element(element) = child
                && element.name == name
            {
                element.children = vec![RawNode::Text(text.to_owned())];
            }
        }
    }

    /// The capability of that type inside of this one.
    pub fn inner(&self, kind: &str) -> Option<Self> {
        let inner = self.content.elements().filter(|child| child.name == "capability");
        let found = inner.into_iter().find(|child| child.attribute("type") == Some(kind))?;
        Some(Self { kind: kind.to_owned(), content: found.clone() })
    }

    /// Changes the capability of that type inside of this one.
    pub fn change_inner(&mut self, kind: &str, change: impl FnOnce(&mut Self)) {
        let Some(mut inner) = self.inner(kind) else { return };
        change(&mut inner);
        for child in &mut self.content.children {
            if let RawNode::Element(element) = child
                && element.name == "capability"
                && element.attribute("type") == Some(kind)
            {
                *element = inner.content;
                return;
            }
        }
    }

    /// The types of the capabilities inside.
    pub fn inner_kinds(&self) -> impl Iterator<Item = &str> {
        let inner = self.content.elements().filter(|child| child.name == "capability");
        inner.filter_map(|child| child.attribute("type"))
    }
}

impl Capability {
    /// Reads one of a device; of a `new` one less is known.
    pub(super) fn read(node: &Node<'_>, new: bool) -> Result<Self> {
        let kind = node.attr("type").ok_or_else(|| node.missing_attr("type", ErrorCode::XmlError))?;
        if !KINDS.contains(&kind) {
            let text = format!("'{kind}' is not the type of a device's capability");
            return Err(node.error(ErrorCode::XmlError, text));
        }
        Ok(Self { kind: kind.to_owned(), content: super::kinds::read(kind, *node, new)? })
    }
}

impl XmlContent for Capability {
    fn parse(node: &Node<'_>) -> Result<Self> {
        Self::read(node, false)
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.tree_attributes(&self.content);
    }

    fn write_children(&self, w: &mut Writer) {
        w.tree_content(&self.content);
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}
