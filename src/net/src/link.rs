//! Network interfaces of any kind: find, list, change, remove.

use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_core::{DefaultNla, Emitable, NlaBuffer, Parseable};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    InfoBridge, InfoBridgePort, InfoData, InfoKind, InfoPortData, LinkAttribute, LinkExtentMask, LinkFlags,
    LinkInfo, LinkMessage, LinkProtoInfoBridge, State, Stats64,
};
use rustix::io::Errno;

use crate::MacAddr;
use crate::bridge_port::PortFlags;
use crate::error::{NetError, Refusal, Result};
use crate::netlink::{Mode, Netlink, Request};

/// `IFLA_EXT_MASK` bit that leaves out the statistics, which cost the kernel most of the work of a dump.
const SKIP_STATS: LinkExtentMask = LinkExtentMask::SkipStats;

/// What the kernel tells of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub index: u32,
    pub name: String,
    pub mac: Option<MacAddr>,
    pub mtu: u32,
    /// Switched on by the administrator.
    pub up: bool,
    /// Whether frames can pass just now.
    pub running: bool,
    /// The bridge or bond that it is a port of, by index.
    pub master: Option<u32>,
    /// The interface that a VLAN or macvtap sits on, or a veth's other end, by index.
    pub parent: Option<u32>,
    /// The other end's network namespace, where that is not this one.
    pub parent_elsewhere: bool,
    pub group: u32,
    /// `bridge`, `tun`, `veth`, …; empty for a physical interface.
    pub kind: String,
    /// The flags of a bridge's port.
    pub port: Option<PortFlags>,
    /// A bridge that filters by VLAN.
    pub vlan_filtering: bool,
    pub stats: LinkStats,
}

/// Counters of an interface, as the kernel counts them (from the host's side).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkStats {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_errors: u64,
    pub rx_dropped: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_errors: u64,
    pub tx_dropped: u64,
}

impl LinkStats {
    /// The same counters as the machine at the other end of a tap sees them.
    pub fn swapped(self) -> Self {
        Self {
            rx_bytes: self.tx_bytes,
            rx_packets: self.tx_packets,
            rx_errors: self.tx_errors,
            rx_dropped: self.tx_dropped,
            tx_bytes: self.rx_bytes,
            tx_packets: self.rx_packets,
            tx_errors: self.rx_errors,
            tx_dropped: self.rx_dropped,
        }
    }
}

impl From<&Stats64> for LinkStats {
    fn from(s: &Stats64) -> Self {
        Self {
            rx_bytes: s.rx_bytes,
            rx_packets: s.rx_packets,
            rx_errors: s.rx_errors,
            rx_dropped: s.rx_dropped,
            tx_bytes: s.tx_bytes,
            tx_packets: s.tx_packets,
            tx_errors: s.tx_errors,
            tx_dropped: s.tx_dropped,
        }
    }
}

impl Link {
    /// Reads a link message; `None` without a name (a bridge's own notices about a port carry one too).
    pub(crate) fn from_message(message: LinkMessage) -> Option<Self> {
        let flags = message.header.flags;
        let mut link = Link {
            index: message.header.index,
            name: String::new(),
            mac: None,
            mtu: 0,
            up: flags.contains(LinkFlags::Up),
            running: flags.contains(LinkFlags::LowerUp),
            master: None,
            parent: None,
            parent_elsewhere: false,
            group: 0,
            kind: String::new(),
            port: None,
            vlan_filtering: false,
            stats: LinkStats::default(),
        };
        for attribute in message.attributes {
            match attribute {
                LinkAttribute::IfName(name) => link.name = name,
                LinkAttribute::Address(bytes) => link.mac = MacAddr::from_slice(&bytes),
                LinkAttribute::Mtu(mtu) => link.mtu = mtu,
                LinkAttribute::Controller(index) => link.master = (index != 0).then_some(index),
                LinkAttribute::Link(index) => link.parent = (index != 0).then_some(index),
                LinkAttribute::LinkNetNsId(_) => link.parent_elsewhere = true,
                LinkAttribute::Group(group) => link.group = group,
                LinkAttribute::OperState(state) => link.running |= state == State::Up,
                LinkAttribute::Stats64(stats) => link.stats = (&stats).into(),
                // A bridge's own notice about a port has the flags here, in a form that the crate leaves raw.
                LinkAttribute::ProtoInfoBridge(raw) => link.port = Some(port_flags(&typed(&raw))),
                LinkAttribute::LinkInfo(infos) => infos.iter().for_each(|info| link.read_info(info)),
                _ => {}
            }
        }
        (!link.name.is_empty()).then_some(link)
    }

    fn read_info(&mut self, info: &LinkInfo) {
        match info {
            LinkInfo::Kind(kind) => self.kind = kind.to_string(),
            LinkInfo::Data(InfoData::Bridge(options)) => {
                self.vlan_filtering = options.contains(&InfoBridge::VlanFiltering(true));
            }
            LinkInfo::PortData(InfoPortData::BridgePort(options)) => {
                self.port = Some(port_flags(options));
            }
            _ => {}
        }
    }

    pub fn is_bridge(&self) -> bool {
        self.kind == "bridge"
    }
}

fn typed(raw: &[LinkProtoInfoBridge]) -> Vec<InfoBridgePort> {
    let options = raw.iter().filter_map(|option| {
        let LinkProtoInfoBridge::Other(nla) = option else { return None };
        let mut bytes = vec![0; nla.buffer_len()];
        nla.emit(&mut bytes);
        InfoBridgePort::parse(&NlaBuffer::new_checked(&bytes[..]).ok()?).ok()
    });
    options.collect()
}

fn port_flags(options: &[InfoBridgePort]) -> PortFlags {
    let mut flags = PortFlags::default();
    for option in options {
        match option {
            InfoBridgePort::Learning(on) => flags.learning = *on,
            InfoBridgePort::UnicastFlood(on) => flags.unicast_flood = *on,
            InfoBridgePort::MulticastFlood(on) => flags.multicast_flood = *on,
            InfoBridgePort::BroadcastFlood(on) => flags.broadcast_flood = *on,
            InfoBridgePort::Isolated(on) => flags.isolated = *on,
            _ => {}
        }
    }
    flags
}

/// Refuses names that the kernel would refuse or cut off, with a reason.
pub fn check_name(name: &str) -> Result<()> {
    let reason = match name {
        "" => "it is empty",
        "." | ".." => "it means a directory",
        _ if name.len() > 15 => "it is longer than the kernel's 15 bytes",
        _ if name
            .bytes()
            .any(|b| b == b'/' || b == b':' || b == 0 || b.is_ascii_whitespace() || b == 0x0b) =>
        {
            "it contains a slash, a colon or white space"
        }
        _ => return Ok(()),
    };
    Err(NetError::BadName { name: name.to_owned(), reason })
}

fn query(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
}

fn named(name: &str) -> LinkMessage {
    let mut message = query(0);
    message.attributes.push(LinkAttribute::IfName(name.to_owned()));
    message
}

fn into_link(message: RouteNetlinkMessage) -> Option<Link> {
    match message {
        RouteNetlinkMessage::NewLink(message) => Link::from_message(message),
        _ => None,
    }
}

/// The interface of this name, if there is one; its counters are left at zero, see [`stats`].
pub fn lookup(netlink: &Netlink, name: &str) -> Result<Option<Link>> {
    check_name(name)?;
    let mut message = named(name);
    message.attributes.push(LinkAttribute::ExtMask(vec![SKIP_STATS]));
    let answer = netlink.get(RouteNetlinkMessage::GetLink(message));
    Ok(answer.map_err(|r| r.during(format!("look up network interface '{name}'")))?.and_then(into_link))
}

/// The interface of this name; that there is none is an error.
pub fn find(netlink: &Netlink, name: &str) -> Result<Link> {
    lookup(netlink, name)?.ok_or_else(|| NetError::NoSuchLink { name: name.to_owned() })
}

/// The counters of the interface of this name.
pub fn stats(netlink: &Netlink, name: &str) -> Result<LinkStats> {
    check_name(name)?;
    let answer = netlink
        .get(RouteNetlinkMessage::GetLink(named(name)))
        .map_err(|r| r.during(format!("read the counters of network interface '{name}'")))?;
    let link = answer.and_then(into_link).ok_or_else(|| NetError::NoSuchLink { name: name.to_owned() })?;
    Ok(link.stats)
}

/// The interface of this index, if there is one; without counters.
pub fn lookup_index(netlink: &Netlink, index: u32) -> Result<Option<Link>> {
    let mut message = query(index);
    message.attributes.push(LinkAttribute::ExtMask(vec![SKIP_STATS]));
    let answer = netlink.get(RouteNetlinkMessage::GetLink(message));
    Ok(answer.map_err(|r| r.during(format!("look up network interface number {index}")))?.and_then(into_link))
}

/// All interfaces, with their counters.
pub fn list(netlink: &Netlink) -> Result<Vec<Link>> {
    dump(netlink, query(0))
}

/// All interfaces without counters, which is several times cheaper; only the ports of `master` if one is given.
pub fn list_ports(netlink: &Netlink, master: Option<u32>) -> Result<Vec<Link>> {
    let mut message = query(0);
    message.attributes.push(LinkAttribute::ExtMask(vec![SKIP_STATS]));
    message.attributes.extend(master.map(LinkAttribute::Controller));
    let mut links = dump(netlink, message)?;
    links.retain(|link| master.is_none() || link.master == master);
    Ok(links)
}

fn dump(netlink: &Netlink, message: LinkMessage) -> Result<Vec<Link>> {
    let answers = netlink.dump(RouteNetlinkMessage::GetLink(message));
    Ok(answers
        .map_err(|r| r.during("list the network interfaces"))?
        .into_iter()
        .filter_map(into_link)
        .collect())
}

fn change(netlink: &Netlink, message: LinkMessage, action: impl FnOnce() -> String) -> Result<()> {
    netlink.request(RouteNetlinkMessage::SetLink(message), Mode::Change).map_err(|r| r.during(action()))
}

pub(crate) fn up_message(index: u32, up: bool) -> LinkMessage {
    let mut message = query(index);
    message.header.change_mask = LinkFlags::Up;
    message.header.flags = if up { LinkFlags::Up } else { LinkFlags::empty() };
    message
}

/// Switches an interface on or off.
pub fn set_up(netlink: &Netlink, index: u32, up: bool) -> Result<()> {
    let word = if up { "on" } else { "off" };
    change(netlink, up_message(index, up), || format!("switch {word} network interface number {index}"))
}

fn set(netlink: &Netlink, index: u32, attribute: LinkAttribute, what: impl FnOnce() -> String) -> Result<()> {
    let mut message = query(index);
    message.attributes.push(attribute);
    change(netlink, message, what)
}

/// Sets the largest frame, in bytes without the Ethernet header.
pub fn set_mtu(netlink: &Netlink, index: u32, mtu: u32) -> Result<()> {
    set(netlink, index, LinkAttribute::Mtu(mtu), || {
        format!("set the MTU of interface number {index} to {mtu}")
    })
}

/// Sets the interface's own address.
pub fn set_mac(netlink: &Netlink, index: u32, mac: MacAddr) -> Result<()> {
    set(netlink, index, LinkAttribute::Address(mac.0.to_vec()), || {
        format!("give network interface number {index} the address {mac}")
    })
}

/// Renames an interface, which older kernels (before 6.2) allow only while it is off.
pub fn rename(netlink: &Netlink, index: u32, name: &str) -> Result<()> {
    check_name(name)?;
    set(netlink, index, LinkAttribute::IfName(name.to_owned()), || {
        format!("rename network interface number {index} to '{name}'")
    })
}

/// Sets the description that tools show beside the name.
pub fn set_alias(netlink: &Netlink, index: u32, alias: &str) -> Result<()> {
    set(netlink, index, LinkAttribute::IfAlias(alias.to_owned()), || {
        format!("describe network interface number {index}")
    })
}

/// Moves an interface into another network namespace.
pub fn move_to_namespace(netlink: &Netlink, index: u32, namespace: BorrowedFd<'_>) -> Result<()> {
    set(netlink, index, LinkAttribute::NetNsFd(namespace.as_raw_fd()), || {
        format!("move network interface number {index} to another network namespace")
    })
}

/// Makes it a port of the bridge or bond `master`; `None` takes it out.
pub fn set_master(netlink: &Netlink, index: u32, master: Option<u32>) -> Result<()> {
    set(netlink, index, LinkAttribute::Controller(master.unwrap_or(0)), || match master {
        Some(master) => format!("attach interface number {index} to interface number {master}"),
        None => format!("detach interface number {index} from its bridge"),
    })
}

/// Removes an interface; that it is gone already is a success.
pub fn delete(netlink: &Netlink, index: u32) -> Result<()> {
    match netlink.request(RouteNetlinkMessage::DelLink(query(index)), Mode::Change) {
        Err(Refusal { errno: Errno::NODEV, .. }) | Ok(()) => Ok(()),
        Err(refusal) => Err(refusal.during(format!("remove network interface number {index}"))),
    }
}

/// Removes many interfaces at the cost of one: the kernel waits for a quiet moment on all processors once for each
/// removal, so they are gathered in a link group of their own and removed by one message.
pub fn delete_all(netlink: &Netlink, indices: &[u32]) -> Result<()> {
    match indices {
        [] => return Ok(()),
        [one] => return delete(netlink, *one),
        _ => {}
    }
    let group = unused_group(netlink)?;
    let gather: Vec<_> = indices
        .iter()
        .map(|&index| {
            let mut message = query(index);
            message.attributes.push(LinkAttribute::Group(group));
            Request::new(RouteNetlinkMessage::SetLink(message), Mode::Change)
        })
        .collect();
    let failed = netlink.batch(&gather).into_iter().find(|(_, refusal)| refusal.errno != Errno::NODEV);
    if let Some((position, refusal)) = failed {
        return Err(refusal.during(format!("gather interface number {} for removal", indices[position])));
    }
    let mut message = query(0);
    message.attributes.push(LinkAttribute::Group(group));
    match netlink.request(RouteNetlinkMessage::DelLink(message), Mode::Change) {
        Ok(()) | Err(Refusal { errno: Errno::NODEV, .. }) => Ok(()),
        // One of a kind that can't be removed spoils the whole group: then each by itself.
        Err(Refusal { errno: Errno::OPNOTSUPP, .. }) => {
            indices.iter().try_for_each(|&index| delete(netlink, index))
        }
        Err(refusal) => Err(refusal.during(format!("remove {} network interfaces", indices.len()))),
    }
}

/// A group number that no interface has. Two callers at once get different ones.
fn unused_group(netlink: &Netlink) -> Result<u32> {
    use std::sync::atomic::{AtomicU32, Ordering};
    // Numbers from the top quarter, apart by process: groups that people choose are small.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let taken: Vec<u32> = list_ports(netlink, None)?.into_iter().map(|link| link.group).collect();
    let base = 0xc000_0000 | (std::process::id() << 10);
    loop {
        let group = base.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed) & 0x3ff);
        if !taken.contains(&group) {
            return Ok(group);
        }
    }
}

/// Makes an interface of `kind`; `attributes` go beside the name.
pub(crate) fn create(
    netlink: &Netlink,
    name: &str,
    kind: InfoKind,
    data: Option<InfoData>,
    attributes: Vec<LinkAttribute>,
) -> Result<(), CreateFailure> {
    check_name(name)?;
    let mut message = named(name);
    let mut info = vec![LinkInfo::Kind(kind)];
    info.extend(data.map(LinkInfo::Data));
    message.attributes.push(LinkAttribute::LinkInfo(info));
    message.attributes.extend(attributes);
    match netlink.request(RouteNetlinkMessage::NewLink(message), Mode::CreateNew) {
        Ok(()) => Ok(()),
        Err(Refusal { errno: Errno::EXIST, .. }) => {
            Err(NetError::LinkExists { name: name.to_owned() }.into())
        }
        Err(refusal) => Err(CreateFailure::Refused(refusal)),
    }
}

/// Why an interface was not made; the caller knows what a refusal means for its kind.
#[derive(Debug)]
pub(crate) enum CreateFailure {
    Refused(Refusal),
    Other(NetError),
}

impl From<NetError> for CreateFailure {
    fn from(error: NetError) -> Self {
        Self::Other(error)
    }
}

impl CreateFailure {
    /// The error for an interface of which `what` says kind and name.
    pub fn during(self, what: &'static str, name: &str) -> NetError {
        match self {
            Self::Other(error) => error,
            Self::Refused(Refusal { errno: Errno::OPNOTSUPP, hint })
                if hint.is_none() || unknown_kind(&hint) =>
            {
                NetError::KernelLacks { what, purpose: format!("interface '{name}'") }
            }
            Self::Refused(refusal) => refusal.during(format!("create the {what} '{name}'")),
        }
    }
}

fn unknown_kind(hint: &Option<String>) -> bool {
    hint.as_deref().is_some_and(|text| text.contains("Unknown device type"))
}

/// Nests netlink attributes into one of `kind`, marked as nested (the crate leaves the mark out, and the kernel
/// wants it in some places).
pub(crate) fn nested<T: netlink_packet_core::Nla>(kind: u16, attributes: &[T]) -> DefaultNla {
    let mut bytes = vec![0; attributes.buffer_len()];
    attributes.emit(&mut bytes);
    DefaultNla::new(kind | netlink_packet_core::NLA_F_NESTED, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_kernel_would_not_take() {
        for bad in ["", ".", "..", "a/b", "a b", "sixteen-bytes-xx", "a:1"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        for good in ["virbr0", "vnet%d", "fifteen-bytes-x", "br.5"] {
            check_name(good).unwrap();
        }
    }
}
