//! What a memory device must not be, by itself and beside others. Whether its NUMA node exists is for the domain to say.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::YesNo;

use super::{MemoryDevice, MemoryModel, NvdimmMemory, VirtioMemMemory, VirtioPmemMemory};
use crate::domain::{Address, Context, MemoryAccess};
use crate::values::ScaledSize;

/// The smallest step of memory that grows, in KiB: a huge page, so that the host can give one back.
const SMALLEST_BLOCK: u64 = 2048;
/// The size of the host's pages, in bytes.
const PAGE: u64 = 4096;
/// The smallest label area, in KiB.
const SMALLEST_LABEL: u64 = 128;

fn detail(text: impl Into<String>) -> Error {
    Error::new(ErrorCode::XmlDetail, text)
}

pub(super) fn validate(device: &MemoryDevice, context: &Context) -> Result<()> {
    let name = device.model.as_str();
    if device.model.nodemask().is_some_and(|nodes| nodes.is_empty()) {
        let text = format!("<nodemask> of a memory device of model {name} names no node");
        return Err(Error::config_unsupported(text));
    }
    match &device.model {
        MemoryModel::Dimm(_) => Ok(()),
        MemoryModel::Nvdimm(memory) => {
            need_file(device, memory.path.as_deref())?;
            validate_nvdimm(memory, context)
        }
        MemoryModel::VirtioPmem(memory) => {
            need_file(device, memory.path.as_deref())?;
            validate_pmem(device, memory)
        }
        MemoryModel::VirtioMem(memory) => validate_virtio_mem(memory),
        MemoryModel::SgxEpc(_) if device.info.address.is_some() => {
            Err(Error::config_unsupported("a memory device of model sgx-epc takes no <address>"))
        }
        MemoryModel::SgxEpc(_) => Ok(()),
    }
}

/// Memory with lasting contents needs a file, and can't discard it.
fn need_file(device: &MemoryDevice, path: Option<&str>) -> Result<()> {
    let name = device.model.as_str();
    if path.is_none() {
        return Err(detail(format!("a memory device of model {name} needs a <path> in <source>")));
    }
    if device.discard == Some(YesNo::Yes) {
        let text = format!("a memory device of model {name} keeps its contents: discard='yes' can't be");
        return Err(Error::config_unsupported(text));
    }
    Ok(())
}

fn validate_nvdimm(memory: &NvdimmMemory, context: &Context) -> Result<()> {
    let size = memory.target.size.0;
    let label = memory.label_size.unwrap_or_default().0;
    if label != 0 && label < SMALLEST_LABEL {
        return Err(Error::xml(format!("the <label> of an nvdimm needs {SMALLEST_LABEL} KiB, not {label}")));
    }
    if label >= size {
        return Err(Error::xml(format!("an nvdimm of {size} KiB has no room for a <label> of {label} KiB")));
    }
    let is_ppc = context.arch.starts_with("ppc64");
    if is_ppc && label == 0 {
        return Err(Error::config_unsupported("an nvdimm needs a <label> on pSeries machines"));
    }
    if !is_ppc && memory.uuid.is_some() {
        return Err(Error::config_unsupported("an nvdimm has a <uuid> on pSeries machines only"));
    }
    Ok(())
}

fn validate_pmem(device: &MemoryDevice, memory: &VirtioPmemMemory) -> Result<()> {
    let refuse = |text: String| Err(Error::config_unsupported(text));
    if device.access != Some(MemoryAccess::Shared) {
        return refuse("a memory device of model virtio-pmem needs access='shared'".into());
    }
    if memory.target.node.is_some() {
        return refuse("a memory device of model virtio-pmem belongs to no NUMA node".into());
    }
    match memory.address {
        Some(base) if base % PAGE != 0 => {
            refuse(format!("memory address {base:#x} must be aligned to {PAGE} bytes"))
        }
        _ => Ok(()),
    }
}

fn validate_virtio_mem(memory: &VirtioMemMemory) -> Result<()> {
    let [size, requested, block] =
        [Some(memory.target.size), memory.requested, memory.block].map(|size| size.unwrap_or_default().0);
    if requested > size {
        return Err(detail(format!("requested size {requested} KiB is more than the device's {size} KiB")));
    }
    if block < SMALLEST_BLOCK || !block.is_power_of_two() {
        return Err(detail(format!(
            "block size {block} KiB must be a power of two, {SMALLEST_BLOCK} KiB at least"
        )));
    }
    if requested % block != 0 {
        return Err(detail(format!(
            "requested size {requested} KiB must be a multiple of the block's {block}"
        )));
    }
    match memory.address {
        Some(base) if base % ScaledSize(block).bytes() != 0 => {
            Err(detail(format!("memory address {base:#x} must be aligned to the block's {block} KiB")))
        }
        _ => Ok(()),
    }
}

/// Refuses two devices in the same slot, or at overlapping addresses of the guest.
pub fn refuse_memory_conflicts(devices: &[MemoryDevice]) -> Result<()> {
    for (at, device) in devices.iter().enumerate() {
        for other in &devices[at + 1..] {
            refuse_conflict(device, other)?;
        }
    }
    Ok(())
}

fn refuse_conflict(device: &MemoryDevice, other: &MemoryDevice) -> Result<()> {
    if let (Some(Address::Dimm(a)), Some(Address::Dimm(b))) = (&device.info.address, &other.info.address)
        && a.slot.unwrap_or(0) == b.slot.unwrap_or(0)
    {
        let slot = a.slot.unwrap_or(0);
        return Err(Error::config_unsupported(format!("slot {slot} is given to two memory devices")));
    }
    match (place(device), place(other)) {
        (Some((start, end)), Some((from, to))) if start < to && from < end => Err(Error::config_unsupported(
            format!("two memory devices overlap: one at {start:#x} to {end:#x}, one at {from:#x} to {to:#x}"),
        )),
        _ => Ok(()),
    }
}

/// Where the device is in the guest's memory, and where it ends.
fn place(device: &MemoryDevice) -> Option<(u64, u64)> {
    let base = match (&device.model, &device.info.address) {
        (MemoryModel::VirtioPmem(memory), _) => memory.address,
        (MemoryModel::VirtioMem(memory), _) => memory.address,
        (MemoryModel::Dimm(_) | MemoryModel::Nvdimm(_), Some(Address::Dimm(address))) => {
            address.base.map(|base| base.0)
        }
        _ => None,
    };
    let base = base.filter(|base| *base != 0)?;
    Some((base, base.saturating_add(mapped_size(device))))
}

/// How many bytes of the guest's memory it takes: an nvdimm's label is not mapped.
fn mapped_size(device: &MemoryDevice) -> u64 {
    let size = device.size().bytes();
    let MemoryModel::Nvdimm(memory) = &device.model else { return size };
    let step = memory.alignsize.map(ScaledSize::bytes).filter(|step| *step != 0).unwrap_or(PAGE);
    let label = memory.label_size.unwrap_or_default().bytes();
    size.saturating_sub(label.div_ceil(step).saturating_mul(step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Device;
    use ferrovirt_xml::from_str;

    fn device(text: &str) -> MemoryDevice {
        from_str(text, "test").unwrap()
    }

    fn refusal(text: &str, arch: &str) -> Option<ErrorCode> {
        let context = Context { arch: arch.into(), ..Context::default() };
        device(text).validate(&context).err().map(|err| err.code())
    }

    #[test]
    fn lasting_memory_needs_a_file_and_room() {
        let nvdimm = |attrs: &str, inside: &str, target: &str| {
            format!(
                "<memory model='nvdimm' {attrs}>{inside}<target><size>4096</size>{target}</target></memory>"
            )
        };
        let path = "<source><path>/a</path></source>";
        let label = |size: u32| format!("<label><size>{size}</size></label>");
        let uuid = format!("<uuid>49545eb3-75e1-2d0a-acdd-f0294406c99e</uuid>{path}");
        let unsupported = Some(ErrorCode::ConfigUnsupported);
        for (text, arch, code) in [
            (nvdimm("", "", ""), "x86_64", Some(ErrorCode::XmlDetail)),
            (nvdimm("discard='yes'", path, ""), "x86_64", unsupported),
            (nvdimm("", path, &label(64)), "x86_64", Some(ErrorCode::XmlError)),
            (nvdimm("", path, &label(4096)), "x86_64", Some(ErrorCode::XmlError)),
            (nvdimm("", path, ""), "ppc64", unsupported),
            (nvdimm("", &uuid, &label(128)), "x86_64", unsupported),
            (nvdimm("", &uuid, &label(128)), "ppc64", None),
            (nvdimm("", path, &label(128)), "x86_64", None),
        ] {
            assert_eq!(refusal(&text, arch), code, "{text}");
        }
    }

    #[test]
    fn pmem_is_shared_aligned_and_of_no_node() {
        let pmem = |attrs: &str, target: &str| {
            format!(
                "<memory model='virtio-pmem' {attrs}><source><path>/a</path></source>\
                 <target><size>4096</size>{target}</target></memory>"
            )
        };
        let shared = "access='shared'";
        let unsupported = Some(ErrorCode::ConfigUnsupported);
        for (text, code) in [
            (pmem("", ""), unsupported),
            (pmem(shared, "<node>0</node>"), unsupported),
            (pmem(shared, "<address base='0x100'/>"), unsupported),
            (pmem(shared, "<address base='0x1000'/>"), None),
        ] {
            assert_eq!(refusal(&text, "x86_64"), code, "{text}");
        }
    }

    #[test]
    fn growing_memory_grows_in_blocks() {
        let memory = |block: u64, requested: u64, base: &str| {
            format!(
                "<memory model='virtio-mem'><target><size>8192</size><block>{block}</block>\
                 <requested>{requested}</requested><address base='{base}'/></target></memory>"
            )
        };
        for wrong in [
            memory(2048, 16384, "0"),
            memory(1024, 0, "0"),
            memory(3072, 0, "0"),
            memory(4096, 2048, "0"),
            memory(4096, 4096, "0x200000"),
        ] {
            assert_eq!(refusal(&wrong, "x86_64"), Some(ErrorCode::XmlDetail), "{wrong}");
        }
        assert_eq!(refusal(&memory(4096, 4096, "0x400000"), "x86_64"), None);
    }

    #[test]
    fn nodes_and_addresses_are_checked() {
        let code = Some(ErrorCode::ConfigUnsupported);
        let nowhere = "<source><nodemask>1,^1</nodemask></source><target><size>1</size></target>";
        assert_eq!(refusal(&format!("<memory model='dimm'>{nowhere}</memory>"), "x86_64"), code);
        let placed = "<target><size>1</size></target><address type='unassigned'/>";
        assert_eq!(refusal(&format!("<memory model='sgx-epc'>{placed}</memory>"), "x86_64"), code);
    }

    #[test]
    fn devices_share_neither_slots_nor_addresses() {
        let dimm = |slot: u32, base: &str| {
            device(&format!(
                "<memory model='dimm'><target><size unit='MiB'>1</size></target>\
                 <address type='dimm' slot='{slot}' base='{base}'/></memory>"
            ))
        };
        let conflict = |a, b| refuse_memory_conflicts(&[a, b]).err().map(|err| err.code());
        assert_eq!(conflict(dimm(0, "0x100000"), dimm(1, "0x200000")), None);
        assert_eq!(conflict(dimm(0, "0"), dimm(1, "0")), None);
        let unsupported = Some(ErrorCode::ConfigUnsupported);
        assert_eq!(conflict(dimm(0, "0x100000"), dimm(0, "0x200000")), unsupported);
        assert_eq!(conflict(dimm(0, "0x180000"), dimm(1, "0x100000")), unsupported);
        let pmem = device(
            "<memory model='virtio-pmem'><target><size>4</size><address base='0x1ff000'/></target></memory>",
        );
        assert_eq!(conflict(pmem, dimm(1, "0x100000")), unsupported);
    }

    #[test]
    fn the_label_of_an_nvdimm_is_not_mapped() {
        let text = "<memory model='nvdimm'><source><path>/a</path><alignsize>1024</alignsize></source>\
                    <target><size>8192</size><label><size>128</size></label></target></memory>";
        assert_eq!(mapped_size(&device(text)), 7 << 20);
    }
}
