//! Statistics: bulk groups and their names, memory, interfaces, CPUs, perf events.

use std::ffi::{c_int, c_longlong, c_ulonglong};

use crate::abi::{
    VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_DOMAINS_INACTIVE, VIR_CONNECT_LIST_DOMAINS_OTHER,
    VIR_CONNECT_LIST_DOMAINS_PAUSED, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, VIR_CONNECT_LIST_DOMAINS_RUNNING,
    VIR_CONNECT_LIST_DOMAINS_SHUTOFF, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, virDomainPtr, virTypedParameterPtr,
};

/// Counters of an interface; -1 where one is not known. Since 0.3.3.
#[doc(alias = "_virDomainInterfaceStats")]
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainInterfaceStatsStruct {
    /// Bytes received.
    pub rx_bytes: c_longlong,
    /// Packets received.
    pub rx_packets: c_longlong,
    /// Errors on receipt.
    pub rx_errs: c_longlong,
    /// Packets dropped on receipt.
    pub rx_drop: c_longlong,
    /// Bytes sent.
    pub tx_bytes: c_longlong,
    /// Packets sent.
    pub tx_packets: c_longlong,
    /// Errors on sending.
    pub tx_errs: c_longlong,
    /// Packets dropped on sending.
    pub tx_drop: c_longlong,
}

/// Pointer to a `virDomainInterfaceStatsStruct`. Since 0.3.2.
pub type virDomainInterfaceStatsPtr = *mut virDomainInterfaceStatsStruct;

/// A memory statistic of a guest. Since 0.7.5.
#[doc(alias = "_virDomainMemoryStat")]
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainMemoryStatStruct {
    /// A `virDomainMemoryStatTags`.
    pub tag: c_int,
    /// Value.
    pub val: c_ulonglong,
}

/// Pointer to a `virDomainMemoryStatStruct`. Since 0.7.5.
pub type virDomainMemoryStatPtr = *mut virDomainMemoryStatStruct;

/// Statistics of one domain. Since 1.2.8.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainStatsRecord {
    /// The domain.
    pub dom: virDomainPtr,
    /// Its numbers.
    pub params: virTypedParameterPtr,
    /// How many there are.
    pub nparams: c_int,
}

/// Pointer to a `virDomainStatsRecord`. Since 1.2.8.
pub type virDomainStatsRecordPtr = *mut virDomainStatsRecord;

c_enum! {
    /// Which domains bulk statistics cover, and how they are gathered. Since 1.2.8.
    pub enum virConnectGetAllDomainStatsFlags: u32 {
        /// Running domains only. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE = VIR_CONNECT_LIST_DOMAINS_ACTIVE,
        /// Domains that do not run only. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE = VIR_CONNECT_LIST_DOMAINS_INACTIVE,
        /// Defined domains only. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT = VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
        /// Domains without a definition only. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT = VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
        /// Domains in the running state. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING = VIR_CONNECT_LIST_DOMAINS_RUNNING,
        /// Domains in the paused state. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED = VIR_CONNECT_LIST_DOMAINS_PAUSED,
        /// Domains that are off. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF = VIR_CONNECT_LIST_DOMAINS_SHUTOFF,
        /// Domains in any further state. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER = VIR_CONNECT_LIST_DOMAINS_OTHER,
        /// Skip whatever would wait for another job. Since 4.5.0.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT = 1 << 29,
        /// Tell of every image of a backing chain, not only the top one. Since 1.2.12.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING = 1 << 30,
        /// Fail when a requested group cannot be delivered. Since 1.2.8.
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS = 1 << 31,
    }
}

c_enum! {
    /// How the measurement of dirtied memory stands. Since 7.2.0.
    pub enum virDomainDirtyRateStatus: u32 {
        /// None was started. Since 7.2.0.
        VIR_DOMAIN_DIRTYRATE_UNSTARTED = 0,
        /// It is under way. Since 7.2.0.
        VIR_DOMAIN_DIRTYRATE_MEASURING = 1,
        /// A result is there. Since 7.2.0.
        VIR_DOMAIN_DIRTYRATE_MEASURED = 2,
    }
    sentinel {
        /// One past the last member. Since 7.2.0.
        VIR_DOMAIN_DIRTYRATE_LAST = 3,
    }
}

c_enum! {
    /// How the rate of dirtied memory is measured. Since 8.1.0.
    pub enum virDomainDirtyRateCalcFlags: u32 {
        /// By sampling pages. Since 8.1.0.
        VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING = 0,
        /// By the dirty bitmap. Since 8.1.0.
        VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP = 1 << 0,
        /// By the dirty ring, for each vCPU. Since 8.1.0.
        VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING = 1 << 1,
    }
}

c_enum! {
    /// Meaning of a memory statistic; sizes in KiB. Since 0.7.5.
    pub enum virDomainMemoryStatTags: u32 {
        /// Read back from swap by the guest since its start. Since 0.7.5.
        VIR_DOMAIN_MEMORY_STAT_SWAP_IN = 0,
        /// Written to swap by the guest since its start. Since 0.7.5.
        VIR_DOMAIN_MEMORY_STAT_SWAP_OUT = 1,
        /// Page faults that needed the disk (a count). Since 0.7.5.
        VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT = 2,
        /// Page faults that did not (a count). Since 0.7.5.
        VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT = 3,
        /// Memory that the guest does not use for anything. Since 0.7.5.
        VIR_DOMAIN_MEMORY_STAT_UNUSED = 4,
        /// Memory that the guest sees. Since 0.7.5.
        VIR_DOMAIN_MEMORY_STAT_AVAILABLE = 5,
        /// Present size of the balloon. Since 0.9.3.
        VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON = 6,
        /// Resident memory of the process that runs the guest. Since 0.9.10.
        VIR_DOMAIN_MEMORY_STAT_RSS = 7,
        /// What the guest could give up without swapping. Since 2.1.0.
        VIR_DOMAIN_MEMORY_STAT_USABLE = 8,
        /// When the guest last told, in seconds since the epoch. Since 2.1.0.
        VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE = 9,
        /// Disk caches that could be given up at once. Since 4.6.0.
        VIR_DOMAIN_MEMORY_STAT_DISK_CACHES = 10,
        /// Huge pages allocated (a count). Since 5.4.0.
        VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC = 11,
        /// Huge page allocations that failed (a count). Since 5.4.0.
        VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL = 12,
        /// How many tags this release knows. Since 0.7.5.
        VIR_DOMAIN_MEMORY_STAT_NR = 13,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_MEMORY_STAT_LAST = VIR_DOMAIN_MEMORY_STAT_NR,
    }
}

c_enum! {
    /// Groups of bulk statistics. Since 1.2.8.
    pub enum virDomainStatsTypes: u32 {
        /// State and its reason. Since 1.2.8.
        VIR_DOMAIN_STATS_STATE = 1 << 0,
        /// CPU time. Since 1.2.9.
        VIR_DOMAIN_STATS_CPU_TOTAL = 1 << 1,
        /// Memory and balloon. Since 1.2.9.
        VIR_DOMAIN_STATS_BALLOON = 1 << 2,
        /// Each vCPU. Since 1.2.9.
        VIR_DOMAIN_STATS_VCPU = 1 << 3,
        /// Each network interface. Since 1.2.9.
        VIR_DOMAIN_STATS_INTERFACE = 1 << 4,
        /// Each disk. Since 1.2.9.
        VIR_DOMAIN_STATS_BLOCK = 1 << 5,
        /// Perf events. Since 1.3.3.
        VIR_DOMAIN_STATS_PERF = 1 << 6,
        /// Each I/O thread's polling. Since 4.10.0.
        VIR_DOMAIN_STATS_IOTHREAD = 1 << 7,
        /// Memory bandwidth. Since 6.0.0.
        VIR_DOMAIN_STATS_MEMORY = 1 << 8,
        /// Rate of dirtied memory. Since 7.2.0.
        VIR_DOMAIN_STATS_DIRTYRATE = 1 << 9,
        /// Numbers of the hypervisor, under its own names. Since 8.9.0.
        VIR_DOMAIN_STATS_VM = 1 << 10,
    }
}

/// CPU time of guest and hypervisor, in nanoseconds (ullong). Since 0.9.10.
pub const VIR_DOMAIN_CPU_STATS_CPUTIME: &str = "cpu_time";

/// CPU time in the host's kernel, in nanoseconds (ullong). Since 0.9.11.
pub const VIR_DOMAIN_CPU_STATS_SYSTEMTIME: &str = "system_time";

/// CPU time in user mode, in nanoseconds (ullong). Since 0.9.11.
pub const VIR_DOMAIN_CPU_STATS_USERTIME: &str = "user_time";

/// CPU time of the vCPUs alone, in nanoseconds (ullong). Since 0.9.13.
pub const VIR_DOMAIN_CPU_STATS_VCPUTIME: &str = "vcpu_time";

/// Memory the guest sees, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_AVAILABLE: &str = "balloon.available";

/// Memory the guest has, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_CURRENT: &str = "balloon.current";

/// Disk caches the guest could drop at once, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_DISK_CACHES: &str = "balloon.disk_caches";

/// Huge pages allocated in the guest (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_HUGETLB_PGALLOC: &str = "balloon.hugetlb_pgalloc";

/// Huge page allocations that failed in the guest (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_HUGETLB_PGFAIL: &str = "balloon.hugetlb_pgfail";

/// When the guest last told, in seconds since the epoch (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_LAST_UPDATE: &str = "balloon.last-update";

/// Page faults that needed the disk (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_MAJOR_FAULT: &str = "balloon.major_fault";

/// Memory the guest may have, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_MAXIMUM: &str = "balloon.maximum";

/// Page faults that did not (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_MINOR_FAULT: &str = "balloon.minor_fault";

/// Resident memory of the guest's process, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_RSS: &str = "balloon.rss";

/// Read back from swap, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_SWAP_IN: &str = "balloon.swap_in";

/// Written to swap, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_SWAP_OUT: &str = "balloon.swap_out";

/// Memory the guest does not use, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_UNUSED: &str = "balloon.unused";

/// What the guest could give up without swapping, in KiB (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BALLOON_USABLE: &str = "balloon.usable";

/// How many disks follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_COUNT: &str = "block.count";

/// Prefix of a disk's numbers; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_PREFIX: &str = "block.";

/// Highest offset that was written, in bytes (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_ALLOCATION: &str = ".allocation";

/// Index of the image in its backing chain (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_BACKINGINDEX: &str = ".backingIndex";

/// Size the guest sees, in bytes (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_CAPACITY: &str = ".capacity";

/// Errors, on Xen (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_ERRORS: &str = ".errors";

/// Flush requests (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_FL_REQS: &str = ".fl.reqs";

/// Time in flushes, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_FL_TIMES: &str = ".fl.times";

/// Prefix of the histogram of the latencies of flushes. Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_FLUSH_PREFIX: &str = ".latency_histogram.flush.";

/// Prefix of the histogram of the latencies of reads. Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_READ_PREFIX: &str = ".latency_histogram.read.";

/// How many bins a histogram has (uint). Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_SUFFIX_BIN_COUNT: &str = "bin.count";

/// Prefix of a bin of a histogram; a number and a suffix follow. Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_SUFFIX_BIN_PREFIX: &str = "bin.";

/// Where a bin begins, in nanoseconds (ullong). Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_SUFFIX_BIN_SUFFIX_START: &str = ".start";

/// How many requests fell into a bin (ullong). Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_SUFFIX_BIN_SUFFIX_VALUE: &str = ".value";

/// Prefix of the histogram of the latencies of writes. Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_WRITE_PREFIX: &str = ".latency_histogram.write.";

/// Prefix of the histogram of the latencies of appends to zones. Since 12.1.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LATENCY_HISTOGRAM_ZONE_APPEND_PREFIX: &str =
    ".latency_histogram.zone_append.";

/// Alignment of discards, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_DISCARD_ALIGNMENT: &str = ".limits.discard_alignment";

/// Largest discard, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_DISCARD_MAX: &str = ".limits.discard_max";

/// Most parts of a request to the hardware (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_IOV_HW_MAX: &str = ".limits.iov_hw_max";

/// Most parts of a request (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_IOV_MAX: &str = ".limits.iov_max";

/// Alignment that buffers need, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_MEMORY_ALIGNMENT_MINIMAL: &str =
    ".limits.memory_alignment_minimal";

/// Alignment that suits buffers best, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_MEMORY_ALIGNMENT_OPTIMAL: &str =
    ".limits.memory_alignment_optimal";

/// Alignment that requests need, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_REQUEST_ALIGNMENT: &str = ".limits.request_alignment";

/// Largest request to the hardware, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_TRANSFER_HW_MAX: &str = ".limits.transfer_hw_max";

/// Largest request, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_TRANSFER_MAX: &str = ".limits.transfer_max";

/// Size of requests that suits best, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_TRANSFER_OPTIMAL: &str = ".limits.transfer_optimal";

/// Alignment of requests to write zeros, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_WRITE_ZEROES_ALIGNMENT: &str =
    ".limits.write_zeroes_alignment";

/// Largest request to write zeros, in bytes (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_LIMITS_WRITE_ZEROES_MAX: &str = ".limits.write_zeroes_max";

/// Target name (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_NAME: &str = ".name";

/// Path of the source (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_PATH: &str = ".path";

/// Size of the container, in bytes (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_PHYSICAL: &str = ".physical";

/// Bytes read (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_RD_BYTES: &str = ".rd.bytes";

/// Read requests (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_RD_REQS: &str = ".rd.reqs";

/// Time in reads, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_RD_TIMES: &str = ".rd.times";

/// Write threshold that raises an event, in bytes (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_THRESHOLD: &str = ".threshold";

/// How many groups of statistics over an interval follow (uint). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_COUNT: &str = ".timed_group.count";

/// Prefix of a group of statistics over an interval; a number and a suffix follow. Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_PREFIX: &str = ".timed_group.";

/// Mean time of flushes in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_FLUSH_LATENCY_AVG: &str = ".flush_latency_avg";

/// Longest time of flushes in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_FLUSH_LATENCY_MAX: &str = ".flush_latency_max";

/// Shortest time of flushes in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_FLUSH_LATENCY_MIN: &str = ".flush_latency_min";

/// Length of the interval, in seconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_INTERVAL: &str = ".interval";

/// Mean time of reads in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_RD_LATENCY_AVG: &str = ".rd_latency_avg";

/// Longest time of reads in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_RD_LATENCY_MAX: &str = ".rd_latency_max";

/// Shortest time of reads in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_RD_LATENCY_MIN: &str = ".rd_latency_min";

/// Mean number of reads under way in the interval (double). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_RD_QUEUE_DEPTH_AVG: &str = ".rd_queue_depth_avg";

/// Mean time of writes in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_WR_LATENCY_AVG: &str = ".wr_latency_avg";

/// Longest time of writes in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_WR_LATENCY_MAX: &str = ".wr_latency_max";

/// Shortest time of writes in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_WR_LATENCY_MIN: &str = ".wr_latency_min";

/// Mean number of writes under way in the interval (double). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_WR_QUEUE_DEPTH_AVG: &str = ".wr_queue_depth_avg";

/// Mean time of appends to zones in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_ZONE_APPEND_LATENCY_AVG: &str =
    ".zone_append_latency_avg";

/// Longest time of appends to zones in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_ZONE_APPEND_LATENCY_MAX: &str =
    ".zone_append_latency_max";

/// Shortest time of appends to zones in the interval, in nanoseconds (ullong). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_ZONE_APPEND_LATENCY_MIN: &str =
    ".zone_append_latency_min";

/// Mean number of appends to zones under way in the interval (double). Since 11.10.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_TIMED_GROUP_SUFFIX_ZONE_APPEND_QUEUE_DEPTH_AVG: &str =
    ".zone_append_queue_depth_avg";

/// Bytes written (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_WR_BYTES: &str = ".wr.bytes";

/// Write requests (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_WR_REQS: &str = ".wr.reqs";

/// Time in writes, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_BLOCK_SUFFIX_WR_TIMES: &str = ".wr.times";

/// How many cache monitors follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_COUNT: &str = "cpu.cache.monitor.count";

/// Prefix of a cache monitor; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_PREFIX: &str = "cpu.cache.monitor.";

/// How many cache banks it watches (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_SUFFIX_BANK_COUNT: &str = ".bank.count";

/// Prefix of a bank; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_SUFFIX_BANK_PREFIX: &str = ".bank.";

/// Bytes in use in the bank (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_SUFFIX_BANK_SUFFIX_BYTES: &str = ".bytes";

/// Number of the bank on the host (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_SUFFIX_BANK_SUFFIX_ID: &str = ".id";

/// Name of the monitor (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_SUFFIX_NAME: &str = ".name";

/// vCPUs it watches, such as `0-3` (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_CACHE_MONITOR_SUFFIX_VCPUS: &str = ".vcpus";

/// Time polled in vain before a halt, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_HALTPOLL_FAIL_TIME: &str = "cpu.haltpoll.fail.time";

/// Time polled that saved a halt, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_HALTPOLL_SUCCESS_TIME: &str = "cpu.haltpoll.success.time";

/// CPU time in the host's kernel, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_SYSTEM: &str = "cpu.system";

/// CPU time in all, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_TIME: &str = "cpu.time";

/// CPU time in user mode, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_CPU_USER: &str = "cpu.user";

/// Suffix of a hypervisor's own number: its present value. Since 11.2.0.
pub const VIR_DOMAIN_STATS_CUSTOM_SUFFIX_TYPE_CUR: &str = ".cur";

/// Suffix of a hypervisor's own number: its highest value. Since 11.2.0.
pub const VIR_DOMAIN_STATS_CUSTOM_SUFFIX_TYPE_MAX: &str = ".max";

/// Suffix of a hypervisor's own number: its sum since the start. Since 11.2.0.
pub const VIR_DOMAIN_STATS_CUSTOM_SUFFIX_TYPE_SUM: &str = ".sum";

/// How it was measured (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_DIRTYRATE_CALC_MODE: &str = "dirtyrate.calc_mode";

/// How long it was measured, in seconds (int). Since 11.2.0.
pub const VIR_DOMAIN_STATS_DIRTYRATE_CALC_PERIOD: &str = "dirtyrate.calc_period";

/// When the measurement began, in seconds of the host's clock (llong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_DIRTYRATE_CALC_START_TIME: &str = "dirtyrate.calc_start_time";

/// How the measurement stands, a `virDomainDirtyRateStatus` (int). Since 11.2.0.
pub const VIR_DOMAIN_STATS_DIRTYRATE_CALC_STATUS: &str = "dirtyrate.calc_status";

/// Memory dirtied, in MiB/s (llong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_DIRTYRATE_MEGABYTES_PER_SECOND: &str = "dirtyrate.megabytes_per_second";

/// Prefix of a vCPU's rate; its number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_DIRTYRATE_VCPU_PREFIX: &str = "dirtyrate.vcpu.";

/// Memory dirtied by a vCPU, in MiB/s (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_DIRTYRATE_VCPU_SUFFIX_MEGABYTES_PER_SECOND: &str = ".megabytes_per_second";

/// How many I/O threads follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_IOTHREAD_COUNT: &str = "iothread.count";

/// Prefix of an I/O thread; its id and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_IOTHREAD_PREFIX: &str = "iothread.";

/// Factor that polling grows by (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_IOTHREAD_SUFFIX_POLL_GROW: &str = ".poll-grow";

/// Longest polling time, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_IOTHREAD_SUFFIX_POLL_MAX_NS: &str = ".poll-max-ns";

/// Divisor that polling shrinks by (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_IOTHREAD_SUFFIX_POLL_SHRINK: &str = ".poll-shrink";

/// How many memory bandwidth monitors follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_COUNT: &str = "memory.bandwidth.monitor.count";

/// Prefix of a memory bandwidth monitor; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_PREFIX: &str = "memory.bandwidth.monitor.";

/// Name of the monitor (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_SUFFIX_NAME: &str = ".name";

/// How many memory controllers it watches (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_SUFFIX_NODE_COUNT: &str = ".node.count";

/// Prefix of a controller; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_SUFFIX_NODE_PREFIX: &str = ".node.";

/// Bytes from the node's own memory (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_SUFFIX_NODE_SUFFIX_BYTES_LOCAL: &str = ".bytes.local";

/// Bytes from any memory (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_SUFFIX_NODE_SUFFIX_BYTES_TOTAL: &str = ".bytes.total";

/// Number of the controller on the host (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_SUFFIX_NODE_SUFFIX_ID: &str = ".id";

/// vCPUs it watches, such as `0-3` (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_MEMORY_BANDWIDTH_MONITOR_SUFFIX_VCPUS: &str = ".vcpus";

/// How many interfaces follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_COUNT: &str = "net.count";

/// Prefix of an interface's numbers; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_PREFIX: &str = "net.";

/// Name on the host (string). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_NAME: &str = ".name";

/// Bytes received (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_RX_BYTES: &str = ".rx.bytes";

/// Packets dropped on receipt (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_RX_DROP: &str = ".rx.drop";

/// Errors on receipt (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_RX_ERRS: &str = ".rx.errs";

/// Packets received (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_RX_PKTS: &str = ".rx.pkts";

/// Bytes sent (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_TX_BYTES: &str = ".tx.bytes";

/// Packets dropped on sending (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_TX_DROP: &str = ".tx.drop";

/// Errors on sending (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_TX_ERRS: &str = ".tx.errs";

/// Packets sent (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_NET_SUFFIX_TX_PKTS: &str = ".tx.pkts";

/// Perf event: faults of alignment that the kernel had to mend (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_ALIGNMENT_FAULTS: &str = "perf.alignment_faults";

/// Perf event: branch instructions (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_BRANCH_INSTRUCTIONS: &str = "perf.branch_instructions";

/// Perf event: branches that were predicted wrong (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_BRANCH_MISSES: &str = "perf.branch_misses";

/// Perf event: bus cycles (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_BUS_CYCLES: &str = "perf.bus_cycles";

/// Perf event: cache misses (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_CACHE_MISSES: &str = "perf.cache_misses";

/// Perf event: cache accesses (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_CACHE_REFERENCES: &str = "perf.cache_references";

/// Perf event: bytes of last-level cache in use (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_CMT: &str = "perf.cmt";

/// Perf event: context switches (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_CONTEXT_SWITCHES: &str = "perf.context_switches";

/// Perf event: time by the CPU's high resolution clock (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_CPU_CLOCK: &str = "perf.cpu_clock";

/// Perf event: CPU cycles (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_CPU_CYCLES: &str = "perf.cpu_cycles";

/// Perf event: moves from one CPU to another (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_CPU_MIGRATIONS: &str = "perf.cpu_migrations";

/// Perf event: instructions that the kernel had to emulate (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_EMULATION_FAULTS: &str = "perf.emulation_faults";

/// Perf event: instructions (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_INSTRUCTIONS: &str = "perf.instructions";

/// Perf event: memory bandwidth on the CPU's own node (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_MBML: &str = "perf.mbml";

/// Perf event: memory bandwidth in all (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_MBMT: &str = "perf.mbmt";

/// Perf event: page faults (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_PAGE_FAULTS: &str = "perf.page_faults";

/// Perf event: page faults that needed the disk (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_PAGE_FAULTS_MAJ: &str = "perf.page_faults_maj";

/// Perf event: page faults that did not need the disk (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_PAGE_FAULTS_MIN: &str = "perf.page_faults_min";

/// Perf event: CPU cycles at the constant reference rate (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_REF_CPU_CYCLES: &str = "perf.ref_cpu_cycles";

/// Perf event: cycles in which execution stood still (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_STALLED_CYCLES_BACKEND: &str = "perf.stalled_cycles_backend";

/// Perf event: cycles in which instruction fetch stood still (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_STALLED_CYCLES_FRONTEND: &str = "perf.stalled_cycles_frontend";

/// Perf event: time by the task's own clock (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_PERF_TASK_CLOCK: &str = "perf.task_clock";

/// Reason of the state, by the enum that belongs to it (int). Since 11.2.0.
pub const VIR_DOMAIN_STATS_STATE_REASON: &str = "state.reason";

/// State, a `virDomainState` (int). Since 11.2.0.
pub const VIR_DOMAIN_STATS_STATE_STATE: &str = "state.state";

/// How many vCPUs it has (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_CURRENT: &str = "vcpu.current";

/// How many vCPUs it may have (uint). Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_MAXIMUM: &str = "vcpu.maximum";

/// Prefix of a vCPU's numbers; its number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_PREFIX: &str = "vcpu.";

/// Time in the host's run queue, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_SUFFIX_DELAY: &str = ".delay";

/// Whether it halted (boolean). Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_SUFFIX_HALTED: &str = ".halted";

/// State, a `virVcpuState` (int). Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_SUFFIX_STATE: &str = ".state";

/// CPU time, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_SUFFIX_TIME: &str = ".time";

/// Time waiting for input or output, in nanoseconds (ullong). Since 11.2.0.
pub const VIR_DOMAIN_STATS_VCPU_SUFFIX_WAIT: &str = ".wait";

/// Prefix of the hypervisor's own numbers; their names and a type suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_STATS_VM_PREFIX: &str = "vm.";

/// Switches a perf event: faults of alignment that the kernel had to mend (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_ALIGNMENT_FAULTS: &str = "alignment_faults";

/// Switches a perf event: branch instructions (boolean). Since 3.0.0.
pub const VIR_PERF_PARAM_BRANCH_INSTRUCTIONS: &str = "branch_instructions";

/// Switches a perf event: branches that were predicted wrong (boolean). Since 3.0.0.
pub const VIR_PERF_PARAM_BRANCH_MISSES: &str = "branch_misses";

/// Switches a perf event: bus cycles (boolean). Since 3.0.0.
pub const VIR_PERF_PARAM_BUS_CYCLES: &str = "bus_cycles";

/// Switches a perf event: cache misses (boolean). Since 2.3.0.
pub const VIR_PERF_PARAM_CACHE_MISSES: &str = "cache_misses";

/// Switches a perf event: cache accesses (boolean). Since 2.3.0.
pub const VIR_PERF_PARAM_CACHE_REFERENCES: &str = "cache_references";

/// Switches a perf event: bytes of last-level cache in use (boolean). Since 1.3.3.
pub const VIR_PERF_PARAM_CMT: &str = "cmt";

/// Switches a perf event: context switches (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_CONTEXT_SWITCHES: &str = "context_switches";

/// Switches a perf event: time by the CPU's high resolution clock (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_CPU_CLOCK: &str = "cpu_clock";

/// Switches a perf event: CPU cycles (boolean). Since 2.3.0.
pub const VIR_PERF_PARAM_CPU_CYCLES: &str = "cpu_cycles";

/// Switches a perf event: moves from one CPU to another (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_CPU_MIGRATIONS: &str = "cpu_migrations";

/// Switches a perf event: instructions that the kernel had to emulate (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_EMULATION_FAULTS: &str = "emulation_faults";

/// Switches a perf event: instructions (boolean). Since 2.3.0.
pub const VIR_PERF_PARAM_INSTRUCTIONS: &str = "instructions";

/// Switches a perf event: memory bandwidth on the CPU's own node (boolean). Since 1.3.5.
pub const VIR_PERF_PARAM_MBML: &str = "mbml";

/// Switches a perf event: memory bandwidth in all (boolean). Since 1.3.5.
pub const VIR_PERF_PARAM_MBMT: &str = "mbmt";

/// Switches a perf event: page faults (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_PAGE_FAULTS: &str = "page_faults";

/// Switches a perf event: page faults that needed the disk (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_PAGE_FAULTS_MAJ: &str = "page_faults_maj";

/// Switches a perf event: page faults that did not need the disk (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_PAGE_FAULTS_MIN: &str = "page_faults_min";

/// Switches a perf event: CPU cycles at the constant reference rate (boolean). Since 3.0.0.
pub const VIR_PERF_PARAM_REF_CPU_CYCLES: &str = "ref_cpu_cycles";

/// Switches a perf event: cycles in which execution stood still (boolean). Since 3.0.0.
pub const VIR_PERF_PARAM_STALLED_CYCLES_BACKEND: &str = "stalled_cycles_backend";

/// Switches a perf event: cycles in which instruction fetch stood still (boolean). Since 3.0.0.
pub const VIR_PERF_PARAM_STALLED_CYCLES_FRONTEND: &str = "stalled_cycles_frontend";

/// Switches a perf event: time by the task's own clock (boolean). Since 3.2.0.
pub const VIR_PERF_PARAM_TASK_CLOCK: &str = "task_clock";
