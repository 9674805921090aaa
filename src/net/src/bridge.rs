//! Bridges: make one with its options, change them, remove it.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{InfoBridge, InfoData, InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use rustix::io::Errno;

use crate::MacAddr;
use crate::error::{NetError, Refusal, Result};
use crate::link::{self, Link};
use crate::netlink::{Mode, Netlink};

/// The kernel counts a bridge's times in hundredths of a second on the wire.
const TICKS_PER_SECOND: u32 = 100;

/// What a new bridge is given. The default is what the kernel would do by itself, with the spanning tree off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BridgeOptions {
    /// Spanning tree protocol; `None` leaves the kernel's default (off).
    pub stp: Option<bool>,
    /// Seconds in each of listening and learning before a port forwards. Below 2 is taken only with the spanning tree
    /// off; what the kernel refuses is an error.
    pub forward_delay: Option<u32>,
    /// The bridge's own address; with one set, it no longer follows its ports.
    pub mac: Option<MacAddr>,
    pub mtu: Option<u32>,
    /// Whether multicast goes only where it was asked for.
    pub multicast_snooping: Option<bool>,
    /// Seconds after which what was learned is forgotten.
    pub ageing: Option<u32>,
    /// Ask for filtering by VLAN; see [`Bridge::vlan_filtering`].
    pub vlan_filtering: bool,
}

/// A bridge that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bridge {
    pub index: u32,
    /// Whether the bridge filters by VLAN; false also where it was asked for and the kernel can't, which was logged.
    pub vlan_filtering: bool,
}

impl BridgeOptions {
    fn to_data(self) -> Vec<InfoBridge> {
        let ticks = |seconds: u32| seconds.saturating_mul(TICKS_PER_SECOND);
        let mut data = Vec::new();
        data.extend(self.forward_delay.map(|s| InfoBridge::ForwardDelay(ticks(s))));
        data.extend(self.stp.map(|on| InfoBridge::StpState(on.into())));
        data.extend(self.ageing.map(|s| InfoBridge::AgeingTime(ticks(s))));
        data.extend(self.multicast_snooping.map(|on| InfoBridge::MulticastSnooping(on.into())));
        data
    }
}

/// Makes a bridge, switched off, in one message; a second one asks for VLAN filtering where that is wanted, because
/// a kernel without it must not refuse the bridge.
pub fn create(netlink: &Netlink, name: &str, options: &BridgeOptions) -> Result<Bridge> {
    let mut attributes = Vec::new();
    attributes.extend(options.mac.map(|mac| LinkAttribute::Address(mac.0.to_vec())));
    attributes.extend(options.mtu.map(LinkAttribute::Mtu));
    let data = InfoData::Bridge(options.to_data());
    link::create(netlink, name, InfoKind::Bridge, Some(data), attributes)
        .map_err(|failure| failure.during("bridge", name))?;
    let index = link::find(netlink, name)?.index;
    let bridge = Bridge { index, vlan_filtering: false };
    if !options.vlan_filtering {
        return Ok(bridge);
    }
    match set_vlan_filtering(netlink, index, true) {
        Ok(vlan_filtering) => Ok(Bridge { vlan_filtering, ..bridge }),
        Err(first) => match link::delete(netlink, index) {
            Ok(()) => Err(first),
            Err(undo) => Err(NetError::HalfDone { first: Box::new(first), undo: undo.to_string() }),
        },
    }
}

/// Finds a bridge; an interface of another kind is an error.
pub fn find(netlink: &Netlink, name: &str) -> Result<Link> {
    let link = link::find(netlink, name)?;
    if link.is_bridge() { Ok(link) } else { Err(NetError::NotABridge { name: name.to_owned() }) }
}

/// Changes what `options` names of an existing bridge (addresses and sizes included).
pub fn change(netlink: &Netlink, index: u32, options: &BridgeOptions) -> Result<()> {
    if let Some(mac) = options.mac {
        link::set_mac(netlink, index, mac)?;
    }
    if let Some(mtu) = options.mtu {
        link::set_mtu(netlink, index, mtu)?;
    }
    // With the spanning tree on, the kernel refuses a delay below 2 seconds, and within one message it looks at the
    // delay first: switching off comes in a message before.
    let first = if options.stp == Some(false) { vec![InfoBridge::StpState(0)] } else { Vec::new() };
    set_options(netlink, index, first)
        .and_then(|()| set_options(netlink, index, options.to_data()))
        .map_err(|r| r.during(format!("change the options of bridge number {index}")))
}

/// Switches VLAN filtering; returns whether the bridge filters now. A kernel that can't is warned of, not an error:
/// the network works, its VLANs are then kept apart by nothing.
pub fn set_vlan_filtering(netlink: &Netlink, index: u32, on: bool) -> Result<bool> {
    let lacks = || {
        tracing::warn!(index, "this kernel's bridges cannot filter by VLAN; the bridge works without");
        Ok(false)
    };
    match set_options(netlink, index, vec![InfoBridge::VlanFiltering(on)]) {
        // A kernel that was built without it may also ignore the attribute: look what became of it.
        Ok(()) if on => match link::lookup_index(netlink, index)? {
            Some(link) if link.vlan_filtering => Ok(true),
            _ => lacks(),
        },
        Ok(()) => Ok(false),
        Err(Refusal { errno: Errno::INVAL | Errno::OPNOTSUPP, .. }) => {
            if on {
                lacks()
            } else {
                Ok(false)
            }
        }
        Err(refusal) => Err(refusal.during(format!("switch VLAN filtering on bridge number {index}"))),
    }
}

fn set_options(netlink: &Netlink, index: u32, data: Vec<InfoBridge>) -> Result<(), Refusal> {
    if data.is_empty() {
        return Ok(());
    }
    let mut message = LinkMessage::default();
    message.header.index = index;
    let info = vec![LinkInfo::Kind(InfoKind::Bridge), LinkInfo::Data(InfoData::Bridge(data))];
    message.attributes.push(LinkAttribute::LinkInfo(info));
    // RTM_SETLINK ignores a link's own data; RTM_NEWLINK without the flag to create changes it.
    netlink.request(RouteNetlinkMessage::NewLink(message), Mode::Change)
}

/// Removes a bridge by name; its ports stay. That there is none is a success, another kind of interface an error.
pub fn delete(netlink: &Netlink, name: &str) -> Result<()> {
    match link::lookup(netlink, name)? {
        None => Ok(()),
        Some(link) if link.is_bridge() => link::delete(netlink, link.index),
        Some(_) => Err(NetError::NotABridge { name: name.to_owned() }),
    }
}
