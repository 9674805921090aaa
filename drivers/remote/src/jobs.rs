//! Long work on domains: save, restore, core dump, backup, job information.

use crate::RemoteDriver;
use crate::forward::{forward, text};
use ferrovirt_core::driver::{DomainJobs, JobInfo, JobProgress, JobStats};
use ferrovirt_core::{DomainId, Result, TypedParams};
use ferrovirt_rpc::program::remote::*;

impl DomainJobs for RemoteDriver {
    forward! {
        fn domain_save_flags(domain: &DomainId, to: &str, xml: Option<&str>, flags: u32) -> () =
            DomainSaveFlags { dom: domain.clone(), to: to.into(), dxml: text(xml), flags };
        fn domain_save_params(domain: &DomainId, params: &TypedParams, flags: u32) -> () =
            DomainSaveParams { dom: domain.clone(), params: params.into(), flags };
        fn domain_restore_flags(from: &str, xml: Option<&str>, flags: u32) -> () =
            DomainRestoreFlags { from: from.into(), dxml: text(xml), flags };
        fn domain_restore_params(params: &TypedParams, flags: u32) -> () =
            DomainRestoreParams { params: params.into(), flags };
        fn domain_save_image_get_xml_desc(file: &str, flags: u32) -> String =
            DomainSaveImageGetXmlDesc { file: file.into(), flags };
        fn domain_save_image_define_xml(file: &str, xml: &str, flags: u32) -> () =
            DomainSaveImageDefineXml { file: file.into(), dxml: xml.into(), flags };
        fn domain_managed_save(domain: &DomainId, flags: u32) -> () =
            DomainManagedSave { dom: domain.clone(), flags };
        fn domain_has_managed_save_image(domain: &DomainId, flags: u32) -> bool =
            DomainHasManagedSaveImage { dom: domain.clone(), flags };
        fn domain_managed_save_remove(domain: &DomainId, flags: u32) -> () =
            DomainManagedSaveRemove { dom: domain.clone(), flags };
        fn domain_managed_save_get_xml_desc(domain: &DomainId, flags: u32) -> String =
            DomainManagedSaveGetXmlDesc { dom: domain.clone(), flags };
        fn domain_managed_save_define_xml(domain: &DomainId, xml: Option<&str>, flags: u32) -> () =
            DomainManagedSaveDefineXml { dom: domain.clone(), dxml: text(xml), flags };
        fn domain_core_dump_with_format(domain: &DomainId, to: &str, format: u32, flags: u32) -> () =
            DomainCoreDumpWithFormat { dom: domain.clone(), to: to.into(), dumpformat: format, flags };
        fn domain_get_job_info(domain: &DomainId) -> JobInfo = DomainGetJobInfo { dom: domain.clone() } => info;
        fn domain_get_job_stats(domain: &DomainId, flags: u32) -> JobStats =
            DomainGetJobStats { dom: domain.clone(), flags }
            => |reply| JobStats { kind: reply.kind, params: reply.params.0 };
        fn domain_backup_begin(
            domain: &DomainId,
            backup_xml: &str,
            checkpoint_xml: Option<&str>,
            flags: u32,
        ) -> () = DomainBackupBegin {
            dom: domain.clone(),
            backup_xml: backup_xml.into(),
            checkpoint_xml: text(checkpoint_xml),
            flags,
        };
        fn domain_backup_get_xml_desc(domain: &DomainId, flags: u32) -> String =
            DomainBackupGetXmlDesc { dom: domain.clone(), flags };
    }

    /// Older daemons only have the call without flags.
    fn domain_abort_job_flags(&self, domain: &DomainId, flags: u32) -> Result<()> {
        let dom = domain.clone();
        match flags {
            0 => self.call(&DomainAbortJob { dom }),
            _ => self.call(&DomainAbortJobFlags { dom, flags }),
        }
    }
}

fn info(reply: DomainGetJobInfoReply) -> JobInfo {
    let part = |total, processed, remaining| JobProgress { total, processed, remaining };
    JobInfo {
        kind: reply.kind,
        time_elapsed: reply.time_elapsed,
        time_remaining: reply.time_remaining,
        data: part(reply.data_total, reply.data_processed, reply.data_remaining),
        memory: part(reply.mem_total, reply.mem_processed, reply.mem_remaining),
        files: part(reply.file_total, reply.file_processed, reply.file_remaining),
    }
}
