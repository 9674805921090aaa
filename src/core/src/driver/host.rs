//! The host behind a connection: versions, capabilities, CPUs, memory, power.

use crate::TypedParams;

/// What a host is made of (`virNodeInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeInfo {
    /// Name of the CPU's architecture.
    pub model: String,
    /// Memory, in KiB.
    pub memory: u64,
    /// Active CPUs.
    pub cpus: u32,
    /// Clock rate, in MHz; 0 if unknown.
    pub mhz: u32,
    /// NUMA cells; 1 where the topology has no uniform shape.
    pub nodes: u32,
    /// Sockets in a cell.
    pub sockets: u32,
    /// Cores in a socket.
    pub cores: u32,
    /// Threads in a core.
    pub threads: u32,
}

/// A security driver of a host (`virSecurityModel`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityModel {
    pub model: String,
    /// Domain of interpretation.
    pub doi: String,
}

/// What kind of guest a question about CPUs is about; what is left out the driver chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HypervisorChoice<'a> {
    pub emulator: Option<&'a str>,
    pub arch: Option<&'a str>,
    pub machine: Option<&'a str>,
    pub virt_type: Option<&'a str>,
}

/// Called from the event loop when the connection went away, with a `virConnectCloseReason`.
pub type CloseNotice = Box<dyn Fn(i32) + Send + Sync>;

driver_trait! {
    /// The host behind a connection: versions, capabilities, CPUs, memory, power.
    pub trait HostDriver in Domain {
        /// The driver's name, such as `QEMU`.
        fn connect_get_type(&self) -> String = "virConnectGetType";
        /// The hypervisor's version: major * 1,000,000 + minor * 1,000 + release.
        fn connect_get_version(&self) -> u64 = "virConnectGetVersion";
        /// The version of the library that does the work, where that is not this one.
        fn connect_get_lib_version(&self) -> u64 = "virConnectGetLibVersion";
        fn connect_get_hostname(&self) -> String = "virConnectGetHostname";
        /// The URI of what was opened, where that is not what was asked for.
        fn connect_get_uri(&self) -> String = "virConnectGetURI";
        /// Most vCPUs of a guest of this type (`kvm`, ...).
        fn connect_get_max_vcpus(&self, kind: Option<&str>) -> i32 = "virConnectGetMaxVcpus";
        fn connect_get_capabilities(&self) -> String = "virConnectGetCapabilities";
        fn connect_get_domain_capabilities(
            &self,
            choice: HypervisorChoice<'_>,
            flags: u32,
        ) -> String = "virConnectGetDomainCapabilities" writes;
        fn connect_get_sysinfo(&self, flags: u32) -> String = "virConnectGetSysinfo";
        fn connect_is_alive(&self) -> bool = "virConnectIsAlive";
        fn connect_is_encrypted(&self) -> bool = "virConnectIsEncrypted";
        fn connect_is_secure(&self) -> bool = "virConnectIsSecure";
        /// Probes the other side every `interval` seconds, and gives it up after `count` probes without an answer;
        /// none if `interval` is not positive. Whether the other side knows how to answer comes back.
        fn connect_set_keep_alive(&self, interval: i32, count: u32) -> bool = "virConnectSetKeepAlive";
        /// Has `notice` told when the connection goes away; there is one at most.
        fn connect_register_close_callback(&self, notice: CloseNotice) -> () = "virConnectRegisterCloseCallback";
        fn connect_unregister_close_callback(&self) -> () = "virConnectUnregisterCloseCallback";
        /// Acts for another client from now on; the names are `VIR_CONNECT_IDENTITY_*`.
        fn connect_set_identity(&self, params: &TypedParams, flags: u32) -> () = "virConnectSetIdentity";
        /// A `virCPUCompareResult`, never its error.
        fn connect_compare_cpu(&self, xml: &str, flags: u32) -> i32 = "virConnectCompareCPU";
        /// A `virCPUCompareResult`, never its error.
        fn connect_compare_hypervisor_cpu(
            &self,
            choice: HypervisorChoice<'_>,
            xml: &str,
            flags: u32,
        ) -> i32 = "virConnectCompareHypervisorCPU" writes;
        fn connect_baseline_cpu(&self, xmls: &[&str], flags: u32) -> String = "virConnectBaselineCPU";
        fn connect_baseline_hypervisor_cpu(
            &self,
            choice: HypervisorChoice<'_>,
            xmls: &[&str],
            flags: u32,
        ) -> String = "virConnectBaselineHypervisorCPU" writes;
        /// The CPU models known for an architecture; none where any name is accepted.
        fn connect_get_cpu_model_names(&self, arch: &str, flags: u32) -> Vec<String> = "virConnectGetCPUModelNames";
        fn node_get_info(&self) -> NodeInfo = "virNodeGetInfo";
        /// Times of a CPU, or of all (-1), in nanoseconds, by name (`VIR_NODE_CPU_STATS_*`).
        fn node_get_cpu_stats(&self, cpu: i32, flags: u32) -> Vec<(String, u64)> = "virNodeGetCPUStats";
        /// Memory of a NUMA cell, or of all (-1), in KiB, by name (`VIR_NODE_MEMORY_STATS_*`).
        fn node_get_memory_stats(&self, cell: i32, flags: u32) -> Vec<(String, u64)> = "virNodeGetMemoryStats";
        /// In bytes.
        fn node_get_free_memory(&self) -> u64 = "virNodeGetFreeMemory";
        /// Free memory, in bytes, of up to `count` cells from `start_cell` on.
        fn node_get_cells_free_memory(&self, start_cell: i32, count: usize) -> Vec<u64> = "virNodeGetCellsFreeMemory";
        fn node_get_memory_parameters(&self, flags: u32) -> TypedParams = "virNodeGetMemoryParameters";
        fn node_set_memory_parameters(&self, params: &TypedParams, flags: u32) -> () = "virNodeSetMemoryParameters" writes;
        /// Which of the host's CPUs are online, from CPU 0 to the last one that is there.
        fn node_get_cpu_map(&self, flags: u32) -> Vec<bool> = "virNodeGetCPUMap";
        /// Free pages of each size (in KiB), cell after cell: the sizes of the first cell, then of the next.
        fn node_get_free_pages(
            &self,
            page_sizes: &[u32],
            start_cell: i32,
            cell_count: u32,
            flags: u32,
        ) -> Vec<u64> = "virNodeGetFreePages";
        /// Changes the pools of huge pages, given as (size in KiB, count); how many cells were changed comes back.
        fn node_alloc_pages(
            &self,
            pools: &[(u32, u64)],
            start_cell: i32,
            cell_count: u32,
            flags: u32,
        ) -> i32 = "virNodeAllocPages" writes;
        /// Puts the host to sleep (`virNodeSuspendTarget`) for `duration` seconds.
        fn node_suspend_for_duration(&self, target: u32, duration: u64, flags: u32) -> () = "virNodeSuspendForDuration" writes;
        fn node_get_security_model(&self) -> SecurityModel = "virNodeGetSecurityModel";
        /// What the host's memory encryption can do (`VIR_NODE_SEV_*`).
        fn node_get_sev_info(&self, flags: u32) -> TypedParams = "virNodeGetSEVInfo" writes;
    }
}
