//! What the host and the driver's settings add to a guest's command line.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{SecretReference, Smbios};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, Result};
use ferrovirt_host::huge_page_mounts::HugePageMount;
use std::fmt::Debug;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// What is known besides the definition.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The guest's id and shortened name, as in the names of its folders: `3-web`.
    pub short_name: &'a str,
    /// The guest's own folder.
    pub guest_folder: &'a Path,
    /// Where the sockets of its channels are.
    pub channel_folder: &'a Path,
    pub settings: &'a Settings,
    pub secrets: &'a dyn Secrets,
    /// Seconds since 1970, for clocks that begin relative to now.
    pub now: i64,
    /// Our own environment. QEMU gets a few of its variables.
    pub environment: &'a [(String, String)],
    /// The host's SMBIOS tables, where a guest shall get them.
    pub smbios: Option<&'a Smbios>,
    /// Which of the host's block devices are CD-ROM drives.
    pub cdroms: &'a [&'a str],
    /// The device files of SCSI devices of the host, by alias.
    pub scsi_devices: &'a [(&'a str, &'a str)],
    /// Where the emulator of the guest's TPM listens.
    pub tpm_socket: Option<&'a Path>,
    /// Where the state of a guest that is restored or migrated comes from, as QEMU names it.
    pub incoming: Option<&'a str>,
    /// The nodes of the host that are there; none: not known, all are.
    pub nodes: Option<&'a CpuSet>,
    /// The host's nodes that were found best for the guest, where it leaves that to us.
    pub auto_nodes: Option<&'a CpuSet>,
    /// How far the host's time zone is ahead of UTC, in seconds.
    pub time_zone: i64,
}

/// The driver's configuration, as far as it shows on command lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether guests belong to the system and not to a user's session.
    pub privileged: bool,
    /// What the driver's own folders in places of the whole host are called; none: `qemu`. Below the root of an
    /// embedded driver, that is the name, too.
    pub embedded: Option<Embedded>,
    /// What the host is; none: whatever its guests are.
    pub host_arch: Option<Arch>,
    pub sandbox: bool,
    pub timestamps: bool,
    pub set_process_name: bool,
    /// Whether dumps of QEMU hold the guest's memory.
    pub dump_guest_core: bool,
    /// What QEMU does when something deprecated is used: `none`, `omit`, `reject` or `crash`.
    pub deprecation: String,
    /// Files that back guests' memory are made under here.
    pub memory_folder: PathBuf,
    pub huge_pages: Vec<HugePageMount>,
    /// Where passt listens for guests.
    pub passt_folder: PathBuf,
    /// Whom emulators of TPMs run as; none: as we do.
    pub tpm_user: Option<(u32, u32)>,
    /// Where the private buses of guests are.
    pub dbus_folder: PathBuf,
    /// Where displays get free ports, and where their websockets do.
    pub display_ports: RangeInclusive<u16>,
    pub websocket_ports: RangeInclusive<u16>,
    pub vnc: DisplaySettings,
    pub spice: DisplaySettings,
    /// Certificates of character devices.
    pub chardev_tls: TlsSettings,
    pub chardev_tls_by_default: bool,
    pub migration_tls: TlsSettings,
    pub nbd_tls: TlsSettings,
    pub nbd_tls_by_default: bool,
    pub vxhs_tls: TlsSettings,
    pub vxhs_tls_by_default: bool,
    /// Whether the sound of guests with these displays goes to the host's sound system by itself.
    pub host_audio_with_vnc: bool,
    pub host_audio_without_display: bool,
    /// Where descriptors of firmware are, the less particular folders first.
    pub firmware_folders: Vec<PathBuf>,
    pub firmware_pairs: Vec<FirmwarePair>,
}

/// Where displays and their websockets get ports unless something else is set, and the lowest that can be set.
pub const DISPLAY_PORTS: RangeInclusive<u16> = 5900..=65535;
pub const WEBSOCKET_PORTS: RangeInclusive<u16> = 5700..=65535;

/// Firmware that was known before there were descriptors: the image of the program, and what its variables start as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwarePair {
    pub program: String,
    pub template: String,
}

impl FirmwarePair {
    /// Where most systems have them.
    pub fn usual() -> Vec<Self> {
        let pair = |folder: &str, program: &str, template: &str| Self {
            program: format!("/usr/share/{folder}/{program}.fd"),
            template: format!("/usr/share/{folder}/{template}.fd"),
        };
        vec![
            pair("OVMF", "OVMF_CODE", "OVMF_VARS"),
            pair("OVMF", "OVMF_CODE.secboot", "OVMF_VARS"),
            pair("AAVMF", "AAVMF_CODE", "AAVMF_VARS"),
            pair("AAVMF", "AAVMF32_CODE", "AAVMF32_VARS"),
        ]
    }
}

/// A driver that is embedded in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// The folder of all that it keeps.
    pub root: PathBuf,
    /// Its name among other drivers on the host.
    pub name: String,
}

/// Of VNC or SPICE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplaySettings {
    /// Where displays listen that say nothing else.
    pub listen: String,
    /// Whether they rather listen on a socket in the guest's folder.
    pub on_socket: bool,
    pub tls: Option<TlsSettings>,
    /// Whether a password is set for all guests that have none of their own.
    pub password: bool,
    pub sasl: bool,
    pub sasl_folder: Option<PathBuf>,
}

impl Default for DisplaySettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1".to_owned(),
            on_socket: false,
            tls: None,
            password: false,
            sasl: false,
            sasl_folder: None,
        }
    }
}

/// Where certificates are, and whether clients must have one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    pub folder: PathBuf,
    pub verify: bool,
    /// The secret that opens the key.
    pub secret: Option<uuid::Uuid>,
}

impl Default for Settings {
    fn default() -> Self {
        let tls = |folder: &str| TlsSettings { folder: folder.into(), verify: true, secret: None };
        Self {
            privileged: true,
            embedded: None,
            host_arch: None,
            sandbox: true,
            timestamps: true,
            set_process_name: false,
            dump_guest_core: false,
            deprecation: "none".to_owned(),
            memory_folder: "/var/lib/libvirt/qemu/ram".into(),
            huge_pages: Vec::new(),
            passt_folder: "/run/libvirt/qemu/passt".into(),
            tpm_user: None,
            dbus_folder: "/run/libvirt/qemu/dbus".into(),
            display_ports: DISPLAY_PORTS,
            websocket_ports: WEBSOCKET_PORTS,
            vnc: DisplaySettings::default(),
            spice: DisplaySettings::default(),
            chardev_tls: tls("/etc/pki/libvirt-chardev"),
            chardev_tls_by_default: false,
            migration_tls: tls("/etc/pki/libvirt-migrate"),
            nbd_tls: tls("/etc/pki/libvirt-nbd"),
            nbd_tls_by_default: false,
            vxhs_tls: tls("/etc/pki/libvirt-vxhs"),
            vxhs_tls_by_default: false,
            host_audio_with_vnc: false,
            host_audio_without_display: false,
            firmware_folders: crate::firmware::folders(Path::new("/")),
            firmware_pairs: FirmwarePair::usual(),
        }
    }
}

impl Settings {
    /// The name of an embedded driver, for a folder that it shares with others.
    pub fn name_in(&self, folder: &Path) -> Option<&str> {
        let embedded = self.embedded.as_ref().filter(|embedded| !folder.starts_with(&embedded.root));
        embedded.map(|embedded| embedded.name.as_str())
    }

    /// Where pages of this size, in KiB, come from; zero asks for the default size.
    pub fn huge_pages(&self, size: u64) -> Result<&HugePageMount> {
        let found = match size {
            0 => self.huge_pages.iter().find(|mount| mount.default).or(self.huge_pages.first()),
            _ => self.huge_pages.iter().find(|mount| mount.page_size == size),
        };
        found.ok_or_else(|| {
            let of = if size == 0 { String::new() } else { format!(" of {size} KiB") };
            Error::internal(format!("no hugetlbfs for pages{of} is mounted"))
        })
    }
}

/// What a secret is for: it says how the value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretUse {
    /// The passphrase of an image.
    Image,
    /// What a user proves himself by to the server of an image.
    Login,
    /// The same for Ceph, whose keys are told in base64.
    Ceph,
    /// The passphrase of the key of a certificate.
    Tls,
}

/// A secret that only QEMU can open, with the master key of its guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// In base64.
    pub data: String,
    pub iv: String,
}

/// Looks up secrets and seals them.
pub trait Secrets: Debug {
    fn seal(&self, usage: SecretUse, secret: &SecretReference) -> Result<Sealed>;

    /// The same for a text that is in the definition itself.
    fn seal_text(&self, text: &str) -> Result<Sealed>;
}
