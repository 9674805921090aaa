//! Disks: resizing, reading, block jobs, throttling, disk errors.

use crate::{DomainId, TypedParams};

/// Sizes of a disk, in bytes (`virDomainBlockInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockInfo {
    /// What the guest sees.
    pub capacity: u64,
    /// What the host has set aside for it.
    pub allocation: u64,
    /// How large the file or device that holds it is.
    pub physical: u64,
}

/// How far a block job has come (`virDomainBlockJobInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockJobInfo {
    /// `virDomainBlockJobType`.
    pub kind: i32,
    /// MiB/s, or bytes/s where the flags asked for it; 0 without a limit.
    pub bandwidth: u64,
    pub current: u64,
    pub end: u64,
}

/// A disk that is in trouble (`virDomainDiskError`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskError {
    /// The target, such as `vda`.
    pub disk: String,
    /// `virDomainDiskErrorCode`.
    pub error: i32,
}

driver_trait! {
    /// Disks: resizing, reading, block jobs, throttling, disk errors.
    pub trait DomainBlock in Domain {
        /// `size` is in KiB, or in bytes with `VIR_DOMAIN_BLOCK_RESIZE_BYTES`.
        fn domain_block_resize(&self, domain: &DomainId, disk: &str, size: u64, flags: u32) -> () = "virDomainBlockResize" writes;
        /// Exactly `size` bytes of the disk, from `offset` on.
        fn domain_block_peek(
            &self,
            domain: &DomainId,
            disk: &str,
            offset: u64,
            size: usize,
            flags: u32,
        ) -> Vec<u8> = "virDomainBlockPeek" writes;
        /// Exactly `size` bytes of the guest's memory, from `start` on.
        fn domain_memory_peek(&self, domain: &DomainId, start: u64, size: usize, flags: u32) -> Vec<u8> = "virDomainMemoryPeek" writes;
        fn domain_get_block_info(&self, domain: &DomainId, disk: &str, flags: u32) -> BlockInfo = "virDomainGetBlockInfo";
        fn domain_block_job_abort(&self, domain: &DomainId, disk: &str, flags: u32) -> () = "virDomainBlockJobAbort" writes;
        /// `None` where no job is under way on the disk.
        fn domain_get_block_job_info(
            &self,
            domain: &DomainId,
            disk: &str,
            flags: u32,
        ) -> Option<BlockJobInfo> = "virDomainGetBlockJobInfo";
        /// `bandwidth` here and below is in MiB/s, or bytes/s where the flags say so; 0 for no limit.
        fn domain_block_job_set_speed(
            &self,
            domain: &DomainId,
            disk: &str,
            bandwidth: u64,
            flags: u32,
        ) -> () = "virDomainBlockJobSetSpeed" writes;
        fn domain_block_pull(&self, domain: &DomainId, disk: &str, bandwidth: u64, flags: u32) -> () = "virDomainBlockPull" writes;
        /// `base` is the new backing file, or with `VIR_DOMAIN_BLOCK_REBASE_COPY` where the copy goes.
        fn domain_block_rebase(
            &self,
            domain: &DomainId,
            disk: &str,
            base: Option<&str>,
            bandwidth: u64,
            flags: u32,
        ) -> () = "virDomainBlockRebase" writes;
        fn domain_block_copy(
            &self,
            domain: &DomainId,
            disk: &str,
            dest_xml: &str,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainBlockCopy" writes;
        /// `None` for `base` and `top` is the bottom and the top of the chain.
        fn domain_block_commit(
            &self,
            domain: &DomainId,
            disk: &str,
            base: Option<&str>,
            top: Option<&str>,
            bandwidth: u64,
            flags: u32,
        ) -> () = "virDomainBlockCommit" writes;
        /// `disk` is absent where the caller only wants to know which parameters there are.
        fn domain_get_block_io_tune(
            &self,
            domain: &DomainId,
            disk: Option<&str>,
            flags: u32,
        ) -> TypedParams = "virDomainGetBlockIoTune";
        fn domain_set_block_io_tune(
            &self,
            domain: &DomainId,
            disk: &str,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainSetBlockIoTune" writes;
        /// How many disks could be in trouble: the most that [`DomainBlock::domain_get_disk_errors`] would tell of.
        fn domain_num_of_disk_errors(&self, domain: &DomainId, flags: u32) -> usize = "virDomainGetDiskErrors";
        /// The disks that are in trouble, and no others.
        fn domain_get_disk_errors(&self, domain: &DomainId, flags: u32) -> Vec<DiskError> = "virDomainGetDiskErrors";
        /// Sends one event when writes get past `threshold` bytes; 0 ends the watch.
        fn domain_set_block_threshold(
            &self,
            domain: &DomainId,
            device: &str,
            threshold: u64,
            flags: u32,
        ) -> () = "virDomainSetBlockThreshold" writes;
    }
}
