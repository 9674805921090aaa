//! I/O threads of domains.

use super::affected;
use super::vcpu::{host_cpu_set, host_cpus};
use crate::args::Args;
use crate::command::{Command, arg, flag, number};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find;
use crate::output::extra;
use crate::shell::Shell;
use crate::table::Table;
use crate::values::cpus;
use ferrovirt::TypedParams;
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "iothreadadd",
        "add an I/O thread",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("id", "number of the thread").required().positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        iothreadadd,
    )
    .changing(),
    Command::new(
        "iothreaddel",
        "remove an I/O thread",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("id", "number of the thread").required().positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        iothreaddel,
    )
    .changing(),
    Command::new(
        "iothreadinfo",
        "list a domain's I/O threads",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        iothreadinfo,
    ),
    Command::new(
        "iothreadpin",
        "say where an I/O thread may run",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("iothread", "number of the thread").required().positional(),
            arg("cpulist", "host CPUs, such as 0-3,^2; r for all"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        iothreadpin,
    )
    .changing(),
    Command::new(
        "iothreadset",
        "tune an I/O thread",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("id", "number of the thread").required().positional(),
            number("poll-max-ns", "longest time to poll, in nanoseconds").also_positional(),
            number("poll-grow", "factor by which polling grows").also_positional(),
            number("poll-shrink", "factor by which polling shrinks").also_positional(),
            number("thread-pool-min", "fewest worker threads").also_positional(),
            number("thread-pool-max", "most worker threads").also_positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        iothreadset,
    )
    .changing(),
];

fn iothreadinfo(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let threads = domain.io_thread_info(flags).or_say(|| "Unable to get domain IOThreads information")?;
    if threads.is_empty() {
        extra!(shell, "No IOThreads found for the domain");
        return Ok(());
    }
    let mut table = Table::new(&["IOThread ID", "CPU Affinity"]);
    for thread in threads {
        table.row([thread.id.into(), cpus::format(&thread.affinity, usize::MAX).into()]);
    }
    shell.out.table(&table);
    Ok(())
}

fn iothreadpin(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let thread = args.number::<u32>("iothread")?.unwrap_or_default();
    let map = host_cpu_set(args.need("cpulist")?, host_cpus(&shell.connection()?)?)?;
    Ok(domain.pin_io_thread(thread, &map, flags)?)
}

/// The number of the thread that is meant.
fn thread_id(args: &Args) -> Outcome<u32> {
    let id = args.number::<i32>("id")?.unwrap_or_default();
    match u32::try_from(id) {
        Ok(id @ 1..) => Ok(id),
        _ => fail!("Invalid IOThread id value: '{id}'"),
    }
}

fn iothreadadd(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    Ok(domain.add_io_thread(thread_id(args)?, flags)?)
}

fn iothreaddel(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    Ok(domain.del_io_thread(thread_id(args)?, flags)?)
}

fn iothreadset(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let id = thread_id(args)?;
    let mut changes = TypedParams::new();
    if let Some(value) = args.number::<u64>("poll-max-ns")? {
        changes.add(VIR_DOMAIN_IOTHREAD_POLL_MAX_NS, value);
    }
    // Factors are of the smaller type as long as they fit it, as older drivers want them.
    let factors =
        [("poll-grow", VIR_DOMAIN_IOTHREAD_POLL_GROW), ("poll-shrink", VIR_DOMAIN_IOTHREAD_POLL_SHRINK)];
    for (option, name) in factors {
        let Some(value) = args.number::<u64>(option)? else { continue };
        match u32::try_from(value) {
            Ok(small) => changes.add(name, small),
            Err(_) => changes.add(name, value),
        }
    }
    let pools = [
        ("thread-pool-min", VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN),
        ("thread-pool-max", VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX),
    ];
    for (option, name) in pools {
        if let Some(value) = args.number::<i32>(option)? {
            changes.add(name, value);
        }
    }
    if changes.is_empty() {
        fail!("Not enough arguments passed, nothing to set")
    }
    Ok(domain.set_io_thread_params(id, &changes, flags)?)
}
