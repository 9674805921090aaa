//! Network interfaces, and what networks share with them: addresses, routes, bandwidths, virtual ports.

use super::{devices, sources};
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

/// Bridges may have blanks in their names.
const BRIDGE: Values = Values::named("a bridge's name", |text| {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-\\:/ ".contains(&byte))
});
const MODEL: Values = Values::named("letters, digits, '-' and '_'", |text| {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
});
const DIRECT_MODE: Values = Values::one_of(&["vepa", "bridge", "private", "passthrough"]);
const SPEED: Values =
    Values::named("an integer from 1 to 18014398509481984", |text| within(text, 1, 1 << 54));
const BURST: Values =
    Values::named("an integer from 1 to 4294967295", |text| within(text, 1, u32::MAX as i128));
const VLAN: Values = Values::named("an integer from 0 to 4095", |text| within(text, 0, 4095));
const PROFILE: Values = Values::named("up to 39 characters", |text| text.chars().count() <= 39);
/// Which virtual ports a type knows.
const WITHOUT_PORT: &[&str] =
    &["ethernet", "vhostuser", "user", "internal", "mcast", "client", "udp", "server", "vdpa", "null", "vds"];

tables! {
    fn interface [
        Rule::needs("@type"),
        Rule::when("", "@type", WITHOUT_PORT, &[Rule::no("virtualport")]),
        Rule::when("", "@type", &["bridge"], &[
            Rule::needs("source/@bridge"),
            Rule::may("source"),
            Rule::only("source", "@bridge @macTableManager @network @portgroup @portid"),
            Rule::forms("source", &["", "@network @portgroup? @portid?"]),
        ]),
        Rule::when("", "@type", &["ethernet"], &[Rule::only("source", "ip route"), Rule::part("source", addresses)]),
        Rule::when("", "@type", &["vhostuser"], &[
            Rule::only("source", "@type @path @mode @dev reconnect"),
            Rule::is("source/@type", Values::one_of(&["unix"])),
            Rule::is("source/@mode", Values::one_of(&["server", "client"])),
            Rule::is("source/@path", PATH),
        ]),
        Rule::when("", "@type", &["network"], &[
            Rule::needs("source source/@network"),
            Rule::only("source", "@network @portgroup @portid @bridge @macTableManager"),
            Rule::forms("source", &["", "@bridge @macTableManager?"]),
        ]),
        Rule::when("", "@type", &["direct"], &[
            Rule::needs("source source/@dev"),
            Rule::only("source", "@dev @mode @network @portgroup @portid"),
            Rule::forms("source", &["", "@network @portgroup? @portid?"]),
            Rule::is("source/@mode", DIRECT_MODE),
        ]),
        Rule::when("", "@type", &["user"], &[Rule::only("source", "@dev"), Rule::needs("source/@dev")]),
        Rule::when("", "@type", &["internal"], &[Rule::needs("source source/@name"), Rule::is("source/@name", DEVICE_NAME)]),
        Rule::when("", "@type", &["mcast", "client"], &[
            Rule::needs("source source/@address source/@port"),
            Rule::only("source", "@address @port"),
        ]),
        Rule::when("", "@type", &["udp"], &[
            Rule::needs("source source/@address source/@port source/local source/local/@address source/local/@port"),
            Rule::only("source", "@address @port local"),
            Rule::is("source/local/@address", IPV4),
            Rule::is("source/local/@port", PORT),
        ]),
        Rule::when("", "@type", &["server"], &[
            Rule::needs("source source/@port"),
            Rule::only("source", "@address @port"),
        ]),
        Rule::when("", "@type", &["hostdev"], &[
            Rule::needs("source"),
            Rule::part("source", host_device),
        ]),
        Rule::when("", "@type", &["vdpa"], &[Rule::needs("source source/@dev"), Rule::only("source", "@dev")]),
        Rule::when("", "@type", &["vds"], &[
            Rule::needs("source source/@switchid"),
            Rule::only("source", "@switchid @portid @portgroupid @connectionid"),
            Rule::is("source/@switchid", UUID),
            Rule::is("source/@portid source/@connectionid", LONG),
        ]),
        Rule::is("source/@bridge", BRIDGE),
        Rule::is("source/@dev source/@portgroup", DEVICE_NAME),
        Rule::is("source/@address", IPV4),
        Rule::is("source/@port", PORT),
        Rule::part("source/reconnect", sources::reconnect),
        Rule::part("", options),
        Rule::part("", addresses),
        Rule::part("bandwidth", bandwidth),
        Rule::part("vlan", vlan),
        Rule::part("virtualport", virtual_port),
    ]

    fn options [
        Rule::needs("link/@state mtu/@size target/@dev mac/@address script/@path downscript/@path"),
        Rule::needs("backenddomain/@name model/@type"),
        Rule::is("mtu/@size", USHORT),
        Rule::is("coalesce/rx/frames/@max", UINT),
        Rule::is("target/@dev guest/@dev guest/@actual", DEVICE_NAME),
        Rule::is("mac/@address mac/@currentAddress", UNICAST_MAC),
        Rule::is("mac/@type", Values::one_of(&["generated", "static"])),
        Rule::is("script/@path downscript/@path", ANY_PATH),
        Rule::is("backenddomain/@name", LINE),
        Rule::is("model/@type", MODEL),
        Rule::is("backend/@tap backend/@vhost backend/@logFile", PATH),
        Rule::is("driver/@queues driver/@rx_queue_size driver/@tx_queue_size", POSITIVE),
        Rule::is("driver/@name", Values::one_of(&["qemu", "vhost", "kvm", "vfio", "xen"])),
        Rule::part("filterref", filter),
        Rule::is("tune/sndbuf", UINT),
        Rule::needs("portForward/@proto portForward/range/@start"),
        Rule::uncrossed("", &["ip route", "portForward"]),
        Rule::is("portForward/@address", IP),
        Rule::is("portForward/@dev", DEVICE_NAME),
        Rule::is("portForward/range/@start portForward/range/@end portForward/range/@to", PORT),
        Rule::forms("teaming", &["@type=persistent", "@type=transient @persistent"]),
        Rule::is("teaming/@persistent", PLAIN_NAME),
    ]

    /// A use of a filter, of an interface or in another filter.
    fn filter [
        Rule::needs("@filter parameter/@name parameter/@value"),
        Rule::is("@filter", XML_NAME),
        Rule::is("parameter/@name", WORD),
        Rule::is("parameter/@value", WORDS),
    ]

    fn host_device [
        Rule::forms("", &["vendor product address?", "address"]),
        Rule::when("", "vendor/@id", &[""], &[
            Rule::needs("address/@type"),
            Rule::when("address", "@type", &["pci"], &[Rule::part("", devices::pci)]),
            Rule::when("address", "@type", &["usb"], &[
                Rule::needs("@bus @device"),
                Rule::is("@bus @device", USB_NUMBER),
            ]),
        ]),
    ]

    fn addresses [
        Rule::needs("ip/@address route/@address"),
        Rule::is("ip/@address ip/@peer route/@address route/@gateway", IP),
        Rule::is("ip/@family route/@family", FAMILY),
        Rule::is("ip/@prefix route/@prefix", IP_PREFIX),
        Rule::is("route/@netmask", IPV4),
        Rule::forms("route", &["@netmask", "@prefix", ""]),
        Rule::is("route/@metric", UINT),
    ]

    fn bandwidth [
        Rule::is("@classID", POSITIVE),
        Rule::may("inbound/@average outbound/@average"),
        Rule::is("inbound/@average inbound/@peak inbound/@floor outbound/@average outbound/@peak outbound/@floor", SPEED),
        Rule::is("inbound/@burst outbound/@burst", BURST),
    ]

    fn vlan [
        Rule::is("@trunk", Values::one_of(&["yes"])),
        Rule::needs("tag tag/@id"),
        Rule::is("tag/@id", VLAN),
    ]

    fn virtual_port [
        Rule::when("", "@type", &["802.1Qbg"], &[Rule::only("parameters", "@managerid @typeid @typeidversion @instanceid")]),
        Rule::when("", "@type", &["802.1Qbh"], &[Rule::only("parameters", "@profileid")]),
        Rule::when("", "@type", &["openvswitch"], &[Rule::only("parameters", "@profileid @interfaceid")]),
        Rule::when("", "@type", &["midonet"], &[
            Rule::needs("parameters parameters/@interfaceid"),
            Rule::only("parameters", "@interfaceid"),
        ]),
        Rule::is("parameters/@managerid parameters/@typeidversion", UINT8),
        Rule::is("parameters/@typeid", UINT24),
        Rule::is("parameters/@instanceid parameters/@interfaceid", UUID),
        Rule::is("parameters/@profileid", PROFILE),
    ]
}
