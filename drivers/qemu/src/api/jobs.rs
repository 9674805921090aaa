//! Long work on a guest: what is under way.

use crate::driver::QemuDriver;
use ferrovirt_core::driver::{DomainJobs, JobInfo, JobStats};
use ferrovirt_core::{DomainId, Result, TypedParams, abi};

impl DomainJobs for QemuDriver {
    fn domain_get_job_info(&self, domain: &DomainId) -> Result<JobInfo> {
        self.shared.find(domain)?.live()?;
        Ok(JobInfo { kind: abi::VIR_DOMAIN_JOB_NONE as i32, ..JobInfo::default() })
    }

    fn domain_get_job_stats(&self, domain: &DomainId, flags: u32) -> Result<JobStats> {
        let known = abi::VIR_DOMAIN_JOB_STATS_COMPLETED | abi::VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
        super::refuse_flags(flags, known, "virDomainGetJobStats")?;
        self.shared.find(domain)?.live()?;
        Ok(JobStats { kind: abi::VIR_DOMAIN_JOB_NONE as i32, params: TypedParams::new() })
    }
}
