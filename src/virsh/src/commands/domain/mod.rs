//! Commands about domains.

pub mod agent;
pub mod block_job;
pub mod config;
pub mod console;
pub mod container;
pub mod describe;
pub mod device;
pub mod disk;
pub mod display;
pub mod interface;
pub mod iothread;
pub mod job;
pub mod lifecycle;
pub mod list;
pub mod migrate;
pub mod monitor;
pub mod qemu;
pub mod save;
pub mod statistics;
pub mod stop;
pub mod throttle;
pub mod tune;
pub mod vcpu;
pub mod wait;

use crate::args::Args;
use crate::failure::{OrSay, Outcome};
use ferrovirt::Domain;
use ferrovirt_core::abi::*;

const CONFIG: u32 = VIR_DOMAIN_AFFECT_CONFIG;
const LIVE: u32 = VIR_DOMAIN_AFFECT_LIVE;

/// What `--config`, `--live` and `--current` say is to be affected.
pub fn affected(args: &Args) -> Outcome<u32> {
    args.exclusive("current", "live")?;
    args.exclusive("current", "config")?;
    Ok(args.bits(&[("config", CONFIG), ("live", LIVE)]))
}

/// The same with `--persistent`: the definition, and the guest if it runs.
pub fn affected_for_good(args: &Args, domain: &Domain) -> Outcome<u32> {
    args.exclusive("persistent", "current")?;
    let mut flags = affected(args)?;
    if args.flag("persistent") {
        flags |= CONFIG;
        if domain.is_active().unwrap_or(false) {
            flags |= LIVE;
        }
    }
    Ok(flags)
}

/// For calls that by themselves work on the running guest.
pub fn live_by_default(args: &Args, flags: u32) -> u32 {
    if flags == 0 && !args.flag("current") { LIVE } else { flags }
}

/// The domain's XML.
pub fn xml_of(domain: &Domain, flags: u32) -> Outcome<String> {
    domain.xml_desc(flags).or_say(|| "Failed to get domain description xml")
}

/// The domain's XML, of its definition if `inactive`.
pub fn xml_of_either(domain: &Domain, inactive: bool) -> Outcome<String> {
    xml_of(domain, if inactive { VIR_DOMAIN_XML_INACTIVE } else { 0 })
}
