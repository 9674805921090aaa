//! VLAN interfaces: the frames with one tag, on an interface of their own.

use netlink_packet_route::link::{InfoData, InfoKind, InfoVlan, LinkAttribute};

use crate::error::{NetError, Result};
use crate::link;
use crate::netlink::Netlink;

/// Makes `name` on top of `parent` for the VLAN `id`, switched off; returns its index. A kernel without VLAN
/// interfaces (`CONFIG_VLAN_8021Q`) is told of as [`NetError::KernelLacks`].
pub fn create(netlink: &Netlink, name: &str, parent: &str, id: u16) -> Result<u32> {
    if !(1..=4094).contains(&id) {
        return Err(NetError::BadVlan { id });
    }
    let parent = link::find(netlink, parent)?.index;
    let data = InfoData::Vlan(vec![InfoVlan::Id(id)]);
    link::create(netlink, name, InfoKind::Vlan, Some(data), vec![LinkAttribute::Link(parent)])
        .map_err(|failure| failure.during("VLAN interface", name))?;
    Ok(link::find(netlink, name)?.index)
}
