//! The values that rules compare with, by kind: how they are read, and in which form they are printed.

use super::tcp_flags::TcpFlags;
use super::variable::Variable;
use crate::values::Mac;
use ferrovirt_xml::ip::{Ipv6Text, read_ipv4};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// What an attribute of a rule can hold. Where a number can be decimal and hexadecimal, decimal is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    U8,
    U16,
    U32,
    /// Decimal only.
    Count,
    /// At most 63.
    Dscp,
    /// At most 4095.
    VlanId,
    /// An Ethernet type, by number from 0x600 on or by name.
    EtherType,
    /// As that, from 0x3c on.
    VlanEtherType,
    /// By number or name.
    ArpOpcode,
    /// By number or name.
    IpProtocol,
    Mac,
    /// Ones, then zeros.
    MacMask,
    Ipv4,
    Ipv6,
    /// The length of a prefix, or the mask that it makes.
    Ipv4Mask,
    Ipv6Mask,
    /// `true`, `yes` and `1`; all else is false.
    Flag,
    Comment,
    States,
    TcpFlags,
    IpSet,
    IpSetFlags,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    Variable(Variable),
    Decimal(u32),
    Hex(u32),
    /// A number that has a name, by name.
    Named(String),
    Mac(Mac),
    Address(IpAddr),
    /// Of a mask, so many ones.
    Prefix(u8),
    Flag(bool),
    Text(String),
    TcpFlags(TcpFlags),
}

/// How long a comment can be, in bytes.
const MAX_COMMENT: usize = 256;
/// How long the name of an IP set can be.
const MAX_IP_SET: usize = 31;
/// How many fields of a packet an IP set can look at.
const MAX_IP_SET_FLAGS: usize = 6;

const ETHER_TYPES: &[(u32, &str)] =
    &[(0x806, "arp"), (0x8035, "rarp"), (0x800, "ipv4"), (0x86dd, "ipv6"), (0x8100, "vlan")];

/// The names are those of ebtables.
const ARP_OPCODES: &[(u32, &str)] = &[
    (1, "Request"),
    (2, "Reply"),
    (3, "Request_Reverse"),
    (4, "Reply_Reverse"),
    (5, "DRARP_Request"),
    (6, "DRARP_Reply"),
    (7, "DRARP_Error"),
    (8, "InARP_Request"),
    (9, "ARP_NAK"),
];

const IP_PROTOCOLS: &[(u32, &str)] = &[
    (6, "tcp"),
    (17, "udp"),
    (136, "udplite"),
    (50, "esp"),
    (51, "ah"),
    (1, "icmp"),
    (2, "igmp"),
    (132, "sctp"),
    (58, "icmpv6"),
];

/// The states of connections, in the order of printing.
const STATES: &[&str] = &["NEW", "ESTABLISHED", "RELATED", "INVALID", "NONE"];

impl Kind {
    /// Reads a value of this kind, or a variable in its place.
    pub fn read(self, text: &str) -> Option<Value> {
        match text.strip_prefix('$') {
            Some(name) => Variable::read(name).map(Value::Variable),
            None => self.read_plain(text),
        }
    }

    fn read_plain(self, text: &str) -> Option<Value> {
        match self {
            Self::U8 => number(text, 0xff),
            Self::U16 => number(text, 0xffff),
            Self::U32 => number(text, u32::MAX),
            Self::Count => digits(text, 10).filter(|count| *count <= 0xffff).map(Value::Decimal),
            Self::Dscp => number(text, 0xff).filter(|value| value.number() <= 63),
            Self::VlanId => number(text, 0xffff).filter(|value| value.number() <= 4095),
            Self::EtherType => {
                named(text, 0xffff, ETHER_TYPES).filter(|value| value.number_or_name() >= 0x600)
            }
            Self::VlanEtherType => {
                named(text, 0xffff, ETHER_TYPES).filter(|value| value.number_or_name() >= 0x3c)
            }
            // The number of an opcode is never told in hexadecimal.
            Self::ArpOpcode => named(text, 0xffff, ARP_OPCODES).map(|value| match value {
                Value::Hex(number) => Value::Decimal(number),
                other => other,
            }),
            Self::IpProtocol => named(text, 0xff, IP_PROTOCOLS),
            Self::Mac => text.parse().ok().map(Value::Mac),
            Self::MacMask => text.parse().ok().filter(is_mask).map(Value::Mac),
            Self::Ipv4 => read_ipv4(text).map(|address| Value::Address(address.into())),
            Self::Ipv6 => text.parse::<Ipv6Addr>().ok().map(|address| Value::Address(address.into())),
            Self::Ipv4Mask => prefix(text, 32, |text| {
                let bits = read_ipv4(text)?.to_bits();
                (bits.leading_ones() + bits.trailing_zeros() >= 32).then_some(bits.leading_ones())
            }),
            Self::Ipv6Mask => prefix(text, 128, |text| {
                let bits = text.parse::<Ipv6Addr>().ok()?.to_bits();
                (bits.leading_ones() + bits.trailing_zeros() >= 128).then_some(bits.leading_ones())
            }),
            Self::Flag => Some(Value::Flag(matches!(text, "true" | "1" | "yes"))),
            Self::Comment => Some(Value::Text(cut(text, MAX_COMMENT).to_owned())),
            Self::States => states(text).map(Value::Text),
            Self::TcpFlags => TcpFlags::read(text).map(Value::TcpFlags),
            Self::IpSet => {
                let fits = |b: u8| b.is_ascii_alphanumeric() || b"_.:-+ ".contains(&b);
                (text.len() <= MAX_IP_SET && text.bytes().all(fits)).then(|| Value::Text(text.to_owned()))
            }
            Self::IpSetFlags => {
                let lower = text.to_ascii_lowercase();
                let flags: Vec<_> = lower.split(',').collect();
                let fit =
                    flags.len() <= MAX_IP_SET_FLAGS && flags.iter().all(|f| matches!(*f, "src" | "dst"));
                fit.then_some(Value::Text(lower))
            }
        }
    }

    /// What is expected, for errors.
    pub fn noun(self) -> &'static str {
        match self {
            Self::U8 => "a number up to 255",
            Self::U16 | Self::Count => "a number up to 65535",
            Self::U32 => "a number up to 4294967295",
            Self::Dscp => "a number up to 63",
            Self::VlanId => "a number up to 4095",
            Self::EtherType => "an Ethernet type from 0x600 on, or one of arp, rarp, ipv4, ipv6, vlan",
            Self::VlanEtherType => "an Ethernet type from 0x3c on, or one of arp, rarp, ipv4, ipv6, vlan",
            Self::ArpOpcode => "a number up to 65535, or the name of an ARP operation such as Request",
            Self::IpProtocol => "a number up to 255, or the name of a protocol such as tcp",
            Self::Mac => "a MAC address",
            Self::MacMask => "a mask such as ff:ff:ff:00:00:00",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Ipv4Mask => "a prefix length up to 32, or a mask such as 255.255.0.0",
            Self::Ipv6Mask => "a prefix length up to 128, or a mask such as ffff:ffff::",
            Self::Flag => "yes or no",
            Self::Comment => "a text",
            Self::States => "states such as NEW,ESTABLISHED",
            Self::TcpFlags => "flags to look at and flags to be set, such as SYN,ACK/SYN",
            Self::IpSet => "the name of an IP set, of up to 31 characters",
            Self::IpSetFlags => "up to six of src and dst, with commas between them",
        }
    }

    /// Whether a text is of the kind, for the strict check.
    pub fn check(self) -> fn(&str) -> bool {
        macro_rules! checks {
            ($($kind:ident)*) => {
                match self { $(Self::$kind => |text| Kind::$kind.read(text).is_some(),)* }
            };
        }
        checks! {
            U8 U16 U32 Count Dscp VlanId EtherType VlanEtherType ArpOpcode IpProtocol Mac MacMask Ipv4 Ipv6
            Ipv4Mask Ipv6Mask Flag Comment States TcpFlags IpSet IpSetFlags
        }
    }
}

impl Value {
    /// A number that has no name; 0 for all else.
    fn number(&self) -> u32 {
        match self {
            Self::Decimal(number) | Self::Hex(number) => *number,
            _ => 0,
        }
    }

    /// As that; what has a name is as large as it has to be.
    fn number_or_name(&self) -> u32 {
        if matches!(self, Self::Named(_)) { u32::MAX } else { self.number() }
    }

    /// The number of an IP protocol; 0 for a variable, whose value nobody knows yet.
    pub fn ip_protocol(&self) -> u32 {
        match self {
            Self::Named(name) => {
                IP_PROTOCOLS.iter().find(|(_, known)| known == name).map_or(0, |(number, _)| *number)
            }
            other => other.number(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(variable) => variable.fmt(f),
            Self::Decimal(number) => number.fmt(f),
            Self::Hex(number) => write!(f, "{number:#x}"),
            Self::Named(text) | Self::Text(text) => f.write_str(text),
            Self::Mac(mac) => mac.fmt(f),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => Ipv6Text(*address).fmt(f),
            Self::Prefix(bits) => bits.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::TcpFlags(flags) => flags.fmt(f),
        }
    }
}

/// Digits after white space and a sign; a negative number counts down from the largest, as it does in C.
fn digits(text: &str, radix: u32) -> Option<u32> {
    let text = text.trim_ascii_start();
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).filter(|_| radix == 16);
    let text = hex.unwrap_or(text);
    if !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let number = u32::from_str_radix(text, radix).ok()?;
    Some(if negative { number.wrapping_neg() } else { number })
}

fn number(text: &str, max: u32) -> Option<Value> {
    let decimal = digits(text, 10).filter(|number| *number <= max).map(Value::Decimal);
    decimal.or_else(|| digits(text, 16).filter(|number| *number <= max).map(Value::Hex))
}

/// A number or a name, in any case; a number that has a name is told by it.
fn named(text: &str, max: u32, names: &[(u32, &str)]) -> Option<Value> {
    let by_name =
        || names.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(number, _)| *number);
    let value = number(text, max).or_else(|| by_name().map(Value::Hex))?;
    let name = names.iter().find(|(number, _)| *number == value.number());
    Some(name.map_or(value, |(_, name)| Value::Named((*name).to_owned())))
}

fn prefix(text: &str, max: u32, mask: impl Fn(&str) -> Option<u32>) -> Option<Value> {
    let bits = match digits(text, 10) {
        Some(bits) => Some(bits).filter(|bits| *bits <= max),
        None => mask(text),
    };
    bits.map(|bits| Value::Prefix(bits as u8))
}

fn is_mask(mask: &Mac) -> bool {
    let bits = mask.0.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte)) << 16;
    bits.leading_ones() + bits.trailing_zeros() >= 64
}

/// States in any order and case; `NONE` beats the others.
fn states(text: &str) -> Option<String> {
    let found = super::tcp_flags::words(text, STATES)?;
    if found.contains(&"NONE") {
        return Some("NONE".to_owned());
    }
    let in_order: Vec<_> = STATES.iter().filter(|state| found.contains(state)).copied().collect();
    Some(in_order.join(","))
}

/// At most so many bytes of a text, and no half character.
fn cut(text: &str, max: usize) -> &str {
    let fits = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= max).last();
    &text[..fits.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: Kind, text: &str) -> Option<String> {
        kind.read(text).map(|value| value.to_string())
    }

    #[test]
    fn values_get_their_form() {
        for (kind, text, printed) in [
            (Kind::U8, "255", "255"),
            (Kind::U8, "0xff", "0xff"),
            (Kind::U8, "ff", "0xff"),
            (Kind::U32, "-1", "4294967295"),
            (Kind::Dscp, "0x3f", "0x3f"),
            (Kind::EtherType, "0x800", "ipv4"),
            (Kind::EtherType, "ARP", "arp"),
            (Kind::EtherType, "2000", "2000"),
            (Kind::ArpOpcode, "reply", "Reply"),
            (Kind::ArpOpcode, "0xff", "255"),
            (Kind::IpProtocol, "UDPLITE", "udplite"),
            (Kind::IpProtocol, "0x11", "udp"),
            (Kind::IpProtocol, "0x21", "0x21"),
            (Kind::Mac, "1:2:3:4:5:F", "01:02:03:04:05:0f"),
            (Kind::MacMask, "ff:ff:fe:00:00:00", "ff:ff:fe:00:00:00"),
            (Kind::MacMask, "ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"),
            (Kind::MacMask, "00:00:00:00:00:00", "00:00:00:00:00:00"),
            (Kind::Ipv4Mask, "255.255.128.0", "17"),
            (Kind::Ipv4Mask, "0.0.0.0", "0"),
            (Kind::Ipv6Mask, "ffff:fc00::", "22"),
            (Kind::Ipv6Mask, "128", "128"),
            (Kind::Flag, "yes", "true"),
            (Kind::Flag, "perhaps", "false"),
            (Kind::States, "related, new", "NEW,RELATED"),
            (Kind::States, "NEW,NONE", "NONE"),
            (Kind::IpSetFlags, "SRC,dSt", "src,dst"),
            (Kind::Ipv4, "$IP[2]", "$IP[2]"),
        ] {
            assert_eq!(told(kind, text).as_deref(), Some(printed), "{kind:?} {text}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for (kind, text) in [
            (Kind::U8, "256"),
            (Kind::U8, ""),
            (Kind::Count, "0x1"),
            (Kind::Dscp, "64"),
            (Kind::VlanId, "4096"),
            (Kind::EtherType, "1535"),
            (Kind::VlanEtherType, "59"),
            (Kind::IpProtocol, "tcpx"),
            (Kind::MacMask, "ff:00:ff:00:00:00"),
            (Kind::Ipv4, "::1"),
            (Kind::Ipv4Mask, "33"),
            (Kind::Ipv4Mask, "255.0.255.0"),
            (Kind::Ipv6Mask, "ffff::1"),
            (Kind::States, "NEWS"),
            (Kind::IpSet, "a/b"),
            (Kind::IpSet, "12345678901234567890123456789012"),
            (Kind::IpSetFlags, "src,dst,src,dst,src,dst,src"),
            (Kind::IpSetFlags, "src,"),
            (Kind::U8, "$A["),
        ] {
            assert_eq!(told(kind, text), None, "{kind:?} {text}");
            assert!(!kind.check()(text), "{kind:?} {text}: {}", kind.noun());
        }
    }

    #[test]
    fn a_long_comment_is_cut_between_characters() {
        let text = format!("{}ü", "x".repeat(255));
        assert_eq!(told(Kind::Comment, &text).unwrap().len(), 255);
    }
}
