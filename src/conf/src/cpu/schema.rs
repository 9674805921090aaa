//! What the schema says of `<cpu>` beyond the model.

use crate::domain::schema::ARCHES;
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

const FEATURE: Values = PLAIN_NAME;
const VENDOR_ID: Values = Values::named("12 characters without ','", |text| {
    text.chars().count() == 12 && !text.contains([',', '\n'])
});
const HOST_FEATURE: Values = Values::named("letters, digits, '-' and '_'", |text| {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
});
const DISTANCE: Values = Values::named("an integer from 10 to 255", |text| within(text, 10, 255));

/// Of a guest's CPU.
pub(crate) const GUEST: &[Rule] = &[Rule::part("", guest)];

/// Of a host's CPU.
pub(crate) const HOST: &[Rule] = &[Rule::part("", host)];

tables! {
    fn guest [
        Rule::is("@check", Values::one_of(&["none", "partial", "full"])),
        Rule::needs("feature/@policy feature/@name"),
        Rule::is("feature/@name", FEATURE),
        Rule::is("model/@vendor_id", VENDOR_ID),
        Rule::needs("topology/@sockets topology/@cores topology/@threads"),
        Rule::is("topology/@sockets topology/@dies topology/@clusters topology/@cores topology/@threads", POSITIVE),
        Rule::is("cache/@level", Values::one_of(&["1", "2", "3"])),
        Rule::is("maxphysaddr/@bits maxphysaddr/@limit", UINT),
        Rule::part("numa", numa),
    ]

    /// As hosts describe it.
    fn host [
        Rule::is("arch", ARCHES),
        Rule::no("cache"),
        Rule::needs("microcode/@version"),
        Rule::is("counter/@name", TEXT),
        Rule::order("features", "pae? nonpae? vmx? svm?"),
        Rule::is("microcode/@version signature/@family counter/@frequency", POSITIVE),
        Rule::is("signature/@model signature/@stepping pages/@size", UINT),
        Rule::is("pages/@unit", UNIT),
        Rule::needs("feature/@name"),
        Rule::is("feature/@name", HOST_FEATURE),
        Rule::needs("topology/@sockets topology/@cores topology/@threads"),
        Rule::is("topology/@sockets topology/@dies topology/@clusters topology/@cores topology/@threads", POSITIVE),
        Rule::is("maxphysaddr/@bits maxphysaddr/@limit", UINT),
    ]

    fn numa [
        Rule::needs("cell cell/@memory"),
        Rule::is("cell/@id", UINT),
        Rule::is("cell/@cpus", CPUS),
        Rule::is("cell/@memory", SIGNED_ULONG),
        Rule::is("cell/@unit", UNIT),
        Rule::needs("cell/distances/sibling cell/distances/sibling/@id cell/distances/sibling/@value"),
        Rule::is("cell/distances/sibling/@id", UINT),
        Rule::is("cell/distances/sibling/@value", DISTANCE),
        Rule::needs("cell/cache/@level cell/cache/@associativity cell/cache/@policy cell/cache/size cell/cache/line"),
        Rule::is("cell/cache/@level", UINT),
        Rule::only("cell/cache/size cell/cache/line", "@value @unit"),
        Rule::needs("cell/cache/size/@value cell/cache/size/@unit cell/cache/line/@value cell/cache/line/@unit"),
        Rule::is("cell/cache/size/@value cell/cache/line/@value", UINT),
        Rule::is("cell/cache/size/@unit cell/cache/line/@unit", UNIT),
        Rule::needs("interconnects/bandwidth/@unit"),
        Rule::is("interconnects/*/@initiator interconnects/*/@target interconnects/*/@cache interconnects/*/@value", UINT),
        Rule::is("interconnects/bandwidth/@unit", UNIT),
    ]
}
