//! CPUs and how they are grouped: sockets, dies, clusters, cores, threads, and the NUMA nodes they belong to.

use std::collections::{BTreeMap, BTreeSet};

use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::Result;

use crate::kernel_files::KernelFiles;
use crate::memory::{Pages, node_memory, node_pages};

const CPUS: &str = "sys/devices/system/cpu";
const NODES: &str = "sys/devices/system/node";

/// The CPUs of a host and its NUMA nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// In ascending order.
    pub cpus: Vec<Cpu>,
    /// In ascending order; a host without NUMA has one.
    pub nodes: Vec<Node>,
}

/// A CPU that is there, online or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cpu {
    pub id: u32,
    pub online: bool,
    /// Not known of CPUs that are offline.
    pub place: Option<Place>,
}

/// Where a CPU is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub socket: u32,
    pub die: u32,
    pub cluster: u32,
    pub core: u32,
    /// The threads of its core, itself among them.
    pub siblings: CpuSet,
}

/// A NUMA node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub id: u32,
    /// All of its memory, in KiB; `None` if it has none.
    pub memory: Option<u64>,
    pub cpus: CpuSet,
    pub pages: Vec<Pages>,
    /// Each node and how far its memory is, 10 being the own; empty where the kernel does not tell.
    pub distances: Vec<(u32, u32)>,
}

/// How many there are of what, where groups are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Online CPUs.
    pub cpus: u32,
    pub nodes: u32,
    /// In a node.
    pub sockets: u32,
    /// In a socket.
    pub dies: u32,
    /// In a die.
    pub clusters: u32,
    /// In a cluster.
    pub cores: u32,
    /// In a core.
    pub threads: u32,
}

/// The CPUs that are online.
pub fn online(files: &KernelFiles) -> Result<CpuSet> {
    Ok(files.find_set(&format!("{CPUS}/online"))?.unwrap_or_default())
}

impl Topology {
    pub fn read(files: &KernelFiles) -> Result<Self> {
        let online = online(files)?;
        let present = match files.find_set(&format!("{CPUS}/present"))? {
            Some(present) => present,
            None => online.clone(),
        };
        let cpus: Vec<Cpu> = present
            .iter()
            .map(|id| {
                // Kernels that can't take CPU 0 offline do not tell that it is online.
                let online = online.contains(id);
                let place = if online { place(files, id)? } else { None };
                Ok(Cpu { id, online, place })
            })
            .collect::<Result<_>>()?;
        let nodes = nodes(files, &present)?;
        Ok(Self { cpus, nodes })
    }

    pub fn cpu(&self, id: u32) -> Option<&Cpu> {
        self.cpus.iter().find(|cpu| cpu.id == id)
    }

    pub fn online(&self) -> CpuSet {
        self.cpus.iter().filter(|cpu| cpu.online).map(|cpu| cpu.id).collect()
    }

    /// Whether each CPU is online, from CPU 0 to the last that is there.
    pub fn online_map(&self) -> Vec<bool> {
        let online = self.online();
        let count = self.cpus.last().map_or(0, |cpu| cpu.id + 1);
        (0..count).map(|id| online.contains(id)).collect()
    }

    /// The shape of the host. Where groups differ, so that the numbers would not multiply to the count of CPUs, it is
    /// one node with one socket with a core for each CPU.
    pub fn shape(&self) -> Shape {
        let online = self.cpus.iter().filter(|cpu| cpu.online).count() as u32;
        let per_node = self.nodes.iter().map(|node| self.group(&node.cpus));
        let largest = per_node.reduce(Group::or_larger).unwrap_or_default();
        let shape = Shape {
            cpus: online,
            nodes: self.nodes.len().max(1) as u32,
            sockets: largest.sockets,
            dies: largest.dies,
            clusters: largest.clusters,
            cores: largest.cores,
            threads: largest.threads,
        };
        let offline = self.cpus.len() as u32 - online;
        let factors = [shape.nodes, shape.sockets, shape.dies, shape.clusters, shape.cores, shape.threads];
        let product = factors.iter().try_fold(1u32, |product, factor| product.checked_mul(*factor));
        if product == Some(online + offline) {
            return shape;
        }
        Shape { nodes: 1, sockets: 1, dies: 1, clusters: 1, cores: online + offline, threads: 1, ..shape }
    }

    /// How the CPUs of a node are grouped.
    fn group(&self, cpus: &CpuSet) -> Group {
        let mut sockets: BTreeMap<u32, Members> = BTreeMap::new();
        let mut threads = 0;
        for cpu in &self.cpus {
            let Some(place) = cpu.place.as_ref().filter(|_| cpus.contains(cpu.id)) else { continue };
            threads = threads.max(place.siblings.len());
            let core = place.siblings.iter().next().unwrap_or(cpu.id);
            let members = sockets.entry(place.socket).or_default();
            members.dies.insert(place.die);
            members.clusters.insert((place.die, place.cluster));
            // Cores are numbered anew in each cluster by some, throughout by others: their first thread tells them apart.
            members.cores.insert((place.die, place.cluster, core));
        }
        let most = |count: fn(&Members) -> usize| sockets.values().map(count).max().unwrap_or(0);
        let dies = most(|members| members.dies.len());
        let clusters = most(|members| members.clusters.len());
        let cores = most(|members| members.cores.len());
        Group {
            sockets: sockets.len() as u32,
            dies: dies as u32,
            clusters: clusters.checked_div(dies).unwrap_or(0) as u32,
            cores: cores.checked_div(clusters).unwrap_or(0) as u32,
            threads: threads as u32,
        }
    }
}

/// What a socket holds.
#[derive(Default)]
struct Members {
    dies: BTreeSet<u32>,
    clusters: BTreeSet<(u32, u32)>,
    cores: BTreeSet<(u32, u32, u32)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    sockets: u32,
    dies: u32,
    clusters: u32,
    cores: u32,
    threads: u32,
}

impl Group {
    fn or_larger(self, other: Self) -> Self {
        Self {
            sockets: self.sockets.max(other.sockets),
            dies: self.dies.max(other.dies),
            clusters: self.clusters.max(other.clusters),
            cores: self.cores.max(other.cores),
            threads: self.threads.max(other.threads),
        }
    }
}

fn place(files: &KernelFiles, cpu: u32) -> Result<Option<Place>> {
    let number = |name: &str| files.find_number::<i64>(&format!("{CPUS}/cpu{cpu}/topology/{name}"));
    // Where hardware does not tell, the kernel says -1.
    let known = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0);
    let Some(core) = number("core_id")? else { return Ok(None) };
    let siblings = files.find_set(&format!("{CPUS}/cpu{cpu}/topology/thread_siblings_list"))?;
    Ok(Some(Place {
        socket: known(number("physical_package_id")?),
        die: known(number("die_id")?),
        cluster: known(number("cluster_id")?),
        core: known(Some(core)),
        siblings: siblings.unwrap_or_else(|| CpuSet::from_iter([cpu])),
    }))
}

fn nodes(files: &KernelFiles, present: &CpuSet) -> Result<Vec<Node>> {
    let online = files.find_set(&format!("{NODES}/online"))?;
    let ids = match online {
        Some(online) => online.iter().collect(),
        None => files.numbered(NODES, "node")?,
    };
    if ids.is_empty() {
        let memory = crate::memory::host_total(files)?;
        let pages = crate::memory::host_pages(files)?;
        return Ok(vec![Node { id: 0, memory, cpus: present.clone(), pages, distances: Vec::new() }]);
    }
    ids.iter().map(|id| node(files, *id, &ids)).collect()
}

fn node(files: &KernelFiles, id: u32, all: &[u32]) -> Result<Node> {
    let cpus = files.find_set(&format!("{NODES}/node{id}/cpulist"))?.unwrap_or_default();
    let distances = files.find_text(&format!("{NODES}/node{id}/distance"))?.unwrap_or_default();
    let distances = distances.split_ascii_whitespace().filter_map(|distance| distance.parse().ok());
    Ok(Node {
        id,
        memory: node_memory(files, id)?.map(|memory| memory.total),
        cpus,
        pages: node_pages(files, id)?,
        distances: all.iter().copied().zip(distances).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;

    /// Two nodes, each with one socket with two cores with two threads; the last CPU is offline.
    fn two_nodes() -> (tempfile::TempDir, KernelFiles) {
        let mut files: Vec<(String, String)> = vec![
            (format!("{CPUS}/online"), "0-6\n".into()),
            (format!("{CPUS}/present"), "0-7\n".into()),
            (format!("{NODES}/online"), "0-1\n".into()),
        ];
        for node in 0..2 {
            let first = node * 4;
            let mut file =
                |name: &str, text: String| files.push((format!("{NODES}/node{node}/{name}"), text));
            file("cpulist", format!("{first}-{}\n", first + 3));
            file("distance", if node == 0 { "10 21\n".into() } else { "21 10\n".into() });
            file("meminfo", format!("Node {node} MemTotal: 1048576 kB\nNode {node} MemFree: 4096 kB\n"));
            file("hugepages/hugepages-2048kB/nr_hugepages", "5\n".into());
            file("hugepages/hugepages-2048kB/free_hugepages", "3\n".into());
        }
        for cpu in 0..7 {
            let sibling = cpu ^ 1;
            let mut file =
                |name: &str, text: String| files.push((format!("{CPUS}/cpu{cpu}/topology/{name}"), text));
            file("physical_package_id", format!("{}\n", cpu / 4));
            file("die_id", "-1\n".into());
            file("core_id", format!("{}\n", cpu / 2 % 2));
            let siblings = if sibling == 7 { "6".into() } else { format!("{},{}", cpu & !1, cpu | 1) };
            file("thread_siblings_list", siblings);
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
        tree(&files)
    }

    #[test]
    fn groups_are_counted_and_offline_cpus_have_no_place() {
        let (_root, files) = two_nodes();
        let topology = Topology::read(&files).expect("readable");
        assert_eq!(topology.cpus.len(), 8);
        assert_eq!(topology.cpu(7), Some(&Cpu { id: 7, online: false, place: None }));
        let place = topology.cpu(3).and_then(|cpu| cpu.place.clone()).expect("online");
        assert_eq!((place.socket, place.die, place.core), (0, 0, 1));
        assert_eq!(place.siblings.to_string(), "2-3");
        assert_eq!(topology.online_map(), [true, true, true, true, true, true, true, false]);
        let shape = topology.shape();
        let expected = Shape { cpus: 7, nodes: 2, sockets: 1, dies: 1, clusters: 1, cores: 2, threads: 2 };
        assert_eq!(shape, expected);
    }

    #[test]
    fn nodes_have_memory_pages_and_distances() {
        let (_root, files) = two_nodes();
        let topology = Topology::read(&files).expect("readable");
        let node = &topology.nodes[1];
        assert_eq!((node.id, node.memory, node.cpus.to_string()), (1, Some(1048576), "4-7".into()));
        assert_eq!(node.distances, [(0, 21), (1, 10)]);
        let huge = node.pages.iter().find(|pages| pages.size == 2048).expect("there");
        assert_eq!((huge.total, huge.free), (5, 3));
    }

    #[test]
    fn a_shape_that_is_none_becomes_flat() {
        let place = |socket, core| {
            Some(Place { socket, die: 0, cluster: 0, core, siblings: CpuSet::from_iter([core]) })
        };
        let cpus = [(0, 0), (0, 1), (1, 2)].into_iter().enumerate();
        let cpus =
            cpus.map(|(id, (socket, core))| Cpu { id: id as u32, online: true, place: place(socket, core) });
        let cpus: Vec<Cpu> = cpus.collect();
        let all = cpus.iter().map(|cpu| cpu.id).collect();
        let node = Node { id: 0, memory: None, cpus: all, pages: Vec::new(), distances: Vec::new() };
        let shape = Topology { cpus, nodes: vec![node] }.shape();
        assert_eq!((shape.sockets, shape.cores, shape.threads), (1, 3, 1));
    }

    #[test]
    fn a_host_without_numa_has_one_node() {
        let (_root, files) = tree(&[
            ("sys/devices/system/cpu/online", "0"),
            ("sys/devices/system/cpu/cpu0/topology/core_id", "0"),
            ("proc/meminfo", "MemTotal: 8 kB\nMemFree: 4 kB\n"),
        ]);
        let topology = Topology::read(&files).expect("readable");
        assert_eq!(topology.nodes.len(), 1);
        assert_eq!(topology.nodes[0].memory, Some(8));
        assert_eq!(topology.shape().cores, 1);
    }

    #[test]
    fn this_host_has_cpus_that_are_where_they_say() {
        let topology = Topology::read(&KernelFiles::host()).expect("readable");
        let online = topology.online();
        assert!(!online.is_empty());
        assert!(topology.nodes.iter().any(|node| node.cpus.overlaps(&online)));
        assert_eq!(topology.shape().cpus as usize, online.len());
    }
}
