//! Defining, starting, pausing and naming domains.

use super::affected;
use crate::args::Args;
use crate::command::{Command, arg, flag, number, text};
use crate::commands::host::SUSPEND_TARGETS;
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find::{self, By};
use crate::output::extra;
use crate::shell::Shell;
use crate::transfer::read_document;
use ferrovirt::{Domain, ErrorCode};
use ferrovirt_core::abi::*;
use rustix::fd::OwnedFd;
use std::os::fd::{AsFd, BorrowedFd};

pub const COMMANDS: &[Command] = &[
    Command::new(
        "autostart",
        "say whether a domain starts with the host",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::persistent_domains),
            flag("disable", "not with the host any more"),
            flag("once", "only the next time"),
        ],
        autostart,
    )
    .changing(),
    Command::new(
        "create",
        "start a domain that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("console", "go to the console once it runs"),
            flag("paused", "stopped at first"),
            flag("autodestroy", "stop the guest when this connection ends"),
            text("pass-fds", "numbers of open files to hand over, with commas between").also_positional(),
            flag("validate", "check the XML against the schema first"),
            flag("reset-nvram", "firmware variables from the template"),
        ],
        create,
    )
    .changing(),
    Command::new(
        "define",
        "define a domain that an XML file describes",
        &[
            arg("file", "file with its XML").completed_by(complete::paths),
            flag("validate", "check the XML against the schema first"),
        ],
        define,
    )
    .changing(),
    Command::new(
        "domid",
        "show a domain's number",
        &[arg("domain", "its name or UUID").completed_by(complete::active_domains)],
        domid,
    ),
    Command::new("domname", "show a domain's name", &[arg("domain", "its number or UUID")], domname),
    Command::new(
        "dompmsuspend",
        "have the guest go to sleep",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::running_domains),
            arg("target", "mem, disk or hybrid"),
            number("duration", "seconds to sleep; 0 for no end"),
        ],
        dompmsuspend,
    )
    .changing(),
    Command::new(
        "dompmwakeup",
        "wake a guest up",
        &[arg("domain", "its name, number or UUID").completed_by(complete::domains)],
        dompmwakeup,
    )
    .changing(),
    Command::new(
        "domrename",
        "rename a domain",
        &[
            arg("domain", "its name or UUID").completed_by(complete::inactive_domains),
            arg("new-name", "its name from now on"),
        ],
        domrename,
    )
    .changing(),
    Command::new(
        "domuuid",
        "show a domain's UUID",
        &[arg("domain", "its number or name").completed_by(complete::domains)],
        domuuid,
    ),
    Command::new(
        "inject-nmi",
        "send a non-maskable interrupt to the guest",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        inject_nmi,
    )
    .changing(),
    Command::new(
        "reboot",
        "have the guest reboot",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("mode", "acpi, agent, initctl, signal or paravirt, with commas between").positional(),
        ],
        reboot,
    )
    .changing(),
    Command::new(
        "reset",
        "reset a domain as its button would",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        reset,
    )
    .changing(),
    Command::new(
        "resume",
        "let a paused domain run",
        &[arg("domain", "its name, number or UUID").completed_by(complete::paused_domains)],
        resume,
    )
    .changing(),
    Command::new(
        "set-lifecycle-action",
        "say what happens at the end of a guest",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("type", "poweroff, reboot or crash"),
            arg("action", "what to do then"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        set_lifecycle_action,
    )
    .changing(),
    Command::new(
        "shutdown",
        "have the guest shut down",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("mode", "acpi, agent, initctl, signal or paravirt, with commas between").positional(),
        ],
        shutdown,
    )
    .changing(),
    Command::new(
        "start",
        "start a domain that is defined",
        &[
            arg("domain", "its name or UUID").completed_by(complete::domains),
            flag("console", "go to the console once it runs"),
            flag("paused", "stopped at first"),
            flag("autodestroy", "stop the guest when this connection ends"),
            flag("bypass-cache", "keep the file out of the host's page cache"),
            flag("force-boot", "boot anew rather than restore a saved state"),
            text("pass-fds", "numbers of open files to hand over, with commas between").also_positional(),
            flag("reset-nvram", "firmware variables from the template"),
        ],
        start,
    )
    .changing(),
    Command::new(
        "suspend",
        "pause a domain",
        &[arg("domain", "its name, number or UUID").completed_by(complete::running_domains)],
        suspend,
    )
    .changing(),
];

fn define(shell: &mut Shell, args: &Args) -> Outcome {
    let file = args.need("file")?;
    let text = read_document(file)?;
    let flags = args.bits(&[("validate", VIR_DOMAIN_DEFINE_VALIDATE)]);
    let domain = shell
        .connection()?
        .define_domain(&text, flags)
        .or_say(|| format!("Failed to define domain from {file}"))?;
    extra!(shell, "Domain '{}' defined from {file}\n", domain.name());
    Ok(())
}

const START_FLAGS: &[(&str, u32)] = &[
    ("paused", VIR_DOMAIN_START_PAUSED),
    ("autodestroy", VIR_DOMAIN_START_AUTODESTROY),
    ("reset-nvram", VIR_DOMAIN_START_RESET_NVRAM),
];

/// Descriptors that this program was started with and that `--pass-fds` names.
pub fn passed_files(args: &Args) -> Outcome<Vec<OwnedFd>> {
    let Some(text) = args.raw("pass-fds").filter(|text| !text.is_empty()) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for number in text.split(',') {
        if crate::values::number::parse::<i32>(number).is_none() {
            fail!("Unable to parse FD number '{number}'")
        }
        // Opened anew by its number: a file that is there, or an error that says that it is not.
        match std::fs::OpenOptions::new().read(true).open(format!("/proc/self/fd/{number}")) {
            Ok(file) => files.push(file.into()),
            Err(err) => fail!("cannot pass file descriptor {number}: {err}"),
        }
    }
    Ok(files)
}

fn borrowed(files: &[OwnedFd]) -> Vec<BorrowedFd<'_>> {
    files.iter().map(AsFd::as_fd).collect()
}

fn create(shell: &mut Shell, args: &Args) -> Outcome {
    let file = args.need("file")?;
    let text = read_document(file)?;
    let files = passed_files(args)?;
    let console = args.flag("console");
    let resume = console && !args.flag("paused");
    let mut flags = args.bits(START_FLAGS) | args.bits(&[("validate", VIR_DOMAIN_START_VALIDATE)]);
    if resume {
        flags |= VIR_DOMAIN_START_PAUSED;
    }
    let connection = shell.connection()?;
    let create = |flags: u32| {
        if files.is_empty() {
            connection.create_domain(&text, flags)
        } else {
            connection.create_domain_with_files(&text, &borrowed(&files), flags)
        }
    };
    let (created, resume) = paused_if_possible(create, flags, resume);
    let domain = created.or_say(|| format!("Failed to create domain from {file}"))?;
    extra!(shell, "Domain '{}' created from {file}\n", domain.name());
    if console {
        super::console::run(shell, &domain, None, resume, 0)?;
    }
    Ok(())
}

/// Starts paused, so that a console misses nothing; a hypervisor that can't do that starts without. Whether the guest
/// waits to be resumed comes back too.
fn paused_if_possible<T>(
    start: impl Fn(u32) -> ferrovirt::Result<T>,
    flags: u32,
    resume: bool,
) -> (ferrovirt::Result<T>, bool) {
    match start(flags) {
        Err(err) if resume && err.code() == ErrorCode::InvalidArg => {
            (start(flags & !VIR_DOMAIN_START_PAUSED), false)
        }
        started => (started, resume),
    }
}

fn start(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain_by(shell, args, By::NameOrUuid)?;
    if domain.numeric_id() >= 0 {
        fail!("Domain is already active")
    }
    let files = passed_files(args)?;
    let console = args.flag("console");
    let resume = console && !args.flag("paused");
    let mut flags = args.bits(START_FLAGS)
        | args.bits(&[
            ("bypass-cache", VIR_DOMAIN_START_BYPASS_CACHE),
            ("force-boot", VIR_DOMAIN_START_FORCE_BOOT),
        ]);
    if resume {
        flags |= VIR_DOMAIN_START_PAUSED;
    }
    let start = |flags: u32| {
        if files.is_empty() {
            domain.create(flags)
        } else {
            domain.create_with_files(&borrowed(&files), flags)
        }
    };
    let (started, resume) = paused_if_possible(start, flags, resume);
    started.or_say(|| format!("Failed to start domain '{}'", domain.name()))?;
    extra!(shell, "Domain '{}' started\n", domain.name());
    if console {
        super::console::run(shell, &domain, None, resume, 0)?;
    }
    Ok(())
}

/// The words that a command without results has: what failed, and what was done.
fn act(
    shell: &mut Shell,
    args: &Args,
    action: impl FnOnce(&Domain) -> ferrovirt::Result<()>,
    failed: &str,
    done: &str,
) -> Outcome {
    let domain = find::domain(shell, args)?;
    let name = args.need("domain")?;
    action(&domain).or_say(|| format!("Failed to {failed} domain '{name}'"))?;
    extra!(shell, "Domain '{name}' {done}\n");
    Ok(())
}

fn suspend(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, Domain::suspend, "suspend", "suspended")
}

fn resume(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, Domain::resume, "resume", "resumed")
}

fn reset(shell: &mut Shell, args: &Args) -> Outcome {
    act(shell, args, |domain| domain.reset(0), "reset", "was reset")
}

/// The bits of modes such as `acpi,agent`.
fn modes(args: &Args, known: &[(&str, u32)], words: &str) -> Outcome<u32> {
    let mut flags = 0;
    for mode in args.text("mode")?.into_iter().flat_map(|text| text.split(',')) {
        match known.iter().find(|(name, _)| *name == mode) {
            Some((_, flag)) => flags |= flag,
            None => fail!("Unknown mode {mode} value, expecting {words}"),
        }
    }
    Ok(flags)
}

fn shutdown(shell: &mut Shell, args: &Args) -> Outcome {
    let known = [
        ("acpi", VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN),
        ("agent", VIR_DOMAIN_SHUTDOWN_GUEST_AGENT),
        ("initctl", VIR_DOMAIN_SHUTDOWN_INITCTL),
        ("signal", VIR_DOMAIN_SHUTDOWN_SIGNAL),
        ("paravirt", VIR_DOMAIN_SHUTDOWN_PARAVIRT),
    ];
    let flags = modes(args, &known, "'acpi', 'agent', 'initctl', 'signal', or 'paravirt'")?;
    act(shell, args, |domain| domain.shutdown(flags), "shutdown", "is being shutdown")
}

fn reboot(shell: &mut Shell, args: &Args) -> Outcome {
    let known = [
        ("acpi", VIR_DOMAIN_REBOOT_ACPI_POWER_BTN),
        ("agent", VIR_DOMAIN_REBOOT_GUEST_AGENT),
        ("initctl", VIR_DOMAIN_REBOOT_INITCTL),
        ("signal", VIR_DOMAIN_REBOOT_SIGNAL),
        ("paravirt", VIR_DOMAIN_REBOOT_PARAVIRT),
    ];
    let flags = modes(args, &known, "'acpi', 'agent', 'initctl', 'signal' or 'paravirt'")?;
    act(shell, args, |domain| domain.reboot(flags), "reboot", "is being rebooted")
}

fn autostart(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let name = args.need("domain")?;
    let on = !args.flag("disable");
    let verb = if on { "mark" } else { "unmark" };
    let when = if args.flag("once") { "autostarted on next boot" } else { "autostarted" };
    let set = if args.flag("once") { domain.set_autostart_once(on) } else { domain.set_autostart(on) };
    set.or_say(|| format!("Failed to {verb} domain '{name}' as {when}"))?;
    extra!(shell, "Domain '{name}' {verb}ed as {when}\n");
    Ok(())
}

fn dompmsuspend(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let duration = args.number::<u64>("duration")?.unwrap_or_default();
    let target = args.need("target")?;
    let Some(target) = SUSPEND_TARGETS.iter().position(|name| *name == target) else {
        fail!("Invalid target")
    };
    let name = domain.name();
    domain
        .pm_suspend_for_duration(target as u32, duration, 0)
        .or_say(|| format!("Domain '{name}' could not be suspended"))?;
    extra!(shell, "Domain '{name}' successfully suspended");
    Ok(())
}

fn dompmwakeup(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let name = domain.name();
    domain.pm_wakeup(0).or_say(|| format!("Domain '{name}' could not be woken up"))?;
    extra!(shell, "Domain '{name}' successfully woken up");
    Ok(())
}

fn inject_nmi(shell: &mut Shell, args: &Args) -> Outcome {
    Ok(find::domain(shell, args)?.inject_nmi(0)?)
}

fn domrename(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    domain.rename(args.need("new-name")?, 0)?;
    extra!(shell, "Domain successfully renamed\n");
    Ok(())
}

fn domid(shell: &mut Shell, args: &Args) -> Outcome {
    let id = find::domain_by(shell, args, By::NameOrUuid)?.numeric_id();
    match id {
        0.. => shell.out.document(format_args!("{id}\n"), id.into()),
        _ => shell.out.document(format_args!("-\n"), serde_json::Value::Null),
    }
    Ok(())
}

fn domname(shell: &mut Shell, args: &Args) -> Outcome {
    let name = find::domain_by(shell, args, By::IdOrUuid)?.name();
    shell.out.document(format_args!("{name}\n"), name.as_ref().into());
    Ok(())
}

fn domuuid(shell: &mut Shell, args: &Args) -> Outcome {
    let uuid = find::domain_by(shell, args, By::NameOrId)?.uuid().to_string();
    shell.out.document(format_args!("{uuid}\n"), uuid.as_str().into());
    Ok(())
}

const LIFECYCLE_EVENTS: [&str; 3] = ["poweroff", "reboot", "crash"];
const LIFECYCLE_ACTIONS: [&str; 6] =
    ["destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart"];

fn set_lifecycle_action(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let (kind, action) = (args.need("type")?, args.need("action")?);
    let Some(kind_at) = LIFECYCLE_EVENTS.iter().position(|name| *name == kind) else {
        fail!("Invalid lifecycle type '{kind}'.")
    };
    let Some(action_at) = LIFECYCLE_ACTIONS.iter().position(|name| *name == action) else {
        fail!("Invalid lifecycle action '{action}'.")
    };
    find::domain(shell, args)?
        .set_lifecycle_action(kind_at as u32, action_at as u32, flags)
        .or_say(|| "Unable to change lifecycle action.")
}
