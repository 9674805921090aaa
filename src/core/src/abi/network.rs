//! `libvirt-network.h`: virtual networks, their ports and leases.

use std::ffi::{c_char, c_int, c_longlong, c_uint, c_void};

use crate::abi::virConnectPtr;

/// A virtual network; opaque. Since 0.2.0.
#[repr(C)]
#[derive(Debug)]
pub struct virNetwork {
    _opaque: [u8; 0],
}

/// Pointer to a `virNetwork`. Since 0.2.0.
pub type virNetworkPtr = *mut virNetwork;

/// A connection of a guest's interface to a network; opaque. Since 5.5.0.
#[repr(C)]
#[derive(Debug)]
pub struct virNetworkPort {
    _opaque: [u8; 0],
}

/// Pointer to a `virNetworkPort`. Since 5.5.0.
pub type virNetworkPortPtr = *mut virNetworkPort;

/// A DHCP lease of a network. Since 1.2.6.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virNetworkDHCPLease {
    /// Bridge.
    pub iface: *mut c_char,
    /// When it ends, in seconds since the epoch.
    pub expirytime: c_longlong,
    /// A `virIPAddrType`.
    pub r#type: c_int,
    /// MAC address of the client.
    pub mac: *mut c_char,
    /// IAID of the client, for IPv6.
    pub iaid: *mut c_char,
    /// Address.
    pub ipaddr: *mut c_char,
    /// Length of the network prefix.
    pub prefix: c_uint,
    /// Host name of the client.
    pub hostname: *mut c_char,
    /// Client ID or DUID.
    pub clientid: *mut c_char,
}

/// Pointer to a `virNetworkDHCPLease`. Since 1.2.6.
pub type virNetworkDHCPLeasePtr = *mut virNetworkDHCPLease;

/// A network event that carries nothing; every other callback is cast to it. Since 1.2.1.
pub type virConnectNetworkEventGenericCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, net: virNetworkPtr, opaque: *mut c_void)>;

/// A network's life cycle; `event` is a `virNetworkEventLifecycleType`, `detail` is 0. Since 1.2.1.
pub type virConnectNetworkEventLifecycleCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        net: virNetworkPtr,
        event: c_int,
        detail: c_int,
        opaque: *mut c_void,
    ),
>;

/// Metadata of a network changed; `type` is a `virNetworkMetadataType`. Since 9.8.0.
pub type virConnectNetworkEventMetadataChangeCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        net: virNetworkPtr,
        r#type: c_int,
        nsuri: *const c_char,
        opaque: *mut c_void,
    ),
>;

c_enum! {
    /// Filters for a list of networks. Since 0.10.2.
    pub enum virConnectListAllNetworksFlags: u32 {
        /// Networks that are not active. Since 0.10.2.
        VIR_CONNECT_LIST_NETWORKS_INACTIVE = 1 << 0,
        /// Active networks. Since 0.10.2.
        VIR_CONNECT_LIST_NETWORKS_ACTIVE = 1 << 1,
        /// Networks with a stored definition. Since 0.10.2.
        VIR_CONNECT_LIST_NETWORKS_PERSISTENT = 1 << 2,
        /// Networks without one. Since 0.10.2.
        VIR_CONNECT_LIST_NETWORKS_TRANSIENT = 1 << 3,
        /// Networks that start with the host. Since 0.10.2.
        VIR_CONNECT_LIST_NETWORKS_AUTOSTART = 1 << 4,
        /// Networks that do not start with the host. Since 0.10.2.
        VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART = 1 << 5,
    }
}

c_enum! {
    /// Family of an address. Since 1.2.6.
    pub enum virIPAddrType: u32 {
        /// IPv4. Since 1.2.6.
        VIR_IP_ADDR_TYPE_IPV4 = 0,
        /// IPv6. Since 1.2.6.
        VIR_IP_ADDR_TYPE_IPV6 = 1,
    }
    sentinel {
        /// One past the last member. Since 1.2.6.
        VIR_IP_ADDR_TYPE_LAST = 2,
    }
}

c_enum! {
    /// Flags for the start of a network. Since 7.8.0.
    pub enum virNetworkCreateFlags: u32 {
        /// Check the XML against the schema. Since 7.8.0.
        VIR_NETWORK_CREATE_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Flags for a definition. Since 7.7.0.
    pub enum virNetworkDefineFlags: u32 {
        /// Check the XML against the schema. Since 7.7.0.
        VIR_NETWORK_DEFINE_VALIDATE = 1 << 0,
    }
}

c_enum! {
    /// Life cycle events. Since 1.2.1.
    pub enum virNetworkEventLifecycleType: u32 {
        /// A definition was stored. Since 1.2.1.
        VIR_NETWORK_EVENT_DEFINED = 0,
        /// A definition was removed. Since 1.2.1.
        VIR_NETWORK_EVENT_UNDEFINED = 1,
        /// The network started. Since 1.2.1.
        VIR_NETWORK_EVENT_STARTED = 2,
        /// The network stopped. Since 1.2.1.
        VIR_NETWORK_EVENT_STOPPED = 3,
    }
    sentinel {
        /// One past the last member. Since 1.2.1.
        VIR_NETWORK_EVENT_LAST = 4,
    }
}

c_enum! {
    /// Kinds of network events that a callback can be registered for. Since 1.2.1.
    pub enum virNetworkEventID: u32 {
        /// Life cycle: `virConnectNetworkEventLifecycleCallback`. Since 1.2.1.
        VIR_NETWORK_EVENT_ID_LIFECYCLE = 0,
        /// Metadata changed: `virConnectNetworkEventMetadataChangeCallback`. Since 9.8.0.
        VIR_NETWORK_EVENT_ID_METADATA_CHANGE = 1,
    }
    sentinel {
        /// One past the last member. Since 1.2.1.
        VIR_NETWORK_EVENT_ID_LAST = 2,
    }
}

c_enum! {
    /// Pieces of metadata. Since 9.7.0.
    pub enum virNetworkMetadataType: u32 {
        /// The `<description>` element. Since 9.7.0.
        VIR_NETWORK_METADATA_DESCRIPTION = 0,
        /// The `<title>` element. Since 9.7.0.
        VIR_NETWORK_METADATA_TITLE = 1,
        /// A custom element inside `<metadata>`, named by its namespace. Since 9.7.0.
        VIR_NETWORK_METADATA_ELEMENT = 2,
    }
    sentinel {
        /// One past the last member. Since 9.7.0.
        VIR_NETWORK_METADATA_LAST = 3,
    }
}

c_enum! {
    /// Flags for creating a port. Since 5.5.0.
    pub enum virNetworkPortCreateFlags: u32 {
        /// Take the resources of an existing port over. Since 5.5.0.
        VIR_NETWORK_PORT_CREATE_RECLAIM = 1 << 0,
        /// Check the XML against the schema. Since 7.8.0.
        VIR_NETWORK_PORT_CREATE_VALIDATE = 1 << 1,
    }
}

c_enum! {
    /// Which part of a network changes. Since 0.10.2.
    pub enum virNetworkUpdateSection: u32 {
        /// Not a section. Since 0.10.2.
        VIR_NETWORK_SECTION_NONE = 0,
        /// `<bridge>`. Since 0.10.2.
        VIR_NETWORK_SECTION_BRIDGE = 1,
        /// `<domain>`. Since 0.10.2.
        VIR_NETWORK_SECTION_DOMAIN = 2,
        /// `<ip>`. Since 0.10.2.
        VIR_NETWORK_SECTION_IP = 3,
        /// `<host>` in `<ip><dhcp>`. Since 0.10.2.
        VIR_NETWORK_SECTION_IP_DHCP_HOST = 4,
        /// `<range>` in `<ip><dhcp>`. Since 0.10.2.
        VIR_NETWORK_SECTION_IP_DHCP_RANGE = 5,
        /// `<forward>`. Since 0.10.2.
        VIR_NETWORK_SECTION_FORWARD = 6,
        /// `<interface>` in `<forward>`. Since 0.10.2.
        VIR_NETWORK_SECTION_FORWARD_INTERFACE = 7,
        /// `<pf>` in `<forward>`. Since 0.10.2.
        VIR_NETWORK_SECTION_FORWARD_PF = 8,
        /// `<portgroup>`. Since 0.10.2.
        VIR_NETWORK_SECTION_PORTGROUP = 9,
        /// `<host>` in `<dns>`. Since 0.10.2.
        VIR_NETWORK_SECTION_DNS_HOST = 10,
        /// `<txt>` in `<dns>`. Since 0.10.2.
        VIR_NETWORK_SECTION_DNS_TXT = 11,
        /// `<srv>` in `<dns>`. Since 0.10.2.
        VIR_NETWORK_SECTION_DNS_SRV = 12,
    }
    sentinel {
        /// One past the last member. Since 0.10.2.
        VIR_NETWORK_SECTION_LAST = 13,
    }
}

c_enum! {
    /// What a change of a network applies to. Since 0.10.2.
    pub enum virNetworkUpdateFlags: u32 {
        /// The state that the network is in. Since 0.10.2.
        VIR_NETWORK_UPDATE_AFFECT_CURRENT = 0,
        /// The active network. Since 0.10.2.
        VIR_NETWORK_UPDATE_AFFECT_LIVE = 1 << 0,
        /// The stored definition. Since 0.10.2.
        VIR_NETWORK_UPDATE_AFFECT_CONFIG = 1 << 1,
    }
}

c_enum! {
    /// How a part of a network changes. Since 0.10.2.
    pub enum virNetworkUpdateCommand: u32 {
        /// Not a command. Since 0.10.2.
        VIR_NETWORK_UPDATE_COMMAND_NONE = 0,
        /// Replace an element. Since 0.10.2.
        VIR_NETWORK_UPDATE_COMMAND_MODIFY = 1,
        /// Remove an element. Since 0.10.2.
        VIR_NETWORK_UPDATE_COMMAND_DELETE = 2,
        /// Add an element at the end. Since 0.10.2.
        VIR_NETWORK_UPDATE_COMMAND_ADD_LAST = 3,
        /// Add an element at the beginning. Since 0.10.2.
        VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST = 4,
    }
    sentinel {
        /// One past the last member. Since 0.10.2.
        VIR_NETWORK_UPDATE_COMMAND_LAST = 5,
    }
}

c_enum! {
    /// What the XML of a network shows. Since 0.9.10.
    pub enum virNetworkXMLFlags: u32 {
        /// The stored definition, even while it is active. Since 0.9.10.
        VIR_NETWORK_XML_INACTIVE = 1 << 0,
    }
}

/// Inbound average rate of a port, in KiB/s (uint). Since 5.5.0.
pub const VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE: &str = "inbound.average";

/// Inbound burst of a port, in KiB (uint). Since 5.5.0.
pub const VIR_NETWORK_PORT_BANDWIDTH_IN_BURST: &str = "inbound.burst";

/// Inbound rate guaranteed to a port, in KiB/s (uint). Since 5.5.0.
pub const VIR_NETWORK_PORT_BANDWIDTH_IN_FLOOR: &str = "inbound.floor";

/// Inbound peak rate of a port, in KiB/s (uint). Since 5.5.0.
pub const VIR_NETWORK_PORT_BANDWIDTH_IN_PEAK: &str = "inbound.peak";

/// Outbound average rate of a port, in KiB/s (uint). Since 5.5.0.
pub const VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE: &str = "outbound.average";

/// Outbound burst of a port, in KiB (uint). Since 5.5.0.
pub const VIR_NETWORK_PORT_BANDWIDTH_OUT_BURST: &str = "outbound.burst";

/// Outbound peak rate of a port, in KiB/s (uint). Since 5.5.0.
pub const VIR_NETWORK_PORT_BANDWIDTH_OUT_PEAK: &str = "outbound.peak";
