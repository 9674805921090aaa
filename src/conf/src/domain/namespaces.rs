//! What hypervisors keep in namespaces of their own, past libvirt's model.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// The foreign parts of a domain, in the order of output.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Namespaces {
    #[xml(child, omit_empty)]
    pub qemu_commandline: Option<QemuCommandLine>,
    #[xml(child, omit_empty)]
    pub qemu_capabilities: Option<QemuCapabilities>,
    #[xml(child, omit_empty)]
    pub qemu_override: Option<QemuOverride>,
    #[xml(child, omit_empty)]
    pub qemu_deprecation: Option<QemuDeprecation>,
    #[xml(child)]
    pub lxc_namespace: Option<LxcNamespace>,
    #[xml(child, omit_empty)]
    pub xen_commandline: Option<XenCommandLine>,
    #[xml(child, omit_empty)]
    pub bhyve_commandline: Option<BhyveCommandLine>,
    #[xml(child)]
    pub vmware_datacenter_path: Option<VmwareDatacenterPath>,
    #[xml(child)]
    pub vmware_moref: Option<VmwareMoref>,
}

/// `<qemu:commandline>`: what is added to QEMU's command line and environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "commandline", ns = "http://libvirt.org/schemas/domain/qemu/1.0", prefix = "qemu")]
pub struct QemuCommandLine {
    #[xml(child = "arg")]
    pub args: Vec<Argument>,
    #[xml(child = "env")]
    pub env: Vec<EnvironmentVariable>,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct Argument {
    #[xml(attr, error = "Internal")]
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct EnvironmentVariable {
    #[xml(attr, error = "Internal@Qemu")]
    pub name: String,
    #[xml(attr)]
    pub value: Option<String>,
}

/// `<qemu:capabilities>`: what the driver shall believe of the binary.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "capabilities", ns = "http://libvirt.org/schemas/domain/qemu/1.0", prefix = "qemu")]
pub struct QemuCapabilities {
    #[xml(child = "add")]
    pub add: Vec<QemuCapability>,
    #[xml(child = "del")]
    pub remove: Vec<QemuCapability>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct QemuCapability {
    #[xml(attr = "capability", error = "Internal")]
    pub name: String,
}

/// `<qemu:override>`: properties of devices that shall differ from what the driver says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "override", ns = "http://libvirt.org/schemas/domain/qemu/1.0", prefix = "qemu")]
pub struct QemuOverride {
    #[xml(child)]
    pub devices: Vec<QemuDeviceOverride>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "device", ns = "http://libvirt.org/schemas/domain/qemu/1.0", prefix = "qemu")]
pub struct QemuDeviceOverride {
    #[xml(attr)]
    pub alias: String,
    #[xml(child = "frontend/property")]
    #[serde(default)]
    pub properties: Vec<QemuProperty>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct QemuProperty {
    #[xml(attr)]
    pub name: String,
    #[xml(attr = "type")]
    pub kind: QemuPropertyKind,
    #[xml(attr)]
    pub value: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum QemuPropertyKind {
    String,
    Signed,
    Unsigned,
    Bool,
    Remove,
}

/// `<qemu:deprecation>`: what QEMU does when something deprecated is used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "deprecation", ns = "http://libvirt.org/schemas/domain/qemu/1.0", prefix = "qemu")]
pub struct QemuDeprecation {
    #[xml(attr)]
    pub behavior: Option<String>,
}

/// `<lxc:namespace>`: namespaces that a container shares with something else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "namespace", ns = "http://libvirt.org/schemas/domain/lxc/1.0", prefix = "lxc", block)]
pub struct LxcNamespace {
    #[xml(child = "sharenet")]
    pub share_net: Option<LxcShare>,
    #[xml(child = "shareipc")]
    pub share_ipc: Option<LxcShare>,
    #[xml(child = "shareuts")]
    pub share_uts: Option<LxcShare>,
}

/// Whose namespace it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct LxcShare {
    #[xml(attr = "type", error = "Internal")]
    pub kind: LxcShareKind,
    #[xml(attr, error = "Internal")]
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum LxcShareKind {
    None,
    /// Of another container.
    Name,
    /// Of a process.
    Pid,
    /// Of a name that `ip netns` knows.
    Netns,
}

/// `<xen:commandline>`: what is added to the device model's command line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "commandline", ns = "http://libvirt.org/schemas/domain/xen/1.0", prefix = "xen")]
pub struct XenCommandLine {
    #[xml(child = "arg")]
    pub args: Vec<Argument>,
}

/// `<bhyve:commandline>`: what is added to bhyve's command line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "commandline", ns = "http://libvirt.org/schemas/domain/bhyve/1.0", prefix = "bhyve")]
pub struct BhyveCommandLine {
    #[xml(child = "arg")]
    pub args: Vec<Argument>,
}

/// `<vmware:datacenterpath>`: where a server has the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "datacenterpath", ns = "http://libvirt.org/schemas/domain/vmware/1.0", prefix = "vmware")]
pub struct VmwareDatacenterPath {
    #[xml(text)]
    pub path: String,
}

/// `<vmware:moref>`: a server's reference to its managed object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "moref", ns = "http://libvirt.org/schemas/domain/vmware/1.0", prefix = "vmware")]
pub struct VmwareMoref {
    #[xml(text)]
    pub reference: String,
}

impl QemuCommandLine {
    /// Refuses names of environment variables that no shell would take.
    pub fn validate(&self) -> Result<()> {
        for variable in &self.env {
            let mut letters = variable.name.chars();
            let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
            if !first || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
                let text = format!("'{}' can't be the name of an environment variable", variable.name);
                return Err(Error::internal(text));
            }
        }
        Ok(())
    }
}
