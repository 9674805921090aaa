//! Veth pairs: two interfaces, each the other end of the other's wire.

use netlink_packet_route::link::{InfoData, InfoKind, InfoVeth, LinkAttribute, LinkMessage};

use crate::MacAddr;
use crate::error::Result;
use crate::link;
use crate::netlink::Netlink;

/// One end of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VethEnd {
    pub name: String,
    pub mac: Option<MacAddr>,
}

impl VethEnd {
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), mac: None }
    }
}

/// Makes a pair, both ends switched off; returns their indices. Removing one removes both.
pub fn create(netlink: &Netlink, here: &VethEnd, there: &VethEnd) -> Result<(u32, u32)> {
    link::check_name(&there.name)?;
    let address = |end: &VethEnd| end.mac.map(|mac| LinkAttribute::Address(mac.0.to_vec()));
    let mut peer = LinkMessage::default();
    peer.attributes.push(LinkAttribute::IfName(there.name.clone()));
    peer.attributes.extend(address(there));
    let data = InfoData::Veth(InfoVeth::Peer(peer));
    link::create(netlink, &here.name, InfoKind::Veth, Some(data), address(here).into_iter().collect())
        .map_err(|failure| failure.during("veth pair", &here.name))?;
    Ok((link::find(netlink, &here.name)?.index, link::find(netlink, &there.name)?.index))
}
