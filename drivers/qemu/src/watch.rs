//! What QEMU tells unasked: one task a guest, on the driver's one thread, turns it into states and events.

use crate::driver::Shared;
use crate::live::{Live, StopCause};
use crate::qmp::{Cont, EventStream, GuestEvent, Quit, SystemReset};
use crate::reactor::ended;
use crate::vm::Vm;
use crate::{blockjob, hotplug, rx_filter, status, stop};
use ferrovirt_conf::domain::LifecycleAction;
use ferrovirt_conf::values::ScaledSize;
use ferrovirt_core::{DomainEvent, DomainEventKind, Event, abi};
use std::sync::Arc;

/// Follows a guest until its process has ended, then has everything given back.
pub async fn follow(shared: Arc<Shared>, vm: Arc<Vm>, live: Arc<Live>, mut events: EventStream) {
    live.news.are_followed();
    let process = live.process.clone();
    let mut ended = std::pin::pin!(ended(&process));
    let mut listening = true;
    loop {
        tokio::select! {
            // Events first: what was said before the end belongs before it.
            biased;
            event = events.recv(), if listening => match event {
                Some(event) => match event.typed() {
                    Ok(event) => handle(&shared, &vm, &live, event).await,
                    Err(err) => tracing::warn!(event = event.name, %err, "an event of QEMU can't be understood"),
                },
                // The monitor is gone; the process will follow, or is being killed.
                None => {
                    listening = false;
                    live.news.tell();
                }
            },
            _ = &mut ended => break,
        }
    }
    finish(shared, vm, live).await;
}

/// Giving back touches the kernel and files, so it does not happen on the reactor's thread.
async fn finish(shared: Arc<Shared>, vm: Arc<Vm>, live: Arc<Live>) {
    let work = move || {
        if let Err(err) = live.process.wait() {
            tracing::warn!(%err, "the guest's process could not be reaped");
        }
        stop::finish(&shared, &vm, &live);
    };
    if let Err(err) = tokio::task::spawn_blocking(work).await {
        tracing::error!(%err, "giving back an ended guest's things was interrupted");
    }
}

async fn handle(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, event: GuestEvent) {
    let lifecycle = |event: u32, detail: u32| {
        publish(shared, vm, DomainEventKind::Lifecycle { event: event as i32, detail: detail as i32 });
    };
    match event {
        GuestEvent::Shutdown(shutdown) => shut_down(shared, vm, live, shutdown.guest).await,
        GuestEvent::Stopped(_) if vm.view().state == abi::VIR_DOMAIN_RUNNING as i32 => {
            vm.set_state(abi::VIR_DOMAIN_PAUSED, abi::VIR_DOMAIN_PAUSED_UNKNOWN);
            lifecycle(abi::VIR_DOMAIN_EVENT_SUSPENDED, abi::VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
            status::save_later(shared, vm);
        }
        GuestEvent::Resumed(_) if vm.view().state == abi::VIR_DOMAIN_PAUSED as i32 => {
            vm.set_state(abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_UNPAUSED);
            lifecycle(abi::VIR_DOMAIN_EVENT_RESUMED, abi::VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
            status::save_later(shared, vm);
        }
        GuestEvent::Reset(_) => publish(shared, vm, DomainEventKind::Reboot),
        GuestEvent::RtcChange(change) => {
            publish(shared, vm, DomainEventKind::RtcChange { utc_offset: change.offset });
        }
        GuestEvent::Watchdog(watchdog) => {
            publish(shared, vm, DomainEventKind::Watchdog { action: watchdog_action(&watchdog.action) });
        }
        GuestEvent::GuestPanicked(_) => panicked(shared, vm, live).await,
        GuestEvent::Suspended(_) => {
            vm.set_state(abi::VIR_DOMAIN_PMSUSPENDED, abi::VIR_DOMAIN_PMSUSPENDED_UNKNOWN);
            publish(shared, vm, DomainEventKind::PmSuspend { reason: 0 });
            lifecycle(abi::VIR_DOMAIN_EVENT_PMSUSPENDED, abi::VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY);
        }
        GuestEvent::Wakeup(_) => {
            vm.set_state(abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_WAKEUP);
            publish(shared, vm, DomainEventKind::PmWakeup { reason: 0 });
            lifecycle(abi::VIR_DOMAIN_EVENT_STARTED, abi::VIR_DOMAIN_EVENT_STARTED_WAKEUP);
        }
        GuestEvent::BalloonChange(balloon) => {
            live.alter(|model| model.current_memory = ScaledSize(balloon.actual / 1024));
            status::save_later(shared, vm);
            publish(shared, vm, DomainEventKind::BalloonChange { actual: balloon.actual / 1024 });
        }
        GuestEvent::DeviceDeleted(deleted) => {
            // Who waits for it clears away after it, too.
            if let Some(alias) = deleted.device
                && !live.removals.tell(&alias, hotplug::Answer::Released)
            {
                hotplug::finish_later(shared, vm, live, alias);
            }
        }
        GuestEvent::DeviceUnplugGuestError(refused) => {
            if let Some(alias) = refused.device {
                live.removals.tell(&alias, hotplug::Answer::Refused);
                publish(shared, vm, DomainEventKind::DeviceRemovalFailed { alias });
            }
        }
        GuestEvent::DeviceTrayMoved(tray) => {
            if let Some(alias) = tray.device.or(tray.id) {
                publish(
                    shared,
                    vm,
                    DomainEventKind::TrayChange { alias, reason: i32::from(!tray.tray_open) },
                );
            }
        }
        GuestEvent::JobStatusChange(change) if live.block_jobs.find(&change.id).is_some() => {
            let (shared, vm, live) = (shared.clone(), vm.clone(), live.clone());
            let work = move || blockjob::advance(&shared, &vm, &live, &change.id, &change.status);
            // The handle is the runtime's own: dropping it lets the work go on.
            drop(tokio::task::spawn_blocking(work));
        }
        GuestEvent::MigrationStatus(_) | GuestEvent::JobStatusChange(_) | GuestEvent::DumpCompleted(_) => {
            live.news.tell();
        }
        GuestEvent::NicRxFilterChanged(change) => {
            if let Some(alias) = change.name {
                rx_filter::follow(shared, vm, live, &alias).await;
            }
        }
        _ => {}
    }
}

/// The guest has switched itself off, and waits for what its definition says of that.
pub async fn shut_down(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, by_guest: bool) {
    let tell = || {
        let detail = match by_guest {
            true => abi::VIR_DOMAIN_EVENT_SHUTDOWN_GUEST,
            false => abi::VIR_DOMAIN_EVENT_SHUTDOWN_HOST,
        };
        let kind = DomainEventKind::Lifecycle {
            event: abi::VIR_DOMAIN_EVENT_SHUTDOWN as i32,
            detail: detail as i32,
        };
        publish(shared, vm, kind);
    };
    // QEMU says so again when it is made to end.
    if live.is_ending() {
        if vm.view().state != abi::VIR_DOMAIN_SHUTDOWN as i32 {
            tell();
        }
        return;
    }
    let definition = live.definition();
    match definition.model.events.on_poweroff {
        _ if live.takes_restart() => restart(vm, live).await,
        LifecycleAction::Restart => restart(vm, live).await,
        LifecycleAction::Preserve => vm.set_state(abi::VIR_DOMAIN_SHUTDOWN, abi::VIR_DOMAIN_SHUTDOWN_USER),
        _ => {
            vm.set_state(abi::VIR_DOMAIN_SHUTDOWN, abi::VIR_DOMAIN_SHUTDOWN_UNKNOWN);
            tell();
            live.ending(StopCause::Shutdown);
            end(live).await;
        }
    }
}

async fn panicked(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>) {
    vm.set_state(abi::VIR_DOMAIN_CRASHED, abi::VIR_DOMAIN_CRASHED_PANICKED);
    let kind = DomainEventKind::Lifecycle {
        event: abi::VIR_DOMAIN_EVENT_CRASHED as i32,
        detail: abi::VIR_DOMAIN_EVENT_CRASHED_PANICKED as i32,
    };
    publish(shared, vm, kind);
    match live.definition().model.events.on_crash {
        LifecycleAction::Preserve => {}
        LifecycleAction::Restart => restart(vm, live).await,
        _ => {
            live.ending(StopCause::Crashed);
            end(live).await;
        }
    }
}

/// Starts the guest anew in the same process.
async fn restart(vm: &Arc<Vm>, live: &Arc<Live>) {
    let reset = live.monitor.submit(&SystemReset {});
    let cont = live.monitor.submit(&Cont {});
    for outcome in [reset.await, cont.await] {
        if let Err(err) = outcome {
            tracing::warn!(domain = %vm.id().name, %err, "the guest can't be restarted; it is ended");
            live.ending(StopCause::Failed);
            return end(live).await;
        }
    }
    vm.set_state(abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_UNPAUSED);
}

/// Has QEMU end: by its monitor, or by a signal where that does not work.
async fn end(live: &Arc<Live>) {
    if live.monitor.execute(&Quit {}).await.is_err() && live.monitor.lost().is_none() {
        let _ = live.process.kill(rustix::process::Signal::KILL);
    }
}

fn publish(shared: &Shared, vm: &Vm, kind: DomainEventKind) {
    shared.events.publish(Event::Domain(DomainEvent { domain: vm.id(), kind }));
}

/// `virDomainEventWatchdogAction`.
fn watchdog_action(action: &str) -> i32 {
    let number = match action {
        "pause" => abi::VIR_DOMAIN_EVENT_WATCHDOG_PAUSE,
        "reset" => abi::VIR_DOMAIN_EVENT_WATCHDOG_RESET,
        "poweroff" => abi::VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF,
        "shutdown" => abi::VIR_DOMAIN_EVENT_WATCHDOG_SHUTDOWN,
        "debug" => abi::VIR_DOMAIN_EVENT_WATCHDOG_DEBUG,
        "inject-nmi" => abi::VIR_DOMAIN_EVENT_WATCHDOG_INJECTNMI,
        _ => abi::VIR_DOMAIN_EVENT_WATCHDOG_NONE,
    };
    number as i32
}
