//! The error codes and error domains of libvirt: C name, number, Rust name and the fixed text, one row each.
//!
//! The fixed texts are part of the interface: scripts and clients match on them. What follows a prefix is ours.

/// Declares the codes: `C_NAME = number => RustName, "text without detail", "text with {} for the detail", since "release";`
macro_rules! error_codes {
    ($($c:ident = $n:literal => $rust:ident, $bare:literal, $full:literal, since $since:literal;)*) => {
        /// What went wrong (`virErrorNumber`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum ErrorCode { $(#[doc = concat!("`", stringify!($c), "`, since libvirt ", $since)] $rust = $n,)* }

        impl ErrorCode {
            /// The code with this number, if there is one.
            pub fn from_number(number: i32) -> Option<Self> {
                match number { $($n => Some(Self::$rust),)* _ => None }
            }

            /// The fixed texts: the one that stands alone, and the one with `{}` where the detail goes.
            pub(super) fn texts(self) -> (&'static str, &'static str) {
                match self { $(Self::$rust => ($bare, $full),)* }
            }
        }
    };
}

/// Declares the domains: `C_NAME = number => RustName, "name as the default error printer shows it", since "release";`
macro_rules! error_domains {
    ($($c:ident = $n:literal => $rust:ident, $name:literal, since $since:literal;)*) => {
        /// Which part of the library raised an error (`virErrorDomain`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum ErrorDomain { $(#[doc = concat!("`", stringify!($c), "`, since libvirt ", $since)] $rust = $n,)* }

        impl ErrorDomain {
            /// The domain with this number, if there is one.
            pub fn from_number(number: i32) -> Option<Self> {
                match number { $($n => Some(Self::$rust),)* _ => None }
            }

            /// The name that the default error printer shows.
            pub fn name(self) -> &'static str {
                match self { $(Self::$rust => $name,)* }
            }
        }
    };
}

error_codes! {
    VIR_ERR_INTERNAL_ERROR = 1 => Internal, "internal error", "internal error: {}", since "0.1.0";
    VIR_ERR_NO_MEMORY = 2 => NoMemory, "out of memory", "out of memory: {}", since "0.1.0";
    VIR_ERR_NO_SUPPORT = 3 => NoSupport, "this function is not supported by the connection driver", "this function is not supported by the connection driver: {}", since "0.1.0";
    VIR_ERR_UNKNOWN_HOST = 4 => UnknownHost, "unknown host", "unknown host {}", since "0.1.0";
    VIR_ERR_NO_CONNECT = 5 => NoConnect, "no connection driver available", "no connection driver available for {}", since "0.1.0";
    VIR_ERR_INVALID_CONN = 6 => InvalidConn, "invalid connection pointer in", "invalid connection pointer in {}", since "0.1.0";
    VIR_ERR_INVALID_DOMAIN = 7 => InvalidDomain, "invalid domain pointer in", "invalid domain pointer in {}", since "0.1.0";
    VIR_ERR_INVALID_ARG = 8 => InvalidArg, "invalid argument", "invalid argument: {}", since "0.1.0";
    VIR_ERR_OPERATION_FAILED = 9 => OperationFailed, "operation failed", "operation failed: {}", since "0.1.0";
    VIR_ERR_GET_FAILED = 10 => GetFailed, "GET operation failed", "GET operation failed: {}", since "0.1.0";
    VIR_ERR_POST_FAILED = 11 => PostFailed, "POST operation failed", "POST operation failed: {}", since "0.1.0";
    VIR_ERR_HTTP_ERROR = 12 => HttpError, "got unknown HTTP error code", "got unknown HTTP error code {}", since "0.1.0";
    VIR_ERR_SEXPR_SERIAL = 13 => SexprSerial, "failed to serialize S-Expr", "failed to serialize S-Expr: {}", since "0.1.0";
    VIR_ERR_NO_XEN = 14 => NoXen, "could not use Xen hypervisor entry", "could not use Xen hypervisor entry {}", since "0.1.0";
    VIR_ERR_XEN_CALL = 15 => XenCall, "failed Xen syscall", "failed Xen syscall {}", since "0.1.0";
    VIR_ERR_OS_TYPE = 16 => OsType, "unknown OS type", "unknown OS type {}", since "0.1.0";
    VIR_ERR_NO_KERNEL = 17 => NoKernel, "missing kernel information", "missing kernel information: {}", since "0.1.0";
    VIR_ERR_NO_ROOT = 18 => NoRoot, "missing root device information", "missing root device information in {}", since "0.1.0";
    VIR_ERR_NO_SOURCE = 19 => NoSource, "missing source information for device", "missing source information for device {}", since "0.1.0";
    VIR_ERR_NO_TARGET = 20 => NoTarget, "missing target information for device", "missing target information for device {}", since "0.1.0";
    VIR_ERR_NO_NAME = 21 => NoName, "missing name information", "missing name information in {}", since "0.1.0";
    VIR_ERR_NO_OS = 22 => NoOs, "missing operating system information", "missing operating system information for {}", since "0.1.0";
    VIR_ERR_NO_DEVICE = 23 => NoDevice, "missing devices information", "missing devices information for {}", since "0.1.0";
    VIR_ERR_NO_XENSTORE = 24 => NoXenstore, "could not connect to Xen Store", "could not connect to Xen Store {}", since "0.1.0";
    VIR_ERR_DRIVER_FULL = 25 => DriverFull, "too many drivers registered", "too many drivers registered in {}", since "0.1.0";
    VIR_ERR_CALL_FAILED = 26 => CallFailed, "library call failed", "library call failed: {}", since "0.1.0";
    VIR_ERR_XML_ERROR = 27 => XmlError, "XML description is invalid or not well formed", "XML error: {}", since "0.1.1";
    VIR_ERR_DOM_EXIST = 28 => DomExist, "this domain exists already", "domain {} exists already", since "0.1.1";
    VIR_ERR_OPERATION_DENIED = 29 => OperationDenied, "operation forbidden for read only access", "operation forbidden: {}", since "0.1.4";
    VIR_ERR_OPEN_FAILED = 30 => OpenFailed, "failed to open configuration file", "failed to open configuration file {}", since "0.1.6";
    VIR_ERR_READ_FAILED = 31 => ReadFailed, "failed to read configuration file", "failed to read configuration file {}", since "0.1.6";
    VIR_ERR_PARSE_FAILED = 32 => ParseFailed, "failed to parse configuration file", "failed to parse configuration file {}", since "0.1.6";
    VIR_ERR_CONF_SYNTAX = 33 => ConfSyntax, "configuration file syntax error", "configuration file syntax error: {}", since "0.1.6";
    VIR_ERR_WRITE_FAILED = 34 => WriteFailed, "failed to write configuration file", "failed to write configuration file: {}", since "0.1.6";
    VIR_ERR_XML_DETAIL = 35 => XmlDetail, "parser error", "{}", since "0.1.9";
    VIR_ERR_INVALID_NETWORK = 36 => InvalidNetwork, "invalid network pointer in", "invalid network pointer in {}", since "0.2.0";
    VIR_ERR_NETWORK_EXIST = 37 => NetworkExist, "this network exists already", "network {} exists already", since "0.2.0";
    VIR_ERR_SYSTEM_ERROR = 38 => SystemError, "system call error", "{}", since "0.2.1";
    VIR_ERR_RPC = 39 => Rpc, "RPC error", "{}", since "0.2.3";
    VIR_ERR_GNUTLS_ERROR = 40 => GnutlsError, "GNUTLS call error", "{}", since "0.2.3";
    VIR_WAR_NO_NETWORK = 41 => WarnNoNetwork, "Failed to find the network", "Failed to find the network: {}", since "0.2.3";
    VIR_ERR_NO_DOMAIN = 42 => NoDomain, "Domain not found", "Domain not found: {}", since "0.3.0";
    VIR_ERR_NO_NETWORK = 43 => NoNetwork, "Network not found", "Network not found: {}", since "0.3.0";
    VIR_ERR_INVALID_MAC = 44 => InvalidMac, "invalid MAC address", "invalid MAC address: {}", since "0.3.1";
    VIR_ERR_AUTH_FAILED = 45 => AuthFailed, "authentication failed", "authentication failed: {}", since "0.4.1";
    VIR_ERR_INVALID_STORAGE_POOL = 46 => InvalidStoragePool, "invalid storage pool pointer in", "invalid storage pool pointer in {}", since "0.4.1";
    VIR_ERR_INVALID_STORAGE_VOL = 47 => InvalidStorageVol, "invalid storage volume pointer in", "invalid storage volume pointer in {}", since "0.4.1";
    VIR_WAR_NO_STORAGE = 48 => WarnNoStorage, "Failed to find a storage driver", "Failed to find a storage driver: {}", since "0.4.1";
    VIR_ERR_NO_STORAGE_POOL = 49 => NoStoragePool, "Storage pool not found", "Storage pool not found: {}", since "0.4.1";
    VIR_ERR_NO_STORAGE_VOL = 50 => NoStorageVol, "Storage volume not found", "Storage volume not found: {}", since "0.4.1";
    VIR_WAR_NO_NODE = 51 => WarnNoNode, "Failed to find a node driver", "Failed to find a node driver: {}", since "0.5.0";
    VIR_ERR_INVALID_NODE_DEVICE = 52 => InvalidNodeDevice, "invalid node device pointer", "invalid node device pointer in {}", since "0.5.0";
    VIR_ERR_NO_NODE_DEVICE = 53 => NoNodeDevice, "Node device not found", "Node device not found: {}", since "0.5.0";
    VIR_ERR_NO_SECURITY_MODEL = 54 => NoSecurityModel, "Security model not found", "Security model not found: {}", since "0.6.1";
    VIR_ERR_OPERATION_INVALID = 55 => OperationInvalid, "Requested operation is not valid", "Requested operation is not valid: {}", since "0.6.4";
    VIR_WAR_NO_INTERFACE = 56 => WarnNoInterface, "Failed to find the interface", "Failed to find the interface: {}", since "0.6.4";
    VIR_ERR_NO_INTERFACE = 57 => NoInterface, "Interface not found", "Interface not found: {}", since "0.6.4";
    VIR_ERR_INVALID_INTERFACE = 58 => InvalidInterface, "invalid interface pointer in", "invalid interface pointer in {}", since "0.6.4";
    VIR_ERR_MULTIPLE_INTERFACES = 59 => MultipleInterfaces, "multiple matching interfaces found", "multiple matching interfaces found: {}", since "0.7.0";
    VIR_WAR_NO_NWFILTER = 60 => WarnNoNwfilter, "Failed to start the nwfilter driver", "Failed to start the nwfilter driver: {}", since "0.8.0";
    VIR_ERR_INVALID_NWFILTER = 61 => InvalidNwfilter, "Invalid network filter", "Invalid network filter: {}", since "0.8.0";
    VIR_ERR_NO_NWFILTER = 62 => NoNwfilter, "Network filter not found", "Network filter not found: {}", since "0.8.0";
    VIR_ERR_BUILD_FIREWALL = 63 => BuildFirewall, "Error while building firewall", "Error while building firewall: {}", since "0.8.0";
    VIR_WAR_NO_SECRET = 64 => WarnNoSecret, "Failed to find a secret storage driver", "Failed to find a secret storage driver: {}", since "0.7.1";
    VIR_ERR_INVALID_SECRET = 65 => InvalidSecret, "Invalid secret", "Invalid secret: {}", since "0.7.1";
    VIR_ERR_NO_SECRET = 66 => NoSecret, "Secret not found", "Secret not found: {}", since "0.7.1";
    VIR_ERR_CONFIG_UNSUPPORTED = 67 => ConfigUnsupported, "unsupported configuration", "unsupported configuration: {}", since "0.7.3";
    VIR_ERR_OPERATION_TIMEOUT = 68 => OperationTimeout, "Timed out during operation", "Timed out during operation: {}", since "0.7.3";
    VIR_ERR_MIGRATE_PERSIST_FAILED = 69 => MigratePersistFailed, "Failed to make domain persistent after migration", "Failed to make domain persistent after migration: {}", since "0.7.3";
    VIR_ERR_HOOK_SCRIPT_FAILED = 70 => HookScriptFailed, "Hook script execution failed", "Hook script execution failed: {}", since "0.8.0";
    VIR_ERR_INVALID_DOMAIN_SNAPSHOT = 71 => InvalidDomainSnapshot, "Invalid domain snapshot", "Invalid domain snapshot: {}", since "0.8.0";
    VIR_ERR_NO_DOMAIN_SNAPSHOT = 72 => NoDomainSnapshot, "Domain snapshot not found", "Domain snapshot not found: {}", since "0.8.0";
    VIR_ERR_INVALID_STREAM = 73 => InvalidStream, "invalid stream pointer", "invalid stream pointer in {}", since "0.9.0";
    VIR_ERR_ARGUMENT_UNSUPPORTED = 74 => ArgumentUnsupported, "argument unsupported", "argument unsupported: {}", since "0.9.4";
    VIR_ERR_STORAGE_PROBE_FAILED = 75 => StorageProbeFailed, "Storage pool probe failed", "Storage pool probe failed: {}", since "0.9.5";
    VIR_ERR_STORAGE_POOL_BUILT = 76 => StoragePoolBuilt, "Storage pool already built", "Storage pool already built: {}", since "0.9.5";
    VIR_ERR_SNAPSHOT_REVERT_RISKY = 77 => SnapshotRevertRisky, "revert requires force", "revert requires force: {}", since "0.9.7";
    VIR_ERR_OPERATION_ABORTED = 78 => OperationAborted, "operation aborted", "operation aborted: {}", since "0.9.9";
    VIR_ERR_AUTH_CANCELLED = 79 => AuthCancelled, "authentication cancelled", "authentication cancelled: {}", since "0.9.10";
    VIR_ERR_NO_DOMAIN_METADATA = 80 => NoDomainMetadata, "metadata not found", "metadata not found: {}", since "0.9.10";
    VIR_ERR_MIGRATE_UNSAFE = 81 => MigrateUnsafe, "Unsafe migration", "Unsafe migration: {}", since "0.9.11";
    VIR_ERR_OVERFLOW = 82 => Overflow, "numerical overflow", "numerical overflow: {}", since "0.9.11";
    VIR_ERR_BLOCK_COPY_ACTIVE = 83 => BlockCopyActive, "block copy still active", "block copy still active: {}", since "0.9.12";
    VIR_ERR_OPERATION_UNSUPPORTED = 84 => OperationUnsupported, "Operation not supported", "Operation not supported: {}", since "0.10.0";
    VIR_ERR_SSH = 85 => Ssh, "SSH transport error", "SSH transport error: {}", since "0.10.0";
    VIR_ERR_AGENT_UNRESPONSIVE = 86 => AgentUnresponsive, "Guest agent is not responding", "Guest agent is not responding: {}", since "0.10.0";
    VIR_ERR_RESOURCE_BUSY = 87 => ResourceBusy, "resource busy", "resource busy: {}", since "1.0.0";
    VIR_ERR_ACCESS_DENIED = 88 => AccessDenied, "access denied", "access denied: {}", since "1.1.0";
    VIR_ERR_DBUS_SERVICE = 89 => DbusService, "error from service", "error from service: {}", since "1.1.1";
    VIR_ERR_STORAGE_VOL_EXIST = 90 => StorageVolExist, "this storage volume exists already", "storage volume {} exists already", since "1.1.4";
    VIR_ERR_CPU_INCOMPATIBLE = 91 => CpuIncompatible, "the CPU is incompatible with host CPU", "the CPU is incompatible with host CPU: {}", since "1.2.6";
    VIR_ERR_XML_INVALID_SCHEMA = 92 => XmlInvalidSchema, "XML document failed to validate against schema", "XML document failed to validate against schema: {}", since "1.2.12";
    VIR_ERR_MIGRATE_FINISH_OK = 93 => MigrateFinishOk, "migration successfully aborted", "migration successfully aborted: {}", since "1.2.18";
    VIR_ERR_AUTH_UNAVAILABLE = 94 => AuthUnavailable, "authentication unavailable", "authentication unavailable: {}", since "1.3.3";
    VIR_ERR_NO_SERVER = 95 => NoServer, "Server not found", "Server not found: {}", since "1.3.3";
    VIR_ERR_NO_CLIENT = 96 => NoClient, "Client not found", "Client not found: {}", since "1.3.5";
    VIR_ERR_AGENT_UNSYNCED = 97 => AgentUnsynced, "guest agent replied with wrong id to guest-sync command", "guest agent replied with wrong id to guest-sync command: {}", since "2.3.0";
    VIR_ERR_LIBSSH = 98 => Libssh, "libssh transport error", "libssh transport error: {}", since "2.5.0";
    VIR_ERR_DEVICE_MISSING = 99 => DeviceMissing, "device not found", "device not found: {}", since "4.1.0";
    VIR_ERR_INVALID_NWFILTER_BINDING = 100 => InvalidNwfilterBinding, "Invalid network filter binding", "Invalid network filter binding: {}", since "4.5.0";
    VIR_ERR_NO_NWFILTER_BINDING = 101 => NoNwfilterBinding, "Network filter binding not found", "Network filter binding not found: {}", since "4.5.0";
    VIR_ERR_INVALID_DOMAIN_CHECKPOINT = 102 => InvalidDomainCheckpoint, "Invalid domain checkpoint", "Invalid domain checkpoint: {}", since "5.2.0";
    VIR_ERR_NO_DOMAIN_CHECKPOINT = 103 => NoDomainCheckpoint, "Domain checkpoint not found", "Domain checkpoint not found: {}", since "5.2.0";
    VIR_ERR_NO_DOMAIN_BACKUP = 104 => NoDomainBackup, "Domain backup job id not found", "Domain backup job id not found: {}", since "5.2.0";
    VIR_ERR_INVALID_NETWORK_PORT = 105 => InvalidNetworkPort, "Invalid network port pointer", "Invalid network port pointer: {}", since "5.5.0";
    VIR_ERR_NETWORK_PORT_EXIST = 106 => NetworkPortExist, "this network port exists already", "network port {} exists already", since "5.5.0";
    VIR_ERR_NO_NETWORK_PORT = 107 => NoNetworkPort, "network port not found", "network port not found: {}", since "5.5.0";
    VIR_ERR_NO_HOSTNAME = 108 => NoHostname, "no hostname found", "no hostname found: {}", since "6.1.0";
    VIR_ERR_CHECKPOINT_INCONSISTENT = 109 => CheckpointInconsistent, "checkpoint inconsistent", "checkpoint inconsistent: {}", since "6.10.0";
    VIR_ERR_MULTIPLE_DOMAINS = 110 => MultipleDomains, "multiple matching domains found", "multiple matching domains found: {}", since "7.1.0";
    VIR_ERR_NO_NETWORK_METADATA = 111 => NoNetworkMetadata, "metadata not found", "metadata not found: {}", since "9.7.0";
    VIR_ERR_AGENT_COMMAND_TIMEOUT = 112 => AgentCommandTimeout, "guest agent command timed out", "guest agent command timed out: {}", since "11.2.0";
    VIR_ERR_AGENT_COMMAND_FAILED = 113 => AgentCommandFailed, "guest agent command failed", "guest agent command failed: {}", since "11.2.0";
    VIR_ERR_INVALID_ENCR_KEY_SECRET = 114 => InvalidEncryptionKeySecret, "invalid encryption key secret", "invalid encryption key secret: {}", since "12.1.0";
}

error_domains! {
    VIR_FROM_NONE = 0 => None, "", since "0.1.0";
    VIR_FROM_XEN = 1 => Xen, "Xen Driver", since "0.1.0";
    VIR_FROM_XEND = 2 => Xend, "Xen Daemon", since "0.1.0";
    VIR_FROM_XENSTORE = 3 => Xenstore, "Xen Store", since "0.1.0";
    VIR_FROM_SEXPR = 4 => Sexpr, "S-Expression", since "0.1.0";
    VIR_FROM_XML = 5 => Xml, "XML Util", since "0.1.0";
    VIR_FROM_DOM = 6 => Dom, "Domain", since "0.1.0";
    VIR_FROM_RPC = 7 => Rpc, "XML-RPC", since "0.1.1";
    VIR_FROM_PROXY = 8 => Proxy, "Proxy Daemon", since "0.1.3";
    VIR_FROM_CONF = 9 => Conf, "Config File", since "0.1.6";
    VIR_FROM_QEMU = 10 => Qemu, "QEMU Driver", since "0.2.0";
    VIR_FROM_NET = 11 => Net, "Network", since "0.2.0";
    VIR_FROM_TEST = 12 => Test, "Test Driver", since "0.2.3";
    VIR_FROM_REMOTE = 13 => Remote, "Remote Driver", since "0.2.3";
    VIR_FROM_OPENVZ = 14 => Openvz, "OpenVZ Driver", since "0.3.1";
    VIR_FROM_XENXM = 15 => Xenxm, "Xen XM Driver", since "0.4.1";
    VIR_FROM_STATS_LINUX = 16 => StatsLinux, "Linux Statistics", since "0.4.1";
    VIR_FROM_LXC = 17 => Lxc, "LXC Driver", since "0.4.2";
    VIR_FROM_STORAGE = 18 => Storage, "Storage Driver", since "0.4.1";
    VIR_FROM_NETWORK = 19 => Network, "Network Driver", since "0.4.6";
    VIR_FROM_DOMAIN = 20 => Domain, "Domain Config", since "0.4.6";
    VIR_FROM_UML = 21 => Uml, "User Mode Linux Driver", since "0.5.0";
    VIR_FROM_NODEDEV = 22 => Nodedev, "Node Device Driver", since "0.5.0";
    VIR_FROM_XEN_INOTIFY = 23 => XenInotify, "Xen Inotify Driver", since "0.5.0";
    VIR_FROM_SECURITY = 24 => Security, "Security Driver", since "0.6.1";
    VIR_FROM_VBOX = 25 => Vbox, "VirtualBox Driver", since "0.6.3";
    VIR_FROM_INTERFACE = 26 => Interface, "Network Interface Driver", since "0.6.4";
    VIR_FROM_ONE = 27 => One, "Open Nebula Driver", since "0.6.4";
    VIR_FROM_ESX = 28 => Esx, "ESX Driver", since "0.7.0";
    VIR_FROM_PHYP = 29 => Phyp, "Power Hypervisor Driver", since "0.7.0";
    VIR_FROM_SECRET = 30 => Secret, "Secrets Driver", since "0.7.1";
    VIR_FROM_CPU = 31 => Cpu, "CPU Driver", since "0.7.5";
    VIR_FROM_XENAPI = 32 => Xenapi, "XenAPI Driver", since "0.8.0";
    VIR_FROM_NWFILTER = 33 => Nwfilter, "Network Filter Driver", since "0.8.0";
    VIR_FROM_HOOK = 34 => Hook, "Lifecycle Hook", since "0.8.0";
    VIR_FROM_DOMAIN_SNAPSHOT = 35 => DomainSnapshot, "Domain Snapshot", since "0.8.0";
    VIR_FROM_AUDIT = 36 => Audit, "Audit Utils", since "0.8.5";
    VIR_FROM_SYSINFO = 37 => Sysinfo, "Sysinfo Utils", since "0.8.6";
    VIR_FROM_STREAMS = 38 => Streams, "I/O Stream Utils", since "0.8.6";
    VIR_FROM_VMWARE = 39 => Vmware, "VMware Driver", since "0.8.7";
    VIR_FROM_EVENT = 40 => Event, "Event Loop", since "0.9.0";
    VIR_FROM_LIBXL = 41 => Libxl, "Xen Light Driver", since "0.9.0";
    VIR_FROM_LOCKING = 42 => Locking, "Lock Driver", since "0.9.2";
    VIR_FROM_HYPERV = 43 => Hyperv, "Hyper-V Driver", since "0.9.5";
    VIR_FROM_CAPABILITIES = 44 => Capabilities, "Capabilities Utils", since "0.9.8";
    VIR_FROM_URI = 45 => Uri, "URI Utils", since "0.9.11";
    VIR_FROM_AUTH = 46 => Auth, "Authentication Utils", since "0.9.11";
    VIR_FROM_DBUS = 47 => Dbus, "DBus Utils", since "0.9.12";
    VIR_FROM_PARALLELS = 48 => Parallels, "Parallels Cloud Server", since "0.10.0";
    VIR_FROM_DEVICE = 49 => Device, "Device Config", since "0.10.0";
    VIR_FROM_SSH = 50 => Ssh, "SSH transport layer", since "0.10.0";
    VIR_FROM_LOCKSPACE = 51 => Lockspace, "Lock Space", since "1.0.0";
    VIR_FROM_INITCTL = 52 => Initctl, "Init control", since "1.0.1";
    VIR_FROM_IDENTITY = 53 => Identity, "Identity", since "1.0.4";
    VIR_FROM_CGROUP = 54 => Cgroup, "Cgroup", since "1.0.5";
    VIR_FROM_ACCESS = 55 => Access, "Access Manager", since "1.1.0";
    VIR_FROM_SYSTEMD = 56 => Systemd, "Systemd", since "1.1.1";
    VIR_FROM_BHYVE = 57 => Bhyve, "Bhyve", since "1.2.2";
    VIR_FROM_CRYPTO = 58 => Crypto, "Crypto", since "1.2.3";
    VIR_FROM_FIREWALL = 59 => Firewall, "Firewall", since "1.2.4";
    VIR_FROM_POLKIT = 60 => Polkit, "Polkit", since "1.2.9";
    VIR_FROM_THREAD = 61 => Thread, "Thread jobs", since "1.2.14";
    VIR_FROM_ADMIN = 62 => Admin, "Admin Interface", since "1.2.17";
    VIR_FROM_LOGGING = 63 => Logging, "Log Manager", since "1.3.0";
    VIR_FROM_XENXL = 64 => Xenxl, "Xen XL Config", since "1.3.2";
    VIR_FROM_PERF = 65 => Perf, "Perf", since "1.3.3";
    VIR_FROM_LIBSSH = 66 => Libssh, "Libssh transport layer", since "2.5.0";
    VIR_FROM_RESCTRL = 67 => Resctrl, "Resource control", since "3.7.0";
    VIR_FROM_FIREWALLD = 68 => Firewalld, "FirewallD", since "5.1.0";
    VIR_FROM_DOMAIN_CHECKPOINT = 69 => DomainCheckpoint, "Domain Checkpoint", since "5.2.0";
    VIR_FROM_TPM = 70 => Tpm, "TPM", since "5.6.0";
    VIR_FROM_BPF = 71 => Bpf, "BPF", since "5.10.0";
    VIR_FROM_CH = 72 => Ch, "Cloud-Hypervisor Driver", since "7.5.0";
}
