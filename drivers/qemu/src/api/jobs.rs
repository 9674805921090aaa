//! Long work on a guest: saving, restoring, dumping, and what is under way.

use crate::driver::QemuDriver;
use crate::qmp::QueryMigrate;
use crate::tune::Guest;
use crate::{backup, dump, save};
use ferrovirt_conf::backup::DomainBackup;
use ferrovirt_core::driver::{DomainJobs, JobInfo, JobProgress, JobStats};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams, abi};
use serde_json::Value;
use std::path::Path;

const SAVE: u32 =
    abi::VIR_DOMAIN_SAVE_BYPASS_CACHE | abi::VIR_DOMAIN_SAVE_RUNNING | abi::VIR_DOMAIN_SAVE_PAUSED;

fn own(err: Error) -> Error {
    err.or_domain(ErrorDomain::Qemu)
}

impl DomainJobs for QemuDriver {
    fn domain_save_flags(&self, domain: &DomainId, to: &str, xml: Option<&str>, flags: u32) -> Result<()> {
        super::refuse_flags(flags, SAVE, "virDomainSaveFlags")?;
        let vm = self.shared.find(domain)?;
        let job = vm.job.begin(save::JOB)?;
        save::save(&self.shared, &vm, &job, Path::new(to), xml, flags).map_err(own)
    }

    fn domain_save_params(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> Result<()> {
        let (file, xml) = file_and_description(params)?;
        match file {
            Some(file) => self.domain_save_flags(domain, &file, xml.as_deref(), flags),
            None if xml.is_none() => self.domain_managed_save(domain, flags),
            None => Err(own(Error::invalid_arg("a description can be given only along with a file"))),
        }
    }

    fn domain_restore_flags(&self, from: &str, xml: Option<&str>, flags: u32) -> Result<()> {
        super::refuse_flags(flags, SAVE, "virDomainRestoreFlags")?;
        save::restore(&self.shared, Path::new(from), xml, flags).map_err(own)
    }

    fn domain_restore_params(&self, params: &TypedParams, flags: u32) -> Result<()> {
        let (file, xml) = file_and_description(params)?;
        let file = file.ok_or_else(|| own(Error::invalid_arg("the file to restore from is not given")))?;
        self.domain_restore_flags(&file, xml.as_deref(), flags)
    }

    fn domain_save_image_get_xml_desc(&self, file: &str, flags: u32) -> Result<String> {
        let secure = abi::VIR_DOMAIN_SAVE_IMAGE_XML_SECURE;
        super::refuse_flags(flags, secure, "virDomainSaveImageGetXMLDesc")?;
        save::describe(&self.shared, Path::new(file), flags & secure != 0).map_err(own)
    }

    fn domain_save_image_define_xml(&self, file: &str, xml: &str, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_SAVE_RUNNING | abi::VIR_DOMAIN_SAVE_PAUSED;
        super::refuse_flags(flags, known, "virDomainSaveImageDefineXML")?;
        save::redefine(&self.shared, Path::new(file), Some(xml), flags).map_err(own)
    }

    fn domain_managed_save(&self, domain: &DomainId, flags: u32) -> Result<()> {
        super::refuse_flags(flags, SAVE, "virDomainManagedSave")?;
        let vm = self.shared.find(domain)?;
        let job = vm.job.begin(save::JOB)?;
        save::save_managed(&self.shared, &vm, &job, flags).map_err(own)
    }

    fn domain_has_managed_save_image(&self, domain: &DomainId, flags: u32) -> Result<bool> {
        super::refuse_flags(flags, 0, "virDomainHasManagedSaveImage")?;
        Ok(self.shared.find(domain)?.view().managed_save)
    }

    fn domain_managed_save_remove(&self, domain: &DomainId, flags: u32) -> Result<()> {
        super::refuse_flags(flags, 0, "virDomainManagedSaveRemove")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("remove saved state")?;
        save::remove_managed(&self.shared, &vm)
    }

    fn domain_managed_save_get_xml_desc(&self, domain: &DomainId, flags: u32) -> Result<String> {
        let secure = abi::VIR_DOMAIN_SAVE_IMAGE_XML_SECURE;
        super::refuse_flags(flags, secure, "virDomainManagedSaveGetXMLDesc")?;
        let vm = self.shared.find(domain)?;
        let path = save::managed(&self.shared, &vm).map_err(own)?;
        save::describe(&self.shared, &path, flags & secure != 0).map_err(own)
    }

    fn domain_managed_save_define_xml(&self, domain: &DomainId, xml: Option<&str>, flags: u32) -> Result<()> {
        let known = abi::VIR_DOMAIN_SAVE_RUNNING | abi::VIR_DOMAIN_SAVE_PAUSED;
        super::refuse_flags(flags, known, "virDomainManagedSaveDefineXML")?;
        let vm = self.shared.find(domain)?;
        let _job = vm.job.begin("change saved state")?;
        let path = save::managed(&self.shared, &vm).map_err(own)?;
        save::redefine(&self.shared, &path, xml, flags).map_err(own)
    }

    fn domain_core_dump_with_format(
        &self,
        domain: &DomainId,
        to: &str,
        format: u32,
        flags: u32,
    ) -> Result<()> {
        let known = abi::VIR_DUMP_CRASH
            | abi::VIR_DUMP_LIVE
            | abi::VIR_DUMP_BYPASS_CACHE
            | abi::VIR_DUMP_RESET
            | abi::VIR_DUMP_MEMORY_ONLY;
        super::refuse_flags(flags, known, "virDomainCoreDumpWithFormat")?;
        let vm = self.shared.find(domain)?;
        let job = vm.job.begin(dump::JOB)?;
        dump::dump(&self.shared, &vm, &job, Path::new(to), format, flags).map_err(own)
    }

    fn domain_get_job_info(&self, domain: &DomainId) -> Result<JobInfo> {
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        if let Some(info) = backup::info(&self.shared, &live).map_err(own)? {
            return Ok(info);
        }
        let Some((name, elapsed)) = vm.job.current().filter(|(name, _)| is_long(name)) else {
            return Ok(JobInfo { kind: abi::VIR_DOMAIN_JOB_NONE as i32, ..JobInfo::default() });
        };
        tracing::debug!(job = name, "a job is asked for");
        let mut info = JobInfo {
            kind: abi::VIR_DOMAIN_JOB_UNBOUNDED as i32,
            time_elapsed: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            ..JobInfo::default()
        };
        let migration = live.ask(&self.shared.reactor, QueryMigrate {}).map_err(own)?;
        if let Some(memory) = &migration.ram {
            let number = |name: &str| memory.get(name).and_then(Value::as_u64).unwrap_or(0);
            info.memory = JobProgress {
                total: number("total"),
                processed: number("transferred"),
                remaining: number("remaining"),
            };
            info.data = info.memory;
        }
        Ok(info)
    }

    fn domain_get_job_stats(&self, domain: &DomainId, flags: u32) -> Result<JobStats> {
        let known = abi::VIR_DOMAIN_JOB_STATS_COMPLETED | abi::VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED;
        super::refuse_flags(flags, known, "virDomainGetJobStats")?;
        let vm = self.shared.find(domain)?;
        if flags & abi::VIR_DOMAIN_JOB_STATS_COMPLETED != 0 {
            // Of jobs that have ended only backups are remembered.
            let keep = flags & abi::VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED != 0;
            let none = JobStats { kind: abi::VIR_DOMAIN_JOB_NONE as i32, params: TypedParams::new() };
            return Ok(vm.view().live.as_ref().map_or(none, |live| live.backups.completed(keep)));
        }
        if let Some(stats) = backup::stats(&self.shared, &*vm.live()?).map_err(own)? {
            return Ok(stats);
        }
        let info = self.domain_get_job_info(domain)?;
        let mut params = TypedParams::new();
        if info.kind != abi::VIR_DOMAIN_JOB_NONE as i32 {
            params.add("time_elapsed", info.time_elapsed);
            params.add("data_total", info.data.total);
            params.add("data_processed", info.data.processed);
            params.add("data_remaining", info.data.remaining);
            params.add("memory_total", info.memory.total);
            params.add("memory_processed", info.memory.processed);
            params.add("memory_remaining", info.memory.remaining);
        }
        Ok(JobStats { kind: info.kind, params })
    }

    fn domain_abort_job_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        super::refuse_flags(flags, abi::VIR_DOMAIN_ABORT_JOB_POSTCOPY, "virDomainAbortJobFlags")?;
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        if vm.job.current().is_some_and(|(name, _)| is_long(name)) && vm.job.cancel() {
            live.news.tell();
            return Ok(());
        }
        if live.backups.current().is_some() {
            return backup::abort(&self.shared, &live).map_err(own);
        }
        Err(own(Error::operation_invalid(format!("no job is active on domain '{}'", vm.name()))))
    }

    fn domain_backup_begin(
        &self,
        domain: &DomainId,
        backup_xml: &str,
        checkpoint_xml: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, abi::VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL, "virDomainBackupBegin")?;
        let vm = self.shared.find(domain)?;
        DomainBackup::from_xml(backup_xml)?;
        let _job = vm.job.begin("backup")?;
        let live = vm.view().live.clone().ok_or_else(|| {
            let text =
                format!("domain '{}' does not run, and only a running one can be backed up", vm.name());
            own(Error::new(ErrorCode::OperationUnsupported, text))
        })?;
        let guest = Guest { shared: &self.shared, vm: &vm, live: &live };
        backup::begin(&guest, backup_xml, checkpoint_xml, flags).map_err(own)
    }

    fn domain_backup_get_xml_desc(&self, domain: &DomainId, flags: u32) -> Result<String> {
        super::refuse_flags(flags, 0, "virDomainBackupGetXMLDesc")?;
        let view = self.shared.find(domain)?.view();
        let none = || Error::new(ErrorCode::NoDomainBackup, "no backup of the domain is under way");
        view.live.as_ref().ok_or_else(none).and_then(|live| live.backups.describe()).map_err(own)
    }
}

/// Jobs that take their time, and that can be ended.
fn is_long(name: &str) -> bool {
    [save::JOB, dump::JOB].contains(&name)
}

fn file_and_description(params: &TypedParams) -> Result<(Option<String>, Option<String>)> {
    use ferrovirt_core::KnownParam;
    let row = |name, kind: u32| KnownParam { name, kind: kind as i32, multiple: false };
    params.check(&[
        row(abi::VIR_DOMAIN_SAVE_PARAM_FILE, abi::VIR_TYPED_PARAM_STRING),
        row(abi::VIR_DOMAIN_SAVE_PARAM_DXML, abi::VIR_TYPED_PARAM_STRING),
        row(abi::VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT, abi::VIR_TYPED_PARAM_STRING),
        row(abi::VIR_DOMAIN_SAVE_PARAM_PARALLEL_CHANNELS, abi::VIR_TYPED_PARAM_INT),
    ])?;
    if let Some(format) = params.get_string(abi::VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT)?
        && format != "raw"
    {
        let text = format!("the image format '{format}' is not written here; there is 'raw'");
        return Err(own(Error::new(ErrorCode::OperationUnsupported, text)));
    }
    let text = |name| Ok::<_, Error>(params.get_string(name)?.map(str::to_owned));
    Ok((text(abi::VIR_DOMAIN_SAVE_PARAM_FILE)?, text(abi::VIR_DOMAIN_SAVE_PARAM_DXML)?))
}
