//! `<os>`: how the guest boots.

use crate::cpu::Arch;
use crate::domain::FirmwareVars;
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

/// `<os>`: what kind of guest it is and what it boots from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "os", block, merged)]
pub struct Os {
    /// The firmware is chosen for the user.
    #[xml(attr, error = "XmlError@object")]
    pub firmware: Option<Firmware>,
    #[xml(attr = "type/@arch", ignore = "empty", error = "ConfigUnsupported")]
    pub arch: Option<Arch>,
    /// The machine type, such as `q35` or `pc-q35-9.2`.
    #[xml(attr = "type/@machine", ignore = "empty")]
    pub machine: Option<String>,
    #[xml(value = "type", default, error = "ConfigUnsupported")]
    pub os_type: OsType,
    /// What chosen firmware must have or lack.
    #[xml(child = "firmware/feature")]
    pub firmware_features: Vec<FirmwareFeature>,
    /// Containers: the program to run.
    #[xml(value)]
    pub init: Option<String>,
    #[xml(value = "initarg")]
    pub init_args: Vec<String>,
    #[xml(child = "initenv")]
    pub init_env: Vec<InitEnv>,
    #[xml(value = "initdir")]
    pub init_dir: Option<String>,
    #[xml(value = "inituser")]
    pub init_user: Option<String>,
    #[xml(value = "initgroup")]
    pub init_group: Option<String>,
    #[xml(child, omit_empty)]
    pub loader: Option<Loader>,
    #[xml(child, omit_empty)]
    pub nvram: Option<FirmwareVars>,
    #[xml(value)]
    pub kernel: Option<String>,
    #[xml(value)]
    pub initrd: Option<String>,
    #[xml(value)]
    pub cmdline: Option<String>,
    /// The first-stage boot loader for direct kernel boot with secure boot.
    #[xml(value)]
    pub shim: Option<String>,
    /// The device tree.
    #[xml(value)]
    pub dtb: Option<String>,
    #[xml(value)]
    pub root: Option<String>,
    #[xml(child = "acpi/table")]
    pub acpi_tables: Vec<AcpiTable>,
    #[xml(child = "boot")]
    pub boot: Vec<Boot>,
    #[xml(child = "bootmenu", omit_empty)]
    pub boot_menu: Option<BootMenu>,
    #[xml(child, omit_empty)]
    pub bios: Option<BiosOptions>,
    #[xml(attr = "smbios/@mode", ignore = "empty", error = "ConfigUnsupported")]
    pub smbios: Option<SmbiosMode>,
}

/// What the guest is run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum OsType {
    #[default]
    Hvm,
    Xen,
    Linux,
    Exe,
    Uml,
    #[xml(name = "xenpvh")]
    XenPvh,
}

/// A kind of firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum Firmware {
    Bios,
    Efi,
}

/// What firmware can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct FirmwareFeature {
    #[xml(attr)]
    pub enabled: YesNo,
    #[xml(attr)]
    pub name: FirmwareFeatureName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, XmlEnum)]
pub enum FirmwareFeatureName {
    EnrolledKeys,
    SecureBoot,
}

/// A variable in the environment of a container's program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct InitEnv {
    #[xml(attr)]
    pub name: String,
    #[xml(text)]
    pub value: String,
}

/// `<loader>`: the firmware's code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "loader")]
pub struct Loader {
    #[xml(attr)]
    pub readonly: Option<YesNo>,
    #[xml(attr)]
    pub secure: Option<YesNo>,
    #[xml(attr = "type")]
    pub kind: Option<LoaderKind>,
    /// It never writes variables.
    #[xml(attr)]
    pub stateless: Option<YesNo>,
    #[xml(attr)]
    pub format: Option<FirmwareFormat>,
    #[xml(text)]
    pub path: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum LoaderKind {
    Rom,
    Pflash,
}

/// The image formats that firmware can come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum FirmwareFormat {
    Raw,
    Qcow2,
}

/// An ACPI table handed to the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct AcpiTable {
    #[xml(attr = "type")]
    pub kind: AcpiTableKind,
    #[xml(text)]
    pub path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum AcpiTableKind {
    Raw,
    Rawset,
    Slic,
    Msdm,
}

/// `<boot>`: a kind of device to boot from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Boot {
    #[xml(attr)]
    pub dev: BootDevice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum BootDevice {
    Fd,
    Cdrom,
    Hd,
    Network,
}

/// `<bootmenu>`: whether the user is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct BootMenu {
    #[xml(attr)]
    pub enable: Option<YesNo>,
    /// In milliseconds.
    #[xml(attr)]
    pub timeout: Option<u32>,
}

/// `<bios>`: what the firmware does with serial port and failed boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "bios")]
pub struct BiosOptions {
    #[xml(attr = "useserial")]
    pub use_serial: Option<YesNo>,
    /// In milliseconds; -1 is never.
    #[xml(attr)]
    pub reboot_timeout: Option<i32>,
}

/// Where SMBIOS data comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SmbiosMode {
    None,
    Emulate,
    Host,
    Sysinfo,
}
