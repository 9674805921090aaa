//! What the schema of `<interface>` of a host says beyond the model: what is inside of another has no addresses of its own.

use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

const DELAY: Values =
    Values::named("seconds", |text| text.trim_ascii().parse().is_ok_and(|delay: f64| delay >= 0.0));
const TAG: Values = Values::named("an integer from 0 to 4095", |text| within(text, 0, 4095));
const IPV4_PREFIX: Values = Values::named("an integer from 0 to 32", |text| within(text, 0, 32));

pub(super) const INTERFACE: &[Rule] = &[
    Rule::needs("@type"),
    Rule::part("", common),
    Rule::is("start/@mode", Values::one_of(&["onboot", "none", "hotplug"])),
    Rule::needs("mtu/@size start/@mode"),
    Rule::forms("", &["protocol@family=ipv4? protocol@family=ipv6?"]),
    Rule::is("mtu/@size", SIGNED_UINT),
    Rule::part("protocol", protocol),
    Rule::when("", "@type", &["ethernet"], &[Rule::only("", "@type @name start mac link mtu protocol")]),
    Rule::when("", "@type", &["vlan"], &[Rule::only("", "@type @name start link mtu protocol vlan")]),
    Rule::when(
        "",
        "@type",
        &["bridge"],
        &[
            Rule::only("", "@type @name start mtu protocol bridge"),
            Rule::needs("@name bridge"),
            Rule::part("bridge/interface", bare),
        ],
    ),
    Rule::when("", "@type", &["bond"], &[Rule::only("", "@type @name start link mtu protocol bond")]),
    Rule::is("bridge/@delay", DELAY),
];

tables! {
    fn common [
        Rule::is("@name", DEVICE_NAME),
        Rule::is("link/@speed", UINT),
        Rule::when("", "@type", &["ethernet", "bond"], &[Rule::needs("@name")]),
        Rule::when("", "@type", &["ethernet"], &[
            Rule::needs("mac/@address"),
            Rule::is("mac/@address", MAC),
        ]),
        Rule::when("", "@type", &["vlan"], &[
            Rule::may("@name"),
            Rule::needs("vlan vlan/@tag vlan/interface vlan/interface/@name"),
            Rule::is("vlan/@tag", TAG),
            Rule::is("vlan/interface/@name", DEVICE_NAME),
        ]),
        Rule::when("", "@type", &["bond"], &[Rule::needs("bond"), Rule::part("bond", bond)]),
    ]

    fn bond [
        Rule::forms("", &["miimon", "arpmon", ""]),
        Rule::needs("miimon/@freq arpmon/@interval arpmon/@target interface"),
        Rule::is("miimon/@freq miimon/@downdelay miimon/@updelay arpmon/@interval", UINT),
        Rule::is("arpmon/@target", IPV4),
        Rule::is("arpmon/@validate", Values::one_of(&["none", "active", "backup", "all"])),
        Rule::part("interface", bare),
        Rule::is("interface/@type", Values::one_of(&["ethernet"])),
    ]

    fn bare [
        Rule::needs("@type"),
        Rule::is("@type", Values::one_of(&["ethernet", "vlan", "bond"])),
        Rule::part("", common),
        Rule::when("", "@type", &["ethernet"], &[Rule::only("", "@type @name mac link")]),
        Rule::when("", "@type", &["vlan"], &[Rule::only("", "@type @name link vlan")]),
        Rule::when("", "@type", &["bond"], &[Rule::only("", "@type @name link bond")]),
    ]

    fn protocol [
        Rule::needs("@family ip/@address route/@gateway"),
        Rule::when("", "@family", &["ipv4"], &[
            Rule::no("autoconf"),
            Rule::is("ip/@address route/@gateway", IPV4),
            Rule::is("ip/@prefix", IPV4_PREFIX),
        ]),
        Rule::when("", "@family", &["ipv6"], &[
            Rule::is("ip/@address route/@gateway", IPV6),
            Rule::is("ip/@prefix", IP_PREFIX),
        ]),
    ]
}
