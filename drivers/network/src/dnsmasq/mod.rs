//! DHCP and DNS: dnsmasq's files, and its process.

mod config;
mod daemon;

pub use config::{Files, config, dhcp_hosts, dns_hosts, is_needed};
pub(crate) use daemon::{change, end_strays, refresh, remove_files, start, stop, wait};
