//! Tuning: scheduler, memory, block I/O, NUMA, vCPUs, I/O threads, bandwidth, launch security.

use std::ffi::{c_int, c_uchar, c_uint};

use crate::abi::{
    VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_CURRENT, VIR_DOMAIN_AFFECT_LIVE, VIR_TYPED_PARAM_BOOLEAN,
    VIR_TYPED_PARAM_DOUBLE, VIR_TYPED_PARAM_FIELD_LENGTH, VIR_TYPED_PARAM_INT, VIR_TYPED_PARAM_LLONG,
    VIR_TYPED_PARAM_UINT, VIR_TYPED_PARAM_ULLONG, virTypedParameter,
};

/// First name of a typed parameter for block I/O tuning. Since 0.9.0.
pub type virBlkioParameter = virTypedParameter;

/// Pointer to a `virBlkioParameter`. Since 0.9.0.
pub type virBlkioParameterPtr = *mut virBlkioParameter;

/// Where an I/O thread may run. Since 1.2.14.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainIOThreadInfo {
    /// Its id.
    pub iothread_id: c_uint,
    /// Host CPUs, one bit each.
    pub cpumap: *mut c_uchar,
    /// Bytes of the map.
    pub cpumaplen: c_int,
}

/// Pointer to a `virDomainIOThreadInfo`. Since 1.2.14.
pub type virDomainIOThreadInfoPtr = *mut virDomainIOThreadInfo;

/// First name of a typed parameter for memory tuning. Since 0.8.5.
pub type virMemoryParameter = virTypedParameter;

/// Pointer to a `virMemoryParameter`. Since 0.8.5.
pub type virMemoryParameterPtr = *mut virMemoryParameter;

/// First name of a typed parameter for the scheduler. Since 0.2.3.
pub type virSchedParameter = virTypedParameter;

/// Pointer to a `virSchedParameter`. Since 0.2.3.
pub type virSchedParameterPtr = *mut virSchedParameter;

c_enum! {
    /// Value types of block I/O tuning parameters, under their first names. Since 0.9.0.
    pub enum virBlkioParameterType: u32 {
        /// Same as `VIR_TYPED_PARAM_INT`. Since 0.9.0.
        VIR_DOMAIN_BLKIO_PARAM_INT = VIR_TYPED_PARAM_INT,
        /// Same as `VIR_TYPED_PARAM_UINT`. Since 0.9.0.
        VIR_DOMAIN_BLKIO_PARAM_UINT = VIR_TYPED_PARAM_UINT,
        /// Same as `VIR_TYPED_PARAM_LLONG`. Since 0.9.0.
        VIR_DOMAIN_BLKIO_PARAM_LLONG = VIR_TYPED_PARAM_LLONG,
        /// Same as `VIR_TYPED_PARAM_ULLONG`. Since 0.9.0.
        VIR_DOMAIN_BLKIO_PARAM_ULLONG = VIR_TYPED_PARAM_ULLONG,
        /// Same as `VIR_TYPED_PARAM_DOUBLE`. Since 0.9.0.
        VIR_DOMAIN_BLKIO_PARAM_DOUBLE = VIR_TYPED_PARAM_DOUBLE,
        /// Same as `VIR_TYPED_PARAM_BOOLEAN`. Since 0.9.0.
        VIR_DOMAIN_BLKIO_PARAM_BOOLEAN = VIR_TYPED_PARAM_BOOLEAN,
    }
}

c_enum! {
    /// Value types of memory tuning parameters, under their first names. Since 0.8.5.
    pub enum virMemoryParameterType: u32 {
        /// Same as `VIR_TYPED_PARAM_INT`. Since 0.8.5.
        VIR_DOMAIN_MEMORY_PARAM_INT = VIR_TYPED_PARAM_INT,
        /// Same as `VIR_TYPED_PARAM_UINT`. Since 0.8.5.
        VIR_DOMAIN_MEMORY_PARAM_UINT = VIR_TYPED_PARAM_UINT,
        /// Same as `VIR_TYPED_PARAM_LLONG`. Since 0.8.5.
        VIR_DOMAIN_MEMORY_PARAM_LLONG = VIR_TYPED_PARAM_LLONG,
        /// Same as `VIR_TYPED_PARAM_ULLONG`. Since 0.8.5.
        VIR_DOMAIN_MEMORY_PARAM_ULLONG = VIR_TYPED_PARAM_ULLONG,
        /// Same as `VIR_TYPED_PARAM_DOUBLE`. Since 0.8.5.
        VIR_DOMAIN_MEMORY_PARAM_DOUBLE = VIR_TYPED_PARAM_DOUBLE,
        /// Same as `VIR_TYPED_PARAM_BOOLEAN`. Since 0.8.5.
        VIR_DOMAIN_MEMORY_PARAM_BOOLEAN = VIR_TYPED_PARAM_BOOLEAN,
    }
}

c_enum! {
    /// What a memory change applies to. Since 0.9.0.
    pub enum virDomainMemoryModFlags: u32 {
        /// The state that the domain is in. Since 0.9.1.
        VIR_DOMAIN_MEM_CURRENT = VIR_DOMAIN_AFFECT_CURRENT,
        /// The running guest. Since 0.9.0.
        VIR_DOMAIN_MEM_LIVE = VIR_DOMAIN_AFFECT_LIVE,
        /// The stored definition. Since 0.9.0.
        VIR_DOMAIN_MEM_CONFIG = VIR_DOMAIN_AFFECT_CONFIG,
        /// The limit, not the present size. Since 0.9.1.
        VIR_DOMAIN_MEM_MAXIMUM = 1 << 2,
    }
}

c_enum! {
    /// How guest memory is placed on host nodes. Since 0.9.9.
    pub enum virDomainNumatuneMemMode: u32 {
        /// Only on the given nodes, or fail. Since 0.9.9.
        VIR_DOMAIN_NUMATUNE_MEM_STRICT = 0,
        /// On the given node while it has room. Since 0.9.9.
        VIR_DOMAIN_NUMATUNE_MEM_PREFERRED = 1,
        /// Spread over the given nodes. Since 0.9.9.
        VIR_DOMAIN_NUMATUNE_MEM_INTERLEAVE = 2,
        /// Only on the given nodes, set through cgroups alone. Since 7.3.0.
        VIR_DOMAIN_NUMATUNE_MEM_RESTRICTIVE = 3,
    }
    sentinel {
        /// One past the last member. Since 0.9.9.
        VIR_DOMAIN_NUMATUNE_MEM_LAST = 4,
    }
}

c_enum! {
    /// Value types of scheduler parameters, under their first names. Since 0.2.3.
    pub enum virSchedParameterType: u32 {
        /// Same as `VIR_TYPED_PARAM_INT`. Since 0.2.3.
        VIR_DOMAIN_SCHED_FIELD_INT = VIR_TYPED_PARAM_INT,
        /// Same as `VIR_TYPED_PARAM_UINT`. Since 0.2.3.
        VIR_DOMAIN_SCHED_FIELD_UINT = VIR_TYPED_PARAM_UINT,
        /// Same as `VIR_TYPED_PARAM_LLONG`. Since 0.2.3.
        VIR_DOMAIN_SCHED_FIELD_LLONG = VIR_TYPED_PARAM_LLONG,
        /// Same as `VIR_TYPED_PARAM_ULLONG`. Since 0.2.3.
        VIR_DOMAIN_SCHED_FIELD_ULLONG = VIR_TYPED_PARAM_ULLONG,
        /// Same as `VIR_TYPED_PARAM_DOUBLE`. Since 0.2.3.
        VIR_DOMAIN_SCHED_FIELD_DOUBLE = VIR_TYPED_PARAM_DOUBLE,
        /// Same as `VIR_TYPED_PARAM_BOOLEAN`. Since 0.2.3.
        VIR_DOMAIN_SCHED_FIELD_BOOLEAN = VIR_TYPED_PARAM_BOOLEAN,
    }
}

c_enum! {
    /// What a change of vCPUs applies to. Since 0.8.5.
    pub enum virDomainVcpuFlags: u32 {
        /// The state that the domain is in. Since 0.9.4.
        VIR_DOMAIN_VCPU_CURRENT = VIR_DOMAIN_AFFECT_CURRENT,
        /// The running guest. Since 0.8.5.
        VIR_DOMAIN_VCPU_LIVE = VIR_DOMAIN_AFFECT_LIVE,
        /// The stored definition. Since 0.8.5.
        VIR_DOMAIN_VCPU_CONFIG = VIR_DOMAIN_AFFECT_CONFIG,
        /// The limit, not the present count. Since 0.8.5.
        VIR_DOMAIN_VCPU_MAXIMUM = 1 << 2,
        /// Through the guest agent: bring vCPUs on or off line in the guest. Since 1.1.0.
        VIR_DOMAIN_VCPU_GUEST = 1 << 3,
        /// Make the added vCPUs unpluggable. Since 2.4.0.
        VIR_DOMAIN_VCPU_HOTPLUGGABLE = 1 << 4,
    }
}

/// Milliseconds before the first announcement of an interface (uint). Since 12.5.0.
pub const VIR_DOMAIN_ANNOUNCE_INTERFACE_INITIAL: &str = "initial";

/// Most milliseconds between two announcements of an interface (uint). Since 12.5.0.
pub const VIR_DOMAIN_ANNOUNCE_INTERFACE_MAX: &str = "max";

/// How often an interface is announced (uint). Since 12.5.0.
pub const VIR_DOMAIN_ANNOUNCE_INTERFACE_ROUNDS: &str = "rounds";

/// By how many milliseconds the time between two announcements of an interface grows (uint). Since 12.5.0.
pub const VIR_DOMAIN_ANNOUNCE_INTERFACE_STEP: &str = "step";

/// Inbound average rate of an interface, in KiB/s (uint). Since 0.9.9.
pub const VIR_DOMAIN_BANDWIDTH_IN_AVERAGE: &str = "inbound.average";

/// Inbound burst of an interface, in KiB (uint). Since 0.9.9.
pub const VIR_DOMAIN_BANDWIDTH_IN_BURST: &str = "inbound.burst";

/// Inbound rate guaranteed to an interface, in KiB/s (uint). Since 1.2.19.
pub const VIR_DOMAIN_BANDWIDTH_IN_FLOOR: &str = "inbound.floor";

/// Inbound peak rate of an interface, in KiB/s (uint). Since 0.9.9.
pub const VIR_DOMAIN_BANDWIDTH_IN_PEAK: &str = "inbound.peak";

/// Outbound average rate of an interface, in KiB/s (uint). Since 0.9.9.
pub const VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE: &str = "outbound.average";

/// Outbound burst of an interface, in KiB (uint). Since 0.9.9.
pub const VIR_DOMAIN_BANDWIDTH_OUT_BURST: &str = "outbound.burst";

/// Outbound peak rate of an interface, in KiB/s (uint). Since 0.9.9.
pub const VIR_DOMAIN_BANDWIDTH_OUT_PEAK: &str = "outbound.peak";

/// Read limits as `path,bytes per second,...` (string). Since 1.2.2.
pub const VIR_DOMAIN_BLKIO_DEVICE_READ_BPS: &str = "device_read_bytes_sec";

/// Read limits as `path,requests per second,...` (string). Since 1.2.2.
pub const VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS: &str = "device_read_iops_sec";

/// Weights as `path,weight,...` (string). Since 0.9.8.
pub const VIR_DOMAIN_BLKIO_DEVICE_WEIGHT: &str = "device_weight";

/// Write limits as `path,bytes per second,...` (string). Since 1.2.2.
pub const VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS: &str = "device_write_bytes_sec";

/// Write limits as `path,requests per second,...` (string). Since 1.2.2.
pub const VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS: &str = "device_write_iops_sec";

/// First name of `VIR_TYPED_PARAM_FIELD_LENGTH` for block I/O tuning. Since 0.9.0.
pub const VIR_DOMAIN_BLKIO_FIELD_LENGTH: usize = VIR_TYPED_PARAM_FIELD_LENGTH;

/// Weight of the whole domain (uint). Since 0.9.0.
pub const VIR_DOMAIN_BLKIO_WEIGHT: &str = "weight";

/// Throttle group whose limits disks share (string). Since 3.0.0.
pub const VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME: &str = "group_name";

/// Limit of a disk: reads, bytes per second (ullong). Since 0.9.8.
pub const VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC: &str = "read_bytes_sec";

/// Limit of a disk: reads in a burst, bytes per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX: &str = "read_bytes_sec_max";

/// Limit of a disk: reads, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_BLOCK_IOTUNE_READ_BYTES_SEC_MAX_LENGTH: &str = "read_bytes_sec_max_length";

/// Limit of a disk: reads, requests per second (ullong). Since 0.9.8.
pub const VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC: &str = "read_iops_sec";

/// Limit of a disk: reads in a burst, requests per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX: &str = "read_iops_sec_max";

/// Limit of a disk: reads, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_BLOCK_IOTUNE_READ_IOPS_SEC_MAX_LENGTH: &str = "read_iops_sec_max_length";

/// Limit of a disk: bytes that count as one request (ullong). Since 1.2.11.
pub const VIR_DOMAIN_BLOCK_IOTUNE_SIZE_IOPS_SEC: &str = "size_iops_sec";

/// Limit of a disk: reads and writes, bytes per second (ullong). Since 0.9.8.
pub const VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC: &str = "total_bytes_sec";

/// Limit of a disk: reads and writes in a burst, bytes per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX: &str = "total_bytes_sec_max";

/// Limit of a disk: reads and writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_BYTES_SEC_MAX_LENGTH: &str = "total_bytes_sec_max_length";

/// Limit of a disk: reads and writes, requests per second (ullong). Since 0.9.8.
pub const VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC: &str = "total_iops_sec";

/// Limit of a disk: reads and writes in a burst, requests per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX: &str = "total_iops_sec_max";

/// Limit of a disk: reads and writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_BLOCK_IOTUNE_TOTAL_IOPS_SEC_MAX_LENGTH: &str = "total_iops_sec_max_length";

/// Limit of a disk: writes, bytes per second (ullong). Since 0.9.8.
pub const VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC: &str = "write_bytes_sec";

/// Limit of a disk: writes in a burst, bytes per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX: &str = "write_bytes_sec_max";

/// Limit of a disk: writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_BLOCK_IOTUNE_WRITE_BYTES_SEC_MAX_LENGTH: &str = "write_bytes_sec_max_length";

/// Limit of a disk: writes, requests per second (ullong). Since 0.9.8.
pub const VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC: &str = "write_iops_sec";

/// Limit of a disk: writes in a burst, requests per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX: &str = "write_iops_sec_max";

/// Limit of a disk: writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_BLOCK_IOTUNE_WRITE_IOPS_SEC_MAX_LENGTH: &str = "write_iops_sec_max_length";

/// Factor that polling grows by; 0 for the hypervisor's own (uint). Since 4.10.0.
pub const VIR_DOMAIN_IOTHREAD_POLL_GROW: &str = "poll_grow";

/// Longest polling time, in nanoseconds; 0 for none (ullong). Since 4.10.0.
pub const VIR_DOMAIN_IOTHREAD_POLL_MAX_NS: &str = "poll_max_ns";

/// Divisor that polling shrinks by; 0 for the hypervisor's own (uint). Since 4.10.0.
pub const VIR_DOMAIN_IOTHREAD_POLL_SHRINK: &str = "poll_shrink";

/// Most threads in the pool (int). Since 8.5.0.
pub const VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX: &str = "thread_pool_max";

/// Fewest threads in the pool (int). Since 8.5.0.
pub const VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN: &str = "thread_pool_min";

/// SEV firmware's API, major number (uint). Since 8.0.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MAJOR: &str = "sev-api-major";

/// SEV firmware's API, minor number (uint). Since 8.0.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_API_MINOR: &str = "sev-api-minor";

/// SEV firmware's build (uint). Since 8.0.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_BUILD_ID: &str = "sev-build-id";

/// Launch measurement of the guest, base64 (string). Since 4.5.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_MEASUREMENT: &str = "sev-measurement";

/// Policy of the guest (uint). Since 8.0.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_POLICY: &str = "sev-policy";

/// Encrypted secret to put into the guest, base64 (string). Since 8.0.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET: &str = "sev-secret";

/// Header of that secret, base64 (string). Since 8.0.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER: &str = "sev-secret-header";

/// Guest physical address for that secret (ullong). Since 8.0.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_SET_ADDRESS: &str = "sev-secret-set-address";

/// SEV-SNP policy of the guest (ullong). Since 10.5.0.
pub const VIR_DOMAIN_LAUNCH_SECURITY_SEV_SNP_POLICY: &str = "sev-snp-policy";

/// First name of `VIR_TYPED_PARAM_FIELD_LENGTH` for memory tuning. Since 0.8.5.
pub const VIR_DOMAIN_MEMORY_FIELD_LENGTH: usize = VIR_TYPED_PARAM_FIELD_LENGTH;

/// Most memory the domain may use, in KiB (ullong). Since 0.8.5.
pub const VIR_DOMAIN_MEMORY_HARD_LIMIT: &str = "hard_limit";

/// Memory that is guaranteed to it, in KiB (ullong). Since 0.8.5.
pub const VIR_DOMAIN_MEMORY_MIN_GUARANTEE: &str = "min_guarantee";

/// A memory limit, in KiB, that means no limit. Since 0.8.8.
pub const VIR_DOMAIN_MEMORY_PARAM_UNLIMITED: i64 = 9007199254740991;

/// Limit while memory is short, in KiB (ullong). Since 0.8.5.
pub const VIR_DOMAIN_MEMORY_SOFT_LIMIT: &str = "soft_limit";

/// Most memory and swap together, in KiB (ullong). Since 0.8.5.
pub const VIR_DOMAIN_MEMORY_SWAP_HARD_LIMIT: &str = "swap_hard_limit";

/// A `virDomainNumatuneMemMode` (int). Since 0.9.9.
pub const VIR_DOMAIN_NUMA_MODE: &str = "numa_mode";

/// Host nodes, such as `0-1` (string). Since 0.9.9.
pub const VIR_DOMAIN_NUMA_NODESET: &str = "numa_nodeset";

/// Most CPU it may use, in percent of one CPU; 0 for no limit (uint). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_CAP: &str = "cap";

/// Relative weight (ullong). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_CPU_SHARES: &str = "cpu_shares";

/// Enforcement interval of the emulator, in microseconds (ullong). Since 0.10.0.
pub const VIR_DOMAIN_SCHEDULER_EMULATOR_PERIOD: &str = "emulator_period";

/// CPU time of the emulator in an interval, in microseconds (llong). Since 0.10.0.
pub const VIR_DOMAIN_SCHEDULER_EMULATOR_QUOTA: &str = "emulator_quota";

/// Enforcement interval of the whole domain, in microseconds (ullong). Since 1.3.3.
pub const VIR_DOMAIN_SCHEDULER_GLOBAL_PERIOD: &str = "global_period";

/// CPU time of the whole domain in an interval, in microseconds (llong). Since 1.3.3.
pub const VIR_DOMAIN_SCHEDULER_GLOBAL_QUOTA: &str = "global_quota";

/// Enforcement interval of I/O threads, in microseconds (ullong). Since 2.2.0.
pub const VIR_DOMAIN_SCHEDULER_IOTHREAD_PERIOD: &str = "iothread_period";

/// CPU time of I/O threads in an interval, in microseconds (llong). Since 2.2.0.
pub const VIR_DOMAIN_SCHEDULER_IOTHREAD_QUOTA: &str = "iothread_quota";

/// Most CPU of an ESX domain, in MHz (llong). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_LIMIT: &str = "limit";

/// Guaranteed CPU of an ESX domain, in MHz (llong). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_RESERVATION: &str = "reservation";

/// Relative weight of an ESX domain (int). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_SHARES: &str = "shares";

/// Enforcement interval of each vCPU, in microseconds (ullong). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_VCPU_PERIOD: &str = "vcpu_period";

/// CPU time of each vCPU in an interval, in microseconds (llong). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_VCPU_QUOTA: &str = "vcpu_quota";

/// Relative weight under Xen's credit scheduler (uint). Since 0.9.7.
pub const VIR_DOMAIN_SCHEDULER_WEIGHT: &str = "weight";

/// First name of `VIR_TYPED_PARAM_FIELD_LENGTH` for the scheduler. Since 0.2.3.
pub const VIR_DOMAIN_SCHED_FIELD_LENGTH: usize = VIR_TYPED_PARAM_FIELD_LENGTH;

/// Target name of the disk that changed (string). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_DISK: &str = "blkdeviotune.disk";

/// New throttle group of a disk (string). Since 3.0.0.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_GROUP_NAME: &str = "blkdeviotune.group_name";

/// New limit of a disk: reads, bytes per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_READ_BYTES_SEC: &str = "blkdeviotune.read_bytes_sec";

/// New limit of a disk: reads in a burst, bytes per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_READ_BYTES_SEC_MAX: &str = "blkdeviotune.read_bytes_sec_max";

/// New limit of a disk: reads, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_READ_BYTES_SEC_MAX_LENGTH: &str =
    "blkdeviotune.read_bytes_sec_max_length";

/// New limit of a disk: reads, requests per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_READ_IOPS_SEC: &str = "blkdeviotune.read_iops_sec";

/// New limit of a disk: reads in a burst, requests per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_READ_IOPS_SEC_MAX: &str = "blkdeviotune.read_iops_sec_max";

/// New limit of a disk: reads, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_READ_IOPS_SEC_MAX_LENGTH: &str = "blkdeviotune.read_iops_sec_max_length";

/// New limit of a disk: bytes that count as one request (ullong). Since 1.2.11.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_SIZE_IOPS_SEC: &str = "blkdeviotune.size_iops_sec";

/// New limit of a disk: reads and writes, bytes per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_BYTES_SEC: &str = "blkdeviotune.total_bytes_sec";

/// New limit of a disk: reads and writes in a burst, bytes per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_BYTES_SEC_MAX: &str = "blkdeviotune.total_bytes_sec_max";

/// New limit of a disk: reads and writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_BYTES_SEC_MAX_LENGTH: &str =
    "blkdeviotune.total_bytes_sec_max_length";

/// New limit of a disk: reads and writes, requests per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_IOPS_SEC: &str = "blkdeviotune.total_iops_sec";

/// New limit of a disk: reads and writes in a burst, requests per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_IOPS_SEC_MAX: &str = "blkdeviotune.total_iops_sec_max";

/// New limit of a disk: reads and writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_TOTAL_IOPS_SEC_MAX_LENGTH: &str =
    "blkdeviotune.total_iops_sec_max_length";

/// New limit of a disk: writes, bytes per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_BYTES_SEC: &str = "blkdeviotune.write_bytes_sec";

/// New limit of a disk: writes in a burst, bytes per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_BYTES_SEC_MAX: &str = "blkdeviotune.write_bytes_sec_max";

/// New limit of a disk: writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_BYTES_SEC_MAX_LENGTH: &str =
    "blkdeviotune.write_bytes_sec_max_length";

/// New limit of a disk: writes, requests per second (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_IOPS_SEC: &str = "blkdeviotune.write_iops_sec";

/// New limit of a disk: writes in a burst, requests per second (ullong). Since 1.2.11.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_IOPS_SEC_MAX: &str = "blkdeviotune.write_iops_sec_max";

/// New limit of a disk: writes, longest burst in seconds (ullong). Since 2.4.0.
pub const VIR_DOMAIN_TUNABLE_BLKDEV_WRITE_IOPS_SEC_MAX_LENGTH: &str =
    "blkdeviotune.write_iops_sec_max_length";

/// New relative weight (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_CPU_CPU_SHARES: &str = "cputune.cpu_shares";

/// New host CPUs of the emulator (string). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_CPU_EMULATORPIN: &str = "cputune.emulatorpin";

/// New interval of the emulator, in microseconds (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_CPU_EMULATOR_PERIOD: &str = "cputune.emulator_period";

/// New quota of the emulator, in microseconds (llong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_CPU_EMULATOR_QUOTA: &str = "cputune.emulator_quota";

/// New interval of the whole domain, in microseconds (ullong). Since 1.3.3.
pub const VIR_DOMAIN_TUNABLE_CPU_GLOBAL_PERIOD: &str = "cputune.global_period";

/// New quota of the whole domain, in microseconds (llong). Since 1.3.3.
pub const VIR_DOMAIN_TUNABLE_CPU_GLOBAL_QUOTA: &str = "cputune.global_quota";

/// New host CPUs of the I/O thread with this id (string). Since 1.2.14.
pub const VIR_DOMAIN_TUNABLE_CPU_IOTHREADSPIN: &str = "cputune.iothreadpin%u";

/// New interval of I/O threads, in microseconds (ullong). Since 2.2.0.
pub const VIR_DOMAIN_TUNABLE_CPU_IOTHREAD_PERIOD: &str = "cputune.iothread_period";

/// New quota of I/O threads, in microseconds (llong). Since 2.2.0.
pub const VIR_DOMAIN_TUNABLE_CPU_IOTHREAD_QUOTA: &str = "cputune.iothread_quota";

/// New host CPUs of the vCPU with this number (string). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_CPU_VCPUPIN: &str = "cputune.vcpupin%u";

/// New interval of each vCPU, in microseconds (ullong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_CPU_VCPU_PERIOD: &str = "cputune.vcpu_period";

/// New quota of each vCPU, in microseconds (llong). Since 1.2.9.
pub const VIR_DOMAIN_TUNABLE_CPU_VCPU_QUOTA: &str = "cputune.vcpu_quota";
