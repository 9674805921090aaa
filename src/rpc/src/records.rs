//! Structures that several procedures pass, or pass lists of.

use crate::limits::*;
use crate::values::Params;
use crate::xdr::{List, Opaque, records};
use ferrovirt_core::DomainId;

records! {
    /// What a virtual CPU does.
    VcpuInfo { number: u32, state: i32, cpu_time: u64, cpu: i32 }
    /// A time of the host's CPUs, in nanoseconds.
    NodeCpuStat { field: String, value: u64 }
    /// A size of the host's memory, in KiB.
    NodeMemoryStat { field: String, value: u64 }
    /// A disk that is in trouble.
    DomainDiskError { disk: String, error: i32 }
    /// A number about a guest's memory.
    DomainMemoryStat { tag: i32, val: u64 }
    /// An I/O thread and where it may run.
    DomainIoThreadInfo { iothread_id: u32, cpumap: Opaque<CPUMAP_MAX> }
    /// One end of a graphics connection.
    GraphicsAddress { family: i32, node: String, service: String }
    /// Something that a graphics client is known by.
    GraphicsIdentity { kind: String, name: String }
    /// An address that a network gave to a guest.
    NetworkDhcpLease {
        iface: String,
        expirytime: i64,
        kind: i32,
        mac: Option<String>,
        iaid: Option<String>,
        ipaddr: String,
        prefix: u32,
        hostname: Option<String>,
        clientid: Option<String>,
    }
    /// The statistics of one domain.
    DomainStatsRecord { dom: DomainId, params: Params<CONNECT_GET_ALL_DOMAIN_STATS_MAX> }
    /// A file system that is mounted in a guest.
    DomainFsInfo {
        mountpoint: String,
        name: String,
        fstype: String,
        dev_aliases: List<String, DOMAIN_FSINFO_DISKS_MAX>,
    }
    /// An address of a guest's interface.
    DomainIpAddr { kind: i32, addr: String, prefix: u32 }
    /// A client of a daemon's server: the server's name, and what the core's id holds.
    AdminClient { server: String, id: u64, timestamp: i64, transport: u32 }
    /// An interface of a guest.
    DomainInterface { name: String, hwaddr: Option<String>, addrs: List<DomainIpAddr, DOMAIN_IP_ADDR_MAX> }
}
