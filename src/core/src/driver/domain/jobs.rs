//! Long work on a domain: save, restore, core dump, backup, job information.

use crate::{DomainId, TypedParams};

/// What the job under way has done and has left to do (`virDomainJobInfo`): milliseconds and bytes, 0 where unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobInfo {
    /// `virDomainJobType`.
    pub kind: i32,
    pub time_elapsed: u64,
    pub time_remaining: u64,
    /// All of the job: the sum of memory and files.
    pub data: JobProgress,
    pub memory: JobProgress,
    pub files: JobProgress,
}

/// Bytes of one part of a job. While the guest keeps changing them, the total may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobProgress {
    pub total: u64,
    pub processed: u64,
    pub remaining: u64,
}

/// A job by named values, which grow with the releases.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobStats {
    /// `virDomainJobType`.
    pub kind: i32,
    /// `VIR_DOMAIN_JOB_*` names.
    pub params: TypedParams,
}

driver_trait! {
    /// Long work on a domain: save, restore, core dump, backup, job information. Paths are absolute.
    pub trait DomainJobs in Domain {
        /// Stops the guest and keeps its state in the file `to`; `xml` replaces the description kept with it.
        fn domain_save_flags(&self, domain: &DomainId, to: &str, xml: Option<&str>, flags: u32) -> () = "virDomainSaveFlags" writes;
        /// `params` are `VIR_DOMAIN_SAVE_PARAM_*`.
        fn domain_save_params(&self, domain: &DomainId, params: &TypedParams, flags: u32) -> () = "virDomainSaveParams" writes;
        fn domain_restore_flags(&self, from: &str, xml: Option<&str>, flags: u32) -> () = "virDomainRestoreFlags" writes;
        fn domain_restore_params(&self, params: &TypedParams, flags: u32) -> () = "virDomainRestoreParams" writes;
        fn domain_save_image_get_xml_desc(&self, file: &str, flags: u32) -> String = "virDomainSaveImageGetXMLDesc" writes;
        fn domain_save_image_define_xml(&self, file: &str, xml: &str, flags: u32) -> () = "virDomainSaveImageDefineXML" writes;
        /// Saves to a file that the driver keeps and takes up again at the next start.
        fn domain_managed_save(&self, domain: &DomainId, flags: u32) -> () = "virDomainManagedSave" writes;
        fn domain_has_managed_save_image(&self, domain: &DomainId, flags: u32) -> bool = "virDomainHasManagedSaveImage";
        fn domain_managed_save_remove(&self, domain: &DomainId, flags: u32) -> () = "virDomainManagedSaveRemove" writes;
        fn domain_managed_save_get_xml_desc(&self, domain: &DomainId, flags: u32) -> String = "virDomainManagedSaveGetXMLDesc";
        /// Without `xml` only what the flags say of the state after the start is changed.
        fn domain_managed_save_define_xml(
            &self,
            domain: &DomainId,
            xml: Option<&str>,
            flags: u32,
        ) -> () = "virDomainManagedSaveDefineXML" writes;
        /// `format` is a `virDomainCoreDumpFormat`.
        fn domain_core_dump_with_format(
            &self,
            domain: &DomainId,
            to: &str,
            format: u32,
            flags: u32,
        ) -> () = "virDomainCoreDumpWithFormat" writes;
        fn domain_get_job_info(&self, domain: &DomainId) -> JobInfo = "virDomainGetJobInfo";
        fn domain_get_job_stats(&self, domain: &DomainId, flags: u32) -> JobStats = "virDomainGetJobStats";
        fn domain_abort_job_flags(&self, domain: &DomainId, flags: u32) -> () = "virDomainAbortJobFlags" writes;
        /// Starts a backup and returns; a checkpoint may be made at the same instant.
        fn domain_backup_begin(
            &self,
            domain: &DomainId,
            backup_xml: &str,
            checkpoint_xml: Option<&str>,
            flags: u32,
        ) -> () = "virDomainBackupBegin" writes;
        fn domain_backup_get_xml_desc(&self, domain: &DomainId, flags: u32) -> String = "virDomainBackupGetXMLDesc";
    }
}
