//! The protocols that a rule can be about, and what of each it can look at.

use super::value::Kind;
use ferrovirt_xml::XmlEnum;

/// What a rule is about: the name of the element inside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Protocol {
    Arp,
    Rarp,
    Mac,
    Vlan,
    Stp,
    Ip,
    Ipv6,
    Tcp,
    Udp,
    Udplite,
    Esp,
    Ah,
    Sctp,
    Icmp,
    All,
    Igmp,
    TcpIpv6,
    UdpIpv6,
    UdpliteIpv6,
    EspIpv6,
    AhIpv6,
    SctpIpv6,
    Icmpv6,
    AllIpv6,
}

/// An attribute: its name and what it holds.
pub type Field = (&'static str, Kind);

/// An attribute that has the sign (`match='no'`) of another, whatever was written.
pub type Follower = (&'static str, &'static str);

const MACS: &[Field] = &[
    ("srcmacaddr", Kind::Mac),
    ("srcmacmask", Kind::MacMask),
    ("dstmacaddr", Kind::Mac),
    ("dstmacmask", Kind::MacMask),
];
/// A spanning tree frame always goes to the same address.
const SOURCE_MAC: &[Field] = &[("srcmacaddr", Kind::Mac), ("srcmacmask", Kind::MacMask)];
const COMMENT: &[Field] = &[("comment", Kind::Comment)];
const PORTS: &[Field] = &[
    ("srcportstart", Kind::U16),
    ("srcportend", Kind::U16),
    ("dstportstart", Kind::U16),
    ("dstportend", Kind::U16),
];
const IPV4: &[Field] = &[
    ("srcipaddr", Kind::Ipv4),
    ("srcipmask", Kind::Ipv4Mask),
    ("dstipaddr", Kind::Ipv4),
    ("dstipmask", Kind::Ipv4Mask),
];
const IPV6: &[Field] = &[
    ("srcipaddr", Kind::Ipv6),
    ("srcipmask", Kind::Ipv6Mask),
    ("dstipaddr", Kind::Ipv6),
    ("dstipmask", Kind::Ipv6Mask),
];
const IP_PROTOCOL: &[Field] = &[("protocol", Kind::IpProtocol)];
const DSCP: &[Field] = &[("dscp", Kind::Dscp)];
const IPV4_RANGES: &[Field] =
    &[("srcipfrom", Kind::Ipv4), ("srcipto", Kind::Ipv4), ("dstipfrom", Kind::Ipv4), ("dstipto", Kind::Ipv4)];
/// The last is IPv4 in libvirt too, so that a range of IPv6 destinations can't be told.
const IPV6_RANGES: &[Field] =
    &[("srcipfrom", Kind::Ipv6), ("srcipto", Kind::Ipv6), ("dstipfrom", Kind::Ipv6), ("dstipto", Kind::Ipv4)];
/// What connection tracking tells.
const CONNECTION: &[Field] = &[
    ("connlimit-above", Kind::Count),
    ("state", Kind::States),
    ("ipset", Kind::IpSet),
    ("ipsetflags", Kind::IpSetFlags),
];
const ONE_MAC: &[Field] = &[("srcmacaddr", Kind::Mac)];
const TCP_OPTION: &[Field] = &[("option", Kind::U8)];
const TCP_FLAGS: &[Field] = &[("flags", Kind::TcpFlags)];
const ICMP: &[Field] = &[("type", Kind::U8), ("code", Kind::U8)];
const ICMP_RANGES: &[Field] =
    &[("type", Kind::U8), ("typeend", Kind::U8), ("code", Kind::U8), ("codeend", Kind::U8)];
const ETHERNET: &[Field] = &[("protocolid", Kind::EtherType)];
const VLAN: &[Field] = &[("vlanid", Kind::VlanId), ("encap-protocol", Kind::VlanEtherType)];
const ARP: &[Field] = &[
    ("hwtype", Kind::U16),
    ("protocoltype", Kind::U16),
    ("opcode", Kind::ArpOpcode),
    ("arpsrcmacaddr", Kind::Mac),
    ("arpdstmacaddr", Kind::Mac),
    ("arpsrcipaddr", Kind::Ipv4),
    ("arpsrcipmask", Kind::Ipv4Mask),
    ("arpdstipaddr", Kind::Ipv4),
    ("arpdstipmask", Kind::Ipv4Mask),
    ("gratuitous", Kind::Flag),
];
const STP: &[Field] = &[
    ("type", Kind::U8),
    ("flags", Kind::U8),
    ("root-priority", Kind::U16),
    ("root-priority-hi", Kind::U16),
    ("root-address", Kind::Mac),
    ("root-address-mask", Kind::MacMask),
    ("root-cost", Kind::U32),
    ("root-cost-hi", Kind::U32),
    ("sender-priority", Kind::U16),
    ("sender-priority-hi", Kind::U16),
    ("sender-address", Kind::Mac),
    ("sender-address-mask", Kind::MacMask),
    ("port", Kind::U16),
    ("port-hi", Kind::U16),
    ("age", Kind::U16),
    ("age-hi", Kind::U16),
    ("max-age", Kind::U16),
    ("max-age-hi", Kind::U16),
    ("hello-time", Kind::U16),
    ("hello-time-hi", Kind::U16),
    ("forward-delay", Kind::U16),
    ("forward-delay-hi", Kind::U16),
];

const MAC_SIGNS: &[Follower] = &[("srcmacmask", "srcmacaddr"), ("dstmacmask", "dstmacaddr")];
const IP_SIGNS: &[Follower] = &[("srcipmask", "srcipaddr"), ("dstipmask", "dstipaddr")];
const RANGE_SIGNS: &[Follower] = &[("srcipto", "srcipfrom"), ("dstipto", "dstipfrom")];
const PORT_SIGNS: &[Follower] =
    &[("srcportend", "srcportstart"), ("dstportstart", "srcportstart"), ("dstportend", "srcportstart")];
const ICMP_SIGNS: &[Follower] = &[("code", "type")];
const ICMP_RANGE_SIGNS: &[Follower] = &[("typeend", "type"), ("code", "type"), ("codeend", "type")];
const STP_SIGNS: &[Follower] = &[
    ("srcmacmask", "srcmacaddr"),
    ("root-priority-hi", "root-priority"),
    ("root-address-mask", "root-address"),
    ("root-cost-hi", "root-cost"),
    ("sender-priority-hi", "sender-priority"),
    ("sender-address-mask", "sender-address"),
    ("port-hi", "port"),
    ("age-hi", "age"),
    ("max-age-hi", "max-age"),
    ("hello-time-hi", "hello-time"),
    ("forward-delay-hi", "forward-delay"),
];

impl Protocol {
    /// What rules about it can look at, in the order of printing.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        self.field_groups().iter().flat_map(|group| group.iter()).copied()
    }

    fn field_groups(self) -> &'static [&'static [Field]] {
        match self {
            Self::Arp | Self::Rarp => &[MACS, ARP, COMMENT],
            Self::Mac => &[MACS, ETHERNET, COMMENT],
            Self::Vlan => &[MACS, VLAN, COMMENT],
            Self::Stp => &[SOURCE_MAC, STP, COMMENT],
            Self::Ip => &[MACS, IPV4, IP_PROTOCOL, PORTS, DSCP, COMMENT],
            Self::Ipv6 => &[MACS, IPV6, IP_PROTOCOL, PORTS, ICMP_RANGES, COMMENT],
            Self::Tcp => {
                &[ONE_MAC, IPV4, IPV4_RANGES, DSCP, CONNECTION, PORTS, TCP_OPTION, TCP_FLAGS, COMMENT]
            }
            Self::TcpIpv6 => &[ONE_MAC, IPV6, IPV6_RANGES, DSCP, CONNECTION, PORTS, TCP_OPTION, COMMENT],
            Self::Udp | Self::Sctp => &[ONE_MAC, IPV4, IPV4_RANGES, DSCP, CONNECTION, PORTS, COMMENT],
            Self::UdpIpv6 | Self::SctpIpv6 => &[ONE_MAC, IPV6, IPV6_RANGES, DSCP, CONNECTION, PORTS, COMMENT],
            Self::Icmp => &[ONE_MAC, IPV4, IPV4_RANGES, DSCP, CONNECTION, ICMP, COMMENT],
            Self::Icmpv6 => &[ONE_MAC, IPV6, IPV6_RANGES, DSCP, CONNECTION, ICMP, COMMENT],
            Self::Udplite | Self::Esp | Self::Ah | Self::All | Self::Igmp => {
                &[ONE_MAC, IPV4, IPV4_RANGES, DSCP, CONNECTION, COMMENT]
            }
            Self::UdpliteIpv6 | Self::EspIpv6 | Self::AhIpv6 | Self::AllIpv6 => {
                &[ONE_MAC, IPV6, IPV6_RANGES, DSCP, CONNECTION, COMMENT]
            }
        }
    }

    /// The attributes that have the sign of another.
    pub fn followers(self) -> impl Iterator<Item = Follower> {
        let groups: &[&[Follower]] = match self {
            Self::Arp | Self::Rarp => &[],
            Self::Mac | Self::Vlan => &[MAC_SIGNS],
            Self::Stp => &[STP_SIGNS],
            Self::Ip => &[IP_SIGNS],
            Self::Ipv6 => &[IP_SIGNS, ICMP_RANGE_SIGNS],
            Self::Tcp | Self::TcpIpv6 | Self::Udp | Self::UdpIpv6 | Self::Sctp | Self::SctpIpv6 => {
                &[IP_SIGNS, RANGE_SIGNS, PORT_SIGNS]
            }
            Self::Icmp | Self::Icmpv6 => &[IP_SIGNS, RANGE_SIGNS, ICMP_SIGNS],
            _ => &[IP_SIGNS, RANGE_SIGNS],
        };
        groups.iter().flat_map(|group| group.iter()).copied()
    }

    /// Whether an IP set can be given with the flags of one's choice. libvirt forgets both but for these two; without
    /// flags, sets have the flag `src`.
    pub fn keeps_ip_set(self) -> bool {
        matches!(self, Self::All | Self::AllIpv6)
    }
}
