//! Long work on a domain: save, restore, core dump, backup, job information.

use super::Domain;
use crate::Connection;
use crate::arguments::absolute_path;
use crate::flags::{exclusive, requires};
use ferrovirt_core::abi::{
    VIR_DOMAIN_CORE_DUMP_FORMAT_LAST, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE, VIR_DOMAIN_SAVE_PARAM_FILE,
};
use ferrovirt_core::driver::read_only_refusal;
use ferrovirt_core::driver::{JobInfo, JobStats};
use ferrovirt_core::{Error, Result, TypedParams};

impl Domain {
    /// Stops the guest and keeps its memory in the file `to`; `xml` takes the place of its description there.
    pub fn save(&self, to: &str, xml: Option<&str>, flags: u32) -> Result<()> {
        running_or_paused(flags)?;
        self.driver().domain_save_flags(&self.id(), &absolute_path(to)?, xml, flags)?;
        self.set_numeric_id(-1);
        Ok(())
    }

    /// As [`save`](Self::save), with `VIR_DOMAIN_SAVE_PARAM_*`.
    pub fn save_params(&self, params: &TypedParams, flags: u32) -> Result<()> {
        running_or_paused(flags)?;
        self.driver().domain_save_params(&self.id(), &with_absolute_file(params)?, flags)?;
        self.set_numeric_id(-1);
        Ok(())
    }

    /// Stops the guest and keeps its memory where the driver finds it at the next start.
    pub fn managed_save(&self, flags: u32) -> Result<()> {
        running_or_paused(flags)?;
        self.driver().domain_managed_save(&self.id(), flags)?;
        self.set_numeric_id(-1);
        Ok(())
    }

    pub fn has_managed_save_image(&self, flags: u32) -> Result<bool> {
        self.driver().domain_has_managed_save_image(&self.id(), flags)
    }

    /// Throws the kept memory away: the next start is a fresh one.
    pub fn managed_save_remove(&self, flags: u32) -> Result<()> {
        self.driver().domain_managed_save_remove(&self.id(), flags)
    }

    pub fn managed_save_xml_desc(&self, flags: u32) -> Result<String> {
        if flags & VIR_DOMAIN_SAVE_IMAGE_XML_SECURE != 0 && self.connection().is_read_only() {
            return Err(read_only_refusal("reading the secrets of a saved domain"));
        }
        self.driver().domain_managed_save_get_xml_desc(&self.id(), flags)
    }

    pub fn managed_save_define_xml(&self, xml: Option<&str>, flags: u32) -> Result<()> {
        running_or_paused(flags)?;
        self.driver().domain_managed_save_define_xml(&self.id(), xml, flags)
    }

    /// Writes the guest's memory to the file `to`, in a `virDomainCoreDumpFormat`.
    pub fn core_dump(&self, to: &str, format: u32, flags: u32) -> Result<()> {
        if format >= VIR_DOMAIN_CORE_DUMP_FORMAT_LAST {
            let most = VIR_DOMAIN_CORE_DUMP_FORMAT_LAST - 1;
            return Err(Error::invalid_arg(format!(
                "there is no core dump format {format}: known are 0 to {most}"
            )));
        }
        exclusive!(flags, VIR_DUMP_CRASH, VIR_DUMP_LIVE)?;
        exclusive!(flags, VIR_DUMP_CRASH, VIR_DUMP_RESET)?;
        exclusive!(flags, VIR_DUMP_LIVE, VIR_DUMP_RESET)?;
        let to = absolute_path(to)?;
        self.noting_a_stop(|| self.driver().domain_core_dump_with_format(&self.id(), &to, format, flags))
    }

    /// How far the job under way has come.
    pub fn job_info(&self) -> Result<JobInfo> {
        self.driver().domain_get_job_info(&self.id())
    }

    /// How far the job under way has come, or the last one had, in all detail.
    pub fn job_stats(&self, flags: u32) -> Result<JobStats> {
        requires!(flags, VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED, VIR_DOMAIN_JOB_STATS_COMPLETED)?;
        self.driver().domain_get_job_stats(&self.id(), flags)
    }

    /// Asks the job under way to give up; it may be done before it hears of it.
    pub fn abort_job(&self, flags: u32) -> Result<()> {
        self.driver().domain_abort_job_flags(&self.id(), flags)
    }

    /// Starts a backup of the guest's disks, and a checkpoint at the same instant if one is described.
    pub fn backup_begin(&self, backup_xml: &str, checkpoint_xml: Option<&str>, flags: u32) -> Result<()> {
        self.driver().domain_backup_begin(&self.id(), backup_xml, checkpoint_xml, flags)
    }

    /// What the backup under way was completed to: ports, sockets, files.
    pub fn backup_xml_desc(&self, flags: u32) -> Result<String> {
        self.driver().domain_backup_get_xml_desc(&self.id(), flags)
    }
}

impl Connection {
    /// Starts a guest from a file that [`Domain::save`] has written.
    pub fn restore_domain(&self, from: &str, xml: Option<&str>, flags: u32) -> Result<()> {
        running_or_paused(flags)?;
        self.drivers().hypervisor.domain_restore_flags(&absolute_path(from)?, xml, flags)
    }

    /// As [`restore_domain`](Self::restore_domain), with `VIR_DOMAIN_SAVE_PARAM_*`.
    pub fn restore_domain_params(&self, params: &TypedParams, flags: u32) -> Result<()> {
        running_or_paused(flags)?;
        self.drivers().hypervisor.domain_restore_params(&with_absolute_file(params)?, flags)
    }

    /// The description that a saved domain would be restored with.
    pub fn save_image_xml_desc(&self, file: &str, flags: u32) -> Result<String> {
        self.drivers().hypervisor.domain_save_image_get_xml_desc(&absolute_path(file)?, flags)
    }

    pub fn save_image_define_xml(&self, file: &str, xml: &str, flags: u32) -> Result<()> {
        running_or_paused(flags)?;
        self.drivers().hypervisor.domain_save_image_define_xml(&absolute_path(file)?, xml, flags)
    }
}

/// A saved domain is to come back in one state or the other.
pub fn running_or_paused(flags: u32) -> Result<()> {
    exclusive!(flags, VIR_DOMAIN_SAVE_RUNNING, VIR_DOMAIN_SAVE_PAUSED)
}

fn with_absolute_file(params: &TypedParams) -> Result<TypedParams> {
    let mut params = params.clone();
    if let Some(file) = params.get_string(VIR_DOMAIN_SAVE_PARAM_FILE)? {
        let file = absolute_path(file)?;
        params.set(VIR_DOMAIN_SAVE_PARAM_FILE, file);
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessMode;
    use crate::connection::test_domain;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_core::abi::{
        VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED, VIR_DOMAIN_SAVE_PAUSED, VIR_DOMAIN_SAVE_RUNNING, VIR_DUMP_CRASH,
        VIR_DUMP_RESET,
    };

    #[test]
    fn the_file_of_save_parameters_becomes_absolute_and_the_rest_stays() {
        let mut params = TypedParams::new();
        params.add(VIR_DOMAIN_SAVE_PARAM_FILE, "/tmp/../srv/x.save");
        params.add("dxml", "<domain/>");
        let full = with_absolute_file(&params).unwrap();
        assert_eq!(full.get_string(VIR_DOMAIN_SAVE_PARAM_FILE).unwrap(), Some("/srv/x.save"));
        assert_eq!(full.get_string("dxml").unwrap(), Some("<domain/>"));
        assert_eq!(full.len(), 2);
    }

    #[test]
    fn a_saved_domain_cannot_come_back_both_running_and_paused() {
        let err = running_or_paused(VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED).unwrap_err();
        assert_eq!(err.code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn a_core_dump_has_a_known_format_and_one_aftermath() {
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |format, flags| domain.core_dump("/tmp/core", format, flags).unwrap_err().code();
        assert_eq!(code(VIR_DOMAIN_CORE_DUMP_FORMAT_LAST, 0), ErrorCode::InvalidArg);
        assert_eq!(code(0, VIR_DUMP_CRASH | VIR_DUMP_RESET), ErrorCode::InvalidArg);
        assert_eq!(code(0, VIR_DUMP_CRASH), ErrorCode::NoSupport);
        let kept = domain.job_stats(VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED).unwrap_err();
        assert_eq!(kept.code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn secrets_are_not_for_read_only_connections() {
        let code = |access, flags| test_domain(access).managed_save_xml_desc(flags).unwrap_err().code();
        let secure = VIR_DOMAIN_SAVE_IMAGE_XML_SECURE;
        assert_eq!(code(AccessMode::ReadOnly, secure), ErrorCode::OperationDenied);
        assert_eq!(code(AccessMode::ReadOnly, 0), ErrorCode::NoSupport);
        assert_eq!(code(AccessMode::ReadWrite, secure), ErrorCode::NoSupport);
    }
}
