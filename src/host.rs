//! The host behind a connection.

use crate::Connection;
use ferrovirt_core::abi::{
    LIBVIR_VERSION_NUMBER, VIR_NODE_CPU_STATS_ALL_CPUS, VIR_NODE_MEMORY_STATS_ALL_CELLS,
};
use ferrovirt_core::driver::{HostDriver, HypervisorChoice, NodeInfo, SecurityModel};
use ferrovirt_core::{Error, ErrorCode, Result, TypedParams};

impl Connection {
    fn host(&self) -> &dyn HostDriver {
        &*self.drivers().hypervisor
    }

    /// The driver's name, such as `QEMU`.
    pub fn driver_type(&self) -> Result<String> {
        self.host().connect_get_type()
    }

    /// The hypervisor's version: major * 1,000,000 + minor * 1,000 + release.
    pub fn version(&self) -> Result<u64> {
        self.host().connect_get_version()
    }

    /// The version of the library that does the work: this one, or the daemon's.
    pub fn lib_version(&self) -> Result<u64> {
        or_if_unsupported(self.host().connect_get_lib_version(), || u64::from(LIBVIR_VERSION_NUMBER))
    }

    pub fn hostname(&self) -> Result<String> {
        self.host().connect_get_hostname()
    }

    /// The URI of what was opened.
    pub fn uri(&self) -> Result<String> {
        or_if_unsupported(self.host().connect_get_uri(), || self.requested_uri().to_owned())
    }

    /// Most vCPUs of a guest of this type (`kvm`, ...).
    pub fn max_vcpus(&self, kind: Option<&str>) -> Result<i32> {
        self.host().connect_get_max_vcpus(kind)
    }

    /// What the host and its hypervisors can do, as XML.
    pub fn capabilities(&self) -> Result<String> {
        self.host().connect_get_capabilities()
    }

    /// What guests of one kind can have, as XML.
    pub fn domain_capabilities(&self, choice: HypervisorChoice<'_>, flags: u32) -> Result<String> {
        self.host().connect_get_domain_capabilities(choice, flags)
    }

    /// What the host's firmware tells of it, as XML.
    pub fn sysinfo(&self, flags: u32) -> Result<String> {
        self.host().connect_get_sysinfo(flags)
    }

    pub fn is_alive(&self) -> Result<bool> {
        self.host().connect_is_alive()
    }

    pub fn is_encrypted(&self) -> Result<bool> {
        self.host().connect_is_encrypted()
    }

    /// Whether nobody else can listen in: encrypted, or never on a network.
    pub fn is_secure(&self) -> Result<bool> {
        self.host().connect_is_secure()
    }

    /// Probes the other side every `interval` seconds, and gives it up after `count` probes without an answer;
    /// none if `interval` is not positive. Whether the other side knows how to answer comes back.
    pub fn set_keep_alive(&self, interval: i32, count: u32) -> Result<bool> {
        self.host().connect_set_keep_alive(interval, count)
    }

    /// Acts for another client from now on; the names are `VIR_CONNECT_IDENTITY_*`.
    pub fn set_identity(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.host().connect_set_identity(params, flags)
    }

    /// How a CPU relates to the host's (`virCPUCompareResult`).
    pub fn compare_cpu(&self, xml: &str, flags: u32) -> Result<i32> {
        self.host().connect_compare_cpu(xml, flags)
    }

    /// How a CPU relates to the one that a hypervisor can give to guests (`virCPUCompareResult`).
    pub fn compare_hypervisor_cpu(&self, choice: HypervisorChoice<'_>, xml: &str, flags: u32) -> Result<i32> {
        self.host().connect_compare_hypervisor_cpu(choice, xml, flags)
    }

    /// The best CPU that all of the described hosts offer, as XML.
    pub fn baseline_cpu(&self, xmls: &[&str], flags: u32) -> Result<String> {
        self.host().connect_baseline_cpu(xmls, flags)
    }

    /// The best CPU that a hypervisor can give to guests on all of the described hosts, as XML.
    pub fn baseline_hypervisor_cpu(
        &self,
        choice: HypervisorChoice<'_>,
        xmls: &[&str],
        flags: u32,
    ) -> Result<String> {
        self.host().connect_baseline_hypervisor_cpu(choice, xmls, flags)
    }

    /// The CPU models known for an architecture; none where any name is accepted.
    pub fn cpu_model_names(&self, arch: &str, flags: u32) -> Result<Vec<String>> {
        self.host().connect_get_cpu_model_names(arch, flags)
    }

    pub fn node_info(&self) -> Result<NodeInfo> {
        self.host().node_get_info()
    }

    /// Times of a CPU, or of all (`VIR_NODE_CPU_STATS_ALL_CPUS`), in nanoseconds, by name.
    pub fn node_cpu_stats(&self, cpu: i32, flags: u32) -> Result<Vec<(String, u64)>> {
        at_least("cpuNum", cpu, VIR_NODE_CPU_STATS_ALL_CPUS)?;
        self.host().node_get_cpu_stats(cpu, flags)
    }

    /// Memory of a NUMA cell, or of all (`VIR_NODE_MEMORY_STATS_ALL_CELLS`), in KiB, by name.
    pub fn node_memory_stats(&self, cell: i32, flags: u32) -> Result<Vec<(String, u64)>> {
        at_least("cellNum", cell, VIR_NODE_MEMORY_STATS_ALL_CELLS)?;
        self.host().node_get_memory_stats(cell, flags)
    }

    /// In bytes.
    pub fn node_free_memory(&self) -> Result<u64> {
        self.host().node_get_free_memory()
    }

    /// Free memory, in bytes, of up to `count` NUMA cells from `start_cell` on.
    pub fn node_cells_free_memory(&self, start_cell: i32, count: usize) -> Result<Vec<u64>> {
        if count == 0 {
            return Err(Error::invalid_arg("maxCells must be greater than zero"));
        }
        at_least("startCell", start_cell, 0)?;
        self.host().node_get_cells_free_memory(start_cell, count)
    }

    pub fn node_memory_parameters(&self, flags: u32) -> Result<TypedParams> {
        self.host().node_get_memory_parameters(flags)
    }

    pub fn set_node_memory_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.host().node_set_memory_parameters(params, flags)
    }

    /// Which of the host's CPUs are online, from CPU 0 to the last one that is there.
    pub fn node_cpu_map(&self, flags: u32) -> Result<Vec<bool>> {
        self.host().node_get_cpu_map(flags)
    }

    /// Free pages of each size (in KiB), cell after cell; cell -1 is the whole host.
    pub fn node_free_pages(
        &self,
        page_sizes: &[u32],
        start_cell: i32,
        cell_count: u32,
        flags: u32,
    ) -> Result<Vec<u64>> {
        some("npages", page_sizes.len())?;
        some("cellCount", cell_count as usize)?;
        self.host().node_get_free_pages(page_sizes, start_cell, cell_count, flags)
    }

    /// Changes the pools of huge pages, given as (size in KiB, count); how many cells were changed comes back.
    pub fn node_alloc_pages(
        &self,
        pools: &[(u32, u64)],
        start_cell: i32,
        cell_count: u32,
        flags: u32,
    ) -> Result<i32> {
        some("npages", pools.len())?;
        some("cellCount", cell_count as usize)?;
        self.host().node_alloc_pages(pools, start_cell, cell_count, flags)
    }

    /// Puts the host to sleep (`virNodeSuspendTarget`) for `duration` seconds.
    pub fn node_suspend_for_duration(&self, target: u32, duration: u64, flags: u32) -> Result<()> {
        self.host().node_suspend_for_duration(target, duration, flags)
    }

    pub fn node_security_model(&self) -> Result<SecurityModel> {
        self.host().node_get_security_model()
    }

    /// What the host's memory encryption can do.
    pub fn node_sev_info(&self, flags: u32) -> Result<TypedParams> {
        self.host().node_get_sev_info(flags)
    }
}

/// What the library itself answers where a driver has nothing to add.
pub(crate) fn or_if_unsupported<T>(answer: Result<T>, ours: impl FnOnce() -> T) -> Result<T> {
    match answer {
        Err(err) if err.code() == ErrorCode::NoSupport => Ok(ours()),
        other => other,
    }
}

fn at_least(name: &str, value: i32, least: i32) -> Result<()> {
    if value < least {
        return Err(Error::invalid_arg(format!("{name} must be {least} or more, but is {value}")));
    }
    Ok(())
}

fn some(name: &str, count: usize) -> Result<()> {
    if count == 0 {
        return Err(Error::invalid_arg(format!("{name} must not be zero")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::connection::test_connection;
    use ferrovirt_core::{ErrorCode, ErrorDomain, Result};

    fn refused<T>(answer: Result<T>) -> ErrorCode {
        answer.err().expect("refused").code()
    }

    #[test]
    fn arguments_are_looked_at_before_the_driver_is_asked() {
        let conn = test_connection();
        assert_eq!(refused(conn.node_cpu_stats(-2, 0)), ErrorCode::InvalidArg);
        assert_eq!(refused(conn.node_cpu_stats(-1, 0)), ErrorCode::NoSupport);
        assert_eq!(refused(conn.node_memory_stats(-2, 0)), ErrorCode::InvalidArg);
        assert_eq!(refused(conn.node_cells_free_memory(-1, 1)), ErrorCode::InvalidArg);
        assert_eq!(refused(conn.node_cells_free_memory(0, 0)), ErrorCode::InvalidArg);
        assert_eq!(refused(conn.node_free_pages(&[], 0, 1, 0)), ErrorCode::InvalidArg);
        assert_eq!(refused(conn.node_alloc_pages(&[(2048, 1)], 0, 0, 0)), ErrorCode::InvalidArg);
    }

    #[test]
    fn the_library_answers_what_a_driver_leaves_to_it() {
        let conn = test_connection();
        assert_eq!(conn.lib_version().unwrap(), 11_003_000);
        assert_eq!(conn.uri().unwrap(), "idle:///");
        let err = conn.hostname().unwrap_err();
        assert_eq!((err.code(), err.error_domain()), (ErrorCode::NoSupport, ErrorDomain::Domain));
    }
}
