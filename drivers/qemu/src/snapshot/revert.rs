//! Going back to a snapshot.

use super::{change_snapshots, images, internal};
use crate::driver::Shared;
use crate::live::{Live, StopCause};
use crate::start::{self, Origin};
use crate::stop;
use crate::vm::{Definition, Vm};
use ferrovirt_conf::domain::Domain;
use ferrovirt_conf::snapshot::{DomainSnapshot, SnapshotState};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, Result, abi};
use std::sync::Arc;

const RUNNING: u32 = abi::VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING;
const PAUSED: u32 = abi::VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED;

/// Goes back; the guest's id afterwards comes back, -1 where it is off. The caller holds the guest's job.
pub fn revert(shared: &Arc<Shared>, vm: &Arc<Vm>, snapshot: &Arc<DomainSnapshot>, flags: u32) -> Result<i32> {
    let view = vm.view();
    let state = snapshot.state.unwrap_or(SnapshotState::Shutoff);
    let online = state.is_online();
    let asked = flags & (RUNNING | PAUSED) != 0;
    if view.persistent.is_none() && !online && !asked {
        let text = "a transient domain would be gone if it went back to being off: ask for it to run";
        return Err(Error::operation_invalid(text));
    }
    let Some(model) = &snapshot.domain else {
        let text = format!("snapshot '{}' does not know what the domain was like", snapshot.name);
        return Err(Error::new(ErrorCode::SnapshotRevertRisky, text));
    };
    if view.managed_save && !online && flags & abi::VIR_DOMAIN_SNAPSHOT_REVERT_FORCE == 0 {
        let text = "the saved state of the domain would not go with the disks of a snapshot without memory: remove it";
        return Err(Error::new(ErrorCode::SnapshotRevertRisky, text));
    }
    if snapshot.is_external() {
        let text = format!("snapshot '{}' is external; going back to such is not done here", snapshot.name);
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    if matches!(state, SnapshotState::PmSuspended | SnapshotState::Blocked) {
        let text =
            format!("snapshot '{}' is of a sleeping guest, to which there is no way back", snapshot.name);
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    if let Some(live) = &view.live {
        live.ending(StopCause::FromSnapshot);
        stop::destroy(vm, live, false)?;
    }
    let (running, inactive) = descriptions(model, snapshot, vm);
    if vm.view().persistent.is_some() || view.persistent.is_some() {
        shared.keep_definition(vm, inactive.clone())?;
    }
    if !online {
        images::each(&inactive, |path| images::apply(path, &snapshot.name))?;
    }
    let runs = online || asked;
    if runs {
        let paused = flags & PAUSED != 0 || online && flags & RUNNING == 0 && state == SnapshotState::Paused;
        let model = if online { running } else { inactive };
        begin(shared, vm, model, online.then_some(snapshot.name.as_str()), paused)?;
    }
    change_snapshots(shared, vm, |all| {
        all.set_current(Some(&snapshot.name));
        Ok(())
    })?;
    Ok(vm.view().id())
}

/// The guest as it ran then, and as it is to be started otherwise.
fn descriptions(model: &Domain, snapshot: &DomainSnapshot, vm: &Vm) -> (Domain, Domain) {
    let at_rest = |model: &Domain| {
        let mut model = model.clone();
        model.strip_live();
        model.id = None;
        model.uuid = Some(vm.uuid());
        model
    };
    let inactive = snapshot.inactive_domain.as_deref().unwrap_or(model);
    (at_rest(model), at_rest(inactive))
}

/// Starts the guest, with the memory of a snapshot where there is one.
fn begin(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    model: Domain,
    memory: Option<&str>,
    paused: bool,
) -> Result<()> {
    let load = |live: &Arc<Live>| memory.map_or(Ok(()), |name| internal::load(shared, live, name));
    start::start_from(shared, vm, &Definition::new(model), paused, Origin::Snapshot(&load)).map(drop)
}
