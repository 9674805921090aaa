//! What a QEMU binary can do: asked once over QMP, kept on disk and in memory, and never asked on the way of a start.
//!
//! The command line and the monitor's users put questions in QEMU's own terms: is there this device, this property,
//! this argument of that command. There is no list of flags that each new feature would have to be added to.

mod answers;
mod cache;
mod decode;
mod fact;
mod host;
mod probe;
mod queries;
mod schema;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use answers::Answers;
pub use cache::CapabilityCache;
pub use fact::Fact;
pub use probe::{ProbeOptions, converse, probe};
pub use schema::Schema;

use crate::qmp::types::{
    CpuDefinition, GicCapability, MachineInfo, SevCapability, SgxCapability, VersionTriple,
};

/// Everything that was learned about a binary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capabilities {
    pub version: VersionTriple,
    /// The packager's name for the build, empty where it has none.
    pub package: String,
    /// The guest's architecture in QEMU's spelling, such as `x86_64` or `arm`.
    pub arch: String,
    /// Whether guests can be run with KVM on this host by this binary.
    pub kvm: bool,
    accelerators: Vec<Accelerator>,
    /// Each object type and its parent, which may be abstract and then has no entry of its own.
    types: BTreeMap<Box<str>, Option<Box<str>>>,
    /// The properties of the object types in [`queries::DEVICES`] and its neighbours.
    properties: BTreeMap<Box<str>, BTreeMap<Box<str>, Property>>,
    options: BTreeMap<Box<str>, Vec<Box<str>>>,
    schema: Schema,
    pub tpm_models: Vec<String>,
    pub tpm_types: Vec<String>,
    pub migration_capabilities: Vec<String>,
    pub gic: Vec<GicCapability>,
    pub sev: Option<SevCapability>,
    pub sgx: Option<SgxCapability>,
}

/// How a guest's instructions are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accel {
    Kvm,
    Tcg,
}

/// A property of a device or other object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// QEMU's name for the type, such as `bool` or `link<memory-backend>`.
    pub kind: Box<str>,
    /// The default as JSON, where QEMU tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Box<str>>,
}

/// What depends on how instructions are run. Machines, CPUs and properties are in QEMU's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accelerator {
    pub kind: Accel,
    pub machines: Vec<MachineInfo>,
    pub cpus: Vec<CpuDefinition>,
    /// What the best CPU of this host is made of: `host` with KVM, `max` without; `None` where QEMU can't tell.
    pub host_cpu: Option<HostCpu>,
}

/// The expansion of the host's CPU into properties.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HostCpu {
    /// The model that the properties refine, such as `base`.
    pub model: String,
    pub properties: Vec<CpuProperty>,
    pub deprecated: Vec<String>,
    /// The Hyper-V enlightenments that this host can give, where it was asked.
    pub hyperv: Vec<CpuProperty>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CpuProperty {
    pub name: String,
    pub value: Value,
    /// Whether a guest that has it can be migrated; `None` where QEMU does not tell for this target.
    pub migratable: Option<bool>,
}

impl Capabilities {
    /// Whether there is a device, or any other object type, of this name.
    pub fn has_device(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    /// Whether an object type is another or descends from it.
    pub fn is_kind_of(&self, name: &str, ancestor: &str) -> bool {
        self.ancestry(name).any(|kind| kind == ancestor)
    }

    /// The type and its ancestors, nearest first.
    fn ancestry<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let parent = |kind: &&str| self.types.get(*kind).and_then(Option::as_deref);
        // Longer than any chain of QEMU's, so that a circle in a bad reply ends.
        std::iter::successors(Some(name), parent).take(32)
    }

    /// Whether a device has a property. Only devices in the table of queries can be asked about.
    pub fn device_has_property(&self, device: &str, property: &str) -> bool {
        self.device_property(device, property).is_some()
    }

    /// A device's property, if it has it. Only devices in the table of queries can be asked about.
    pub fn device_property(&self, device: &str, property: &str) -> Option<&Property> {
        let known = self.properties.get(device);
        if known.is_none() && self.has_device(device) && !queries::is_asked(device) {
            tracing::warn!(device, property, "this device's properties are never asked for");
        }
        known?.get(property)
    }

    /// Whether a `-machine` option is known to this machine, or to the family that it belongs to.
    pub fn machine_has_property(&self, machine: &str, property: &str) -> bool {
        let kind = format!("{}-machine", self.canonical_machine(machine));
        self.ancestry(&kind).any(|kind| self.properties.get(kind).is_some_and(|p| p.contains_key(property)))
    }

    /// Whether the monitor has a command.
    pub fn supports_command(&self, command: &str) -> bool {
        self.schema.has_command(command)
    }

    /// Whether the monitor's schema has something, as `blockdev-add/arg-type/+file/aio/^io_uring`.
    /// [`Schema::has`] says what a path looks like.
    pub fn schema_has(&self, path: &str) -> bool {
        self.schema.has(path)
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Whether objects of this kind can be made with `-object` and `object-add`.
    pub fn has_object(&self, kind: &str) -> bool {
        self.schema.has(&format!("object-add/arg-type/qom-type/^{kind}"))
    }

    /// Whether the command line has an option of this name, without the dash.
    pub fn has_option(&self, option: &str) -> bool {
        self.options.contains_key(option)
    }

    /// Whether a command-line option has a parameter.
    pub fn option_has_parameter(&self, option: &str, parameter: &str) -> bool {
        self.options.get(option).is_some_and(|known| known.iter().any(|name| &**name == parameter))
    }

    /// The ways to run guests on this host, the best first.
    pub fn accelerators(&self) -> &[Accelerator] {
        &self.accelerators
    }

    pub fn accelerator(&self, kind: Accel) -> Option<&Accelerator> {
        self.accelerators.iter().find(|accelerator| accelerator.kind == kind)
    }

    /// A machine by its name or alias.
    pub fn machine(&self, kind: Accel, name: &str) -> Option<&MachineInfo> {
        self.accelerator(kind)?.machine(name)
    }

    /// The name behind a machine's alias; a name that is none, or unknown, comes back as it is.
    pub fn canonical_machine<'a>(&'a self, name: &'a str) -> &'a str {
        let known = self.accelerators.first().and_then(|accelerator| accelerator.machine(name));
        known.map_or(name, |machine| &machine.name)
    }

    /// The machine that a guest gets which asks for none.
    pub fn default_machine(&self, kind: Accel) -> Option<&MachineInfo> {
        self.accelerator(kind)?.machines.iter().find(|machine| machine.is_default)
    }

    /// A CPU model by its name.
    pub fn cpu(&self, kind: Accel, name: &str) -> Option<&CpuDefinition> {
        self.accelerator(kind)?.cpus.iter().find(|cpu| cpu.name == name)
    }

    /// Whether a fact holds.
    pub fn answers(&self, fact: &Fact<'_>) -> bool {
        match *fact {
            Fact::Device(name) => self.has_device(name),
            Fact::Property(device, property) => self.device_has_property(device, property),
            Fact::MachineProperty(machine, property) => self.machine_has_property(machine, property),
            Fact::Command(name) => self.supports_command(name),
            Fact::Schema(path) => self.schema_has(path),
            Fact::Option(name) => self.has_option(name),
            Fact::Parameter(option, parameter) => self.option_has_parameter(option, parameter),
            Fact::Since(major, minor) => (self.version.major, self.version.minor) >= (major, minor),
            Fact::MigrationCapability(name) => self.migration_capabilities.iter().any(|known| known == name),
        }
    }
}

impl Accelerator {
    /// A machine by its name or alias; a name goes before an alias.
    pub fn machine(&self, name: &str) -> Option<&MachineInfo> {
        let named = self.machines.iter().find(|machine| machine.name == name);
        named.or_else(|| self.machines.iter().find(|machine| machine.alias.as_deref() == Some(name)))
    }
}

impl HostCpu {
    pub fn property(&self, name: &str) -> Option<&CpuProperty> {
        self.properties.iter().find(|property| property.name == name)
    }
}
