//! Disks: sizes, errors, block jobs.

use std::ffi::{c_char, c_int, c_longlong, c_ulong, c_ulonglong};

use crate::abi::VIR_TYPED_PARAM_FIELD_LENGTH;

/// Sizes of a disk, in bytes. Since 0.8.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainBlockInfo {
    /// Size the guest sees.
    pub capacity: c_ulonglong,
    /// Space that the host has given to it.
    pub allocation: c_ulonglong,
    /// Size of the container: the file's length or the device's size.
    pub physical: c_ulonglong,
}

/// Pointer to a `virDomainBlockInfo`. Since 0.8.1.
pub type virDomainBlockInfoPtr = *mut virDomainBlockInfo;

/// How a block job is getting on. Since 0.9.4.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainBlockJobInfo {
    /// A `virDomainBlockJobType`.
    pub r#type: c_int,
    /// Speed limit, in MiB/s or bytes per second as the flags ask.
    pub bandwidth: c_ulong,
    /// Work done.
    pub cur: virDomainBlockJobCursor,
    /// All the work; no fixed unit.
    pub end: virDomainBlockJobCursor,
}

/// Pointer to a `virDomainBlockJobInfo`. Since 0.9.4.
pub type virDomainBlockJobInfoPtr = *mut virDomainBlockJobInfo;

/// Counters of a disk; -1 where one is not known. Since 0.3.3.
#[doc(alias = "_virDomainBlockStats")]
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainBlockStatsStruct {
    /// Read requests.
    pub rd_req: c_longlong,
    /// Bytes read.
    pub rd_bytes: c_longlong,
    /// Write requests.
    pub wr_req: c_longlong,
    /// Bytes written.
    pub wr_bytes: c_longlong,
    /// Errors, on Xen.
    pub errs: c_longlong,
}

/// Pointer to a `virDomainBlockStatsStruct`. Since 0.3.2.
pub type virDomainBlockStatsPtr = *mut virDomainBlockStatsStruct;

/// A disk that is in trouble. Since 0.9.10.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainDiskError {
    /// Target name.
    pub disk: *mut c_char,
    /// A `virDomainDiskErrorCode`.
    pub error: c_int,
}

/// Pointer to a `virDomainDiskError`. Since 0.9.10.
pub type virDomainDiskErrorPtr = *mut virDomainDiskError;

/// A position in a block job. Since 0.9.4.
pub type virDomainBlockJobCursor = c_ulonglong;

c_enum! {
    /// Flags for a block commit. Since 0.10.2.
    pub enum virDomainBlockCommitFlags: u32 {
        /// Commit into the immediate backing file only. Since 0.10.2.
        VIR_DOMAIN_BLOCK_COMMIT_SHALLOW = 1 << 0,
        /// Remove the images that the commit made useless. Since 0.10.2.
        VIR_DOMAIN_BLOCK_COMMIT_DELETE = 1 << 1,
        /// Allow the commit of the image in use; it must be pivoted afterwards. Since 1.2.6.
        VIR_DOMAIN_BLOCK_COMMIT_ACTIVE = 1 << 2,
        /// Keep backing file names relative. Since 1.2.7.
        VIR_DOMAIN_BLOCK_COMMIT_RELATIVE = 1 << 3,
        /// The bandwidth argument is in bytes per second, not MiB. Since 1.2.9.
        VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES = 1 << 4,
    }
}

c_enum! {
    /// Flags for a block copy. Since 1.2.8.
    pub enum virDomainBlockCopyFlags: u32 {
        /// Copy the top image and share its backing chain. Since 1.2.8.
        VIR_DOMAIN_BLOCK_COPY_SHALLOW = 1 << 0,
        /// The target file exists already. Since 1.2.8.
        VIR_DOMAIN_BLOCK_COPY_REUSE_EXT = 1 << 1,
        /// Allow the copy although it would not survive the end of the guest. Since 3.5.0.
        VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB = 1 << 2,
        /// Guest writes wait for source and target alike, so the copy converges. Since 8.0.0.
        VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES = 1 << 3,
        /// The target is full of zeros already: blocks of zeros need not be written. Since 12.2.0.
        VIR_DOMAIN_BLOCK_COPY_TARGET_ZEROED = 1 << 4,
    }
}

c_enum! {
    /// Flags for ending a block job. Since 0.9.12.
    pub enum virDomainBlockJobAbortFlags: u32 {
        /// Ask for the end and return without waiting. Since 0.9.12.
        VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC = 1 << 0,
        /// Make the guest use the copy. Since 0.9.12.
        VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT = 1 << 1,
    }
}

c_enum! {
    /// Flags for the state of a block job. Since 1.2.9.
    pub enum virDomainBlockJobInfoFlags: u32 {
        /// Tell the bandwidth in bytes per second, not MiB. Since 1.2.9.
        VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES = 1 << 0,
    }
}

c_enum! {
    /// Flags for a block job's speed limit. Since 1.2.9.
    pub enum virDomainBlockJobSetSpeedFlags: u32 {
        /// The bandwidth argument is in bytes per second, not MiB. Since 1.2.9.
        VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES = 1 << 0,
    }
}

c_enum! {
    /// What a block job does. Since 0.9.4.
    pub enum virDomainBlockJobType: u32 {
        /// Something that has no number here. Since 0.9.4.
        VIR_DOMAIN_BLOCK_JOB_TYPE_UNKNOWN = 0,
        /// Data of the backing chain moves into the top image. Since 0.9.4.
        VIR_DOMAIN_BLOCK_JOB_TYPE_PULL = 1,
        /// The disk is copied to another place. Since 0.9.12.
        VIR_DOMAIN_BLOCK_JOB_TYPE_COPY = 2,
        /// Data of upper images moves into a lower one. Since 0.10.2.
        VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT = 3,
        /// The image in use is committed; it must be pivoted. Since 1.2.6.
        VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT = 4,
        /// Part of a backup. Since 6.0.0.
        VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP = 5,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_BLOCK_JOB_TYPE_LAST = 6,
    }
}

c_enum! {
    /// Flags for a block pull. Since 1.2.9.
    pub enum virDomainBlockPullFlags: u32 {
        /// The bandwidth argument is in bytes per second, not MiB. Since 1.2.9.
        VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES = 1 << 6,
    }
}

c_enum! {
    /// Flags for a block rebase. Since 0.9.12.
    pub enum virDomainBlockRebaseFlags: u32 {
        /// Copy the top image only. Since 0.9.12.
        VIR_DOMAIN_BLOCK_REBASE_SHALLOW = 1 << 0,
        /// The target file exists already. Since 0.9.12.
        VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT = 1 << 1,
        /// The copy is a raw image. Since 0.9.12.
        VIR_DOMAIN_BLOCK_REBASE_COPY_RAW = 1 << 2,
        /// Start a copy, not a pull. Since 0.9.12.
        VIR_DOMAIN_BLOCK_REBASE_COPY = 1 << 3,
        /// Keep backing file names relative. Since 1.2.7.
        VIR_DOMAIN_BLOCK_REBASE_RELATIVE = 1 << 4,
        /// The target is a block device. Since 1.2.9.
        VIR_DOMAIN_BLOCK_REBASE_COPY_DEV = 1 << 5,
        /// The bandwidth argument is in bytes per second, not MiB. Since 1.2.9.
        VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES = 1 << 6,
    }
}

c_enum! {
    /// Flags for the resize of a disk. Since 0.9.11.
    pub enum virDomainBlockResizeFlags: u32 {
        /// The size is in bytes, not KiB. Since 0.9.11.
        VIR_DOMAIN_BLOCK_RESIZE_BYTES = 1 << 0,
        /// Grow to the whole of the block device, whatever size is given. Since 10.0.0.
        VIR_DOMAIN_BLOCK_RESIZE_CAPACITY = 1 << 1,
        /// Only ever grow. Since 12.3.0.
        VIR_DOMAIN_BLOCK_RESIZE_EXTEND = 1 << 2,
    }
}

c_enum! {
    /// Trouble of a disk. Since 0.9.10.
    pub enum virDomainDiskErrorCode: u32 {
        /// No error. Since 0.9.10.
        VIR_DOMAIN_DISK_ERROR_NONE = 0,
        /// Some error of input or output. Since 0.9.10.
        VIR_DOMAIN_DISK_ERROR_UNSPEC = 1,
        /// The host's storage is full. Since 0.9.10.
        VIR_DOMAIN_DISK_ERROR_NO_SPACE = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_DISK_ERROR_LAST = 3,
    }
}

c_enum! {
    /// Flags for descriptors lent to a domain. Since 9.0.0.
    pub enum virDomainFDAssociateFlags: u32 {
        /// Put the security label back afterwards. Since 9.0.0.
        VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_RESTORE = 1 << 0,
        /// Label the file for writing even where the disk is read-only. Since 9.0.0.
        VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE = 1 << 1,
    }
}

/// Speed limit, in bytes per second (ullong). Since 1.2.8.
pub const VIR_DOMAIN_BLOCK_COPY_BANDWIDTH: &str = "bandwidth";

/// How much may be on its way, in bytes (ullong). Since 1.2.8.
pub const VIR_DOMAIN_BLOCK_COPY_BUF_SIZE: &str = "buf-size";

/// Dirty tracking in pieces of this many bytes, a power of two (uint). Since 1.2.8.
pub const VIR_DOMAIN_BLOCK_COPY_GRANULARITY: &str = "granularity";

/// Errors (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_ERRS: &str = "errs";

/// First name of `VIR_TYPED_PARAM_FIELD_LENGTH` for block statistics. Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_FIELD_LENGTH: usize = VIR_TYPED_PARAM_FIELD_LENGTH;

/// Flush requests (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ: &str = "flush_operations";

/// Time in flushes, in nanoseconds (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES: &str = "flush_total_times";

/// Bytes read (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_READ_BYTES: &str = "rd_bytes";

/// Read requests (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_READ_REQ: &str = "rd_operations";

/// Time in reads, in nanoseconds (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES: &str = "rd_total_times";

/// Bytes written (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES: &str = "wr_bytes";

/// Write requests (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_WRITE_REQ: &str = "wr_operations";

/// Time in writes, in nanoseconds (llong). Since 0.9.5.
pub const VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES: &str = "wr_total_times";
