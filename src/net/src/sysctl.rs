//! Kernel settings that have no netlink message: forwarding, and IPv6 on one interface. They are files under
//! `/proc/sys/net`, which show the calling thread's network namespace.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::error::{NetError, Result};
use crate::link;

const ROOT: &str = "/proc/sys/net";

/// What IPv6 does by itself on an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ipv6Settings {
    /// Whether the interface has IPv6 at all.
    pub enabled: bool,
    /// Whether it takes routes from routers on its link.
    pub accept_ra: bool,
    /// Whether it makes itself addresses from what those announce.
    pub autoconf: bool,
}

impl Ipv6Settings {
    /// A network's bridge: the host is the router there and takes nothing from others; without IPv6 addresses it has
    /// no IPv6, so that guests do not reach the host by a way that its firewall does not mind.
    pub fn of_network(addresses: &[IpNet]) -> Self {
        let enabled = addresses.iter().any(|net| matches!(net, IpNet::V6(_)));
        Self { enabled, accept_ra: false, autoconf: false }
    }
}

/// Sets IPv6 on an interface. On a host without IPv6, nothing is to be done.
pub fn set_ipv6(interface: &str, settings: Ipv6Settings) -> Result<()> {
    link::check_name(interface)?;
    let folder = Path::new(ROOT).join("ipv6/conf").join(interface);
    if !folder.exists() {
        return if settings.enabled {
            Err(NetError::KernelLacks {
                what: "IPv6",
                purpose: format!("an address of interface '{interface}'"),
            })
        } else {
            Ok(())
        };
    }
    // Switching IPv6 on comes last: the kernel would ask for routers at once.
    write(&folder.join("accept_ra"), settings.accept_ra.into())?;
    write(&folder.join("autoconf"), settings.autoconf.into())?;
    write(&folder.join("disable_ipv6"), (!settings.enabled).into())
}

/// Makes the host a router for IPv4, for IPv6, or both. What is on already is not written, so that a file system
/// that forbids writing is an error only where something has to change.
pub fn enable_forwarding(ipv4: bool, ipv6: bool) -> Result<()> {
    for (wanted, path) in [(ipv4, "ipv4/ip_forward"), (ipv6, "ipv6/conf/all/forwarding")] {
        let path = Path::new(ROOT).join(path);
        if wanted && read(&path)? == 0 {
            write(&path, 1)?;
        }
    }
    Ok(())
}

/// Interfaces that would lose the routes which they take from routers on their link, if the host became an IPv6 router
/// (`accept_ra` is 1: only while it is none). Turning forwarding on then cuts the host off.
pub fn forwarding_would_drop_routes_of(interfaces: &[String]) -> Vec<String> {
    let setting = |name: &String| read(&Path::new(ROOT).join("ipv6/conf").join(name).join("accept_ra"));
    interfaces.iter().filter(|name| setting(name).is_ok_and(|value| value == 1)).cloned().collect()
}

fn read(path: &Path) -> Result<u32> {
    let text = fs::read_to_string(path).map_err(|source| failed("read", path, source))?;
    text.trim().parse().map_err(|_| failed("read", path, io::ErrorKind::InvalidData.into()))
}

fn write(path: &Path, value: u32) -> Result<()> {
    fs::write(path, format!("{value}\n")).map_err(|source| failed("write", path, source))
}

fn failed(verb: &str, path: &Path, source: io::Error) -> NetError {
    NetError::io(format!("{verb} the kernel setting {}", PathBuf::from(path).display()), source)
}
