//! `<memory>` in `<devices>`: memory that can be plugged in.

use super::context::{Builder, Context, alias};
use super::line::Parts;
use super::memory::{Kind, Wanted};
use super::props::Props;
use ferrovirt_conf::domain::{Domain, MemoryDevice, MemoryModel, VirtioOptions};
use ferrovirt_core::Result;
use serde_json::Value;

/// How much memory the devices are, in KiB.
pub fn total(model: &Domain) -> u64 {
    model.devices.memories.iter().map(|memory| memory.size().0).sum()
}

/// What the machine has to know of memory devices.
pub fn machine(model: &Domain, parts: &mut Parts) -> Result<()> {
    let memories = &model.devices.memories;
    if memories.iter().any(|memory| matches!(memory.model, MemoryModel::Nvdimm(_))) {
        parts.add("nvdimm=on");
    }
    let enclaves = memories.iter().filter_map(|memory| match &memory.model {
        MemoryModel::SgxEpc(epc) => Some((&memory.info, epc)),
        _ => None,
    });
    for (at, (info, epc)) in enclaves.enumerate() {
        parts.set(&format!("sgx-epc.{at}.memdev"), format_args!("mem{}", alias(info)?));
        parts.set(&format!("sgx-epc.{at}.node"), epc.target.node.unwrap_or(0));
    }
    Ok(())
}

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for memory in &b.model().devices.memories {
        let name = alias(&memory.info)?;
        let id = format!("mem{name}");
        let backend = b.context.memory_backend(&wanted(memory, &id, name))?;
        b.add_backend(backend)?;
        // Enclaves are part of the machine.
        if !matches!(memory.model, MemoryModel::SgxEpc(_)) {
            let props = b.context.memory_device(memory)?;
            b.device(props)?;
        }
    }
    Ok(())
}

/// The memory behind a device.
pub fn wanted<'a>(memory: &'a MemoryDevice, id: &'a str, name: &'a str) -> Wanted<'a> {
    let mut wanted = Wanted { file: name, ..Wanted::new(id, memory.size().0) };
    wanted.cell = memory.model.target().node;
    wanted.access = memory.access;
    wanted.discard = memory.discard.map(|discard| discard.is_set());
    wanted.nodes = memory.model.nodemask();
    match &memory.model {
        MemoryModel::Dimm(dimm) => wanted.page_size = dimm.pagesize.map(|size| size.0),
        MemoryModel::VirtioMem(virtio) => {
            wanted.page_size = virtio.pagesize.map(|size| size.0);
            wanted.kind = Kind::Virtio;
        }
        MemoryModel::Nvdimm(nvdimm) => {
            wanted.kind = Kind::Nvdimm {
                path: nvdimm.path.as_deref().unwrap_or_default(),
                align: nvdimm.alignsize.map_or(0, |size| size.0),
                persistent: nvdimm.pmem,
            };
        }
        MemoryModel::VirtioPmem(pmem) => {
            wanted.kind = Kind::Pmem { path: pmem.path.as_deref().unwrap_or_default() };
        }
        MemoryModel::SgxEpc(_) => wanted.kind = Kind::Enclave,
    }
    wanted
}

impl Context<'_> {
    pub fn memory_device(self, memory: &MemoryDevice) -> Result<Props> {
        let name = alias(&memory.info)?;
        let id = format!("mem{name}");
        let virtio = |base: &str| self.virtio(base, &memory.info, None, &VirtioOptions::default());
        let kib = |size: Option<ferrovirt_conf::values::ScaledSize>| size.map_or(0, |size| size.bytes());
        let mut props = match &memory.model {
            MemoryModel::Dimm(_) | MemoryModel::SgxEpc(_) => Props::device("pc-dimm"),
            MemoryModel::Nvdimm(_) => Props::device("nvdimm"),
            MemoryModel::VirtioPmem(_) => virtio("virtio-pmem")?,
            MemoryModel::VirtioMem(_) => virtio("virtio-mem")?,
        };
        props.maybe("node", memory.model.target().node);
        let mut address = None;
        match &memory.model {
            MemoryModel::Nvdimm(nvdimm) => {
                props.positive("label-size", kib(nvdimm.label_size));
                props.maybe("uuid", nvdimm.uuid.map(|uuid| uuid.to_string()));
                props.switch("unarmed", nvdimm.readonly.then_some(true));
            }
            MemoryModel::VirtioMem(memory) => {
                props
                    .positive("block-size", kib(memory.block))
                    .positive("requested-size", kib(memory.requested));
                address = memory.address;
            }
            MemoryModel::VirtioPmem(memory) => address = memory.address,
            MemoryModel::Dimm(_) | MemoryModel::SgxEpc(_) => {}
        }
        props.set("memdev", id.as_str());
        if let MemoryModel::VirtioMem(virtio) = &memory.model {
            let pages = self.pages(&wanted(memory, &id, name))?;
            if pages.prealloc && self.capabilities.device_has_property("virtio-mem-pci", "prealloc") {
                props.set("prealloc", true);
            }
            props.maybe("memaddr", address.take().map(Value::from));
            props.switch("dynamic-memslots", virtio.dynamic_memslots);
        }
        props.maybe("memaddr", address).set("id", name);
        self.address(&mut props, &memory.info)?;
        Ok(props)
    }
}
