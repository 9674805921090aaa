//! States of a domain, of its vCPUs and of its control interface, and their reasons.

use std::ffi::{c_int, c_uchar, c_uint, c_ulong, c_ulonglong, c_ushort};

/// State of a domain's control interface. Since 0.9.3.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainControlInfo {
    /// A `virDomainControlState`.
    pub state: c_uint,
    /// A `virDomainControlErrorReason` in the error state, 0 otherwise.
    pub details: c_uint,
    /// How long it has been in this state, in milliseconds.
    pub stateTime: c_ulonglong,
}

/// Pointer to a `virDomainControlInfo`. Since 0.9.3.
pub type virDomainControlInfoPtr = *mut virDomainControlInfo;

/// Basic facts about a domain. Since 0.0.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virDomainInfo {
    /// A `virDomainState`.
    pub state: c_uchar,
    /// Most memory it may have, in KiB.
    pub maxMem: c_ulong,
    /// Memory it has, in KiB.
    pub memory: c_ulong,
    /// vCPUs.
    pub nrVirtCpu: c_ushort,
    /// CPU time used, in nanoseconds.
    pub cpuTime: c_ulonglong,
}

/// Pointer to a `virDomainInfo`. Since 0.0.1.
pub type virDomainInfoPtr = *mut virDomainInfo;

/// State of a vCPU. Since 0.1.4.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virVcpuInfo {
    /// Its number.
    pub number: c_uint,
    /// A `virVcpuState`.
    pub state: c_int,
    /// CPU time used, in nanoseconds.
    pub cpuTime: c_ulonglong,
    /// Host CPU it runs on, or a `virVcpuHostCpuState`.
    pub cpu: c_int,
}

/// Pointer to a `virVcpuInfo`. Since 0.1.4.
pub type virVcpuInfoPtr = *mut virVcpuInfo;

c_enum! {
    /// State of a domain. Since 0.0.1.
    pub enum virDomainState: u32 {
        /// None. Since 0.0.1.
        VIR_DOMAIN_NOSTATE = 0,
        /// It runs. Since 0.0.1.
        VIR_DOMAIN_RUNNING = 1,
        /// It waits for a resource. Since 0.0.1.
        VIR_DOMAIN_BLOCKED = 2,
        /// Its CPUs are stopped by the host. Since 0.0.1.
        VIR_DOMAIN_PAUSED = 3,
        /// It is shutting down. Since 0.0.1.
        VIR_DOMAIN_SHUTDOWN = 4,
        /// It is off. Since 0.0.1.
        VIR_DOMAIN_SHUTOFF = 5,
        /// It crashed. Since 0.0.2.
        VIR_DOMAIN_CRASHED = 6,
        /// The guest put itself to sleep. Since 0.9.11.
        VIR_DOMAIN_PMSUSPENDED = 7,
    }
    sentinel {
        /// One past the last member. Since 0.9.5.
        VIR_DOMAIN_LAST = 8,
    }
}

c_enum! {
    /// Why a domain is blocked. Since 0.9.2.
    pub enum virDomainBlockedReason: u32 {
        /// No reason is known. Since 0.9.2.
        VIR_DOMAIN_BLOCKED_UNKNOWN = 0,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_BLOCKED_LAST = 1,
    }
}

c_enum! {
    /// Whether a domain's control interface takes commands. Since 0.9.3.
    pub enum virDomainControlState: u32 {
        /// It is idle. Since 0.9.3.
        VIR_DOMAIN_CONTROL_OK = 0,
        /// A long job runs; some commands will be refused. Since 0.9.3.
        VIR_DOMAIN_CONTROL_JOB = 1,
        /// A command is under way. Since 0.9.3.
        VIR_DOMAIN_CONTROL_OCCUPIED = 2,
        /// It cannot be used; the details say why. Since 0.9.3.
        VIR_DOMAIN_CONTROL_ERROR = 3,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_CONTROL_LAST = 4,
    }
}

c_enum! {
    /// Why the control interface is in error. Since 1.2.14.
    pub enum virDomainControlErrorReason: u32 {
        /// It is not. Since 1.2.14.
        VIR_DOMAIN_CONTROL_ERROR_REASON_NONE = 0,
        /// No reason is known. Since 1.2.14.
        VIR_DOMAIN_CONTROL_ERROR_REASON_UNKNOWN = 1,
        /// The connection to the monitor is broken. Since 1.2.14.
        VIR_DOMAIN_CONTROL_ERROR_REASON_MONITOR = 2,
        /// A mistake inside the library was caught. Since 1.2.14.
        VIR_DOMAIN_CONTROL_ERROR_REASON_INTERNAL = 3,
    }
    sentinel {
        /// One past the last member. Since 1.2.14.
        VIR_DOMAIN_CONTROL_ERROR_REASON_LAST = 4,
    }
}

c_enum! {
    /// Why a domain counts as crashed. Since 0.9.2.
    pub enum virDomainCrashedReason: u32 {
        /// No reason is known. Since 0.9.2.
        VIR_DOMAIN_CRASHED_UNKNOWN = 0,
        /// The guest told of a panic. Since 1.1.1.
        VIR_DOMAIN_CRASHED_PANICKED = 1,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_CRASHED_LAST = 2,
    }
}

c_enum! {
    /// Why a domain has no state. Since 0.9.2.
    pub enum virDomainNostateReason: u32 {
        /// No reason is known. Since 0.9.2.
        VIR_DOMAIN_NOSTATE_UNKNOWN = 0,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_NOSTATE_LAST = 1,
    }
}

c_enum! {
    /// Why a domain is paused. Since 0.9.2.
    pub enum virDomainPausedReason: u32 {
        /// No reason is known. Since 0.9.2.
        VIR_DOMAIN_PAUSED_UNKNOWN = 0,
        /// Somebody asked for it. Since 0.9.2.
        VIR_DOMAIN_PAUSED_USER = 1,
        /// It is being migrated. Since 0.9.2.
        VIR_DOMAIN_PAUSED_MIGRATION = 2,
        /// It is being saved. Since 0.9.2.
        VIR_DOMAIN_PAUSED_SAVE = 3,
        /// Its core is being dumped. Since 0.9.2.
        VIR_DOMAIN_PAUSED_DUMP = 4,
        /// A disk error. Since 0.9.2.
        VIR_DOMAIN_PAUSED_IOERROR = 5,
        /// A watchdog fired. Since 0.9.2.
        VIR_DOMAIN_PAUSED_WATCHDOG = 6,
        /// It was reverted to a paused snapshot. Since 0.9.2.
        VIR_DOMAIN_PAUSED_FROM_SNAPSHOT = 7,
        /// It is on its way down. Since 0.9.5.
        VIR_DOMAIN_PAUSED_SHUTTING_DOWN = 8,
        /// A snapshot is being taken. Since 1.0.1.
        VIR_DOMAIN_PAUSED_SNAPSHOT = 9,
        /// The guest crashed. Since 1.1.1.
        VIR_DOMAIN_PAUSED_CRASHED = 10,
        /// It is being started. Since 1.2.14.
        VIR_DOMAIN_PAUSED_STARTING_UP = 11,
        /// The source waits for the end of post-copy. Since 1.3.3.
        VIR_DOMAIN_PAUSED_POSTCOPY = 12,
        /// Post-copy broke. Since 1.3.3.
        VIR_DOMAIN_PAUSED_POSTCOPY_FAILED = 13,
        /// A call failed half-way. Since 9.2.0.
        VIR_DOMAIN_PAUSED_API_ERROR = 14,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_PAUSED_LAST = 15,
    }
}

c_enum! {
    /// Why a guest sleeps on disk. Since 1.0.0.
    pub enum virDomainPMSuspendedDiskReason: u32 {
        /// No reason is known. Since 1.0.0.
        VIR_DOMAIN_PMSUSPENDED_DISK_UNKNOWN = 0,
    }
    sentinel {
        /// One past the last member. Since 1.0.0.
        VIR_DOMAIN_PMSUSPENDED_DISK_LAST = 1,
    }
}

c_enum! {
    /// Why a guest sleeps. Since 0.9.11.
    pub enum virDomainPMSuspendedReason: u32 {
        /// No reason is known. Since 0.9.11.
        VIR_DOMAIN_PMSUSPENDED_UNKNOWN = 0,
    }
    sentinel {
        /// One past the last member. Since 0.9.11.
        VIR_DOMAIN_PMSUSPENDED_LAST = 1,
    }
}

c_enum! {
    /// Why a domain runs. Since 0.9.2.
    pub enum virDomainRunningReason: u32 {
        /// No reason is known. Since 0.9.2.
        VIR_DOMAIN_RUNNING_UNKNOWN = 0,
        /// It booted. Since 0.9.2.
        VIR_DOMAIN_RUNNING_BOOTED = 1,
        /// It came from another host. Since 0.9.2.
        VIR_DOMAIN_RUNNING_MIGRATED = 2,
        /// It was restored from a file. Since 0.9.2.
        VIR_DOMAIN_RUNNING_RESTORED = 3,
        /// It was restored from a snapshot. Since 0.9.2.
        VIR_DOMAIN_RUNNING_FROM_SNAPSHOT = 4,
        /// It was resumed. Since 0.9.2.
        VIR_DOMAIN_RUNNING_UNPAUSED = 5,
        /// A migration away was given up. Since 0.9.2.
        VIR_DOMAIN_RUNNING_MIGRATION_CANCELED = 6,
        /// A save was given up. Since 0.9.2.
        VIR_DOMAIN_RUNNING_SAVE_CANCELED = 7,
        /// It woke up. Since 0.9.11.
        VIR_DOMAIN_RUNNING_WAKEUP = 8,
        /// It goes on after a crash. Since 1.1.1.
        VIR_DOMAIN_RUNNING_CRASHED = 9,
        /// It runs on the target while post-copy brings its memory. Since 1.3.3.
        VIR_DOMAIN_RUNNING_POSTCOPY = 10,
        /// It runs although post-copy broke. Since 8.5.0.
        VIR_DOMAIN_RUNNING_POSTCOPY_FAILED = 11,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_RUNNING_LAST = 12,
    }
}

c_enum! {
    /// Why a domain is on its way down. Since 0.9.2.
    pub enum virDomainShutdownReason: u32 {
        /// No reason is known. Since 0.9.2.
        VIR_DOMAIN_SHUTDOWN_UNKNOWN = 0,
        /// Somebody asked for it. Since 0.9.2.
        VIR_DOMAIN_SHUTDOWN_USER = 1,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_SHUTDOWN_LAST = 2,
    }
}

c_enum! {
    /// Why a domain is off. Since 0.9.2.
    pub enum virDomainShutoffReason: u32 {
        /// No reason is known. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_UNKNOWN = 0,
        /// The guest shut down. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_SHUTDOWN = 1,
        /// It was destroyed from the host. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_DESTROYED = 2,
        /// The guest crashed. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_CRASHED = 3,
        /// It moved to another host. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_MIGRATED = 4,
        /// Its state was saved. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_SAVED = 5,
        /// It failed to start. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_FAILED = 6,
        /// It was reverted to a stopped snapshot. Since 0.9.2.
        VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT = 7,
        /// The daemon lost or stopped it when it took stock. Since 4.10.0.
        VIR_DOMAIN_SHUTOFF_DAEMON = 8,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_SHUTOFF_LAST = 9,
    }
}

c_enum! {
    /// State of a vCPU. Since 0.1.4.
    pub enum virVcpuState: u32 {
        /// Off line. Since 0.1.4.
        VIR_VCPU_OFFLINE = 0,
        /// Runs. Since 0.1.4.
        VIR_VCPU_RUNNING = 1,
        /// Waits for something. Since 0.1.4.
        VIR_VCPU_BLOCKED = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_VCPU_LAST = 3,
    }
}

c_enum! {
    /// Special values where a host CPU number is expected. Since 6.10.0.
    pub enum virVcpuHostCpuState: i32 {
        /// The hypervisor does not tell. Since 6.10.0.
        VIR_VCPU_INFO_CPU_UNAVAILABLE = -2,
        /// The vCPU is off line. Since 6.10.0.
        VIR_VCPU_INFO_CPU_OFFLINE = -1,
    }
}
