//! Commands about the host and the hypervisor.

use crate::args::Args;
use crate::command::{Command, arg, flag, number, text};
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::values::{cpus, params};
use crate::xml;
use ferrovirt::driver::CpuMap;
use ferrovirt::{Connection, ErrorCode, TypedParams};
use ferrovirt_core::abi::*;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "allocpages",
        "change the number of huge pages of the host",
        &[
            number("pagesize", "size of a page (KiB without a unit)").required().positional(),
            number("pagecount", "how many pages").required().positional(),
            number("cellno", "number of the NUMA cell").also_positional(),
            flag("add", "add to the pages there are, rather than set their number"),
            flag("all", "in every cell"),
        ],
        allocpages,
    )
    .changing(),
    Command::new(
        "capabilities",
        "show what the host can do",
        &[text("xpath", "only what this XPath finds"), flag("wrap", "put what is found into one element")],
        capabilities,
    ),
    Command::new(
        "domcapabilities",
        "show what domains can have",
        &[
            text("virttype", "kind of virtualization, such as kvm").also_positional(),
            text("emulatorbin", "path of the emulator").also_positional(),
            text("arch", "architecture, such as x86_64").also_positional(),
            text("machine", "machine type").also_positional(),
            text("xpath", "only what this XPath finds"),
            flag("wrap", "put what is found into one element"),
            flag("disable-deprecated-features", "leave deprecated CPU features out"),
        ],
        domcapabilities,
    ),
    Command::new(
        "freecell",
        "show free memory, by NUMA cell",
        &[
            number("cellno", "number of the NUMA cell").also_positional(),
            flag("all", "every cell, and the sum"),
        ],
        freecell,
    ),
    Command::new(
        "freepages",
        "show free pages, by NUMA cell",
        &[
            number("cellno", "number of the NUMA cell").also_positional(),
            number("pagesize", "size of a page (KiB without a unit)").also_positional(),
            flag("all", "every cell"),
        ],
        freepages,
    ),
    Command::new("hostname", "show the host's name", &[], hostname),
    Command::new(
        "maxvcpus",
        "show how many vCPUs a domain may have",
        &[text("type", "which kind").also_positional()],
        maxvcpus,
    ),
    Command::new(
        "node-memory-tune",
        "show or set how the host shares memory",
        &[
            number("shm-pages-to-scan", "pages looked at in one go").also_positional(),
            number("shm-sleep-millisecs", "milliseconds between goes").also_positional(),
            number("shm-merge-across-nodes", "whether pages of several nodes are merged").also_positional(),
        ],
        node_memory_tune,
    ),
    Command::new("nodecpumap", "show the host's CPUs", &[flag("pretty", "for people to read")], nodecpumap),
    Command::new(
        "nodecpustats",
        "show what the host's CPUs do",
        &[
            number("cpu", "number of the CPU; all without").also_positional(),
            flag("percent", "shares of a second in percent"),
        ],
        nodecpustats,
    ),
    Command::new("nodeinfo", "show the basics of the host", &[], nodeinfo),
    Command::new(
        "nodememstats",
        "show the host's memory",
        &[number("cell", "number of the NUMA cell").also_positional()],
        nodememstats,
    ),
    Command::new("nodesevinfo", "show the host's memory encryption", &[], nodesevinfo),
    Command::new(
        "nodesuspend",
        "put the host to sleep for a time",
        &[
            arg("target", "mem, disk or hybrid"),
            number("duration", "seconds to sleep, at least 60").required().positional(),
        ],
        nodesuspend,
    )
    .changing(),
    Command::new("sysinfo", "show the host's firmware tables", &[], sysinfo),
    Command::new("uri", "show the connection's URI", &[], uri),
    Command::new(
        "version",
        "show the versions in use",
        &[flag("daemon", "the daemon's version too")],
        version,
    ),
];

/// The release of libvirt that this program stands in for.
pub fn own_version() -> String {
    dotted(LIBVIR_VERSION_NUMBER.into())
}

pub fn long_version() -> String {
    format!(
        "Virsh command line tool of libvirt {}\nFerrovirt {}, a libvirt written in Rust\n\nCompiled with support for:\n \
         Hypervisors: QEMU/KVM Test\n Networking: Remote Network Bridging\n Storage: Test\n Miscellaneous: Debug Readline\n",
        own_version(),
        env!("CARGO_PKG_VERSION"),
    )
}

/// major.minor.release of a version in one number.
pub fn dotted(version: u64) -> String {
    format!("{}.{}.{}", version / 1_000_000, version / 1000 % 1000, version % 1000)
}

fn capabilities(shell: &mut Shell, args: &Args) -> Outcome {
    let text = shell.connection()?.capabilities().or_say(|| "failed to get capabilities")?;
    xml::dump(shell, &text, args.text("xpath")?, args.flag("wrap"))
}

fn domcapabilities(shell: &mut Shell, args: &Args) -> Outcome {
    let flag =
        ("disable-deprecated-features", VIR_CONNECT_GET_DOMAIN_CAPABILITIES_DISABLE_DEPRECATED_FEATURES);
    let choice = super::cpu::choice(args, "emulatorbin")?;
    let text = shell
        .connection()?
        .domain_capabilities(choice, args.bits(&[flag]))
        .or_say(|| "failed to get emulator capabilities")?;
    xml::dump(shell, &text, args.text("xpath")?, args.flag("wrap"))
}

/// The numbers of the host's NUMA cells.
fn cells(connection: &Connection) -> Outcome<Vec<i32>> {
    let text = connection.capabilities().or_say(|| "unable to get node capabilities")?;
    let document = xml::parse(&text, "the host's capabilities")?;
    let cells = xml::all(document.root_element(), "host/topology/cells/cell");
    let number = |cell: roxmltree::Node<'_, '_>| cell.attribute("id").and_then(|id| id.parse().ok());
    match cells.into_iter().map(number).collect() {
        Some(numbers) => Ok(numbers),
        None => fail!("conversion from string failed"),
    }
}

fn freecell(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("all", "cellno")?;
    let connection = shell.connection()?;
    let cell: Option<i32> = args.number("cellno")?;
    let line = |cell: &str, kib: u64| (cell.to_owned(), serde_json::Value::from(kib));
    if !args.flag("all") {
        let (label, bytes) = match cell {
            Some(cell) => {
                let free = connection.node_cells_free_memory(cell, 1)?;
                (cell.to_string(), free.first().copied().unwrap_or_default())
            }
            None => ("Total".to_owned(), connection.node_free_memory()?),
        };
        shell.out.member([line(&label, bytes / 1024)]);
        say!(shell, "{label}: {} KiB\n", bytes / 1024);
        return Ok(());
    }
    let mut free = Vec::new();
    for cell in cells(&connection)? {
        let what = || format!("failed to get free memory for NUMA node number: {cell}");
        let bytes = connection.node_cells_free_memory(cell, 1).or_say(what)?;
        free.push((cell, bytes.first().copied().unwrap_or_default()));
    }
    for (cell, bytes) in &free {
        shell.out.member([line(&cell.to_string(), bytes / 1024)]);
        say!(shell, "{cell:>5}: {:>10} KiB\n", bytes / 1024);
    }
    let total: u64 = free.iter().map(|(_, bytes)| bytes).sum();
    shell.out.member([line("total", total / 1024)]);
    extra!(shell, "--------------------\n");
    extra!(shell, "{:>5}: {:>10} KiB\n", "Total", total / 1024);
    Ok(())
}

/// A size of pages in KiB.
fn page_size(args: &Args) -> Outcome<Option<u32>> {
    let bytes = args.scaled("pagesize", 1024, u64::from(u32::MAX) * 1024)?;
    Ok(bytes.map(|bytes| bytes.div_ceil(1024) as u32))
}

fn freepages(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("all", "cellno")?;
    let size = page_size(args)?;
    let connection = shell.connection()?;
    if args.flag("all") {
        return all_free_pages(shell, &connection, size);
    }
    let Some(cell) = args.number::<i32>("cellno")? else { fail!("missing cellno argument") };
    if cell < -1 {
        fail!("cell number must be non-negative integer or -1")
    }
    let Some(size) = size else { fail!("missing pagesize argument") };
    let counts = connection.node_free_pages(&[size], cell, 1, 0)?;
    let Some(count) = counts.first() else {
        fail!("Could not get count of free {size}KiB pages, no data returned")
    };
    shell.out.fields(0, &[(&format!("{size}KiB:"), Cell::from(*count))]);
    Ok(())
}

fn all_free_pages(shell: &mut Shell, connection: &Connection, size: Option<u32>) -> Outcome {
    let sizes = match size {
        Some(size) => vec![size],
        None => page_sizes(connection)?,
    };
    let mut missing = false;
    for cell in cells(connection)? {
        let counts = connection.node_free_pages(&sizes, cell, 1, 0)?;
        if counts.len() < sizes.len() {
            missing = true;
            shell.out.error(&format!("Did not get all free page data for node {cell}"));
            continue;
        }
        say!(shell, "Node {cell}:\n");
        let pages =
            sizes.iter().zip(&counts).map(|(size, count)| (format!("{size}KiB"), (*count).into())).collect();
        shell.out.member([(cell.to_string(), serde_json::Value::Object(pages))]);
        for (size, count) in sizes.iter().zip(&counts) {
            say!(shell, "{size}KiB: {count}\n");
        }
        say!(shell, "\n");
    }
    if missing { Err(crate::failure::Failure::silent()) } else { Ok(()) }
}

/// All sizes of pages that the host has, smallest first.
fn page_sizes(connection: &Connection) -> Outcome<Vec<u32>> {
    let text = connection.capabilities().or_say(|| "unable to get node capabilities")?;
    let document = xml::parse(&text, "the host's capabilities")?;
    let host = document.root_element();
    let mut nodes = xml::all(host, "host/cpu/pages");
    if nodes.is_empty() {
        nodes = xml::all(host, "host/topology/cells/cell/pages");
    }
    if nodes.is_empty() {
        fail!("could not get information about supported page sizes")
    }
    let mut sizes = Vec::new();
    for node in nodes {
        let text = node.attribute("size").unwrap_or_default();
        match text.parse() {
            Ok(size) => sizes.push(size),
            Err(_) => fail!("unable to parse page size: {text}"),
        }
    }
    sizes.sort_unstable();
    sizes.dedup();
    Ok(sizes)
}

fn allocpages(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("all", "cellno")?;
    let cell: Option<i32> = args.number("cellno")?;
    let size = page_size(args)?.unwrap_or_default();
    let count = args.number::<u64>("pagecount")?.unwrap_or_default();
    let flags = if args.flag("add") { VIR_NODE_ALLOC_PAGES_ADD } else { VIR_NODE_ALLOC_PAGES_SET };
    let connection = shell.connection()?;
    let cells = if args.flag("all") { cells(&connection)? } else { vec![cell.unwrap_or(-1)] };
    for cell in cells {
        connection.node_alloc_pages(&[(size, count)], cell, 1, flags)?;
    }
    Ok(())
}

fn maxvcpus(shell: &mut Shell, args: &Args) -> Outcome {
    let kind = args.text("type")?;
    let connection = shell.connection()?;
    let choice = ferrovirt::driver::HypervisorChoice { virt_type: kind, ..Default::default() };
    let mut most = None;
    if let Ok(text) = connection.domain_capabilities(choice, 0) {
        let document = xml::parse(&text, "the domain capabilities")?;
        most = xml::value(document.root_element(), "vcpu/@max").and_then(|max| max.parse::<i32>().ok());
    }
    let most = match most {
        Some(most) => most,
        None => connection.max_vcpus(kind)?,
    };
    shell.out.document(format_args!("{most}\n"), most.into());
    Ok(())
}

fn nodeinfo(shell: &mut Shell, _: &Args) -> Outcome {
    let info = shell.connection()?.node_info().or_say(|| "failed to get node information")?;
    let mut fields = vec![("CPU model:", Cell::from(&info.model)), ("CPU(s):", info.cpus.into())];
    if info.mhz != 0 {
        fields.push(("CPU frequency:", Cell::dressed(format!("{} MHz", info.mhz), info.mhz)));
    }
    fields.extend([
        ("CPU socket(s):", info.sockets.into()),
        ("Core(s) per socket:", info.cores.into()),
        ("Thread(s) per core:", info.threads.into()),
        ("NUMA cell(s):", info.nodes.into()),
        ("Memory size:", Cell::dressed(format!("{} KiB", info.memory), info.memory)),
    ]);
    shell.out.fields(20, &fields);
    Ok(())
}

fn nodecpumap(shell: &mut Shell, args: &Args) -> Outcome {
    let map = shell.connection()?.node_cpu_map(0).or_say(|| "Unable to get cpu map")?;
    let online: CpuMap = map.iter().enumerate().filter(|(_, on)| **on).map(|(cpu, _)| cpu).collect();
    let shown = if args.flag("pretty") {
        cpus::format(&online, map.len())
    } else {
        cpus::letters(&online, map.len())
    };
    let members: Vec<usize> = online.iter().collect();
    shell.out.fields(
        15,
        &[
            ("CPUs present:", map.len().into()),
            ("CPUs online:", members.len().into()),
            ("CPU map:", Cell::dressed(shown, members)),
        ],
    );
    Ok(())
}

/// Times that the host counts, and what people call them.
const CPU_TIMES: [(&str, &str); 5] = [
    (VIR_NODE_CPU_STATS_USER, "user:"),
    (VIR_NODE_CPU_STATS_KERNEL, "system:"),
    (VIR_NODE_CPU_STATS_IDLE, "idle:"),
    (VIR_NODE_CPU_STATS_IOWAIT, "iowait:"),
    (VIR_NODE_CPU_STATS_INTR, "intr:"),
];

fn nodecpustats(shell: &mut Shell, args: &Args) -> Outcome {
    let cpu = args.number::<i32>("cpu")?.unwrap_or(VIR_NODE_CPU_STATS_ALL_CPUS);
    let connection = shell.connection()?;
    let first = connection.node_cpu_stats(cpu, 0).or_say(|| "Unable to get node cpu stats")?;
    let value = |stats: &[(String, u64)], name: &str| {
        stats.iter().find(|(field, _)| field == name).map(|(_, value)| *value)
    };
    if !args.flag("percent") {
        let times = CPU_TIMES.iter().filter_map(|(name, label)| Some((*label, value(&first, name)?)));
        let fields: Vec<_> =
            times.map(|(label, value)| (label, Cell::dressed(format!("{value:>20}"), value))).collect();
        shell.out.fields(15, &fields);
        return Ok(());
    }
    let percent = |share: f64| Cell::dressed(format!("{share:>5.1}%"), (share * 10.0).round() / 10.0);
    if let Some(usage) = value(&first, VIR_NODE_CPU_STATS_UTILIZATION) {
        let share = |share: u64| Cell::dressed(format!("{share:>5}%"), share);
        shell.out.fields(15, &[("usage:", share(usage)), ("idle:", share(100 - usage.min(100)))]);
        return Ok(());
    }
    std::thread::sleep(std::time::Duration::from_secs(1));
    let second = connection.node_cpu_stats(cpu, 0).or_say(|| "Unable to get node cpu stats")?;
    let spent: Vec<(&str, &str, f64)> = CPU_TIMES
        .iter()
        .filter_map(|(name, label)| {
            let (before, after) = (value(&first, name)?, value(&second, name)?);
            Some((*name, *label, after.saturating_sub(before) as f64))
        })
        .collect();
    let total: f64 = spent.iter().map(|(_, _, time)| time).sum();
    let busy = |name: &str| name == VIR_NODE_CPU_STATS_USER || name == VIR_NODE_CPU_STATS_KERNEL;
    let used: f64 = spent.iter().filter(|(name, _, _)| busy(name)).map(|(_, _, time)| time).sum();
    let mut fields = vec![("usage:", percent(used / total * 100.0))];
    fields.extend(spent.iter().map(|(_, label, time)| (*label, percent(time / total * 100.0))));
    shell.out.fields(15, &fields);
    Ok(())
}

fn nodememstats(shell: &mut Shell, args: &Args) -> Outcome {
    let cell = args.number::<i32>("cell")?.unwrap_or(VIR_NODE_MEMORY_STATS_ALL_CELLS);
    let stats =
        shell.connection()?.node_memory_stats(cell, 0).or_say(|| "Unable to get number of memory stats")?;
    for (field, value) in stats {
        shell.out.member([(field.clone(), value.into())]);
        say!(shell, "{field:<7}: {value:>20} KiB\n");
    }
    Ok(())
}

fn nodesevinfo(shell: &mut Shell, _: &Args) -> Outcome {
    let info = shell.connection()?.node_sev_info(0).or_say(|| "Unable to get host SEV information")?;
    shell.out.params(18, ":", &info);
    Ok(())
}

/// What a machine can be put to sleep into.
pub const SUSPEND_TARGETS: [&str; 3] = ["mem", "disk", "hybrid"];

fn nodesuspend(shell: &mut Shell, args: &Args) -> Outcome {
    let target = args.need("target")?;
    let duration = args.number::<i64>("duration")?.unwrap_or_default();
    let Some(target) = SUSPEND_TARGETS.iter().position(|name| *name == target) else {
        fail!("Invalid target")
    };
    let Ok(duration) = u64::try_from(duration) else { fail!("Invalid duration") };
    shell
        .connection()?
        .node_suspend_for_duration(target as u32, duration, 0)
        .or_say(|| "The host was not suspended")
}

fn sysinfo(shell: &mut Shell, _: &Args) -> Outcome {
    let text = shell.connection()?.sysinfo(0).or_say(|| "failed to get sysinfo")?;
    xml::dump(shell, &text, None, false)
}

fn hostname(shell: &mut Shell, _: &Args) -> Outcome {
    let name = shell.connection()?.hostname().or_say(|| "failed to get hostname")?;
    shell.out.document(format_args!("{name}\n"), name.as_str().into());
    Ok(())
}

fn uri(shell: &mut Shell, _: &Args) -> Outcome {
    let uri = shell.connection()?.uri().or_say(|| "failed to get URI")?;
    shell.out.document(format_args!("{uri}\n"), uri.as_str().into());
    Ok(())
}

fn version(shell: &mut Shell, args: &Args) -> Outcome {
    let connection = shell.connection()?;
    let kind = connection.driver_type().or_say(|| "failed to get hypervisor type")?;
    let own = own_version();
    say!(shell, "Compiled against library: libvirt {own}\n");
    say!(shell, "Using library: libvirt {own}\n");
    say!(shell, "Using API: {kind} {own}\n");
    shell.out.member([
        ("library".to_owned(), own.as_str().into()),
        ("hypervisor".to_owned(), kind.as_str().into()),
    ]);
    match connection.version() {
        Ok(0) => say!(shell, "Cannot extract running {kind} hypervisor version\n"),
        Ok(version) => {
            shell.out.member([("hypervisor_version".to_owned(), dotted(version).into())]);
            say!(shell, "Running hypervisor: {kind} {}\n", dotted(version));
        }
        Err(err) if err.code() == ErrorCode::NoSupport => {}
        Err(err) => return Err(err).or_say(|| "failed to get the hypervisor version"),
    }
    if args.flag("daemon") {
        match connection.lib_version() {
            Ok(version) => {
                shell.out.member([("daemon_version".to_owned(), dotted(version).into())]);
                say!(shell, "Running against daemon: {}\n", dotted(version));
            }
            Err(_) => shell.out.error("failed to get the daemon version"),
        }
    }
    Ok(())
}

fn node_memory_tune(shell: &mut Shell, args: &Args) -> Outcome {
    let tunables = [
        ("shm-pages-to-scan", VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN),
        ("shm-sleep-millisecs", VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS),
        ("shm-merge-across-nodes", VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES),
    ];
    let mut changes = TypedParams::new();
    for (option, name) in tunables {
        if let Some(value) = args.number::<u32>(option)? {
            changes.add(name, value);
        }
    }
    let connection = shell.connection()?;
    if !changes.is_empty() {
        return connection
            .set_node_memory_parameters(&changes, 0)
            .or_say(|| "Unable to change memory parameters");
    }
    let values =
        connection.node_memory_parameters(0).or_say(|| "Unable to get number of memory parameters")?;
    if values.is_empty() {
        return Ok(());
    }
    say!(shell, "Shared memory:\n");
    for (name, value) in values.iter() {
        shell.out.member([(name.to_owned(), params::cell(value).json)]);
        say!(shell, "\t{name:<15} {}\n", params::text(value));
    }
    Ok(())
}
