//! What the commands' replies hold, as far as the driver reads it; members that QEMU adds are ignored.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Declares reply types, all alike: kebab-case members, and a default for each that is missing.
macro_rules! replies {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
            #[serde(rename_all = "kebab-case", default)]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $type,)*
            }
        )*
    };
}

/// An enum that QEMU may extend: names in its spelling, and `Other` for those that came after us.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($variant,)*
            #[default]
            #[serde(other)]
            Other,
        }
    };
}

// The monitor itself.
replies! {
    Version { qemu: VersionTriple, package: String }
    #[derive(Copy, Eq, PartialOrd, Ord)]
    VersionTriple { major: u32, minor: u32, micro: u32 }
    Target { arch: String }
    Named { name: String }
    CommandLineOption { option: String, parameters: Vec<OptionParameter> }
    OptionParameter { name: String, r#type: String }
    AddedFd { fdset_id: u64, fd: i64 }
    FdSet { fdset_id: u64, fds: Vec<FdSetMember> }
    FdSetMember { fd: i64, #[serde(skip_serializing_if = "Option::is_none")] opaque: Option<String> }
}

open_enum! {
    RunState {
        Debug, Inmigrate, InternalError, IoError, Paused, Postmigrate, Prelaunch, FinishMigrate, RestoreVm, Running,
        SaveVm, Shutdown, Suspended, Watchdog, GuestPanicked, Colo,
    }
}

// Running and stopping.
replies! {
    Status { running: bool, status: RunState }
    CurrentMachine { wakeup_suspend_support: bool }
    Kvm { enabled: bool, present: bool }
    GuestUuid { #[serde(rename = "UUID")] uuid: String }
}

// CPUs and memory.
replies! {
    Cpu {
        cpu_index: i64,
        qom_path: String,
        thread_id: i64,
        target: String,
        /// Which socket, die, core, … it is, as far as the machine has them.
        props: HashMap<String, i64>,
    }
    HotpluggableCpu { r#type: String, vcpus_count: u32, props: HashMap<String, i64>, qom_path: Option<String> }
    Iothread {
        id: String,
        thread_id: i64,
        poll_max_ns: i64,
        poll_grow: i64,
        poll_shrink: i64,
        aio_max_batch: i64,
    }
    BalloonInfo { actual: u64 }
    MemoryDevice { r#type: String, data: Map<String, Value> }
    MemorySizeSummary { base_memory: u64, plugged_memory: Option<u64> }
}

// Block devices.
replies! {
    BlockDevice {
        device: String,
        qdev: String,
        removable: bool,
        locked: bool,
        tray_open: Option<bool>,
        io_status: Option<String>,
        inserted: Option<BlockNode>,
    }
    BlockNode {
        node_name: Option<String>,
        drv: String,
        file: String,
        ro: bool,
        encrypted: bool,
        write_threshold: u64,
        image: Option<ImageInfo>,
        /// What remembers which of its parts were written.
        dirty_bitmaps: Vec<DirtyBitmap>,
        // Some of QEMU's members have underscores.
        #[serde(rename = "backing_file_depth")] backing_file_depth: u64,
        #[serde(rename = "detect_zeroes")] detect_zeroes: String,
        /// The throttling limits and whatever else there is, by QEMU's names.
        #[serde(flatten)] rest: Map<String, Value>,
    }
    ImageInfo {
        filename: String,
        format: String,
        virtual_size: u64,
        actual_size: Option<u64>,
        cluster_size: Option<u64>,
        backing_filename: Option<String>,
        full_backing_filename: Option<String>,
        backing_filename_format: Option<String>,
        backing_image: Option<Box<ImageInfo>>,
    }
    DirtyBitmap { name: String, count: u64 }
    BlockStats {
        device: Option<String>,
        qdev: Option<String>,
        node_name: Option<String>,
        stats: BlockCounters,
        parent: Option<Box<BlockStats>>,
        backing: Option<Box<BlockStats>>,
    }
    BlockJobInfo { device: String, r#type: String, len: u64, offset: u64, speed: u64, ready: bool, status: String }
    Job { id: String, r#type: String, status: String, current_progress: u64, total_progress: u64, error: Option<String> }
}

/// The counters of a block device, in bytes, requests and nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockCounters {
    pub rd_bytes: u64,
    pub wr_bytes: u64,
    pub unmap_bytes: u64,
    pub rd_operations: u64,
    pub wr_operations: u64,
    pub flush_operations: u64,
    pub unmap_operations: u64,
    pub rd_total_time_ns: u64,
    pub wr_total_time_ns: u64,
    pub flush_total_time_ns: u64,
    pub unmap_total_time_ns: u64,
    pub wr_highest_offset: u64,
    pub rd_merged: u64,
    pub wr_merged: u64,
    pub failed_rd_operations: u64,
    pub failed_wr_operations: u64,
    pub timed_stats: Vec<Map<String, Value>>,
}

// Devices and their back ends.
replies! {
    Chardev { label: String, filename: String, frontend_open: bool }
    /// The pseudo-terminal's path, where the back end is one.
    ChardevAdded { pty: Option<String> }
    RxFilter {
        name: String,
        promiscuous: bool,
        /// `normal`, `none` or `all`.
        multicast: String,
        unicast: String,
        vlan: String,
        broadcast_allowed: bool,
        multicast_overflow: bool,
        unicast_overflow: bool,
        main_mac: String,
        vlan_table: Vec<u16>,
        unicast_table: Vec<String>,
        multicast_table: Vec<String>,
    }
}

// The object model.
replies! {
    ObjectProperty {
        name: String,
        r#type: String,
        #[serde(skip_serializing_if = "Option::is_none")] description: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")] default_value: Option<Value>,
    }
    ObjectType {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")] parent: Option<String>,
        r#abstract: bool,
    }
}

// Migration.
replies! {
    MigrationCapability { capability: String, state: bool }
    MigrationInfo {
        /// Absent before the first migration.
        status: Option<String>,
        error_desc: Option<String>,
        total_time: u64,
        downtime: Option<u64>,
        expected_downtime: Option<u64>,
        setup_time: Option<u64>,
        ram: Option<Map<String, Value>>,
        blocked_reasons: Vec<String>,
        #[serde(flatten)] rest: Map<String, Value>,
    }
}

// What a binary can do.
replies! {
    MachineInfo {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")] alias: Option<String>,
        is_default: bool,
        cpu_max: u32,
        hotpluggable_cpus: bool,
        numa_mem_supported: bool,
        deprecated: bool,
        #[serde(skip_serializing_if = "Option::is_none")] default_cpu_type: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")] default_ram_id: Option<String>,
        /// Whether the machine has ACPI; QEMU before 8.0 does not say.
        #[serde(skip_serializing_if = "Option::is_none")] acpi: Option<bool>,
    }
    CpuDefinition {
        name: String,
        typename: String,
        /// What keeps this host from running it; `None` where QEMU does not tell for this target.
        #[serde(skip_serializing_if = "Option::is_none")] unavailable_features: Option<Vec<String>>,
        #[serde(skip_serializing_if = "Option::is_none")] alias_of: Option<String>,
        r#static: bool,
        migration_safe: Option<bool>,
        deprecated: bool,
    }
    CpuModel {
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")] props: Option<Map<String, Value>>,
    }
    CpuModelExpansion { model: CpuModel, deprecated_props: Vec<String> }
    GicCapability { version: u8, emulated: bool, kernel: bool }
    SevCapability {
        pdh: String,
        cert_chain: String,
        #[serde(skip_serializing_if = "Option::is_none")] cpu0_id: Option<String>,
        cbitpos: u32,
        reduced_phys_bits: u32,
    }
    SgxCapability {
        sgx: bool,
        sgx1: bool,
        sgx2: bool,
        flc: bool,
        sections: Vec<SgxSection>,
    }
    SgxSection { node: i64, size: u64 }
}

impl CpuModel {
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), props: None }
    }

    pub fn with(mut self, property: &str, value: impl Into<Value>) -> Self {
        self.props.get_or_insert_default().insert(property.into(), value.into());
        self
    }
}

impl std::fmt::Display for VersionTriple {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

impl VersionTriple {
    /// libvirt's way to write a version as one number: a million a major, a thousand a minor.
    pub fn as_number(self) -> u64 {
        u64::from(self.major) * 1_000_000 + u64::from(self.minor) * 1_000 + u64::from(self.micro)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_that_came_after_us_are_read() {
        let status: Status =
            serde_json::from_str(r#"{"status": "save-vm", "running": false}"#).expect("read");
        assert_eq!(status.status, RunState::SaveVm);
        let status: Status =
            serde_json::from_str(r#"{"status": "dreaming", "running": true}"#).expect("read");
        assert_eq!(status.status, RunState::Other);
    }

    #[test]
    fn missing_members_have_defaults_and_new_ones_are_ignored() {
        let machine: MachineInfo =
            serde_json::from_str(r#"{"name": "x", "cpu-max": 7, "new-thing": [1]}"#).expect("read");
        assert_eq!((machine.cpu_max, machine.acpi, machine.deprecated), (7, None, false));
    }
}

/// `query-sev-launch-measure`: what the guest's owner compares.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct SevLaunchMeasure {
    pub data: String,
}
