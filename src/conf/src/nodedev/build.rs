//! Capabilities that a driver makes of what it finds, in the order in which it puts in the parts.

use super::Capability;
use ferrovirt_xml::{RawAttribute, RawElement, RawNode};
use std::fmt::Display;

/// A capability, or an element inside of one, that is being put together.
pub struct CapabilityBuilder(RawElement);

impl CapabilityBuilder {
    /// An element that holds nothing yet.
    pub fn element(name: &str) -> Self {
        Self(RawElement { name: name.to_owned(), ..RawElement::default() })
    }

    /// `<capability type='…'>`
    pub fn capability(kind: &str) -> Self {
        Self::element("capability").attribute("type", kind)
    }

    pub fn attribute(mut self, name: &str, value: impl Display) -> Self {
        self.0.attributes.push(RawAttribute { name: name.to_owned(), value: value.to_string() });
        self
    }

    /// `<name>text</name>`
    pub fn text(self, name: &str, text: impl Display) -> Self {
        self.child(Self::element(name).content(text))
    }

    /// The same, of what may be missing.
    pub fn maybe(self, name: &str, text: Option<impl Display>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// The text of this element.
    pub fn content(mut self, text: impl Display) -> Self {
        self.0.children.push(RawNode::Text(text.to_string()));
        self
    }

    pub fn child(mut self, child: Self) -> Self {
        self.0.children.push(RawNode::Element(child.0));
        self
    }

    pub fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    pub fn finish(self) -> Capability {
        let kind = self.0.attributes.iter().find(|attribute| attribute.name == "type");
        Capability { kind: kind.map(|kind| kind.value.clone()).unwrap_or_default(), content: self.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodedev::NodeDevice;

    #[test]
    fn what_is_put_together_is_told_in_order() {
        let link = CapabilityBuilder::element("link").attribute("state", "up");
        let capability = CapabilityBuilder::capability("net").text("interface", "eth0").child(link);
        let capability = capability.maybe("address", None::<&str>).finish();
        assert_eq!(capability.text("interface"), Some("eth0"));
        let device = NodeDevice { name: "n".into(), capabilities: vec![capability], ..NodeDevice::default() };
        let inside = "    <interface>eth0</interface>\n    <link state='up'/>\n";
        assert!(device.to_xml().contains(&format!("<capability type='net'>\n{inside}  </capability>")));
    }
}
