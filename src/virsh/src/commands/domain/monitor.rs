//! What domains are and do, in a few lines.

use super::list::{state_of, state_word};
use super::{CONFIG, LIVE, xml_of, xml_of_either};
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, number, text};
use crate::complete;
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::table::Table;
use crate::values::{size, time};
use crate::{find, xml};
use ferrovirt::driver::{BlockInfo, GuestTime};
use ferrovirt::{Domain, ErrorCode, ErrorDomain};
use ferrovirt_core::abi::*;
use roxmltree::Node;
use serde_json::json;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "domblkerror",
        "show disks that are in trouble",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        domblkerror,
    ),
    Command::new(
        "domblkinfo",
        "show the sizes of a disk",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            text("device", "target or source of the disk").positional().completed_by(complete::disks),
            flag("human", "for people to read"),
            flag("all", "all disks of the domain"),
        ],
        domblkinfo,
    ),
    Command::new(
        "domblklist",
        "list a domain's disks",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("inactive", "as at the next start"),
            flag("details", "more about each"),
        ],
        domblklist,
    ),
    Command::new(
        "domcontrol",
        "show how the way to the hypervisor fares",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        domcontrol,
    ),
    Command::new(
        "domif-getlink",
        "show whether the cable of an interface is plugged in",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            arg("interface", "its name or MAC address").completed_by(complete::guest_interfaces),
            alias("persistent", "config"),
            flag("config", "as it will be at the next start"),
        ],
        domif_getlink,
    ),
    Command::new(
        "domifaddr",
        "show the addresses of a running domain",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("interface", "its name or MAC address")
                .positional()
                .completed_by(complete::guest_interfaces),
            flag("full", "show name and MAC on each line"),
            text("source", "who is asked: lease, agent or arp").also_positional(),
        ],
        domifaddr,
    ),
    Command::new(
        "domiflist",
        "list a domain's network interfaces",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            flag("inactive", "as at the next start"),
        ],
        domiflist,
    ),
    Command::new(
        "dominfo",
        "show the basics of a domain",
        &[arg("domain", "its name, number or UUID").completed_by(complete::domains)],
        dominfo,
    ),
    Command::new(
        "domtime",
        "show or set the guest's clock",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("now", "the host's time"),
            flag("pretty", "for people to read"),
            flag("sync", "have the guest read its hardware clock"),
            number("time", "seconds since 1970").also_positional(),
        ],
        domtime,
    ),
];

fn dominfo(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let connection = shell.connection()?;
    let id = Some(domain.numeric_id()).filter(|id| *id >= 0);
    let mut fields: Vec<(&str, Cell)> =
        vec![("Id:", id.into()), ("Name:", (&*domain.name()).into()), ("UUID:", domain.uuid().into())];
    if let Ok(kind) = domain.os_type() {
        fields.push(("OS Type:", kind.into()));
    }
    let info = domain.info();
    if let Ok(info) = &info {
        let kib = |memory: u64| Cell::dressed(format!("{memory} KiB"), memory);
        fields.push(("State:", state_word(info.state.into()).into()));
        fields.push(("CPU(s):", info.vcpus.into()));
        if info.cpu_time != 0 {
            let seconds = info.cpu_time as f64 / 1e9;
            fields.push(("CPU time:", Cell::dressed(format!("{seconds:.1}s"), seconds)));
        }
        let no_limit = info.max_memory == u64::from(u32::MAX);
        let most = if no_limit { Cell::absent("no limit") } else { kib(info.max_memory) };
        fields.push(("Max memory:", most));
        fields.push(("Used memory:", kib(info.memory)));
    }
    let known =
        |answer: ferrovirt::Result<bool>| answer.map_or_else(|_| Cell::absent("unknown"), Cell::yes_no);
    fields.push(("Persistent:", known(domain.is_persistent())));
    if let Ok(autostart) = domain.autostart() {
        fields.push(("Autostart:", Cell::enabled(autostart)));
    }
    if let Ok(once) = domain.autostart_once() {
        fields.push(("Autostart Once:", Cell::enabled(once)));
    }
    fields.push(("Managed save:", known(domain.has_managed_save_image(0))));
    let mut label = Ok(());
    match connection.node_security_model() {
        Ok(model) if !model.model.is_empty() => {
            fields.push(("Security model:", model.model.into()));
            fields.push(("Security DOI:", model.doi.into()));
            match domain.security_label() {
                Ok(found) if !found.label.is_empty() => {
                    let how = if found.enforcing { "enforcing" } else { "permissive" };
                    let text = format!("{} ({how})", found.label);
                    fields.push(("Security label:", Cell::dressed(text, found.label)));
                }
                Ok(_) => {}
                Err(err) => label = Err(Failure::from(err)),
            }
        }
        Err(err) if err.code() != ErrorCode::NoSupport => label = Err(err.into()),
        _ => {}
    }
    shell.out.fields(15, &fields);
    label?;
    let messages = domain.messages(0).unwrap_or_default();
    for (at, message) in messages.iter().enumerate() {
        say!(shell, "{:<15} {message}\n", if at == 0 { "Messages:" } else { "" });
    }
    shell.out.member([("messages".to_owned(), messages.into())]);
    info.map(drop).map_err(Failure::from)
}

fn domcontrol(shell: &mut Shell, args: &Args) -> Outcome {
    const STATES: [&str; 4] = ["ok", "background job", "occupied", "error"];
    const REASONS: [&str; 4] = ["", "unknown", "monitor failure", "internal (locking) error"];
    let info = find::domain(shell, args)?.control_info(0)?;
    let state = STATES.get(info.state as usize).unwrap_or(&"unknown");
    let reason = REASONS.get(info.details as usize).unwrap_or(&"unknown");
    let text = match info.state {
        VIR_DOMAIN_CONTROL_OK => format!("{state}\n"),
        VIR_DOMAIN_CONTROL_ERROR if info.details > 0 => format!("{state}: {reason}\n"),
        VIR_DOMAIN_CONTROL_ERROR => format!("{state}\n"),
        _ => format!("{state} ({:.3}s)\n", info.state_time as f64 / 1000.0),
    };
    let document = json!({ "state": state, "reason": reason, "milliseconds": info.state_time });
    shell.out.document(format_args!("{text}"), document);
    Ok(())
}

fn domblkerror(shell: &mut Shell, args: &Args) -> Outcome {
    const ERRORS: [&str; 3] = ["no error", "unspecified error", "no space"];
    let domain = find::domain(shell, args)?;
    let errors = if domain.num_of_disk_errors(0)? > 0 { domain.disk_errors(0)? } else { Vec::new() };
    if errors.is_empty() {
        say!(shell, "No errors found\n");
    }
    let mut object = serde_json::Map::new();
    for error in errors {
        let word =
            usize::try_from(error.error).ok().and_then(|at| ERRORS.get(at)).unwrap_or(&"unknown error");
        say!(shell, "{}: {word}\n", error.disk);
        object.insert(error.disk, (*word).into());
    }
    shell.out.member(object);
    Ok(())
}

/// Sizes of a disk, as they are shown.
fn sizes(info: &BlockInfo, human: bool) -> [Cell; 3] {
    let unknown = info.capacity == 0 && info.allocation == 0 && info.physical == 0;
    [info.capacity, info.allocation, info.physical].map(|bytes| match (unknown, human) {
        (true, _) => Cell::none(),
        (_, false) => bytes.into(),
        (_, true) => {
            let (value, unit) = size::pretty(bytes);
            Cell::dressed(format!("{value:.3} {unit}"), bytes)
        }
    })
}

fn domblkinfo(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("all", "device")?;
    let domain = find::domain(shell, args)?;
    let human = args.flag("human");
    if args.flag("all") {
        return all_block_info(shell, &domain, human);
    }
    let Some(device) = args.raw("device").filter(|device| !device.is_empty()) else {
        fail!("command 'domblkinfo' requires <device> option")
    };
    let [capacity, allocation, physical] = sizes(&domain.block_info(device, 0)?, human);
    shell.out.fields(15, &[("Capacity:", capacity), ("Allocation:", allocation), ("Physical:", physical)]);
    Ok(())
}

fn all_block_info(shell: &mut Shell, domain: &Domain, human: bool) -> Outcome {
    let active = domain.is_active().unwrap_or(false);
    let text = xml_of(domain, 0)?;
    let document = xml::parse(&text, "domain description xml")?;
    let mut table = Table::new(&["Target", "Capacity", "Allocation", "Physical"]);
    for disk in xml::all(document.root_element(), "devices/disk") {
        let target = xml::value(disk, "target/@dev").unwrap_or_default();
        let mut info = BlockInfo::default();
        if xml::first(disk, "source").is_some() {
            let remote = xml::value(disk, "source/@protocol").is_some();
            match domain.block_info(&target, 0) {
                Ok(found) => info = found,
                // What is behind a network can't be looked at while nobody has it open.
                Err(err)
                    if remote
                        && !active
                        && err.code() == ErrorCode::Internal
                        && err.error_domain() == ErrorDomain::Storage => {}
                Err(err) => return Err(err.into()),
            }
        }
        let [capacity, allocation, physical] = sizes(&info, human);
        table.row([target.into(), capacity, allocation, physical]);
    }
    shell.out.table(&table);
    Ok(())
}

/// Where a disk's data is.
pub fn disk_source(disk: Node<'_, '_>) -> Outcome<Option<String>> {
    let Some(source) = xml::first(disk, "source") else { return Ok(None) };
    if disk.attribute("type") != Some("nvme") {
        return Ok(xml::any_attribute(source, &["file", "dev", "dir", "name", "volume", "path"]));
    }
    let part = |name: &str| {
        let text = xml::value(source, &format!("address/@{name}"))?;
        u32::from_str_radix(text.trim_start_matches("0x"), 16).ok()
    };
    let address = part("domain").zip(part("bus")).zip(part("slot").zip(part("function")));
    match (source.attribute("namespace"), address) {
        (Some(namespace), Some(((domain, bus), (slot, function)))) => {
            Ok(Some(format!("nvme://{domain:04x}:{bus:02x}:{slot:02x}.{function}/{namespace}")))
        }
        _ => fail!("Unable to query NVMe disk address"),
    }
}

fn domblklist(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let text = xml_of_either(&domain, args.flag("inactive"))?;
    let document = xml::parse(&text, "domain description xml")?;
    let details = args.flag("details");
    let mut table = if details {
        Table::new(&["Type", "Device", "Target", "Source"])
    } else {
        Table::new(&["Target", "Source"])
    };
    for disk in xml::all(document.root_element(), "devices/disk") {
        let Some(target) = xml::value(disk, "target/@dev") else { fail!("unable to query block list") };
        let source = Cell::from(disk_source(disk)?);
        if !details {
            table.row([target.into(), source]);
            continue;
        }
        let (Some(kind), Some(device)) = (disk.attribute("type"), disk.attribute("device")) else {
            say!(shell, "unable to query block list details");
            return Err(Failure::silent());
        };
        table.row([kind.into(), device.into(), target.into(), source]);
    }
    shell.out.table(&table);
    Ok(())
}

fn domiflist(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let text = xml_of_either(&domain, args.flag("inactive"))?;
    let document = xml::parse(&text, "domain description xml")?;
    let mut table = Table::new(&["Interface", "Type", "Source", "Model", "MAC"]);
    for interface in xml::all(document.root_element(), "devices/interface") {
        let source = xml::first(interface, "source")
            .and_then(|source| xml::any_attribute(source, &["bridge", "dev", "network", "name", "path"]));
        table.row([
            xml::value(interface, "target/@dev").into(),
            interface.attribute("type").unwrap_or_default().into(),
            source.into(),
            xml::value(interface, "model/@type").into(),
            xml::value(interface, "mac/@address").into(),
        ]);
    }
    shell.out.table(&table);
    Ok(())
}

fn domif_getlink(shell: &mut Shell, args: &Args) -> Outcome {
    let name = args.need("interface")?;
    let domain = find::domain(shell, args)?;
    let text = xml_of_either(&domain, args.flag("config"))?;
    let document = xml::parse(&text, "domain description xml")?;
    let mac = find::is_mac(name).then(|| name.to_lowercase());
    let is_it = |node: &Node<'_, '_>| {
        mac.is_some() && xml::value(*node, "mac/@address") == mac
            || xml::value(*node, "target/@dev").as_deref() == Some(name)
    };
    let found: Vec<_> =
        xml::all(document.root_element(), "devices/interface").into_iter().filter(is_it).collect();
    let [interface] = found[..] else {
        match (found.is_empty(), mac) {
            (true, Some(mac)) => fail!("Interface (mac: {mac}) not found."),
            (true, None) => fail!("Interface (dev: {name}) not found."),
            (false, _) => fail!("multiple matching interfaces found"),
        }
    };
    let state = xml::value(interface, "link/@state").unwrap_or_else(|| "up".into());
    shell.out.document(format_args!("{name} {state}"), json!({ "interface": name, "state": state }));
    Ok(())
}

fn domifaddr(shell: &mut Shell, args: &Args) -> Outcome {
    const SOURCES: [(&str, u32); 3] = [
        ("lease", VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE),
        ("agent", VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT),
        ("arp", VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP),
    ];
    let wanted = args.text("interface")?;
    let asked = args.text("source")?.unwrap_or("lease");
    let Some((_, source)) = SOURCES.iter().find(|(name, _)| *name == asked) else {
        fail!("Unknown data source '{asked}'")
    };
    let domain = find::domain(shell, args)?;
    let found =
        domain.interface_addresses(*source, 0).or_say(|| "Failed to query for interfaces addresses")?;
    extra!(shell, " {:<10} {:<20} {:<8}     {}\n", "Name", "MAC address", "Protocol", "Address");
    extra!(shell, "{}\n", "-".repeat(79));
    let mut all = Vec::new();
    for interface in found.iter().filter(|interface| wanted.is_none_or(|name| name == interface.name)) {
        let name = &interface.name;
        if interface.addresses.is_empty() {
            let mac = interface.mac.as_deref().unwrap_or("N/A");
            say!(shell, " {name:<10} {mac:<17}    {:<12} N/A\n", "N/A");
        }
        for (at, address) in interface.addresses.iter().enumerate() {
            let kind = if address.kind as u32 == VIR_IP_ADDR_TYPE_IPV6 { "ipv6" } else { "ipv4" };
            let mac = interface.mac.as_deref().unwrap_or_default();
            let (name, mac) = if args.flag("full") || at == 0 { (name.as_str(), mac) } else { ("-", "-") };
            say!(shell, " {name:<10} {mac:<17}    {kind:<12} {}/{}\n", address.address, address.prefix);
        }
        let addresses: Vec<_> = interface
            .addresses
            .iter()
            .map(|ip| json!({ "address": ip.address, "prefix": ip.prefix }))
            .collect();
        all.push(json!({ "name": name, "mac_address": interface.mac, "addresses": addresses }));
    }
    if shell.out.is_json() {
        shell.out.document(format_args!(""), all.into());
    }
    Ok(())
}

fn domtime(shell: &mut Shell, args: &Args) -> Outcome {
    args.all_exclusive(&["time", "now", "sync"])?;
    let domain = find::domain(shell, args)?;
    let given: Option<i64> = args.number("time")?;
    if given.is_some() || args.flag("now") || args.flag("sync") {
        shell.may_change(args)?;
        let now = || std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs() as i64);
        let seconds = if args.flag("now") { now() } else { given.unwrap_or_default() };
        let flags = args.bits(&[("sync", VIR_DOMAIN_TIME_SYNC)]);
        return Ok(domain.set_time(GuestTime { seconds, nanoseconds: 0 }, flags)?);
    }
    let seconds = domain.time(0)?.seconds;
    let text = if args.flag("pretty") { time::utc(seconds) } else { seconds.to_string() };
    shell.out.document(format_args!("Time: {text}"), json!({ "time": seconds }));
    Ok(())
}

/// What is affected where nothing was said: the guest, if it runs.
pub fn live_if_running(args: &Args, domain: &Domain) -> u32 {
    let said = args.bits(&[("config", CONFIG), ("live", LIVE)]);
    let running = || state_of(domain).is_ok_and(|(state, _)| state as u32 != VIR_DOMAIN_SHUTOFF);
    if said == 0 && !args.flag("current") && running() { LIVE } else { said }
}
