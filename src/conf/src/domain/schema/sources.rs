//! Where images are: what stands in `<source>` depends on the type, and over the network on the protocol.

use super::{devices, general};
use crate::values::schema::*;
use ferrovirt_xml::{Rule, Values};

/// What every image may have, local ones more, and each kind its own.
macro_rules! local {
    ($own:literal) => {
        concat!("@index @startupPolicy slices dataStore encryption ", $own)
    };
}

macro_rules! remote {
    ($own:literal) => {
        concat!("@protocol @name @index slices dataStore encryption host ", $own)
    };
}

const DEVICE_OR_PATH: Values = Values::named("an absolute path or a device's name", |text| {
    (PATH.valid)(text) || (DEVICE_NAME.valid)(text)
});
const NVME: &[Rule] = &[
    Rule::only("source", local!("@type @namespace @managed address")),
    Rule::needs("source/@type source/@namespace source/address"),
    Rule::is("source/@namespace", UINT32),
    Rule::part("source/address", devices::pci),
];
const COOKIE_NAME: Values = Values::named("a cookie's name", |text| {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
});
const COOKIE: Values = Values::named("a cookie's value", |text| {
    let bare = text.strip_prefix('"').unwrap_or(text);
    let bare = bare.strip_suffix('"').unwrap_or(bare);
    let known = |byte: u8| (b'!'..=b'~').contains(&byte) && !b"\",;\\{}".contains(&byte);
    !bare.is_empty() && bare.bytes().all(known)
});

tables! {
    /// In the element that has the type and `<source>`.
    fn source [
        Rule::part("source", common),
        Rule::when("", "@type", &["", "file"], &[
            Rule::only("source", local!("@file @fdgroup seclabel")),
            Rule::is("source/@file", PATH_OR_STORE),
            Rule::forms("source", &["", "@file @fdgroup?"]),
        ]),
        Rule::when("", "@type", &["block"], &[
            Rule::only("source", local!("@dev reservations seclabel")),
            Rule::is("source/@dev", DEVICE_OR_PATH),
        ]),
        Rule::when("", "@type", &["dir"], &[
            Rule::only("source", local!("@dir")),
            Rule::needs("source/@dir"),
            Rule::is("source/@dir", PATH),
        ]),
        Rule::when("", "@type", &["volume"], &[
            Rule::only("source", local!("@pool @volume @mode seclabel")),
            Rule::needs("source/@pool source/@volume"),
            Rule::is("source/@pool", OBJECT_NAME),
            Rule::is("source/@volume", VOLUME_NAME),
        ]),
        Rule::when("", "@type", &["nvme"], NVME),
        Rule::when("", "@type", &["vhostuser"], &[
            Rule::needs("source source/@type source/@path"),
            Rule::only("source", "@type @path reconnect"),
            Rule::is("source/@type", Values::one_of(&["unix"])),
            Rule::is("source/@path", PATH),
        ]),
        Rule::when("", "@type", &["vhostvdpa"], &[
            Rule::needs("source source/@dev"),
            Rule::only("source", "@dev"),
            Rule::is("source/@dev", PATH),
        ]),
        Rule::when("", "@type", &["network"], &[
            Rule::needs("source source/@protocol"),
            Rule::part("source", network),
        ]),
    ]

    fn common [
        Rule::is("@index", POSITIVE),
        Rule::once("slices/slice"),
        Rule::needs("slices/slice slices/slice/@type slices/slice/@offset slices/slice/@size"),
        Rule::is("slices/slice/@offset", UINT),
        Rule::is("slices/slice/@size", POSITIVE),
        Rule::needs("dataStore/format"),
        Rule::part("dataStore/format", format),
        Rule::part("dataStore", source),
        Rule::part("encryption", encryption),
        Rule::part("seclabel", seclabel),
        Rule::part("reconnect", reconnect),
        Rule::part("reservations", reservations),
    ]

    fn format [
        Rule::needs("@type"),
        Rule::part("metadata_cache/max_size", general::plain_size),
    ]

    fn network [
        Rule::once("host"),
        Rule::needs("@name host"),
        Rule::part("host", host),
        Rule::part("auth", auth),
        Rule::when("", "@protocol", &["rbd"], &[
            Rule::only("", remote!("snapshot config auth")),
            Rule::may("host @name"),
            Rule::many("host"),
            Rule::needs("snapshot/@name config/@file"),
            Rule::is("snapshot/@name", NAME),
            Rule::is("config/@file", PATH),
        ]),
        Rule::when("", "@protocol", &["iscsi"], &[
            Rule::only("", remote!("auth initiator")),
            Rule::needs("initiator/iqn initiator/iqn/@name"),
        ]),
        Rule::when("", "@protocol", &["https"], &[
            Rule::only("", remote!("@query ssl cookies readahead timeout auth")),
        ]),
        Rule::when("", "@protocol", &["http"], &[
            Rule::only("", remote!("@query cookies readahead timeout auth")),
        ]),
        Rule::when("", "@protocol", &["ftps"], &[Rule::only("", remote!("ssl readahead timeout auth"))]),
        Rule::when("", "@protocol", &["ftp"], &[Rule::only("", remote!("readahead timeout auth"))]),
        Rule::when("", "@protocol", &["ssh"], &[
            Rule::only("", remote!("readahead timeout knownHosts identity auth")),
            Rule::forms("", &["identity", "auth?"]),
            Rule::only("identity", "@username @keyfile @agentsock"),
            Rule::needs("identity/@username knownHosts/@path"),
            Rule::forms("identity", &["@keyfile", "@agentsock"]),
            Rule::is("identity/@username", NAME),
            Rule::is("identity/@keyfile identity/@agentsock knownHosts/@path", PATH),
        ]),
        Rule::when("", "@protocol", &["sheepdog", "tftp"], &[Rule::only("", remote!("readahead timeout"))]),
        Rule::when("", "@protocol", &["nbd"], &[
            Rule::only("", remote!("@tls @tlsHostname reconnect")),
            Rule::may("@name"),
        ]),
        Rule::when("", "@protocol", &["gluster"], &[Rule::only("", remote!("")), Rule::many("host")]),
        Rule::when("", "@protocol", &["vxhs"], &[Rule::only("", remote!("@tls"))]),
        Rule::when("", "@protocol", &["nfs"], &[
            Rule::only("", remote!("identity")),
            Rule::only("identity", "@user @group"),
            Rule::is("identity/@user identity/@group", NAME),
        ]),
        Rule::needs("readahead/@size timeout/@seconds ssl/@verify cookies/cookie cookies/cookie/@name"),
        Rule::is("readahead/@size timeout/@seconds", POSITIVE),
        Rule::is("cookies/cookie/@name", COOKIE_NAME),
        Rule::is("cookies/cookie", COOKIE),
    ]

    fn host [
        Rule::forms("", &["@transport=tcp|rdma @name @port?", "@name @port?", "@transport=unix @socket"]),
        Rule::is("@name", IP_OR_NAME),
        Rule::is("@port", UINT),
        Rule::is("@socket", PATH),
    ]

    fn auth [
        Rule::needs("@username secret secret/@type"),
        Rule::is("@username", NAME),
        Rule::is("secret/@type", Values::one_of(&["ceph", "iscsi"])),
        Rule::forms("secret", &["@uuid", "@usage"]),
        Rule::is("secret/@uuid", UUID),
        Rule::is("secret/@usage", OBJECT_NAME),
    ]

    /// Of images and of volumes.
    fn encryption [
        Rule::needs("@format secret/@type"),
        Rule::is("@format", Values::one_of(&["default", "qcow", "luks", "luks2", "luks-any"])),
        Rule::forms("secret", &["@uuid", "@usage"]),
        Rule::is("secret/@uuid", UUID),
        Rule::forms("", &["secret*", "secret+ cipher ivgen"]),
        Rule::needs("cipher/@name cipher/@size ivgen/@name"),
        Rule::forms("cipher", &["", "@mode @hash"]),
        Rule::is("cipher/@size", UINT),
    ]

    /// Of a source, unlike the guest's own.
    fn seclabel [
        Rule::many("label"),
        Rule::forms("", &["@relabel=no", "@labelskip=yes", "@relabel=yes label+", "label+"]),
    ]

    fn reconnect [
        Rule::forms("", &["@enabled @timeout?", "@delay"]),
        Rule::is("@timeout @delay", UINT),
        Rule::is("@enabled", YES_NO),
    ]

    fn reservations [
        Rule::may("@managed"),
        Rule::needs("source/@type source/@path source/@mode"),
        Rule::is("source/@type", Values::one_of(&["unix"])),
        Rule::is("source/@path", PATH),
        Rule::is("source/@mode", Values::one_of(&["server", "client"])),
        Rule::part("source/reconnect", reconnect),
    ]
}
