//! Memory: what backs it, room for more, and the devices that bring it.

use ferrovirt_conf::domain::{
    Address, MemoryAccess, MemoryAllocation, MemoryDevice, MemoryModel, MemorySource, VirtioMemMemory,
};
use ferrovirt_core::Result;
use ferrovirt_xml::YesNo;

use super::{Subject, refuse};
use crate::defaults::accel;

/// The size of the pages that are not huge, in KiB.
const PAGE: u64 = 4;

/// What memory devices find in the domain: slots, nodes and room.
pub(super) fn check_slots(subject: &Subject<'_>) -> Result<()> {
    let model = subject.model;
    let devices = &model.devices.memories;
    let Some(max) = model.max_memory else {
        return match devices.first() {
            Some(memory) => refuse(format!(
                "memory devices such as one of model '{}' need <maxMemory> with slots",
                memory.model.as_str()
            )),
            None => Ok(()),
        };
    };
    let nodes = model.numa().map_or(0, |numa| numa.cells.len());
    if nodes == 0 && !subject.arch.is_s390() && !subject.arch.is_ppc64() {
        return refuse("<maxMemory> needs a NUMA node that memory is plugged into: add <numa> to <cpu>");
    }
    let slots = max.slots.unwrap_or(0);
    devices.iter().try_for_each(|memory| check_place(memory, slots, nodes))?;
    let modules = devices.iter().filter(|memory| needs_slot(memory)).count();
    if modules > slots as usize {
        return refuse(format!("{modules} memory modules need as many slots of <maxMemory>"));
    }
    let added = model.devices.memory();
    let first = model.memory.size.0.saturating_sub(added);
    if added > max.size.0.saturating_sub(first) {
        return refuse(format!("memory devices hold {added} KiB, more than <maxMemory> has room for"));
    }
    Ok(())
}

/// Whether it is a module, which is in a slot.
fn needs_slot(memory: &MemoryDevice) -> bool {
    matches!(memory.model, MemoryModel::Dimm(_) | MemoryModel::Nvdimm(_))
}

fn check_place(memory: &MemoryDevice, slots: u32, nodes: usize) -> Result<()> {
    let name = memory.model.as_str();
    let wrong = || refuse(format!("memory of model '{name}' can't have such an address"));
    match (&memory.model, &memory.info.address) {
        (MemoryModel::SgxEpc(_), _) => return Ok(()),
        (_, None) => {}
        (MemoryModel::Dimm(_) | MemoryModel::Nvdimm(_), Some(Address::Dimm(place))) => {
            if place.slot.is_some_and(|slot| slot >= slots) {
                return refuse(format!("memory of model '{name}' is in a slot beyond the {slots} there are"));
            }
        }
        (MemoryModel::VirtioPmem(_) | MemoryModel::VirtioMem(_), Some(Address::Pci(_))) => {}
        (MemoryModel::VirtioMem(_), Some(Address::Ccw(_))) => {}
        _ => return wrong(),
    }
    let on_node = !matches!(memory.model, MemoryModel::VirtioPmem(_));
    if on_node && nodes != 0 && memory.model.target().node.is_none() {
        return refuse(format!(
            "memory of model '{name}' must say its NUMA node: add <node> to its <target>"
        ));
    }
    Ok(())
}

pub(super) fn check_backing(subject: &Subject<'_>) -> Result<()> {
    let backing = &subject.model.memory_backing;
    let backends = ["memory-backend-ram", "memory-backend-file", "memory-backend-memfd"];
    if let Some(huge) = &backing.huge_pages {
        if backing.allocation == Some(MemoryAllocation::OnDemand) {
            return refuse("<hugepages> can't be allocated on demand");
        }
        if backing.allocation_threads.is_some() && !subject.any_has(&backends, "prealloc-threads") {
            return refuse("this QEMU allocates memory in one thread: take out 'threads' of <allocation>");
        }
        match backing.source {
            Some(MemorySource::Anonymous) => {
                return refuse("<hugepages> need a source other than anonymous memory");
            }
            Some(MemorySource::Memfd) if !subject.any_has(&["memory-backend-memfd"], "hugetlb") => {
                return refuse("memory of type 'memfd' has no huge pages in this QEMU");
            }
            _ => {}
        }
        let nodes = subject.model.numa().map_or(0, |numa| numa.cells.len());
        let machine = subject.capabilities.machine(accel(subject.model), subject.machine());
        let named_ram = machine.is_some_and(|machine| machine.default_ram_id.is_some());
        let shared = backing.access.is_some_and(|access| access != MemoryAccess::Private);
        let huge = huge.pages.first().is_some_and(|page| page.size.0 != PAGE);
        if !named_ram && nodes == 0 && shared && huge {
            return refuse("shared <hugepages> need a NUMA node: add <numa> to <cpu>");
        }
    }
    Ok(())
}

/// Whether this QEMU has such a memory device.
pub(super) fn check_device(subject: &Subject<'_>, memory: &MemoryDevice) -> Result<()> {
    let name = memory.model.as_str();
    let lacks = |what: &str| refuse(format!("this QEMU has no {what} for memory of model '{name}'"));
    match &memory.model {
        MemoryModel::Dimm(_) if !subject.has_device("pc-dimm") => lacks("device"),
        MemoryModel::Nvdimm(_) if !subject.has_device("nvdimm") => lacks("device"),
        MemoryModel::Nvdimm(nvdimm) if nvdimm.readonly && !subject.any_has(&["nvdimm"], "unarmed") => {
            lacks("readonly")
        }
        MemoryModel::VirtioPmem(_) if !subject.has_device("virtio-pmem-pci") => lacks("device"),
        MemoryModel::VirtioMem(growing) => check_growing(subject, memory, growing),
        MemoryModel::SgxEpc(epc) => {
            let sections = subject.capabilities.sgx.as_ref().map_or(&[][..], |sgx| &sgx.sections);
            if !subject.has_device("sgx-epc") || sections.is_empty() {
                return lacks("device");
            }
            let nodes: Vec<u32> = epc.nodemask.as_ref().map_or(vec![0], |nodes| nodes.iter().collect());
            let fits = |node: &u32| {
                let section = sections.iter().find(|section| section.node == i64::from(*node));
                section.is_some_and(|section| epc.target.size.0 <= section.size / 1024)
            };
            match nodes.iter().find(|node| !fits(node)) {
                Some(node) => {
                    refuse(format!("NUMA node {node} of the host has not that much memory for enclaves"))
                }
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn check_growing(subject: &Subject<'_>, memory: &MemoryDevice, growing: &VirtioMemMemory) -> Result<()> {
    let device = match memory.info.address {
        Some(Address::Pci(_)) => Some("virtio-mem-pci"),
        Some(Address::Ccw(_)) => Some("virtio-mem-ccw"),
        _ => None,
    };
    if device.is_some_and(|device| !subject.has_device(device)) {
        return refuse("this QEMU has no device for memory of model 'virtio-mem'");
    }
    if device == Some("virtio-mem-ccw") {
        let pages = subject.model.memory_backing.huge_pages.as_ref().and_then(|huge| huge.pages.first());
        let own = growing.pagesize.map_or(0, |size| size.0);
        if own != 0 && pages.is_some_and(|page| page.size.0 != own) {
            return refuse(
                "memory of model 'virtio-mem' has pages of the size that all the guest's memory has",
            );
        }
        if growing.target.node.is_some_and(|node| node != 0) {
            return refuse("memory of model 'virtio-mem' is on no NUMA node on s390");
        }
    }
    if growing.dynamic_memslots == Some(YesNo::Yes)
        && !subject.any_has(&["virtio-mem-pci"], "dynamic-memslots")
    {
        return refuse("this QEMU has no dynamicMemslots");
    }
    Ok(())
}
