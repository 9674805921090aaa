//! A port's place in a bridge: the flags that decide what floods and what is learned, and its VLANs.

use netlink_packet_route::link::{
    AfSpecBridge, BridgeVlanInfo, BridgeVlanInfoFlags, InfoBridgePort, LinkAttribute, LinkMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::error::{NetError, Result};
use crate::link::nested;
use crate::netlink::{Mode, Netlink, Request};

const IFLA_PROTINFO: u16 = 12;
const IFLA_AF_SPEC: u16 = 26;

/// What a bridge does with frames at a port. The default is the kernel's for a new port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortFlags {
    /// Source addresses are remembered.
    pub learning: bool,
    /// Frames to unknown stations are sent out of it.
    pub unicast_flood: bool,
    pub multicast_flood: bool,
    pub broadcast_flood: bool,
    /// It exchanges no frames with other isolated ports.
    pub isolated: bool,
}

impl Default for PortFlags {
    fn default() -> Self {
        Self {
            learning: true,
            unicast_flood: true,
            multicast_flood: true,
            broadcast_flood: true,
            isolated: false,
        }
    }
}

impl PortFlags {
    /// A port whose stations the MAC table knows: nothing to learn, and nothing unknown to send there.
    pub fn managed(isolated: bool) -> Self {
        Self { learning: false, unicast_flood: false, isolated, ..Self::default() }
    }

    fn to_attributes(self) -> [InfoBridgePort; 5] {
        [
            InfoBridgePort::Learning(self.learning),
            InfoBridgePort::UnicastFlood(self.unicast_flood),
            InfoBridgePort::MulticastFlood(self.multicast_flood),
            InfoBridgePort::BroadcastFlood(self.broadcast_flood),
            InfoBridgePort::Isolated(self.isolated),
        ]
    }
}

/// VLANs from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VlanRange {
    pub first: u16,
    pub last: u16,
}

/// The VLANs of a port on a bridge that filters by VLAN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortVlans {
    /// Frames without a tag belong to this VLAN, and leave without one.
    pub untagged: Option<u16>,
    /// Frames of these VLANs carry their tag.
    pub tagged: Vec<VlanRange>,
}

impl PortVlans {
    pub fn is_empty(&self) -> bool {
        self.untagged.is_none() && self.tagged.is_empty()
    }

    /// All VLANs of the port, ascending, each once.
    pub fn ids(&self) -> Vec<u16> {
        let mut ids: Vec<u16> =
            self.tagged.iter().flat_map(|r| r.first..=r.last).chain(self.untagged).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Refuses VLAN ids that do not exist, and ranges that run backwards.
    pub fn check(&self) -> Result<()> {
        let ends = self.tagged.iter().flat_map(|r| [r.first, r.last]).chain(self.untagged);
        if let Some(id) = ends.into_iter().find(|id| !(1..=4094).contains(id)) {
            return Err(NetError::BadVlan { id });
        }
        match self.tagged.iter().find(|r| r.first > r.last) {
            Some(r) => {
                Err(NetError::Invalid(format!("the VLAN range {} to {} runs backwards", r.first, r.last)))
            }
            None => Ok(()),
        }
    }

    fn to_attributes(&self) -> Vec<AfSpecBridge> {
        let info = |vid, flags| AfSpecBridge::VlanInfo(BridgeVlanInfo { flags, vid });
        let mut attributes = Vec::new();
        if let Some(vid) = self.untagged {
            attributes.push(info(vid, BridgeVlanInfoFlags::Pvid | BridgeVlanInfoFlags::Untagged));
        }
        for range in &self.tagged {
            if range.first == range.last {
                attributes.push(info(range.first, BridgeVlanInfoFlags::empty()));
            } else {
                attributes.push(info(range.first, BridgeVlanInfoFlags::RangeBegin));
                attributes.push(info(range.last, BridgeVlanInfoFlags::RangeEnd));
            }
        }
        attributes
    }
}

fn bridge_message(port: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.interface_family = AddressFamily::Bridge;
    message.header.index = port;
    message
}

/// The message that makes an interface a port of `bridge`. Its flags need a second one: the kernel reads them only
/// of what is a port already.
pub(crate) fn attach_request(port: u32, bridge: Option<u32>) -> Request {
    let mut message = LinkMessage::default();
    message.header.index = port;
    message.attributes.push(LinkAttribute::Controller(bridge.unwrap_or(0)));
    Request::new(RouteNetlinkMessage::SetLink(message), Mode::Change)
}

/// One message with all flags of a port, and its VLANs where it has some.
pub(crate) fn program_request(port: u32, flags: Option<PortFlags>, vlans: &PortVlans) -> Request {
    let mut message = bridge_message(port);
    if let Some(flags) = flags {
        message.attributes.push(LinkAttribute::Other(nested(IFLA_PROTINFO, &flags.to_attributes())));
    }
    if !vlans.is_empty() {
        message.attributes.push(LinkAttribute::Other(nested(IFLA_AF_SPEC, &vlans.to_attributes())));
    }
    Request::new(RouteNetlinkMessage::SetLink(message), Mode::Change)
}

/// One message that takes a port out of `vlans`.
pub(crate) fn remove_vlans_request(port: u32, vlans: &PortVlans) -> Request {
    let mut message = bridge_message(port);
    message.attributes.push(LinkAttribute::Other(nested(IFLA_AF_SPEC, &vlans.to_attributes())));
    Request::new(RouteNetlinkMessage::DelLink(message), Mode::Change)
}

/// Makes an interface a port of a bridge whose table the kernel keeps, in one send. On failure it is no port.
pub fn attach(netlink: &Netlink, port: u32, bridge: u32, flags: PortFlags, vlans: &PortVlans) -> Result<()> {
    vlans.check()?;
    let requests = [attach_request(port, Some(bridge)), program_request(port, Some(flags), vlans)];
    let failures = netlink.batch(&requests);
    let Some((position, refusal)) = failures.into_iter().next() else { return Ok(()) };
    if position == 0 {
        return Err(refusal.during(format!("attach interface number {port} to bridge number {bridge}")));
    }
    let first = refusal.during(format!("set the flags of bridge port number {port}"));
    match detach(netlink, port) {
        Ok(()) => Err(first),
        Err(undo) => Err(NetError::HalfDone { first: Box::new(first), undo: undo.to_string() }),
    }
}

/// Changes the flags of a port.
pub fn set_flags(netlink: &Netlink, port: u32, flags: PortFlags) -> Result<()> {
    let request = program_request(port, Some(flags), &PortVlans::default());
    netlink
        .request(request.message, request.mode)
        .map_err(|r| r.during(format!("set the flags of bridge port number {port}")))
}

/// Takes a port out of its bridge.
pub fn detach(netlink: &Netlink, port: u32) -> Result<()> {
    crate::link::set_master(netlink, port, None)
}

#[cfg(test)]
mod tests {
    use netlink_packet_core::{NetlinkHeader, NetlinkMessage, NetlinkPayload};

    use super::*;

    #[test]
    fn a_range_of_vlans_is_two_attributes_whatever_its_length() {
        let vlans = PortVlans {
            untagged: Some(7),
            tagged: vec![VlanRange { first: 100, last: 3000 }, VlanRange { first: 5, last: 5 }],
        };
        assert_eq!(vlans.to_attributes().len(), 4);
        let ids = vlans.ids();
        assert_eq!((ids[0], ids[1], ids[2], ids.len()), (5, 7, 100, 2903));
    }

    #[test]
    fn vlans_that_do_not_exist_are_refused() {
        let tagged = |first, last| PortVlans { untagged: None, tagged: vec![VlanRange { first, last }] };
        assert!(tagged(0, 5).check().is_err());
        assert!(tagged(1, 4095).check().is_err());
        assert!(tagged(9, 5).check().is_err());
        tagged(1, 4094).check().unwrap();
    }

    /// The bytes that iproute2's `bridge vlan add dev X vid 100-200 tagged` puts behind the link header.
    #[test]
    fn vlan_ranges_look_as_the_kernel_wants_them() {
        let vlans = PortVlans { untagged: None, tagged: vec![VlanRange { first: 100, last: 200 }] };
        let request = program_request(3, None, &vlans);
        let mut message =
            NetlinkMessage::new(NetlinkHeader::default(), NetlinkPayload::InnerMessage(request.message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        let expected = [20, 0, 26, 0x80, 8, 0, 2, 0, 8, 0, 100, 0, 8, 0, 2, 0, 16, 0, 200, 0];
        assert_eq!(bytes[32..], expected);
    }
}
