//! A guest's description: read, filled in, checked.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Address, Device, DeviceInfo, Domain, Interface, IoTune, MemoryModel, OsType, ParseFlags, VideoType,
};
use ferrovirt_conf::network::Bandwidth;
use ferrovirt_conf::values::Rare;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result, abi};
use ferrovirt_xml::{Document, Namespace, Node, RawElement, Tag, XmlElement, check_strict};
use std::sync::Arc;

/// A description, as readers share it.
pub struct Definition {
    pub model: Domain,
}

impl Definition {
    pub fn new(mut model: Domain) -> Arc<Self> {
        model.devices.shrink_to_fit();
        Arc::new(Self { model })
    }

    /// This description as that of a guest that runs under `id`.
    pub fn running(&self, id: i32) -> Arc<Self> {
        let mut model = self.model.clone();
        model.id = u32::try_from(id).ok();
        fill_live(&mut model);
        Self::new(model)
    }

    /// Refuses to copy what could not be read from its own XML.
    pub fn check_readable(&self) -> Result<()> {
        self.model.check_vcpus().map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    /// This description as it is read from its own XML.
    pub fn read_again(self: &Arc<Self>) -> Arc<Self> {
        if !has_unread(&self.model) {
            return self.clone();
        }
        let mut model = self.model.clone();
        forget_unread(&mut model);
        Self::new(model)
    }

    /// This description as that of a guest that does not run.
    pub fn at_rest(self: &Arc<Self>) -> Arc<Self> {
        self.stripped(|_| ())
    }

    /// What a running guest without any other description is told to be while it does not run: the devices keep the
    /// names that they have.
    pub fn seen_at_rest(self: &Arc<Self>) -> Arc<Self> {
        self.stripped(|model| {
            for (info, live) in model.devices.infos_mut().into_iter().zip(self.model.devices.infos()) {
                info.alias.clone_from(&live.alias);
            }
        })
    }

    fn stripped(self: &Arc<Self>, then: impl FnOnce(&mut Domain)) -> Arc<Self> {
        if self.model.id.is_none() {
            return self.clone();
        }
        let mut model = self.model.clone();
        model.strip_live();
        then(&mut model);
        Self::new(model)
    }
}

fn is_idle(limits: &Bandwidth) -> bool {
    limits.inbound.is_none() && limits.outbound.is_none()
}

fn is_unnamed(tune: &IoTune) -> bool {
    !tune.has_any() && tune.group_name.as_deref().is_none_or(str::is_empty)
}

/// Whether the XML shows what nobody reads there: limits that limit nothing, metadata in a namespace without a name.
fn has_unread(model: &Domain) -> bool {
    let nameless = |element: &RawElement| element.declarations.iter().any(|(_, uri)| uri.is_empty());
    let devices = &model.devices;
    model.metadata.as_ref().is_some_and(|all| all.elements().any(nameless))
        || devices.interfaces.iter().any(|interface| interface.bandwidth.as_ref().is_some_and(is_idle))
        || devices.disks.iter().any(|disk| disk.iotune.as_deref().is_some_and(is_unnamed))
}

/// Takes that out.
pub fn forget_unread(model: &mut Domain) {
    if !has_unread(model) {
        return;
    }
    let text = model.metadata.as_ref().map(RawElement::to_xml);
    model.metadata = text.and_then(|text| RawElement::parse(&text, "metadata").ok()?.sanitized());
    for interface in &mut model.devices.interfaces {
        interface.bandwidth.take_if(|limits| is_idle(limits));
    }
    for disk in &mut model.devices.disks {
        disk.iotune.take_if(|tune| is_unnamed(tune));
    }
}

/// What the file of a host may say of a guest besides its description.
#[derive(Debug, PartialEq, Eq)]
pub struct Wishes {
    /// `virDomainState` to begin with.
    pub state: u32,
    pub transient: bool,
    pub managed_save: bool,
    pub snapshots: Vec<RawElement>,
}

const NAMESPACE: &Namespace =
    &Namespace { uri: "http://libvirt.org/schemas/domain/test/1.0", prefix: "test" };

/// Reads a description that a user gave: parsed, filled in, checked.
pub fn parse(xml: &str, flags: ParseFlags) -> Result<Domain> {
    let document =
        Document::parse(xml, "domain_definition").map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    document.expect_root(Domain::TAG).map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    if flags.schema {
        check_strict::<Domain>(&document).map_err(|err| err.or_domain(ErrorDomain::Domain))?;
    }
    Ok(parse_node(&document.root(), flags)?.0)
}

/// The same for a description inside of another document.
pub fn parse_node(node: &Node<'_>, flags: ParseFlags) -> Result<(Domain, Wishes)> {
    let mut model = Domain::from_node(node, flags)?;
    check_name(&model.name)?;
    let os_type = node.child("os").and_then(|os| os.child("type"));
    if os_type.is_none_or(|kind| kind.attr("arch").is_none()) {
        model.os.arch = Some(Arch::I686);
    }
    // No other hypervisor's extensions are known here.
    model.namespaces = Rare::default();
    let wishes = Wishes::read(node)?;
    fill_own_defaults(&mut model);
    model.fill_defaults(flags)?;
    // A display brings a card with it that nobody has decided on yet.
    fill_own_defaults(&mut model);
    fill_addresses(&mut model);
    model.validate(flags)?;
    model.devices.interfaces.iter_mut().for_each(|interface| interface.ensure_mac(MAC_PREFIX));
    Ok((model, wishes))
}

impl Wishes {
    fn read(node: &Node<'_>) -> Result<Self> {
        let child = |name| node.child(Tag::in_ns(name, NAMESPACE));
        let refuse = |node: &Node<'_>, text: &str| {
            Err(node.error(ErrorCode::XmlError, text).domain(ErrorDomain::Test))
        };
        let transient = child("transient").is_some();
        let managed_save = child("hasmanagedsave").is_some();
        let state = match child("runstate").filter(|element| !element.text().is_empty()) {
            None => abi::VIR_DOMAIN_RUNNING,
            Some(element) => match element.text().trim().parse() {
                Ok(state) if state < abi::VIR_DOMAIN_LAST => state,
                _ => return refuse(&element, "<test:runstate> must be the number of a state, 0 to 7"),
            },
        };
        if transient && state == abi::VIR_DOMAIN_SHUTOFF {
            return refuse(
                node,
                "a domain that is <test:transient> can't have the <test:runstate> of one that is off",
            );
        }
        if managed_save && state != abi::VIR_DOMAIN_SHUTOFF {
            return refuse(
                node,
                "a domain that <test:hasmanagedsave> must have the <test:runstate> of one that is off",
            );
        }
        let snapshots = node.children_named(Tag::in_ns("domainsnapshot", NAMESPACE));
        Ok(Self {
            state,
            transient,
            managed_save,
            snapshots: snapshots.map(|node| RawElement::from_node(&node)).collect(),
        })
    }
}

/// What this hypervisor fills in before what all fill in.
fn fill_own_defaults(model: &mut Domain) {
    let arch = model.os.arch;
    let kind = match model.os.os_type {
        OsType::Xen | OsType::Linux => VideoType::Xen,
        _ if matches!(arch, Some(Arch::Ppc64 | Arch::Ppc64le)) => VideoType::Vga,
        _ => VideoType::Cirrus,
    };
    if model.devices.videos.iter().all(|video| video.model.kind != VideoType::Default) {
        return;
    }
    let context = model.context();
    for video in model.devices.videos.iter_mut().filter(|video| video.model.kind == VideoType::Default) {
        video.model.kind = kind;
        video.fill_defaults(&context);
    }
}

fn fill_addresses(model: &mut Domain) {
    model.devices.infos_mut().into_iter().for_each(fill_address);
}

/// Nobody assigns addresses here: what an address leaves open is zero.
pub fn fill_address(info: &mut DeviceInfo) {
    if let Some(Address::Ccw(place)) = &mut info.address {
        place.cssid.get_or_insert_default();
        place.ssid.get_or_insert_default();
        place.devno.get_or_insert_default();
    }
}

/// Adds what only a running guest has.
fn fill_live(model: &mut Domain) {
    let cputune = &mut model.cputune;
    for tune in &mut cputune.cache {
        tune.id.get_or_insert_with(|| format!("vcpus_{}", tune.vcpus));
    }
    for tune in &mut cputune.memory {
        tune.id.get_or_insert_with(|| format!("vcpus_{}", tune.vcpus));
    }
    for memory in &mut model.devices.memories {
        if let MemoryModel::VirtioMem(memory) = &mut memory.model {
            memory.current.get_or_insert_default();
        }
    }
}

/// The vendor part of the MAC addresses that are made up.
pub const MAC_PREFIX: [u8; 3] = [0x52, 0x54, 0x00];

/// Gives names to the host's ends of interfaces: of guests that there are, not of descriptions that are only kept.
pub fn name_interfaces(model: &mut Domain) {
    let taken = |interfaces: &[Interface], name: &str| {
        interfaces.iter().any(|interface| interface.target.dev.as_deref() == Some(name))
    };
    for index in 0..model.devices.interfaces.len() {
        if model.devices.interfaces[index].target.dev.is_none() {
            let mut names = (0..).map(|number| format!("testnet{number}"));
            let free = names.find(|name| !taken(&model.devices.interfaces, name));
            model.devices.interfaces[index].target.dev = free;
        }
    }
}

/// The flags for what a user defines.
pub const fn user(schema: bool) -> ParseFlags {
    ParseFlags { schema, skip_validate: false, ..ParseFlags::LOAD }
}

/// An error that says that a name can't be a guest's.
fn check_name(name: &str) -> Result<()> {
    let refuse = |code, domain, why: &str| {
        Err(Error::new(code, format!("the name '{}' of a domain {why}", name.escape_debug())).domain(domain))
    };
    if name.contains('/') {
        return refuse(ErrorCode::XmlError, ErrorDomain::Domain, "can't contain '/'");
    }
    if name.contains('\n') {
        return refuse(ErrorCode::XmlDetail, ErrorDomain::Xml, "must be one line");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(devices: &str) -> String {
        let text = format!(
            "<domain type='test'><name>a</name><memory>1</memory><os><type>hvm</type></os><devices>{devices}</devices></domain>"
        );
        parse(&text, user(false)).unwrap().format()
    }

    #[test]
    fn what_addresses_leave_open_is_zero() {
        let channel =
            "<channel type='pty'><target type='virtio'/><address type='virtio-serial' bus='2'/></channel>";
        assert!(printed(channel).contains("<address type='virtio-serial' controller='0' bus='2' port='0'/>"));
        let disk = "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/><address type='ccw'/></disk>";
        assert!(printed(disk).contains("<address type='ccw' cssid='0x0' ssid='0x0' devno='0x0000'/>"));
    }

    #[test]
    fn names_are_one_line_without_a_slash() {
        let refused = |name: &str| {
            let err = check_name(name).unwrap_err();
            (err.code(), err.error_domain())
        };
        assert_eq!(refused("a/b"), (ErrorCode::XmlError, ErrorDomain::Domain));
        assert_eq!(refused("a\nb"), (ErrorCode::XmlDetail, ErrorDomain::Xml));
        assert!(check_name("a b").is_ok());
    }
}
