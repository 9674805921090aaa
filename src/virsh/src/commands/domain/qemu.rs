//! What only QEMU has: its monitor, its agent's protocol, taking over processes.

use crate::args::Args;
use crate::command::{Command, arg, flag, list, number, text};
use crate::commands::events::{EventWait, report};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find;
use crate::output::extra;
use crate::shell::Shell;
use crate::values::time;
use ferrovirt::event::Event;
use ferrovirt_core::abi::*;
use serde_json::{Map, Value, json};
use std::os::fd::AsFd;
use std::sync::Arc;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "qemu-agent-command",
        "send a command to the guest agent",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            number("timeout", "seconds to wait for an answer"),
            flag("async", "don't wait for the end"),
            flag("block", "wait for the agent without end"),
            flag("pretty", "for people to read"),
            list("cmd", "command for the agent").required().positional(),
        ],
        qemu_agent_command,
    )
    .changing(),
    Command::new(
        "qemu-attach",
        "take over a QEMU process",
        &[arg("pid", "number of the process")],
        qemu_attach,
    )
    .changing(),
    Command::new(
        "qemu-monitor-command",
        "send a command to QEMU's monitor",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("hmp", "the command is for the human monitor"),
            flag("pretty", "for people to read"),
            flag("return-value", "only what was returned"),
            text("pass-fds", "numbers of open files to hand over, with commas between"),
            list("cmd", "command for the monitor").required().positional(),
        ],
        qemu_monitor_command,
    )
    .changing(),
    Command::new(
        "qemu-monitor-event",
        "show events of QEMU's monitor",
        &[
            text("domain", "its name, number or UUID").also_positional().completed_by(complete::domains),
            text("event", "only this event").also_positional(),
            flag("pretty", "for people to read"),
            flag("loop", "go on until a time is over or Ctrl-C comes"),
            number("timeout", "seconds to wait at most").also_positional(),
            flag("regex", "the name is a regular expression"),
            flag("no-case", "upper and lower case are the same"),
            flag("timestamp", "with the time of each"),
        ],
        qemu_monitor_event,
    ),
];

/// A command for QMP: JSON as it was typed, or a name and its arguments.
fn qmp_command(args: &Args) -> Outcome<String> {
    let words = args.list("cmd");
    let whole = words.join(" ");
    if let Ok(Value::Object(_)) = serde_json::from_str(&whole) {
        return Ok(whole);
    }
    let mut command = Map::new();
    command.insert("execute".into(), words[0].as_str().into());
    let rest = &words[1..];
    if !rest.is_empty() {
        let whole = rest.join(" ");
        let arguments = match serde_json::from_str(&whole) {
            Ok(Value::Object(object)) => Value::Object(object),
            _ => match serde_json::from_str(&format!("{{{}}}", rest.join(","))) {
                Ok(arguments) => arguments,
                Err(_) => fail!("failed to wrap arguments '{whole}' into a QMP command wrapper"),
            },
        };
        command.insert("arguments".into(), arguments);
    }
    Ok(Value::Object(command).to_string())
}

fn qemu_monitor_command(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("hmp", "pretty")?;
    args.exclusive("hmp", "return-value")?;
    let domain = find::domain(shell, args)?;
    let (command, flags) = if args.flag("hmp") {
        (args.joined("cmd").unwrap_or_default(), VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP)
    } else {
        (qmp_command(args)?, VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT)
    };
    let files = super::lifecycle::passed_files(args)?;
    let answer = if files.is_empty() {
        domain.qemu_monitor_command(&command, flags)?
    } else {
        let borrowed: Vec<_> = files.iter().map(AsFd::as_fd).collect();
        domain.qemu_monitor_command_with_files(&command, &borrowed, flags)?.0
    };
    let (pretty, value) = (args.flag("pretty"), args.flag("return-value"));
    let parsed =
        (pretty || value || shell.out.is_json()).then(|| serde_json::from_str::<Value>(&answer).ok());
    let Some(Some(mut parsed)) = parsed else {
        if value {
            fail!("failed to parse JSON returned by qemu")
        }
        shell.out.document(format_args!("{answer}\n"), answer.as_str().into());
        return Ok(());
    };
    if value {
        parsed = match parsed.get_mut("return") {
            Some(value) => value.take(),
            None => fail!("'return' member missing"),
        };
    }
    let text = if pretty { format!("{parsed:#}") } else { parsed.to_string() };
    shell.out.document(format_args!("{text}"), parsed.clone());
    Ok(())
}

fn qemu_agent_command(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let mut timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT;
    let given: Option<i32> = args.number("timeout")?;
    if let Some(seconds) = given {
        if seconds < 1 {
            fail!("timeout must be positive")
        }
        timeout = seconds;
    }
    let said = [given.is_some(), args.flag("async"), args.flag("block")];
    if said.iter().filter(|said| **said).count() > 1 {
        fail!("timeout, async and block options are exclusive")
    }
    if args.flag("async") {
        timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT;
    }
    if args.flag("block") {
        timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK;
    }
    let answer = domain.qemu_agent_command(&args.joined("cmd").unwrap_or_default(), timeout, 0)?;
    let parsed = serde_json::from_str::<Value>(&answer).ok();
    let text = match &parsed {
        Some(parsed) if args.flag("pretty") => format!("{parsed:#}"),
        _ => answer.clone(),
    };
    shell.out.document(format_args!("{text}\n"), parsed.unwrap_or_else(|| answer.into()));
    Ok(())
}

fn qemu_attach(shell: &mut Shell, args: &Args) -> Outcome {
    let pid = args.number::<u32>("pid")?.unwrap_or_default();
    let domain =
        shell.connection()?.qemu_attach(pid, 0).or_say(|| format!("Failed to attach to pid {pid}"))?;
    extra!(shell, "Domain '{}' attached to pid {pid}\n", domain.name());
    Ok(())
}

fn qemu_monitor_event(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[
        ("regex", VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX),
        ("no-case", VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE),
    ]);
    let timeout = args.timeout()?;
    let name = args.text("event")?;
    let domain = args.has("domain").then(|| find::domain(shell, args)).transpose()?;
    let connection = shell.connection()?;
    let wait = EventWait::begin(args.flag("loop"))?;
    let (sink, pretty, stamp) = (wait.sink(), args.flag("pretty"), args.flag("timestamp"));
    let show = move |_: &ferrovirt::Connection, event: &Event| {
        let Event::QemuMonitor(event) = event else { return };
        let details = event.details.clone().unwrap_or_else(|| "(null)".into());
        let parsed = serde_json::from_str::<Value>(&details).ok();
        let details = match &parsed {
            Some(parsed) if pretty => format!("{parsed:#}"),
            _ => details,
        };
        let (domain, name) = (&event.domain.name, &event.event);
        let line = if stamp {
            format!("{}: event {name} for domain '{domain}': {details}", time::stamp())
        } else {
            let (seconds, micros) = (event.seconds, event.micros);
            format!("event {name} at {seconds}.{micros:06} for domain '{domain}': {details}")
        };
        sink.tell(line, json!({ "event": name, "domain": &**domain, "details": parsed }));
    };
    let id = connection.register_qemu_monitor_event(domain.as_ref(), name, flags, Arc::new(show))?;
    let outcome = report(shell, wait, timeout);
    connection.deregister_qemu_monitor_event(id)?;
    outcome
}
