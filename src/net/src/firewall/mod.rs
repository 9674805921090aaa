//! A network's firewall: one nftables table of our own a network, put there and taken away in one transaction.
//!
//! Nothing in other tables is touched, so Docker's and firewalld's rules stay as they are; as always in nftables, a
//! frame passes only if every table lets it pass. For the same reason there are no rules that accept DHCP, DNS or TFTP
//! from guests to the host: accepting in one table overrides no other, and our table refuses nothing on the way in.
//! (libvirt's nftables backend has left them out for the same reason.)
//!
//! Interfaces are matched by name and not by number: a bridge that is made anew is still meant.

mod keeper;
mod nft;
mod ruleset;

use std::net::IpAddr;

use ipnet::IpNet;

pub use self::keeper::FirewallKeeper;
pub use self::ruleset::ruleset;
use crate::error::{NetError, Result};
use crate::link;

/// How a network's guests reach what is outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forward {
    /// No rules at all: whoever runs the host makes them.
    Open,
    /// Not at all.
    Isolated,
    /// By their own addresses, through `dev` only where one is named.
    Route { dev: Option<String> },
    /// Behind the host's address, or one of `addresses`.
    Nat {
        dev: Option<String>,
        /// IPv6 is hidden behind the host as well; else it is routed.
        ipv6: bool,
        /// The first and last address to stand for the guests'; for its own family only.
        addresses: Option<(IpAddr, IpAddr)>,
        /// The first and last source port of TCP and UDP; 1024 to 65535 where none are named, so that no guest can
        /// pass for a privileged program.
        ports: Option<(u16, u16)>,
    },
}

/// What a network's rules depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkFirewall {
    pub network: String,
    pub bridge: String,
    pub forward: Forward,
    /// The host's addresses on the network, with their prefixes.
    pub addresses: Vec<IpNet>,
    /// Guests speak IPv6 among themselves although the host has no IPv6 address there (`ipv6='yes'`).
    pub ipv6_between_guests: bool,
}

impl NetworkFirewall {
    /// The name of the network's table (of family `inet`), from the bridge's name, which is unique on a host.
    pub fn table(&self) -> String {
        let mut name = String::from("ferrovirt_");
        for byte in self.bridge.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => name.push(byte.into()),
                // Each other byte apart, so that no two bridges share a table.
                _ => name.push_str(&format!("_{byte:02x}")),
            }
        }
        name
    }

    /// Refuses what cannot be written as a rule.
    pub fn check(&self) -> Result<()> {
        self.check_interface("bridge", &self.bridge)?;
        let (dev, ports, addresses) = match &self.forward {
            Forward::Open | Forward::Isolated => (None, None, None),
            Forward::Route { dev } => (dev.as_ref(), None, None),
            Forward::Nat { dev, ports, addresses, .. } => (dev.as_ref(), *ports, *addresses),
        };
        if let Some(dev) = dev {
            self.check_interface("forward device", dev)?;
        }
        if let Some((first, last)) = ports.filter(|(first, last)| first > last || *first == 0) {
            let reason = "ports begin at 1, and the first is not above the last";
            return Err(self.refuse("port range", format!("{first}-{last}"), reason));
        }
        match addresses {
            Some((first, last)) if first.is_ipv4() != last.is_ipv4() || first > last => {
                let reason = "both ends are of one family, and the first is not above the last";
                Err(self.refuse("address range", format!("{first}-{last}"), reason))
            }
            _ => Ok(()),
        }
    }

    fn check_interface(&self, what: &'static str, name: &str) -> Result<()> {
        link::check_name(name)?;
        let writable = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'*');
        if name.bytes().all(writable) {
            return Ok(());
        }
        let reason = "it contains a quote, a backslash, an asterisk or a character beyond ASCII";
        Err(self.refuse(what, name.to_owned(), reason))
    }

    fn refuse(&self, what: &'static str, value: String, reason: &'static str) -> NetError {
        NetError::FirewallValue { network: self.network.clone(), what, value, reason }
    }
}

/// Puts a network's rules in force in one transaction, in place of those that it had.
pub fn apply(firewall: &NetworkFirewall) -> Result<()> {
    firewall.check()?;
    nft::run_script(&firewall.network, &ruleset(firewall))
}

/// Takes a network's rules away in one transaction; that there are none is a success.
pub fn remove(firewall: &NetworkFirewall) -> Result<()> {
    nft::run_script(&firewall.network, &ruleset::removal(&firewall.table()))
}

/// Whether the network's table is there, as far as its rules can be counted.
pub fn is_present(firewall: &NetworkFirewall) -> Result<bool> {
    let wanted = ruleset::count_rules(&ruleset(firewall));
    let listing = nft::list_table(&firewall.network, &firewall.table())?;
    Ok(listing.map_or(wanted == 0, |text| ruleset::count_rules(&text) == wanted))
}
