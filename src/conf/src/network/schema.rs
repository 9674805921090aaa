//! What the schemas of `<network>` and `<networkport>` say beyond the models.

use crate::domain::schema::{bandwidth, pci, virtual_port, vlan};
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

const ZONE: Values = Values::named("letters, digits, '_' and '-'", |text| {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
});
const MODES: &[&str] = &["nat", "route", "open", "bridge", "passthrough", "private", "vepa", "hostdev"];
const DHCP_ID: Values = Values::named("a DHCP unique identifier", is_dhcp_id);
const PROTOCOL: Values = Values::one_of(&["tcp", "udp"]);
const NAT_PORT: Values = Values::named("an integer from 1 to 65535", |text| within(text, 1, 65535));

pub(super) const NETWORK: &[Rule] = &[
    Rule::is("@connections", SIGNED_UINT),
    Rule::needs("name"),
    Rule::is("name", TEXT),
    Rule::is("title", LINE),
    Rule::is("uuid", UUID),
    Rule::only("metadata", "*"),
    Rule::any("metadata/*"),
    Rule::is("bridge/@name", DEVICE_NAME),
    Rule::is("bridge/@zone", ZONE),
    Rule::is("bridge/@stp", ON_OFF),
    Rule::is("portgroup/@default forward/@managed", YES_NO),
    Rule::needs("ip/tftp/@root"),
    Rule::is("bridge/@delay", SIGNED_ULONG),
    Rule::needs("mtu/@size mac/@address domain/@name portgroup/@name"),
    Rule::is("mtu/@size", USHORT),
    Rule::is("mac/@address", UNICAST_MAC),
    Rule::part("forward", forward),
    Rule::is("forward/@mode", Values::one_of(MODES)),
    Rule::part("virtualport portgroup/virtualport", virtual_port),
    Rule::part("bandwidth portgroup/bandwidth", bandwidth),
    Rule::part("vlan portgroup/vlan", vlan),
    Rule::is("portgroup/@name", DEVICE_NAME),
    Rule::is("domain/@name", DNS_NAME),
    Rule::part("dns", dns),
    Rule::part("ip", ip),
    Rule::needs("route/@address options/option/@value"),
    Rule::is("route/@address route/@gateway", IP),
    Rule::is("route/@family", FAMILY),
    Rule::is("route/@netmask", IPV4),
    Rule::is("route/@prefix", IP_PREFIX),
    Rule::is("route/@metric", UINT),
    Rule::forms("route", &["@netmask", "@prefix", ""]),
];

pub(super) const PORT_OF_NETWORK: &[Rule] = &[
    Rule::needs("uuid owner owner/name owner/uuid mac mac/@address rxfilters/@trustGuest"),
    Rule::is("uuid owner/uuid", UUID),
    Rule::is("owner/name", TEXT),
    Rule::is("mac/@address", UNICAST_MAC),
    Rule::is("group", DEVICE_NAME),
    Rule::part("virtualport", virtual_port),
    Rule::part("bandwidth", bandwidth),
    Rule::part("vlan", vlan),
    Rule::when(
        "plug",
        "@type",
        &["network", "bridge"],
        &[Rule::needs("@bridge"), Rule::is("@bridge", DEVICE_NAME)],
    ),
    Rule::when("plug", "@type", &["direct"], &[Rule::needs("@dev @mode"), Rule::is("@dev", DEVICE_NAME)]),
    Rule::when(
        "plug",
        "@type",
        &["hostdev-pci"],
        &[Rule::needs("address"), Rule::part("address", pci), Rule::is("driver/@model", NAME)],
    ),
];

tables! {
    fn forward [
        Rule::is("@dev interface/@dev pf/@dev", DEVICE_NAME),
        Rule::needs("interface/@dev pf/@dev address/@type"),
        Rule::forms("", &["interface*", "address*"]),
        Rule::is("interface/@connections address/@connections", SIGNED_UINT),
        Rule::is("address/@type", Values::one_of(&["pci"])),
        Rule::part("address", pci),
        Rule::is("driver/@model", NAME),
        Rule::needs("nat/address/@start nat/address/@end nat/port/@start nat/port/@end"),
        Rule::is("nat/address/@start nat/address/@end", IPV4),
        Rule::is("nat/port/@start nat/port/@end", NAT_PORT),
    ]

    fn dns [
        Rule::is("forwarder/@addr host/@ip", IP),
        Rule::is("forwarder/@domain txt/@name srv/@domain host/hostname", DNS_NAME),
        Rule::needs("txt/@name txt/@value srv/@service srv/@protocol host/@ip host/hostname"),
        Rule::is("srv/@protocol", PROTOCOL),
        Rule::is("srv/@port srv/@priority srv/@weight", USHORT),
    ]

    fn ip [
        Rule::is("@address", IP),
        Rule::is("@netmask", IPV4),
        Rule::is("@prefix", IP_PREFIX),
        Rule::forms("", &["@netmask", "@prefix", ""]),
        Rule::is("@family", FAMILY),
        Rule::may("@address"),
        Rule::needs("dhcp/range/@start dhcp/range/@end dhcp/host/@ip dhcp/*/lease/@expiry dhcp/bootp/@file"),
        Rule::is("dhcp/range/@start dhcp/range/@end dhcp/host/@ip", IP),
        Rule::forms("dhcp/host", &["@mac @name?", "@id @name?", "@name"]),
        Rule::is("dhcp/host/@mac", UNICAST_MAC),
        Rule::is("dhcp/host/@id", DHCP_ID),
        Rule::is("dhcp/*/lease/@expiry", ULONG),
        Rule::is("dhcp/bootp/@file", ANY_PATH),
        Rule::is("dhcp/bootp/@server", DNS_NAME),
    ]
}

/// Bytes in hexadecimal, parted by colons: two that tell one of four types, and what the type wants.
fn is_dhcp_id(text: &str) -> bool {
    let bytes: Option<Vec<u8>> = text
        .split(':')
        .map(|byte| if byte.len() > 2 { None } else { u8::from_str_radix(byte, 16).ok() })
        .collect();
    let Some(bytes) = bytes else { return false };
    let hardware = |rest: &[u8]| rest.len() >= 2 && rest[0] == 0 && (1..=15).contains(&rest[1]);
    match bytes.as_slice() {
        // The link's address, and the time it was made of.
        [0, 1, rest @ ..] => hardware(rest) && (12..=14).contains(&rest.len()),
        // An enterprise's number and whatever it likes.
        [0, 2, rest @ ..] => (5..=128).contains(&rest.len()),
        // The link's address alone.
        [0, 3, rest @ ..] => hardware(rest) && (8..=10).contains(&rest.len()),
        [0, 4, rest @ ..] => rest.len() == 16,
        _ => false,
    }
}
