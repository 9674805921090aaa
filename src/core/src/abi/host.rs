//! `libvirt-host.h`: connections, credentials, and facts about the host.

use std::ffi::{c_char, c_int, c_uint, c_ulong, c_ulonglong, c_void};

/// A connection to a hypervisor; opaque. Since 0.0.1.
#[repr(C)]
#[derive(Debug)]
pub struct virConnect {
    _opaque: [u8; 0],
}

/// Pointer to a `virConnect`. Since 0.0.1.
pub type virConnectPtr = *mut virConnect;

/// A flow of bytes to or from a hypervisor; opaque. Since 0.7.2.
#[repr(C)]
#[derive(Debug)]
pub struct virStream {
    _opaque: [u8; 0],
}

/// Pointer to a `virStream`. Since 0.7.2.
pub type virStreamPtr = *mut virStream;

/// How a program answers when a connection asks for a login. Since 0.4.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virConnectAuth {
    /// Which `virConnectCredentialType` values the callback can answer.
    pub credtype: *mut c_int,
    /// How many there are.
    pub ncredtype: c_uint,
    /// Called with the questions.
    pub cb: virConnectAuthCallbackPtr,
    /// Handed to the callback.
    pub cbdata: *mut c_void,
}

/// Pointer to a `virConnectAuth`. Since 0.4.1.
pub type virConnectAuthPtr = *mut virConnectAuth;

/// One question of a login, and the place for its answer. Since 0.4.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virConnectCredential {
    /// A `virConnectCredentialType`.
    pub r#type: c_int,
    /// Text to show.
    pub prompt: *const c_char,
    /// Further data that the answer depends on.
    pub challenge: *const c_char,
    /// Answer if the user gives none.
    pub defresult: *const c_char,
    /// The answer, allocated with malloc.
    pub result: *mut c_char,
    /// Length of the answer, without the final NUL.
    pub resultlen: c_uint,
}

/// Pointer to a `virConnectCredential`. Since 0.4.1.
pub type virConnectCredentialPtr = *mut virConnectCredential;

/// A CPU statistic of a host. Since 0.9.3.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virNodeCPUStats {
    /// Name.
    pub field: [c_char; VIR_NODE_CPU_STATS_FIELD_LENGTH],
    /// Value.
    pub value: c_ulonglong,
}

impl Default for virNodeCPUStats {
    fn default() -> Self {
        Self { field: [0; VIR_NODE_CPU_STATS_FIELD_LENGTH], value: 0 }
    }
}

/// Pointer to a `virNodeCPUStats`. Since 0.9.3.
pub type virNodeCPUStatsPtr = *mut virNodeCPUStats;

/// What a host is made of. Since 0.1.0.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct virNodeInfo {
    /// Name of the CPU's architecture.
    pub model: [c_char; 32],
    /// Memory, in KiB.
    pub memory: c_ulong,
    /// Active CPUs.
    pub cpus: c_uint,
    /// Clock rate, in MHz; 0 if unknown.
    pub mhz: c_uint,
    /// NUMA cells; 1 where the topology has no uniform shape.
    pub nodes: c_uint,
    /// Sockets in a cell.
    pub sockets: c_uint,
    /// Cores in a socket.
    pub cores: c_uint,
    /// Threads in a core.
    pub threads: c_uint,
}

/// Pointer to a `virNodeInfo`. Since 0.1.0.
pub type virNodeInfoPtr = *mut virNodeInfo;

/// A memory statistic of a host. Since 0.9.3.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virNodeMemoryStats {
    /// Name.
    pub field: [c_char; VIR_NODE_MEMORY_STATS_FIELD_LENGTH],
    /// Value, in KiB.
    pub value: c_ulonglong,
}

impl Default for virNodeMemoryStats {
    fn default() -> Self {
        Self { field: [0; VIR_NODE_MEMORY_STATS_FIELD_LENGTH], value: 0 }
    }
}

/// Pointer to a `virNodeMemoryStats`. Since 0.9.3.
pub type virNodeMemoryStatsPtr = *mut virNodeMemoryStats;

/// A security label and whether it is enforced. Since 0.6.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virSecurityLabel {
    /// Label.
    pub label: [c_char; VIR_SECURITY_LABEL_BUFLEN],
    /// 1 if enforced.
    pub enforcing: c_int,
}

impl Default for virSecurityLabel {
    fn default() -> Self {
        Self { label: [0; VIR_SECURITY_LABEL_BUFLEN], enforcing: 0 }
    }
}

/// Pointer to a `virSecurityLabel`. Since 0.6.1.
pub type virSecurityLabelPtr = *mut virSecurityLabel;

/// A security driver of a host. Since 0.6.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virSecurityModel {
    /// Name.
    pub model: [c_char; VIR_SECURITY_MODEL_BUFLEN],
    /// Domain of interpretation.
    pub doi: [c_char; VIR_SECURITY_DOI_BUFLEN],
}

impl Default for virSecurityModel {
    fn default() -> Self {
        Self { model: [0; VIR_SECURITY_MODEL_BUFLEN], doi: [0; VIR_SECURITY_DOI_BUFLEN] }
    }
}

/// Pointer to a `virSecurityModel`. Since 0.6.1.
pub type virSecurityModelPtr = *mut virSecurityModel;

/// Answers the questions of a login; 0 if all are answered, -1 to give up. Since 0.4.1.
pub type virConnectAuthCallbackPtr =
    Option<unsafe extern "C" fn(cred: virConnectCredentialPtr, ncred: c_uint, cbdata: *mut c_void) -> c_int>;

/// Told that a connection went away, with a `virConnectCloseReason`. Since 0.10.0.
pub type virConnectCloseFunc =
    Option<unsafe extern "C" fn(conn: virConnectPtr, reason: c_int, opaque: *mut c_void)>;

c_enum! {
    /// Flags for a CPU baseline. Since 1.1.2.
    pub enum virConnectBaselineCPUFlags: u32 {
        /// List every feature, also those that the model implies. Since 1.1.2.
        VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES = 1 << 0,
        /// Leave out what hinders migration. Since 1.2.14.
        VIR_CONNECT_BASELINE_CPU_MIGRATABLE = 1 << 1,
        /// Look at the given CPUs alone, not at what this host could run. Since 11.6.0.
        VIR_CONNECT_BASELINE_CPU_IGNORE_HOST = 1 << 2,
    }
}

c_enum! {
    /// Flags for a CPU comparison. Since 1.2.6.
    pub enum virConnectCompareCPUFlags: u32 {
        /// Raise an error that names what is missing. Since 1.2.6.
        VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE = 1 << 0,
        /// Check the XML against the schema. Since 6.9.0.
        VIR_CONNECT_COMPARE_CPU_VALIDATE_XML = 1 << 1,
    }
}

c_enum! {
    /// Flags for opening a connection. Since 0.4.1.
    pub enum virConnectFlags: u32 {
        /// For reading only. Since 0.4.1.
        VIR_CONNECT_RO = 1 << 0,
        /// Do not look the URI up among the configured aliases. Since 0.9.7.
        VIR_CONNECT_NO_ALIASES = 1 << 1,
    }
}

c_enum! {
    /// How a CPU relates to the host's. Since 0.7.5.
    pub enum virCPUCompareResult: i32 {
        /// The comparison failed. Since 0.7.5.
        VIR_CPU_COMPARE_ERROR = -1,
        /// The host cannot offer it. Since 0.7.5.
        VIR_CPU_COMPARE_INCOMPATIBLE = 0,
        /// It is the host's. Since 0.7.5.
        VIR_CPU_COMPARE_IDENTICAL = 1,
        /// The host offers it and more. Since 0.7.5.
        VIR_CPU_COMPARE_SUPERSET = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_CPU_COMPARE_LAST = 3,
    }
}

c_enum! {
    /// What a login asks for. Since 0.4.1.
    pub enum virConnectCredentialType: u32 {
        /// Whom to act as. Since 0.4.1.
        VIR_CRED_USERNAME = 1,
        /// Whom to authenticate as. Since 0.4.1.
        VIR_CRED_AUTHNAME = 2,
        /// The user's languages, separated by commas. Since 0.4.1.
        VIR_CRED_LANGUAGE = 3,
        /// The client's nonce. Since 0.4.1.
        VIR_CRED_CNONCE = 4,
        /// A secret phrase. Since 0.4.1.
        VIR_CRED_PASSPHRASE = 5,
        /// An answer that may be seen on the screen. Since 0.4.1.
        VIR_CRED_ECHOPROMPT = 6,
        /// An answer that must not be seen. Since 0.4.1.
        VIR_CRED_NOECHOPROMPT = 7,
        /// Authentication realm. Since 0.4.1.
        VIR_CRED_REALM = 8,
        /// Something that happens outside, such as getting a ticket. Since 0.4.1.
        VIR_CRED_EXTERNAL = 9,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_CRED_LAST = 10,
    }
}

c_enum! {
    /// How page counts are meant. Since 1.2.9.
    pub enum virNodeAllocPagesFlags: u32 {
        /// Add to the pool. Since 1.2.9.
        VIR_NODE_ALLOC_PAGES_ADD = 0,
        /// The size the pool shall have. Since 1.2.9.
        VIR_NODE_ALLOC_PAGES_SET = 1 << 0,
    }
}

c_enum! {
    /// Special CPU numbers for CPU statistics. Since 0.9.8.
    pub enum virNodeGetCPUStatsAllCPUs: i32 {
        /// All CPUs together. Since 0.9.3.
        VIR_NODE_CPU_STATS_ALL_CPUS = -1,
    }
}

c_enum! {
    /// Special cell numbers for memory statistics. Since 0.9.8.
    pub enum virNodeGetMemoryStatsAllCells: i32 {
        /// All cells together. Since 0.9.3.
        VIR_NODE_MEMORY_STATS_ALL_CELLS = -1,
    }
}

c_enum! {
    /// How deep a host sleeps. Since 0.9.8.
    pub enum virNodeSuspendTarget: u32 {
        /// In memory (S3). Since 0.9.8.
        VIR_NODE_SUSPEND_TARGET_MEM = 0,
        /// On disk (S4). Since 0.9.8.
        VIR_NODE_SUSPEND_TARGET_DISK = 1,
        /// On disk, but woken from memory as long as there is power. Since 0.9.8.
        VIR_NODE_SUSPEND_TARGET_HYBRID = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.8.
        VIR_NODE_SUSPEND_TARGET_LAST = 3,
    }
}

/// Name of the user's group (string). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_GROUP_NAME: &str = "group-name";

/// Process ID (llong). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_PROCESS_ID: &str = "process-id";

/// When the process started, in the host's own ticks (ullong). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_PROCESS_TIME: &str = "process-time";

/// Name that SASL authenticated (string). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_SASL_USER_NAME: &str = "sasl-user-name";

/// SELinux context (string). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_SELINUX_CONTEXT: &str = "selinux-context";

/// Group ID (ullong). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_UNIX_GROUP_ID: &str = "unix-group-id";

/// User ID (ullong). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_UNIX_USER_ID: &str = "unix-user-id";

/// Name of the user (string). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_USER_NAME: &str = "user-name";

/// Distinguished name of the TLS certificate (string). Since 5.8.0.
pub const VIR_CONNECT_IDENTITY_X509_DISTINGUISHED_NAME: &str = "x509-distinguished-name";

/// Size of a CPU statistic's name, with the final NUL. Since 0.9.3.
pub const VIR_NODE_CPU_STATS_FIELD_LENGTH: usize = 80;

/// Idle time since boot, in nanoseconds. Since 0.9.3.
pub const VIR_NODE_CPU_STATS_IDLE: &str = "idle";

/// Time in interrupts since boot, in nanoseconds. Since 1.2.2.
pub const VIR_NODE_CPU_STATS_INTR: &str = "intr";

/// Time waiting for disks since boot, in nanoseconds. Since 0.9.3.
pub const VIR_NODE_CPU_STATS_IOWAIT: &str = "iowait";

/// Time in the kernel since boot, in nanoseconds. Since 0.9.3.
pub const VIR_NODE_CPU_STATS_KERNEL: &str = "kernel";

/// Time in programs since boot, in nanoseconds. Since 0.9.3.
pub const VIR_NODE_CPU_STATS_USER: &str = "user";

/// Time in guests since boot, in nanoseconds. Since 11.8.0.
pub const VIR_NODE_CPU_STATS_GUEST: &str = "guest";

/// Share of busy time, in percent. Since 0.9.3.
pub const VIR_NODE_CPU_STATS_UTILIZATION: &str = "utilization";

/// How often KSM has scanned everything that can be merged (ullong, read only). Since 0.10.2.
pub const VIR_NODE_MEMORY_SHARED_FULL_SCANS: &str = "shm_full_scans";

/// Whether KSM merges pages of different NUMA nodes (uint). Since 1.0.0.
pub const VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES: &str = "shm_merge_across_nodes";

/// Shared pages in use (ullong, read only). Since 0.10.2.
pub const VIR_NODE_MEMORY_SHARED_PAGES_SHARED: &str = "shm_pages_shared";

/// Places that use a shared page (ullong, read only). Since 0.10.2.
pub const VIR_NODE_MEMORY_SHARED_PAGES_SHARING: &str = "shm_pages_sharing";

/// Pages KSM looks at before it sleeps (uint). Since 0.10.2.
pub const VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN: &str = "shm_pages_to_scan";

/// Pages that were looked at in vain, again and again (ullong, read only). Since 0.10.2.
pub const VIR_NODE_MEMORY_SHARED_PAGES_UNSHARED: &str = "shm_pages_unshared";

/// Pages that change too fast to be merged (ullong, read only). Since 0.10.2.
pub const VIR_NODE_MEMORY_SHARED_PAGES_VOLATILE: &str = "shm_pages_volatile";

/// How long KSM sleeps between scans, in milliseconds (uint). Since 0.10.2.
pub const VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS: &str = "shm_sleep_millisecs";

/// What programs could still have without swapping, in KiB. Since 12.3.0.
pub const VIR_NODE_MEMORY_STATS_AVAILABLE: &str = "available";

/// Buffers, in KiB. Since 0.9.3.
pub const VIR_NODE_MEMORY_STATS_BUFFERS: &str = "buffers";

/// Page cache, in KiB. Since 0.9.3.
pub const VIR_NODE_MEMORY_STATS_CACHED: &str = "cached";

/// Size of a memory statistic's name, with the final NUL. Since 0.9.3.
pub const VIR_NODE_MEMORY_STATS_FIELD_LENGTH: usize = 80;

/// Free memory, in KiB. Since 0.9.3.
pub const VIR_NODE_MEMORY_STATS_FREE: &str = "free";

/// All memory, in KiB. Since 0.9.3.
pub const VIR_NODE_MEMORY_STATS_TOTAL: &str = "total";

/// Bit of a guest page table entry that marks encryption (uint). Since 4.5.0.
pub const VIR_NODE_SEV_CBITPOS: &str = "cbitpos";

/// Certificate chain of the platform, base64 (string). Since 4.5.0.
pub const VIR_NODE_SEV_CERT_CHAIN: &str = "cert-chain";

/// Unique ID of the first CPU, base64 (string). Since 8.4.0.
pub const VIR_NODE_SEV_CPU0_ID: &str = "cpu0-id";

/// How many SEV-ES guests can run (uint). Since 8.0.0.
pub const VIR_NODE_SEV_MAX_ES_GUESTS: &str = "max-es-guests";

/// How many SEV guests can run (uint). Since 8.0.0.
pub const VIR_NODE_SEV_MAX_GUESTS: &str = "max-guests";

/// Platform's Diffie-Hellman key, base64 (string). Since 4.5.0.
pub const VIR_NODE_SEV_PDH: &str = "pdh";

/// Physical address bits lost to encryption (uint). Since 4.5.0.
pub const VIR_NODE_SEV_REDUCED_PHYS_BITS: &str = "reduced-phys-bits";

/// Size of a security model's domain of interpretation, with the final NUL. Since 0.6.1.
pub const VIR_SECURITY_DOI_BUFLEN: usize = 256 + 1;

/// Size of a security label, with the final NUL. Since 0.6.1.
pub const VIR_SECURITY_LABEL_BUFLEN: usize = 4096 + 1;

/// Size of a security model's name, with the final NUL. Since 0.6.1.
pub const VIR_SECURITY_MODEL_BUFLEN: usize = 256 + 1;

/// Bytes of a raw UUID. Since 0.2.0.
pub const VIR_UUID_BUFLEN: usize = 16;

/// Size of a UUID as text, with the final NUL. Since 0.2.0.
pub const VIR_UUID_STRING_BUFLEN: usize = 36 + 1;
