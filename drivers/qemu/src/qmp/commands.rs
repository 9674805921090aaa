//! The monitor commands that the driver uses: one row each, with its name, arguments and reply.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::types::*;

/// A monitor command: its arguments are its fields, its reply is a type.
pub trait Command: Serialize {
    const NAME: &'static str;
    /// Whether there are any fields at all.
    const HAS_ARGUMENTS: bool;
    type Reply: DeserializeOwned + Send + 'static;
}

/// The reply of commands that say no more than that they have succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done;

impl<'de> Deserialize<'de> for Done {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// An object of arguments that QEMU defines and we pass on, such as the properties of a device.
pub type Properties = Map<String, Value>;

/// Declares commands: `Name = "qmp-name" { required: Type } optional { maybe: Type } => Reply;`, or
/// `Name = "qmp-name"(Type) => Reply;` for one whose arguments are an object of their own.
macro_rules! commands {
    () => {};
    ($(#[$doc:meta])* $name:ident = $qmp:literal ($args:ty) => $reply:ty; $($rest:tt)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub $args);
        impl Command for $name {
            const NAME: &'static str = $qmp;
            const HAS_ARGUMENTS: bool = true;
            type Reply = $reply;
        }
        commands! { $($rest)* }
    };
    ($(#[$doc:meta])* $name:ident = $qmp:literal $({ $($field:ident: $type:ty),* $(,)? })?
        $(optional { $($maybe:ident: $maybe_type:ty),* $(,)? })? => $reply:ty; $($rest:tt)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub struct $name {
            $($(pub $field: $type,)*)?
            $($(#[serde(skip_serializing_if = "Option::is_none")] pub $maybe: Option<$maybe_type>,)*)?
        }
        impl Command for $name {
            const NAME: &'static str = $qmp;
            const HAS_ARGUMENTS: bool = std::mem::size_of::<Self>() > 0;
            type Reply = $reply;
        }
        commands! { $($rest)* }
    };
}

// The monitor itself.
commands! {
    QmpCapabilities = "qmp_capabilities" optional { enable: Vec<String> } => Done;
    QueryVersion = "query-version" => Version;
    QueryTarget = "query-target" => Target;
    QueryCommands = "query-commands" => Vec<Named>;
    QuerySchema = "query-qmp-schema" => Box<RawValue>;
    QueryCommandLineOptions = "query-command-line-options" => Vec<CommandLineOption>;
    HumanMonitorCommand = "human-monitor-command" { command_line: String } optional { cpu_index: i64 } => String;
    /// Keeps the descriptor that comes along under a name.
    Getfd = "getfd" { fdname: String } => Done;
    Closefd = "closefd" { fdname: String } => Done;
    /// Puts the descriptor that comes along into a set, to be opened as `/dev/fdset/N`.
    AddFd = "add-fd" optional { fdset_id: u64, opaque: String } => AddedFd;
    RemoveFd = "remove-fd" { fdset_id: u64 } optional { fd: i64 } => Done;
    QueryFdsets = "query-fdsets" => Vec<FdSet>;
}

// Running and stopping.
commands! {
    QueryStatus = "query-status" => Status;
    Cont = "cont" => Done;
    Stop = "stop" => Done;
    SystemPowerdown = "system_powerdown" => Done;
    SystemReset = "system_reset" => Done;
    SystemWakeup = "system_wakeup" => Done;
    Quit = "quit" => Done;
    InjectNmi = "inject-nmi" => Done;
    SetAction = "set-action" optional { reboot: String, shutdown: String, panic: String, watchdog: String } => Done;
    QueryCurrentMachine = "query-current-machine" => CurrentMachine;
    QueryKvm = "query-kvm" => Kvm;
    QueryName = "query-name" => Value;
    QueryUuid = "query-uuid" => GuestUuid;
}

// CPUs and memory.
commands! {
    QueryCpusFast = "query-cpus-fast" => Vec<Cpu>;
    QueryHotpluggableCpus = "query-hotpluggable-cpus" => Vec<HotpluggableCpu>;
    QueryIothreads = "query-iothreads" => Vec<Iothread>;
    QueryBalloon = "query-balloon" => BalloonInfo;
    Balloon = "balloon" { value: u64 } => Done;
    QueryMemoryDevices = "query-memory-devices" => Vec<MemoryDevice>;
    QueryMemorySizeSummary = "query-memory-size-summary" => MemorySizeSummary;
    Memsave = "memsave" { val: u64, size: u64, filename: String } optional { cpu_index: i64 } => Done;
    Pmemsave = "pmemsave" { val: u64, size: u64, filename: String } => Done;
    RtcResetReinjection = "rtc-reset-reinjection" => Done;
    DumpGuestMemory = "dump-guest-memory" { paging: bool, protocol: String } optional { detach: bool, format: String } => Done;
    QueryDump = "query-dump" => Value;
    QueryStats = "query-stats"(Properties) => Value;
    QueryStatsSchemas = "query-stats-schemas" optional { provider: String } => Value;
    CalcDirtyRate = "calc-dirty-rate"(Properties) => Done;
    QueryDirtyRate = "query-dirty-rate" => Value;
}

// Block devices.
commands! {
    QueryBlock = "query-block" => Vec<BlockDevice>;
    QueryBlockstats = "query-blockstats" optional { query_nodes: bool } => Vec<BlockStats>;
    QueryNamedBlockNodes = "query-named-block-nodes" optional { flat: bool } => Vec<BlockNode>;
    QueryJobs = "query-jobs" => Vec<Job>;
    QueryBlockJobs = "query-block-jobs" => Vec<BlockJobInfo>;
    BlockStream = "block-stream" { job_id: String, device: String }
        optional { base_node: String, speed: u64, auto_dismiss: bool } => Done;
    BlockCommit = "block-commit" { job_id: String, device: String, base_node: String, top_node: String }
        optional { speed: u64, auto_dismiss: bool } => Done;
    BlockdevMirror = "blockdev-mirror"(Properties) => Done;
    BlockJobSetSpeed = "block-job-set-speed" { device: String, speed: u64 } => Done;
    JobCancel = "job-cancel" { id: String } => Done;
    JobComplete = "job-complete" { id: String } => Done;
    JobDismiss = "job-dismiss" { id: String } => Done;
    JobFinalize = "job-finalize" { id: String } => Done;
    BlockdevAdd = "blockdev-add"(Properties) => Done;
    BlockdevDel = "blockdev-del" { node_name: String } => Done;
    BlockdevReopen = "blockdev-reopen" { options: Vec<Properties> } => Done;
    BlockResize = "block_resize" { node_name: String, size: u64 } => Done;
    BlockdevOpenTray = "blockdev-open-tray" { id: String } optional { force: bool } => Done;
    BlockdevCloseTray = "blockdev-close-tray" { id: String } => Done;
    BlockdevRemoveMedium = "blockdev-remove-medium" { id: String } => Done;
    BlockdevInsertMedium = "blockdev-insert-medium" { id: String, node_name: String } => Done;
    BlockSetWriteThreshold = "block-set-write-threshold" { node_name: String, write_threshold: u64 } => Done;
    BlockSetIoThrottle = "block_set_io_throttle"(Properties) => Done;
    SnapshotSave = "snapshot-save" { job_id: String, tag: String, vmstate: String, devices: Vec<String> } => Done;
    SnapshotLoad = "snapshot-load" { job_id: String, tag: String, vmstate: String, devices: Vec<String> } => Done;
    SnapshotDelete = "snapshot-delete" { job_id: String, tag: String, devices: Vec<String> } => Done;
    NbdServerStart = "nbd-server-start"(Properties) => Done;
    NbdServerStop = "nbd-server-stop" => Done;
    BlockExportAdd = "block-export-add"(Properties) => Done;
    BlockExportDel = "block-export-del" { id: String } optional { mode: String } => Done;
    BlockDirtyBitmapRemove = "block-dirty-bitmap-remove" { node: String, name: String } => Done;
    Transaction = "transaction" { actions: Vec<Value> } => Done;
}

// Devices and their back ends.
commands! {
    DeviceAdd = "device_add"(Properties) => Done;
    DeviceDel = "device_del" { id: String } => Done;
    NetdevAdd = "netdev_add"(Properties) => Done;
    NetdevDel = "netdev_del" { id: String } => Done;
    ChardevAdd = "chardev-add" { id: String, backend: Value } => ChardevAdded;
    ChardevRemove = "chardev-remove" { id: String } => Done;
    ChardevChange = "chardev-change" { id: String, backend: Value } => ChardevAdded;
    QueryChardev = "query-chardev" => Vec<Chardev>;
    ObjectAdd = "object-add"(Properties) => Done;
    ObjectDel = "object-del" { id: String } => Done;
    SetLink = "set_link" { name: String, up: bool } => Done;
    QueryRxFilter = "query-rx-filter" optional { name: String } => Vec<RxFilter>;
    AnnounceSelf = "announce-self"(Properties) => Done;
    Screendump = "screendump" { filename: String } optional { device: String, head: i64, format: String } => Done;
    SendKey = "send-key" { keys: Vec<Value> } optional { hold_time: u64 } => Done;
    /// Hands the socket that was lent under a name to a display.
    AddClient = "add_client" { protocol: String, fdname: String } optional { skipauth: bool } => Done;
    SetPassword = "set_password"(Properties) => Done;
    ExpirePassword = "expire_password"(Properties) => Done;
    DisplayReload = "display-reload"(Properties) => Done;
}

// The object model.
commands! {
    QomGet = "qom-get" { path: String, property: String } => Value;
    QomSet = "qom-set" { path: String, property: String, value: Value } => Done;
    QomList = "qom-list" { path: String } => Vec<ObjectProperty>;
    QomListTypes = "qom-list-types" optional { implements: String, r#abstract: bool } => Vec<ObjectType>;
    QomListProperties = "qom-list-properties" { typename: String } => Vec<ObjectProperty>;
    DeviceListProperties = "device-list-properties" { typename: String } => Vec<ObjectProperty>;
}

// Migration.
commands! {
    QueryMigrate = "query-migrate" => MigrationInfo;
    QueryMigrateCapabilities = "query-migrate-capabilities" => Vec<MigrationCapability>;
    MigrateSetCapabilities = "migrate-set-capabilities" { capabilities: Vec<MigrationCapability> } => Done;
    QueryMigrateParameters = "query-migrate-parameters" => Properties;
    MigrateSetParameters = "migrate-set-parameters"(Properties) => Done;
    Migrate = "migrate"(Properties) => Done;
    MigrateIncoming = "migrate-incoming"(Properties) => Done;
    MigrateCancel = "migrate_cancel" => Done;
    MigrateContinue = "migrate-continue" { state: String } => Done;
}

// What a binary can do.
commands! {
    QueryMachines = "query-machines" => Vec<MachineInfo>;
    QueryCpuDefinitions = "query-cpu-definitions" => Vec<CpuDefinition>;
    QueryCpuModelExpansion = "query-cpu-model-expansion" { r#type: String, model: CpuModel } => CpuModelExpansion;
    QueryCpuModelComparison = "query-cpu-model-comparison" { modela: CpuModel, modelb: CpuModel } => Value;
    QueryCpuModelBaseline = "query-cpu-model-baseline" { modela: CpuModel, modelb: CpuModel } => CpuModelExpansion;
    QueryTpmModels = "query-tpm-models" => Vec<String>;
    QueryTpmTypes = "query-tpm-types" => Vec<String>;
    QueryGicCapabilities = "query-gic-capabilities" => Vec<GicCapability>;
    QuerySev = "query-sev" => Value;
    QuerySevLaunchMeasure = "query-sev-launch-measure" => SevLaunchMeasure;
    SevInjectLaunchSecret = "sev-inject-launch-secret"(Properties) => Done;
    QuerySevCapabilities = "query-sev-capabilities" => SevCapability;
    QuerySgxCapabilities = "query-sgx-capabilities" => SgxCapability;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json<C: Command>(command: &C) -> String {
        serde_json::to_string(command).expect("serializable")
    }

    #[test]
    fn names_and_optional_arguments_are_spelled_as_qemu_has_them() {
        let plug = ChardevAdd { id: "c".into(), backend: serde_json::json!({"type": "null"}) };
        assert_eq!(json(&plug), r#"{"id":"c","backend":{"type":"null"}}"#);
        let stats = QueryBlockstats { query_nodes: Some(true) };
        assert_eq!(json(&stats), r#"{"query-nodes":true}"#);
        assert_eq!(
            json(&QomListTypes { r#abstract: Some(false), implements: None }),
            r#"{"abstract":false}"#
        );
        let expansion = QueryCpuModelExpansion { r#type: "static".into(), model: CpuModel::named("host") };
        assert_eq!(json(&expansion), r#"{"type":"static","model":{"name":"host"}}"#);
        assert_eq!(json(&BlockdevDel { node_name: "n".into() }), r#"{"node-name":"n"}"#);
        let mut properties = Properties::new();
        properties.insert("driver".into(), "virtio-net-pci".into());
        assert_eq!(json(&DeviceAdd(properties)), r#"{"driver":"virtio-net-pci"}"#);
    }

    #[test]
    fn commands_without_arguments_say_so() {
        const { assert!(!Stop::HAS_ARGUMENTS && !QueryStatus::HAS_ARGUMENTS) };
        const { assert!(Balloon::HAS_ARGUMENTS && DeviceAdd::HAS_ARGUMENTS && QueryRxFilter::HAS_ARGUMENTS) };
    }
}
