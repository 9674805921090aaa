//! The host itself: what it is made of, and what it says of itself.

mod capabilities;

use crate::driver::TestDriver;
use crate::{domain, refuse};
use ferrovirt_conf::cpu::{self, Arch};
use ferrovirt_conf::domain::VirtType;
use ferrovirt_core::driver::{HostDriver, HypervisorChoice, NodeInfo, SecurityModel};
use ferrovirt_core::{ErrorDomain, Result, abi};

/// What a host is made of; it never changes.
pub struct HostSetup {
    pub info: NodeInfo,
    pub cells: Vec<Cell>,
}

/// A NUMA node: memory in KiB, and the first of its CPUs.
pub struct Cell {
    pub memory: u64,
    pub free_memory: u64,
    pub first_cpu: u32,
    pub cpus: u32,
}

/// The security driver whose labels guests have.
const SECURITY_MODEL: &str = "testSecurity";

/// A guest's file name for the hypervisor.
const EMULATOR: &str = "/usr/bin/test-hv";

impl HostSetup {
    /// A host without NUMA nodes, as a file may describe it further.
    pub fn plain() -> Self {
        let info = NodeInfo {
            model: "i686".to_owned(),
            memory: 3 * 1024 * 1024,
            cpus: 16,
            mhz: 1400,
            nodes: 2,
            sockets: 2,
            cores: 2,
            threads: 2,
        };
        Self { info, cells: Vec::new() }
    }

    /// The host of `test:///default`: two nodes of eight CPUs.
    pub fn standard() -> Self {
        const GIB: u64 = 1024 * 1024;
        let cell = |number: u64| Cell {
            memory: (number + 1) * 2 * GIB,
            free_memory: (number + 1) * GIB,
            first_cpu: number as u32 * 8,
            cpus: 8,
        };
        Self { cells: (0..2).map(cell).collect(), ..Self::plain() }
    }

    /// How many CPUs there can be, online or not.
    pub fn cpus(&self) -> usize {
        let NodeInfo { nodes, sockets, cores, threads, .. } = self.info;
        [nodes, sockets, cores, threads].iter().map(|count| *count as usize).product()
    }
}

impl HostDriver for TestDriver {
    fn connect_get_type(&self) -> Result<String> {
        Ok("TEST".to_owned())
    }

    fn connect_get_version(&self) -> Result<u64> {
        Ok(2)
    }

    fn connect_get_hostname(&self) -> Result<String> {
        Ok(rustix::system::uname().nodename().to_string_lossy().into_owned())
    }

    fn connect_get_max_vcpus(&self, _kind: Option<&str>) -> Result<i32> {
        Ok(domain::MOST_VCPUS as i32)
    }

    fn connect_get_capabilities(&self) -> Result<String> {
        Ok(capabilities::format(&self.host.setup))
    }

    fn connect_get_domain_capabilities(&self, choice: HypervisorChoice<'_>, flags: u32) -> Result<String> {
        refuse::flags(flags, 0, "virConnectGetDomainCapabilities")?;
        let arch = match choice.arch {
            None => Arch::I686,
            Some(name) => {
                name.parse().map_err(|_| refuse::invalid_arg(format!("there is no architecture '{name}'")))?
            }
        };
        let virt_type = match choice.virt_type {
            None => VirtType::Test,
            Some(name) => {
                name.parse().map_err(|_| refuse::invalid_arg(format!("there is no domain type '{name}'")))?
            }
        };
        Ok(capabilities::format_domain(choice.emulator, virt_type, choice.machine, arch))
    }

    fn connect_get_sysinfo(&self, flags: u32) -> Result<String> {
        refuse::flags(flags, 0, "virConnectGetSysinfo")?;
        Ok(capabilities::sysinfo())
    }

    fn connect_is_alive(&self) -> Result<bool> {
        Ok(true)
    }

    fn connect_is_encrypted(&self) -> Result<bool> {
        Ok(false)
    }

    fn connect_is_secure(&self) -> Result<bool> {
        Ok(true)
    }

    fn node_get_info(&self) -> Result<NodeInfo> {
        Ok(self.host.setup.info.clone())
    }

    fn node_get_cpu_stats(&self, _cpu: i32, flags: u32) -> Result<Vec<(String, u64)>> {
        refuse::flags(flags, 0, "virNodeGetCPUStats")?;
        let times = [
            ("user", 9_797_400_000),
            ("kernel", 34_678_723_400_000),
            ("idle", 87_264_900_000),
            ("iowait", 763_600_000),
        ];
        Ok(times.map(|(name, time)| (name.to_owned(), time)).to_vec())
    }

    fn node_get_free_memory(&self) -> Result<u64> {
        let free: u64 = self.host.setup.cells.iter().map(|cell| cell.free_memory).sum();
        if free == 0 {
            let text = "this host has no NUMA nodes, so it can't tell its free memory";
            return Err(refuse::internal(text).domain(ErrorDomain::None));
        }
        Ok(free)
    }

    fn node_get_cells_free_memory(&self, start_cell: i32, count: usize) -> Result<Vec<u64>> {
        let cells = &self.host.setup.cells;
        let start = usize::try_from(start_cell).ok().filter(|start| *start < cells.len());
        let start = start.ok_or_else(|| {
            refuse::invalid_arg(format!("there is no NUMA node {start_cell}; this host has {}", cells.len()))
        })?;
        Ok(cells[start..].iter().take(count).map(|cell| cell.memory).collect())
    }

    fn node_get_cpu_map(&self, flags: u32) -> Result<Vec<bool>> {
        refuse::flags(flags, 0, "virNodeGetCPUMap")?;
        Ok((0..8).map(|cpu| matches!(cpu, 0 | 2 | 4)).collect())
    }

    fn node_get_free_pages(
        &self,
        page_sizes: &[u32],
        start_cell: i32,
        cell_count: u32,
        flags: u32,
    ) -> Result<Vec<u64>> {
        refuse::flags(flags, 0, "virNodeGetFreePages")?;
        // Each number follows from the one before, and the first from the cell's.
        let cells = (i64::from(start_cell)..).take(cell_count as usize);
        let counts = cells.flat_map(|cell| {
            page_sizes.iter().scan(cell * 6, |last, _| {
                *last = *last * 2 + 7;
                Some(*last as u64)
            })
        });
        Ok(counts.collect())
    }

    fn node_get_security_model(&self) -> Result<SecurityModel> {
        Ok(SecurityModel { model: SECURITY_MODEL.to_owned(), doi: String::new() })
    }

    fn connect_get_cpu_model_names(&self, arch: &str, flags: u32) -> Result<Vec<String>> {
        refuse::flags(flags, 0, "virConnectGetCPUModelNames")?;
        let arch: Arch =
            arch.parse().map_err(|_| refuse::invalid_arg(format!("there is no architecture '{arch}'")))?;
        cpu::model_names(arch)
    }

    fn connect_baseline_cpu(&self, xmls: &[&str], flags: u32) -> Result<String> {
        let expand = abi::VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES;
        refuse::flags(flags, expand, "virConnectBaselineCPU")?;
        cpu::baseline_of_hosts(xmls, flags & expand != 0, false, |_, _| true)
    }
}
