//! Statistics: CPU, memory, block, interface, and the grouped form.

use super::Domain;
use crate::Connection;
use crate::arguments::without_string_okay;
use ferrovirt_core::driver::{
    BlockStats, CpuStats, CpuStatsQuery, DomainStatsRecord, InterfaceStats, MemoryStat,
};
use ferrovirt_core::{DomainId, Error, ErrorCode, Result, TypedParams};

impl Connection {
    /// Statistics of all domains; `stats` are `virDomainStatsTypes`, 0 for all groups there are, `flags`
    /// `virConnectGetAllDomainStatsFlags`.
    pub fn all_domain_stats(&self, stats: u32, flags: u32) -> Result<Vec<(Domain, TypedParams)>> {
        let records = self.drivers().hypervisor.connect_get_all_domain_stats(None, stats, flags)?;
        Ok(self.stats_records(records))
    }

    fn stats_records(&self, records: Vec<DomainStatsRecord>) -> Vec<(Domain, TypedParams)> {
        records.into_iter().map(|record| (Domain::new(self, record.domain), record.params)).collect()
    }
}

impl Domain {
    /// The same for some domains, at least one, all on one connection.
    pub fn list_stats(domains: &[Self], stats: u32, flags: u32) -> Result<Vec<(Self, TypedParams)>> {
        let first =
            domains.first().ok_or_else(|| Error::invalid_arg("doms must name at least one domain"))?;
        let connection = first.connection();
        if let Some(other) = domains.iter().find(|dom| dom.connection().address() != connection.address()) {
            return Err(Error::invalid_arg(format!(
                "domain '{}' is on another connection than '{}', the first of doms",
                other.name(),
                first.name()
            )));
        }
        let ids: Vec<DomainId> = domains.iter().map(Self::id).collect();
        let records = first.driver().connect_get_all_domain_stats(Some(&ids), stats, flags)?;
        Ok(connection.stats_records(records))
    }

    /// At most `max_stats` numbers about the guest's memory.
    pub fn memory_stats(&self, max_stats: usize, flags: u32) -> Result<Vec<MemoryStat>> {
        self.driver().domain_memory_stats(&self.id(), max_stats, flags)
    }

    /// `disk` is a target name or a path; empty for all disks together, where the driver can say.
    pub fn block_stats(&self, disk: &str) -> Result<BlockStats> {
        self.driver().domain_block_stats(&self.id(), disk)
    }

    pub fn block_stats_flags(&self, disk: &str, flags: u32) -> Result<TypedParams> {
        self.driver().domain_block_stats_flags(&self.id(), disk, without_string_okay(flags))
    }

    /// `device` is a target name or a MAC address.
    pub fn interface_stats(&self, device: &str) -> Result<InterfaceStats> {
        self.driver().domain_interface_stats(&self.id(), device)
    }

    pub fn cpu_stats(&self, query: CpuStatsQuery, flags: u32) -> Result<CpuStats> {
        self.driver().domain_get_cpu_stats(&self.id(), query, without_string_okay(flags))
    }
}

/// What a caller of `virDomainGetCPUStats` asks by its counts: `params` places for each of `cpus` CPUs from `start`
/// (-1, with one CPU, is the total); no places for how many there would be, no CPUs for how many CPUs there are.
pub fn cpu_stats_query(params: u32, start: i32, cpus: u32) -> Result<CpuStatsQuery> {
    if start < -1 {
        return Err(Error::invalid_arg(format!("start_cpu must be -1 or a CPU's number, it is {start}")));
    }
    if start == -1 && cpus != 1 {
        return Err(Error::invalid_arg(format!("ncpus must be 1 where start_cpu is -1, it is {cpus}")));
    }
    match (params, cpus) {
        (0, 0) => Ok(CpuStatsQuery::CpuCount),
        (0, _) => Ok(CpuStatsQuery::ParamCount { start }),
        (_, 0) => Err(Error::invalid_arg("params must be NULL where ncpus is 0")),
        _ if params.checked_mul(cpus).is_none() => Err(Error::new(
            ErrorCode::Overflow,
            format!("{params} parameters for each of {cpus} CPUs are too many"),
        )),
        _ => Ok(CpuStatsQuery::Values { start, cpus, params }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_zero_ask_for_counts() {
        assert_eq!(cpu_stats_query(0, 0, 0).unwrap(), CpuStatsQuery::CpuCount);
        assert_eq!(cpu_stats_query(0, 3, 1).unwrap(), CpuStatsQuery::ParamCount { start: 3 });
        assert_eq!(cpu_stats_query(0, -1, 1).unwrap(), CpuStatsQuery::ParamCount { start: -1 });
    }

    #[test]
    fn the_total_is_of_one_cpu() {
        let query = CpuStatsQuery::Values { start: -1, cpus: 1, params: 3 };
        assert_eq!(cpu_stats_query(3, -1, 1).unwrap(), query);
        assert_eq!(cpu_stats_query(3, -1, 2).unwrap_err().code(), ErrorCode::InvalidArg);
        assert_eq!(cpu_stats_query(3, -2, 1).unwrap_err().code(), ErrorCode::InvalidArg);
        assert_eq!(cpu_stats_query(3, 0, 0).unwrap_err().code(), ErrorCode::InvalidArg);
        assert_eq!(cpu_stats_query(2, 0, u32::MAX).unwrap_err().code(), ErrorCode::Overflow);
    }
}
