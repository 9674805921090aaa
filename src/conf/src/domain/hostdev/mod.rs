//! `<hostdev>`: a device of the host that the guest has to itself.

mod capability;
mod placement;
mod same;
mod source;
mod subsystem;

pub use capability::HostCapability;
pub use source::{
    PciHostSource, PciOrigin, ScsiHostSource, ScsiIscsiSource, ScsiSource, ScsiSourceAddress, UsbGuestReset,
    UsbHostAddress, UsbHostSource, VhostScsiProtocol, VhostScsiSource,
};
pub use subsystem::{HostSubsystem, HostdevDriver, HostdevDriverName, MdevModel};

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

use super::disk::add_unit;
use super::{Address, Context, Device, DeviceInfo, Facts, SecretUser, SgIo, Teaming, TeamingType};

/// A device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "hostdev")]
pub struct Hostdev {
    /// The attributes `mode` and `type`, and what belongs to them.
    #[xml(flatten)]
    pub device: HostDevice,
    /// Of network cards on PCI.
    #[xml(with = "Teaming")]
    pub teaming: Option<Teaming>,
    /// Of SCSI.
    #[xml(flag)]
    #[serde(default)]
    pub readonly: bool,
    /// Of SCSI.
    #[xml(flag)]
    #[serde(default)]
    pub shareable: bool,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// How the guest gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "mode", rename_all = "lowercase")]
#[xml(tag = "mode")]
pub enum HostDevice {
    /// By the bus it is on.
    #[xml(default)]
    Subsystem(HostSubsystem),
    /// Containers: by what it can do.
    Capabilities(HostCapability),
}

impl Hostdev {
    /// A device on a bus of the host.
    pub fn new(device: HostSubsystem) -> Self {
        Self {
            device: HostDevice::Subsystem(device),
            teaming: None,
            readonly: false,
            shareable: false,
            info: DeviceInfo::default(),
        }
    }

    /// The device, if it is one on a bus.
    pub fn subsystem(&self) -> Option<&HostSubsystem> {
        match &self.device {
            HostDevice::Subsystem(device) => Some(device),
            HostDevice::Capabilities(_) => None,
        }
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        match &mut self.device {
            HostDevice::Subsystem(HostSubsystem::Usb { source, .. }) => source.missing = None,
            HostDevice::Subsystem(HostSubsystem::Pci { source, .. }) => source.origin = PciOrigin::default(),
            _ => {}
        }
        self.info.strip_live();
    }
}

impl Device for Hostdev {
    fn visible(&self, facts: &mut Facts) {
        let kind = self.subsystem().map_or("capabilities", super::HostSubsystem::kind);
        facts.is("type", &kind.to_owned());
        facts.place(&self.info);
    }

    /// Where SCSI devices go is for the domain to decide.
    fn fill_defaults(&mut self, _context: &Context) {
        match &mut self.device {
            HostDevice::Subsystem(HostSubsystem::Scsi { source: ScsiSource::Iscsi(source), .. }) => {
                add_unit(&mut source.name)
            }
            HostDevice::Subsystem(HostSubsystem::Scsi { .. }) => {}
            _ => {
                self.readonly = false;
                self.shareable = false;
            }
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        if let Some(device) = self.subsystem() {
            self.validate_address(device)?;
            validate_source(device)?;
        }
        self.validate_teaming()
    }
}

impl Hostdev {
    fn validate_address(&self, device: &HostSubsystem) -> Result<()> {
        let Some(address) = &self.info.address else { return Ok(()) };
        let (fits, code, expected) = match (device, address) {
            (HostSubsystem::Pci { .. }, address) => (
                matches!(address, Address::Pci(_) | Address::Unassigned),
                ErrorCode::Internal,
                "'pci' or 'unassigned'",
            ),
            (HostSubsystem::Scsi { .. }, address) => {
                (matches!(address, Address::Drive(_)), ErrorCode::ConfigUnsupported, "'drive'")
            }
            (HostSubsystem::ScsiHost { .. }, address) => (
                matches!(address, Address::Pci(_) | Address::Ccw(_)),
                ErrorCode::ConfigUnsupported,
                "'pci' or 'ccw'",
            ),
            (HostSubsystem::Usb { .. }, address) => {
                (matches!(address, Address::Usb(_)), ErrorCode::ConfigUnsupported, "'usb'")
            }
            (HostSubsystem::Mdev { model: MdevModel::VfioPci, .. }, address) => {
                (matches!(address, Address::Pci(_)), ErrorCode::XmlError, "'pci'")
            }
            (HostSubsystem::Mdev { model: MdevModel::VfioCcw, .. }, address) => {
                (matches!(address, Address::Ccw(_)), ErrorCode::XmlError, "'ccw'")
            }
            (HostSubsystem::Mdev { .. }, _) => (true, ErrorCode::XmlError, ""),
        };
        if fits {
            return Ok(());
        }
        let text = format!("a host device of type '{}' needs an address of type {expected}", device.kind());
        Err(Error::new(code, text))
    }

    fn validate_teaming(&self) -> Result<()> {
        let Some(teaming) = &self.teaming else { return Ok(()) };
        let reason = match () {
            () if teaming.kind != TeamingType::Transient => "must be its transient part",
            () if teaming.persistent.is_none() => "must name the 'persistent' one",
            () if !matches!(self.subsystem(), Some(HostSubsystem::Pci { .. })) => "must be of type 'pci'",
            () => return Ok(()),
        };
        Err(Error::config_unsupported(format!("a host device that is part of a team {reason}")))
    }
}

fn validate_source(device: &HostSubsystem) -> Result<()> {
    match device {
        HostSubsystem::Scsi { sgio: Some(SgIo::Unfiltered), .. } => {
            Err(Error::config_unsupported("sgio='unfiltered' is no longer known to Linux"))
        }
        HostSubsystem::Scsi { source: ScsiSource::Iscsi(source), .. } => {
            let Some(auth) = &source.auth else { return Ok(()) };
            let named = auth.secret.kind.as_deref().unwrap_or("");
            match named.parse::<SecretUser>() {
                Ok(SecretUser::Iscsi) => Ok(()),
                Ok(_) => {
                    Err(Error::internal(format!("the secret of an iSCSI device is '{named}', not 'iscsi'")))
                }
                Err(_) => Err(Error::config_unsupported(format!("'{named}' is no type of a secret"))),
            }
        }
        HostSubsystem::Usb { source, .. } if source.vendor.is_some() != source.product.is_some() => {
            Err(Error::internal("a USB device is named by <vendor> and <product>: one is missing"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
