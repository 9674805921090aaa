//! The TCP ports that guests' displays get by themselves.

use crate::model::display_ports;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::{Error, Result};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;

/// The ports that this driver has given out.
#[derive(Default)]
pub struct GraphicsPorts(Mutex<BTreeSet<u16>>);

impl GraphicsPorts {
    /// A port that nobody listens on, neither a guest of ours nor another program on this host.
    pub fn take(&self, address: IpAddr, range: &RangeInclusive<u16>) -> Result<u16> {
        let mut taken = self.0.lock();
        let free = |port: &u16| !taken.contains(port) && TcpListener::bind((address, *port)).is_ok();
        let port = range.clone().find(free).ok_or_else(|| {
            Error::internal(format!(
                "no port from {} to {} is free for a display",
                range.start(),
                range.end()
            ))
        })?;
        taken.insert(port);
        Ok(port)
    }

    /// A guest uses this port: one that it was told to use, or one of an earlier run.
    pub fn note(&self, port: u16) {
        self.0.lock().insert(port);
    }

    /// The guest's ports may be used again.
    pub fn release(&self, model: &Domain) {
        let mut taken = self.0.lock();
        for port in model.devices.graphics.iter().flat_map(display_ports) {
            taken.remove(&port);
        }
    }

    pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
}
