//! What the schemas of `<filter>` and `<filterbinding>` say beyond the models. Values may be variables, `$NAME` or `$NAME[@1]`.

use crate::domain::schema::filter as use_of_filter;
use crate::values::schema::{self, *};
use ferrovirt_xml::{Rule, Values};

const CHAIN: Values = Values::named("root, or a name that begins with a protocol's", |text| {
    let rest =
        |(start, most): &(&str, usize)| text.strip_prefix(start).is_some_and(|rest| rest.len() <= *most);
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    text == "root" || CHAINS.iter().any(rest) && text.bytes().all(known)
});
/// Chains' names begin so, and have so many letters more.
const CHAINS: &[(&str, usize)] =
    &[("mac", 9), ("stp", 9), ("vlan", 8), ("arp", 9), ("rarp", 8), ("ipv4", 8), ("ipv6", 8)];
const PRIORITY: Values = Values::named("an integer from -1000 to 1000", |text| within(text, -1000, 1000));
const NO_STATE: Values =
    Values::named("false or 0", |text| text == "0" || text.eq_ignore_ascii_case("false"));

pub(super) const FILTER: &[Rule] = &[
    Rule::needs("@name"),
    Rule::is("@name", XML_NAME),
    Rule::is("@chain", CHAIN),
    Rule::is("@priority rule/@priority", PRIORITY),
    Rule::is("rule/@statematch", NO_STATE),
    Rule::is("uuid", UUID),
    Rule::part("filterref", use_of_filter),
    // One protocol a rule, or none.
    Rule::forms(
        "rule",
        &[
            "",
            "mac",
            "vlan",
            "stp",
            "arp",
            "rarp",
            "ip",
            "ipv6",
            "tcp",
            "udp",
            "sctp",
            "icmp",
            "igmp",
            "all",
            "esp",
            "ah",
            "udplite",
            "tcp-ipv6",
            "udp-ipv6",
            "sctp-ipv6",
            "icmpv6",
            "all-ipv6",
            "esp-ipv6",
            "ah-ipv6",
            "udplite-ipv6",
        ],
    ),
    Rule::part("rule/*", ipv4),
    Rule::part(
        "rule/ipv6 rule/tcp-ipv6 rule/udp-ipv6 rule/sctp-ipv6 rule/icmpv6 rule/all-ipv6 rule/esp-ipv6",
        ipv6,
    ),
    Rule::part("rule/ah-ipv6 rule/udplite-ipv6", ipv6),
    Rule::no("rule/arp/@arpsrcipmask rule/arp/@arpdstipmask rule/rarp/@arpsrcipmask rule/rarp/@arpdstipmask"),
];

schema::tables! {
    fn ipv4 [
        Rule::is("@srcipaddr @dstipaddr @srcipfrom @srcipto @dstipfrom @dstipto @arpsrcipaddr @arpdstipaddr", IPV4_ADDRESS),
        Rule::is("@srcipmask @dstipmask", IPV4_MASK),
        Rule::is("@srcmacmask @dstmacmask @root-address-mask", MAC_OR_VARIABLE),
        Rule::is("@connlimit-above", NUMBER16),
        Rule::is("@root-cost @root-cost-hi", NUMBER32),
        Rule::is("@opcode", OPCODE),
        Rule::is("@gratuitous", Values::one_of(&["yes", "no", "true", "false", "1", "0"])),
        Rule::is("@state", STATES),
        Rule::is("@ipset", IP_SET),
        Rule::forms("", &["", "@ipset @ipsetflags"]),
    ]

    fn ipv6 [
        Rule::is("@srcipaddr @dstipaddr @srcipfrom @srcipto @dstipfrom @dstipto", IPV6_ADDRESS),
        Rule::is("@srcipmask @dstipmask", IPV6_MASK),
        Rule::no("@connlimit-above @state @ipset @ipsetflags"),
    ]
}

const IPV4_ADDRESS: Values =
    Values::named("an IPv4 address or a variable", |text| is_variable(text) || is_loose_ipv4(text));
const IPV6_ADDRESS: Values =
    Values::named("an IPv6 address or a variable", |text| is_variable(text) || is_loose_ipv6(text));
const IPV4_MASK: Values = Values::named("a prefix length up to 32, a mask or a variable", |text| {
    is_variable(text) || within(text, 0, 32) || is_loose_ipv4(text)
});
const IPV6_MASK: Values = Values::named("a prefix length up to 128, a mask or a variable", |text| {
    is_variable(text) || within(text, 0, 128) || is_loose_ipv6(text) && !text.contains('.')
});
const MAC_OR_VARIABLE: Values = Values::named("a MAC address or a variable", |text| {
    let is_byte =
        |byte: &str| (1..=2).contains(&byte.len()) && byte.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_variable(text) || text.split(':').count() == 6 && text.split(':').all(is_byte)
});
const NUMBER16: Values = Values::named("a number from 0 to 65535 or a variable", |text| {
    is_variable(text) || is_marked_hex(text, 4) || within(text, 0, 65535)
});
const NUMBER32: Values = Values::named("a number from 0 to 4294967295 or a variable", |text| {
    is_variable(text) || is_marked_hex(text, 8) || within(text, 0, u32::MAX as i128)
});
const OPCODE: Values = Values::named("a number from 0 to 65535, an operation's name or a variable", |text| {
    let Some(first) = text.get(..1) else { return false };
    let small = text.replacen(first, &first.to_ascii_lowercase(), 1).replace("_Reverse", "_reverse");
    is_variable(text)
        || within(text, 0, 65535)
        || matches!(&*small, "reply" | "request" | "request_reverse" | "reply_reverse")
        || text
            .strip_prefix("DRARP_")
            .is_some_and(|rest| matches!(rest, "request" | "Request" | "reply" | "Reply" | "error" | "Error"))
        || matches!(text, "InARP_request" | "InARP_Request" | "ARP_NAK")
});
const IP_SET: Values = Values::named("the name of an IP set or a variable", |text| {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-+ ".contains(&byte);
    is_variable(text) || (1..=31).contains(&text.len()) && text.bytes().all(known)
});
const STATES: Values = Values::named("NONE, or of NEW, ESTABLISHED, RELATED, INVALID", |text| {
    text == "NONE"
        || text.split(',').all(|state| matches!(state, "NEW" | "ESTABLISHED" | "RELATED" | "INVALID"))
});

/// `$NAME`, perhaps with which of its values, as in `$NAME[1]`, or which iterator goes over them, as in `$NAME[@1]`.
fn is_variable(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('$') else { return false };
    let rest = rest.trim_matches(' ');
    let (name, index) = match rest.split_once('[') {
        Some((name, index)) => (name, index.strip_suffix(']').map(|index| index.trim_matches(' '))),
        None => (rest, Some("0")),
    };
    (WORD.valid)(name)
        && index.is_some_and(|index| crate::values::is_digits(index.strip_prefix('@').unwrap_or(index)))
}

/// Four numbers up to 299.
fn is_loose_ipv4(text: &str) -> bool {
    text.split('.').count() == 4 && text.split('.').all(|part| part.len() <= 3 && plain(part, 0, 299))
}

/// Up to eight groups of digits, empty ones among them, the last of any length.
fn is_loose_ipv6(text: &str) -> bool {
    let groups: Vec<_> = text.split(':').collect();
    let Some((last, rest)) = groups.split_last() else { return false };
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ends_well = is_hex(last)
        || last
            .bytes()
            .position(|byte| byte == b'.')
            .is_some_and(|_| (0..last.len()).any(|at| is_hex(&last[..at]) && is_loose_ipv4(&last[at..])));
    (2..=7).contains(&rest.len()) && rest.iter().all(|group| group.len() <= 4 && is_hex(group)) && ends_well
}

pub(super) const BINDING: &[Rule] = &[
    Rule::needs("owner owner/name owner/uuid portdev portdev/@name mac mac/@address filterref linkdev/@name"),
    Rule::is("owner/name", TEXT),
    Rule::is("owner/uuid", UUID),
    Rule::is("mac/@address", UNICAST_MAC),
    Rule::part("filterref", use_of_filter),
];
