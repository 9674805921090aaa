//! The connection and the host behind it.

use crate::RemoteDriver;
use crate::forward::{forward, text, texts};
use ferrovirt_core::driver::{CloseNotice, Feature, HostDriver, HypervisorChoice, NodeInfo, SecurityModel};
use ferrovirt_core::{Result, TypedParams};
use ferrovirt_rpc::limits::*;
use ferrovirt_rpc::program::remote::*;
use std::time::Duration;

impl HostDriver for RemoteDriver {
    forward! {
        fn connect_get_type() -> String = ConnectGetType {};
        fn connect_get_version() -> u64 = ConnectGetVersion {};
        fn connect_get_lib_version() -> u64 = ConnectGetLibVersion {};
        fn connect_get_hostname() -> String = ConnectGetHostname {};
        fn connect_get_max_vcpus(kind: Option<&str>) -> i32 = ConnectGetMaxVcpus { kind: text(kind) };
        fn connect_get_capabilities() -> String = ConnectGetCapabilities {};
        fn connect_get_domain_capabilities(choice: HypervisorChoice<'_>, flags: u32) -> String =
            ConnectGetDomainCapabilities {
                emulatorbin: text(choice.emulator),
                arch: text(choice.arch),
                machine: text(choice.machine),
                virttype: text(choice.virt_type),
                flags,
            };
        fn connect_get_sysinfo(flags: u32) -> String = ConnectGetSysinfo { flags };
        fn connect_compare_cpu(xml: &str, flags: u32) -> i32 = ConnectCompareCpu { xml: xml.into(), flags };
        fn connect_compare_hypervisor_cpu(choice: HypervisorChoice<'_>, xml: &str, flags: u32) -> i32 =
            ConnectCompareHypervisorCpu {
                emulator: text(choice.emulator),
                arch: text(choice.arch),
                machine: text(choice.machine),
                virttype: text(choice.virt_type),
                xml_cpu: xml.into(),
                flags,
            };
        fn connect_baseline_cpu(xmls: &[&str], flags: u32) -> String =
            ConnectBaselineCpu { xml_cpus: texts(xmls), flags };
        fn connect_baseline_hypervisor_cpu(choice: HypervisorChoice<'_>, xmls: &[&str], flags: u32) -> String =
            ConnectBaselineHypervisorCpu {
                emulator: text(choice.emulator),
                arch: text(choice.arch),
                machine: text(choice.machine),
                virttype: text(choice.virt_type),
                xml_cpus: texts(xmls),
                flags,
            };
        fn connect_get_cpu_model_names(arch: &str, flags: u32) -> Vec<String> =
            ConnectGetCpuModelNames { arch: arch.into(), need_results: 1, flags } => |reply| reply.models.0;
        fn node_get_info() -> NodeInfo = NodeGetInfo {} => node_info;
        fn node_get_free_memory() -> u64 = NodeGetFreeMemory {};
        fn node_get_cells_free_memory(start_cell: i32, count: usize) -> Vec<u64> =
            NodeGetCellsFreeMemory { start_cell, maxcells: count.min(NODE_MAX_CELLS) as i32 };
        fn node_get_memory_parameters(flags: u32) -> TypedParams =
            NodeGetMemoryParameters { nparams: NODE_MEMORY_PARAMETERS_MAX as i32, flags } => |reply| reply.params.0;
        fn node_set_memory_parameters(params: &TypedParams, flags: u32) -> () =
            NodeSetMemoryParameters { params: params.into(), flags };
        fn node_get_cpu_map(flags: u32) -> Vec<bool> =
            NodeGetCpuMap { need_map: 1, need_online: 0, flags } => cpu_map;
        fn node_get_free_pages(page_sizes: &[u32], start_cell: i32, cell_count: u32, flags: u32) -> Vec<u64> =
            NodeGetFreePages { pages: page_sizes.to_vec().into(), start_cell, cell_count, flags };
        fn node_alloc_pages(pools: &[(u32, u64)], start_cell: i32, cell_count: u32, flags: u32) -> i32 =
            NodeAllocPages {
                page_sizes: pools.iter().map(|pool| pool.0).collect(),
                page_counts: pools.iter().map(|pool| pool.1).collect(),
                start_cell,
                cell_count,
                flags,
            };
        fn node_suspend_for_duration(target: u32, duration: u64, flags: u32) -> () =
            NodeSuspendForDuration { target, duration, flags };
        fn node_get_security_model() -> SecurityModel =
            NodeGetSecurityModel {} => |reply| SecurityModel { model: reply.model.0, doi: reply.doi.0 };
        fn node_get_sev_info(flags: u32) -> TypedParams =
            NodeGetSevInfo { nparams: NODE_SEV_INFO_MAX as i32, flags } => |reply| reply.params.0;
    }

    /// libvirt's daemon wants to be asked for just as many figures as it has.
    fn node_get_cpu_stats(&self, cpu: i32, flags: u32) -> Result<Vec<(String, u64)>> {
        let count = self.call(&NodeGetCpuStats { cpu_num: cpu, nparams: 0, flags })?.nparams;
        let reply = self.call(&NodeGetCpuStats { cpu_num: cpu, nparams: count, flags })?;
        Ok(reply.params.into_iter().map(|stat| (stat.field, stat.value)).collect())
    }

    fn node_get_memory_stats(&self, cell: i32, flags: u32) -> Result<Vec<(String, u64)>> {
        let count = self.call(&NodeGetMemoryStats { nparams: 0, cell_num: cell, flags })?.nparams;
        let reply = self.call(&NodeGetMemoryStats { nparams: count, cell_num: cell, flags })?;
        Ok(reply.params.into_iter().map(|stat| (stat.field, stat.value)).collect())
    }

    /// What was asked for; the daemon is only asked where it had to choose.
    fn connect_get_uri(&self) -> Result<String> {
        match &self.session.target.asked {
            Some(asked) => Ok(asked.clone()),
            None => self.call(&ConnectGetUri {}),
        }
    }

    fn connect_is_alive(&self) -> Result<bool> {
        Ok(self.session.is_alive())
    }

    /// Encrypted is our part of the way: the daemon's to the hypervisor seldom is, and need not be if it is secure.
    fn connect_is_encrypted(&self) -> Result<bool> {
        Ok(self.call(&ConnectIsSecure {})? != 0 && self.session.client()?.transport().is_encrypted())
    }

    /// Both parts of the way must be: ours to the daemon, and the daemon's to the hypervisor.
    fn connect_is_secure(&self) -> Result<bool> {
        Ok(self.call(&ConnectIsSecure {})? != 0 && self.session.client()?.transport().is_secure())
    }

    fn connect_set_keep_alive(&self, interval: i32, count: u32) -> Result<bool> {
        if !self.supports(Feature::ProgramKeepalive)? {
            return Ok(false);
        }
        let interval = u64::try_from(interval).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs);
        self.session.set_keepalive(interval, count)?;
        Ok(true)
    }

    fn connect_set_identity(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.session.set_identity(params, flags)
    }

    fn connect_register_close_callback(&self, notice: CloseNotice) -> Result<()> {
        self.session.register_close(notice)
    }

    fn connect_unregister_close_callback(&self) -> Result<()> {
        self.session.unregister_close()
    }
}

/// The wire's numbers are signed for C's sake; none of them is negative.
fn node_info(reply: NodeGetInfoReply) -> NodeInfo {
    let count = |number: i32| number.try_into().unwrap_or(0);
    NodeInfo {
        model: reply.model.0,
        memory: reply.memory,
        cpus: count(reply.cpus),
        mhz: count(reply.mhz),
        nodes: count(reply.nodes),
        sockets: count(reply.sockets),
        cores: count(reply.cores),
        threads: count(reply.threads),
    }
}

/// The reply's number is how many CPUs there are, online or not.
fn cpu_map(reply: NodeGetCpuMapReply) -> Vec<bool> {
    let present = usize::try_from(reply.ret).unwrap_or(0);
    (0..present)
        .map(|cpu| reply.cpumap.get(cpu / 8).is_some_and(|byte| byte & (1 << (cpu % 8)) != 0))
        .collect()
}
