//! PCI controllers: which settings each model has, and must have.

use ferrovirt_conf::domain::{Controller, ControllerModel, PciControllerName};
use ferrovirt_core::{Error, Result};

use super::{Subject, refuse};
use crate::machine::Family;

/// What a model of controller is made of and has.
struct Traits {
    /// QEMU's devices for it; the roots of other machines than pSeries' are none.
    devices: &'static [PciControllerName],
    is_root: bool,
    has_bus_number: bool,
    has_chassis_number: bool,
    is_port: bool,
    has_hotplug: bool,
    reserves: bool,
}

fn traits(model: ControllerModel) -> Option<Traits> {
    use ControllerModel as M;
    use PciControllerName as N;
    let plain = |devices| Traits {
        devices,
        is_root: false,
        has_bus_number: false,
        has_chassis_number: false,
        is_port: false,
        has_hotplug: false,
        reserves: false,
    };
    Some(match model {
        M::PciRoot => Traits { is_root: true, has_hotplug: true, ..plain(&[N::SpaprPciHostBridge]) },
        M::PcieRoot => Traits { is_root: true, ..plain(&[]) },
        M::PciBridge => Traits { has_chassis_number: true, reserves: true, ..plain(&[N::PciBridge]) },
        M::DmiToPciBridge => plain(&[N::I82801b11Bridge]),
        M::PcieToPciBridge => plain(&[N::PciePciBridge]),
        M::PcieRootPort => Traits {
            is_port: true,
            has_hotplug: true,
            reserves: true,
            ..plain(&[N::Ioh3420, N::PcieRootPort])
        },
        M::PcieSwitchUpstreamPort => plain(&[N::X3130Upstream]),
        M::PcieSwitchDownstreamPort => {
            Traits { is_port: true, has_hotplug: true, ..plain(&[N::Xio3130Downstream]) }
        }
        M::PciExpanderBus => Traits { has_bus_number: true, ..plain(&[N::Pxb]) },
        M::PcieExpanderBus => Traits { has_bus_number: true, ..plain(&[N::PxbPcie]) },
        _ => return None,
    })
}

pub(super) fn check(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    if controller.model.is_none() {
        let index = controller.index.unwrap_or(0);
        return Err(Error::internal(format!("PCI controller {index} says nothing of its model")));
    }
    let Some((model, traits)) = controller.model.and_then(|model| Some((model, traits(model)?))) else {
        return Ok(());
    };
    check_name(subject, controller, model, &traits)?;
    check_index(controller, model, &traits)?;
    check_hole(subject, controller, model)?;
    check_numbers(controller, model, &traits)?;
    check_hotplug(subject, controller, model, &traits)?;
    if controller.target.mem_reserve.0 != 0 && !traits.reserves {
        return no(controller, model, "memReserve");
    }
    check_there(subject, controller)
}

/// A setting that such a controller does not have.
fn no<T>(controller: &Controller, model: ControllerModel, what: &str) -> Result<T> {
    let index = controller.index.unwrap_or(0);
    refuse(format!("PCI controller {index} of model '{model}' has no '{what}', or not such a one"))
}

/// A setting that it must have.
fn needs<T>(controller: &Controller, model: ControllerModel, what: &str) -> Result<T> {
    let index = controller.index.unwrap_or(0);
    Err(Error::internal(format!("PCI controller {index} of model '{model}' needs '{what}'")))
}

fn is_host_bridge(controller: &Controller) -> bool {
    controller.pci_model == Some(PciControllerName::SpaprPciHostBridge)
}

fn check_name(
    subject: &Subject<'_>,
    controller: &Controller,
    model: ControllerModel,
    traits: &Traits,
) -> Result<()> {
    let wants = !traits.is_root || (model == ControllerModel::PciRoot && subject.family == Family::PSeries);
    match controller.pci_model {
        None if wants => needs(controller, model, "model name"),
        None => Ok(()),
        Some(_) if !wants => no(controller, model, "model name"),
        Some(name) if !traits.devices.contains(&name) => no(controller, model, "model name"),
        Some(_) => Ok(()),
    }
}

fn check_index(controller: &Controller, model: ControllerModel, traits: &Traits) -> Result<()> {
    let index = controller.index.unwrap_or(0);
    let several = !traits.is_root || is_host_bridge(controller);
    if !several && index != 0 {
        return refuse(format!("there is one PCI controller of model '{model}', with the index 0"));
    }
    if !traits.is_root && index == 0 {
        return refuse(format!("PCI controllers of model '{model}' have an index above 0"));
    }
    match (controller.target.index, is_host_bridge(controller)) {
        (None, true) => needs(controller, model, "target index"),
        (Some(_), false) => no(controller, model, "target index"),
        _ => Ok(()),
    }
}

fn check_hole(subject: &Subject<'_>, controller: &Controller, model: ControllerModel) -> Result<()> {
    let able = match model {
        ControllerModel::PciRoot => subject.family == Family::I440fx,
        ControllerModel::PcieRoot => subject.family == Family::Q35,
        _ => false,
    };
    if controller.pci_hole64.is_some() && !able {
        return refuse(format!("machine type '{}' has no <pcihole64> to set", subject.machine()));
    }
    Ok(())
}

fn check_numbers(controller: &Controller, model: ControllerModel, traits: &Traits) -> Result<()> {
    let target = &controller.target;
    let check = |name: &str, given: bool, has: bool| match (given, has) {
        (false, true) => needs(controller, model, name),
        (true, false) => no(controller, model, name),
        _ => Ok(()),
    };
    check("busNr", target.bus_nr.is_some(), traits.has_bus_number)?;
    let first = target.index.is_none_or(|index| index.0 == 0);
    let able = traits.has_bus_number || (is_host_bridge(controller) && !first);
    if target.node.is_some() && !able {
        return no(controller, model, "node");
    }
    check("chassisNr", target.chassis_nr.is_some(), traits.has_chassis_number)?;
    check("chassis", target.chassis.is_some(), traits.is_port)?;
    check("port", target.port.is_some(), traits.is_port)
}

fn check_hotplug(
    subject: &Subject<'_>,
    controller: &Controller,
    model: ControllerModel,
    traits: &Traits,
) -> Result<()> {
    if controller.target.hotplug.is_none() {
        return Ok(());
    }
    let able = match model {
        _ if !traits.has_hotplug => false,
        ControllerModel::PciRoot => subject.any_has(&["PIIX4_PM"], "acpi-root-pci-hotplug"),
        _ => subject.any_has(&["pcie-root-port"], "hotplug"),
    };
    if able { Ok(()) } else { no(controller, model, "hotplug") }
}

/// Whether this QEMU has the device.
fn check_there(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    let Some(name) = controller.pci_model else { return Ok(()) };
    let device = match name {
        PciControllerName::SpaprPciHostBridge => "spapr-pci-host-bridge".to_owned(),
        name => name.to_string(),
    };
    if !subject.has_device(&device) {
        return refuse(format!("this QEMU has no device '{device}'"));
    }
    if is_host_bridge(controller)
        && controller.target.node.is_some()
        && !subject.any_has(&["spapr-pci-host-bridge"], "numa_node")
    {
        return refuse("the PCI host bridges of this QEMU are on no NUMA node");
    }
    Ok(())
}
