//! Where devices sit: PCI functions, USB and virtio-serial ports. What users said is kept, or refused if it can't be.

mod chipset;
mod dimm;
mod pci;
mod pci_buses;
mod pci_devices;
mod pci_options;
mod spapr_vio;
mod usb;
mod usb_ports;
mod virtio_bus;
mod virtio_serial;
mod zpci;

pub use pci_buses::{Buses, Chosen, Connector, Habits, Plug, Shown};
pub use usb_ports::UsbPorts;

use ferrovirt_conf::domain::Domain;
use ferrovirt_core::Result;

use crate::capabilities::Capabilities;

/// Gives every device that lacks one an address, and adds the controllers for that. `is_new`: the guest has never run.
pub fn assign(model: &mut Domain, capabilities: &Capabilities, is_new: bool) -> Result<()> {
    virtio_serial::assign(model)?;
    spapr_vio::assign(model)?;
    virtio_bus::assign(model, capabilities)?;
    pci::assign(model, capabilities)?;
    zpci::assign(model, capabilities)?;
    usb::assign(model, is_new)?;
    dimm::assign(model)
}

#[cfg(test)]
mod tests;
