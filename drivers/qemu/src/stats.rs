//! A guest's statistics, group by group, with the names that callers know.
//!
//! What its monitor must be asked for is left out where the guest hangs or is busy and the caller does not wait: one
//! guest must not hold up the others.

use crate::driver::Shared;
use crate::images;
use crate::live::Live;
use crate::model;
use crate::qmp::types::{BlockDevice, BlockStats, Iothread};
use crate::qmp::{
    QomGet, QueryBalloon, QueryBlock, QueryBlockstats, QueryDirtyRate, QueryIothreads, QueryStatus,
};
use crate::tune::balloon::balloon_path;
use crate::tune::iotune::model_names;
use crate::vm::{View, Vm};
use ferrovirt_conf::domain::{Disk, Domain, StorageLocation};
use ferrovirt_core::driver::{InterfaceStats, MemoryStat};
use ferrovirt_core::{Result, TypedParams, abi, format_compact};
use ferrovirt_host::process;
use ferrovirt_net::link;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The groups that can be told.
pub const GROUPS: u32 = abi::VIR_DOMAIN_STATS_STATE
    | abi::VIR_DOMAIN_STATS_CPU_TOTAL
    | abi::VIR_DOMAIN_STATS_BALLOON
    | abi::VIR_DOMAIN_STATS_VCPU
    | abi::VIR_DOMAIN_STATS_INTERFACE
    | abi::VIR_DOMAIN_STATS_BLOCK
    | abi::VIR_DOMAIN_STATS_IOTHREAD
    | abi::VIR_DOMAIN_STATS_DIRTYRATE
    // Of events that nobody has switched on nothing is told.
    | abi::VIR_DOMAIN_STATS_PERF;

/// Those for which the monitor is asked.
const ASKED: u32 = abi::VIR_DOMAIN_STATS_BALLOON
    | abi::VIR_DOMAIN_STATS_BLOCK
    | abi::VIR_DOMAIN_STATS_IOTHREAD
    | abi::VIR_DOMAIN_STATS_DIRTYRATE;

/// How long a monitor may take to show that it answers at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the guest's monitor answers.
fn answers(shared: &Shared, live: &Live) -> bool {
    let monitor = live.monitor.clone();
    let asked = shared.reactor.call_within(PATIENCE, "a question to the monitor", async move {
        Ok(monitor.execute(&QueryStatus {}).await.map(drop)?)
    });
    asked.is_ok()
}

/// Everything of the groups wanted that can be told now.
pub fn gather(shared: &Shared, vm: &Arc<Vm>, view: &View, wanted: u32, flags: u32) -> TypedParams {
    let is_wanted = |group: u32| wanted & group != 0;
    let definition = view.current().ok();
    // As much as is told of a guest that does not run.
    let disks_there = definition.as_ref().map_or(0, |definition| definition.model.devices.disks.len());
    let mut params = TypedParams::with_capacity(8 + 5 * disks_there);
    if is_wanted(abi::VIR_DOMAIN_STATS_STATE) {
        params.add("state.state", view.state);
        params.add("state.reason", view.reason);
    }
    let Some(definition) = definition else { return params };
    let model = &definition.model;
    let live = view.live.as_ref();
    let patient = flags & abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT == 0 || vm.job.current().is_none();
    let answering = live.filter(|live| is_wanted(ASKED) && patient && answers(shared, live));
    if is_wanted(abi::VIR_DOMAIN_STATS_CPU_TOTAL)
        && let Ok(times) = live.map_or(Ok(Default::default()), |live| live.process.times())
    {
        params.add("cpu.time", times.total());
        params.add("cpu.user", times.user);
        params.add("cpu.system", times.system);
        if live.is_some() {
            // No monitors of the host's caches are set up for guests.
            params.add("cpu.cache.monitor.count", 0u32);
        }
    }
    if is_wanted(abi::VIR_DOMAIN_STATS_BALLOON) {
        balloon(&mut params, shared, model, answering);
    }
    if is_wanted(abi::VIR_DOMAIN_STATS_VCPU) {
        vcpus(&mut params, model, live);
    }
    if let (true, Some(_)) = (is_wanted(abi::VIR_DOMAIN_STATS_INTERFACE), live) {
        interfaces(&mut params, shared, model);
    }
    if is_wanted(abi::VIR_DOMAIN_STATS_BLOCK) {
        let chain = flags & abi::VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING != 0;
        disks(&mut params, shared, model, live, answering, chain);
    }
    if let (true, Some(live)) = (is_wanted(abi::VIR_DOMAIN_STATS_IOTHREAD), answering)
        && let Ok(threads) = live.ask(&shared.reactor, QueryIothreads {})
    {
        iothreads(&mut params, &threads);
    }
    if let (true, Some(live)) = (is_wanted(abi::VIR_DOMAIN_STATS_DIRTYRATE), answering)
        && let Ok(told) = live.ask(&shared.reactor, QueryDirtyRate {})
    {
        dirty_rate(&mut params, &told);
    }
    params
}

/// The numbers about memory, by the balloon's names for them.
const BALLOON: [(&str, u32, &str, u64); 11] = [
    ("stat-swap-in", abi::VIR_DOMAIN_MEMORY_STAT_SWAP_IN, "balloon.swap_in", 1024),
    ("stat-swap-out", abi::VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, "balloon.swap_out", 1024),
    ("stat-major-faults", abi::VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, "balloon.major_fault", 1),
    ("stat-minor-faults", abi::VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, "balloon.minor_fault", 1),
    ("stat-free-memory", abi::VIR_DOMAIN_MEMORY_STAT_UNUSED, "balloon.unused", 1024),
    ("stat-total-memory", abi::VIR_DOMAIN_MEMORY_STAT_AVAILABLE, "balloon.available", 1024),
    ("stat-available-memory", abi::VIR_DOMAIN_MEMORY_STAT_USABLE, "balloon.usable", 1024),
    ("last-update", abi::VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, "balloon.last-update", 1),
    ("stat-disk-caches", abi::VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, "balloon.disk_caches", 1024),
    ("stat-htlb-pgalloc", abi::VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, "balloon.hugetlb_pgalloc", 1),
    ("stat-htlb-pgfail", abi::VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, "balloon.hugetlb_pgfail", 1),
];

/// What there is to say of a running guest's memory, in KiB.
pub fn memory(shared: &Shared, live: &Live) -> Result<Vec<MemoryStat>> {
    let definition = live.definition();
    let model = &definition.model;
    let mut stats = Vec::new();
    let mut add = |tag: u32, value: u64| stats.push(MemoryStat { tag: tag as i32, value });
    if model::has_balloon(model) {
        let balloon = live.ask(&shared.reactor, QueryBalloon {})?;
        add(abi::VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, balloon.actual / 1024);
        let path = balloon_path(model).unwrap_or_default();
        let told = live.ask(&shared.reactor, QomGet { path, property: "guest-stats".into() });
        // A guest without a driver for its balloon has never told anything.
        let told = told.unwrap_or(Value::Null);
        for (name, tag, _, unit) in BALLOON {
            let value = told["stats"].get(name).or_else(|| told.get(name)).and_then(Value::as_u64);
            // The highest number stands for what the guest does not tell.
            if let Some(value) = value.filter(|value| *value != u64::MAX) {
                add(tag, value / unit);
            }
        }
    } else {
        add(abi::VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, model::memory_kib(model));
    }
    add(abi::VIR_DOMAIN_MEMORY_STAT_RSS, live.process.resident_kib()?);
    Ok(stats)
}

fn balloon(params: &mut TypedParams, shared: &Shared, model: &Domain, live: Option<&Arc<Live>>) {
    let current = match model::has_balloon(model) {
        true => model::current_memory_kib(model),
        false => model::memory_kib(model),
    };
    params.add("balloon.current", current);
    params.add("balloon.maximum", model::memory_kib(model));
    let Some(stats) = live.and_then(|live| memory(shared, live).ok()) else { return };
    for stat in stats {
        let name = match stat.tag as u32 {
            abi::VIR_DOMAIN_MEMORY_STAT_RSS => Some("balloon.rss"),
            tag => BALLOON.iter().find(|(_, known, ..)| *known == tag).map(|(_, _, name, _)| *name),
        };
        if let Some(name) = name {
            params.add(name, stat.value);
        }
    }
}

fn vcpus(params: &mut TypedParams, model: &Domain, live: Option<&Arc<Live>>) {
    params.add("vcpu.current", model.vcpu.current());
    params.add("vcpu.maximum", model.vcpu.max);
    let Some(live) = live else { return };
    for (number, thread) in live.vcpu_threads() {
        let name = |what: &str| format_compact!("vcpu.{number}.{what}");
        params.add(name("state"), abi::VIR_VCPU_RUNNING as i32);
        if let Ok(used) = process::thread_times(live.process.pid(), thread) {
            params.add(name("time"), used.times.total());
        }
        if let Ok(waits) = process::thread_waits(live.process.pid(), thread) {
            params.add(name("wait"), waits.blocked);
            params.add(name("delay"), waits.runnable);
        }
    }
}

/// What went through a tap, as the guest sees it.
pub fn interface(shared: &Shared, tap: &str) -> Result<InterfaceStats> {
    // What the host sends on the tap is what the guest receives.
    let seen = link::stats(&shared.links()?.netlink, tap)?.swapped();
    let signed = |counter: u64| i64::try_from(counter).unwrap_or(i64::MAX);
    Ok(InterfaceStats {
        rx_bytes: signed(seen.rx_bytes),
        rx_packets: signed(seen.rx_packets),
        rx_errors: signed(seen.rx_errors),
        rx_dropped: signed(seen.rx_dropped),
        tx_bytes: signed(seen.tx_bytes),
        tx_packets: signed(seen.tx_packets),
        tx_errors: signed(seen.tx_errors),
        tx_dropped: signed(seen.tx_dropped),
    })
}

fn interfaces(params: &mut TypedParams, shared: &Shared, model: &Domain) {
    params.add("net.count", model.devices.interfaces.len() as u32);
    for (number, card) in model.devices.interfaces.iter().enumerate() {
        let Some(tap) = card.target.dev.as_deref() else { continue };
        params.add(format_compact!("net.{number}.name"), tap);
        let Ok(seen) = interface(shared, tap) else { continue };
        let counters = [
            ("rx.bytes", seen.rx_bytes),
            ("rx.pkts", seen.rx_packets),
            ("rx.errs", seen.rx_errors),
            ("rx.drop", seen.rx_dropped),
            ("tx.bytes", seen.tx_bytes),
            ("tx.pkts", seen.tx_packets),
            ("tx.errs", seen.tx_errors),
            ("tx.drop", seen.tx_dropped),
        ];
        for (name, counter) in counters {
            params.add(format_compact!("net.{number}.{name}"), u64::try_from(counter).unwrap_or(0));
        }
    }
}

/// What QEMU tells of all disks at once.
#[derive(Default)]
struct Told {
    stats: Vec<BlockStats>,
    devices: Vec<BlockDevice>,
}

fn disks(
    params: &mut TypedParams,
    shared: &Shared,
    model: &Domain,
    live: Option<&Arc<Live>>,
    answering: Option<&Arc<Live>>,
    chain: bool,
) {
    let told = answering.map(|live| Told {
        stats: live.ask(&shared.reactor, QueryBlockstats::default()).unwrap_or_default(),
        devices: live.ask(&shared.reactor, QueryBlock {}).unwrap_or_default(),
    });
    let layers_of = |disk: &Disk| disk.backing.iter().flat_map(|backing| backing.layers()).count();
    let disks = &model.devices.disks;
    let records = disks.len() + if chain { disks.iter().map(layers_of).sum() } else { 0 };
    params.add("block.count", records as u32);
    let mut number = 0u32;
    for disk in disks {
        header(params, number, disk);
        let is_known = !matches!(disk.source.location, StorageLocation::VhostUser(_));
        match (&told, live) {
            (Some(told), _) if is_known => running_disk(params, number, disk, told),
            (None, None) if is_known => {
                if let Ok(info) = images::info(disk) {
                    sizes(params, number, info.allocation, info.capacity, info.physical);
                }
            }
            _ => {}
        }
        number += 1;
        if chain {
            number = layers(params, number, disk);
        }
    }
}

fn header(params: &mut TypedParams, number: u32, disk: &Disk) {
    params.add(format_compact!("block.{number}.name"), disk.name().unwrap_or_default());
    if let Some(path) = disk.source.path().filter(|_| disk.source.location.is_local()) {
        params.add(format_compact!("block.{number}.path"), path);
    }
    if disk.source.options.index != 0 {
        params.add(format_compact!("block.{number}.backingIndex"), disk.source.options.index);
    }
}

/// The images that a disk is based on, each with a record of its own.
fn layers(params: &mut TypedParams, mut number: u32, disk: &Disk) -> u32 {
    let layers = disk.backing.iter().flat_map(|backing| backing.layers());
    for layer in layers {
        params.add(format_compact!("block.{number}.name"), disk.name().unwrap_or_default());
        if let Some(path) = layer.source.path().filter(|_| layer.source.location.is_local()) {
            params.add(format_compact!("block.{number}.path"), path);
        }
        let index = layer.number();
        if index != 0 {
            params.add(format_compact!("block.{number}.backingIndex"), index);
        }
        number += 1;
    }
    number
}

fn running_disk(params: &mut TypedParams, number: u32, disk: &Disk, told: &Told) {
    let alias = disk.info.alias.as_deref().unwrap_or_default();
    let is_it = |qdev: &str| model_names(qdev, alias);
    let Some(stats) = told.stats.iter().find(|stats| stats.qdev.as_deref().is_some_and(is_it)) else {
        return;
    };
    let counters = &stats.stats;
    let named = [
        ("rd.reqs", counters.rd_operations),
        ("rd.bytes", counters.rd_bytes),
        ("rd.times", counters.rd_total_time_ns),
        ("wr.reqs", counters.wr_operations),
        ("wr.bytes", counters.wr_bytes),
        ("wr.times", counters.wr_total_time_ns),
        ("fl.reqs", counters.flush_operations),
        ("fl.times", counters.flush_total_time_ns),
    ];
    for (name, counter) in named {
        params.add(format_compact!("block.{number}.{name}"), counter);
    }
    let node =
        told.devices.iter().find(|device| is_it(&device.qdev)).and_then(|device| device.inserted.as_ref());
    let image = node.and_then(|node| node.image.as_ref());
    let (capacity, actual) =
        image.map_or((0, 0), |image| (image.virtual_size, image.actual_size.unwrap_or(0)));
    sizes(params, number, images::highest(stats), capacity, actual);
    if let Some(threshold) = node.map(|node| node.write_threshold).filter(|threshold| *threshold != 0) {
        params.add(format_compact!("block.{number}.threshold"), threshold);
    }
}

fn sizes(params: &mut TypedParams, number: u32, allocation: u64, capacity: u64, physical: u64) {
    params.add(format_compact!("block.{number}.allocation"), allocation);
    for (name, size) in [("capacity", capacity), ("physical", physical)] {
        if size != 0 {
            params.add(format_compact!("block.{number}.{name}"), size);
        }
    }
}

fn iothreads(params: &mut TypedParams, threads: &[Iothread]) {
    if threads.is_empty() {
        return;
    }
    params.add("iothread.count", threads.len() as u32);
    for thread in threads {
        let Some(id) = thread.id.strip_prefix("iothread") else { continue };
        params.add(format_compact!("iothread.{id}.poll-max-ns"), thread.poll_max_ns.max(0) as u64);
        params.add(format_compact!("iothread.{id}.poll-grow"), thread.poll_grow.max(0) as u32);
        params.add(format_compact!("iothread.{id}.poll-shrink"), thread.poll_shrink.max(0) as u32);
    }
}

/// How fast the guest changes its memory, as far as it was measured.
fn dirty_rate(params: &mut TypedParams, told: &Value) {
    let state = match told["status"].as_str() {
        Some("measuring") => abi::VIR_DOMAIN_DIRTYRATE_MEASURING,
        Some("measured") => abi::VIR_DOMAIN_DIRTYRATE_MEASURED,
        _ => abi::VIR_DOMAIN_DIRTYRATE_UNSTARTED,
    };
    params.add("dirtyrate.calc_status", state as i32);
    params.add("dirtyrate.calc_start_time", told["start-time"].as_i64().unwrap_or(0));
    let period = told["calc-time"].as_i64().and_then(|period| i32::try_from(period).ok());
    params.add("dirtyrate.calc_period", period.unwrap_or(0));
    params.add("dirtyrate.calc_mode", told["mode"].as_str().unwrap_or("page-sampling"));
    if let Some(rate) = told["dirty-rate"].as_i64() {
        params.add("dirtyrate.megabytes_per_second", rate);
    }
}
