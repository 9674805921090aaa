//! `<filter>`: a named set of rules for the traffic of guests' ports.

mod binding;
mod chain;
mod protocol;
mod rule;
mod schema;
mod tcp_flags;
mod value;
mod variable;

pub use binding::{BindingOwner, NwFilterBinding};
pub use protocol::Protocol;
pub use rule::{Condition, Rule, RuleAction, RuleDirection};
pub use tcp_flags::TcpFlags;
pub use value::{Kind, Value};
pub use variable::{Access, Variable};

use crate::domain::FilterRef;
use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    Cardinality, Document, Item, Node, Shape, Tag, ValueKind, Writer, XmlContent, XmlElement, XmlValue,
    check_strict, to_string,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NwFilter {
    pub name: String,
    /// The chain that its rules go to.
    pub chain: String,
    /// When that chain is entered, -1000 to 1000: the lower, the earlier.
    pub priority: i32,
    pub uuid: Option<Uuid>,
    /// In their order.
    pub entries: Vec<FilterEntry>,
}

/// What a filter consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterEntry {
    Rule(Rule),
    /// All of another filter.
    FilterRef(FilterRef),
}

impl Default for NwFilter {
    fn default() -> Self {
        Self {
            name: String::new(),
            chain: chain::ROOT.to_owned(),
            priority: 0,
            uuid: None,
            entries: Vec::new(),
        }
    }
}

impl NwFilter {
    /// Reads a definition and gives it a UUID; with `strict`, elements that are not in the schema are refused.
    pub fn from_xml(text: &str, strict: bool) -> Result<Self> {
        let document = Document::parse(text, "nwfilter_definition")?;
        document.expect_root(Self::TAG)?;
        if strict {
            check_strict::<Self>(&document)?;
        }
        let mut filter = document.read::<Self>().map_err(|err| err.or_domain(ErrorDomain::Nwfilter))?;
        filter.uuid.get_or_insert_with(Uuid::new_v4);
        Ok(filter)
    }

    /// The definition as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }

    /// The filters that it includes.
    pub fn includes(&self) -> impl Iterator<Item = &FilterRef> {
        self.entries.iter().filter_map(|entry| match entry {
            FilterEntry::FilterRef(include) => Some(include),
            FilterEntry::Rule(_) => None,
        })
    }
}

impl XmlContent for NwFilter {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let attr = |name| node.attr(name).filter(|text| !text.is_empty());
        let name = attr("name").ok_or_else(|| node.missing_attr("name", ErrorCode::Internal))?;
        let priority = attr("priority").map(|text| read_priority(node, text)).transpose()?;
        let (chain, priority) = match attr("chain") {
            Some(chain) => {
                let usual = chain::default_priority(node, chain)?;
                (chain, priority.unwrap_or(usual))
            }
            // Without a chain, libvirt forgets the priority.
            None => (chain::ROOT, 0),
        };
        let uuid = match node.child("uuid").filter(|uuid| !uuid.text().is_empty()) {
            Some(uuid) => Some(Uuid::from_text(&uuid.text()).ok_or_else(|| {
                uuid.bad_text(Uuid::KIND, ErrorCode::XmlError).domain(ErrorDomain::Nwfilter)
            })?),
            None => None,
        };
        let mut entries = Vec::new();
        for child in node.children() {
            match child.name() {
                "rule" => entries.push(FilterEntry::Rule(Rule::parse(&child)?)),
                "filterref" => entries.push(FilterEntry::FilterRef(read_include(&child)?)),
                _ => {}
            }
        }
        Ok(Self { name: name.to_owned(), chain: chain.to_owned(), priority, uuid, entries })
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr_str("name", &self.name);
        w.attr_str("chain", &self.chain);
        if self.priority != 0 {
            w.attr("priority", &self.priority);
        }
    }

    fn write_children(&self, w: &mut Writer) {
        if let Some(uuid) = &self.uuid {
            w.value("uuid", uuid);
        }
        for entry in &self.entries {
            match entry {
                FilterEntry::Rule(rule) => w.element(Rule::TAG, rule),
                FilterEntry::FilterRef(include) => w.element(FilterRef::TAG, include),
            }
        }
    }

    fn shape() -> &'static Shape {
        const TEXT: ValueKind = ValueKind::Text;
        const PRIORITY: ValueKind = ValueKind::Named("a number from -1000 to 1000");
        static SHAPE: Shape = Shape {
            items: &[
                Item::Rules(schema::FILTER),
                Item::Attr { name: "name", kind: TEXT, valid: |text| !text.is_empty(), required: true },
                Item::Attr { name: "chain", kind: TEXT, valid: |_| true, required: false },
                Item::Attr {
                    name: "priority",
                    kind: PRIORITY,
                    valid: |text| i32::from_text(text).is_some_and(|p| (-1000..=1000).contains(&p)),
                    required: false,
                },
                Item::Group {
                    tag: Tag::new("uuid"),
                    cardinality: Cardinality::Optional,
                    items: &[Item::Text {
                        kind: Uuid::KIND,
                        valid: |text| Uuid::from_text(text).is_some(),
                        required: true,
                    }],
                },
                Item::Child { tag: Rule::TAG, cardinality: Cardinality::Many, shape: Rule::shape },
                Item::Child { tag: FilterRef::TAG, cardinality: Cardinality::Many, shape: FilterRef::shape },
            ],
        };
        &SHAPE
    }
}

impl XmlElement for NwFilter {
    const TAG: Tag = Tag::new("filter");
}

fn read_priority(node: &Node<'_>, text: &str) -> Result<i32> {
    let priority = i32::from_text(text).filter(|priority| (-1000..=1000).contains(priority));
    priority.ok_or_else(|| {
        node.bad_attr("priority", ValueKind::Named("a number from -1000 to 1000"), ErrorCode::InvalidArg)
    })
}

/// A reference has to say what it refers to; what can't be a variable is dropped.
fn read_include(node: &Node<'_>) -> Result<FilterRef> {
    if node.attr("filter").is_none_or(str::is_empty) {
        return Err(node.missing_attr("filter", ErrorCode::XmlError));
    }
    let mut include = FilterRef::parse(node)?;
    include.fill_defaults();
    Ok(include)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f";

    fn told(attrs: &str) -> String {
        let xml = format!("<filter name='f' {attrs}><uuid>{UUID}</uuid></filter>");
        let told = NwFilter::from_xml(&xml, false).unwrap().to_xml();
        told.lines().next().unwrap().to_owned()
    }

    fn refused(xml: &str) -> (ErrorCode, ErrorDomain) {
        let err = NwFilter::from_xml(xml, false).unwrap_err();
        (err.code(), err.error_domain())
    }

    #[test]
    fn rules_and_other_filters_keep_their_order() {
        let xml = format!(
            "<filter name='f' chain='ipv4-x' priority='-650'>\n  <uuid>{UUID}</uuid>\n  \
             <filterref filter='a'>\n    <parameter name='IP' value='10.0.0.1'/>\n    \
             <parameter name='IP' value='10.0.0.2'/>\n  </filterref>\n  \
             <rule action='accept' direction='out' priority='-1'>\n    <ip srcipaddr='$IP'/>\n  </rule>\n  \
             <filterref filter='b'/>\n</filter>\n"
        );
        let filter = NwFilter::from_xml(&xml, true).unwrap();
        assert_eq!(filter.to_xml(), xml);
        assert_eq!(filter.includes().map(|include| &*include.filter).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_chain_has_its_priority() {
        for (attrs, told_as) in [
            ("", "<filter name='f' chain='root'>"),
            ("priority='7'", "<filter name='f' chain='root'>"),
            ("chain='root' priority='7'", "<filter name='f' chain='root' priority='7'>"),
            ("chain='arp-1'", "<filter name='f' chain='arp-1' priority='-500'>"),
            ("chain='rarp'", "<filter name='f' chain='rarp' priority='-400'>"),
            ("chain='stp'", "<filter name='f' chain='stp'>"),
        ] {
            assert_eq!(told(attrs), told_as);
        }
    }

    #[test]
    fn refusals_have_libvirts_codes() {
        let own = |code| (code, ErrorDomain::Nwfilter);
        assert_eq!(refused("<filter/>"), own(ErrorCode::Internal));
        for attrs in
            ["priority='x'", "priority='1001'", "chain='nat'", "chain='mac/'", "chain='mac-123456789'"]
        {
            assert_eq!(
                refused(&format!("<filter name='f' {attrs}/>")),
                own(ErrorCode::InvalidArg),
                "{attrs}"
            );
        }
        assert_eq!(refused("<filter name='f' chain='root2'/>"), (ErrorCode::Internal, ErrorDomain::None));
        assert_eq!(refused("<filter name='f'><uuid>x</uuid></filter>"), own(ErrorCode::XmlError));
        let reader = (ErrorCode::XmlError, ErrorDomain::Xml);
        assert_eq!(refused("<filter name='f'><filterref/></filter>"), reader);
        let strict = NwFilter::from_xml("<filter name='f'><rule/></filter>", true).unwrap_err();
        assert_eq!(strict.code(), ErrorCode::XmlInvalidSchema);
    }
}
