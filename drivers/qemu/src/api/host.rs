//! The host behind the connection: what it has, what its emulators can do, and how busy it is.

use super::refuse_flags;
use crate::cpu::names::is_spoken;
use crate::driver::QemuDriver;
use crate::host_capabilities::{Prober, node, sysinfo};
use ferrovirt_conf::cpu::{self, Arch, CpuDefinition, CpuKind, GuestCpu, parse_cpus};
use ferrovirt_core::driver::{HostDriver, HypervisorChoice, NodeInfo, SecurityModel};
use ferrovirt_core::{Error, ErrorDomain, Result, TypedParams, abi};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::abilities;
use ferrovirt_host::topology::Topology;

impl QemuDriver {
    fn prober(&self) -> Prober<'_> {
        Prober { cache: &self.shared.binaries, reactor: &self.shared.reactor }
    }

    fn files(&self) -> &KernelFiles {
        self.shared.host.files()
    }
}

/// An error of this driver's, if nobody else has said that it is theirs.
fn ours(err: Error) -> Error {
    err.or_domain(ErrorDomain::Qemu)
}

/// Whether an incompatible CPU is an error, and whether the document is checked strictly.
fn comparison_flags(flags: u32, function: &str) -> Result<(bool, bool)> {
    let (fail, strict) =
        (abi::VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE, abi::VIR_CONNECT_COMPARE_CPU_VALIDATE_XML);
    refuse_flags(flags, fail | strict, function)?;
    Ok((flags & fail != 0, flags & strict != 0))
}

/// Whether features are listed one by one, and whether those that can't be migrated are left out.
fn baseline_flags(flags: u32, function: &str) -> Result<(bool, bool)> {
    let (expand, migratable) =
        (abi::VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES, abi::VIR_CONNECT_BASELINE_CPU_MIGRATABLE);
    refuse_flags(flags, expand | migratable, function)?;
    Ok((flags & expand != 0, flags & migratable != 0))
}

impl HostDriver for QemuDriver {
    fn connect_get_type(&self) -> Result<String> {
        Ok("QEMU".into())
    }

    fn connect_get_version(&self) -> Result<u64> {
        Ok(self.shared.host.native(self.prober())?.version.as_number())
    }

    fn connect_get_hostname(&self) -> Result<String> {
        abilities::hostname(self.files())
    }

    fn connect_get_max_vcpus(&self, kind: Option<&str>) -> Result<i32> {
        self.shared.host.max_vcpus(kind).map_err(ours)
    }

    fn connect_get_capabilities(&self) -> Result<String> {
        self.shared.host.capabilities(self.prober())
    }

    fn connect_get_domain_capabilities(&self, choice: HypervisorChoice<'_>, flags: u32) -> Result<String> {
        let without_deprecated = abi::VIR_CONNECT_GET_DOMAIN_CAPABILITIES_DISABLE_DEPRECATED_FEATURES;
        refuse_flags(flags, without_deprecated, "virConnectGetDomainCapabilities")?;
        let without_deprecated = flags & without_deprecated != 0;
        self.shared.host.domain_capabilities(self.prober(), &choice, without_deprecated).map_err(ours)
    }

    fn connect_get_sysinfo(&self, flags: u32) -> Result<String> {
        refuse_flags(flags, 0, "virConnectGetSysinfo")?;
        sysinfo(self.files()).map_err(ours)
    }

    fn connect_is_alive(&self) -> Result<bool> {
        Ok(true)
    }

    fn connect_is_encrypted(&self) -> Result<bool> {
        Ok(false)
    }

    /// Nothing leaves this process.
    fn connect_is_secure(&self) -> Result<bool> {
        Ok(true)
    }

    fn connect_get_cpu_model_names(&self, arch: &str, flags: u32) -> Result<Vec<String>> {
        refuse_flags(flags, 0, "virConnectGetCPUModelNames")?;
        let arch: Arch = arch
            .parse()
            .map_err(|_| ours(Error::invalid_arg(format!("architecture '{arch}' is unknown"))))?;
        cpu::model_names(arch)
    }

    fn connect_compare_cpu(&self, xml: &str, flags: u32) -> Result<i32> {
        let (fail, strict) = comparison_flags(flags, "virConnectCompareCPU")?;
        let host = self.shared.host.described_cpu()?;
        let cpu = CpuDefinition::parse(xml, CpuKind::Either, strict)?;
        let arch = host.arch.ok_or_else(|| Error::internal("the host's architecture has no name here"))?;
        cpu::compare(arch, Some(&(&host).into()), &cpu)?.into_number(fail)
    }

    fn connect_compare_hypervisor_cpu(
        &self,
        choice: HypervisorChoice<'_>,
        xml: &str,
        flags: u32,
    ) -> Result<i32> {
        let (fail, strict) = comparison_flags(flags, "virConnectCompareHypervisorCPU")?;
        let host = &self.shared.host;
        let compared = host.compare_hypervisor_cpu(self.prober(), &choice, xml, strict).map_err(ours)?;
        compared.into_number(fail)
    }

    fn connect_baseline_cpu(&self, xmls: &[&str], flags: u32) -> Result<String> {
        let (expand, migratable) = baseline_flags(flags, "virConnectBaselineCPU")?;
        cpu::baseline_of_hosts(xmls, expand, migratable, is_spoken)
    }

    fn connect_baseline_hypervisor_cpu(
        &self,
        choice: HypervisorChoice<'_>,
        xmls: &[&str],
        flags: u32,
    ) -> Result<String> {
        let (expand, migratable) = baseline_flags(flags, "virConnectBaselineHypervisorCPU")?;
        let cpus = parse_cpus(xmls, CpuKind::Either)?;
        let host = &self.shared.host;
        let baseline = host.baseline_hypervisor_cpu(self.prober(), &choice, &cpus, expand, migratable);
        baseline.map(GuestCpu::into_document).map_err(ours)
    }

    fn node_get_info(&self) -> Result<NodeInfo> {
        node::info(self.files())
    }

    fn node_get_cpu_stats(&self, cpu: i32, flags: u32) -> Result<Vec<(String, u64)>> {
        refuse_flags(flags, 0, "virNodeGetCPUStats")?;
        node::cpu_stats(self.files(), cpu)
    }

    fn node_get_memory_stats(&self, cell: i32, flags: u32) -> Result<Vec<(String, u64)>> {
        refuse_flags(flags, 0, "virNodeGetMemoryStats")?;
        node::memory_stats(self.files(), cell)
    }

    fn node_get_free_memory(&self) -> Result<u64> {
        node::free_memory(self.files())
    }

    fn node_get_cells_free_memory(&self, start_cell: i32, count: usize) -> Result<Vec<u64>> {
        node::cells_free_memory(self.files(), start_cell, count)
    }

    fn node_get_memory_parameters(&self, flags: u32) -> Result<TypedParams> {
        refuse_flags(flags, abi::VIR_TYPED_PARAM_STRING_OKAY, "virNodeGetMemoryParameters")?;
        node::memory_parameters(self.files())
    }

    fn node_set_memory_parameters(&self, params: &TypedParams, flags: u32) -> Result<()> {
        refuse_flags(flags, 0, "virNodeSetMemoryParameters")?;
        node::set_memory_parameters(self.files(), params)
    }

    fn node_get_cpu_map(&self, flags: u32) -> Result<Vec<bool>> {
        refuse_flags(flags, 0, "virNodeGetCPUMap")?;
        Ok(Topology::read(self.files())?.online_map())
    }

    fn node_get_free_pages(
        &self,
        page_sizes: &[u32],
        start_cell: i32,
        cell_count: u32,
        flags: u32,
    ) -> Result<Vec<u64>> {
        refuse_flags(flags, 0, "virNodeGetFreePages")?;
        node::free_pages(self.files(), page_sizes, start_cell, cell_count)
    }

    fn node_alloc_pages(
        &self,
        pools: &[(u32, u64)],
        start_cell: i32,
        cell_count: u32,
        flags: u32,
    ) -> Result<i32> {
        refuse_flags(flags, abi::VIR_NODE_ALLOC_PAGES_SET, "virNodeAllocPages")?;
        let add = flags & abi::VIR_NODE_ALLOC_PAGES_SET == 0;
        node::alloc_pages(self.files(), pools, start_cell, cell_count, add)
    }

    /// The first of the models that capabilities tell.
    fn node_get_security_model(&self) -> Result<SecurityModel> {
        Ok(SecurityModel { model: "none".into(), doi: "0".into() })
    }

    fn node_get_sev_info(&self, flags: u32) -> Result<TypedParams> {
        refuse_flags(flags, abi::VIR_TYPED_PARAM_STRING_OKAY, "virNodeGetSEVInfo")?;
        let native = self.shared.host.native(self.prober())?;
        let Some(sev) = &native.sev else {
            let text = "neither this host nor its QEMU can encrypt guests' memory (SEV)";
            return Err(Error::new(ferrovirt_core::ErrorCode::OperationUnsupported, text));
        };
        let mut params = TypedParams::new();
        params.add(abi::VIR_NODE_SEV_PDH, sev.pdh.as_str());
        params.add(abi::VIR_NODE_SEV_CERT_CHAIN, sev.cert_chain.as_str());
        if let Some(id) = &sev.cpu0_id {
            params.add(abi::VIR_NODE_SEV_CPU0_ID, id.as_str());
        }
        params.add(abi::VIR_NODE_SEV_CBITPOS, sev.cbitpos);
        params.add(abi::VIR_NODE_SEV_REDUCED_PHYS_BITS, sev.reduced_phys_bits);
        Ok(params)
    }
}
