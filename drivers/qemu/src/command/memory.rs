//! `-m`, and the objects that hold guests' memory.

use super::context::{Builder, Context};
use super::line::{Parts, on_off};
use super::numa;
use super::props::Props;
use ferrovirt_conf::domain::{MemoryAccess, MemoryAllocation, MemorySource, NumaMode};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, ErrorDomain, Result};
use serde_json::Value;

/// The host's ordinary pages, in KiB.
const SMALL_PAGE: u64 = 4;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let model = b.model();
    let size = initial(b.context);
    let mut parts = Parts::default();
    match &model.max_memory {
        Some(max) => {
            parts.set("size", format_args!("{size}k"));
            parts.maybe("slots", max.slots.filter(|slots| *slots != 0));
            parts.set("maxmem", format_args!("{}k", max.size.0));
        }
        // Without hotplug, sizes were once in MiB and are still even.
        None => _ = parts.set("size", format_args!("{}k", size & !0x1ff)),
    }
    b.line.option("-m", parts);
    let in_cells = !numa::cells(model).is_empty();
    match b.context.machine_info().and_then(|info| info.default_ram_id.as_deref()) {
        Some(id) if !in_cells => {
            let wanted = Wanted { system: true, ..Wanted::new(id, size) };
            b.backend(&wanted)?;
        }
        None if !in_cells => path(b)?,
        _ => {}
    }
    b.line.option("-overcommit", format_args!("mem-lock={}", on_off(model.memory_backing.locked)));
    Ok(())
}

/// The guest's memory at boot without memory devices, in KiB.
pub fn initial(context: Context<'_>) -> u64 {
    context.model.memory.size.0.saturating_sub(super::memory_device::total(context.model))
}

/// The older way to say where memory is from, for machines without a memory object.
pub fn path(b: &mut Builder<'_>) -> Result<()> {
    let backing = &b.model().memory_backing;
    let first = backing.huge_pages.as_ref().map(|pages| pages.pages.first().map_or(0, |page| page.size.0));
    let mut prealloc = backing.allocation == Some(MemoryAllocation::Immediate);
    let path = match first.filter(|size| *size != SMALL_PAGE) {
        Some(size) => {
            prealloc = true;
            Some(b.context.huge_page_path(size)?)
        }
        None if backing.source == Some(MemorySource::File) => Some(b.context.memory_path("ram")),
        None => None,
    };
    if prealloc {
        b.line.flag("-mem-prealloc");
    }
    if let Some(path) = path {
        b.line.option("-mem-path", path);
    }
    Ok(())
}

/// Memory that an object has to be made for.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub id: &'a str,
    /// What a file is named after, where it has one of its own.
    pub file: &'a str,
    /// In KiB.
    pub size: u64,
    /// The guest's NUMA cell.
    pub cell: Option<u32>,
    /// Whether it is the machine's own memory.
    pub system: bool,
    pub access: Option<MemoryAccess>,
    pub discard: Option<bool>,
    /// In KiB.
    pub page_size: Option<u64>,
    pub nodes: Option<&'a CpuSet>,
    pub kind: Kind<'a>,
}

/// What the memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    Plain,
    /// Preallocated only on demand.
    Virtio,
    /// A file that stays; `align` in KiB.
    Nvdimm {
        path: &'a str,
        align: u64,
        persistent: bool,
    },
    Pmem {
        path: &'a str,
    },
    Enclave,
}

impl<'a> Wanted<'a> {
    pub fn new(id: &'a str, size: u64) -> Self {
        Self {
            id,
            file: id,
            size,
            cell: None,
            system: false,
            access: None,
            discard: None,
            page_size: None,
            nodes: None,
            kind: Kind::Plain,
        }
    }
}

/// An object that holds memory, and what it decided.
#[derive(Debug)]
pub struct Backend {
    pub props: Props,
    /// The host's nodes that it is bound to.
    pub nodes: Option<CpuSet>,
    /// Whether the object is needed: what is told by it can't be told otherwise.
    pub needed: bool,
    prealloc: bool,
}

/// Pages that memory is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pages {
    /// In KiB; zero if they are not huge.
    size: u64,
    huge: bool,
    /// Huge by its own setting, not by that of the guest.
    own: bool,
    pub prealloc: bool,
}

impl Context<'_> {
    fn huge_page_path(self, size: u64) -> Result<String> {
        let mount = self.host.settings.huge_pages(size)?;
        let driver = self.host.settings.name_in(&mount.path).unwrap_or("qemu");
        let folder = mount.path.join("libvirt").join(driver).join(self.host.short_name);
        Ok(folder.to_string_lossy().into_owned())
    }

    fn memory_path(self, name: &str) -> String {
        let settings = self.host.settings;
        let guest = match settings.name_in(&settings.memory_folder) {
            Some(driver) => format!("{driver}-{}", self.host.short_name),
            None => self.host.short_name.to_owned(),
        };
        let folder = settings.memory_folder.join(guest);
        folder.join(name).to_string_lossy().into_owned()
    }

    pub fn pages(self, wanted: &Wanted<'_>) -> Result<Pages> {
        let backing = &self.model.memory_backing;
        let mut pages = Pages { size: wanted.page_size.unwrap_or(0), ..Pages::default() };
        if pages.size != 0 {
            (pages.huge, pages.own) = (true, true);
        } else if let Some(huge) = &backing.huge_pages {
            let of_cell = huge.pages.iter().find(|page| {
                page.nodes.as_ref().zip(wanted.cell).is_some_and(|(nodes, cell)| nodes.contains(cell))
            });
            let general = huge.pages.iter().rfind(|page| page.nodes.is_none());
            pages.own = of_cell.is_some();
            if let Some(page) = of_cell.or(general) {
                (pages.size, pages.huge) = (page.size.0, true);
            } else if huge.pages.is_empty() {
                pages.huge = true;
            }
        }
        if pages.size == SMALL_PAGE {
            pages = Pages::default();
        } else if pages.huge && pages.size == 0 {
            pages.size = self.host.settings.huge_pages(0)?.page_size;
        }
        pages.prealloc = backing.allocation == Some(MemoryAllocation::Immediate)
            || match wanted.kind {
                Kind::Nvdimm { persistent, .. } => !persistent,
                Kind::Pmem { .. } => false,
                _ => pages.huge,
            };
        Ok(pages)
    }

    /// The properties of the object that holds memory.
    pub fn memory_backend(self, wanted: &Wanted<'_>) -> Result<Backend> {
        let backing = &self.model.memory_backing;
        let cell = wanted.cell.and_then(|cell| numa::cells(self.model).get(cell as usize));
        let access = wanted.access.or(cell.and_then(|cell| cell.access)).or(backing.access);
        let discard = wanted.discard.or(cell.and_then(|cell| cell.discard).map(|discard| discard.is_set()));
        let discard = discard.or(backing.discard.then_some(true));
        let pages = self.pages(wanted)?;
        let (props, in_file) = self.memory_kind(wanted, pages, access, discard)?;
        let mut backend = Backend { props, nodes: None, needed: false, prealloc: false };
        self.allocation(&mut backend, wanted, pages);
        backend.props.set("size", wanted.size * 1024);
        if let Kind::Nvdimm { align, persistent, .. } = wanted.kind {
            backend.props.positive("align", align * 1024);
            if persistent {
                if !self.capabilities.device_has_property("memory-backend-file", "pmem") {
                    return Err(Error::config_unsupported(
                        "this QEMU knows no persistent memory for NVDIMMs",
                    ));
                }
                backend.props.set("pmem", true);
            }
        }
        let bound = self.bind(&mut backend, wanted)?;
        backend.needed = pages.own
            || wanted.nodes.is_some()
            || bound
            || in_file
            || access.is_some()
            || matches!(backing.source, Some(MemorySource::File | MemorySource::Memfd));
        Ok(backend)
    }

    /// The object's type, and where it takes the memory from. Also told is whether a device's file is behind it.
    fn memory_kind(
        self,
        wanted: &Wanted<'_>,
        pages: Pages,
        access: Option<MemoryAccess>,
        discard: Option<bool>,
    ) -> Result<(Props, bool)> {
        let source = self.model.memory_backing.source;
        let own_file = match wanted.kind {
            Kind::Nvdimm { path, .. } | Kind::Pmem { path } => Some(path.to_owned()),
            _ => None,
        };
        let share = |props: &mut Props| {
            props.maybe("share", access.map(|access| access == MemoryAccess::Shared));
            let canonical = "x-use-canonical-path-for-ramblock-id";
            if wanted.system && self.capabilities.device_has_property("memory-backend-file", canonical) {
                props.set(canonical, false);
            }
        };
        let has_file = own_file.is_some();
        let mut props;
        if wanted.kind == Kind::Enclave {
            props = Props::object("memory-backend-epc", wanted.id);
        } else if !has_file && source == Some(MemorySource::Memfd) {
            if !self.capabilities.has_object("memory-backend-memfd") {
                return Err(Error::config_unsupported("this QEMU has no memory of type 'memfd'"));
            }
            props = Props::object("memory-backend-memfd", wanted.id);
            if pages.huge {
                props.set("hugetlb", true).set("hugetlbsize", pages.size * 1024);
            }
            share(&mut props);
        } else if has_file || pages.huge || access.is_some() || source == Some(MemorySource::File) {
            props = Props::object("memory-backend-file", wanted.id);
            let path = match own_file {
                Some(path) => path,
                None if pages.huge => self.huge_page_path(pages.size)?,
                None => self.memory_path(wanted.file),
            };
            props.set("mem-path", path);
            if !has_file {
                props.maybe("discard-data", discard);
            }
            share(&mut props);
        } else {
            props = Props::object("memory-backend-ram", wanted.id);
        }
        Ok((props, has_file))
    }

    fn allocation(self, backend: &mut Backend, wanted: &Wanted<'_>, pages: Pages) {
        if wanted.kind == Kind::Virtio {
            if self.capabilities.device_has_property("memory-backend-file", "reserve") {
                backend.props.set("reserve", false);
            }
            return;
        }
        if pages.prealloc || wanted.kind == Kind::Enclave {
            backend.prealloc = true;
            backend.props.set("prealloc", true);
        }
        backend.props.positive("prealloc-threads", self.model.memory_backing.allocation_threads.unwrap_or(0));
    }

    /// Binds memory to nodes of the host. Whether its cell is bound by itself comes back.
    fn bind(self, backend: &mut Backend, wanted: &Wanted<'_>) -> Result<bool> {
        let tune = &self.model.numatune;
        let node = wanted.cell.and_then(|cell| tune.nodes.iter().find(|node| node.cell == cell));
        let general = tune.memory.as_ref();
        let mode = node.map(|node| node.mode).or(general.and_then(|memory| memory.mode)).unwrap_or_default();
        let nodes = wanted.nodes.or(node.map(|node| &node.nodeset));
        let nodes = nodes.or(general.and_then(|memory| memory.nodeset.as_ref()));
        let nodes = nodes.or(self.host.auto_nodes.filter(|_| tune.is_auto()));
        if nodes.is_none() && tune.is_auto() {
            let text = "which of the host's nodes are best for the guest is decided when it starts";
            return Err(Error::internal(text).domain(ErrorDomain::Domain));
        }
        if let Some(nodes) = nodes {
            self.check_nodes(nodes)?;
            let policy = match mode {
                NumaMode::Strict => Some("bind"),
                NumaMode::Preferred => Some("preferred"),
                NumaMode::Interleave => Some("interleave"),
                // Left to the cgroup.
                NumaMode::Restrictive => None,
            };
            if let Some(policy) = policy {
                let list: Vec<Value> = nodes.iter().map(Value::from).collect();
                backend.props.set("host-nodes", list).set("policy", policy);
            }
            backend.nodes = Some(nodes.clone());
        }
        Ok(node.is_some())
    }

    /// Memory can't be on nodes that the host has not got.
    pub fn check_nodes(self, wanted: &CpuSet) -> Result<()> {
        let Some(known) = self.host.nodes else { return Ok(()) };
        match wanted.iter().find(|node| !known.contains(*node)) {
            None => Ok(()),
            Some(node) => {
                let text = format!("the host has no NUMA node {node}, where the guest's memory is to be");
                Err(Error::config_unsupported(text).domain(ErrorDomain::None))
            }
        }
    }
}

impl Builder<'_> {
    /// Adds an object that holds memory.
    pub fn backend(&mut self, wanted: &Wanted<'_>) -> Result<()> {
        let backend = self.context.memory_backend(wanted)?;
        self.add_backend(backend)
    }

    /// Memory that is filled at the start is filled by threads on the nodes where it shall be.
    pub fn add_backend(&mut self, mut backend: Backend) -> Result<()> {
        let nodes = backend.nodes.take().filter(|_| backend.prealloc);
        if let Some(nodes) = nodes.filter(|_| self.context.capabilities.has_object("thread-context")) {
            let id = backend.props.get_text("id").map(|id| format!("tc-{id}")).unwrap_or_default();
            let mut threads = Props::object("thread-context", id.as_str());
            let list: Vec<Value> = nodes.iter().map(Value::from).collect();
            threads.set("node-affinity", list);
            self.line.object(&threads);
            backend.props.set("prealloc-context", id);
        }
        self.line.object(&backend.props);
        Ok(())
    }
}
