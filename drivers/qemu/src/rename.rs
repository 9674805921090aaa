//! Giving a guest that does not run another name: its definition, its marks for the start of the host, and what is known
//! of its snapshots and checkpoints go with it. Images and the variable store stay where they are.

use crate::driver::Shared;
use crate::snapshot::{self, MomentsOf};
use crate::vm::{Definition, View, Vm};
use crate::{autostart, definitions};
use ferrovirt_conf::domain::Domain;
use ferrovirt_conf::moments::{Moment, Moments};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{
    DomainEvent, DomainEventKind, DomainId, Error, ErrorCode, ErrorDomain, Event, Result, abi, persist,
};
use std::sync::Arc;

/// Renames a guest. The caller holds its job.
pub fn rename(shared: &Shared, vm: &Arc<Vm>, name: &str) -> Result<()> {
    let before = vm.view();
    check_state(&before)?;
    check_name(&before, name)?;
    let renamed = under(&before, name)?;
    let old_id = vm.id();
    // Nobody else can have the name from here on, so that what lies in its places is nobody's.
    let taken = shared.domains.rename(vm, &renamed.name, || vm.change(|view| renamed.put_into(view)));
    if taken.is_err() {
        return Err(refuse(format!("domain with name '{name}' already exists")));
    }
    if let Err(err) =
        keep(shared, vm, &renamed).and_then(|()| persist::remove(&shared.paths.definition(&before.name)))
    {
        forget(shared, vm, &renamed);
        let old = Renamed::of(&before);
        // What else would have claimed the old name has found it taken by its file.
        if shared.domains.rename(vm, &before.name, || vm.change(|view| old.put_into(view))).is_err() {
            tracing::error!(domain = name, "a guest can't have its old name back after a failure");
        }
        return Err(err);
    }
    forget(shared, vm, &Renamed::of(&before));
    announce(shared, old_id, abi::VIR_DOMAIN_EVENT_UNDEFINED, abi::VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
    announce(shared, vm.id(), abi::VIR_DOMAIN_EVENT_DEFINED, abi::VIR_DOMAIN_EVENT_DEFINED_RENAMED);
    Ok(())
}

fn refuse(text: String) -> Error {
    Error::operation_invalid(text).domain(ErrorDomain::Domain)
}

fn check_state(view: &View) -> Result<()> {
    let refuse = |why: &str| Err(Error::operation_invalid(format!("domain '{}' {why}", view.name)));
    if view.is_active() {
        return refuse("runs: it can be renamed only while it does not");
    }
    if view.managed_save {
        return refuse("has a saved state, which knows it by its name: start it, or remove that state first");
    }
    Ok(())
}

fn check_name(view: &View, name: &str) -> Result<()> {
    if *view.name == *name {
        return Err(refuse(format!("domain '{name}' has this name already")));
    }
    // Folders are called by it.
    if name.contains('/') || name == "." || name == ".." {
        let text = format!("'{name}' can't be the name of a domain: no file could be called so");
        return Err(Error::new(ErrorCode::XmlError, text));
    }
    Ok(())
}

/// What of a guest depends on its name.
struct Renamed {
    name: Arc<str>,
    view: View,
}

impl Renamed {
    fn of(view: &View) -> Self {
        Self { name: view.name.clone(), view: view.clone() }
    }

    fn put_into(&self, view: &mut View) {
        view.name = self.name.clone();
        view.persistent = self.view.persistent.clone();
        view.snapshots = self.view.snapshots.clone();
        view.checkpoints = self.view.checkpoints.clone();
    }
}

/// The guest as it would be under another name.
fn under(before: &View, name: &str) -> Result<Renamed> {
    let transient = || Error::operation_invalid(format!("domain '{}' is transient", before.name));
    let mut model = before.persistent.as_ref().ok_or_else(transient)?.model.clone();
    model.name = name.to_owned();
    model.check_name()?;
    let rename = |domain: &mut Option<Box<Domain>>| {
        if let Some(domain) = domain {
            domain.name = name.to_owned();
        }
    };
    let mut view = before.clone();
    view.persistent = Some(Definition::kept(&model));
    view.snapshots = each(&before.snapshots, |snapshot| {
        rename(&mut snapshot.domain);
        rename(&mut snapshot.inactive_domain);
    });
    view.checkpoints = each(&before.checkpoints, |checkpoint| rename(&mut checkpoint.domain));
    Ok(Renamed { name: name.into(), view })
}

fn each<M: Moment>(moments: &Moments<M>, change: impl Fn(&mut M)) -> Arc<Moments<M>> {
    let mut changed = moments.clone();
    for moment in moments.names().filter_map(|name| moments.find(name)) {
        let mut moment = M::clone(moment);
        change(&mut moment);
        changed.put(moment);
    }
    Arc::new(changed)
}

/// Puts what goes with a name on disk.
fn keep(shared: &Shared, vm: &Vm, renamed: &Renamed) -> Result<()> {
    if let Some(definition) = &renamed.view.persistent {
        definitions::save(shared, &definition.model)?;
    }
    for mark in autostart::Mark::ALL.into_iter().filter(|mark| mark.is_set(&renamed.view)) {
        mark.write(shared, &renamed.name, true)?;
    }
    snapshot::keep_all(shared, &moments_of(vm, renamed))
}

/// Takes what goes with a name from the disk. What fails is only logged: the rest must go on.
fn forget(shared: &Shared, vm: &Vm, renamed: &Renamed) {
    let mut outcomes = vec![
        persist::remove(&shared.paths.definition(&renamed.name)),
        snapshot::remove_all(shared, &moments_of(vm, renamed)),
    ];
    outcomes.extend(autostart::Mark::ALL.map(|mark| mark.write(shared, &renamed.name, false)));
    for err in outcomes.into_iter().filter_map(Result::err) {
        tracing::warn!(domain = %renamed.name, %err, "a file of a name that is no longer used was left behind");
    }
}

fn moments_of<'a>(vm: &Vm, renamed: &'a Renamed) -> MomentsOf<'a> {
    let Renamed { name, view } = renamed;
    MomentsOf { guest: name, uuid: vm.uuid(), snapshots: &view.snapshots, checkpoints: &view.checkpoints }
}

fn announce(shared: &Shared, domain: DomainId, event: u32, detail: u32) {
    let kind = DomainEventKind::Lifecycle { event: event as i32, detail: detail as i32 };
    shared.events.publish(Event::Domain(DomainEvent { domain, kind }));
}
