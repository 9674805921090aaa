//! `event`: what happens to domains, in lines.

use super::events::{EventWait, report};
use crate::args::Args;
use crate::command::{Command, flag, number, text};
use crate::complete;
use crate::failure::{Outcome, fail};
use crate::find;
use crate::shell::Shell;
use crate::values::params;
use ferrovirt::event::{DomainEvent, DomainEventKind, Event, GraphicsAddress};
use ferrovirt::{Connection, Listener, TypedParams};
use ferrovirt_core::abi::*;
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;

pub const COMMANDS: &[Command] = &[Command::new(
    "event",
    "wait for events of domains",
    &[
        text("domain", "its name, number or UUID").also_positional().completed_by(complete::domains),
        text("event", "which event").also_positional().completed_by(complete::events),
        flag("all", "events of every kind"),
        flag("loop", "go on until a time is over or Ctrl-C comes"),
        number("timeout", "seconds to wait at most").also_positional(),
        flag("list", "the events there are"),
        flag("timestamp", "with the time of each"),
    ],
    event,
)];

/// The events, in the order of their numbers (`virDomainEventID`).
const NAMES: [&str; 28] = [
    "lifecycle",
    "reboot",
    "rtc-change",
    "watchdog",
    "io-error",
    "graphics",
    "io-error-reason",
    "control-error",
    "block-job",
    "disk-change",
    "tray-change",
    "pm-wakeup",
    "pm-suspend",
    "balloon-change",
    "pm-suspend-disk",
    "device-removed",
    "block-job-2",
    "tunable",
    "agent-lifecycle",
    "device-added",
    "migration-iteration",
    "job-completed",
    "device-removal-failed",
    "metadata-change",
    "block-threshold",
    "memory-failure",
    "memory-device-size-change",
    "nic-mac-change",
];

pub fn names() -> Vec<String> {
    NAMES.map(str::to_owned).to_vec()
}

fn event(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("all", "event")?;
    args.exclusive("list", "all")?;
    args.exclusive("list", "event")?;
    if args.flag("list") {
        let lines: String = NAMES.iter().map(|name| format!("{name}\n")).collect();
        shell.out.document(format_args!("{lines}"), json!(NAMES));
        return Ok(());
    }
    let wanted = args.text("event")?;
    if wanted.is_none() && !args.flag("all") {
        fail!("one of --list, --all, or --event <type> is required")
    }
    let kinds: Vec<i32> = (0..NAMES.len())
        .filter(|at| wanted.is_none_or(|name| name == NAMES[*at]))
        .map(|at| at as i32)
        .collect();
    if kinds.is_empty() {
        fail!("unknown event type {}", wanted.unwrap_or_default())
    }
    let timeout = args.timeout()?;
    let domain = args.has("domain").then(|| find::domain(shell, args)).transpose()?;
    let connection = shell.connection()?;
    let wait = EventWait::begin(args.flag("loop"))?;
    let mut registered = Vec::new();
    for kind in kinds {
        let (sink, stamped) = (wait.sink(), args.flag("timestamp"));
        let show = move |_: &Connection, event: &Event| {
            if let Event::Domain(event) = event {
                let name = NAMES[kind as usize];
                let (line, json) = (line(event, name), json(event, name));
                sink.tell_stamped(stamped, line, json);
            }
        };
        let listener = Listener { callback: Arc::new(show), function: None };
        match connection.register_domain_event(domain.as_ref(), kind, listener) {
            Ok(id) => registered.push(id),
            // A hypervisor need not have all of them.
            Err(err) if registered.is_empty() => return Err(err.into()),
            Err(_) => {}
        }
    }
    let outcome = report(shell, wait, timeout);
    for id in registered {
        connection.deregister_event(id)?;
    }
    outcome
}

fn word<'a>(words: &[&'a str], number: i32) -> &'a str {
    usize::try_from(number).ok().and_then(|at| words.get(at)).unwrap_or(&"unknown")
}

const LIFECYCLE: [&str; 9] = [
    "Defined",
    "Undefined",
    "Started",
    "Suspended",
    "Resumed",
    "Stopped",
    "Shutdown",
    "PMSuspended",
    "Crashed",
];

const LIFECYCLE_DETAILS: [&[&str]; 9] = [
    &["Added", "Updated", "Renamed", "Snapshot"],
    &["Removed", "Renamed"],
    &["Booted", "Migrated", "Restored", "Snapshot", "Event wakeup"],
    &[
        "Paused",
        "Migrated",
        "I/O Error",
        "Watchdog",
        "Restored",
        "Snapshot",
        "API error",
        "Post-copy",
        "Post-copy Error",
    ],
    &["Unpaused", "Migrated", "Snapshot", "Post-copy", "Post-copy Error"],
    &["Shutdown", "Destroyed", "Crashed", "Migrated", "Saved", "Failed", "Snapshot"],
    &["Finished", "Finished after guest request", "Finished after host request"],
    &["Memory", "Disk"],
    &["Panicked", "Crashloaded"],
];

/// The words for a life cycle event and its detail.
fn lifecycle(event: i32, detail: i32) -> (&'static str, &'static str) {
    let details = usize::try_from(event).ok().and_then(|at| LIFECYCLE_DETAILS.get(at));
    (word(&LIFECYCLE, event), details.map_or("unknown", |details| word(details, detail)))
}

const WATCHDOG: [&str; 7] = ["none", "pause", "reset", "poweroff", "shutdown", "debug", "inject-nmi"];
const IO_ERROR: [&str; 3] = ["none", "pause", "report"];
const BLOCK_JOBS: [&str; 6] =
    ["Unknown job", "Block Pull", "Block Copy", "Block Commit", "Active Block Commit", "Backup"];
const BLOCK_JOB_STATUS: [&str; 4] = ["completed", "failed", "canceled", "ready"];

/// What follows `event 'NAME' for domain 'DOMAIN'`, without the last end of line.
fn rest(kind: &DomainEventKind, name: &str) -> String {
    let none = || "<null>".to_owned();
    match kind {
        DomainEventKind::Lifecycle { event, detail } => {
            let (event, detail) = lifecycle(*event, *detail);
            format!(": {event} {detail}")
        }
        DomainEventKind::RtcChange { utc_offset } => format!(": {utc_offset}"),
        DomainEventKind::Watchdog { action } => format!(": {}", word(&WATCHDOG, *action)),
        DomainEventKind::IoError { source, alias, action, reason } => {
            let action = word(&IO_ERROR, *action);
            let why = if name == "io-error" { String::new() } else { format!(" due to {reason}") };
            format!(": {source} ({alias}) {action}{why}")
        }
        DomainEventKind::Graphics { phase, local, remote, auth_scheme, subject } => {
            let phase = word(&["connect", "initialize", "disconnect"], *phase);
            let (local, remote) = (graphics_address(local), graphics_address(remote));
            let mut text = format!(": {phase} local[{local}] remote[{remote}] {auth_scheme}");
            for (kind, name) in subject {
                let _ = write!(text, "\n\t{kind}={name}");
            }
            text
        }
        DomainEventKind::BlockJob { path, target, kind, status } => {
            let disk = if name == "block-job" { path } else { target };
            let kind =
                usize::try_from(*kind).ok().and_then(|at| BLOCK_JOBS.get(at)).unwrap_or(&BLOCK_JOBS[0]);
            format!(": {kind} for {disk} {}", word(&BLOCK_JOB_STATUS, *status))
        }
        DomainEventKind::DiskChange { old_source, new_source, alias, reason } => {
            let (old, new) =
                (old_source.clone().unwrap_or_else(none), new_source.clone().unwrap_or_else(none));
            format!(" disk {alias}: {old} -> {new}: {}", word(&["changed", "dropped"], *reason))
        }
        DomainEventKind::TrayChange { alias, reason } => {
            format!(" disk {alias}: {}", word(&["opened", "closed"], *reason))
        }
        DomainEventKind::BalloonChange { actual } => format!(": {actual}KiB"),
        DomainEventKind::DeviceRemoved { alias }
        | DomainEventKind::DeviceAdded { alias }
        | DomainEventKind::DeviceRemovalFailed { alias } => format!(": {alias}"),
        DomainEventKind::Tunable { params } | DomainEventKind::JobCompleted { params } => {
            format!(":{}", lines_of(params))
        }
        DomainEventKind::AgentLifecycle { state, reason } => {
            let state = word(&["unknown", "connected", "disconnected"], *state);
            let reason = word(&["unknown", "domain started", "channel event"], *reason);
            format!(": state: '{state}' reason: '{reason}'")
        }
        DomainEventKind::MigrationIteration { iteration } => format!(": iteration: '{iteration}'"),
        DomainEventKind::MetadataChange { kind, uri } => {
            let kind = word(&["description", "title", "element"], *kind);
            format!(": type {kind}, uri {}", uri.clone().unwrap_or_else(none))
        }
        DomainEventKind::BlockThreshold { device, path, threshold, excess } => {
            format!(": dev: {device}({}) {threshold} {excess}", path.clone().unwrap_or_else(none))
        }
        DomainEventKind::MemoryFailure { recipient, action, flags } => {
            memory_failure(*recipient, *action, *flags)
        }
        DomainEventKind::MemoryDeviceSizeChange { alias, size } => format!(":\nalias: {alias}\nsize: {size}"),
        DomainEventKind::NicMacChange { alias, old_mac, new_mac } => {
            format!(":\nalias: {alias}\noldMAC: {old_mac}\nnewMAC: {new_mac}")
        }
        DomainEventKind::Reboot
        | DomainEventKind::ControlError
        | DomainEventKind::PmWakeup { .. }
        | DomainEventKind::PmSuspend { .. }
        | DomainEventKind::PmSuspendDisk { .. } => String::new(),
    }
}

fn memory_failure(recipient: i32, action: i32, flags: u32) -> String {
    let recipient = word(&["hypervisor", "guest"], recipient);
    let action = word(&["ignore", "inject", "fatal", "reset"], action);
    let bit = |flag: u32| i32::from(flags & flag != 0);
    let required = bit(VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED);
    let recursive = bit(VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE);
    format!(
        ":\nrecipient: {recipient}\naction: {action}\nflags:\n\taction required: {required}\n\trecursive: {recursive}"
    )
}

fn graphics_address(address: &GraphicsAddress) -> String {
    let family = word(&["IPv4", "IPv6", "unix"], address.family);
    let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "(null)".into());
    format!("{family} {} {}", part(&address.node), part(&address.service))
}

fn lines_of(all: &TypedParams) -> String {
    all.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = write!(text, "\n\t{name}: {}", params::text(value));
        text
    })
}

fn line(event: &DomainEvent, name: &str) -> String {
    format!("event '{name}' for domain '{}'{}", event.domain.name, rest(&event.kind, name))
}

fn json(event: &DomainEvent, name: &str) -> serde_json::Value {
    let details = rest(&event.kind, name);
    let details = details.trim_start_matches(':').trim_start();
    json!({
        "event": name,
        "domain": &*event.domain.name,
        "uuid": event.domain.uuid.to_string(),
        "details": details,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::DomainId;

    #[test]
    fn events_are_told_in_lines() {
        let domain = DomainId { name: "web".into(), uuid: uuid::Uuid::nil(), id: 1 };
        let told = |kind, name| line(&DomainEvent { domain: domain.clone(), kind }, name);
        assert_eq!(
            told(DomainEventKind::Lifecycle { event: 5, detail: 1 }, "lifecycle"),
            "event 'lifecycle' for domain 'web': Stopped Destroyed"
        );
        assert_eq!(told(DomainEventKind::Reboot, "reboot"), "event 'reboot' for domain 'web'");
        let changed = DomainEventKind::DiskChange {
            old_source: None,
            new_source: Some("/b".into()),
            alias: "ide0".into(),
            reason: 0,
        };
        assert_eq!(
            told(changed, "disk-change"),
            "event 'disk-change' for domain 'web' disk ide0: <null> -> /b: changed"
        );
    }
}
