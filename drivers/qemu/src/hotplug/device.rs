//! A device as a caller describes it, on its own and outside of a guest.

use ferrovirt_conf::domain::{Device as _, DeviceInfo, Devices, Disk, Domain, Interface, Rng};
use ferrovirt_conf::values::Mac;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, XmlContent};

/// The device elements that there are.
const KINDS: &[&str] = &[
    "audio",
    "channel",
    "console",
    "controller",
    "crypto",
    "disk",
    "filesystem",
    "graphics",
    "hostdev",
    "hub",
    "input",
    "interface",
    "iommu",
    "lease",
    "memballoon",
    "memory",
    "nvram",
    "panic",
    "parallel",
    "pstore",
    "redirdev",
    "rng",
    "serial",
    "shmem",
    "smartcard",
    "sound",
    "tpm",
    "video",
    "vsock",
    "watchdog",
];

/// A device that was described.
#[derive(Debug, Clone)]
pub enum Device {
    Interface(Box<Interface>),
    Disk(Box<Disk>),
    Rng(Box<Rng>),
    /// One that this driver does not plug; its element's name.
    Other(String),
}

impl Device {
    /// Reads a device. `inactive`: it is for a definition, so what only running guests have is dropped.
    pub fn parse(xml: &str, inactive: bool) -> Result<Self> {
        Self::read(xml, inactive).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn read(xml: &str, inactive: bool) -> Result<Self> {
        let document = Document::parse(xml, "device_definition")?;
        let root = document.root();
        let mut device = match root.name() {
            "interface" => Self::Interface(Box::new(Interface::parse(&root)?)),
            "disk" => Self::Disk(Box::new(Disk::parse(&root)?)),
            "rng" => Self::Rng(Box::new(Rng::parse(&root)?)),
            name if KINDS.contains(&name) => Self::Other(name.to_owned()),
            name => return Err(Error::xml(format!("<{name}> is no device that a guest can have"))),
        };
        if inactive {
            device.strip_live();
        }
        Ok(device)
    }

    /// The element's name.
    pub fn kind(&self) -> &str {
        match self {
            Self::Interface(_) => "interface",
            Self::Disk(_) => "disk",
            Self::Rng(_) => "rng",
            Self::Other(name) => name,
        }
    }

    pub fn strip_live(&mut self) {
        match self {
            Self::Interface(interface) => interface.strip_live(None),
            Self::Disk(disk) => disk.strip_live(),
            Self::Rng(rng) => rng.info.strip_live(),
            Self::Other(_) => {}
        }
    }

    pub fn info(&self) -> Option<&DeviceInfo> {
        match self {
            Self::Interface(interface) => Some(&interface.info),
            Self::Disk(disk) => Some(&disk.info),
            Self::Rng(rng) => Some(&rng.info),
            Self::Other(_) => None,
        }
    }

    /// Makes up what has to be the same wherever the device goes.
    pub fn ensure_identity(&mut self) {
        if let Self::Interface(interface) = self {
            interface.ensure_mac(Mac::QEMU_PREFIX);
        }
    }

    /// Refuses a device that contradicts itself.
    pub fn validate(&self, model: &Domain) -> Result<()> {
        let context = model.context();
        let checked = match self {
            Self::Interface(interface) => interface.validate(&context),
            Self::Disk(disk) => disk.validate(&context),
            Self::Rng(rng) => rng.validate(&context),
            Self::Other(_) => Ok(()),
        };
        checked.map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    /// Puts it where it belongs among a guest's devices.
    pub fn insert(self, devices: &mut Devices) {
        match self {
            Self::Interface(interface) => devices.interfaces.push(*interface),
            Self::Disk(disk) => devices.add_disk(*disk),
            Self::Rng(rng) => devices.rngs.push(*rng),
            Self::Other(_) => {}
        }
    }

    /// The error for a device that can't have done to it what was asked.
    pub fn unsupported(&self, code: ErrorCode, what: &str) -> Error {
        Error::new(code, format!("{what} of device '{}' is not supported", self.kind()))
    }
}

/// Refuses a device that claims what another has: a user's alias, a place in the boot order. `old` is the one that it
/// takes the place of.
pub fn check_claims(model: &Domain, info: &DeviceInfo, old: Option<&DeviceInfo>) -> Result<()> {
    let infos = model.devices.infos();
    let mut others = infos.iter().filter(|other| !old.is_some_and(|old| std::ptr::eq(**other, old)));
    if let Some(alias) = info.alias.as_deref().filter(|alias| alias.starts_with("ua-"))
        && others.clone().any(|other| other.alias.as_deref() == Some(alias))
    {
        return Err(Error::config_unsupported(format!(
            "alias '{alias}' is that of another device of the domain"
        )));
    }
    let Some(order) = info.boot_order else { return Ok(()) };
    if !model.os.boot.is_empty() {
        return Err(Error::config_unsupported(
            "<boot order='…'> of a device does not go with <boot> in <os>, which the domain has",
        ));
    }
    match others.any(|other| other.boot_order == Some(order)) {
        true => Err(Error::config_unsupported(format!(
            "boot order {order} is that of another device of the domain"
        ))),
        false => Ok(()),
    }
}
