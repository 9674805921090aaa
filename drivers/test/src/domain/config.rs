//! The description and its texts: XML, metadata, autostart, warnings.

use super::hotplug::Plug;
use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::cpu::CpuMode;
use ferrovirt_conf::domain::{
    ControllerModel, Disk, DiskDevice, Domain, Graphics, HostDevice, HostSubsystem, Hostdev, Input, InputBus,
    InputType, Interface, ListenType, PciControllerName, StorageType,
};
use ferrovirt_conf::metadata::{self, Notes};
use ferrovirt_core::driver::{DomainConfig, SecurityLabel};
use ferrovirt_core::{DomainEventKind, DomainId, Error, ErrorCode, ErrorDomain, Result, abi};
use ferrovirt_xml::YesNo;

const IMPACT: u32 = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;

impl DomainConfig for TestDriver {
    fn domain_get_xml_desc(&self, domain: &DomainId, flags: u32) -> Result<String> {
        let known =
            abi::VIR_DOMAIN_XML_SECURE | abi::VIR_DOMAIN_XML_INACTIVE | abi::VIR_DOMAIN_XML_MIGRATABLE;
        refuse::flags(flags, known, "virDomainGetXMLDesc")?;
        let view = self.host.guest(domain)?.view();
        let inactive = flags & abi::VIR_DOMAIN_XML_INACTIVE != 0;
        let definition = match &view.next {
            Some(next) if inactive => next.clone(),
            _ if inactive => view.definition.seen_at_rest(),
            _ => view.definition.clone(),
        };
        let secure = flags & abi::VIR_DOMAIN_XML_SECURE != 0;
        if flags & abi::VIR_DOMAIN_XML_MIGRATABLE != 0 {
            return Ok(migratable(&definition.model, secure));
        }
        Ok(if secure { definition.model.format() } else { definition.model.public_xml() })
    }

    fn domain_get_autostart(&self, domain: &DomainId) -> Result<bool> {
        Ok(self.host.guest(domain)?.view().autostart)
    }

    fn domain_set_autostart(&self, domain: &DomainId, autostart: bool) -> Result<()> {
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.autostart = autostart;
            Ok(())
        })
    }

    fn domain_set_metadata(
        &self,
        domain: &DomainId,
        kind: i32,
        text: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetMetadata")?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_both(flags, |model| {
                let (title, description) = (&mut model.title, &mut model.description);
                let notes = Notes { title, description, metadata: &mut model.metadata };
                notes.set(kind, text, key, uri).map_err(own)
            })?;
            guest.announce(DomainEventKind::MetadataChange { kind, uri: uri.map(str::to_owned) });
            Ok(())
        })
    }

    fn domain_get_metadata(
        &self,
        domain: &DomainId,
        kind: i32,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<String> {
        refuse::flags(flags, IMPACT, "virDomainGetMetadata")?;
        let view = self.host.guest(domain)?.view();
        metadata::check_kind(kind).map_err(own)?;
        let model = &view.one(flags)?.0.model;
        let (title, description) = (model.title.as_deref(), model.description.as_deref());
        let found = metadata::get(title, description, model.metadata.as_ref(), kind, uri).map_err(own)?;
        found.ok_or_else(|| {
            let text = format!("domain '{}' has no such metadata", domain.name);
            Error::new(ErrorCode::NoDomainMetadata, text).domain(ErrorDomain::Domain)
        })
    }

    fn domain_get_hostname(&self, domain: &DomainId, flags: u32) -> Result<String> {
        refuse::flags(flags, 0, "virDomainGetHostname")?;
        self.host.guest(domain)?.view().check_active()?;
        Ok(format!("{}host", domain.name))
    }

    fn domain_get_messages(&self, domain: &DomainId, flags: u32) -> Result<Vec<String>> {
        let (deprecation, tainting) = (abi::VIR_DOMAIN_MESSAGE_DEPRECATION, abi::VIR_DOMAIN_MESSAGE_TAINTING);
        let known = deprecation | tainting | abi::VIR_DOMAIN_MESSAGE_IOERRORS;
        refuse::flags(flags, known, "virDomainGetMessages")?;
        let view = self.host.guest(domain)?.view();
        let wanted = |flag| flags == 0 || flags & flag != 0;
        let mut messages = Vec::new();
        if wanted(tainting) {
            messages.extend(view.warnings.taints.iter().map(|taint| format!("tainted: {}", taint.text())));
        }
        if wanted(deprecation) {
            let deprecated = view.warnings.deprecated.iter();
            messages.extend(deprecated.map(|what| format!("deprecated configuration: {what}")));
        }
        Ok(messages)
    }

    fn domain_get_security_label(&self, domain: &DomainId) -> Result<SecurityLabel> {
        let view = self.host.guest(domain)?.view();
        Ok(match view.is_active() {
            true => SecurityLabel { label: "libvirt-test".to_owned(), enforcing: true },
            false => SecurityLabel::default(),
        })
    }
}

fn own(err: Error) -> Error {
    err.or_domain(ErrorDomain::Domain)
}

/// The description as older versions of libvirt understand it: of the machine's own keyboard they say nothing.
fn migratable(model: &Domain, secure: bool) -> String {
    let mut model = model.clone();
    if !secure {
        model.strip_secrets();
    }
    make_migratable(&mut model);
    model.devices.graphics.iter_mut().for_each(without_new_listens);
    model.format()
}

/// A description as a snapshot keeps it: of a guest that does not run, for other hosts to understand.
pub fn copy(model: &Domain) -> Domain {
    let mut model = model.clone();
    model.strip_live();
    super::definition::forget_unread(&mut model);
    make_migratable(&mut model);
    model
}

/// Leaves out what older versions of libvirt do not understand.
fn make_migratable(model: &mut Domain) {
    let own = |input: &Input| matches!(input.bus, Some(InputBus::Ps2 | InputBus::Xen));
    model.devices.inputs.retain(|input| input.kind != InputType::Keyboard || !own(input));
    model.os.firmware = None;
    model.os.firmware_features.clear();
    let root = Some(ControllerModel::PciRoot);
    for bridge in model.devices.controllers.iter_mut().filter(|controller| controller.model == root) {
        bridge.pci_model = bridge.pci_model.filter(|name| *name != PciControllerName::SpaprPciHostBridge);
    }
}

/// Leaves out the ways to listen that attributes of `<graphics>` said, or that were not there, before `<listen>` had them.
fn without_new_listens(graphics: &mut Graphics) {
    match graphics {
        Graphics::Vnc(vnc) => {
            vnc.listens.retain(|listen| listen.kind != ListenType::Socket || listen.socket.is_none());
        }
        Graphics::Spice(spice) if spice.listens.iter().any(|listen| listen.kind == ListenType::None) => {
            spice.listens.retain(|listen| listen.kind != ListenType::None);
            spice.autoport = Some(YesNo::No);
        }
        _ => {}
    }
}

/// What of a description is risky or deprecated.
#[derive(Clone, Default)]
pub struct Warnings {
    taints: Vec<Taint>,
    deprecated: Vec<String>,
}

/// Why a guest may misbehave or harm the host, in libvirt's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taint {
    HighPrivileges,
    ShellScripts,
    CdromPassthrough,
    CustomDtb,
    DeprecatedConfig,
}

impl Taint {
    fn text(self) -> &'static str {
        match self {
            Self::HighPrivileges => "running with undesirable elevated privileges",
            Self::ShellScripts => "network configuration using opaque shell scripts",
            Self::CdromPassthrough => "use of host cdrom passthrough",
            Self::CustomDtb => "custom device tree blob used",
            Self::DeprecatedConfig => "use of deprecated configuration settings",
        }
    }
}

/// The CPU model that this hypervisor calls deprecated, so that programs can see such a warning.
const DEPRECATED_CPU: &str = "Deprecated-Test";

impl Warnings {
    pub fn of(model: &Domain) -> Self {
        let mut warnings = Self::default();
        let devices = &model.devices;
        devices.disks.iter().for_each(|disk| warnings.add(taints_of_disk(disk)));
        devices.hostdevs.iter().for_each(|hostdev| warnings.add(taints_of_hostdev(hostdev)));
        devices.interfaces.iter().for_each(|interface| warnings.add(taints_of_interface(interface)));
        if let Some(cpu) = &model.cpu
            && cpu.mode() == CpuMode::Custom
            && cpu.model_name() == Some(DEPRECATED_CPU)
        {
            warnings.add([Taint::DeprecatedConfig]);
            warnings.deprecated.push(format!("CPU model {DEPRECATED_CPU}"));
        }
        warnings.add(model.os.dtb.is_some().then_some(Taint::CustomDtb));
        warnings
    }

    /// The same with those of a device that is plugged in.
    pub fn with_device(&self, device: &Plug) -> Self {
        let mut warnings = self.clone();
        match device {
            Plug::Disk(disk) => warnings.add(taints_of_disk(disk)),
            Plug::Interface(interface) => warnings.add(taints_of_interface(interface)),
            Plug::Hostdev(hostdev) => warnings.add(taints_of_hostdev(hostdev)),
            Plug::Other { .. } => {}
        }
        warnings
    }

    fn add(&mut self, taints: impl IntoIterator<Item = Taint>) {
        self.taints.extend(taints);
        self.taints.sort();
        self.taints.dedup();
    }
}

fn taints_of_disk(disk: &Disk) -> Vec<Taint> {
    let mut taints = Vec::new();
    if disk.rawio == Some(YesNo::Yes) {
        taints.push(Taint::HighPrivileges);
    }
    let block = disk.source.location.kind() == StorageType::Block;
    if disk.device == DiskDevice::Cdrom && block && disk.source.path().is_some() {
        taints.push(Taint::CdromPassthrough);
    }
    taints
}

fn taints_of_hostdev(hostdev: &Hostdev) -> Option<Taint> {
    let raw =
        matches!(hostdev.device, HostDevice::Subsystem(HostSubsystem::Scsi { rawio: Some(YesNo::Yes), .. }));
    raw.then_some(Taint::HighPrivileges)
}

fn taints_of_interface(interface: &Interface) -> Option<Taint> {
    interface.script.is_some().then_some(Taint::ShellScripts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::definition;

    #[test]
    fn migratable_texts_have_neither_chosen_firmware_nor_new_ways_to_listen() {
        let printed = |graphics: &str| {
            let text = format!(
                "<domain type='test'><name>a</name><memory>1</memory><os firmware='efi'><type>hvm</type></os><devices>{graphics}</devices></domain>"
            );
            migratable(&definition::parse(&text, definition::user(false)).unwrap(), false)
        };
        let vnc = printed("<graphics type='vnc' socket='/s'/>");
        assert!(vnc.contains("<graphics type='vnc' socket='/s'/>") && vnc.contains("<os>"), "{vnc}");
        let spice = printed("<graphics type='spice'><listen type='none'/></graphics>");
        assert!(spice.contains("<graphics type='spice' autoport='no'/>"), "{spice}");
    }
}
