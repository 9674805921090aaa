//! The events that the driver acts on: one row each, with its name and data.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::message::Event;

/// Declares events: `Name = "QMP_NAME" { member: Type } optional { maybe: Type };`
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $qmp:literal $({ $($field:ident: $type:ty),* $(,)? })?
        $(optional { $($maybe:ident: $maybe_type:ty),* $(,)? })?;)*
    ) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Deserialize)]
            #[serde(rename_all = "kebab-case")]
            pub struct $name {
                $($(pub $field: $type,)*)?
                $($(#[serde(default)] pub $maybe: Option<$maybe_type>,)*)?
            }
        )*

        /// An event of a guest, decoded.
        #[derive(Debug, Clone, PartialEq)]
        pub enum GuestEvent {
            $($name($name),)*
            /// One that the driver has no use for; it is in the [`Event`] still.
            Other,
        }

        impl Event {
            /// The event by its name. An error where the data is not what an event of this name has.
            pub fn typed(&self) -> serde_json::Result<GuestEvent> {
                match self.name.as_str() {
                    $($qmp => self.decode().map(GuestEvent::$name),)*
                    _ => Ok(GuestEvent::Other),
                }
            }
        }
    };
}

events! {
    Shutdown = "SHUTDOWN" { guest: bool } optional { reason: String };
    Powerdown = "POWERDOWN";
    Reset = "RESET" { guest: bool } optional { reason: String };
    Stopped = "STOP";
    Resumed = "RESUME";
    Suspended = "SUSPEND";
    SuspendedToDisk = "SUSPEND_DISK";
    Wakeup = "WAKEUP";
    RtcChange = "RTC_CHANGE" { offset: i64 } optional { qom_path: String };
    Watchdog = "WATCHDOG" { action: String };
    GuestPanicked = "GUEST_PANICKED" { action: String } optional { info: Value };
    GuestCrashloaded = "GUEST_CRASHLOADED" { action: String } optional { info: Value };
    DeviceDeleted = "DEVICE_DELETED" { path: String } optional { device: String };
    DeviceUnplugGuestError = "DEVICE_UNPLUG_GUEST_ERROR" { path: String } optional { device: String };
    AcpiDeviceOst = "ACPI_DEVICE_OST" { info: Map<String, Value> };
    NicRxFilterChanged = "NIC_RX_FILTER_CHANGED" { path: String } optional { name: String };
    NetdevStreamDisconnected = "NETDEV_STREAM_DISCONNECTED" { netdev_id: String };
    NetdevVhostUserDisconnected = "NETDEV_VHOST_USER_DISCONNECTED" { netdev_id: String };
    BalloonChange = "BALLOON_CHANGE" { actual: u64 };
    MemoryDeviceSizeChange = "MEMORY_DEVICE_SIZE_CHANGE" { size: u64, qom_path: String } optional { id: String };
    MemoryFailure = "MEMORY_FAILURE" { recipient: String, action: String, flags: Map<String, Value> };
    VserportChange = "VSERPORT_CHANGE" { id: String, open: bool };
    DeviceTrayMoved = "DEVICE_TRAY_MOVED" { tray_open: bool } optional { device: String, id: String };
    BlockIoError = "BLOCK_IO_ERROR" { operation: String, action: String }
        optional { device: String, qom_path: String, node_name: String, nospace: bool, reason: String };
    BlockWriteThreshold = "BLOCK_WRITE_THRESHOLD"
        { node_name: String, amount_exceeded: u64, write_threshold: u64 };
    JobStatusChange = "JOB_STATUS_CHANGE" { id: String, status: String };
    DumpCompleted = "DUMP_COMPLETED" { result: Map<String, Value> } optional { error: String };
    MigrationStatus = "MIGRATION" { status: String };
    MigrationPass = "MIGRATION_PASS" { pass: i64 };
    PrManagerStatusChanged = "PR_MANAGER_STATUS_CHANGED" { id: String, connected: bool };
    RdmaGidStatusChanged = "RDMA_GID_STATUS_CHANGED" { netdev: String, gid_status: bool, subnet_prefix: u64, interface_id: u64 };
    VncConnected = "VNC_CONNECTED" { server: Map<String, Value>, client: Map<String, Value> };
    VncInitialized = "VNC_INITIALIZED" { server: Map<String, Value>, client: Map<String, Value> };
    VncDisconnected = "VNC_DISCONNECTED" { server: Map<String, Value>, client: Map<String, Value> };
    SpiceConnected = "SPICE_CONNECTED" { server: Map<String, Value>, client: Map<String, Value> };
    SpiceInitialized = "SPICE_INITIALIZED" { server: Map<String, Value>, client: Map<String, Value> };
    SpiceDisconnected = "SPICE_DISCONNECTED" { server: Map<String, Value>, client: Map<String, Value> };
    SpiceMigrateCompleted = "SPICE_MIGRATE_COMPLETED";
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    fn event(name: &str, data: &str) -> Event {
        let data = RawValue::from_string(data.into()).expect("JSON");
        Event { name: name.into(), data, seconds: 0, microseconds: 0 }
    }

    #[test]
    fn events_are_decoded_by_name() {
        let shutdown =
            event("SHUTDOWN", r#"{"guest": false, "reason": "host-qmp-quit"}"#).typed().expect("decoded");
        assert_eq!(
            shutdown,
            GuestEvent::Shutdown(Shutdown { guest: false, reason: Some("host-qmp-quit".into()) })
        );
        let stop = event("STOP", "{}").typed().expect("decoded");
        assert_eq!(stop, GuestEvent::Stopped(Stopped {}));
        let tray = event("DEVICE_TRAY_MOVED", r#"{"tray-open": true, "id": "cd"}"#).typed().expect("decoded");
        assert!(matches!(tray, GuestEvent::DeviceTrayMoved(t) if t.tray_open && t.device.is_none()));
        assert_eq!(event("SOMETHING_NEW", "[]").typed().expect("decoded"), GuestEvent::Other);
        assert!(event("BALLOON_CHANGE", r#"{"actual": "much"}"#).typed().is_err());
    }
}
