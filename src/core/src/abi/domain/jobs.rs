//! Jobs, migration, backup and save: flags, parameters and statistics.

use std::ffi::{c_int, c_ulonglong};

use crate::abi::VIR_DOMAIN_XML_SECURE;

/// How a job is getting on; times in milliseconds, sizes in bytes, 0 where not known. Since 0.7.7.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainJobInfo {
    /// A `virDomainJobType`.
    pub r#type: c_int,
    /// Time since it began.
    pub timeElapsed: c_ulonglong,
    /// Time to go, for a bounded job.
    pub timeRemaining: c_ulonglong,
    /// All data.
    pub dataTotal: c_ulonglong,
    /// Data done.
    pub dataProcessed: c_ulonglong,
    /// Data to do.
    pub dataRemaining: c_ulonglong,
    /// All memory.
    pub memTotal: c_ulonglong,
    /// Memory done.
    pub memProcessed: c_ulonglong,
    /// Memory to do.
    pub memRemaining: c_ulonglong,
    /// All of the disks.
    pub fileTotal: c_ulonglong,
    /// Disks done.
    pub fileProcessed: c_ulonglong,
    /// Disks to do.
    pub fileRemaining: c_ulonglong,
}

/// Pointer to a `virDomainJobInfo`. Since 0.7.7.
pub type virDomainJobInfoPtr = *mut virDomainJobInfo;

c_enum! {
    /// Flags for aborting a job. Since 8.5.0.
    pub enum virDomainAbortJobFlagsValues: u32 {
        /// Interrupt a migration even in its post-copy phase; the guest stays paused until it is resumed. Since 8.5.0.
        VIR_DOMAIN_ABORT_JOB_POSTCOPY = 1 << 0,
    }
}

c_enum! {
    /// Flags for the start of a backup. Since 6.0.0.
    pub enum virDomainBackupBeginFlags: u32 {
        /// Write into images that the caller has prepared. Since 6.0.0.
        VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL = 1 << 0,
        /// A guest that shuts down meanwhile stays, stopped, until the backup has ended. Since 11.10.0.
        VIR_DOMAIN_BACKUP_BEGIN_PRESERVE_SHUTDOWN_DOMAIN = 1 << 1,
    }
}

c_enum! {
    /// Format of a memory-only dump. Since 1.2.3.
    pub enum virDomainCoreDumpFormat: u32 {
        /// ELF, not compressed. Since 1.2.3.
        VIR_DOMAIN_CORE_DUMP_FORMAT_RAW = 0,
        /// kdump, compressed with zlib. Since 1.2.3.
        VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB = 1,
        /// kdump, compressed with LZO. Since 1.2.3.
        VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO = 2,
        /// kdump, compressed with Snappy. Since 1.2.3.
        VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY = 3,
        /// Windows crash dump. Since 7.4.0.
        VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP = 4,
    }
    sentinel {
        /// One past the last member. Since 1.2.3.
        VIR_DOMAIN_CORE_DUMP_FORMAT_LAST = 5,
    }
}

c_enum! {
    /// State of a job. Since 0.7.7.
    pub enum virDomainJobType: u32 {
        /// No job. Since 0.7.7.
        VIR_DOMAIN_JOB_NONE = 0,
        /// Runs, and the end can be foreseen. Since 0.7.7.
        VIR_DOMAIN_JOB_BOUNDED = 1,
        /// Runs, and the end cannot be foreseen. Since 0.7.7.
        VIR_DOMAIN_JOB_UNBOUNDED = 2,
        /// Ended well, resources not yet released. Since 0.7.7.
        VIR_DOMAIN_JOB_COMPLETED = 3,
        /// Ended in failure, resources not yet released. Since 0.7.7.
        VIR_DOMAIN_JOB_FAILED = 4,
        /// Was aborted, resources not yet released. Since 0.7.7.
        VIR_DOMAIN_JOB_CANCELLED = 5,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_JOB_LAST = 6,
    }
}

c_enum! {
    /// Which operation a job carries out. Since 3.3.0.
    pub enum virDomainJobOperation: u32 {
        /// Not known. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_UNKNOWN = 0,
        /// Start. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_START = 1,
        /// Save to a file. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_SAVE = 2,
        /// Restore from a file. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_RESTORE = 3,
        /// Migration to this host. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN = 4,
        /// Migration away from this host. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT = 5,
        /// Creating a snapshot. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_SNAPSHOT = 6,
        /// Reverting to a snapshot. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT = 7,
        /// Core dump. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_DUMP = 8,
        /// Backup. Since 6.0.0.
        VIR_DOMAIN_JOB_OPERATION_BACKUP = 9,
        /// Deleting a snapshot. Since 9.0.0.
        VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE = 10,
    }
    sentinel {
        /// One past the last member. Since 3.3.0.
        VIR_DOMAIN_JOB_OPERATION_LAST = 11,
    }
}

c_enum! {
    /// Flags for a job's statistics. Since 1.2.9.
    pub enum virDomainGetJobStatsFlags: u32 {
        /// Of the job that ended last. Since 1.2.9.
        VIR_DOMAIN_JOB_STATS_COMPLETED = 1 << 0,
        /// Do not forget them after this call. Since 6.0.0.
        VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED = 1 << 1,
    }
}

c_enum! {
    /// Flags for the speed limit of a migration. Since 5.1.0.
    pub enum virDomainMigrateMaxSpeedFlags: u32 {
        /// The limit is for the post-copy phase. Since 5.1.0.
        VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY = 1 << 0,
    }
}

c_enum! {
    /// Flags for save and restore. Since 0.9.4.
    pub enum virDomainSaveRestoreFlags: u32 {
        /// Keep the host's page cache out of it. Since 0.9.4.
        VIR_DOMAIN_SAVE_BYPASS_CACHE = 1 << 0,
        /// Run afterwards, whatever the image says. Since 0.9.5.
        VIR_DOMAIN_SAVE_RUNNING = 1 << 1,
        /// Stay paused afterwards, whatever the image says. Since 0.9.5.
        VIR_DOMAIN_SAVE_PAUSED = 1 << 2,
        /// Make the NVRAM anew from its template. Since 8.1.0.
        VIR_DOMAIN_SAVE_RESET_NVRAM = 1 << 3,
    }
}

c_enum! {
    /// Flags for the XML of a save image. Since 5.1.0.
    pub enum virDomainSaveImageXMLFlags: u32 {
        /// Show passwords too. Since 5.1.0.
        VIR_DOMAIN_SAVE_IMAGE_XML_SECURE = VIR_DOMAIN_XML_SECURE,
    }
}

c_enum! {
    /// Flags for a core dump. Since 0.7.5.
    pub enum virDomainCoreDumpFlags: u32 {
        /// End the guest afterwards, as crashed. Since 0.7.5.
        VIR_DUMP_CRASH = 1 << 0,
        /// Let the guest run meanwhile. Since 0.7.5.
        VIR_DUMP_LIVE = 1 << 1,
        /// Keep the host's page cache out of it. Since 0.9.4.
        VIR_DUMP_BYPASS_CACHE = 1 << 2,
        /// Reset the guest afterwards. Since 0.9.7.
        VIR_DUMP_RESET = 1 << 3,
        /// Only the guest's memory, in a format that crash tools read. Since 0.9.13.
        VIR_DUMP_MEMORY_ONLY = 1 << 4,
    }
}

c_enum! {
    /// Flags for a migration. Since 0.3.2.
    pub enum virDomainMigrateFlags: u32 {
        /// Keep the guest running as long as possible. Since 0.3.2.
        VIR_MIGRATE_LIVE = 1 << 0,
        /// The source host talks to the target host itself. Since 0.7.2.
        VIR_MIGRATE_PEER2PEER = 1 << 1,
        /// Send the data through the daemons' connection. Since 0.7.2.
        VIR_MIGRATE_TUNNELLED = 1 << 2,
        /// Store the definition on the target. Since 0.7.3.
        VIR_MIGRATE_PERSIST_DEST = 1 << 3,
        /// Remove the definition from the source. Since 0.7.3.
        VIR_MIGRATE_UNDEFINE_SOURCE = 1 << 4,
        /// Leave the guest paused on the target. Since 0.7.5.
        VIR_MIGRATE_PAUSED = 1 << 5,
        /// Copy whole disks. Since 0.8.2.
        VIR_MIGRATE_NON_SHARED_DISK = 1 << 6,
        /// Copy the top images only. Since 0.8.2.
        VIR_MIGRATE_NON_SHARED_INC = 1 << 7,
        /// Refuse changes of the configuration meanwhile. Since 0.9.4.
        VIR_MIGRATE_CHANGE_PROTECTION = 1 << 8,
        /// Do it although data could be lost, as with host caches. Since 0.9.11.
        VIR_MIGRATE_UNSAFE = 1 << 9,
        /// Move only the definition. Since 1.0.1.
        VIR_MIGRATE_OFFLINE = 1 << 10,
        /// Compress memory on its way. Since 1.0.3.
        VIR_MIGRATE_COMPRESSED = 1 << 11,
        /// Give up at a disk error. Since 1.1.0.
        VIR_MIGRATE_ABORT_ON_ERROR = 1 << 12,
        /// Slow the guest's CPUs down until it converges. Since 1.2.3.
        VIR_MIGRATE_AUTO_CONVERGE = 1 << 13,
        /// Pin all memory before it goes over RDMA. Since 1.2.9.
        VIR_MIGRATE_RDMA_PIN_ALL = 1 << 14,
        /// Allow the switch to post-copy. Since 1.3.3.
        VIR_MIGRATE_POSTCOPY = 1 << 15,
        /// Encrypt the connection. Since 3.2.0.
        VIR_MIGRATE_TLS = 1 << 16,
        /// Send over several connections. Since 5.2.0.
        VIR_MIGRATE_PARALLEL = 1 << 17,
        /// Guest writes wait for both hosts' disks. Since 8.0.0.
        VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES = 1 << 18,
        /// Go on with a post-copy migration that broke. Since 8.5.0.
        VIR_MIGRATE_POSTCOPY_RESUME = 1 << 19,
        /// Send without copying memory first. Since 8.5.0.
        VIR_MIGRATE_ZEROCOPY = 1 << 20,
    }
}

/// How much the CPUs are slowed down, in percent (int). Since 2.0.0.
pub const VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE: &str = "auto_converge_throttle";

/// Bytes sent compressed (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_COMPRESSION_BYTES: &str = "compression_bytes";

/// Size of the compression cache, in bytes (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_COMPRESSION_CACHE: &str = "compression_cache";

/// Pages that the cache did not hold (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_COMPRESSION_CACHE_MISSES: &str = "compression_cache_misses";

/// Pages that grew by compression and went plain (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_COMPRESSION_OVERFLOW: &str = "compression_overflow";

/// Pages sent compressed (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_COMPRESSION_PAGES: &str = "compression_pages";

/// Bytes done (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_DATA_PROCESSED: &str = "data_processed";

/// Bytes to do (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_DATA_REMAINING: &str = "data_remaining";

/// Bytes in all (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_DATA_TOTAL: &str = "data_total";

/// Speed of the disks, in bytes per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_JOB_DISK_BPS: &str = "disk_bps";

/// Bytes of disks done (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_DISK_PROCESSED: &str = "disk_processed";

/// Bytes of disks to do (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_DISK_REMAINING: &str = "disk_remaining";

/// Room for temporary disk data, in bytes (ullong). Since 6.0.0.
pub const VIR_DOMAIN_JOB_DISK_TEMP_TOTAL: &str = "disk_temp_total";

/// Temporary disk data, in bytes (ullong). Since 6.0.0.
pub const VIR_DOMAIN_JOB_DISK_TEMP_USED: &str = "disk_temp_used";

/// Bytes of disks in all (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_DISK_TOTAL: &str = "disk_total";

/// How long the guest stands still, in milliseconds (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_DOWNTIME: &str = "downtime";

/// Part of the downtime that was spent on the network, in milliseconds (ullong). Since 1.2.15.
pub const VIR_DOMAIN_JOB_DOWNTIME_NET: &str = "downtime_net";

/// Why the job failed (string). Since 6.3.0.
pub const VIR_DOMAIN_JOB_ERRMSG: &str = "errmsg";

/// Speed of memory, in bytes per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_JOB_MEMORY_BPS: &str = "memory_bps";

/// Pages filled with one byte (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_MEMORY_CONSTANT: &str = "memory_constant";

/// Pages dirtied per second (ullong). Since 1.3.1.
pub const VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE: &str = "memory_dirty_rate";

/// How many passes over memory began (ullong). Since 1.3.1.
pub const VIR_DOMAIN_JOB_MEMORY_ITERATION: &str = "memory_iteration";

/// Pages sent plain (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_MEMORY_NORMAL: &str = "memory_normal";

/// Bytes sent plain (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES: &str = "memory_normal_bytes";

/// Size of a page, in bytes (ullong). Since 3.9.0.
pub const VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE: &str = "memory_page_size";

/// Pages asked for in post-copy (ullong). Since 5.0.0.
pub const VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS: &str = "memory_postcopy_requests";

/// Bytes of memory done (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_MEMORY_PROCESSED: &str = "memory_processed";

/// Bytes of memory to do (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_MEMORY_REMAINING: &str = "memory_remaining";

/// Bytes of memory in all (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_MEMORY_TOTAL: &str = "memory_total";

/// What the job does, a `virDomainJobOperation` (int). Since 3.3.0.
pub const VIR_DOMAIN_JOB_OPERATION: &str = "operation";

/// Time to set up, in milliseconds (ullong). Since 1.2.9.
pub const VIR_DOMAIN_JOB_SETUP_TIME: &str = "setup_time";

/// Whether the job succeeded (boolean). Since 6.0.0.
pub const VIR_DOMAIN_JOB_SUCCESS: &str = "success";

/// Time since the job began, in milliseconds (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_TIME_ELAPSED: &str = "time_elapsed";

/// The same without time differences between hosts, in milliseconds (ullong). Since 1.2.15.
pub const VIR_DOMAIN_JOB_TIME_ELAPSED_NET: &str = "time_elapsed_net";

/// Time to go, in milliseconds (ullong). Since 1.0.3.
pub const VIR_DOMAIN_JOB_TIME_REMAINING: &str = "time_remaining";

/// Bytes of VFIO device state sent (ullong). Since 10.6.0.
pub const VIR_DOMAIN_JOB_VFIO_DATA_TRANSFERRED: &str = "vfio_data_transferred";

/// XML that replaces the domain's on restore (string). Since 8.4.0.
pub const VIR_DOMAIN_SAVE_PARAM_DXML: &str = "dxml";

/// Path of the save image (string). Since 8.4.0.
pub const VIR_DOMAIN_SAVE_PARAM_FILE: &str = "file";

/// Format of the save image (string). Since 11.2.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT: &str = "image_format";

/// A save image compressed with bzip2. Since 12.0.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT_BZIP2: &str = "bzip2";

/// A save image compressed with gzip. Since 12.0.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT_GZIP: &str = "gzip";

/// A save image compressed with lzop. Since 12.0.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT_LZOP: &str = "lzop";

/// A save image as it is. Since 12.0.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT_RAW: &str = "raw";

/// A save image with holes, which several channels may write. Since 12.0.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT_SPARSE: &str = "sparse";

/// A save image compressed with xz. Since 12.0.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT_XZ: &str = "xz";

/// A save image compressed with zstd. Since 12.0.0.
pub const VIR_DOMAIN_SAVE_PARAM_IMAGE_FORMAT_ZSTD: &str = "zstd";

/// How many channels write at once (int). Since 11.2.0.
pub const VIR_DOMAIN_SAVE_PARAM_PARALLEL_CHANNELS: &str = "parallel.channels";

/// How much more the CPUs are slowed down each time, in percent (int). Since 2.0.0.
pub const VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT: &str = "auto_converge.increment";

/// How much the CPUs are slowed down at first, in percent (int). Since 2.0.0.
pub const VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL: &str = "auto_converge.initial";

/// Speed limit, in MiB/s (ullong). Since 1.1.0.
pub const VIR_MIGRATE_PARAM_BANDWIDTH: &str = "bandwidth";

/// Bandwidth to reckon with at the switch-over, in bytes per second (ullong). Since 11.1.0.
pub const VIR_MIGRATE_PARAM_BANDWIDTH_AVAIL_SWITCHOVER: &str = "bandwidth.avail.switchover";

/// Speed limit of the post-copy phase, in MiB/s (ullong). Since 5.1.0.
pub const VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY: &str = "bandwidth.postcopy";

/// Compression method; may be given several times (string). Since 1.3.4.
pub const VIR_MIGRATE_PARAM_COMPRESSION: &str = "compression";

/// Threads that decompress (int). Since 1.3.4.
pub const VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS: &str = "compression.mt.dthreads";

/// Level of threaded compression, 0 to 9 (int). Since 1.3.4.
pub const VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL: &str = "compression.mt.level";

/// Threads that compress (int). Since 1.3.4.
pub const VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS: &str = "compression.mt.threads";

/// Cache for XBZRLE, in bytes (ullong). Since 1.3.4.
pub const VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE: &str = "compression.xbzrle.cache";

/// Level of zlib, 0 to 9 (int). Since 9.4.0.
pub const VIR_MIGRATE_PARAM_COMPRESSION_ZLIB_LEVEL: &str = "compression.zlib.level";

/// Level of zstd, 0 to 20 (int). Since 9.4.0.
pub const VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL: &str = "compression.zstd.level";

/// Name on the target (string). Since 1.1.0.
pub const VIR_MIGRATE_PARAM_DEST_NAME: &str = "destination_name";

/// XML for the target (string). Since 1.1.0.
pub const VIR_MIGRATE_PARAM_DEST_XML: &str = "destination_xml";

/// Port of the target's server for disks (int). Since 1.3.3.
pub const VIR_MIGRATE_PARAM_DISKS_PORT: &str = "disks_port";

/// URI of the target's server for disks (string). Since 6.8.0.
pub const VIR_MIGRATE_PARAM_DISKS_URI: &str = "disks_uri";

/// Where graphics clients shall go (string). Since 1.1.0.
pub const VIR_MIGRATE_PARAM_GRAPHICS_URI: &str = "graphics_uri";

/// Address that the target listens on (string). Since 1.1.4.
pub const VIR_MIGRATE_PARAM_LISTEN_ADDRESS: &str = "listen_address";

/// Target name of a disk to copy; may be given several times (string). Since 1.2.17.
pub const VIR_MIGRATE_PARAM_MIGRATE_DISKS: &str = "migrate_disks";

/// Target name of a disk whose zeros are left out; may be given several times (string). Since 10.9.0.
pub const VIR_MIGRATE_PARAM_MIGRATE_DISKS_DETECT_ZEROES: &str = "migrate_disks_detect_zeroes";

/// Target name of a disk whose copy begins full of zeros; may be given several times (string). Since 12.2.0.
pub const VIR_MIGRATE_PARAM_MIGRATE_DISKS_TARGET_ZERO: &str = "migrate_disks_target_zero";

/// How many connections are used (int). Since 5.2.0.
pub const VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS: &str = "parallel.connections";

/// XML of the definition on the target (string). Since 1.3.4.
pub const VIR_MIGRATE_PARAM_PERSIST_XML: &str = "persistent_xml";

/// Host name that the target's certificate must have (string). Since 6.0.0.
pub const VIR_MIGRATE_PARAM_TLS_DESTINATION: &str = "tls.destination";

/// Where the hypervisor sends the data (string). Since 1.1.0.
pub const VIR_MIGRATE_PARAM_URI: &str = "migrate_uri";
