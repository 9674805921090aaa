//! Starting with the driver what is marked so, once a boot of the host.

use crate::driver::Shared;
use crate::start;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::store::Stored;
use std::sync::Arc;

/// Starts the marked guests that do not run. A guest that does not come up is logged; the others must not suffer.
pub fn start_marked(shared: &Arc<Shared>) {
    let stamp = shared.paths.autostarted();
    if stamp.exists() {
        return;
    }
    for vm in shared.domains.all() {
        let view = vm.view();
        let Some(definition) = view.persistent.clone().filter(|_| view.autostart && !view.is_active()) else {
            continue;
        };
        let started =
            vm.job.begin("autostart").and_then(|_job| start::start(shared, &vm, &definition, false));
        if let Err(err) = started {
            tracing::error!(domain = %vm.name(), %err, "a guest could not be started with the driver");
        }
    }
    if let Err(err) = persist::write_atomic(&stamp, b"", 0o600, Durability::Process) {
        tracing::warn!(%err, "it can't be noted that this boot's guests have been started");
    }
}
