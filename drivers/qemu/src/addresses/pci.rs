//! PCI addresses for all devices of a guest, and the controllers that it takes to have room for them.

use ferrovirt_conf::domain::{
    Address, Controller, ControllerModel, ControllerType, DeviceInfo, Devices, Domain, PciAddress,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{Hex, OnOff};

use super::pci_buses::{Buses, Connector, Habits, Plug};
use super::pci_devices::{OnPci, Rules, for_each, in_order, is_wanted, present, refuse_misfits};
use super::{chipset, pci_options};
use crate::capabilities::Capabilities;
use crate::machine::{self, Family};

/// One walk over the guest's devices.
struct Pass<'a> {
    family: Family,
    rules: Rules,
    capabilities: &'a Capabilities,
    /// Whether devices are told their addresses. Otherwise the pass finds out how many buses it takes.
    commit: bool,
}

/// Gives every PCI device its address.
pub fn assign(model: &mut Domain, capabilities: &Capabilities) -> Result<()> {
    let last = last_bus(&model.devices);
    let family = Family::of_domain(model);
    let mut count = last.map_or(0, |last| last + 1);
    if let Some(last) = last {
        if family.supports_pci(machine::arch(model)) {
            refuse_misfits(&model.devices)?;
        }
        let pass = Pass { family, rules: Rules::of(model), capabilities, commit: false };
        count = pass.grow(model, count, last)?;
    }
    let pass = Pass { family, rules: Rules::of(model), capabilities, commit: true };
    let mut buses = pass.buses(model, count)?;
    if !family.supports_pci(machine::arch(model)) {
        return Ok(());
    }
    chipset::reserve(model, family, &mut buses, true)?;
    pass.place_all(model, &mut buses)?;
    mark_multifunction(&mut model.devices);
    pci_options::fill(model, family, capabilities)
}

fn last_bus(devices: &Devices) -> Option<usize> {
    let pci = devices.controllers.iter().filter(|c| c.kind == ControllerType::Pci);
    pci.filter_map(|c| c.index).max().map(|index| index as usize)
}

impl Pass<'_> {
    /// Finds out which controllers lack, and adds them. Returns how many buses there are then.
    fn grow(&self, model: &mut Domain, count: usize, last: usize) -> Result<usize> {
        let mut buses = self.buses(model, count)?;
        chipset::reserve(model, self.family, &mut buses, false)?;
        let root = machine::pci_root(model);
        if root == Some(ControllerModel::PciRoot) && !buses.are_full() {
            // A slot for a bridge, should the guest get more devices one day.
            buses.place(Connector::CONVENTIONAL, None)?;
        }
        self.place_all(model, &mut buses)?;
        let managed_by_us = last == 0 && buses.len() > count;
        if managed_by_us && root == Some(ControllerModel::PcieRoot) {
            // Who leaves the controllers to us finds a port to hot-plug something into.
            buses.place(Connector::EXPRESS, None)?;
        }
        self.add_controllers(model, &mut buses)?;
        Ok(buses.len())
    }

    /// Adds the controllers that the buses stand for, which need places themselves.
    fn add_controllers(&self, model: &mut Domain, buses: &mut Buses) -> Result<()> {
        let mut index = 1;
        while index < buses.len() {
            let bus = buses.model(index);
            let known = model.devices.controllers.len();
            model.devices.ensure_controller(ControllerType::Pci, index as u32, bus);
            let added = model.devices.controllers.len() > known;
            if let Some(plug) = bus.and_then(Plug::of_controller).filter(|_| added) {
                buses.place(Connector::new(plug), None)?;
            }
            index += 1;
        }
        Ok(())
    }

    /// The guest's buses, with all addresses taken that its devices have.
    fn buses(&self, model: &mut Domain, count: usize) -> Result<Buses> {
        let habits = Habits {
            several_roots: self.family == Family::PSeries,
            pcie_to_pci: self.capabilities.has_device("pcie-pci-bridge"),
        };
        let mut buses = Buses::new(count, habits, !self.commit);
        for controller in model.devices.controllers.iter().filter(|c| c.kind == ControllerType::Pci) {
            let Some(index) = controller.index else { continue };
            let Some(model) = controller.model else {
                return Err(Error::internal(format!("PCI controller {index} says nothing of its model")));
            };
            buses.set(index as usize, model, controller.target.hotplug != Some(OnOff::Off));
        }
        let has_express = machine::pci_root(model) == Some(ControllerModel::PcieRoot);
        buses.fill_gaps(match self.family {
            Family::PSeries => ControllerModel::PciRoot,
            _ if has_express => ControllerModel::PcieRootPort,
            _ => ControllerModel::PciBridge,
        });
        self.collect(model, &mut buses)?;
        Ok(buses)
    }

    fn collect(&self, model: &mut Domain, buses: &mut Buses) -> Result<()> {
        for_each(&mut model.devices, |device| {
            // Devices that should not be on PCI at all were let through once, and still must be.
            let connector = device.connector(self.rules).unwrap_or(Connector::CONVENTIONAL);
            let builtin = device.builtin_place();
            let info = device.info();
            let Some(address) = present(info) else { return Ok(()) };
            if builtin.is_some_and(|place| chipset::same(&place, address)) {
                // Reserved with the chip that it is part of.
                return match buses.root_is_conventional() {
                    true => Ok(()),
                    false => {
                        let text = "the PIIX3's own controllers need conventional PCI on bus 0";
                        Err(Error::internal(text).domain(ErrorDomain::Qemu))
                    }
                };
            }
            match &mut info.address {
                Some(Address::Pci(address)) => buses.reserve(address, connector),
                _ => Ok(()),
            }
        })
    }

    /// Finds places for all devices that have none.
    fn place_all(&self, model: &mut Domain, buses: &mut Buses) -> Result<()> {
        for controller in &mut model.devices.controllers {
            if controller.kind == ControllerType::Pci {
                self.place(controller, buses)?;
            }
        }
        in_order(&mut model.devices, true, |device| self.place(device, buses))?;
        self.place_controllers(&mut model.devices.controllers, buses)?;
        in_order(&mut model.devices, false, |device| self.place(device, buses))
    }

    fn place(&self, device: &mut dyn OnPci, buses: &mut Buses) -> Result<()> {
        let Some(connector) = device.connector(self.rules).filter(|_| is_wanted(device.info())) else {
            return Ok(());
        };
        let address = buses.place(connector, None)?;
        self.tell(device.info(), address);
        Ok(())
    }

    fn tell(&self, info: &mut DeviceInfo, address: PciAddress) {
        if self.commit {
            // What s390 calls the device is the user's, where the address is not.
            let zpci = info.pci().and_then(|asked| asked.zpci);
            info.address = Some(Address::Pci(PciAddress { zpci, ..address }));
        }
    }

    /// All controllers but those of PCI itself, and the first IDE controller.
    fn place_controllers(&self, all: &mut [Controller], buses: &mut Buses) -> Result<()> {
        for position in 0..all.len() {
            let controller = &mut all[position];
            let first_ide = controller.kind == ControllerType::Ide && controller.index == Some(0);
            if controller.kind == ControllerType::Pci || first_ide {
                continue;
            }
            let usb2 = Some(&*controller).filter(|c| c.is_usb2()).and_then(|c| c.model);
            match usb2.and_then(chipset::usb2_function).filter(|_| is_wanted(&controller.info)) {
                Some(function) => self.place_usb2(all, position, function, buses)?,
                None => self.place(controller, buses)?,
            }
        }
        Ok(())
    }

    /// USB controllers that go together share a slot.
    fn place_usb2(
        &self,
        all: &mut [Controller],
        position: usize,
        function: u8,
        buses: &mut Buses,
    ) -> Result<()> {
        let multifunction = (function == 0).then_some(OnOff::On);
        let partner = chipset::usb2_partner(all, all[position].index);
        let info = &mut all[position].info;
        match partner {
            Some(partner) => {
                let mut address = PciAddress { function: Hex(function), multifunction, ..partner };
                buses.reserve(&mut address, Connector::CONVENTIONAL)?;
                info.address = Some(Address::Pci(address));
            }
            None => {
                let address = buses.place(Connector::CONVENTIONAL, Some(function))?;
                self.tell(info, PciAddress { multifunction, ..address });
            }
        }
        Ok(())
    }
}

/// Where a slot has several functions, function 0 says so.
fn mark_multifunction(devices: &mut Devices) {
    let mut shared = Vec::new();
    let slot = |a: &PciAddress| (a.domain.0, a.bus.0, a.slot.0);
    let each = |devices: &mut Devices, body: &mut dyn FnMut(&mut PciAddress)| {
        let walked = for_each(devices, |device| {
            if let Some(Address::Pci(address)) = &mut device.info().address {
                body(address);
            }
            Ok(())
        });
        walked.expect("looking at addresses does not fail");
    };
    each(devices, &mut |address| {
        if address.function.0 != 0 {
            shared.push(slot(address));
        }
    });
    each(devices, &mut |address| {
        if address.function.0 == 0 && shared.contains(&slot(address)) {
            address.multifunction.get_or_insert(OnOff::On);
        }
    });
}
