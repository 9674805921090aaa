//! What is done inside a guest or asked of its agent: facts, addresses, keys, signals.

use std::ffi::{c_char, c_int, c_uint};

/// A file system mounted in a guest. Since 1.2.11.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainFSInfo {
    /// Where it is mounted.
    pub mountpoint: *mut c_char,
    /// Name of the device in the guest.
    pub name: *mut c_char,
    /// Type.
    pub fstype: *mut c_char,
    /// How many disks it lies on.
    pub ndevAlias: usize,
    /// Their target names.
    pub devAlias: *mut *mut c_char,
}

/// Pointer to a `virDomainFSInfo`. Since 1.2.11.
pub type virDomainFSInfoPtr = *mut virDomainFSInfo;

/// An address of a guest's interface. Since 1.2.14.
#[doc(alias = "_virDomainInterfaceIPAddress")]
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainIPAddress {
    /// A `virIPAddrType`.
    pub r#type: c_int,
    /// Address as text.
    pub addr: *mut c_char,
    /// Length of the network prefix.
    pub prefix: c_uint,
}

/// Pointer to a `virDomainIPAddress`. Since 1.2.14.
pub type virDomainIPAddressPtr = *mut virDomainIPAddress;

/// A guest's interface with its addresses. Since 1.2.14.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct virDomainInterface {
    /// Name.
    pub name: *mut c_char,
    /// MAC address.
    pub hwaddr: *mut c_char,
    /// How many addresses it has.
    pub naddrs: c_uint,
    /// The addresses.
    pub addrs: virDomainIPAddressPtr,
}

/// Pointer to a `virDomainInterface`. Since 1.2.14.
pub type virDomainInterfacePtr = *mut virDomainInterface;

c_enum! {
    /// Special waiting times for the guest agent, beside a count of seconds. Since 5.10.0.
    pub enum virDomainAgentResponseTimeoutValues: i32 {
        /// Wait for ever. Since 5.10.0.
        VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK = -2,
        /// Wait for the built-in time. Since 5.10.0.
        VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT = -1,
        /// Do not wait at all. Since 5.10.0.
        VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_NOWAIT = 0,
    }
}

c_enum! {
    /// How a set of SSH keys is merged into a user's file. Since 6.10.0.
    pub enum virDomainAuthorizedSSHKeysSetFlags: u32 {
        /// Add the keys to those already there. Since 6.10.0.
        VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND = 1 << 0,
        /// Take the given keys out. Since 6.10.0.
        VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE = 1 << 1,
    }
}

c_enum! {
    /// Where a host name is looked up. Since 6.1.0.
    pub enum virDomainGetHostnameFlags: u32 {
        /// In the DHCP leases of the networks. Since 6.1.0.
        VIR_DOMAIN_GET_HOSTNAME_LEASE = 1 << 0,
        /// By the guest agent. Since 6.1.0.
        VIR_DOMAIN_GET_HOSTNAME_AGENT = 1 << 1,
    }
}

c_enum! {
    /// Groups of facts that a guest agent can tell. Since 5.7.0.
    pub enum virDomainGuestInfoTypes: u32 {
        /// Users that are logged in. Since 5.7.0.
        VIR_DOMAIN_GUEST_INFO_USERS = 1 << 0,
        /// Operating system. Since 5.7.0.
        VIR_DOMAIN_GUEST_INFO_OS = 1 << 1,
        /// Time zone. Since 5.7.0.
        VIR_DOMAIN_GUEST_INFO_TIMEZONE = 1 << 2,
        /// Host name. Since 5.7.0.
        VIR_DOMAIN_GUEST_INFO_HOSTNAME = 1 << 3,
        /// Mounted file systems. Since 5.7.0.
        VIR_DOMAIN_GUEST_INFO_FILESYSTEM = 1 << 4,
        /// Disks. Since 7.0.0.
        VIR_DOMAIN_GUEST_INFO_DISKS = 1 << 5,
        /// Network interfaces. Since 7.10.0.
        VIR_DOMAIN_GUEST_INFO_INTERFACES = 1 << 6,
        /// Load averages. Since 11.2.0.
        VIR_DOMAIN_GUEST_INFO_LOAD = 1 << 7,
    }
}

c_enum! {
    /// Where a guest's addresses are looked up. Since 1.2.14.
    pub enum virDomainInterfaceAddressesSource: u32 {
        /// In the DHCP leases of the networks. Since 1.2.14.
        VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE = 0,
        /// By the guest agent. Since 1.2.14.
        VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT = 1,
        /// In the host's neighbour table. Since 4.2.0.
        VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP = 2,
    }
    sentinel {
        /// One past the last member. Since 1.2.14.
        VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LAST = 3,
    }
}

c_enum! {
    /// Flags for a user's password. Since 1.2.16.
    pub enum virDomainSetUserPasswordFlags: u32 {
        /// The password is already hashed. Since 1.2.16.
        VIR_DOMAIN_PASSWORD_ENCRYPTED = 1 << 0,
    }
}

c_enum! {
    /// Signals for a process in a guest; the numbers are the same on every host. Since 1.0.1.
    pub enum virDomainProcessSignal: u32 {
        /// Nothing is sent; only tells whether the process is there. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_NOP = 0,
        /// SIGHUP. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_HUP = 1,
        /// SIGINT. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_INT = 2,
        /// SIGQUIT. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_QUIT = 3,
        /// SIGILL. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_ILL = 4,
        /// SIGTRAP. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_TRAP = 5,
        /// SIGABRT. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_ABRT = 6,
        /// SIGBUS. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_BUS = 7,
        /// SIGFPE. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_FPE = 8,
        /// SIGKILL. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_KILL = 9,
        /// SIGUSR1. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_USR1 = 10,
        /// SIGSEGV. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_SEGV = 11,
        /// SIGUSR2. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_USR2 = 12,
        /// SIGPIPE. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_PIPE = 13,
        /// SIGALRM. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_ALRM = 14,
        /// SIGTERM. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_TERM = 15,
        /// SIGSTKFLT. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_STKFLT = 16,
        /// SIGCHLD. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_CHLD = 17,
        /// SIGCONT. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_CONT = 18,
        /// SIGSTOP. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_STOP = 19,
        /// SIGTSTP. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_TSTP = 20,
        /// SIGTTIN. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_TTIN = 21,
        /// SIGTTOU. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_TTOU = 22,
        /// SIGURG. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_URG = 23,
        /// SIGXCPU. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_XCPU = 24,
        /// SIGXFSZ. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_XFSZ = 25,
        /// SIGVTALRM. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_VTALRM = 26,
        /// SIGPROF. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_PROF = 27,
        /// SIGWINCH. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_WINCH = 28,
        /// SIGPOLL, also known as SIGIO. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_POLL = 29,
        /// SIGPWR. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_PWR = 30,
        /// SIGSYS. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_SYS = 31,
        /// SIGRTMIN, the first real-time signal. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT0 = 32,
        /// SIGRTMIN + 1. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT1 = 33,
        /// SIGRTMIN + 2. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT2 = 34,
        /// SIGRTMIN + 3. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT3 = 35,
        /// SIGRTMIN + 4. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT4 = 36,
        /// SIGRTMIN + 5. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT5 = 37,
        /// SIGRTMIN + 6. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT6 = 38,
        /// SIGRTMIN + 7. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT7 = 39,
        /// SIGRTMIN + 8. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT8 = 40,
        /// SIGRTMIN + 9. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT9 = 41,
        /// SIGRTMIN + 10. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT10 = 42,
        /// SIGRTMIN + 11. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT11 = 43,
        /// SIGRTMIN + 12. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT12 = 44,
        /// SIGRTMIN + 13. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT13 = 45,
        /// SIGRTMIN + 14. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT14 = 46,
        /// SIGRTMIN + 15. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT15 = 47,
        /// SIGRTMIN + 16. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT16 = 48,
        /// SIGRTMIN + 17. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT17 = 49,
        /// SIGRTMIN + 18. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT18 = 50,
        /// SIGRTMIN + 19. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT19 = 51,
        /// SIGRTMIN + 20. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT20 = 52,
        /// SIGRTMIN + 21. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT21 = 53,
        /// SIGRTMIN + 22. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT22 = 54,
        /// SIGRTMIN + 23. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT23 = 55,
        /// SIGRTMIN + 24. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT24 = 56,
        /// SIGRTMIN + 25. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT25 = 57,
        /// SIGRTMIN + 26. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT26 = 58,
        /// SIGRTMIN + 27. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT27 = 59,
        /// SIGRTMIN + 28. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT28 = 60,
        /// SIGRTMIN + 29. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT29 = 61,
        /// SIGRTMIN + 30. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT30 = 62,
        /// SIGRTMIN + 31. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT31 = 63,
        /// SIGRTMIN + 32. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_RT32 = 64,
    }
    sentinel {
        /// One past the last member. Since 1.0.1.
        VIR_DOMAIN_PROCESS_SIGNAL_LAST = 65,
    }
}

c_enum! {
    /// Flags for setting the guest's time. Since 1.2.5.
    pub enum virDomainSetTimeFlags: u32 {
        /// Let the guest read its hardware clock. Since 1.2.5.
        VIR_DOMAIN_TIME_SYNC = 1 << 0,
    }
}

c_enum! {
    /// Numbering schemes for keys. Since 0.9.3.
    pub enum virKeycodeSet: u32 {
        /// Linux input event codes. Since 0.9.3.
        VIR_KEYCODE_SET_LINUX = 0,
        /// XT scan codes, set 1 of the original PC. Since 0.9.3.
        VIR_KEYCODE_SET_XT = 1,
        /// AT scan codes, set 1. Since 0.9.3.
        VIR_KEYCODE_SET_ATSET1 = 2,
        /// AT scan codes, set 2. Since 0.9.3.
        VIR_KEYCODE_SET_ATSET2 = 3,
        /// AT scan codes, set 3. Since 0.9.3.
        VIR_KEYCODE_SET_ATSET3 = 4,
        /// macOS virtual key codes. Since 0.9.4.
        VIR_KEYCODE_SET_OSX = 5,
        /// XT codes as Linux's old keyboard driver packs them. Since 0.9.4.
        VIR_KEYCODE_SET_XT_KBD = 6,
        /// USB HID usages. Since 0.9.4.
        VIR_KEYCODE_SET_USB = 7,
        /// Windows virtual key codes. Since 0.9.4.
        VIR_KEYCODE_SET_WIN32 = 8,
        /// QEMU's numbers: XT codes with the extended ones packed into one byte. Since 4.2.0.
        VIR_KEYCODE_SET_QNUM = 9,
    }
    sentinel {
        /// One past the last member. Since 0.9.4.
        VIR_KEYCODE_SET_LAST = 10,
    }
}

c_enum! {
    /// Which address space a memory peek reads. Since 0.4.4.
    pub enum virDomainMemoryFlags: u32 {
        /// Virtual addresses, as the guest's CPU maps them. Since 0.4.4.
        VIR_MEMORY_VIRTUAL = 1 << 0,
        /// Physical addresses. Since 0.7.0.
        VIR_MEMORY_PHYSICAL = 1 << 1,
    }
}

/// How many disks follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_COUNT: &str = "disk.count";

/// Prefix of a disk's facts; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_PREFIX: &str = "disk.";

/// Alias of the disk in the domain's XML (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_ALIAS: &str = ".alias";

/// How many devices the disk depends on (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_DEPENDENCY_COUNT: &str = ".dependency.count";

/// Prefix of a device the disk depends on; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_DEPENDENCY_PREFIX: &str = ".dependency.";

/// Name of a device the disk depends on (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_DEPENDENCY_SUFFIX_NAME: &str = ".name";

/// Name that the guest gives the disk, as for device mapper (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_GUEST_ALIAS: &str = ".guest_alias";

/// Bus as the guest sees it (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_GUEST_BUS: &str = ".guest_bus";

/// Device node in the guest (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_NAME: &str = ".name";

/// Whether it is a partition (boolean). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_PARTITION: &str = ".partition";

/// Serial number (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_DISK_SUFFIX_SERIAL: &str = ".serial";

/// How many file systems follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_COUNT: &str = "fs.count";

/// Prefix of a file system's facts; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_PREFIX: &str = "fs.";

/// How many disks the file system lies on (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_DISK_COUNT: &str = ".disk.count";

/// Prefix of such a disk; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_DISK_PREFIX: &str = ".disk.";

/// Alias of such a disk in the domain's XML (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_DISK_SUFFIX_ALIAS: &str = ".alias";

/// Device node of such a disk in the guest (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_DISK_SUFFIX_DEVICE: &str = ".device";

/// Serial number of such a disk (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_DISK_SUFFIX_SERIAL: &str = ".serial";

/// Type of the file system (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_FSTYPE: &str = ".fstype";

/// Where it is mounted (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_MOUNTPOINT: &str = ".mountpoint";

/// Name of the device it is on (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_NAME: &str = ".name";

/// Its size, in bytes (ullong). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_TOTAL_BYTES: &str = ".total-bytes";

/// Its used space, in bytes (ullong). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_FS_SUFFIX_USED_BYTES: &str = ".used-bytes";

/// Host name of the guest (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_HOSTNAME_HOSTNAME: &str = "hostname";

/// How many interfaces follow (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_COUNT: &str = "if.count";

/// Prefix of an interface's facts; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_PREFIX: &str = "if.";

/// How many addresses it has (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_SUFFIX_ADDR_COUNT: &str = ".addr.count";

/// Prefix of an address; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_SUFFIX_ADDR_PREFIX: &str = ".addr.";

/// The address itself (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_SUFFIX_ADDR_SUFFIX_ADDR: &str = ".addr";

/// Length of the network prefix (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_SUFFIX_ADDR_SUFFIX_PREFIX: &str = ".prefix";

/// `ipv4` or `ipv6` (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_SUFFIX_ADDR_SUFFIX_TYPE: &str = ".type";

/// MAC address (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_SUFFIX_HWADDR: &str = ".hwaddr";

/// Name in the guest (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_IF_SUFFIX_NAME: &str = ".name";

/// Load average over 15 minutes (double). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_LOAD_15M: &str = "load.15m";

/// Load average over one minute (double). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_LOAD_1M: &str = "load.1m";

/// Load average over five minutes (double). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_LOAD_5M: &str = "load.5m";

/// Short name of the operating system, such as `debian` (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_ID: &str = "os.id";

/// Release of the kernel (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_KERNEL_RELEASE: &str = "os.kernel-release";

/// Version of the kernel (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_KERNEL_VERSION: &str = "os.kernel-version";

/// Machine hardware name (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_MACHINE: &str = "os.machine";

/// Name of the operating system (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_NAME: &str = "os.name";

/// Name of the operating system for the eye (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_PRETTY_NAME: &str = "os.pretty-name";

/// Variant of the operating system (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_VARIANT: &str = "os.variant";

/// Variant of the operating system, as a short name (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_VARIANT_ID: &str = "os.variant-id";

/// Version of the operating system (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_VERSION: &str = "os.version";

/// Version of the operating system, as a short name (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_OS_VERSION_ID: &str = "os.version-id";

/// Name of the time zone (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_TIMEZONE_NAME: &str = "timezone.name";

/// Offset from UTC, in seconds (int). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_TIMEZONE_OFFSET: &str = "timezone.offset";

/// How many users are logged in (uint). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_USER_COUNT: &str = "user.count";

/// Prefix of a user's facts; a number and a suffix follow. Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_USER_PREFIX: &str = "user.";

/// Domain of the account, on Windows (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_USER_SUFFIX_DOMAIN: &str = ".domain";

/// Time of login, in milliseconds since the epoch (ullong). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_USER_SUFFIX_LOGIN_TIME: &str = ".login-time";

/// User name (string). Since 11.2.0.
pub const VIR_DOMAIN_GUEST_INFO_USER_SUFFIX_NAME: &str = ".name";

/// How many keys can be pressed at once. Since 0.9.3.
pub const VIR_DOMAIN_SEND_KEY_MAX_KEYS: usize = 16;

/// First name of `VIR_KEYCODE_SET_QNUM`. Since 0.9.5.
pub const VIR_KEYCODE_SET_RFB: virKeycodeSet = VIR_KEYCODE_SET_QNUM;
