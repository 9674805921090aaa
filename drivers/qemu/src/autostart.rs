//! Starting with the driver what is marked so, once a boot of the host.

use crate::driver::Shared;
use crate::save;
use crate::vm::{View, Vm};
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorDomain, Result};
use std::sync::Arc;

/// What says that a guest is to start with the host: a link to its definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// At every start.
    Always,
    /// At the next one.
    Once,
}

impl Mark {
    pub const ALL: [Self; 2] = [Self::Always, Self::Once];

    pub fn is_set(self, view: &View) -> bool {
        match self {
            Self::Always => view.autostart,
            Self::Once => view.autostart_once,
        }
    }

    /// Sets the mark of a guest, or takes it away. The caller holds its job.
    pub fn set(self, shared: &Shared, vm: &Vm, set: bool) -> Result<()> {
        if vm.view().persistent.is_none() {
            let text = format!("domain '{}' is transient: it can't be started with the driver", vm.name());
            return Err(Error::operation_invalid(text).domain(ErrorDomain::Qemu));
        }
        self.write(shared, &vm.name(), set)?;
        vm.change(|view| self.note(view, set));
        Ok(())
    }

    pub fn note(self, view: &mut View, set: bool) {
        match self {
            Self::Always => view.autostart = set,
            Self::Once => view.autostart_once = set,
        }
    }

    /// Makes or removes the link of a guest of this name.
    pub fn write(self, shared: &Shared, name: &str, set: bool) -> Result<()> {
        let link = match self {
            Self::Always => shared.paths.autostart_link(name),
            Self::Once => shared.paths.autostart_once_link(name),
        };
        match set {
            true => persist::link(&shared.paths.definition(name), &link),
            false => persist::remove(&link),
        }
    }
}

/// Starts the marked guests that do not run. A guest that does not come up is logged; the others must not suffer.
pub fn start_marked(shared: &Arc<Shared>) {
    let stamp = shared.paths.autostarted();
    if stamp.exists() {
        return;
    }
    for vm in shared.domains.all() {
        if let Err(err) = begin(shared, &vm) {
            tracing::error!(domain = %vm.name(), %err, "a guest could not be started with the driver");
        }
    }
    if let Err(err) = persist::write_atomic(&stamp, b"", 0o600, Durability::Process) {
        tracing::warn!(%err, "it can't be noted that this boot's guests have been started");
    }
}

fn begin(shared: &Arc<Shared>, vm: &Arc<Vm>) -> Result<()> {
    let marked = |view: &View| Mark::ALL.iter().any(|mark| mark.is_set(view));
    if !marked(&vm.view()) {
        return Ok(());
    }
    let _job = vm.job.begin("autostart")?;
    let view = vm.view();
    if view.autostart_once {
        // Once is also when it fails.
        Mark::Once.set(shared, vm, false)?;
    }
    match view.is_active() {
        true => Ok(()),
        false => save::start(shared, vm, 0).map(drop),
    }
}
