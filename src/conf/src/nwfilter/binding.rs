//! `<filterbinding>`: which filter is at work on which port of which guest.

use crate::domain::FilterRef;
use crate::values::Mac;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, XmlContent, XmlElement, check_strict, to_string};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "filterbinding", rules = "super::schema::BINDING")]
pub struct NwFilterBinding {
    #[xml(child = "owner", error = "Internal")]
    pub owner: BindingOwner,
    /// The device that the guest's traffic passes, such as a tap.
    #[xml(attr = "portdev/@name", error = "Internal")]
    pub port_dev: String,
    /// The device below it, of a port that is made on top of another.
    #[xml(attr = "linkdev/@name", error = "Internal")]
    pub link_dev: Option<String>,
    #[xml(attr = "mac/@address", error = "Internal")]
    pub mac: Mac,
    #[xml(child, error = "Internal")]
    pub filter: FilterRef,
}

/// The guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct BindingOwner {
    #[xml(value, error = "Internal")]
    pub name: String,
    #[xml(value, error = "Internal")]
    pub uuid: Uuid,
}

impl NwFilterBinding {
    /// Reads a description; with `strict`, elements that are not in the schema are refused.
    pub fn from_xml(text: &str, strict: bool) -> Result<Self> {
        let document = Document::parse(text, "nwfilterbinding_definition")?;
        document.expect_root(Self::TAG)?;
        if strict {
            check_strict::<Self>(&document)?;
        }
        Self::from_node(&document.root())
    }

    /// Reads a description inside of another document.
    pub fn from_node(node: &Node<'_>) -> Result<Self> {
        let own = |err: Error| err.domain(ErrorDomain::Nwfilter);
        if let Some(filter) = node.child(FilterRef::TAG).filter(|filter| filter.attr("filter").is_none()) {
            return Err(own(filter.missing_attr("filter", ErrorCode::Internal)));
        }
        let mut binding = Self::parse(node).map_err(own)?;
        binding.filter.fill_defaults();
        Ok(binding)
    }

    /// The description as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDING: &str = "\
<filterbinding>
  <owner>
    <name>web</name>
    <uuid>0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid>
  </owner>
  <portdev name='vnet0'/>
  <linkdev name='eth0'/>
  <mac address='52:54:00:7b:35:93'/>
  <filterref filter='clean-traffic'>
    <parameter name='MAC' value='52:54:00:7b:35:93'/>
  </filterref>
</filterbinding>
";

    #[test]
    fn a_binding_keeps_its_form() {
        assert_eq!(NwFilterBinding::from_xml(BINDING, true).unwrap().to_xml(), BINDING);
        let without = BINDING.replace("  <linkdev name='eth0'/>\n", "");
        assert_eq!(NwFilterBinding::from_xml(&without, true).unwrap().to_xml(), without);
    }

    #[test]
    fn every_part_must_be_there() {
        for part in [
            "<name>web</name>",
            "<portdev name='vnet0'/>",
            "address='52:54:00:7b:35:93'",
            "filter='clean-traffic'",
        ] {
            let err = NwFilterBinding::from_xml(&BINDING.replace(part, ""), false).unwrap_err();
            assert_eq!(
                (err.code(), err.error_domain()),
                (ErrorCode::Internal, ErrorDomain::Nwfilter),
                "{part}"
            );
        }
    }
}
