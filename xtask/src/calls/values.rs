//! Which values an argument is given: the right one, by function, name and type, and the wrong ones of its kind.

use super::description::{Argument, Function};

/// In C: the value for a variant, and the names of the variants (`tests/c/calls/runtime.h`).
pub struct Value {
    pub expression: String,
    pub variants: &'static str,
}

/// Right texts, by function (whose name begins so) and argument; the first row that fits counts.
const TEXTS: &[(&str, &str, &str)] = &[
    ("virConnectOpen", "name", "\"test:///default\""),
    ("virDomainLookupByName", "name", "\"web\""),
    ("virDomainSnapshotLookupByName", "name", "\"first\""),
    ("virDomainCheckpointLookupByName", "name", "\"first\""),
    ("virNetworkLookupByName", "name", "\"default\""),
    ("virInterfaceLookupByName", "name", "\"eth1\""),
    ("virInterfaceLookupByMACString", "macstr", "\"aa:bb:cc:dd:ee:ff\""),
    ("virStoragePoolLookupByName", "name", "\"default-pool\""),
    ("virStorageVolLookupByName", "name", "\"old.img\""),
    ("virNodeDeviceLookupByName", "name", "\"scsi_host1\""),
    ("virTypedParams", "name", "\"an-int\""),
    ("virTypedParamsAddFromString", "value", "\"5\""),
    ("virDomainLookupByUUIDString", "uuidstr", "\"11111111-2222-3333-4444-555555555555\""),
    ("", "uuidstr", "\"dd8fe884-6c02-601e-7551-cca97df1c5df\""),
    ("virStorageVolLookupBy", "key", "\"/default-pool/old.img\""),
    ("virStorageVolLookupBy", "path", "\"/default-pool/old.img\""),
    ("virStoragePoolLookupByTargetPath", "path", "\"/default-pool\""),
    ("virNodeDeviceLookupSCSIHostByWWN", "wwnn", "\"2000000012341234\""),
    ("virNodeDeviceLookupSCSIHostByWWN", "wwpn", "\"1000000012341234\""),
    ("virDomainAttachDevice", "xml", "DISK_XML"),
    ("virDomainDetachDevice", "xml", "DISK_XML"),
    ("virDomainUpdateDevice", "xml", "DISK_XML"),
    ("virDomainDetachDeviceAlias", "alias", "\"virtio-disk0\""),
    ("virDomainDefineXML", "xml", "NEW_DOMAIN_XML"),
    ("virDomainCreate", "xmlDesc", "NEW_DOMAIN_XML"),
    ("virDomainSnapshotCreateXML", "xmlDesc", "SNAPSHOT_XML"),
    ("virDomainCheckpointCreateXML", "xmlDesc", "CHECKPOINT_XML"),
    ("virDomainBackupBegin", "backupXML", "\"<domainbackup/>\""),
    ("virDomainBackupBegin", "checkpointXML", "CHECKPOINT_XML"),
    ("virNetworkPort", "xmldesc", "\"<networkport/>\""),
    ("virNetworkUpdate", "xml", "\"<host mac='52:54:00:00:00:01' ip='192.168.122.10'/>\""),
    ("virNetwork", "xml", "NETWORK_XML"),
    ("virInterface", "xml", "INTERFACE_XML"),
    ("virStoragePool", "xml", "POOL_XML"),
    ("virStorageVol", "xml", "VOLUME_XML"),
    ("virNodeDevice", "xml", "NODE_DEVICE_XML"),
    ("virSecretDefineXML", "xml", "SECRET_XML"),
    ("virNWFilterBinding", "xml", "\"<filterbinding/>\""),
    ("virNWFilter", "xml", "FILTER_XML"),
    ("virConnectCompare", "xml", "CPU_XML"),
    ("virConnectDomainXMLToNative", "domainXml", "NEW_DOMAIN_XML"),
    ("virConnectDomainXML", "nativeFormat", "\"qemu-argv\""),
    ("virConnectFindStoragePoolSources", "type", "\"logical\""),
    ("virConnectGetMaxVcpus", "type", "\"test\""),
    ("virConnect", "arch", "\"x86_64\""),
    ("virConnect", "emulator", "NULL"),
    ("virConnect", "machine", "NULL"),
    ("virConnect", "virttype", "\"test\""),
    ("virGetVersion", "type", "\"test\""),
    ("virDomainGetMetadata", "uri", "NULL"),
    ("virNetworkGetMetadata", "uri", "NULL"),
    ("", "metadata", "\"A title\""),
    ("virDomainSetMetadata", "key", "NULL"),
    ("virDomainSetMetadata", "uri", "NULL"),
    ("virNetworkSetMetadata", "key", "NULL"),
    ("virNetworkSetMetadata", "uri", "NULL"),
    ("virDomainMigrate", "dxml", "NULL"),
    ("virDomainMigrate", "dname", "NULL"),
    ("virDomainMigrate", "miguri", "NULL"),
    ("virDomainMigrate", "uri", "NULL"),
    ("virDomainMigrate", "duri", "\"test:///default\""),
    ("virDomainMigrate", "dconnuri", "\"test:///default\""),
    ("virDomainBlockCopy", "destxml", "\"<disk type='file'><source file='/tmp/c.img'/></disk>\""),
    ("", "dxml", "NULL"),
    ("virDomainRename", "new_name", "\"renamed\""),
    ("virDomainSetGuestVcpus", "cpumap", "\"0\""),
    ("virDomainSetVcpu", "vcpumap", "\"1\""),
    ("virDomainOpenConsole", "dev_name", "NULL"),
    ("virDomainFSTrim", "mountPoint", "NULL"),
    ("virNetworkGetDHCPLeases", "mac", "NULL"),
    ("virDomainInterfaceStats", "device", "\"testnet9\""),
    ("virDomain", "device", "\"52:54:00:11:22:33\""),
    ("virDomain", "disk", "\"vda\""),
    ("virDomain", "dev", "\"vda\""),
    ("virDomain", "path", "\"vda\""),
    ("virDomain", "group", "\"limits\""),
    ("virDomain", "to", "\"saved\""),
    ("virDomain", "from", "\"saved\""),
    ("virDomain", "file", "\"saved\""),
    ("virDomainBlock", "base", "NULL"),
    ("virDomainBlock", "top", "NULL"),
    ("virDomain", "user", "\"root\""),
    ("virDomain", "password", "\"secret\""),
    ("virDomainQemu", "cmd", "\"{\\\"execute\\\":\\\"query-status\\\"}\""),
    ("virConnectDomainQemuMonitorEventRegister", "event", "NULL"),
    ("", "cap", "NULL"),
    ("", "driverName", "NULL"),
    ("", "srcSpec", "NULL"),
];

/// Right numbers; 0 where nothing is said.
const NUMBERS: &[(&str, &str, u64)] = &[
    ("virDomainLookupByID", "id", 1),
    ("virDomainSetVcpus", "nvcpus", 1),
    ("virDomainSetM", "memory", 65536),
    ("virDomainSetMemoryStatsPeriod", "period", 5),
    ("virDomainSetVcpu", "state", 1),
    ("virDomainSetGuestVcpus", "state", 1),
    ("virDomainAddIOThread", "iothread_id", 7),
    ("virDomainBlockResize", "size", 1024),
    ("virStorageVolResize", "capacity", 8192),
    ("virDomainBlockStats", "size", 40),
    ("virDomainInterfaceStats", "size", 64),
    ("virDomainMemoryPeek", "size", 16),
    ("virDomainBlockPeek", "size", 16),
    ("virStream", "nbytes", 16),
    ("virSecretSetValue", "value_size", 4),
    ("virDomainMigrateSetMaxDowntime", "downtime", 300),
    ("virDomainStartDirtyRateCalc", "seconds", 1),
    ("virConnectSetKeepAlive", "interval", 5),
    ("virConnectSetKeepAlive", "count", 5),
    ("virDomainSetMetadata", "type", 1),
    ("virNetworkSetMetadata", "type", 1),
    ("virTypedParamsAdd", "type", 1),
    ("virNodeGetCPUStats", "cpuNum", u64::MAX),
    ("virNodeGetMemoryStats", "cellNum", u64::MAX),
    ("virDomainMemoryStats", "nr_stats", 16),
    ("virDomainGetDiskErrors", "maxerrors", 16),
    ("virDomainSendProcessSignal", "pid_value", 1),
    ("virNetworkUpdate", "command", 3),
    ("virNetworkUpdate", "section", 4),
    ("virNetworkUpdate", "parentIndex", u64::MAX),
    ("virNode", "duration", 60),
    ("virDomain", "duration", 0),
    ("", "events", 1),
    ("virDomainAgentSetResponseTimeout", "timeout", 5),
    ("virEventAddHandle", "fd", 0),
    ("virDomainSetAutostart", "autostart", 1),
    ("virNode", "cellCount", 1),
    ("virDomainQemuAttach", "pid_value", 1),
];

/// Parameters that a call takes: name, type in C, value.
const PARAMETERS: &[(&str, &str, &str, &str)] = &[
    ("virDomainSetMemoryParameters", "hard_limit", "ULLONG", "\"70000\""),
    ("virDomainSetBlkioParameters", "weight", "UINT", "\"500\""),
    ("virDomainSetNumaParameters", "numa_nodeset", "STRING", "\"0\""),
    ("virDomainSetInterfaceParameters", "inbound.average", "UINT", "\"100\""),
    ("virDomainSetBlockIoTune", "total_bytes_sec", "ULLONG", "\"1000\""),
    ("virDomainSetThrottleGroup", "total_bytes_sec", "ULLONG", "\"1000\""),
    ("virDomainSetScheduler", "weight", "UINT", "\"10\""),
    ("virDomainSetIOThreadParams", "poll_max_ns", "ULLONG", "\"1000\""),
    ("virDomainSetPerfEvents", "cmt", "BOOLEAN", "\"1\""),
    ("virDomainBlockCopy", "bandwidth", "ULLONG", "\"1\""),
    ("virDomainMigrate", "destination_name", "STRING", "\"moved\""),
    ("virDomainSaveParams", "file", "STRING", "\"saved\""),
    ("virDomainRestoreParams", "file", "STRING", "\"saved\""),
    ("virNodeSetMemoryParameters", "shm_pages_to_scan", "UINT", "\"10\""),
    ("virConnectSetIdentity", "user-name", "STRING", "\"root\""),
    ("virDomainSetLaunchSecurityState", "sev-secret", "STRING", "\"x\""),
    ("virNetworkPortSetParameters", "inbound.average", "UINT", "\"100\""),
    ("virAdm", "maxWorkers", "UINT", "\"10\""),
];

const OBJECTS: &[(&str, &str)] = &[
    ("virConnectPtr", "CONNECT"),
    ("virDomainPtr", "DOMAIN"),
    ("virNetworkPtr", "NETWORK"),
    ("virInterfacePtr", "INTERFACE"),
    ("virStoragePoolPtr", "POOL"),
    ("virStorageVolPtr", "VOLUME"),
    ("virNodeDevicePtr", "NODE_DEVICE"),
    ("virDomainSnapshotPtr", "SNAPSHOT"),
    ("virDomainCheckpointPtr", "CHECKPOINT"),
    ("virStreamPtr", "STREAM"),
    ("virSecretPtr", "SECRET"),
    ("virNWFilterPtr", "FILTER"),
    ("virNWFilterBindingPtr", "BINDING"),
    ("virNetworkPortPtr", "PORT"),
    ("virAdmConnectPtr", "ADMIN"),
    ("virAdmServerPtr", "SERVER"),
    ("virAdmClientPtr", "CLIENT"),
];

/// Classes of which the test driver has no object.
const ABSENT: &[&str] = &["SECRET", "FILTER", "BINDING", "PORT", "ADMIN", "SERVER", "CLIENT"];

pub fn of(function: &Function, argument: &Argument, place: usize) -> Value {
    let (name, kind) = (argument.name.as_str(), argument.kind.as_str());
    let variant = format!("v[{place}]");
    let value = |expression: String, variants| Value { expression, variants };
    if let Some((_, class)) = OBJECTS.iter().find(|(pointer, _)| *pointer == kind) {
        let variants = match *class {
            "DOMAIN" => "DOMAIN_HANDLE",
            class if ABSENT.contains(&class) => "NO_HANDLE",
            _ => "HANDLE",
        };
        return value(format!("handle({class}, {variant})"), variants);
    }
    match kind {
        "const char *" => {
            let right = found(TEXTS, function, name).map_or("\"nothing\"", |row| row.2);
            value(format!("text({right}, {variant})"), "TEXT")
        }
        "unsigned int" | "unsigned long" if is_flags(name) => {
            value(format!("flags({}, {variant})", number(function, name)), "FLAGS")
        }
        "int" | "unsigned int" if is_given(function, name) => {
            value(format!("given({}, {variant})", given(name)), "GIVEN")
        }
        "int" | "unsigned int" if is_room(function, name) => value(format!("room(16, {variant})"), "ROOM"),
        "int" => value(format!("number({}LL, {variant})", number(function, name).cast_signed()), "NUMBER"),
        "unsigned int" | "unsigned long" | "unsigned long long" | "size_t" | "long long" => {
            value(format!("amount({}ULL, {variant})", number(function, name)), "AMOUNT")
        }
        "double" => value("1.5".to_owned(), "ALWAYS"),
        "void *" if name != "buffer" => value("NULL".to_owned(), "ALWAYS"),
        "virFreeCallback" => value(format!("{variant} ? (virFreeCallback)callback : NULL"), "POINTER"),
        callback if callback.ends_with("Func") || callback.ends_with("Callback") => {
            let right = if callback.starts_with("virStream") { "stop" } else { "callback" };
            value(format!("{variant} ? NULL : ({kind}){right}"), "POINTER")
        }
        _ => pointer(function, argument, &variant),
    }
}

/// Memory that is read or written.
fn pointer(function: &Function, argument: &Argument, variant: &str) -> Value {
    let (name, kind) = (argument.name.as_str(), argument.kind.as_str());
    let value = |expression: String, variants| Value { expression, variants };
    let builds = function.name.starts_with("virTypedParams");
    match (kind, name) {
        ("virTypedParameterPtr", _) if builds => {
            value(format!("{variant} ? NULL : heap_params()"), "POINTER")
        }
        ("virTypedParameterPtr *", _) if builds => value(format!("heap_params_at({variant})"), "POINTER"),
        ("int *", "nparams" | "maxparams") if builds => {
            value(format!("room_at(param_count, {variant})"), "POINTER")
        }
        ("virTypedParameterPtr", _) => match PARAMETERS.iter().find(|row| function.name.starts_with(row.0)) {
            Some((_, field, kind, text)) => {
                value(format!("params({variant}, \"{field}\", VIR_TYPED_PARAM_{kind}, {text})"), "PARAMS")
            }
            None => value(format!("buffer({variant})"), "POINTER"),
        },
        ("int *" | "unsigned int *", "nparams") => {
            // The host's CPUs have just so many statistics; other arrays may be larger than needed.
            let places = if function.name == "virNodeGetCPUStats" { 4 } else { 16 };
            value(format!("(void *)room_at({places}, {variant})"), "ROOM_AT")
        }
        ("virDomainPtr *", _) => value(
            format!("{variant} ? NULL : (virDomainPtr[]){{objects[DOMAIN], shut_off, NULL}}"),
            "POINTER",
        ),
        ("const unsigned char *", "uuid") => {
            let right = if function.name.starts_with("virDomain") {
                r"\x11\x11\x11\x11\x22\x22\x33\x33\x44\x44\x55\x55\x55\x55\x55\x55"
            } else {
                r"\xdd\x8f\xe8\x84\x6c\x02\x60\x1e\x75\x51\xcc\xa9\x7d\xf1\xc5\xdf"
            };
            value(format!("{variant} ? NULL : (void *)\"{right}\""), "POINTER")
        }
        ("const unsigned char *" | "unsigned char *", "cpumap")
            if function.name.contains("Pin") && !function.name.contains("Get") =>
        {
            value(format!("{variant} ? NULL : (void *)\"\\x01\\0\\0\\0\\0\\0\\0\\0\\0\""), "POINTER")
        }
        ("const char **", "xmlCPUs") => {
            value(format!("{variant} ? NULL : (const char *[]){{CPU_XML, CPU_XML, NULL}}"), "POINTER")
        }
        ("const char **", "mountpoints" | "keys" | "values") => {
            value(format!("{variant} ? NULL : (const char *[]){{\"/\", \"/boot\", NULL}}"), "POINTER")
        }
        _ if function.name.ends_with("Free") || function.name == "virFreeError" => {
            value(format!("heap_object({variant})"), "POINTER")
        }
        _ => value(format!("buffer({variant})"), "POINTER"),
    }
}

/// Kinds of a bit mask, whatever it is called.
fn is_flags(name: &str) -> bool {
    matches!(name, "flags" | "types" | "stats")
}

/// How many there are in an array that the caller fills.
fn is_given(function: &Function, name: &str) -> bool {
    let given = matches!(
        name,
        "nparams"
            | "nkeycodes"
            | "maplen"
            | "nfiles"
            | "nfds"
            | "nkeys"
            | "nmountpoints"
            | "npages"
            | "ninfiles"
            | "nfdlist"
            | "ncpus"
            | "nvalues"
    );
    given && function.name != "virDomainGetCPUStats"
}

fn given(name: &str) -> &'static str {
    match name {
        "nparams" => "param_count",
        "maplen" | "ncpus" | "nmountpoints" | "nkeys" => "1",
        _ => "1",
    }
}

fn is_room(function: &Function, name: &str) -> bool {
    name.starts_with("max") && name != "maxparams" && name != "maxerrors"
        || matches!(name, "nameslen" | "ncpumaps")
        || function.name == "virDomainGetCPUStats" && name == "nparams"
}

fn number(function: &Function, name: &str) -> u64 {
    found(NUMBERS, function, name).map_or(0, |row| row.2)
}

/// The first row whose beginning of a function's name and whose argument fit.
fn found<'a, T>(
    rows: &'a [(&'static str, &'static str, T)],
    function: &Function,
    argument: &str,
) -> Option<&'a (&'static str, &'static str, T)> {
    rows.iter().find(|(beginning, name, _)| function.name.starts_with(beginning) && *name == argument)
}
