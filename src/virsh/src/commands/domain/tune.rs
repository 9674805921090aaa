//! Memory, scheduling, I/O shares, NUMA and performance events of domains.

use super::{CONFIG, LIVE, affected};
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, list, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find;
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::values::number::{leading, parse};
use crate::values::{lists, params, size};
use ferrovirt::{TypedParams, TypedValue};
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "blkiotune",
        "show or set a domain's share of block I/O",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("weight", "share of I/O").also_positional(),
            text("device-weights", "weights by device: /dev/sda,500,...").also_positional(),
            text("device-read-iops-sec", "reads a second, by device: /dev/sda,1000,...").also_positional(),
            text("device-write-iops-sec", "writes a second, by device: /dev/sda,1000,...").also_positional(),
            text("device-read-bytes-sec", "bytes read a second, by device: /dev/sda,1048576,...")
                .also_positional(),
            text("device-write-bytes-sec", "bytes written a second, by device: /dev/sda,1048576,...")
                .also_positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        blkiotune,
    ),
    Command::new(
        "memtune",
        "show or set a domain's memory limits",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("hard-limit", "most memory that it may use (KiB without a unit), -1 for no limit")
                .also_positional(),
            number("soft-limit", "memory to come down to when the host runs short (KiB without a unit)")
                .also_positional(),
            number("swap-hard-limit", "most memory and swap that it may use (KiB without a unit)")
                .also_positional(),
            number("min-guarantee", "memory that it always gets (KiB without a unit)").also_positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        memtune,
    ),
    Command::new(
        "numatune",
        "show or set a domain's NUMA policy",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("mode", "strict, preferred, interleave or restrictive").also_positional(),
            text("nodeset", "host nodes, such as 0-3,^2").also_positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        numatune,
    ),
    Command::new(
        "perf",
        "show or choose the performance events that are counted",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("enable", "events to count, with commas between").also_positional(),
            text("disable", "events to stop counting, with commas between").also_positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        perf,
    ),
    Command::new(
        "schedinfo",
        "show or set a domain's scheduling",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("weight", "share of CPU time"),
            number("cap", "CPU time at most"),
            flag("current", "as it is now, running or not"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            list("set", "NAME=VALUE").positional(),
        ],
        schedinfo,
    ),
    Command::new(
        "setmaxmem",
        "set the most memory that a domain may have",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            alias("kilobytes", "size"),
            number("size", "the size (KiB without a unit)").required().positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        setmaxmem,
    )
    .changing(),
    Command::new(
        "setmem",
        "set how much memory a domain has",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            alias("kilobytes", "size"),
            number("size", "the size (KiB without a unit)").required().positional(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        setmem,
    )
    .changing(),
];

/// A size of memory in KiB.
fn kibibytes(args: &Args) -> Outcome<u64> {
    Ok(args.scaled("size", 1024, u64::MAX)?.unwrap_or_default().div_ceil(1024))
}

fn setmem(shell: &mut Shell, args: &Args) -> Outcome {
    let said = args.flag("config") || args.flag("live") || args.flag("current");
    let flags = if said { affected(args)? } else { LIVE };
    let domain = find::domain(shell, args)?;
    Ok(domain.set_memory_flags(kibibytes(args)?, flags)?)
}

fn setmaxmem(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    domain
        .set_memory_flags(kibibytes(args)?, flags | VIR_DOMAIN_MEM_MAXIMUM)
        .or_say(|| "Unable to change MaxMemorySize")
}

/// The number that stands for no limit.
const NO_LIMIT: u64 = VIR_DOMAIN_MEMORY_PARAM_UNLIMITED as u64;

/// A limit in KiB; negative for none.
fn memory_limit(args: &Args, option: &str) -> Outcome<Option<u64>> {
    let Some(text) = args.raw(option) else { return Ok(None) };
    let failed = || format!("Unable to parse integer parameter {option}");
    match leading(text) {
        Some((number, _)) if number < 0 => Ok(Some(NO_LIMIT)),
        _ => match size::scale(text, 1024, i64::MAX as u64) {
            Ok(bytes) => Ok(Some(bytes.div_ceil(1024))),
            Err(cause) => Err(crate::failure::Failure { lines: Vec::new(), cause }).or_say(failed),
        },
    }
}

fn memtune(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let limits = [
        ("hard-limit", VIR_DOMAIN_MEMORY_HARD_LIMIT),
        ("soft-limit", VIR_DOMAIN_MEMORY_SOFT_LIMIT),
        ("swap-hard-limit", VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT),
        ("min-guarantee", VIR_DOMAIN_MEMORY_MIN_GUARANTEE),
    ];
    let mut changes = TypedParams::new();
    for (option, name) in limits {
        if let Some(limit) = memory_limit(args, option)? {
            changes.add(name, limit);
        }
    }
    if !changes.is_empty() {
        shell.may_change(args)?;
        return domain.set_memory_parameters(&changes, flags).or_say(|| "Unable to change memory parameters");
    }
    let values = domain.memory_parameters(flags).or_say(|| "Unable to get number of memory parameters")?;
    for (name, value) in values.iter() {
        let unlimited = *value == TypedValue::ULLong(NO_LIMIT);
        let cell = if unlimited { Cell::absent("unlimited") } else { params::cell(value) };
        say!(shell, "{name:<15}: {}\n", cell.text);
        shell.out.member([(name.to_owned(), cell.json)]);
    }
    Ok(())
}

fn blkiotune(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let mut changes = TypedParams::new();
    if let Some(weight) = args.number::<i32>("weight")? {
        match u32::try_from(weight) {
            Ok(weight @ 1..) => changes.add(VIR_DOMAIN_BLKIO_WEIGHT, weight),
            _ => fail!("Invalid value of {weight} for I/O weight"),
        }
    }
    let texts = [
        ("device-weights", VIR_DOMAIN_BLKIO_DEVICE_WEIGHT),
        ("device-read-iops-sec", VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS),
        ("device-write-iops-sec", VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS),
        ("device-read-bytes-sec", VIR_DOMAIN_BLKIO_DEVICE_READ_BPS),
        ("device-write-bytes-sec", VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS),
    ];
    for (option, name) in texts {
        match args.raw(option) {
            Some("") => fail!("Unable to parse string parameter"),
            Some(text) => changes.add(name, text),
            None => {}
        }
    }
    if !changes.is_empty() {
        shell.may_change(args)?;
        return domain.set_blkio_parameters(&changes, flags).or_say(|| "Unable to change blkio parameters");
    }
    let values = domain.blkio_parameters(flags).or_say(|| "Unable to get number of blkio parameters")?;
    shell.out.params(15, ":", &values);
    Ok(())
}

const NUMA_MODES: [&str; 4] = ["strict", "preferred", "interleave", "restrictive"];

fn numatune(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let mut changes = TypedParams::new();
    if let Some(nodes) = args.text("nodeset")? {
        changes.add(VIR_DOMAIN_NUMA_NODESET, nodes);
    }
    if let Some(mode) = args.text("mode")? {
        let number = NUMA_MODES.iter().position(|name| *name == mode).map(|at| at as i32);
        match number.or_else(|| parse(mode)) {
            Some(number) => changes.add(VIR_DOMAIN_NUMA_MODE, number),
            None => fail!("Invalid mode: {mode}"),
        }
    }
    if !changes.is_empty() {
        shell.may_change(args)?;
        return domain.set_numa_parameters(&changes, flags).or_say(|| "Unable to change numa parameters");
    }
    for (name, value) in
        domain.numa_parameters(flags).or_say(|| "Unable to get number of memory parameters")?.iter()
    {
        let cell = match value {
            TypedValue::Int(mode) if name == VIR_DOMAIN_NUMA_MODE => {
                Cell::from(usize::try_from(*mode).ok().and_then(|mode| NUMA_MODES.get(mode)).copied())
            }
            value => params::cell(value),
        };
        say!(shell, "{name:<15}: {}\n", cell.text);
        shell.out.member([(name.to_owned(), cell.json)]);
    }
    Ok(())
}

fn perf(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let mut changes = TypedParams::new();
    for (option, on) in [("enable", true), ("disable", false)] {
        let names = args.text(option)?.unwrap_or_default().split(',').filter(|name| !name.is_empty());
        names.for_each(|name| changes.add(name, on));
    }
    let domain = find::domain(shell, args)?;
    if changes.is_empty() {
        changes = domain.perf_events(flags).or_say(|| "Unable to get perf events")?;
    } else {
        shell.may_change(args)?;
        domain.set_perf_events(&changes, flags).or_say(|| "Unable to enable/disable perf events")?;
    }
    for (name, value) in changes.iter() {
        let on = *value == TypedValue::Boolean(true);
        extra!(shell, "{name:<15}: {}\n", if on { "enabled" } else { "disabled" });
        shell.out.member([(name.to_owned(), on.into())]);
    }
    Ok(())
}

fn schedinfo(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let both = flags == CONFIG | LIVE;
    let query = if both { 0 } else { flags };
    let domain = find::domain(shell, args)?;
    let scheduler = match domain.scheduler_type() {
        Ok(scheduler) => scheduler,
        Err(err) => {
            say!(shell, "{:<15}: Unknown\n", "Scheduler");
            return Err(err.into());
        }
    };
    say!(shell, "{:<15}: {}\n", "Scheduler", scheduler.name);
    shell.out.member([("scheduler".to_owned(), scheduler.name.as_str().into())]);
    if scheduler.parameters == 0 {
        return Err(crate::failure::Failure::silent());
    }
    let of_now = query == 0 && !args.flag("current");
    let read =
        || if of_now { domain.scheduler_parameters() } else { domain.scheduler_parameters_flags(query) };
    let mut values = read()?;
    let changes = scheduling(args, &values)?;
    if !changes.is_empty() {
        shell.may_change(args)?;
        domain.set_scheduler_parameters(&changes, flags)?;
        values = read()?;
    } else if both {
        fail!("cannot query both live and config at once")
    }
    shell.out.params(15, ":", &values);
    Ok(())
}

/// The parameters that were given, each of the type that the scheduler has for it.
fn scheduling(args: &Args, known: &TypedParams) -> Outcome<TypedParams> {
    let mut given: Vec<(&str, &str)> = Vec::new();
    for text in args.list("set") {
        match lists::assignment(text) {
            Some(pair) => given.push(pair),
            None => fail!("Invalid syntax for --set, expecting name=value"),
        }
    }
    for option in ["cap", "weight"] {
        given.extend(args.text(option)?.map(|value| (option, value)));
    }
    let mut changes = TypedParams::new();
    for (name, text) in given {
        let Some(like) = known.get(name) else { fail!("invalid scheduler option: {name}") };
        match params::parse_like(text, like) {
            Some(value) => changes.add(name, value),
            None => {
                let kind = like.kind_name();
                let cause =
                    ferrovirt::Error::invalid_arg(format!("value '{text}' of field '{name}' is no {kind}"));
                return Err(cause.into());
            }
        }
    }
    Ok(changes)
}
