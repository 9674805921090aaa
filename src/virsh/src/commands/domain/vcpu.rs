//! Virtual CPUs: how many, what they do, where they may run.

use super::{CONFIG, LIVE, affected, xml_of};
use crate::args::Args;
use crate::command::{Command, arg, flag, number, text};
use crate::complete;
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::table::Table;
use crate::values::cpus;
use crate::{find, xml};
use ferrovirt::driver::CpuMap;
use ferrovirt::{Connection, Domain, ErrorCode};
use ferrovirt_core::abi::*;
use serde_json::json;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "emulatorpin",
        "show or say where the emulator may run",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("cpulist", "host CPUs, such as 0-3,^2; r for all").also_positional().empty_okay(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        emulatorpin,
    ),
    Command::new(
        "guestvcpus",
        "show or change vCPUs by the guest agent",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("cpulist", "vCPUs, such as 0-3").also_positional(),
            flag("enable", "give them to the guest"),
            flag("disable", "take them from the guest"),
        ],
        guestvcpus,
    ),
    Command::new(
        "setvcpu",
        "add or remove single vCPUs",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("vcpulist", "vCPUs, such as 0-3"),
            flag("enable", "give them to the domain"),
            flag("disable", "take them from the domain"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        setvcpu,
    )
    .changing(),
    Command::new(
        "setvcpus",
        "set how many vCPUs a domain has",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("count", "how many vCPUs").required().positional(),
            flag("maximum", "the most that it may have"),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
            flag("guest", "by the guest agent"),
            flag("hotpluggable", "in a way that lets them be removed later"),
        ],
        setvcpus,
    )
    .changing(),
    Command::new(
        "vcpucount",
        "show how many vCPUs a domain has",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("maximum", "the most that it may have"),
            flag("active", "how many are in use"),
            flag("live", "of the running domain"),
            flag("config", "for the next start"),
            flag("current", "as it is now, running or not"),
            flag("guest", "as the guest agent says"),
        ],
        vcpucount,
    ),
    Command::new(
        "vcpuinfo",
        "show what a domain's vCPUs do",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("pretty", "for people to read"),
        ],
        vcpuinfo,
    ),
    Command::new(
        "vcpupin",
        "show or say where vCPUs may run",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("vcpu", "number of the vCPU").also_positional(),
            text("cpulist", "host CPUs, such as 0-3,^2; r for all").also_positional().empty_okay(),
            flag("config", "for the next start"),
            flag("live", "of the running domain"),
            flag("current", "as it is now, running or not"),
        ],
        vcpupin,
    ),
];

/// How many CPUs the host could have.
pub fn host_cpus(connection: &Connection) -> Outcome<usize> {
    if let Ok(map) = connection.node_cpu_map(0) {
        return Ok(map.len());
    }
    let info = connection.node_info()?;
    Ok((info.nodes * info.sockets * info.cores * info.threads) as usize)
}

/// Reads a set of host CPUs.
pub fn host_cpu_set(text: &str, limit: usize) -> Outcome<CpuMap> {
    if text.starts_with('r') {
        return Ok((0..limit).collect());
    }
    let Some(map) = cpus::parse(text, limit) else {
        if cpus::is_list(text) {
            fail!("Invalid cpulist '{text}'")
        }
        let cause = format!("invalid argument: '{text}' is no list of CPUs");
        return Err(Failure { lines: vec![format!("Invalid cpulist '{text}'"), cause], cause: None });
    };
    if let Some(last) = map.iter().last().filter(|last| *last >= limit) {
        fail!("CPU {last} in cpulist '{text}' exceed the maxcpu {limit}")
    }
    Ok(map)
}

/// How many there are, or nothing where the flags are about a state that the domain does not have.
fn count(domain: &Domain, flags: u32, check: bool) -> Outcome<Option<u32>> {
    let lacks = |flag: u32, state: fn(&Domain) -> ferrovirt::Result<bool>| {
        flags & flag != 0 && !state(domain).unwrap_or(false)
    };
    if check && (lacks(LIVE, Domain::is_active) || lacks(CONFIG, Domain::is_persistent)) {
        return Ok(None);
    }
    match domain.vcpus_flags(flags) {
        Ok(count) => Ok(Some(count)),
        Err(err) if !matches!(err.code(), ErrorCode::NoSupport | ErrorCode::InvalidArg) => Err(err.into()),
        Err(err) if flags & VIR_DOMAIN_VCPU_GUEST != 0 => {
            Err(err).or_say(|| "Failed to retrieve vCPU count from the guest")
        }
        Err(_) => old_count(domain, flags).map(Some),
    }
}

/// The count from hypervisors that only know older calls.
fn old_count(domain: &Domain, flags: u32) -> Outcome<u32> {
    let live = flags & LIVE != 0 || flags & CONFIG == 0 && domain.is_active().unwrap_or(false);
    let most = flags & VIR_DOMAIN_VCPU_MAXIMUM != 0;
    if live {
        return Ok(if most { domain.max_vcpus()? } else { domain.info()?.vcpus.into() });
    }
    let text = xml_of(domain, VIR_DOMAIN_XML_INACTIVE)?;
    let document = xml::parse(&text, "domain description xml")?;
    let path = if most { "vcpu" } else { "vcpu/@current" };
    match xml::value(document.root_element(), path).and_then(|text| text.trim().parse().ok()) {
        Some(count) => Ok(count),
        None if most => fail!("Failed to retrieve maximum vcpu count"),
        None => fail!("Failed to retrieve current vcpu count"),
    }
}

fn vcpucount(shell: &mut Shell, args: &Args) -> Outcome {
    let all = ["maximum", "active", "current", "config", "live", "guest"];
    let none_said = !all.iter().any(|name| args.flag(name));
    // --current once meant what --active means now, and does so where neither that nor --maximum is said.
    let current = args.flag("current") && (args.flag("maximum") || args.flag("active"));
    args.exclusive("live", "config")?;
    if current {
        args.exclusive("current", "live")?;
        args.exclusive("current", "config")?;
    }
    args.exclusive("active", "maximum")?;
    args.exclusive("guest", "config")?;
    let flags = args.bits(&[
        ("live", LIVE),
        ("config", CONFIG),
        ("maximum", VIR_DOMAIN_VCPU_MAXIMUM),
        ("guest", VIR_DOMAIN_VCPU_GUEST),
    ]);
    let domain = find::domain(shell, args)?;
    if !none_said {
        let Some(count) = count(&domain, flags, false)? else { return Err(Failure::silent()) };
        shell.out.document(format_args!("{count}\n"), count.into());
        return Ok(());
    }
    let rows = [
        ("maximum", "config", CONFIG | VIR_DOMAIN_VCPU_MAXIMUM),
        ("maximum", "live", LIVE | VIR_DOMAIN_VCPU_MAXIMUM),
        ("current", "config", CONFIG),
        ("current", "live", LIVE),
    ];
    for (which, state, flags) in rows {
        if let Some(count) = count(&domain, flags, true)? {
            say!(shell, "{which:<12} {state:<12} {count:>3}\n");
            shell.out.member([(format!("{which}_{state}"), count.into())]);
        }
    }
    Ok(())
}

/// The set as it is shown in `vcpuinfo`.
fn affinity(map: &CpuMap, limit: usize, pretty: bool) -> Cell {
    let members: Vec<usize> = map.iter().filter(|cpu| *cpu < limit).collect();
    let text = if pretty {
        format!("{} (out of {limit})", cpus::ranges(&members))
    } else {
        cpus::letters(map, limit)
    };
    Cell::dressed(text, members)
}

fn vcpuinfo(shell: &mut Shell, args: &Args) -> Outcome {
    const STATES: [&str; 3] = ["offline", "running", "blocked"];
    let domain = find::domain(shell, args)?;
    let pretty = args.flag("pretty");
    let limit = host_cpus(&shell.connection()?)?;
    let info = domain.info()?;
    let vcpus = match domain.vcpus(info.vcpus.into()) {
        Ok(vcpus) => vcpus,
        Err(_) if u32::from(info.state) == VIR_DOMAIN_SHUTOFF => {
            return inactive(shell, &domain, limit, pretty);
        }
        Err(err) => return Err(err.into()),
    };
    let mut rows = Vec::new();
    for vcpu in vcpus {
        let state = usize::try_from(vcpu.state).ok().and_then(|at| STATES.get(at)).unwrap_or(&"no state");
        let mut row =
            vec![("VCPU:", Cell::from(vcpu.number)), ("CPU:", vcpu.cpu.into()), ("State:", (*state).into())];
        if vcpu.cpu_time != 0 {
            let seconds = vcpu.cpu_time as f64 / 1e9;
            row.push(("CPU time:", Cell::dressed(format!("{seconds:.1}s"), seconds)));
        }
        row.push(("CPU Affinity:", affinity(&vcpu.affinity, limit, pretty)));
        rows.push(row);
    }
    show_each(shell, rows);
    Ok(())
}

/// Blocks of fields with a gap between them.
fn show_each(shell: &mut Shell, rows: Vec<Vec<(&str, Cell)>>) {
    if shell.out.is_json() {
        let object = |row: &Vec<(&str, Cell)>| -> serde_json::Map<String, serde_json::Value> {
            row.iter().map(|(label, cell)| (crate::output::key(label), cell.json.clone())).collect()
        };
        let all: Vec<_> = rows.iter().map(object).collect();
        shell.out.document(format_args!(""), json!(all));
        return;
    }
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            say!(shell, "\n");
        }
        shell.out.fields(15, row);
    }
}

fn inactive(shell: &mut Shell, domain: &Domain, limit: usize, pretty: bool) -> Outcome {
    let online = online_vcpus(domain)?;
    let most = online.iter().max().map_or(0, |last| last + 1);
    let maps = domain.vcpu_pin_info(most, CONFIG)?;
    let unknown = || Cell::absent("N/A");
    let row = |vcpu: usize| {
        vec![
            ("VCPU:", Cell::from(vcpu)),
            ("CPU:", unknown()),
            ("State:", unknown()),
            ("CPU time", unknown()),
            ("CPU Affinity:", affinity(maps.get(vcpu).unwrap_or(&CpuMap::new()), limit, pretty)),
        ]
    };
    show_each(shell, online.into_iter().map(row).collect());
    Ok(())
}

/// The vCPUs that are plugged in by the definition.
fn online_vcpus(domain: &Domain) -> Outcome<Vec<usize>> {
    let text = xml_of(domain, VIR_DOMAIN_XML_INACTIVE)?;
    let document = xml::parse(&text, "domain description xml")?;
    let top = document.root_element();
    let number = |path: &str| xml::value(top, path).and_then(|text| text.trim().parse::<usize>().ok());
    let Some(most) = number("vcpu") else { fail!("Failed to retrieve maximum vcpu count") };
    let now = number("vcpu/@current").filter(|now| *now != 0).unwrap_or(most);
    let listed = xml::all(top, "vcpus/vcpu");
    if listed.is_empty() {
        return Ok((0..now).collect());
    }
    let on = listed.into_iter().filter(|vcpu| vcpu.attribute("enabled") == Some("yes"));
    let online: Vec<usize> = on.filter_map(|vcpu| vcpu.attribute("id")?.parse().ok()).collect();
    if online.len() != now {
        fail!("Failed to retrieve vcpu state bitmap")
    }
    Ok(online)
}

fn vcpupin(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let list = args.text("cpulist")?;
    if list.is_none() {
        args.exclusive("live", "config")?;
    }
    let vcpu: Option<u32> = args.number("vcpu")?;
    if list.is_some() && vcpu.is_none() {
        fail!("vcpupin: Missing vCPU number in pin mode.")
    }
    let limit = host_cpus(&shell.connection()?)?;
    let domain = find::domain(shell, args)?;
    let Some(list) = list else { return show_pins(shell, &domain, vcpu, limit, flags) };
    shell.may_change(args)?;
    let map = host_cpu_set(list, limit)?;
    let vcpu = vcpu.unwrap_or_default();
    if flags == 0 && !args.flag("current") {
        domain.pin_vcpu(vcpu, &map)?;
    } else {
        domain.pin_vcpu_flags(vcpu, &map, flags)?;
    }
    Ok(())
}

fn show_pins(shell: &mut Shell, domain: &Domain, vcpu: Option<u32>, limit: usize, flags: u32) -> Outcome {
    let there = match count(domain, flags | VIR_DOMAIN_VCPU_MAXIMUM, true)? {
        Some(there) => there,
        None if flags & LIVE != 0 => fail!("cannot get vcpupin for offline domain"),
        None => fail!("cannot get vcpupin for transient domain"),
    };
    if let Some(vcpu) = vcpu.filter(|vcpu| *vcpu >= there) {
        let live = flags & LIVE != 0 || flags & CONFIG == 0 && domain.is_active().unwrap_or(false);
        let which = if live { "live" } else { "persistent" };
        fail!("vcpu {vcpu} is out of range of {which} cpu count {there}")
    }
    let maps = domain.vcpu_pin_info(there as usize, flags)?;
    let mut table = Table::new(&["VCPU", "CPU Affinity"]);
    for (at, map) in maps.iter().enumerate().filter(|(at, _)| vcpu.is_none_or(|vcpu| vcpu as usize == *at)) {
        table.row([at.into(), cpus::format(map, limit.next_multiple_of(8)).into()]);
    }
    shell.out.table(&table);
    Ok(())
}

fn emulatorpin(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = affected(args)?;
    let domain = find::domain(shell, args)?;
    let list = args.text("cpulist")?;
    let limit = host_cpus(&shell.connection()?)?;
    let Some(list) = list else {
        let map = domain.emulator_pin_info(flags)?.unwrap_or_default();
        let text = cpus::format(&map, limit.next_multiple_of(8));
        extra!(shell, "emulator: CPU Affinity\n----------------------------------\n       *: ");
        shell.out.document(format_args!("{text}\n"), text.as_str().into());
        return Ok(());
    };
    shell.may_change(args)?;
    let map = host_cpu_set(list, limit)?;
    Ok(domain.pin_emulator(&map, super::live_by_default(args, flags))?)
}

fn setvcpus(shell: &mut Shell, args: &Args) -> Outcome {
    let mut flags = affected(args)?;
    args.exclusive("guest", "config")?;
    args.requires("maximum", "config")?;
    flags |= args.bits(&[
        ("guest", VIR_DOMAIN_VCPU_GUEST),
        ("maximum", VIR_DOMAIN_VCPU_MAXIMUM),
        ("hotpluggable", VIR_DOMAIN_VCPU_HOTPLUGGABLE),
    ]);
    let domain = find::domain(shell, args)?;
    let count = args.number::<u32>("count")?.unwrap_or_default();
    if count == 0 {
        fail!("Can't set 0 processors for a VM")
    }
    if flags == 0 && !args.flag("current") {
        domain.set_vcpus(count)?;
    } else {
        domain.set_vcpus_flags(count, flags)?;
    }
    Ok(())
}

fn setvcpu(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("enable", "disable")?;
    let flags = affected(args)?;
    if !args.flag("enable") && !args.flag("disable") {
        fail!("one of --enable, --disable is required")
    }
    let vcpus = args.need("vcpulist")?;
    Ok(find::domain(shell, args)?.set_vcpu(vcpus, args.flag("enable"), flags)?)
}

fn guestvcpus(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("enable", "disable")?;
    args.requires("enable", "cpulist")?;
    args.requires("disable", "cpulist")?;
    let list = args.text("cpulist")?;
    if list.is_some() && !args.flag("enable") && !args.flag("disable") {
        fail!("One of options --enable or --disable is required by option --cpulist")
    }
    shell.may_change(args)?;
    let domain = find::domain(shell, args)?;
    match list {
        Some(list) => domain.set_guest_vcpus(list, args.flag("enable"), 0)?,
        None => shell.out.params(15, ":", &domain.guest_vcpus(0)?),
    }
    Ok(())
}
