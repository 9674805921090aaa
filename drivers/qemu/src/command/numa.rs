//! `-numa`: the guest's NUMA cells, their distances, and how fast their memory is.

use super::context::Builder;
use super::line::Parts;
use super::memory::Wanted;
use ferrovirt_conf::cpu::{CacheAssociativity, CachePolicy, Interconnect, NumaCell, Route};
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::{Error, Result};

pub fn cells(model: &Domain) -> &[NumaCell] {
    let numa = model.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref());
    numa.map_or(&[], |numa| &numa.cells)
}

fn interconnects(model: &Domain) -> &[Interconnect] {
    let numa = model.cpu.as_ref().and_then(|cpu| cpu.numa.as_ref());
    numa.map_or(&[], |numa| &numa.interconnects)
}

/// Whether the guest is told about latencies, bandwidths or caches.
pub fn has_attributes(model: &Domain) -> bool {
    !interconnects(model).is_empty() || cells(model).iter().any(|cell| !cell.caches.is_empty())
}

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let model = b.model();
    let cells = cells(model);
    if cells.is_empty() {
        return Ok(());
    }
    let tune = &model.numatune;
    let general = tune.memory.iter().filter_map(|memory| memory.nodeset.as_ref());
    let wanted = general.chain(tune.nodes.iter().map(|node| &node.nodeset));
    wanted.into_iter().try_for_each(|nodes| b.context.check_nodes(nodes))?;
    let first_with_cpus = cells.iter().position(|cell| cell.cpus.is_some());
    let Some(first_with_cpus) = first_with_cpus else {
        return Err(Error::config_unsupported("none of the guest's NUMA cells has processors"));
    };
    let attributes = has_attributes(model);
    let by_size = b.context.machine_info().is_some_and(|machine| machine.numa_mem_supported);
    let names: Vec<String> = (0..cells.len()).map(|index| format!("ram-node{index}")).collect();
    let mut backends = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let wanted = Wanted { cell: Some(index as u32), ..Wanted::new(&names[index], cell.memory.0) };
        backends.push(b.context.memory_backend(&wanted)?);
    }
    let objects = !by_size || attributes || backends.iter().any(|backend| backend.needed);
    if !objects {
        super::memory::path(b)?;
    }
    for ((index, cell), backend) in cells.iter().enumerate().zip(backends) {
        let mut parts = Parts::new(format_args!("node,nodeid={index}"));
        for (first, last) in cell.cpus.iter().flat_map(|cpus| cpus.ranges()) {
            match first == last {
                true => parts.set("cpus", first),
                false => parts.set("cpus", format_args!("{first}-{last}")),
            };
        }
        if attributes {
            parts.set("initiator", initiator(model, index).unwrap_or(first_with_cpus as u32));
        }
        if objects {
            b.add_backend(backend)?;
            parts.set("memdev", &names[index]);
        } else {
            parts.set("mem", cell.memory.0 / 1024);
        }
        b.line.option("-numa", parts);
    }
    distances(b, cells);
    if attributes {
        interconnections(b, cells);
        caches(b, cells);
    }
    Ok(())
}

/// The cell whose processors reach a cell's memory best: its own, or the first that an interconnect names.
fn initiator(model: &Domain, cell: usize) -> Option<u32> {
    if cells(model)[cell].cpus.is_some() {
        return Some(cell as u32);
    }
    let fastest = interconnects(model).iter().filter_map(|interconnect| match interconnect {
        Interconnect::Latency(latency) => Some((&latency.route, latency.value)),
        Interconnect::Bandwidth(_) => None,
    });
    let to_it = fastest.filter(|(route, _)| route.target as usize == cell);
    to_it.min_by_key(|(_, value)| *value).map(|(route, _)| route.initiator)
}

fn distances(b: &mut Builder<'_>, cells: &[NumaCell]) {
    if cells.iter().all(|cell| cell.distances.is_empty()) {
        return;
    }
    for (from, cell) in cells.iter().enumerate() {
        for to in 0..cells.len() {
            let given = cell.distances.iter().find(|distance| distance.id as usize == to);
            let distance = given.map_or(if from == to { 10 } else { 20 }, |distance| distance.value);
            b.line.option("-numa", format_args!("dist,src={from},dst={to},val={distance}"));
        }
    }
}

fn interconnections(b: &mut Builder<'_>, cells: &[NumaCell]) {
    let _ = cells;
    for interconnect in interconnects(b.model()) {
        let (route, kind, option, value) = match interconnect {
            Interconnect::Latency(latency) => {
                (&latency.route, "latency", "latency", latency.value.to_string())
            }
            Interconnect::Bandwidth(bandwidth) => {
                (&bandwidth.route, "bandwidth", "bandwidth", format!("{}K", bandwidth.value.0))
            }
        };
        let mut parts = Parts::new("hmat-lb");
        parts.set("initiator", route.initiator).set("target", route.target);
        parts.set("hierarchy", hierarchy(route));
        parts.set("data-type", format_args!("{}-{kind}", route.access)).set(option, value);
        b.line.option("-numa", parts);
    }
}

fn hierarchy(route: &Route) -> &'static str {
    match route.cache {
        None | Some(0) => "memory",
        Some(1) => "first-level",
        Some(2) => "second-level",
        Some(_) => "third-level",
    }
}

fn caches(b: &mut Builder<'_>, cells: &[NumaCell]) {
    for (index, cell) in cells.iter().enumerate() {
        for cache in &cell.caches {
            let associativity = match cache.associativity {
                CacheAssociativity::None => "none",
                CacheAssociativity::Direct => "direct",
                CacheAssociativity::Full => "complex",
            };
            let policy = match cache.policy {
                CachePolicy::None => "none",
                CachePolicy::WriteBack => "write-back",
                CachePolicy::WriteThrough => "write-through",
            };
            let mut parts = Parts::new("hmat-cache");
            parts
                .set("node-id", index)
                .set("size", format_args!("{}K", cache.size.0))
                .set("level", cache.level);
            parts.set("associativity", associativity).set("policy", policy).set("line", cache.line.0);
            b.line.option("-numa", parts);
        }
    }
}
