//! The host's memory: all of it and what is free, of the host and of its NUMA nodes, in pages of every size; and KSM.

use ferrovirt_core::{Error, Result};

use crate::kernel_files::{KernelFiles, labelled_number};

const NODES: &str = "sys/devices/system/node";
const HUGE: &str = "sys/kernel/mm/hugepages";

/// Memory in KiB, as the kernel counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub total: u64,
    pub free: u64,
    /// Not told of single nodes.
    pub buffers: Option<u64>,
    /// Not told of single nodes.
    pub cached: Option<u64>,
}

/// Pages of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// In KiB.
    pub size: u64,
    pub total: u64,
    pub free: u64,
}

/// The memory of the whole host.
pub fn host_memory(files: &KernelFiles) -> Result<Memory> {
    let text = files.text("proc/meminfo")?;
    let number = |name: &str| labelled_number(&text, name);
    let need = |name: &str| {
        let path = files.path("proc/meminfo");
        number(name).ok_or_else(|| Error::internal(format!("'{}' lacks {name}", path.display())))
    };
    Ok(Memory {
        total: need("MemTotal")?,
        free: need("MemFree")?,
        buffers: number("Buffers"),
        cached: number("Cached"),
    })
}

/// The memory of a NUMA node; `None` if there is no such node.
pub fn node_memory(files: &KernelFiles, node: u32) -> Result<Option<Memory>> {
    let Some(text) = files.find_text(&format!("{NODES}/node{node}/meminfo"))? else { return Ok(None) };
    let total = labelled_number(&text, "MemTotal");
    let free = labelled_number(&text, "MemFree");
    Ok(total.zip(free).map(|(total, free)| Memory { total, free, buffers: None, cached: None }))
}

/// The memory that the kernel has given itself to manage, in KiB.
pub fn physical_memory() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram.saturating_mul(u64::from(info.mem_unit)) / 1024
}

pub(crate) fn host_total(files: &KernelFiles) -> Result<Option<u64>> {
    Ok(files.find_text("proc/meminfo")?.and_then(|text| labelled_number(&text, "MemTotal")))
}

/// The pages of a node, the ordinary ones first, then the larger ones in order.
///
/// Huge pages that are set aside are no ordinary ones, though they count as memory in use.
pub(crate) fn node_pages(files: &KernelFiles, node: u32) -> Result<Vec<Pages>> {
    pages(files, &format!("{NODES}/node{node}/hugepages"), node_memory(files, node)?)
}

pub(crate) fn host_pages(files: &KernelFiles) -> Result<Vec<Pages>> {
    let memory = if files.exists("proc/meminfo") { Some(host_memory(files)?) } else { None };
    pages(files, HUGE, memory)
}

fn pages(files: &KernelFiles, folder: &str, memory: Option<Memory>) -> Result<Vec<Pages>> {
    let mut huge = Vec::new();
    for size in huge_sizes(files, folder)? {
        let count = |name: &str| files.find_number(&format!("{folder}/hugepages-{size}kB/{name}"));
        let total = count("nr_hugepages")?.unwrap_or(0);
        huge.push(Pages { size, total, free: count("free_hugepages")?.unwrap_or(0) });
    }
    let set_aside: u64 = huge.iter().map(|pages| pages.size.saturating_mul(pages.total)).sum();
    let size = page_size();
    let memory = memory.unwrap_or(Memory { total: 0, free: 0, buffers: None, cached: None });
    let ordinary =
        Pages { size, total: memory.total.saturating_sub(set_aside) / size, free: memory.free / size };
    Ok(std::iter::once(ordinary).chain(huge).collect())
}

/// The size of an ordinary page, in KiB.
pub fn page_size() -> u64 {
    rustix::param::page_size() as u64 / 1024
}

/// The sizes that pages can have on this host, in KiB, ascending.
pub fn page_sizes(files: &KernelFiles) -> Result<Vec<u64>> {
    Ok(std::iter::once(page_size()).chain(huge_sizes(files, HUGE)?).collect())
}

fn huge_sizes(files: &KernelFiles, folder: &str) -> Result<Vec<u64>> {
    let names = files.names(folder)?;
    let size = |name: &String| name.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse().ok();
    let mut sizes: Vec<u64> = names.iter().filter_map(size).collect();
    sizes.sort_unstable();
    Ok(sizes)
}

/// Has the kernel set aside `count` huge pages of `size` KiB on a node, or on the host if `node` is `None`; fails
/// where it could not get as many.
pub fn set_huge_pages(files: &KernelFiles, node: Option<u32>, size: u64, count: u64) -> Result<()> {
    let folder = node.map_or_else(|| HUGE.to_owned(), |node| format!("{NODES}/node{node}/hugepages"));
    let file = format!("{folder}/hugepages-{size}kB/nr_hugepages");
    let path = files.path(&file);
    if !path.exists() {
        let text = format!("there are no pages of {size} KiB ('{}' is missing)", path.display());
        return Err(Error::operation_failed(text));
    }
    std::fs::write(&path, count.to_string())
        .map_err(|err| Error::system(err, format_args!("cannot write {count} to '{}'", path.display())))?;
    let got: u64 = files.find_number(&file)?.unwrap_or(0);
    if got == count {
        return Ok(());
    }
    let text =
        format!("of {count} pages of {size} KiB the kernel could set aside {got}; memory is too fragmented");
    Err(Error::operation_failed(text))
}

/// The kernel's merging of equal pages, by its file's names; `None` where it is not built in.
pub fn ksm(files: &KernelFiles, name: &str) -> Result<Option<u64>> {
    files.find_number(&format!("sys/kernel/mm/ksm/{name}"))
}

/// Changes how equal pages are merged.
pub fn set_ksm(files: &KernelFiles, name: &str, value: u64) -> Result<()> {
    let path = files.path(&format!("sys/kernel/mm/ksm/{name}"));
    std::fs::write(&path, value.to_string())
        .map_err(|err| Error::system(err, format_args!("cannot write {value} to '{}'", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;

    #[test]
    fn huge_pages_are_no_ordinary_ones() {
        let node = "sys/devices/system/node/node3";
        let (_root, files) = tree(&[
            (&format!("{node}/meminfo"), "Node 3 MemTotal: 81920 kB\nNode 3 MemFree: 8192 kB\n"),
            (&format!("{node}/hugepages/hugepages-2048kB/nr_hugepages"), "2\n"),
            (&format!("{node}/hugepages/hugepages-2048kB/free_hugepages"), "1\n"),
            (&format!("{node}/hugepages/hugepages-64kB/nr_hugepages"), "0\n"),
        ]);
        let pages = node_pages(&files, 3).expect("readable");
        let ordinary = page_size();
        assert_eq!(
            pages,
            [
                Pages { size: ordinary, total: (81920 - 4096) / ordinary, free: 8192 / ordinary },
                Pages { size: 64, total: 0, free: 0 },
                Pages { size: 2048, total: 2, free: 1 },
            ]
        );
        assert!(node_memory(&files, 4).expect("absent").is_none());
        set_huge_pages(&files, Some(3), 2048, 9).expect("written");
        assert_eq!(node_pages(&files, 3).expect("readable")[2].total, 9);
        assert!(set_huge_pages(&files, Some(3), 4096, 9).is_err());
    }

    #[test]
    fn the_hosts_memory_needs_its_total() {
        let (_root, files) = tree(&[("proc/meminfo", "MemTotal: 9 kB\nMemFree: 5 kB\nCached: 2 kB\n")]);
        let memory = host_memory(&files).expect("readable");
        assert_eq!(memory, Memory { total: 9, free: 5, buffers: None, cached: Some(2) });
        let (_root, files) = tree(&[("proc/meminfo", "MemFree: 5 kB\n")]);
        assert!(host_memory(&files).expect_err("incomplete").message().contains("MemTotal"));
        assert!(physical_memory() > 1024);
    }
}
