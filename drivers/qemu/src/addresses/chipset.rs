//! The devices that are part of a machine's chips, whose places on bus 0 are not ours to choose.

use ferrovirt_conf::domain::{
    Address, Controller, ControllerModel, ControllerType, Domain, PciAddress, SoundModel, VideoType,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::OnOff;

use super::pci_buses::{Buses, Chosen, Connector, at};
use super::pci_devices::{OnPci, Rules, is_wanted, present};
use crate::machine::Family;

/// Reserves the places of what is part of the machine, and gives the first devices of some kinds the places that they
/// have on real machines. With `commit`, they are told also where places are found by search.
pub fn reserve(model: &mut Domain, family: Family, buses: &mut Buses, commit: bool) -> Result<()> {
    match family {
        Family::I440fx => {
            piix3_controllers(model, buses)?;
            // The ISA bridge, and power management.
            reserve_chip(buses, 1, Connector::CONVENTIONAL)?;
            first_video(model, buses, at(2, 0), Connector::CONVENTIONAL, commit)
        }
        Family::Q35 => {
            ich9_controllers(model, buses)?;
            // The ISA bridge, and SMBus.
            reserve_chip(buses, 0x1f, Connector::EXPRESS)?;
            first_video(model, buses, at(1, 0), Connector::EXPRESS, commit)?;
            ich9_sound(model, buses)
        }
        _ => Ok(()),
    }
}

/// The functions of a chip that no definition names: 0 and 3.
fn reserve_chip(buses: &mut Buses, slot: u8, connector: Connector) -> Result<()> {
    if buses.is_empty() {
        return Ok(());
    }
    [0, 3].into_iter().try_for_each(|function| buses.reserve(&mut at(slot, function), connector))
}

/// The place that an integrated controller has on i440FX machines; `None` for others.
pub fn piix3_place(controller: &Controller) -> Option<PciAddress> {
    match (controller.kind, controller.model, controller.index) {
        (ControllerType::Ide, _, Some(0)) => Some(at(1, 1)),
        (ControllerType::Usb, None | Some(ControllerModel::Piix3Uhci), Some(0)) => Some(at(1, 2)),
        _ => None,
    }
}

/// Whether two addresses are one place.
pub fn same(a: &PciAddress, b: &PciAddress) -> bool {
    (a.domain, a.bus, a.slot, a.function) == (b.domain, b.bus, b.slot, b.function)
}

/// Puts an integrated controller into its place, and refuses any other.
fn pin(controller: &mut Controller, place: PciAddress) -> Result<()> {
    match present(&controller.info) {
        Some(address) if !same(address, &place) => Err(Error::internal(format!(
            "the first controller of type '{}' is part of the machine, at PCI address 0:0:{:x}.{}",
            controller.kind, place.slot.0, place.function.0
        ))
        .domain(ErrorDomain::Qemu)),
        Some(_) => Ok(()),
        None => {
            controller.info.address = Some(Address::Pci(place));
            Ok(())
        }
    }
}

fn piix3_controllers(model: &mut Domain, buses: &mut Buses) -> Result<()> {
    for controller in &mut model.devices.controllers {
        let Some(place) = piix3_place(controller) else { continue };
        pin(controller, place)?;
        if !buses.is_empty() {
            buses.reserve(&mut place.clone(), Connector::CONVENTIONAL)?;
        }
    }
    Ok(())
}

fn ich9_controllers(model: &mut Domain, buses: &mut Buses) -> Result<()> {
    for controller in &mut model.devices.controllers {
        let free =
            |slots: &[u8]| slots.iter().map(|slot| at(*slot, 0)).find(|place| !buses.slot_in_use(place));
        let unplaced = controller.info.address.is_none();
        let place = match (controller.kind, controller.model) {
            (ControllerType::Sata, _) if controller.index == Some(0) => {
                pin(controller, at(0x1f, 2))?;
                continue;
            }
            (ControllerType::Usb, Some(ControllerModel::Ich9Uhci1)) if unplaced => {
                free(&[0x1d, 0x1a]).map(|place| PciAddress { multifunction: Some(OnOff::On), ..place })
            }
            (ControllerType::Pci, Some(ControllerModel::DmiToPciBridge)) if unplaced => free(&[0x1e]),
            _ => None,
        };
        if let Some(mut place) = place {
            buses.reserve(&mut place, Connector::EXPRESS)?;
            controller.info.address = Some(Address::Pci(place));
        }
    }
    Ok(())
}

/// The first video card is where the machine itself looks for it, if that is free.
fn first_video(
    model: &mut Domain,
    buses: &mut Buses,
    place: PciAddress,
    connector: Connector,
    commit: bool,
) -> Result<()> {
    let rules = Rules::of(model);
    let Some(video) = model.devices.videos.first_mut() else { return Ok(()) };
    if matches!(video.model.kind, VideoType::None | VideoType::Ramfb) || !is_wanted(&video.info) {
        return Ok(());
    }
    buses.check(&place, connector, Chosen::ByUser)?;
    if !buses.slot_in_use(&place) {
        buses.reserve(&mut place.clone(), connector)?;
        video.info.address = Some(Address::Pci(place));
        return Ok(());
    }
    let found = buses.place(video.connector(rules).unwrap_or(connector), None)?;
    if commit {
        video.info.address = Some(Address::Pci(found));
    }
    Ok(())
}

/// Real machines with ICH9 have their sound card at slot 1b.
fn ich9_sound(model: &mut Domain, buses: &mut Buses) -> Result<()> {
    let mut place = at(0x1b, 0);
    let sound = model.devices.sounds.iter_mut().find(|s| s.model == SoundModel::Ich9 && is_wanted(&s.info));
    if let Some(sound) = sound.filter(|_| !buses.slot_in_use(&place)) {
        buses.reserve(&mut place, Connector::EXPRESS)?;
        sound.info.address = Some(Address::Pci(place));
    }
    Ok(())
}

/// Where ICH9's USB controllers of one number are: the function of each model.
pub fn usb2_function(model: ControllerModel) -> Option<u8> {
    match model {
        ControllerModel::Ich9Ehci1 => Some(7),
        ControllerModel::Ich9Uhci1 => Some(0),
        ControllerModel::Ich9Uhci2 => Some(1),
        ControllerModel::Ich9Uhci3 => Some(2),
        _ => None,
    }
}

/// The address of a USB controller that goes together with it and has one.
pub fn usb2_partner(all: &[Controller], index: Option<u32>) -> Option<PciAddress> {
    let partner = all.iter().find(|c| c.is_usb2() && c.index == index && present(&c.info).is_some())?;
    present(&partner.info).copied()
}
