//! `<memory>` among the devices: memory that can be plugged in, backed by files, or grown at run time.

mod validate;

pub use validate::refuse_memory_conflicts;

use ferrovirt_core::Result;
use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Context, Device, DeviceInfo, Facts, MemoryAccess};
use crate::values::{CpuSet, ScaledSize};

/// A memory device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "memory")]
pub struct MemoryDevice {
    #[xml(flatten)]
    pub model: MemoryModel,
    /// Whether other processes of the host see what the guest writes.
    #[xml(attr)]
    pub access: Option<MemoryAccess>,
    /// Whether the contents may be thrown away when the guest ends.
    #[xml(attr)]
    pub discard: Option<YesNo>,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// The hardware, with what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "model", rename_all = "kebab-case")]
#[xml(tag = "model")]
pub enum MemoryModel {
    /// A memory module.
    Dimm(DimmMemory),
    /// A module that keeps its contents, which are in a file.
    Nvdimm(NvdimmMemory),
    /// The same, by virtio.
    VirtioPmem(VirtioPmemMemory),
    /// Memory that grows and shrinks at run time.
    VirtioMem(VirtioMemMemory),
    /// The enclave page cache of SGX.
    SgxEpc(SgxEpcMemory),
}

/// What all targets say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
pub struct MemoryTarget {
    #[xml(child = "size")]
    pub size: ScaledSize,
    /// The guest's NUMA node that it belongs to.
    #[xml(value)]
    pub node: Option<u32>,
}

/// A memory module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DimmMemory {
    /// The host's NUMA nodes that it is taken from.
    #[xml(value = "source/nodemask", error = "InvalidArg")]
    pub nodemask: Option<CpuSet>,
    /// The size of its pages on the host.
    #[xml(child = "source/pagesize")]
    pub pagesize: Option<ScaledSize>,
    #[xml(flatten = "target")]
    pub target: MemoryTarget,
}

/// A module that keeps its contents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct NvdimmMemory {
    /// What pSeries guests tell modules apart by.
    #[xml(value, error = "Internal")]
    pub uuid: Option<Uuid>,
    /// The file or device with the contents.
    #[xml(value = "source/path")]
    pub path: Option<String>,
    /// To what its address in the hypervisor is rounded.
    #[xml(child = "source/alignsize")]
    pub alignsize: Option<ScaledSize>,
    /// The host has persistent memory too.
    #[xml(flag = "source/pmem")]
    pub pmem: bool,
    #[xml(flatten = "target")]
    pub target: MemoryTarget,
    /// The part at the end that holds the namespaces' labels.
    #[xml(child = "target/label/size")]
    pub label_size: Option<ScaledSize>,
    #[xml(flag = "target/readonly")]
    pub readonly: bool,
}

/// Persistent memory by virtio.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VirtioPmemMemory {
    /// The file with the contents.
    #[xml(value = "source/path")]
    pub path: Option<String>,
    #[xml(flatten = "target")]
    pub target: MemoryTarget,
    /// The guest's address of it.
    #[xml(attr = "target/address/@base", with = "base_address")]
    pub address: Option<u64>,
}

/// Memory that grows and shrinks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VirtioMemMemory {
    /// The host's NUMA nodes that it is taken from.
    #[xml(value = "source/nodemask", error = "InvalidArg")]
    pub nodemask: Option<CpuSet>,
    /// The size of its pages on the host.
    #[xml(child = "source/pagesize")]
    pub pagesize: Option<ScaledSize>,
    /// Whether the hypervisor maps it piece by piece.
    #[xml(attr = "target/@dynamicMemslots")]
    pub dynamic_memslots: Option<YesNo>,
    /// The size is the most that the guest can have.
    #[xml(flatten = "target")]
    pub target: MemoryTarget,
    /// The step in which it grows and shrinks. None: the driver decides.
    #[xml(child = "target/block")]
    pub block: Option<ScaledSize>,
    /// What the guest is to have.
    #[xml(child = "target/requested")]
    pub requested: Option<ScaledSize>,
    /// What the guest has. Only in live documents.
    #[xml(child = "target/current")]
    pub current: Option<ScaledSize>,
    /// The guest's address of it.
    #[xml(attr = "target/address/@base", with = "base_address")]
    pub address: Option<u64>,
}

/// The enclave page cache.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct SgxEpcMemory {
    /// The host's NUMA nodes that it is taken from.
    #[xml(value = "source/nodemask", error = "InvalidArg")]
    pub nodemask: Option<CpuSet>,
    #[xml(flatten = "target")]
    pub target: MemoryTarget,
}

impl MemoryModel {
    /// The name of the model.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Dimm(_) => "dimm",
            Self::Nvdimm(_) => "nvdimm",
            Self::VirtioPmem(_) => "virtio-pmem",
            Self::VirtioMem(_) => "virtio-mem",
            Self::SgxEpc(_) => "sgx-epc",
        }
    }

    pub fn target(&self) -> &MemoryTarget {
        match self {
            Self::Dimm(memory) => &memory.target,
            Self::Nvdimm(memory) => &memory.target,
            Self::VirtioPmem(memory) => &memory.target,
            Self::VirtioMem(memory) => &memory.target,
            Self::SgxEpc(memory) => &memory.target,
        }
    }

    pub fn target_mut(&mut self) -> &mut MemoryTarget {
        match self {
            Self::Dimm(memory) => &mut memory.target,
            Self::Nvdimm(memory) => &mut memory.target,
            Self::VirtioPmem(memory) => &mut memory.target,
            Self::VirtioMem(memory) => &mut memory.target,
            Self::SgxEpc(memory) => &mut memory.target,
        }
    }

    /// The host's NUMA nodes that it is taken from.
    pub fn nodemask(&self) -> Option<&CpuSet> {
        match self {
            Self::Dimm(memory) => memory.nodemask.as_ref(),
            Self::VirtioMem(memory) => memory.nodemask.as_ref(),
            Self::SgxEpc(memory) => memory.nodemask.as_ref(),
            Self::Nvdimm(_) | Self::VirtioPmem(_) => None,
        }
    }
}

impl MemoryDevice {
    /// How much memory it is, at most.
    pub fn size(&self) -> ScaledSize {
        self.model.target().size
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
        if let MemoryModel::VirtioMem(memory) = &mut self.model {
            memory.current = None;
        }
    }
}

impl Device for MemoryDevice {
    fn visible(&self, facts: &mut Facts) {
        let target = self.model.target();
        facts.is("model", &self.model.as_str().to_owned());
        facts.may("node", &target.node);
        facts.is("size", &self.size().0);
        match &self.model {
            MemoryModel::Nvdimm(memory) => {
                facts.may("label size", &memory.label_size.map(|size| size.0));
                facts.may("alignsize", &memory.alignsize.map(|size| size.0));
                facts.is("pmem", &memory.pmem);
                facts.is("readonly", &memory.readonly);
                facts.may("uuid", &memory.uuid);
            }
            MemoryModel::VirtioPmem(memory) => facts.may("base", &memory.address),
            MemoryModel::VirtioMem(memory) => {
                facts.may("block", &memory.block.map(|size| size.0));
                facts.may("requested", &memory.requested.map(|size| size.0));
                facts.may("base", &memory.address);
                facts.may("dynamicMemslots", &memory.dynamic_memslots);
            }
            MemoryModel::Dimm(_) | MemoryModel::SgxEpc(_) => {}
        }
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, context: &Context) {
        match &mut self.model {
            MemoryModel::Dimm(memory) => drop_zero(&mut memory.pagesize),
            MemoryModel::Nvdimm(memory) => {
                drop_zero(&mut memory.alignsize);
                drop_zero(&mut memory.label_size);
                if context.arch.starts_with("ppc64") {
                    memory.uuid.get_or_insert_with(Uuid::new_v4);
                }
            }
            MemoryModel::VirtioPmem(memory) => {
                memory.address.take_if(|base| *base == 0);
                // Otherwise what the guest writes would not come to the file.
                self.access.get_or_insert(MemoryAccess::Shared);
            }
            MemoryModel::VirtioMem(memory) => memory.fill_defaults(),
            MemoryModel::SgxEpc(_) => {}
        }
    }

    fn validate(&self, context: &Context) -> Result<()> {
        validate::validate(self, context)
    }
}

impl VirtioMemMemory {
    fn fill_defaults(&mut self) {
        drop_zero(&mut self.pagesize);
        drop_zero(&mut self.block);
        self.address.take_if(|base| *base == 0);
        if self.block.is_some() {
            self.requested.get_or_insert_default();
        }
    }
}

/// A size of nothing is none.
fn drop_zero(size: &mut Option<ScaledSize>) {
    size.take_if(|size| size.0 == 0);
}

/// Addresses are hexadecimal, with or without `0x`.
mod base_address {
    use ferrovirt_xml::{Hex, HexDigits, TextWriter, ValueKind, XmlValue};

    pub const KIND: ValueKind = HexDigits::<u64, 1>::KIND;

    pub fn from_text(text: &str) -> Option<u64> {
        HexDigits::<u64, 1>::from_text(text).map(|base| base.0)
    }

    pub fn write_text(base: &u64, out: &mut TextWriter<'_>) {
        Hex::<u64, 1>(*base).write_text(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn devices_print_back() {
        for text in [
            "<memory model='dimm' access='private' discard='yes'>\n  <source>\n    <nodemask>1-3</nodemask>\n    \
             <pagesize unit='KiB'>4096</pagesize>\n  </source>\n  <target>\n    <size unit='KiB'>524287</size>\n    \
             <node>0</node>\n  </target>\n  <address type='dimm' slot='0' base='0x100000000'/>\n</memory>",
            "<memory model='nvdimm' access='shared'>\n  <uuid>49545eb3-75e1-2d0a-acdd-f0294406c99e</uuid>\n  \
             <source>\n    <path>/tmp/nvdimm</path>\n    <alignsize unit='KiB'>2048</alignsize>\n    <pmem/>\n  \
             </source>\n  <target>\n    <size unit='KiB'>523264</size>\n    <node>0</node>\n    <label>\n      \
             <size unit='KiB'>128</size>\n    </label>\n    <readonly/>\n  </target>\n</memory>",
            "<memory model='virtio-pmem' access='shared'>\n  <source>\n    <path>/tmp/virtio_pmem</path>\n  \
             </source>\n  <target>\n    <size unit='KiB'>524288</size>\n    <address base='0x140000000'/>\n  \
             </target>\n</memory>",
            "<memory model='virtio-mem'>\n  <source>\n    <nodemask>1-3</nodemask>\n  </source>\n  \
             <target dynamicMemslots='yes'>\n    <size unit='KiB'>2097152</size>\n    <node>0</node>\n    \
             <block unit='KiB'>2048</block>\n    <requested unit='KiB'>1048576</requested>\n    \
             <current unit='KiB'>524288</current>\n    <address base='0x180000000'/>\n  </target>\n</memory>",
            "<memory model='sgx-epc'>\n  <source>\n    <nodemask>0-1</nodemask>\n  </source>\n  <target>\n    \
             <size unit='KiB'>65536</size>\n  </target>\n</memory>",
        ] {
            check_same::<MemoryDevice>(text);
        }
    }

    #[test]
    fn addresses_are_hexadecimal_without_saying_so() {
        let device = |base: &str| {
            format!(
                "<memory model='virtio-pmem'>\n  <target>\n    <size unit='KiB'>1</size>\n    \
                 <address base='{base}'/>\n  </target>\n</memory>"
            )
        };
        check::<MemoryDevice>(&device("100000"), &device("0x100000"));
    }

    #[test]
    fn defaults_depend_on_the_model() {
        let filled = |text: &str, arch: &str| {
            let mut device = from_str::<MemoryDevice>(text, "test").unwrap();
            device.fill_defaults(&Context { arch: arch.into(), ..Context::default() });
            device
        };
        let size = "<target><size>8192</size><block>2048</block></target>";
        let pmem = filled(&format!("<memory model='virtio-pmem'>{size}</memory>"), "x86_64");
        assert_eq!(pmem.access, Some(MemoryAccess::Shared));
        let grown = to_string(&filled(&format!("<memory model='virtio-mem'>{size}</memory>"), "x86_64"));
        assert!(grown.contains("<requested unit='KiB'>0</requested>"), "{grown}");
        let has_uuid = |arch| match filled(&format!("<memory model='nvdimm'>{size}</memory>"), arch).model {
            MemoryModel::Nvdimm(memory) => memory.uuid.is_some(),
            other => panic!("{other:?}"),
        };
        assert!(has_uuid("ppc64le") && !has_uuid("x86_64"));
    }

    #[test]
    fn models_and_targets_are_needed() {
        for (text, code) in [
            ("<memory><target><size>1</size></target></memory>", ErrorCode::XmlError),
            ("<memory model='mercury'><target><size>1</size></target></memory>", ErrorCode::XmlError),
            ("<memory model='dimm'/>", ErrorCode::XmlError),
            ("<memory model='dimm'><target/></memory>", ErrorCode::XmlError),
            (
                "<memory model='dimm'><target><size>1</size><node>-1</node></target></memory>",
                ErrorCode::XmlError,
            ),
            (
                "<memory model='dimm'><source><nodemask>x</nodemask></source><target><size>1</size></target></memory>",
                ErrorCode::InvalidArg,
            ),
            (
                "<memory model='nvdimm'><uuid>x</uuid><target><size>1</size></target></memory>",
                ErrorCode::Internal,
            ),
        ] {
            check_error::<MemoryDevice>(text, code);
        }
    }
}
