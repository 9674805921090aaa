//! Domain events: their numbers, details, data and callbacks.

use std::ffi::{c_char, c_int, c_longlong, c_uint, c_ulonglong, c_void};

use crate::abi::{virConnectPtr, virDomainPtr, virTypedParameterPtr};

/// One end of a graphics connection. Since 0.8.0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainEventGraphicsAddress {
    /// A `virDomainEventGraphicsAddressType`.
    pub family: c_int,
    /// Address.
    pub node: *mut c_char,
    /// Port, or nothing for a UNIX socket.
    pub service: *mut c_char,
}

/// Pointer to a `virDomainEventGraphicsAddress`. Since 0.8.0.
pub type virDomainEventGraphicsAddressPtr = *mut virDomainEventGraphicsAddress;

/// Who is at the client's end of a graphics connection. Since 0.8.0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainEventGraphicsSubject {
    /// How many identities there are.
    pub nidentity: c_int,
    /// The identities.
    pub identities: virDomainEventGraphicsSubjectIdentityPtr,
}

/// Pointer to a `virDomainEventGraphicsSubject`. Since 0.8.0.
pub type virDomainEventGraphicsSubjectPtr = *mut virDomainEventGraphicsSubject;

/// One identity of a graphics client. Since 0.8.0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainEventGraphicsSubjectIdentity {
    /// Kind, such as `x509dname` or `saslUsername`.
    pub r#type: *mut c_char,
    /// Value.
    pub name: *mut c_char,
}

/// Pointer to a `virDomainEventGraphicsSubjectIdentity`. Since 0.8.0.
pub type virDomainEventGraphicsSubjectIdentityPtr = *mut virDomainEventGraphicsSubjectIdentity;

/// The guest agent came or went. Since 1.2.11.
pub type virConnectDomainEventAgentLifecycleCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        state: c_int,
        reason: c_int,
        opaque: *mut c_void,
    ),
>;

/// The balloon has another size, in KiB. Since 0.10.0.
pub type virConnectDomainEventBalloonChangeCallback = Option<
    unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, actual: c_ulonglong, opaque: *mut c_void),
>;

/// A block job of a disk changed; `status` is a `virConnectDomainEventBlockJobStatus`. Since 0.9.4.
pub type virConnectDomainEventBlockJobCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        disk: *const c_char,
        r#type: c_int,
        status: c_int,
        opaque: *mut c_void,
    ),
>;

/// Writes to a disk passed the threshold by `excess` bytes. Since 3.2.0.
pub type virConnectDomainEventBlockThresholdCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        dev: *const c_char,
        path: *const c_char,
        threshold: c_ulonglong,
        excess: c_ulonglong,
        opaque: *mut c_void,
    ),
>;

/// A life cycle event; `detail` depends on `event`, a `virDomainEventType`. The result is not used. Since 0.5.0.
pub type virConnectDomainEventCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        event: c_int,
        detail: c_int,
        opaque: *mut c_void,
    ) -> c_int,
>;

/// A device was plugged in. Since 1.2.15.
pub type virConnectDomainEventDeviceAddedCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        devAlias: *const c_char,
        opaque: *mut c_void,
    ),
>;

/// The guest refused to give a device up. Since 1.3.4.
pub type virConnectDomainEventDeviceRemovalFailedCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        devAlias: *const c_char,
        opaque: *mut c_void,
    ),
>;

/// A device is gone. Since 1.1.1.
pub type virConnectDomainEventDeviceRemovedCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        devAlias: *const c_char,
        opaque: *mut c_void,
    ),
>;

/// A disk has another source; `reason` is a `virConnectDomainEventDiskChangeReason`. Since 0.9.7.
pub type virConnectDomainEventDiskChangeCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        oldSrcPath: *const c_char,
        newSrcPath: *const c_char,
        devAlias: *const c_char,
        reason: c_int,
        opaque: *mut c_void,
    ),
>;

/// An event that carries nothing; every other callback is cast to it. Since 0.8.0.
pub type virConnectDomainEventGenericCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, opaque: *mut c_void)>;

/// A graphics client came or went; `phase` is a `virDomainEventGraphicsPhase`. Since 0.8.0.
pub type virConnectDomainEventGraphicsCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        phase: c_int,
        local: *const virDomainEventGraphicsAddress,
        remote: *const virDomainEventGraphicsAddress,
        authScheme: *const c_char,
        subject: *const virDomainEventGraphicsSubject,
        opaque: *mut c_void,
    ),
>;

/// A disk failed; `action` is a `virDomainEventIOErrorAction`. Since 0.8.0.
pub type virConnectDomainEventIOErrorCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        srcPath: *const c_char,
        devAlias: *const c_char,
        action: c_int,
        opaque: *mut c_void,
    ),
>;

/// A disk failed, with a reason such as `enospc`. Since 0.8.1.
pub type virConnectDomainEventIOErrorReasonCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        srcPath: *const c_char,
        devAlias: *const c_char,
        action: c_int,
        reason: *const c_char,
        opaque: *mut c_void,
    ),
>;

/// A job ended; the parameters are those of its statistics and stay the library's. Since 1.3.3.
pub type virConnectDomainEventJobCompletedCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        params: virTypedParameterPtr,
        nparams: c_int,
        opaque: *mut c_void,
    ),
>;

/// A memory device has another size, in KiB. Since 7.9.0.
pub type virConnectDomainEventMemoryDeviceSizeChangeCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        alias: *const c_char,
        size: c_ulonglong,
        opaque: *mut c_void,
    ),
>;

/// Host memory failed under a guest. Since 6.9.0.
pub type virConnectDomainEventMemoryFailureCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        recipient: c_int,
        action: c_int,
        flags: c_uint,
        opaque: *mut c_void,
    ),
>;

/// Metadata changed; `type` is a `virDomainMetadataType`. Since 3.0.0.
pub type virConnectDomainEventMetadataChangeCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        r#type: c_int,
        nsuri: *const c_char,
        opaque: *mut c_void,
    ),
>;

/// Migration began another pass over memory. Since 1.3.2.
pub type virConnectDomainEventMigrationIterationCallback = Option<
    unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, iteration: c_int, opaque: *mut c_void),
>;

/// A guest gave an interface another MAC address. Since 11.2.0.
pub type virConnectDomainEventNICMACChangeCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        alias: *const c_char,
        oldMAC: *const c_char,
        newMAC: *const c_char,
        opaque: *mut c_void,
    ),
>;

/// The guest went to sleep in memory; `reason` is always 0. Since 0.9.11.
pub type virConnectDomainEventPMSuspendCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, reason: c_int, opaque: *mut c_void)>;

/// The guest went to sleep on disk; `reason` is always 0. Since 1.0.0.
pub type virConnectDomainEventPMSuspendDiskCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, reason: c_int, opaque: *mut c_void)>;

/// The guest woke up; `reason` is always 0. Since 0.9.11.
pub type virConnectDomainEventPMWakeupCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, reason: c_int, opaque: *mut c_void)>;

/// The guest set its clock; `utcoffset` is in seconds. Since 0.8.0.
pub type virConnectDomainEventRTCChangeCallback = Option<
    unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, utcoffset: c_longlong, opaque: *mut c_void),
>;

/// A tray moved; `reason` is a `virDomainEventTrayChangeReason`. Since 0.9.11.
pub type virConnectDomainEventTrayChangeCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        devAlias: *const c_char,
        reason: c_int,
        opaque: *mut c_void,
    ),
>;

/// Tuning values changed; the parameters stay the library's. Since 1.2.9.
pub type virConnectDomainEventTunableCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        params: virTypedParameterPtr,
        nparams: c_int,
        opaque: *mut c_void,
    ),
>;

/// A watchdog fired; `action` is a `virDomainEventWatchdogAction`. Since 0.8.0.
pub type virConnectDomainEventWatchdogCallback =
    Option<unsafe extern "C" fn(conn: virConnectPtr, dom: virDomainPtr, action: c_int, opaque: *mut c_void)>;

c_enum! {
    /// Why the guest agent's state changed. Since 1.2.11.
    pub enum virConnectDomainEventAgentLifecycleReason: u32 {
        /// No reason is known. Since 1.2.11.
        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_UNKNOWN = 0,
        /// The domain just started, so this is the first known state. Since 1.2.11.
        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_DOMAIN_STARTED = 1,
        /// The agent's channel was opened or closed in the guest. Since 1.2.11.
        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL = 2,
    }
    sentinel {
        /// One past the last member. Since 1.2.11.
        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_LAST = 3,
    }
}

c_enum! {
    /// Whether the guest agent can be reached. Since 1.2.11.
    pub enum virConnectDomainEventAgentLifecycleState: u32 {
        /// The agent's channel is open in the guest. Since 1.2.11.
        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED = 1,
        /// The agent's channel is closed in the guest. Since 1.2.11.
        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED = 2,
    }
    sentinel {
        /// One past the last member. Since 1.2.11.
        VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_LAST = 3,
    }
}

c_enum! {
    /// How a block job stands when its event is sent. Since 0.9.4.
    pub enum virConnectDomainEventBlockJobStatus: u32 {
        /// It ended and did its work. Since 0.9.4.
        VIR_DOMAIN_BLOCK_JOB_COMPLETED = 0,
        /// It ended with an error. Since 0.9.4.
        VIR_DOMAIN_BLOCK_JOB_FAILED = 1,
        /// It was cancelled. Since 0.9.12.
        VIR_DOMAIN_BLOCK_JOB_CANCELED = 2,
        /// A copy or active commit caught up and can be pivoted. Since 1.0.0.
        VIR_DOMAIN_BLOCK_JOB_READY = 3,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_BLOCK_JOB_LAST = 4,
    }
}

c_enum! {
    /// Life cycle events. Since 0.5.0.
    pub enum virDomainEventType: u32 {
        /// A definition was stored; see `virDomainEventDefinedDetailType`. Since 0.5.0.
        VIR_DOMAIN_EVENT_DEFINED = 0,
        /// A definition was removed; see `virDomainEventUndefinedDetailType`. Since 0.5.0.
        VIR_DOMAIN_EVENT_UNDEFINED = 1,
        /// The domain started; see `virDomainEventStartedDetailType`. Since 0.5.0.
        VIR_DOMAIN_EVENT_STARTED = 2,
        /// The domain paused; see `virDomainEventSuspendedDetailType`. Since 0.5.0.
        VIR_DOMAIN_EVENT_SUSPENDED = 3,
        /// The domain goes on; see `virDomainEventResumedDetailType`. Since 0.5.0.
        VIR_DOMAIN_EVENT_RESUMED = 4,
        /// The domain stopped; see `virDomainEventStoppedDetailType`. Since 0.5.0.
        VIR_DOMAIN_EVENT_STOPPED = 5,
        /// The guest is shutting down; see `virDomainEventShutdownDetailType`. Since 0.9.8.
        VIR_DOMAIN_EVENT_SHUTDOWN = 6,
        /// The guest sleeps; see `virDomainEventPMSuspendedDetailType`. Since 0.10.2.
        VIR_DOMAIN_EVENT_PMSUSPENDED = 7,
        /// The guest crashed; see `virDomainEventCrashedDetailType`. Since 1.1.1.
        VIR_DOMAIN_EVENT_CRASHED = 8,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_LAST = 9,
    }
}

c_enum! {
    /// Details of a crash event. Since 1.1.1.
    pub enum virDomainEventCrashedDetailType: u32 {
        /// The guest told of a panic. Since 1.1.1.
        VIR_DOMAIN_EVENT_CRASHED_PANICKED = 0,
        /// The guest panicked and is loading its crash kernel. Since 6.1.0.
        VIR_DOMAIN_EVENT_CRASHED_CRASHLOADED = 1,
    }
    sentinel {
        /// One past the last member. Since 1.1.1.
        VIR_DOMAIN_EVENT_CRASHED_LAST = 2,
    }
}

c_enum! {
    /// Details of a definition event. Since 0.5.0.
    pub enum virDomainEventDefinedDetailType: u32 {
        /// A new definition. Since 0.5.0.
        VIR_DOMAIN_EVENT_DEFINED_ADDED = 0,
        /// An existing definition changed. Since 0.5.0.
        VIR_DOMAIN_EVENT_DEFINED_UPDATED = 1,
        /// The domain came from a rename. Since 1.2.19.
        VIR_DOMAIN_EVENT_DEFINED_RENAMED = 2,
        /// The definition came back from a snapshot. Since 1.3.3.
        VIR_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT = 3,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_DEFINED_LAST = 4,
    }
}

c_enum! {
    /// Why a disk's source changed. Since 0.9.7.
    pub enum virConnectDomainEventDiskChangeReason: u32 {
        /// The source was absent at start; the medium was taken out and the drive kept. Since 0.9.7.
        VIR_DOMAIN_EVENT_DISK_CHANGE_MISSING_ON_START = 0,
        /// The source was absent at start; the whole disk was left out. Since 1.1.2.
        VIR_DOMAIN_EVENT_DISK_DROP_MISSING_ON_START = 1,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_DISK_CHANGE_LAST = 2,
    }
}

c_enum! {
    /// Address family of a graphics client or server. Since 0.8.0.
    pub enum virDomainEventGraphicsAddressType: u32 {
        /// IPv4. Since 0.8.0.
        VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV4 = 0,
        /// IPv6. Since 0.8.0.
        VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV6 = 1,
        /// A UNIX socket path. Since 0.9.7.
        VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_UNIX = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_LAST = 3,
    }
}

c_enum! {
    /// How far a graphics connection has come. Since 0.8.0.
    pub enum virDomainEventGraphicsPhase: u32 {
        /// The socket is connected. Since 0.8.0.
        VIR_DOMAIN_EVENT_GRAPHICS_CONNECT = 0,
        /// Authentication is done, the session starts. Since 0.8.0.
        VIR_DOMAIN_EVENT_GRAPHICS_INITIALIZE = 1,
        /// The socket is closed. Since 0.8.0.
        VIR_DOMAIN_EVENT_GRAPHICS_DISCONNECT = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_GRAPHICS_LAST = 3,
    }
}

c_enum! {
    /// Kinds of domain events that a callback can be registered for. Since 0.8.0.
    pub enum virDomainEventID: u32 {
        /// Life cycle: `virConnectDomainEventCallback`. Since 0.8.0.
        VIR_DOMAIN_EVENT_ID_LIFECYCLE = 0,
        /// The guest rebooted: `virConnectDomainEventGenericCallback`. Since 0.8.0.
        VIR_DOMAIN_EVENT_ID_REBOOT = 1,
        /// The guest set its clock: `virConnectDomainEventRTCChangeCallback`. Since 0.8.0.
        VIR_DOMAIN_EVENT_ID_RTC_CHANGE = 2,
        /// A watchdog fired: `virConnectDomainEventWatchdogCallback`. Since 0.8.0.
        VIR_DOMAIN_EVENT_ID_WATCHDOG = 3,
        /// A disk failed: `virConnectDomainEventIOErrorCallback`. Since 0.8.0.
        VIR_DOMAIN_EVENT_ID_IO_ERROR = 4,
        /// A graphics client came or went: `virConnectDomainEventGraphicsCallback`. Since 0.8.0.
        VIR_DOMAIN_EVENT_ID_GRAPHICS = 5,
        /// A disk failed, with a reason: `virConnectDomainEventIOErrorReasonCallback`. Since 0.8.1.
        VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON = 6,
        /// The control interface failed: `virConnectDomainEventGenericCallback`. Since 0.9.2.
        VIR_DOMAIN_EVENT_ID_CONTROL_ERROR = 7,
        /// A block job changed, disk named by source path: `virConnectDomainEventBlockJobCallback`. Since 0.9.4.
        VIR_DOMAIN_EVENT_ID_BLOCK_JOB = 8,
        /// A disk's source changed: `virConnectDomainEventDiskChangeCallback`. Since 0.9.7.
        VIR_DOMAIN_EVENT_ID_DISK_CHANGE = 9,
        /// A tray moved: `virConnectDomainEventTrayChangeCallback`. Since 0.9.11.
        VIR_DOMAIN_EVENT_ID_TRAY_CHANGE = 10,
        /// The guest woke up: `virConnectDomainEventPMWakeupCallback`. Since 0.9.11.
        VIR_DOMAIN_EVENT_ID_PMWAKEUP = 11,
        /// The guest went to sleep in memory: `virConnectDomainEventPMSuspendCallback`. Since 0.9.11.
        VIR_DOMAIN_EVENT_ID_PMSUSPEND = 12,
        /// The balloon changed size: `virConnectDomainEventBalloonChangeCallback`. Since 0.10.0.
        VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE = 13,
        /// The guest went to sleep on disk: `virConnectDomainEventPMSuspendDiskCallback`. Since 1.0.0.
        VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK = 14,
        /// A device is gone: `virConnectDomainEventDeviceRemovedCallback`. Since 1.1.1.
        VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED = 15,
        /// A block job changed, disk named by target: `virConnectDomainEventBlockJobCallback`. Since 1.2.6.
        VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2 = 16,
        /// A tuning value changed: `virConnectDomainEventTunableCallback`. Since 1.2.9.
        VIR_DOMAIN_EVENT_ID_TUNABLE = 17,
        /// The guest agent came or went: `virConnectDomainEventAgentLifecycleCallback`. Since 1.2.11.
        VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE = 18,
        /// A device was plugged in: `virConnectDomainEventDeviceAddedCallback`. Since 1.2.15.
        VIR_DOMAIN_EVENT_ID_DEVICE_ADDED = 19,
        /// Migration began another pass over memory: `virConnectDomainEventMigrationIterationCallback`. Since 1.3.2.
        VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION = 20,
        /// A job ended: `virConnectDomainEventJobCompletedCallback`. Since 1.3.3.
        VIR_DOMAIN_EVENT_ID_JOB_COMPLETED = 21,
        /// The guest refused to give a device up: `virConnectDomainEventDeviceRemovalFailedCallback`. Since 1.3.4.
        VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED = 22,
        /// Metadata changed: `virConnectDomainEventMetadataChangeCallback`. Since 3.0.0.
        VIR_DOMAIN_EVENT_ID_METADATA_CHANGE = 23,
        /// Writes passed a threshold: `virConnectDomainEventBlockThresholdCallback`. Since 3.2.0.
        VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD = 24,
        /// Host memory failed under a guest: `virConnectDomainEventMemoryFailureCallback`. Since 6.9.0.
        VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE = 25,
        /// A memory device changed size: `virConnectDomainEventMemoryDeviceSizeChangeCallback`. Since 7.9.0.
        VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE = 26,
        /// The guest changed a MAC address: `virConnectDomainEventNICMACChangeCallback`. Since 11.2.0.
        VIR_DOMAIN_EVENT_ID_NIC_MAC_CHANGE = 27,
    }
    sentinel {
        /// One past the last member. Since 0.8.0.
        VIR_DOMAIN_EVENT_ID_LAST = 28,
    }
}

c_enum! {
    /// What was done about a disk error. Since 0.8.0.
    pub enum virDomainEventIOErrorAction: u32 {
        /// Nothing. Since 0.8.0.
        VIR_DOMAIN_EVENT_IO_ERROR_NONE = 0,
        /// The guest was paused. Since 0.8.0.
        VIR_DOMAIN_EVENT_IO_ERROR_PAUSE = 1,
        /// The guest was told. Since 0.8.0.
        VIR_DOMAIN_EVENT_IO_ERROR_REPORT = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_IO_ERROR_LAST = 3,
    }
}

c_enum! {
    /// What the hypervisor did about failed memory. Since 6.9.0.
    pub enum virDomainMemoryFailureActionType: u32 {
        /// Nothing. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_IGNORE = 0,
        /// The guest was told. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_INJECT = 1,
        /// The guest cannot go on. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_FATAL = 2,
        /// The guest was reset. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_RESET = 3,
    }
    sentinel {
        /// One past the last member. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_LAST = 4,
    }
}

c_enum! {
    /// Whose memory failed. Since 6.9.0.
    pub enum virDomainMemoryFailureRecipientType: u32 {
        /// The hypervisor's own. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_HYPERVISOR = 0,
        /// The guest's. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_GUEST = 1,
    }
    sentinel {
        /// One past the last member. Since 6.9.0.
        VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_LAST = 2,
    }
}

c_enum! {
    /// Details of a guest's sleep. Since 0.10.2.
    pub enum virDomainEventPMSuspendedDetailType: u32 {
        /// To memory (S3). Since 0.10.2.
        VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY = 0,
        /// To disk (S4). Since 1.0.0.
        VIR_DOMAIN_EVENT_PMSUSPENDED_DISK = 1,
    }
    sentinel {
        /// One past the last member. Since 0.10.2.
        VIR_DOMAIN_EVENT_PMSUSPENDED_LAST = 2,
    }
}

c_enum! {
    /// Details of a resume. Since 0.5.0.
    pub enum virDomainEventResumedDetailType: u32 {
        /// Somebody asked for it. Since 0.5.0.
        VIR_DOMAIN_EVENT_RESUMED_UNPAUSED = 0,
        /// A migration handed the guest over. Since 0.5.0.
        VIR_DOMAIN_EVENT_RESUMED_MIGRATED = 1,
        /// A snapshot was reverted to. Since 0.9.5.
        VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT = 2,
        /// Post-copy: the target runs, memory still arrives. Since 1.3.3.
        VIR_DOMAIN_EVENT_RESUMED_POSTCOPY = 3,
        /// Post-copy broke, the guest runs on what it has. Since 8.5.0.
        VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED = 4,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_RESUMED_LAST = 5,
    }
}

c_enum! {
    /// Who asked for a shutdown. Since 0.9.8.
    pub enum virDomainEventShutdownDetailType: u32 {
        /// Not known; the guest has ended its work. Since 0.9.8.
        VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED = 0,
        /// The guest itself. Since 3.4.0.
        VIR_DOMAIN_EVENT_SHUTDOWN_GUEST = 1,
        /// The host. Since 3.4.0.
        VIR_DOMAIN_EVENT_SHUTDOWN_HOST = 2,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_SHUTDOWN_LAST = 3,
    }
}

c_enum! {
    /// How a domain came to run. Since 0.5.0.
    pub enum virDomainEventStartedDetailType: u32 {
        /// By a boot. Since 0.5.0.
        VIR_DOMAIN_EVENT_STARTED_BOOTED = 0,
        /// By a migration that came in. Since 0.5.0.
        VIR_DOMAIN_EVENT_STARTED_MIGRATED = 1,
        /// From a saved state. Since 0.5.0.
        VIR_DOMAIN_EVENT_STARTED_RESTORED = 2,
        /// From a snapshot. Since 0.8.0.
        VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT = 3,
        /// By waking up. Since 0.9.11.
        VIR_DOMAIN_EVENT_STARTED_WAKEUP = 4,
        /// By a new process after a stop for that purpose. Since 11.6.0.
        VIR_DOMAIN_EVENT_STARTED_RECREATED = 5,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_STARTED_LAST = 5,
    }
}

c_enum! {
    /// How a domain came to stop. Since 0.5.0.
    pub enum virDomainEventStoppedDetailType: u32 {
        /// The guest shut down. Since 0.5.0.
        VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN = 0,
        /// It was destroyed from the host. Since 0.5.0.
        VIR_DOMAIN_EVENT_STOPPED_DESTROYED = 1,
        /// The guest crashed. Since 0.5.0.
        VIR_DOMAIN_EVENT_STOPPED_CRASHED = 2,
        /// It moved to another host. Since 0.5.0.
        VIR_DOMAIN_EVENT_STOPPED_MIGRATED = 3,
        /// Its state was saved. Since 0.5.0.
        VIR_DOMAIN_EVENT_STOPPED_SAVED = 4,
        /// The hypervisor failed. Since 0.5.0.
        VIR_DOMAIN_EVENT_STOPPED_FAILED = 5,
        /// A snapshot of a stopped domain was reverted to. Since 0.8.0.
        VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT = 6,
        /// To be started by a new process at once. Since 11.6.0.
        VIR_DOMAIN_EVENT_STOPPED_RECREATED = 7,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_STOPPED_LAST = 7,
    }
}

c_enum! {
    /// How a domain came to pause. Since 0.5.0.
    pub enum virDomainEventSuspendedDetailType: u32 {
        /// Somebody asked for it. Since 0.5.0.
        VIR_DOMAIN_EVENT_SUSPENDED_PAUSED = 0,
        /// It stopped for a migration. Since 0.5.0.
        VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED = 1,
        /// A disk error. Since 0.8.0.
        VIR_DOMAIN_EVENT_SUSPENDED_IOERROR = 2,
        /// A watchdog fired. Since 0.8.0.
        VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG = 3,
        /// It was restored paused. Since 0.9.5.
        VIR_DOMAIN_EVENT_SUSPENDED_RESTORED = 4,
        /// It was reverted to a paused snapshot. Since 0.9.5.
        VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT = 5,
        /// A call failed half-way. Since 1.0.1.
        VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR = 6,
        /// The source waits while post-copy goes on. Since 1.3.3.
        VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY = 7,
        /// Post-copy broke. Since 1.3.3.
        VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED = 8,
        /// The guest has shut down and is kept for a job that goes on. Since 11.10.0.
        VIR_DOMAIN_EVENT_SUSPENDED_GUEST_SHUTDOWN = 9,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_SUSPENDED_LAST = 9,
    }
}

c_enum! {
    /// Which way a tray moved. Since 0.9.11.
    pub enum virDomainEventTrayChangeReason: u32 {
        /// It opened. Since 0.9.11.
        VIR_DOMAIN_EVENT_TRAY_CHANGE_OPEN = 0,
        /// It closed. Since 0.9.11.
        VIR_DOMAIN_EVENT_TRAY_CHANGE_CLOSE = 1,
    }
    sentinel {
        /// One past the last member. Since 0.9.11.
        VIR_DOMAIN_EVENT_TRAY_CHANGE_LAST = 2,
    }
}

c_enum! {
    /// Details of a removed definition. Since 0.5.0.
    pub enum virDomainEventUndefinedDetailType: u32 {
        /// It was deleted. Since 0.5.0.
        VIR_DOMAIN_EVENT_UNDEFINED_REMOVED = 0,
        /// It lives on under another name. Since 1.2.19.
        VIR_DOMAIN_EVENT_UNDEFINED_RENAMED = 1,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_UNDEFINED_LAST = 2,
    }
}

c_enum! {
    /// What a watchdog did. Since 0.8.0.
    pub enum virDomainEventWatchdogAction: u32 {
        /// Nothing. Since 0.8.0.
        VIR_DOMAIN_EVENT_WATCHDOG_NONE = 0,
        /// It paused the guest. Since 0.8.0.
        VIR_DOMAIN_EVENT_WATCHDOG_PAUSE = 1,
        /// It reset the guest. Since 0.8.0.
        VIR_DOMAIN_EVENT_WATCHDOG_RESET = 2,
        /// It cut the power. Since 0.8.0.
        VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF = 3,
        /// It asked the guest to shut down. Since 0.8.0.
        VIR_DOMAIN_EVENT_WATCHDOG_SHUTDOWN = 4,
        /// It only wrote a message. Since 0.8.0.
        VIR_DOMAIN_EVENT_WATCHDOG_DEBUG = 5,
        /// It raised an NMI. Since 1.2.17.
        VIR_DOMAIN_EVENT_WATCHDOG_INJECTNMI = 6,
    }
    sentinel {
        /// One past the last member. Since 0.9.10.
        VIR_DOMAIN_EVENT_WATCHDOG_LAST = 7,
    }
}

c_enum! {
    /// More about failed memory. Since 6.9.0.
    pub enum virDomainMemoryFailureFlags: u32 {
        /// The guest was using it, so the failure could not be put off. Since 6.9.0.
        VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED = 1 << 0,
        /// It happened while an earlier failure was handled. Since 6.9.0.
        VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE = 1 << 1,
    }
}
