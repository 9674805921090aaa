//! From text to a [`Domain`]: spelling and shape, and one way to say each thing.

use crate::cpu::{Arch, GuestCpu};
use crate::domain::{
    BootDevice, CpuTune, DeviceSeclabel, Domain, IoThreads, NumaTune, Os, OsType, PerfEvent, SecurityLabel,
    Sysinfo, Vcpu, VcpuPlacement, VcpuState, VirtType, device_order,
};
use crate::values::ScaledSize;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Fault, Node, RawElement, XmlElement, YesNo, check_strict, to_string};
use std::num::NonZeroU32;
use uuid::Uuid;

/// How a definition is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParseFlags {
    /// It is a definition, not the state of a running guest: the id and what else belongs to a run is ignored.
    pub inactive: bool,
    /// Unknown elements and attributes are refused.
    pub schema: bool,
    /// It is new, so that what guests see may be brought up to date.
    pub abi_update: bool,
    /// What contradicts itself is let through, as it is when definitions are loaded that once were valid.
    pub skip_validate: bool,
    /// `<seclabel>` is ignored.
    pub skip_seclabel: bool,
    /// Consoles and serial ports have nothing to do with each other.
    pub no_stub_console: bool,
    /// Nothing is booted from a device.
    pub no_boot_order: bool,
}

impl ParseFlags {
    const NONE: Self = Self {
        inactive: false,
        schema: false,
        abi_update: false,
        skip_validate: false,
        skip_seclabel: false,
        no_stub_console: false,
        no_boot_order: false,
    };
    /// What a user defines anew.
    pub const DEFINE: Self = Self { inactive: true, abi_update: true, ..Self::NONE };
    /// What stands in a file of ours.
    pub const LOAD: Self = Self { inactive: true, skip_validate: true, ..Self::NONE };
    /// The state of a running guest.
    pub const STATUS: Self = Self { skip_validate: true, ..Self::NONE };
}

impl Domain {
    /// Reads a definition. What the user left out is filled in by [`Domain::fill_defaults`], contradictions are found by
    /// [`Domain::validate`]; between the two, a driver does its part.
    pub fn parse(xml: &str, flags: ParseFlags) -> Result<Self> {
        Self::parse_document(xml, flags).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    /// All three steps, for those who have nothing to do in between.
    pub fn read(xml: &str, flags: ParseFlags) -> Result<Self> {
        let mut domain = Self::parse(xml, flags)?;
        domain.fill_defaults(flags)?;
        domain.validate(flags)?;
        Ok(domain)
    }

    fn parse_document(xml: &str, flags: ParseFlags) -> Result<Self> {
        let document = Document::parse(xml, "domain_definition")?.without_layout();
        document.expect_root(Self::TAG)?;
        if flags.schema {
            check_strict::<Self>(&document)?;
        }
        Self::from_node(&document.root(), flags)
    }

    /// Reads a definition that is a part of another document, such as a snapshot or a status file.
    pub fn from_node(node: &Node<'_>, flags: ParseFlags) -> Result<Self> {
        let node = &node.indexed();
        check_essentials(node)?;
        check_names(node)?;
        check_counts(node, DOMAIN_COUNTS)?;
        check_resource(node)?;
        check_device_count(node).map_err(|err| err.or_domain(ErrorDomain::Domain))?;
        let mut domain: Self = ferrovirt_xml::XmlContent::parse(node).map_err(|err| {
            let first = sooner(node).or_else(|| device_order::sooner(node, flags, &err));
            first.unwrap_or(err).or_domain(ErrorDomain::Domain)
        })?;
        if flags.skip_seclabel {
            domain.seclabels.clear();
        }
        if node.child("genid").is_some() {
            domain.genid.get_or_insert_with(Uuid::new_v4);
        }
        if node.child("os").and_then(|os| os.child("type")).is_none() {
            domain.os.os_type = OsType::Xen;
        }
        domain.normalize(flags).map_err(|err| err.or_domain(ErrorDomain::Domain))?;
        // Those without type are forgotten.
        let typed = node.children_named(SecurityLabel::TAG).map(|label| label.attr("type").is_some());
        let mut typed = typed.collect::<Vec<_>>().into_iter();
        domain.seclabels.retain(|_| typed.next().unwrap_or(true));
        check_counts(node, DEVICE_COUNTS)?;
        Ok(domain)
    }

    /// Refuses a name that is more than a line, which may not be kept.
    pub fn check_name(&self) -> Result<()> {
        if self.name.contains('\n') {
            let text = format!("the name '{}' of a domain must be one line", self.name);
            return Err(Error::new(ErrorCode::XmlDetail, text).domain(ErrorDomain::Xml));
        }
        Ok(())
    }

    /// The definition as text.
    pub fn format(&self) -> String {
        to_string(self)
    }

    /// Brings everything into the one form that is printed.
    fn normalize(&mut self, flags: ParseFlags) -> Result<()> {
        if flags.inactive {
            self.devices.source_labels().into_iter().try_for_each(DeviceSeclabel::check_all)?;
            self.strip_live();
        }
        if self.title.as_ref().is_some_and(|title| title.contains('\n')) {
            return Err(Error::xml("the <title> of a domain must be one line"));
        }
        self.metadata = self.metadata.take().and_then(RawElement::sanitized);
        self.fill_uuid()?;
        self.seclabels.iter_mut().for_each(|label| label.fill_defaults(flags.inactive));
        SecurityLabel::validate_all(&self.seclabels, flags.inactive)?;
        if let Some(tune) = self.blkiotune.said() {
            tune.fill_defaults();
        }
        self.normalize_cpus()?;
        crate::domain::ThrottleGroup::validate_all(&self.throttle_groups)?;
        self.features.validate()?;
        self.features.fill_defaults();
        PerfEvent::validate_all(&self.perf)?;
        self.perf.sort_by_key(|event| event.name);
        crate::domain::KeyWrapCipher::validate_all(&self.keywrap)?;
        self.keywrap.sort_by_key(|cipher| cipher.name);
        self.sysinfo.iter().try_for_each(Sysinfo::validate)?;
        self.sysinfo.iter_mut().for_each(Sysinfo::fill_defaults);
        if let Some(maps) = self.idmap.said() {
            maps.fill_defaults();
        }
        self.normalize_os(flags)?;
        self.normalize_memory_backing()?;
        self.drop_foreign_namespaces()?;
        self.devices.arrange()?;
        self.devices.number_serials(!flags.skip_validate)
    }

    /// The UUID is the one given, or that of the SMBIOS tables, or a new one.
    fn fill_uuid(&mut self) -> Result<()> {
        for table in self.sysinfo.iter_mut() {
            let Sysinfo::Smbios(tables) = table else { continue };
            let Some(text) = tables.system.as_mut().and_then(|system| system.uuid.as_mut()) else { continue };
            let uuid = <Uuid as ferrovirt_xml::XmlValue>::from_text(text).ok_or_else(|| {
                let text = format!("the uuid '{text}' of <system> in <sysinfo> is not a UUID");
                Error::new(ErrorCode::XmlDetail, text)
            })?;
            if *self.uuid.get_or_insert(uuid) != uuid {
                let text = format!("the uuid {uuid} of <sysinfo> must be that of the domain");
                return Err(Error::new(ErrorCode::XmlDetail, text));
            }
            *text = uuid.to_string();
        }
        self.uuid.get_or_insert_with(Uuid::new_v4);
        Ok(())
    }

    /// CPUs, threads and NUMA nodes, which must fit each other.
    fn normalize_cpus(&mut self) -> Result<()> {
        self.normalize_vcpus()?;
        self.normalize_threads()?;
        if let Some(cpu) = &mut self.cpu {
            cpu.validate().map_err(|err| err.or_domain(ErrorDomain::Cpu))?;
            cpu.fill_defaults();
        }
        self.normalize_numa()
    }

    /// More than any hypervisor has of CPUs or I/O threads; lists of them are made, so that hostile numbers must end here.
    const MOST_THREADS: u32 = 1 << 16;

    fn normalize_vcpus(&mut self) -> Result<()> {
        if self.vcpu.max > Self::MOST_THREADS {
            let text = format!("{} CPUs are more than the {} that can be", self.vcpu.max, Self::MOST_THREADS);
            return Err(Error::xml(text));
        }
        let vcpu = &mut self.vcpu;
        if vcpu.placement == VcpuPlacement::Auto {
            vcpu.cpuset = None;
        }
        if vcpu.cpuset.as_ref().is_some_and(crate::values::CpuSet::is_empty) {
            return Err(Error::config_unsupported("the cpuset of <vcpu> is empty"));
        }
        if self.vcpus.is_empty() {
            if vcpu.current() > vcpu.max {
                let text =
                    format!("<vcpu current='{}'> is more than the {} there can be", vcpu.current(), vcpu.max);
                return Err(Error::config_unsupported(text));
            }
        } else {
            let mut states: Vec<VcpuState> = (0..vcpu.max).map(VcpuState::offline).collect();
            for state in self.vcpus.drain(..) {
                let Some(place) = states.get_mut(state.id as usize) else {
                    let text = format!("CPU {} of <vcpus> is past the {} there can be", state.id, vcpu.max);
                    return Err(Error::xml(text));
                };
                *place = VcpuState { order: state.order.filter(|order| *order != 0), ..state };
            }
            self.vcpus = states;
            vcpu.current = Some(self.vcpus.iter().filter(|state| state.enabled.is_set()).count() as u32);
        }
        vcpu.current = vcpu.current.filter(|current| *current != vcpu.max);
        Ok(())
    }

    fn normalize_threads(&mut self) -> Result<()> {
        if self.iothreads.count.is_some_and(|count| count > Self::MOST_THREADS) {
            let text = format!("<iothreads> can be at most {}", Self::MOST_THREADS);
            return Err(Error::xml(text));
        }
        self.iothreads.check()?;
        if let Some(threads) = self.iothreads.said() {
            threads.fill_defaults();
        }
        let Some(tune) = self.cputune.said() else { return Ok(()) };
        let ids: Vec<NonZeroU32> = self.iothreads.ids();
        tune.shrink(self.vcpu.max)?;
        tune.check(self.vcpu.max, &ids)?;
        tune.fill_defaults(self.vcpu.max, &ids);
        Ok(())
    }

    fn normalize_numa(&mut self) -> Result<()> {
        let numa = self.numa();
        let (cells, cpus, last) =
            numa.map_or((0, 0, None), |numa| (numa.cells.len(), numa.cpu_count(), numa.last_cpu()));
        if cpus > self.vcpu.max as usize || last.unwrap_or(0) >= self.vcpu.max {
            let text = format!(
                "<numa> places {cpus} CPUs up to number {}, the guest has {}",
                last.unwrap_or(0),
                self.vcpu.max
            );
            return Err(Error::internal(text));
        }
        let auto = self.vcpu.placement == VcpuPlacement::Auto;
        if auto || self.numatune.said().is_some() {
            self.numatune.fill_defaults(auto)?;
        }
        self.numatune.check(cells)?;
        if NumaTune::is_auto(&self.numatune) && self.vcpu.cpuset.is_none() && !self.cputune.has_pins() {
            self.vcpu.placement = VcpuPlacement::Auto;
        }
        Ok(())
    }

    /// Keeps of `<os>` what the kind of guest knows.
    fn normalize_os(&mut self, flags: ParseFlags) -> Result<()> {
        self.bootloader_args = self.bootloader_args.take().filter(|_| self.bootloader.is_some());
        let xen = self.virt_type == VirtType::Xen;
        let os = &mut self.os;
        if xen && os.os_type == OsType::Xen {
            // Its old name is the one that is printed.
            os.os_type = OsType::Linux;
        }
        if os.arch.is_none() {
            os.arch = Arch::host();
        }
        os.keep_known(xen, flags)?;
        if self.bootloader.is_some() {
            (os.boot, os.boot_menu, os.bios) = (Vec::new(), None, None);
        }
        Ok(())
    }

    fn normalize_memory_backing(&mut self) -> Result<()> {
        let pages = self.memory_backing.huge_pages.iter().flat_map(|huge| &huge.pages);
        for page in pages {
            if page.size.0 == 0 {
                return Err(Error::new(ErrorCode::XmlDetail, "the size of a huge <page> can't be zero"));
            }
            if page.nodes.as_ref().is_some_and(crate::values::CpuSet::is_empty) {
                return Err(Error::config_unsupported("the nodeset of a huge <page> is empty"));
            }
        }
        if let Some(backing) = self.memory_backing.said() {
            backing.allocation_threads = backing.allocation_threads.filter(|count| *count != 0);
        }
        if let Some(tune) = self.memtune.said() {
            tune.min_guarantee = tune.min_guarantee.filter(|size| size.0 != 0);
            for limit in [&mut tune.hard_limit, &mut tune.soft_limit, &mut tune.swap_hard_limit] {
                *limit = limit.filter(|size| size.0 < Self::UNLIMITED_KIB);
            }
        }
        Ok(())
    }

    /// A limit from here on is none.
    const UNLIMITED_KIB: u64 = 9_007_199_254_740_991;

    /// What belongs to another hypervisor's driver is not read by this one's.
    fn drop_foreign_namespaces(&mut self) -> Result<()> {
        let Some(namespaces) = self.namespaces.said() else { return Ok(()) };
        if !matches!(self.virt_type, VirtType::Qemu | VirtType::Kqemu | VirtType::Kvm | VirtType::Hvf) {
            namespaces.qemu_commandline = None;
            namespaces.qemu_capabilities = None;
            namespaces.qemu_override = None;
            namespaces.qemu_deprecation = None;
        }
        if self.virt_type != VirtType::Lxc {
            namespaces.lxc_namespace = None;
        }
        if self.virt_type != VirtType::Xen {
            namespaces.xen_commandline = None;
        }
        if self.virt_type != VirtType::Bhyve {
            namespaces.bhyve_commandline = None;
        }
        if self.virt_type != VirtType::VmWare {
            namespaces.vmware_datacenter_path = None;
            namespaces.vmware_moref = None;
        }
        namespaces.qemu_commandline.as_ref().map_or(Ok(()), |line| line.validate())
    }
}

impl Os {
    fn keep_known(&mut self, xen: bool, flags: ParseFlags) -> Result<()> {
        let all = std::mem::take(self);
        let smbios = all.smbios.filter(|mode| *mode != crate::domain::SmbiosMode::None);
        let machine = all.machine.clone();
        let base = Self { arch: all.arch, machine, os_type: all.os_type, smbios, ..Self::default() };
        *self = match all.os_type {
            OsType::Exe => Self {
                init: all.init,
                init_args: all.init_args,
                init_env: all.init_env,
                init_dir: all.init_dir,
                init_user: all.init_user,
                init_group: all.init_group,
                cmdline: all.cmdline,
                ..base
            },
            OsType::Linux if !xen => base,
            OsType::Linux | OsType::Xen | OsType::XenPvh | OsType::Uml => Self {
                kernel: all.kernel,
                initrd: all.initrd,
                cmdline: all.cmdline,
                shim: all.shim,
                dtb: all.dtb,
                root: all.root,
                loader: all.loader,
                nvram: all.nvram,
                ..base
            },
            OsType::Hvm => Self {
                init: None,
                init_args: Vec::new(),
                init_env: Vec::new(),
                init_dir: None,
                init_user: None,
                init_group: None,
                smbios,
                ..all
            },
        };
        self.normalize_firmware(flags);
        self.normalize_boot();
        self.normalize_acpi()
    }

    fn normalize_firmware(&mut self, flags: ParseFlags) {
        // Some versions of libvirt sent features without the choice they are for.
        if self.firmware.is_none() && !flags.abi_update {
            self.firmware_features.clear();
        }
        self.firmware_features.reverse();
        self.firmware_features.sort_by_key(|feature| feature.name);
        self.firmware_features.dedup_by_key(|feature| feature.name);
        if self.loader.is_none() {
            let format = self.nvram.as_ref().and_then(|vars| vars.format);
            self.loader =
                format.map(|format| crate::domain::Loader { format: Some(format), ..Default::default() });
        }
        if let Some(vars) = &mut self.nvram {
            vars.fill_defaults();
        }
    }

    fn normalize_boot(&mut self) {
        self.boot.truncate(BootDevice::ALL.len());
        self.boot_menu = self.boot_menu.take().filter(|menu| menu.enable.is_some());
        if let Some(menu) = &mut self.boot_menu {
            menu.timeout = menu.timeout.filter(|_| menu.enable == Some(YesNo::Yes));
        }
    }

    fn normalize_acpi(&mut self) -> Result<()> {
        for (index, table) in self.acpi_tables.iter().enumerate() {
            let same = |earlier: &crate::domain::AcpiTable| earlier.kind == table.kind;
            if table.kind != crate::domain::AcpiTableKind::Raw && self.acpi_tables[..index].iter().any(same) {
                return Err(Error::xml(format!("an ACPI table of type '{}' is there twice", table.kind)));
            }
        }
        Ok(())
    }
}

/// What is read before nearly all else, and made to fit each other.
#[derive(XmlElement)]
#[xml(merged)]
struct Cpus {
    #[xml(child = "vcpu", default)]
    vcpu: Vcpu,
    #[xml(child = "vcpus/vcpu")]
    vcpus: Vec<VcpuState>,
    #[xml(flatten)]
    iothreads: IoThreads,
    #[xml(flatten = "cputune")]
    cputune: CpuTune,
    #[xml(child, omit_empty)]
    cpu: Option<GuestCpu>,
    #[xml(flatten = "numatune")]
    numatune: NumaTune,
}

/// Of several faults in a document the one of the CPUs is told, as libvirt does.
fn sooner(node: &Node<'_>) -> Option<Error> {
    use ferrovirt_xml::XmlContent;
    crate::domain::MemoryAmount::parse(&node.child("memory")?).ok()?;
    if let Some(current) = node.child("currentMemory") {
        ScaledSize::parse(&current).ok()?;
    }
    let Cpus { vcpu, vcpus, iothreads, cputune, cpu, numatune } = match Cpus::parse(node) {
        Ok(cpus) => cpus,
        Err(err) => return Some(err),
    };
    let mut domain = Domain {
        vcpu,
        vcpus,
        iothreads: iothreads.into(),
        cputune: cputune.into(),
        cpu: cpu.map(Box::new),
        numatune: numatune.into(),
        ..Domain::default()
    };
    domain.normalize_cpus().err()
}

/// What the peer asks for first, with codes of its own.
fn check_essentials(node: &Node<'_>) -> Result<()> {
    let has_text = |name: &'static str| node.child(name).is_some_and(|child| !child.text().is_empty());
    if !has_text("name") {
        return Err(Error::bare(ErrorCode::NoName).domain(ErrorDomain::Domain));
    }
    if let Some(uuid) = node.child("uuid") {
        ferrovirt_xml::rt::text::<Uuid>(&Some(uuid), ErrorCode::Internal.into())
            .map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    }
    if node.attr("type").is_none_or(str::is_empty) {
        return Err(node.missing_attr("type", ErrorCode::Internal).domain(ErrorDomain::Domain));
    }
    let os_type = node.child("os").and_then(|os| os.child("type"));
    if os_type.is_none_or(|kind| kind.text().is_empty()) && !has_text("bootloader") {
        let text = "<os> needs a <type>, such as <type>hvm</type>";
        return Err(node
            .child("os")
            .unwrap_or(*node)
            .error(ErrorCode::XmlError, text)
            .domain(ErrorDomain::Domain));
    }
    check_labels(node)
}

/// Of several labels each has a model. Labels are read before devices, whose own ones may be wrong, too.
fn check_labels(node: &Node<'_>) -> Result<()> {
    let labels: Vec<_> = node.children().filter(|child| child.name() == "seclabel").collect();
    let mut nameless = labels.iter().filter(|label| label.attr("model").is_none_or(str::is_empty));
    match (nameless.next(), nameless.next()) {
        (Some(label), None) if labels.len() > 1 => {
            let text = "each <seclabel> needs a model if there are several";
            Err(label.error(ErrorCode::XmlError, text).domain(ErrorDomain::Domain))
        }
        _ => Ok(()),
    }
}

/// Where names that nobody knows are refused even without a schema: path, and what may stand there.
fn check_names(node: &Node<'_>) -> Result<()> {
    let Some(features) = node.child("features") else { return Ok(()) };
    refuse_strangers(&features, crate::domain::Features::NAMES)?;
    for child in features.children() {
        let known = match child.name() {
            "hyperv" if child.attr("mode") != Some("passthrough") => crate::domain::Hyperv::NAMES,
            "kvm" => crate::domain::KvmFeatures::NAMES,
            "xen" => crate::domain::XenFeatures::NAMES,
            _ => continue,
        };
        refuse_strangers(&child, known)?;
    }
    Ok(())
}

fn refuse_strangers(node: &Node<'_>, known: &[&str]) -> Result<()> {
    match node.children().find(|child| !known.contains(&child.name())) {
        Some(stranger) => {
            let text = format!(
                "<{}> is not known in <{}>; known are {}",
                stranger.name(),
                node.name(),
                known.join(", ")
            );
            Err(stranger.error(ErrorCode::ConfigUnsupported, text).domain(ErrorDomain::Domain))
        }
        None => Ok(()),
    }
}

type Count = (&'static str, &'static str, usize, ErrorCode);

/// What there may be only so many of: parent (empty for the domain), name, how many, and the code if there are more.
const DOMAIN_COUNTS: &[Count] = &[
    ("", "genid", 1, ErrorCode::XmlError),
    ("", "numatune", 1, ErrorCode::XmlError),
    ("", "resource", 1, ErrorCode::XmlError),
    ("cpu", "cache", 1, ErrorCode::XmlError),
    ("cputune", "emulatorpin", 1, ErrorCode::XmlError),
    ("cputune", "emulatorsched", 1, ErrorCode::XmlError),
];

/// The same for devices, which are counted once it is clear that they can be plugged in somewhere.
const DEVICE_COUNTS: &[Count] = &[
    ("devices", "memballoon", 1, ErrorCode::Internal),
    ("devices", "tpm", 2, ErrorCode::XmlError),
    ("devices", "nvram", 1, ErrorCode::Internal),
    ("devices", "redirfilter", 1, ErrorCode::Internal),
    ("devices", "iommu", 1, ErrorCode::XmlError),
    ("devices", "vsock", 1, ErrorCode::XmlError),
    ("devices", "pstore", 1, ErrorCode::XmlError),
];

/// A resource says where, or what; libvirt takes one that says nothing for an error of its own.
fn check_resource(node: &Node<'_>) -> Result<()> {
    let Some(resource) = node.child("resource") else { return Ok(()) };
    let says = |name: &'static str| resource.child(name).is_some_and(|child| !child.text().is_empty());
    let tag = resource.child("fibrechannel").and_then(|tag| tag.attr("appid"));
    if says("partition") || tag.is_some_and(|tag| !tag.is_empty()) {
        return Ok(());
    }
    let text = "<resource> needs a <partition>, or a <fibrechannel> with an appid";
    Err(resource.error(ErrorCode::Internal, text).domain(ErrorDomain::None))
}

/// More than any machine has. Devices are compared with each other, so that hostile lists must end here.
const MOST_DEVICES: usize = 1 << 14;

fn check_device_count(node: &Node<'_>) -> Result<()> {
    let devices = node.children_named("devices").flat_map(|devices| devices.children());
    match devices.into_iter().nth(MOST_DEVICES) {
        Some(extra) => {
            let text = format!("there are more than {MOST_DEVICES} devices");
            Err(extra.error(Fault::of_object(ErrorCode::XmlError), text))
        }
        None => Ok(()),
    }
}

/// Refuses the first device that is one too many of its kind.
pub(super) fn check_count_of(node: &Node<'_>, device: &str) -> Result<()> {
    match DEVICE_COUNTS.iter().find(|(_, name, ..)| *name == device) {
        Some(count) => check_counts(node, &[*count]),
        None => Ok(()),
    }
}

fn check_counts(node: &Node<'_>, counts: &[Count]) -> Result<()> {
    for (parent, name, most, code) in counts {
        // Of several <cpu>, the first is the one.
        let several = if *parent == "cpu" { 1 } else { usize::MAX };
        let parents = node.children_named(*parent).take(several).chain(parent.is_empty().then_some(*node));
        let extra = parents.flat_map(|parent| parent.children_named(*name)).nth(*most);
        if let Some(extra) = extra {
            let text = format!("there may be at most {most} <{name}>");
            return Err(extra.error(*code, text).domain(ErrorDomain::Domain));
        }
    }
    Ok(())
}
