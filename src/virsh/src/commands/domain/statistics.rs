//! Numbers about domains: disks, interfaces, memory, CPUs, and all of them at once.

use super::affected;
use super::monitor::live_if_running;
use crate::args::Args;
use crate::command::{Command, arg, flag, list, number, text};
use crate::complete;
use crate::failure::{OrSay, Outcome, fail};
use crate::find;
use crate::output::say;
use crate::shell::Shell;
use crate::values::params;
use ferrovirt::driver::CpuStatsQuery;
use ferrovirt::{Domain, ErrorCode, TypedParams, TypedValue};
use ferrovirt_core::abi::*;
use serde_json::{Map, Value};

pub const COMMANDS: &[Command] = &[
    Command::new(
        "cpu-stats",
        "show the CPU time of a domain, CPU by CPU",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("total", "only the sum of all CPUs"),
            number("start", "first CPU to show").also_positional(),
            number("count", "how many CPUs to show").also_positional(),
        ],
        cpu_stats,
    ),
    Command::new(
        "domblkstat",
        "show what a disk has done",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("device", "target or source of the disk; all together without")
                .positional()
                .empty_okay()
                .completed_by(complete::disks),
            flag("human", "for people to read"),
        ],
        domblkstat,
    ),
    Command::new(
        "domifstat",
        "show what an interface has moved",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("interface", "its name or MAC address").completed_by(complete::guest_interfaces),
        ],
        domifstat,
    ),
    Command::new(
        "dommemstat",
        "show the memory of a domain",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            number("period", "seconds between collections"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        dommemstat,
    ),
    Command::new(
        "domstats",
        "show numbers of one, some or all domains",
        &[
            flag("state", "state"),
            flag("cpu-total", "CPU time"),
            flag("balloon", "memory balloon"),
            flag("vcpu", "vCPUs"),
            flag("interface", "network interfaces"),
            flag("block", "disks"),
            flag("perf", "performance events"),
            flag("iothread", "I/O threads"),
            flag("memory", "memory"),
            flag("dirtyrate", "how fast memory is written"),
            flag("vm", "numbers that the hypervisor has"),
            flag("list-active", "active domains"),
            flag("list-inactive", "inactive domains"),
            flag("list-persistent", "persistent domains"),
            flag("list-transient", "transient domains"),
            flag("list-running", "running domains"),
            flag("list-paused", "paused domains"),
            flag("list-shutoff", "domains that are shut off"),
            flag("list-other", "domains in other states"),
            flag("raw", "numbers as they are"),
            flag("enforce", "fail where a group is not known"),
            flag("backing", "numbers of backing files too"),
            flag("nowait", "leave out what would have to be waited for"),
            list("domain", "these domains, rather than all").positional().completed_by(complete::domains),
        ],
        domstats,
    ),
];

/// Numbers of a disk: how the library, scripts and people call them.
const DISK_NUMBERS: [(&str, Option<&str>, &str); 9] = [
    (VIR_DOMAIN_BLOCK_STATS_READ_REQ, Some("rd_req"), "number of read operations:"),
    (VIR_DOMAIN_BLOCK_STATS_READ_BYTES, Some("rd_bytes"), "number of bytes read:"),
    (VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, Some("wr_req"), "number of write operations:"),
    (VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, Some("wr_bytes"), "number of bytes written:"),
    (VIR_DOMAIN_BLOCK_STATS_ERRS, Some("errs"), "error count:"),
    (VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ, None, "number of flush operations:"),
    (VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES, None, "total duration of reads (ns):"),
    (VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES, None, "total duration of writes (ns):"),
    (VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES, None, "total duration of flushes (ns):"),
];

fn domblkstat(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let (name, device) = (args.need("domain")?, args.text("device")?.unwrap_or_default());
    let human = args.flag("human");
    let (stats, others) = match domain.block_stats_flags(device, 0) {
        Ok(stats) => (stats, true),
        Err(err) if err.code() == ErrorCode::NoSupport => {
            let what = || format!("Failed to get block stats {name} {device}");
            (old_block_stats(&domain, device).or_say(what)?, false)
        }
        Err(err) => return Err(err.into()),
    };
    if human {
        say!(shell, "Device: {device}\n");
    }
    let shown_device = if human { "" } else { device };
    let width = if human { 31 } else { 0 };
    let mut object = Map::new();
    for (field, short, long) in DISK_NUMBERS {
        let Some(value) = stats.get(field) else { continue };
        let label = if human { long } else { short.unwrap_or(field) };
        say!(shell, "{shown_device} {label:<width$} {}\n", params::text(value));
        object.insert(short.unwrap_or(field).to_owned(), params::cell(value).json);
    }
    let known = |name: &str| DISK_NUMBERS.iter().any(|(field, _, _)| *field == name);
    for (field, value) in stats.iter().filter(|(field, _)| others && !known(field)) {
        say!(shell, "{shown_device} {field} {}\n", params::text(value));
        object.insert(field.to_owned(), params::cell(value).json);
    }
    shell.out.member(object);
    Ok(())
}

/// The numbers of hypervisors that only know the old call.
fn old_block_stats(domain: &Domain, device: &str) -> ferrovirt::Result<TypedParams> {
    let stats = domain.block_stats(device)?;
    let numbers =
        [stats.read_requests, stats.read_bytes, stats.write_requests, stats.write_bytes, stats.errors];
    let named = DISK_NUMBERS.iter().zip(numbers).filter(|(_, value)| *value >= 0);
    Ok(named.map(|((field, _, _), value)| ((*field).to_owned(), TypedValue::LLong(value))).collect())
}

fn domifstat(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let (name, device) = (args.need("domain")?, args.need("interface")?);
    let stats =
        domain.interface_stats(device).or_say(|| format!("Failed to get interface stats {name} {device}"))?;
    let numbers = [
        ("rx_bytes", stats.rx_bytes),
        ("rx_packets", stats.rx_packets),
        ("rx_errs", stats.rx_errors),
        ("rx_drop", stats.rx_dropped),
        ("tx_bytes", stats.tx_bytes),
        ("tx_packets", stats.tx_packets),
        ("tx_errs", stats.tx_errors),
        ("tx_drop", stats.tx_dropped),
    ];
    for (label, value) in numbers.into_iter().filter(|(_, value)| *value >= 0) {
        say!(shell, "{device} {label} {value}\n");
        shell.out.member([(label.to_owned(), value.into())]);
    }
    Ok(())
}

const MEMORY_NUMBERS: [(u32, &str); 13] = [
    (VIR_DOMAIN_MEMORY_STAT_SWAP_IN, "swap_in"),
    (VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, "swap_out"),
    (VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, "major_fault"),
    (VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, "minor_fault"),
    (VIR_DOMAIN_MEMORY_STAT_UNUSED, "unused"),
    (VIR_DOMAIN_MEMORY_STAT_AVAILABLE, "available"),
    (VIR_DOMAIN_MEMORY_STAT_USABLE, "usable"),
    (VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, "actual"),
    (VIR_DOMAIN_MEMORY_STAT_RSS, "rss"),
    (VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, "last_update"),
    (VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, "disk_caches"),
    (VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, "hugetlb_pgalloc"),
    (VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, "hugetlb_pgfail"),
];

fn dommemstat(shell: &mut Shell, args: &Args) -> Outcome {
    affected(args)?;
    let domain = find::domain(shell, args)?;
    if let Some(period) = args.number::<i32>("period")? {
        if period < 0 {
            fail!("Invalid collection period value '{period}'")
        }
        shell.may_change(args)?;
        let flags = live_if_running(args, &domain);
        return domain
            .set_memory_stats_period(period, flags)
            .or_say(|| "Unable to change balloon collection period.");
    }
    let what =
        || format!("Failed to get memory statistics for domain {}", args.raw("domain").unwrap_or_default());
    for stat in domain.memory_stats(VIR_DOMAIN_MEMORY_STAT_NR as usize, 0).or_say(what)? {
        let Some((_, label)) = MEMORY_NUMBERS.iter().find(|(tag, _)| *tag as i32 == stat.tag) else {
            continue;
        };
        say!(shell, "{label} {}\n", stat.value);
        shell.out.member([((*label).to_owned(), stat.value.into())]);
    }
    Ok(())
}

const GROUPS: &[(&str, u32)] = &[
    ("state", VIR_DOMAIN_STATS_STATE),
    ("cpu-total", VIR_DOMAIN_STATS_CPU_TOTAL),
    ("balloon", VIR_DOMAIN_STATS_BALLOON),
    ("vcpu", VIR_DOMAIN_STATS_VCPU),
    ("interface", VIR_DOMAIN_STATS_INTERFACE),
    ("block", VIR_DOMAIN_STATS_BLOCK),
    ("perf", VIR_DOMAIN_STATS_PERF),
    ("iothread", VIR_DOMAIN_STATS_IOTHREAD),
    ("memory", VIR_DOMAIN_STATS_MEMORY),
    ("dirtyrate", VIR_DOMAIN_STATS_DIRTYRATE),
    ("vm", VIR_DOMAIN_STATS_VM),
];

const STATS_FLAGS: &[(&str, u32)] = &[
    ("list-active", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE),
    ("list-inactive", VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE),
    ("list-persistent", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT),
    ("list-transient", VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT),
    ("list-running", VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING),
    ("list-paused", VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED),
    ("list-shutoff", VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF),
    ("list-other", VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER),
    ("enforce", VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS),
    ("backing", VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING),
    ("nowait", VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT),
];

fn domstats(shell: &mut Shell, args: &Args) -> Outcome {
    let (groups, flags) = (args.bits(GROUPS), args.bits(STATS_FLAGS));
    let mut domains = Vec::new();
    for name in args.list("domain") {
        domains.push(find::domain_named(shell, name)?);
    }
    let records = if domains.is_empty() {
        shell.connection()?.all_domain_stats(groups, flags)?
    } else {
        Domain::list_stats(&domains, groups, flags)?
    };
    let mut all = Vec::new();
    for (at, (domain, stats)) in records.iter().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        say!(shell, "{gap}Domain: '{}'\n", domain.name());
        for (name, value) in stats.iter() {
            say!(shell, "  {name}={}\n", params::text(value));
        }
        let object: Map<String, Value> =
            stats.iter().map(|(name, value)| (name.to_owned(), params::cell(value).json)).collect();
        all.push(serde_json::json!({ "domain": &*domain.name(), "stats": object }));
    }
    if shell.out.is_json() {
        shell.out.document(format_args!(""), all.into());
    }
    Ok(())
}

fn cpu_stats(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let start: Option<i32> = args.number("start")?;
    if start.is_some_and(|start| start < 0) {
        fail!("Invalid value for start CPU")
    }
    let count: Option<i32> = args.number("count")?;
    if count.is_some_and(|count| count < 0) {
        fail!("Invalid value for number of CPUs to show")
    }
    let every = start.is_some() || count.is_some();
    let neither = !every && !args.flag("total");
    if every || neither {
        per_cpu(shell, &domain, start.unwrap_or_default(), count)?;
    }
    if args.flag("total") || neither {
        total(shell, &domain)?;
    }
    Ok(())
}

/// Most CPUs that are asked for at once.
const AT_ONCE: u32 = 128;

fn per_cpu(shell: &mut Shell, domain: &Domain, start: i32, count: Option<i32>) -> Outcome {
    let failed = || format!("Failed to retrieve CPU statistics for domain '{}'", domain.name());
    let there = domain.cpu_stats(CpuStatsQuery::CpuCount, 0).or_say(failed)?.count as i32;
    if start >= there {
        fail!("Start CPU {start} is out of range (min: 0, max: {})", there - 1)
    }
    let mut left = match count {
        Some(count) if count > there => {
            say!(shell, "Only {there} CPUs available to show\n");
            there - start
        }
        Some(count) => count,
        None => there - start,
    };
    let params = domain.cpu_stats(CpuStatsQuery::ParamCount { start: 0 }, 0).or_say(failed)?.count;
    if params == 0 {
        say!(shell, "No per-CPU stats available");
        return Ok(());
    }
    let mut cpu = start;
    while left > 0 {
        let cpus = AT_ONCE.min(left as u32);
        let query = CpuStatsQuery::Values { start: cpu, cpus, params };
        for (at, stats) in domain.cpu_stats(query, 0).or_say(failed)?.cpus.iter().enumerate() {
            if stats.is_empty() {
                continue;
            }
            let number = cpu as usize + at;
            say!(shell, "CPU{number}:\n");
            show_cpu(shell, &format!("cpu{number}"), stats);
        }
        cpu += cpus as i32;
        left -= cpus as i32;
    }
    Ok(())
}

fn total(shell: &mut Shell, domain: &Domain) -> Outcome {
    let failed = || format!("Failed to retrieve CPU statistics for domain '{}'", domain.name());
    let params = domain.cpu_stats(CpuStatsQuery::ParamCount { start: -1 }, 0).or_say(failed)?.count;
    if params == 0 {
        say!(shell, "No total stats available");
        return Ok(());
    }
    let query = CpuStatsQuery::Values { start: -1, cpus: 1, params };
    let stats = domain.cpu_stats(query, 0).or_say(failed)?;
    say!(shell, "Total:\n");
    if let Some(stats) = stats.cpus.first() {
        show_cpu(shell, "total", stats);
    }
    Ok(())
}

fn show_cpu(shell: &mut Shell, label: &str, stats: &TypedParams) {
    for (name, value) in stats.iter() {
        match value {
            TypedValue::ULLong(nanoseconds) if name.ends_with("_time") => {
                let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
                say!(shell, "\t{name:<12} {seconds:>9}.{rest:09} seconds\n");
            }
            value => say!(shell, "\t{name:<12} {}\n", params::text(value)),
        }
    }
    let object: Map<String, Value> =
        stats.iter().map(|(name, value)| (name.to_owned(), params::cell(value).json)).collect();
    shell.out.member([(label.to_owned(), object.into())]);
}
