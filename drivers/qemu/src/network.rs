//! A guest's place in the host's networks: ports on virtual networks, taps, bridges, and their way back.

use crate::driver::Shared;
use ferrovirt_conf::domain::{Domain, Interface, InterfaceSource};
use ferrovirt_core::{NetworkPortId, Result};
use ferrovirt_net::tap;
use parking_lot::Mutex;
use std::os::fd::OwnedFd;

/// The descriptors of each interface's tap, one a queue, in the order of the interfaces; none where there is no tap.
pub type Taps = Vec<Vec<OwnedFd>>;

/// What a guest's interfaces hold on the host.
#[derive(Default)]
pub struct Plugs(Mutex<Vec<Plug>>);

/// What one interface holds.
pub struct Plug {
    pub tap: Option<String>,
    /// The tap is in the MAC table.
    pub managed: bool,
    pub port: Option<NetworkPortId>,
}

impl Plugs {
    pub fn add(&self, plug: Plug) {
        self.0.lock().push(plug);
    }

    /// Gives everything back. What fails is only logged: the rest must go on.
    pub fn release(&self, shared: &Shared) {
        let plugs = std::mem::take(&mut *self.0.lock());
        give_back(shared, plugs);
    }
}
