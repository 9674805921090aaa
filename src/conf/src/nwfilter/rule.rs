//! `<rule>`: what is done with the packets that look so.

use super::protocol::Protocol;
use super::value::Value;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    Cardinality, Item, Node, Shape, Tag, ValueKind, Writer, XmlContent, XmlElement, XmlEnum, XmlValue,
};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub action: RuleAction,
    pub direction: RuleDirection,
    /// -1000 to 1000; the lower, the earlier.
    #[serde(default = "default_priority")]
    pub priority: i32,
    /// Whether packets of connections that are known already match by themselves.
    #[serde(default = "always")]
    pub state_match: bool,
    /// What packets the rule is about; all, without one.
    pub protocol: Option<Protocol>,
    /// What must be true of a packet, in the protocol's order.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// What happens to a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum RuleAction {
    Drop,
    Accept,
    Reject,
    /// Back to the chain that this one was entered from.
    Return,
    /// On with the next rule.
    Continue,
}

/// As the guest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum RuleDirection {
    In,
    Out,
    #[xml(name = "inout")]
    InOut,
}

/// One attribute of the packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub field: String,
    /// It must *not* have the value.
    #[serde(default)]
    pub negated: bool,
    pub value: Value,
}

impl Rule {
    /// A rule for all packets.
    pub fn new(action: RuleAction, direction: RuleDirection) -> Self {
        Self {
            action,
            direction,
            priority: DEFAULT_PRIORITY,
            state_match: true,
            protocol: None,
            conditions: Vec::new(),
        }
    }
}

fn default_priority() -> i32 {
    DEFAULT_PRIORITY
}

fn always() -> bool {
    true
}

const LOWEST_PRIORITY: i32 = -1000;
const HIGHEST_PRIORITY: i32 = 1000;
const DEFAULT_PRIORITY: i32 = 500;

impl XmlContent for Rule {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let action = word(node, "action")?;
        let direction = word(node, "direction")?;
        let priority = match node.attr("priority") {
            None => DEFAULT_PRIORITY,
            Some(text) => i32::from_text(text)
                .ok_or_else(|| node.bad_attr("priority", i32::KIND, ErrorCode::XmlError))?,
        };
        let in_range = (LOWEST_PRIORITY..=HIGHEST_PRIORITY).contains(&priority);
        let no_states = node.attr("statematch").is_some_and(|t| t == "0" || t.eq_ignore_ascii_case("false"));
        // The first element that is a protocol says which one it is; of the others, those of the same name count.
        let protocol = node.children().find_map(|child| Protocol::from_text(child.name()));
        let mut rule = Self {
            action,
            direction,
            priority: if in_range { priority } else { DEFAULT_PRIORITY },
            state_match: !no_states,
            protocol,
            conditions: Vec::new(),
        };
        if let Some(protocol) = protocol {
            let same = node.children().filter(|child| child.name() == protocol.as_str());
            same.into_iter().try_for_each(|child| rule.read_conditions(&child, protocol))?;
            rule.validate(node, protocol)?;
            rule.fill_defaults(protocol);
        }
        Ok(rule)
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("action", &self.action);
        w.attr("direction", &self.direction);
        w.attr("priority", &self.priority);
        if !self.state_match {
            w.attr_str("statematch", "false");
        }
    }

    fn write_children(&self, w: &mut Writer) {
        let Some(protocol) = self.protocol else { return };
        for negated in [false, true] {
            let mut conditions = self.conditions.iter().filter(|c| c.negated == negated).peekable();
            if conditions.peek().is_none() && (negated || !self.conditions.is_empty()) {
                continue;
            }
            w.open(protocol.as_str());
            if negated {
                w.attr_str("match", "no");
            }
            conditions.for_each(|condition| w.attr_str(&condition.field, &condition.value.to_string()));
            w.close(protocol.as_str());
        }
    }

    fn shape() -> &'static Shape {
        static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
            // Made once and kept for good, as those are that the derive makes.
            let mut items = vec![
                Item::Attr {
                    name: "action",
                    kind: RuleAction::KIND,
                    valid: |t| RuleAction::from_text(t).is_some(),
                    required: true,
                },
                Item::Attr {
                    name: "direction",
                    kind: RuleDirection::KIND,
                    valid: |t| RuleDirection::from_text(t).is_some(),
                    required: true,
                },
                optional("priority", "a number from -1000 to 1000", |text| {
                    i32::from_text(text).is_some_and(|p| (LOWEST_PRIORITY..=HIGHEST_PRIORITY).contains(&p))
                }),
                optional("statematch", "false", |t| t == "0" || t.eq_ignore_ascii_case("false")),
            ];
            items.extend(Protocol::ALL.iter().map(|protocol| conditions_shape(*protocol)));
            Shape { items: items.leak() }
        });
        &SHAPE
    }
}

impl XmlElement for Rule {
    const TAG: Tag = Tag::new("rule");
}

fn optional(name: &'static str, noun: &'static str, valid: fn(&str) -> bool) -> Item {
    Item::Attr { name, kind: ValueKind::Named(noun), valid, required: false }
}

fn conditions_shape(protocol: Protocol) -> Item {
    let sign = optional("match", "yes or no", |text| matches!(text, "yes" | "no"));
    let fields = protocol.fields().map(|(name, kind)| optional(name, kind.noun(), kind.check()));
    let items: Vec<_> = std::iter::once(sign).chain(fields).collect();
    Item::Group { tag: Tag::new(protocol.as_str()), cardinality: Cardinality::Optional, items: items.leak() }
}

fn word<T: XmlValue>(node: &Node<'_>, name: &str) -> Result<T> {
    let text = node.attr(name).ok_or_else(|| node.missing_attr(name, ErrorCode::XmlError))?;
    T::from_text(text).ok_or_else(|| node.bad_attr(name, T::KIND, ErrorCode::XmlError))
}

impl Rule {
    fn read_conditions(&mut self, node: &Node<'_>, protocol: Protocol) -> Result<()> {
        let negated = node.attr("match") == Some("no");
        for (name, kind) in protocol.fields() {
            let Some(text) = node.attr(name) else { continue };
            let value = kind.read(text).ok_or_else(|| {
                let err = node.bad_attr(name, ValueKind::Named(kind.noun()), ErrorCode::Internal);
                err.domain(ErrorDomain::Nwfilter)
            })?;
            // What a later element says replaces what an earlier one said.
            self.conditions.retain(|condition| condition.field != name);
            self.conditions.push(Condition { field: name.to_owned(), negated, value });
        }
        Ok(())
    }

    /// Ports are those of a protocol.
    fn validate(&self, node: &Node<'_>, protocol: Protocol) -> Result<(), Error> {
        if !matches!(protocol, Protocol::Ip | Protocol::Ipv6)
            || !self.conditions.iter().any(|condition| condition.field.contains("port"))
        {
            return Ok(());
        }
        match self.condition("protocol").map(|condition| condition.value.ip_protocol()) {
            Some(6 | 17 | 33 | 132) => Ok(()),
            _ => {
                let text = format!(
                    "<{}> speaks of ports, so that it has to have a protocol which has ports: tcp, udp, dccp (33) or sctp",
                    protocol.as_str()
                );
                Err(node.error(ErrorCode::Internal, text).domain(ErrorDomain::Nwfilter))
            }
        }
    }

    fn fill_defaults(&mut self, protocol: Protocol) {
        let signs: Vec<_> = protocol
            .followers()
            .map(|(follower, leader)| (follower, self.condition(leader).is_some_and(|c| c.negated)))
            .collect();
        for condition in &mut self.conditions {
            if let Some((_, negated)) = signs.iter().find(|(follower, _)| *follower == condition.field) {
                condition.negated = *negated;
            }
        }
        if !protocol.keeps_ip_set() {
            let alone = self.condition("ipset").is_some() && self.condition("ipsetflags").is_none();
            if alone {
                let value = Value::Text("src".to_owned());
                self.conditions.push(Condition { field: "ipsetflags".to_owned(), negated: false, value });
            } else {
                self.conditions.retain(|c| c.field != "ipset" && c.field != "ipsetflags");
            }
        }
        let order = |condition: &Condition| protocol.fields().position(|(name, _)| name == condition.field);
        self.conditions.sort_by_key(order);
    }

    /// What is said of a field.
    pub fn condition(&self, field: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.field == field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check, check_same};
    use ferrovirt_xml::from_str;

    fn refused(xml: &str) -> (ErrorCode, ErrorDomain) {
        let err = from_str::<Rule>(xml, "test").unwrap_err();
        (err.code(), err.error_domain())
    }

    fn rule(inside: &str) -> String {
        format!("<rule action='drop' direction='in' priority='500'>\n  {inside}\n</rule>")
    }

    fn refused_inside(inside: &str) -> (ErrorCode, ErrorDomain) {
        refused(&rule(inside))
    }

    #[test]
    fn every_protocol_prints_back_all_that_it_can_look_at() {
        use super::super::value::Kind;
        let sample = |kind| match kind {
            Kind::U8 | Kind::U16 | Kind::U32 | Kind::Dscp | Kind::VlanId => "0x1f",
            Kind::Count => "31",
            Kind::EtherType | Kind::VlanEtherType => "ipv6",
            Kind::ArpOpcode => "InARP_Request",
            Kind::IpProtocol => "sctp",
            Kind::Mac => "01:02:03:04:05:06",
            Kind::MacMask => "ff:ff:ff:fc:00:00",
            Kind::Ipv4 => "10.1.2.3",
            Kind::Ipv6 => "2001:db8::1",
            Kind::Ipv4Mask | Kind::Ipv6Mask => "22",
            Kind::Flag => "true",
            Kind::Comment => "why &amp; wherefore",
            Kind::States => "NEW,ESTABLISHED",
            Kind::TcpFlags => "SYN,ACK/SYN",
            Kind::IpSet => "my set",
            Kind::IpSetFlags => "src",
        };
        for protocol in Protocol::ALL {
            let attrs =
                protocol.fields().filter(|(name, _)| protocol.keeps_ip_set() || !name.starts_with("ipset"));
            let attrs: String = attrs.map(|(name, kind)| format!(" {name}='{}'", sample(kind))).collect();
            check_same::<Rule>(&rule(&format!("<{}{attrs}/>", protocol.as_str())));
            check_same::<Rule>(&rule(&format!("<{}/>", protocol.as_str())));
        }
    }

    #[test]
    fn what_is_negated_stands_in_an_element_of_its_own() {
        check_same::<Rule>(&rule("<tcp dscp='2'/>\n  <tcp match='no' srcipaddr='10.0.0.1' srcipmask='8'/>"));
        // The mask is that of the address, and the later word counts.
        check::<Rule>(
            &rule(
                "<ip srcipmask='8' dscp='1'/><udp dscp='9'/><ip match='no' srcipaddr='10.0.0.1' dscp='2'/>",
            ),
            &rule("<ip match='no' srcipaddr='10.0.0.1' srcipmask='8' dscp='2'/>"),
        );
    }

    #[test]
    fn an_ip_set_gets_its_flags() {
        check::<Rule>(&rule("<tcp ipset='s'/>"), &rule("<tcp ipset='s' ipsetflags='src'/>"));
        check::<Rule>(&rule("<tcp ipset='s' ipsetflags='dst'/>"), &rule("<tcp/>"));
        check_same::<Rule>(&rule("<all ipset='s' ipsetflags='dst'/>"));
    }

    #[test]
    fn a_priority_out_of_range_is_the_usual_one() {
        let printed = "<rule action='return' direction='inout' priority='500' statematch='false'/>";
        check::<Rule>("<rule action='return' direction='inout' statematch='FALSE'/>", printed);
        check::<Rule>(
            "<rule action='return' direction='inout' statematch='0' priority='1001'><x/></rule>",
            printed,
        );
    }

    #[test]
    fn refusals_have_libvirts_codes() {
        let reader = (ErrorCode::XmlError, ErrorDomain::Xml);
        let own = (ErrorCode::Internal, ErrorDomain::Nwfilter);
        assert_eq!(refused("<rule direction='in'/>"), reader);
        assert_eq!(refused("<rule action='drop' direction='up'/>"), reader);
        assert_eq!(refused("<rule action='drop' direction='in' priority='x'/>"), reader);
        assert_eq!(refused_inside("<tcp srcportstart='x'/>"), own);
        assert_eq!(refused_inside("<tcp srcipaddr='$A['/>"), own);
        assert_eq!(refused_inside("<ip srcportstart='1'/>"), own);
        assert_eq!(refused_inside("<ip srcportstart='1' protocol='icmp'/>"), own);
        assert_eq!(refused_inside("<ip srcportstart='1' protocol='$P'/>"), own);
    }
}
