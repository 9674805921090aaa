//! What can happen to a domain.

use crate::{DomainId, TypedParams};

/// Something that happened to a domain.
#[derive(Debug, Clone)]
pub struct DomainEvent {
    pub domain: DomainId,
    pub kind: DomainEventKind,
}

/// One end of a graphics connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphicsAddress {
    /// `virDomainEventGraphicsAddressType`.
    pub family: i32,
    pub node: Option<String>,
    pub service: Option<String>,
}

/// The kinds of domain event, with what the callbacks of each are told.
#[derive(Debug, Clone)]
pub enum DomainEventKind {
    Lifecycle {
        event: i32,
        detail: i32,
    },
    Reboot,
    RtcChange {
        utc_offset: i64,
    },
    Watchdog {
        action: i32,
    },
    IoError {
        source: String,
        alias: String,
        action: i32,
        reason: String,
    },
    Graphics {
        phase: i32,
        local: GraphicsAddress,
        remote: GraphicsAddress,
        auth_scheme: String,
        /// Pairs of type and name.
        subject: Vec<(String, String)>,
    },
    ControlError,
    BlockJob {
        path: String,
        target: String,
        kind: i32,
        status: i32,
    },
    DiskChange {
        old_source: Option<String>,
        new_source: Option<String>,
        alias: String,
        reason: i32,
    },
    TrayChange {
        alias: String,
        reason: i32,
    },
    PmWakeup {
        reason: i32,
    },
    PmSuspend {
        reason: i32,
    },
    /// The balloon now leaves the guest this many KiB.
    BalloonChange {
        actual: u64,
    },
    PmSuspendDisk {
        reason: i32,
    },
    DeviceRemoved {
        alias: String,
    },
    Tunable {
        params: TypedParams,
    },
    AgentLifecycle {
        state: i32,
        reason: i32,
    },
    DeviceAdded {
        alias: String,
    },
    MigrationIteration {
        iteration: i32,
    },
    JobCompleted {
        params: TypedParams,
    },
    DeviceRemovalFailed {
        alias: String,
    },
    MetadataChange {
        kind: i32,
        uri: Option<String>,
    },
    BlockThreshold {
        device: String,
        path: Option<String>,
        threshold: u64,
        excess: u64,
    },
    MemoryFailure {
        recipient: i32,
        action: i32,
        flags: u32,
    },
    /// The size, in KiB, that the guest has taken of a memory device.
    MemoryDeviceSizeChange {
        alias: String,
        size: u64,
    },
    NicMacChange {
        alias: String,
        old_mac: String,
        new_mac: String,
    },
}

impl DomainEventKind {
    /// Whether a client that registered for event id `id` (`virDomainEventID`) is to be told.
    /// Two kinds reach clients under two ids, which differ in what is passed along.
    pub fn matches(&self, id: i32) -> bool {
        match self {
            Self::Lifecycle { .. } => id == 0,
            Self::Reboot => id == 1,
            Self::RtcChange { .. } => id == 2,
            Self::Watchdog { .. } => id == 3,
            Self::IoError { .. } => id == 4 || id == 6,
            Self::Graphics { .. } => id == 5,
            Self::ControlError => id == 7,
            Self::BlockJob { .. } => id == 8 || id == 16,
            Self::DiskChange { .. } => id == 9,
            Self::TrayChange { .. } => id == 10,
            Self::PmWakeup { .. } => id == 11,
            Self::PmSuspend { .. } => id == 12,
            Self::BalloonChange { .. } => id == 13,
            Self::PmSuspendDisk { .. } => id == 14,
            Self::DeviceRemoved { .. } => id == 15,
            Self::Tunable { .. } => id == 17,
            Self::AgentLifecycle { .. } => id == 18,
            Self::DeviceAdded { .. } => id == 19,
            Self::MigrationIteration { .. } => id == 20,
            Self::JobCompleted { .. } => id == 21,
            Self::DeviceRemovalFailed { .. } => id == 22,
            Self::MetadataChange { .. } => id == 23,
            Self::BlockThreshold { .. } => id == 24,
            Self::MemoryFailure { .. } => id == 25,
            Self::MemoryDeviceSizeChange { .. } => id == 26,
            Self::NicMacChange { .. } => id == 27,
        }
    }
}
