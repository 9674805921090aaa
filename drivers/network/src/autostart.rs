//! Starting with the driver what is marked so, once a boot of the host.

use crate::driver::NetworkState;
use crate::life;
use ferrovirt_core::persist::{self, Durability};

/// Starts the marked networks that are not active. One that does not come up is logged; the others must not suffer.
pub fn start_marked(state: &NetworkState) {
    let stamp = state.paths.autostarted();
    if stamp.exists() {
        return;
    }
    for network in state.networks.all() {
        let view = network.view();
        if !view.autostart || view.is_active() {
            continue;
        }
        if let Err(err) = life::create(state, network.id()) {
            tracing::error!(network = %network.id().name, %err, "a network could not be started with the driver");
        }
    }
    if let Err(err) = persist::write_atomic(&stamp, b"", 0o600, Durability::Process) {
        tracing::warn!(%err, "it can't be noted that this boot's networks have been started");
    }
}
