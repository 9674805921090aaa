//! What PCI controllers have besides their places: the hypervisor's device, chassis and port numbers.

use ferrovirt_conf::domain::{
    Controller, ControllerModel, ControllerType, Domain, PciAddress, PciControllerName,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{AutoBase, Hex};

use crate::capabilities::Capabilities;
use crate::machine::Family;

/// Fills in what the user left out, once all controllers have addresses.
pub fn fill(model: &mut Domain, family: Family, capabilities: &Capabilities) -> Result<()> {
    let all = &mut model.devices.controllers;
    for position in 0..all.len() {
        if all[position].kind != ControllerType::Pci {
            continue;
        }
        let name = name(&all[position], family, capabilities);
        if all[position].pci_model.is_none() {
            all[position].pci_model = name;
        }
        match all[position].model {
            Some(ControllerModel::PciExpanderBus | ControllerModel::PcieExpanderBus) => {
                if all[position].target.bus_nr.is_none() {
                    all[position].target.bus_nr = Some(AutoBase(bus_number(all)?));
                }
            }
            Some(ControllerModel::PciRoot) if family == Family::PSeries => {
                if all[position].target.index.is_none() {
                    all[position].target.index = Some(AutoBase(host_bridge_index(all, position)?));
                }
            }
            _ => number(&mut all[position])?,
        }
    }
    Ok(())
}

/// QEMU's device for a controller.
fn name(controller: &Controller, family: Family, capabilities: &Capabilities) -> Option<PciControllerName> {
    use ControllerModel as M;
    Some(match controller.model? {
        M::PciBridge => PciControllerName::PciBridge,
        M::DmiToPciBridge => PciControllerName::I82801b11Bridge,
        M::PcieToPciBridge => PciControllerName::PciePciBridge,
        M::PcieRootPort if capabilities.has_device("pcie-root-port") => PciControllerName::PcieRootPort,
        M::PcieRootPort => PciControllerName::Ioh3420,
        M::PcieSwitchUpstreamPort => PciControllerName::X3130Upstream,
        M::PcieSwitchDownstreamPort => PciControllerName::Xio3130Downstream,
        M::PciExpanderBus => PciControllerName::Pxb,
        M::PcieExpanderBus => PciControllerName::PxbPcie,
        M::PciRoot if family == Family::PSeries => PciControllerName::SpaprPciHostBridge,
        _ => return None,
    })
}

/// What follows from the controller's own index and address.
fn number(controller: &mut Controller) -> Result<()> {
    let index = controller.index.unwrap_or(0);
    let address = controller.info.pci().copied().unwrap_or_else(PciAddress::default);
    let target = &mut controller.target;
    match controller.model {
        Some(ControllerModel::PciBridge) => {
            target.chassis_nr.get_or_insert(AutoBase(index));
            if index <= u32::from(address.bus.0) {
                return Err(Error::config_unsupported(format!(
                    "PCI controller {index} is on bus {}, but its index must be larger than that",
                    address.bus.0
                ))
                .domain(ErrorDomain::Qemu));
            }
        }
        Some(ControllerModel::PcieRootPort) => {
            target.chassis.get_or_insert(AutoBase(index));
            let port = u32::from(address.slot.0) << 3 | u32::from(address.function.0);
            target.port.get_or_insert(Hex(port));
        }
        Some(ControllerModel::PcieSwitchDownstreamPort) => {
            target.chassis.get_or_insert(AutoBase(index));
            target.port.get_or_insert(Hex(u32::from(address.slot.0)));
        }
        _ => {}
    }
    Ok(())
}

/// A number for an expander bus: two below the lowest there is, one for the bus and one for the bridge in it, so that
/// as many as possible are left for the buses below it.
fn bus_number(all: &[Controller]) -> Result<u32> {
    let lowest = all.iter().filter_map(|c| c.target.bus_nr).map(|n| n.0).min().unwrap_or(256);
    lowest.checked_sub(2).filter(|number| *number > 0).ok_or_else(|| {
        Error::config_unsupported(format!(
            "there is no busNr below {lowest} left for an expander bus: give its <target> a busNr"
        ))
    })
}

/// A number for one of pSeries' host bridges; 0 is the first one's.
fn host_bridge_index(all: &[Controller], position: usize) -> Result<u32> {
    if all[position].index == Some(0) {
        return Ok(0);
    }
    let taken = |index: &u32| all.iter().any(|c| c.target.index == Some(AutoBase(*index)));
    (1..=31).find(|index| !taken(index)).ok_or_else(|| {
        Error::config_unsupported("a pSeries guest has 32 PCI host bridges at most, and all are taken")
            .domain(ErrorDomain::Qemu)
    })
}
