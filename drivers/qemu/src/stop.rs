//! The end of a guest: asked for, enforced, or noticed; everything it had is given back once.

use crate::driver::Shared;
use crate::live::{Live, StopCause};
use crate::network::Plugs;
use crate::vm::Vm;
use crate::{backup, snapshot, status, tpm, tune};
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainEvent, DomainEventKind, Error, ErrorCode, Event, Result, abi, persist};
use rustix::process::Signal;
use std::sync::Arc;
use std::time::Duration;

/// How long QEMU may take to end when asked, and then when killed. Both as the peer has them.
const ASKED: Duration = Duration::from_secs(10);
const KILLED: Duration = Duration::from_secs(30);

/// Ends the guest's process and waits until all it had is given back.
pub fn destroy(vm: &Vm, live: &Live, graceful: bool) -> Result<()> {
    live.ending(StopCause::Destroyed);
    live.process.kill(Signal::TERM)?;
    if live.wait_for_end(ASKED) {
        return Ok(());
    }
    if graceful {
        return Err(Error::new(
            ErrorCode::OperationFailed,
            format!(
                "the process {} of domain '{}' did not end within {} s of being asked to; destroy it without the \
                 graceful flag to kill it",
                live.process.pid(),
                vm.name(),
                ASKED.as_secs()
            ),
        ));
    }
    live.process.kill(Signal::KILL)?;
    if live.wait_for_end(KILLED) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::SystemError,
        format!(
            "the process {} of domain '{}' did not end even when killed: it is likely stuck in the kernel, on a \
             device or a network file system",
            live.process.pid(),
            vm.name()
        ),
    ))
}

/// Ends the guest's process without waiting for that: it is asked now, and killed when that has not helped.
pub fn end_unwatched(shared: &Shared, vm: &Arc<Vm>, live: &Arc<Live>) {
    live.ending(StopCause::Destroyed);
    let (vm, live) = (vm.clone(), live.clone());
    let asked = live.process.kill(Signal::TERM).and_then(|_| shared.reactor.handle());
    match asked {
        Ok(reactor) => drop(reactor.spawn_blocking(move || {
            if let Err(err) = destroy(&vm, &live, false) {
                tracing::error!(domain = %vm.name(), %err, "a guest whose connection is closed does not end");
            }
        })),
        Err(err) => {
            tracing::error!(domain = %vm.name(), %err, "a guest whose connection is closed can't be ended");
        }
    }
}

/// Gives back all that a guest had whose process has ended, and tells the world. Called once a guest.
pub fn finish(shared: &Shared, vm: &Arc<Vm>, live: &Live) {
    let name = vm.name();
    let definition = live.definition();
    give_back(shared, &name, live.id, &live.plugs, &definition.model, live.tpm.as_ref());
    backup::end_with_guest(shared, vm, live);
    let cause = live.cause();
    let id = vm.id();
    {
        // Who is just writing the guest's status has written it before this, or writes none.
        let _noting = vm.noting.lock();
        vm.change(|view| {
            view.live = None;
            view.updated = false;
            view.state = abi::VIR_DOMAIN_SHUTOFF as i32;
            view.reason = cause.reason() as i32;
        });
        status::remove(&shared.paths, &name);
    }
    shared.domains.clear_id(live.id);
    if vm.view().persistent.is_none() {
        tpm::forget(&shared.paths, &definition.model, tpm::Fate::AsDefined);
        if let Err(err) = snapshot::forget(shared, vm) {
            tracing::warn!(domain = %name, %err, "what was known of snapshots was left behind");
        }
        shared.domains.remove(vm);
    }
    tracing::info!(domain = %name, ?cause, "guest stopped");
    let kind = DomainEventKind::Lifecycle {
        event: abi::VIR_DOMAIN_EVENT_STOPPED as i32,
        detail: cause.event_detail() as i32,
    };
    shared.events.publish(Event::Domain(DomainEvent { domain: id, kind }));
    live.has_ended();
}

/// Gives back what a guest held on the host, all but its status. What fails is only logged: the rest must go on.
pub fn give_back(
    shared: &Shared,
    name: &str,
    id: i32,
    plugs: &Plugs,
    model: &Domain,
    tpm: Option<&tpm::Emulator>,
) {
    plugs.release(shared);
    if let Some(emulator) = tpm {
        emulator.end();
    }
    if tpm::emulated(model).is_some() {
        tpm::remove_files(&shared.paths, id, name);
    }
    shared.graphics_ports.release(model);
    tune::cgroups::remove(shared, id, name);
    for folder in [shared.paths.guest(id, name), shared.paths.channels(id, name)] {
        remove_folder(&folder);
    }
    if let Err(err) = persist::remove(&shared.paths.pid_file(name)) {
        tracing::warn!(domain = name, %err, "a file of an ended guest was left behind");
    }
}

fn remove_folder(path: &std::path::Path) {
    match std::fs::remove_dir_all(path) {
        Err(err) if err.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %err, "a folder of an ended guest was left behind");
        }
        _ => {}
    }
}
