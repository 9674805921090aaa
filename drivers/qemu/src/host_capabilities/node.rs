//! The host's numbers, in the shape in which drivers tell them.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_core::abi::{
    VIR_NODE_CPU_STATS_IDLE, VIR_NODE_CPU_STATS_IOWAIT, VIR_NODE_CPU_STATS_KERNEL, VIR_NODE_CPU_STATS_USER,
    VIR_NODE_MEMORY_SHARED_FULL_SCANS, VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES,
    VIR_NODE_MEMORY_SHARED_PAGES_SHARED, VIR_NODE_MEMORY_SHARED_PAGES_SHARING,
    VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, VIR_NODE_MEMORY_SHARED_PAGES_UNSHARED,
    VIR_NODE_MEMORY_SHARED_PAGES_VOLATILE, VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS,
    VIR_NODE_MEMORY_STATS_BUFFERS, VIR_NODE_MEMORY_STATS_CACHED, VIR_NODE_MEMORY_STATS_FREE,
    VIR_NODE_MEMORY_STATS_TOTAL,
};
use ferrovirt_core::driver::NodeInfo;
use ferrovirt_core::{Error, KnownParam, Result, TypedParams, TypedValue};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::cpu_identity::CpuIdentity;
use ferrovirt_host::cpu_stats::cpu_times;
use ferrovirt_host::memory;
use ferrovirt_host::topology::{Node, Topology};

pub fn info(files: &KernelFiles) -> Result<NodeInfo> {
    let shape = Topology::read(files)?.shape();
    Ok(NodeInfo {
        model: Arch::host().map(|arch| arch.to_string()).unwrap_or_default(),
        memory: memory::physical_memory(),
        cpus: shape.cpus,
        mhz: CpuIdentity::read(files)?.mhz.unwrap_or(0),
        nodes: shape.nodes,
        sockets: shape.sockets,
        // Dies and clusters have no place in this answer.
        cores: shape.dies * shape.clusters * shape.cores,
        threads: shape.threads,
    })
}

/// Of a CPU, or of all of them (-1).
pub fn cpu_stats(files: &KernelFiles, cpu: i32) -> Result<Vec<(String, u64)>> {
    let cpu = match cpu {
        -1 => None,
        cpu => {
            let text = format!("CPU {cpu} can't be; they are counted from 0, and -1 stands for all");
            Some(u32::try_from(cpu).map_err(|_| Error::invalid_arg(text))?)
        }
    };
    let times = cpu_times(files, cpu)?;
    Ok(named([
        (VIR_NODE_CPU_STATS_KERNEL, times.kernel),
        (VIR_NODE_CPU_STATS_USER, times.user),
        (VIR_NODE_CPU_STATS_IDLE, times.idle),
        (VIR_NODE_CPU_STATS_IOWAIT, times.iowait),
    ]))
}

/// Of a cell, or of the host (-1).
pub fn memory_stats(files: &KernelFiles, cell: i32) -> Result<Vec<(String, u64)>> {
    if cell == -1 {
        let memory = memory::host_memory(files)?;
        let further =
            [(VIR_NODE_MEMORY_STATS_BUFFERS, memory.buffers), (VIR_NODE_MEMORY_STATS_CACHED, memory.cached)];
        let mut stats =
            named([(VIR_NODE_MEMORY_STATS_TOTAL, memory.total), (VIR_NODE_MEMORY_STATS_FREE, memory.free)]);
        stats.extend(further.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        return Ok(stats);
    }
    let known = u32::try_from(cell).ok();
    let memory = known.map(|cell| memory::node_memory(files, cell)).transpose()?.flatten();
    let memory =
        memory.ok_or_else(|| Error::invalid_arg(format!("the host has no cell {cell} with memory")))?;
    Ok(named([(VIR_NODE_MEMORY_STATS_TOTAL, memory.total), (VIR_NODE_MEMORY_STATS_FREE, memory.free)]))
}

fn named<const N: usize>(values: [(&str, u64); N]) -> Vec<(String, u64)> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// All free memory, in bytes.
pub fn free_memory(files: &KernelFiles) -> Result<u64> {
    Ok(memory::host_memory(files)?.free.saturating_mul(1024))
}

/// Free memory of up to `count` cells from `start` on, in bytes; 0 for a cell without memory.
pub fn cells_free_memory(files: &KernelFiles, start: i32, count: usize) -> Result<Vec<u64>> {
    let topology = Topology::read(files)?;
    let cells = cells(&topology, start)?;
    let free = |node: &Node| {
        let memory = memory::node_memory(files, node.id)?;
        let memory = match memory {
            None if topology.nodes.len() == 1 => Some(memory::host_memory(files)?),
            memory => memory,
        };
        Ok(memory.map_or(0, |memory| memory.free.saturating_mul(1024)))
    };
    cells.iter().take(count).map(free).collect()
}

/// Free pages of each size, cell after cell.
pub fn free_pages(files: &KernelFiles, sizes: &[u32], start: i32, count: u32) -> Result<Vec<u64>> {
    let topology = Topology::read(files)?;
    let mut found = Vec::new();
    for node in cells(&topology, start)?.iter().take(count as usize) {
        for size in sizes {
            let pages = node.pages.iter().find(|pages| pages.size == u64::from(*size)).ok_or_else(|| {
                let text = format!("pages of {size} KiB are not available on node {}", node.id);
                Error::operation_failed(text)
            })?;
            found.push(pages.free);
        }
    }
    Ok(found)
}

/// The cells from one on; that one must be there.
fn cells(topology: &Topology, start: i32) -> Result<&[Node]> {
    let at = topology.nodes.iter().position(|node| i64::from(node.id) >= i64::from(start));
    let last = topology.nodes.last().map_or(0, |node| node.id);
    let out_of_range = || Error::internal(format!("start cell {start} is out of the range 0-{last}"));
    if start < 0 {
        return Err(out_of_range());
    }
    at.map(|at| &topology.nodes[at..]).ok_or_else(out_of_range)
}

/// Sets the pools of huge pages of up to `count` cells, of the whole host for cell -1; how many were changed.
pub fn alloc_pages(
    files: &KernelFiles,
    pools: &[(u32, u64)],
    start: i32,
    count: u32,
    add: bool,
) -> Result<i32> {
    let topology = Topology::read(files)?;
    let targets: Vec<Option<u32>> = match start {
        -1 => vec![None],
        start => cells(&topology, start)?.iter().take(count as usize).map(|node| Some(node.id)).collect(),
    };
    let mut changed = 0;
    for target in targets {
        for (size, pages) in pools {
            let there = |node: &&Node| target.is_none_or(|id| node.id == id);
            let of_size = topology.nodes.iter().filter(there).flat_map(|node| &node.pages);
            let now: u64 =
                of_size.filter(|pages| pages.size == u64::from(*size)).map(|pages| pages.total).sum();
            if u64::from(*size) == memory::page_size() {
                let text = format!("pages of {size} KiB are ordinary ones; only huge pages have pools");
                return Err(Error::operation_failed(text));
            }
            let wanted = if add { now.saturating_add(*pages) } else { *pages };
            memory::set_huge_pages(files, target, u64::from(*size), wanted)?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// The merging of equal pages: names, the kernel's names, and whether it is a 32-bit number.
const SHARED: &[(&str, &str, bool)] = &[
    (VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, "pages_to_scan", true),
    (VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, "sleep_millisecs", true),
    (VIR_NODE_MEMORY_SHARED_PAGES_SHARED, "pages_shared", false),
    (VIR_NODE_MEMORY_SHARED_PAGES_SHARING, "pages_sharing", false),
    (VIR_NODE_MEMORY_SHARED_PAGES_UNSHARED, "pages_unshared", false),
    (VIR_NODE_MEMORY_SHARED_PAGES_VOLATILE, "pages_volatile", false),
    (VIR_NODE_MEMORY_SHARED_FULL_SCANS, "full_scans", false),
    (VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, "merge_across_nodes", true),
];

/// Those that can be changed, all unsigned numbers of 32 bits.
const CHANGEABLE: &[KnownParam] = &[
    KnownParam { name: VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, kind: 2, multiple: false },
    KnownParam { name: VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, kind: 2, multiple: false },
    KnownParam { name: VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, kind: 2, multiple: false },
];

/// How the kernel merges equal pages, and with what success; empty where it can't.
pub fn memory_parameters(files: &KernelFiles) -> Result<TypedParams> {
    let mut params = TypedParams::new();
    for (name, file, small) in SHARED {
        let Some(value) = memory::ksm(files, file)? else { continue };
        match u32::try_from(value) {
            Ok(value) if *small => params.add(*name, value),
            _ => params.add(*name, value),
        }
    }
    Ok(params)
}

pub fn set_memory_parameters(files: &KernelFiles, params: &TypedParams) -> Result<()> {
    params.check(CHANGEABLE)?;
    // All must be there before any is changed.
    let mut changes = Vec::new();
    for (name, value) in params.iter() {
        let file = SHARED.iter().find(|(known, ..)| *known == name).map(|(_, file, _)| *file);
        let (Some(file), TypedValue::UInt(value)) = (file, value) else { continue };
        if memory::ksm(files, file)?.is_none() {
            let text = format!("the kernel does not merge equal pages, so {name} can't be set");
            return Err(Error::operation_failed(text));
        }
        changes.push((file, u64::from(*value)));
    }
    changes.into_iter().try_for_each(|(file, value)| memory::set_ksm(files, file, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    fn host() -> (tempfile::TempDir, KernelFiles) {
        let root = tempfile::tempdir().expect("a folder");
        let node = "sys/devices/system/node";
        for (path, text) in [
            ("sys/devices/system/cpu/online".to_owned(), "0-1"),
            (format!("{node}/online"), "0,2"),
            (format!("{node}/node0/meminfo"), "Node 0 MemTotal: 4096 kB\nNode 0 MemFree: 1024 kB\n"),
            (format!("{node}/node0/cpulist"), "0-1"),
            (format!("{node}/node0/hugepages/hugepages-2048kB/nr_hugepages"), "1"),
            (format!("{node}/node0/hugepages/hugepages-2048kB/free_hugepages"), "1"),
            (format!("{node}/node2/meminfo"), "Node 2 MemTotal: 8192 kB\nNode 2 MemFree: 2048 kB\n"),
            ("proc/meminfo".to_owned(), "MemTotal: 9 kB\nMemFree: 8 kB\nBuffers: 7 kB\nCached: 6 kB\n"),
            ("sys/kernel/mm/ksm/pages_to_scan".to_owned(), "100\n"),
        ] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let files = KernelFiles::at(root.path());
        (root, files)
    }

    #[test]
    fn cells_are_found_by_their_numbers() {
        let (_root, files) = host();
        assert_eq!(cells_free_memory(&files, 0, 5).expect("there"), [1024 * 1024, 2048 * 1024]);
        assert_eq!(cells_free_memory(&files, 2, 5).expect("there"), [2048 * 1024]);
        assert_eq!(cells_free_memory(&files, 3, 1).expect_err("none").code(), ErrorCode::Internal);
        assert_eq!(free_pages(&files, &[2048], 0, 1).expect("there"), [1]);
        assert_eq!(free_pages(&files, &[77], 0, 1).expect_err("none").code(), ErrorCode::OperationFailed);
    }

    #[test]
    fn the_host_has_more_to_tell_than_a_cell() {
        let (_root, files) = host();
        let names = |stats: Vec<(String, u64)>| stats.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(memory_stats(&files, -1).expect("told")), ["total", "free", "buffers", "cached"]);
        assert_eq!(names(memory_stats(&files, 2).expect("told")), ["total", "free"]);
        assert_eq!(memory_stats(&files, 1).expect_err("none").code(), ErrorCode::InvalidArg);
        assert_eq!(cpu_stats(&files, -7).expect_err("none").code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn pools_are_set_or_added_to() {
        let (_root, files) = host();
        assert_eq!(alloc_pages(&files, &[(2048, 5)], 0, 1, false).expect("set"), 1);
        assert_eq!(alloc_pages(&files, &[(2048, 2)], 0, 1, true).expect("added"), 1);
        let total = Topology::read(&files).expect("readable").nodes[0].pages[1].total;
        assert_eq!(total, 7);
        let ordinary = memory::page_size() as u32;
        assert!(alloc_pages(&files, &[(ordinary, 2)], 0, 1, true).is_err());
    }

    #[test]
    fn only_what_the_kernel_has_can_be_tuned() {
        let (_root, files) = host();
        let known = memory_parameters(&files).expect("readable");
        assert_eq!(known.get("shm_pages_to_scan"), Some(&TypedValue::UInt(100)));
        assert_eq!(known.len(), 1);
        let mut params = TypedParams::new();
        params.add("shm_pages_to_scan", 7u32);
        set_memory_parameters(&files, &params).expect("written");
        assert_eq!(memory::ksm(&files, "pages_to_scan").expect("readable"), Some(7));
        params.add("shm_merge_across_nodes", 1u32);
        assert_eq!(
            set_memory_parameters(&files, &params).expect_err("none").code(),
            ErrorCode::OperationFailed
        );
        let mut params = TypedParams::new();
        params.add("shm_pages_shared", 7u64);
        assert_eq!(
            set_memory_parameters(&files, &params).expect_err("fixed").code(),
            ErrorCode::ArgumentUnsupported
        );
    }
}
