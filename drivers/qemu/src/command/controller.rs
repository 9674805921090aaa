//! `<controller>`: what other devices are plugged into.

use super::context::{Builder, Context, alias};
use super::disk::iothread_mapping;
use super::line::on_off;
use super::props::Props;
use ferrovirt_conf::domain::{Controller, ControllerModel, ControllerType, VirtioModel};
use ferrovirt_core::{Error, Result};

/// The size of the hole for 64-bit addresses of PCI devices.
pub fn pci_holes(b: &mut Builder<'_>) -> Result<()> {
    for controller in &b.model().devices.controllers {
        let Some(size) = controller.pci_hole64 else { continue };
        let host = match controller.model {
            Some(ControllerModel::PciRoot) => "i440FX-pcihost",
            Some(ControllerModel::PcieRoot) => "q35-pcihost",
            _ => return Err(Error::internal("only the root of a PCI hierarchy has a <pcihole64>")),
        };
        b.line.global(format_args!("{host}.pci-hole64-size={}K", size.0));
    }
    Ok(())
}

/// All controllers but those that are plugged into USB, in the order in which they can be plugged into each other.
pub fn build(b: &mut Builder<'_>) -> Result<()> {
    use ControllerType::{Ide, Pci, Sata, Scsi, Usb, VirtioSerial};
    for kind in [Pci, Usb, Scsi, Ide, Sata, VirtioSerial] {
        of_kind(b, kind)?;
    }
    Ok(())
}

pub fn of_kind(b: &mut Builder<'_>, kind: ControllerType) -> Result<()> {
    for controller in b.model().devices.controllers.iter().filter(|controller| controller.kind == kind) {
        let is_root = controller.model == Some(ControllerModel::PciRoot) && controller.index == Some(0);
        if let Some(hotplug) = controller.target.hotplug.filter(|_| is_root) {
            b.line.global(format_args!("PIIX4_PM.acpi-root-pci-hotplug={}", on_off(hotplug.is_set())));
        }
        if b.context.is_builtin(controller) {
            continue;
        }
        let props = b.context.controller_device(controller)?;
        b.device(props)?;
    }
    Ok(())
}

impl<'a> Context<'a> {
    /// Whether a controller comes with the machine, or is none at all.
    pub fn is_builtin(self, controller: &Controller) -> bool {
        use ControllerModel::{Ncr53c90, None as NoController, PciRoot, PcieRoot};
        let first = controller.index.unwrap_or(0) == 0;
        match controller.kind {
            ControllerType::Pci => match controller.model {
                Some(PcieRoot) => true,
                // pSeries has several roots, of which the first is built in.
                Some(PciRoot) => {
                    !self.is_pseries() || controller.target.index.is_none_or(|index| index.0 == 0)
                }
                _ => false,
            },
            ControllerType::Sata => first && self.is_q35(),
            ControllerType::Ide => first && self.has_builtin_ide(),
            ControllerType::Scsi => first && controller.model == Some(Ncr53c90),
            ControllerType::Usb => {
                controller.model == Some(NoController) || (self.is_s390() && controller.model.is_none())
            }
            ControllerType::Fdc | ControllerType::Isa => true,
            _ => false,
        }
    }

    pub fn controller_device(self, controller: &Controller) -> Result<Props> {
        let mut props = match controller.kind {
            ControllerType::Pci => pci(controller)?,
            ControllerType::Usb => self.usb(controller)?,
            ControllerType::Scsi => self.scsi(controller)?,
            ControllerType::VirtioSerial => {
                let mut props = self.virtio_controller("virtio-serial", controller)?;
                props.set("id", alias(&controller.info)?);
                props.maybe("max_ports", controller.ports).maybe("vectors", controller.vectors);
                props
            }
            ControllerType::Ccid => named("usb-ccid", controller)?,
            ControllerType::Sata => named("ahci", controller)?,
            ControllerType::Ide | ControllerType::Fdc | ControllerType::XenBus | ControllerType::Isa => {
                return Err(Error::config_unsupported(format!(
                    "this machine can't be given a controller of type '{}'",
                    controller.kind
                )));
            }
        };
        self.address(&mut props, &controller.info)?;
        Ok(props)
    }

    fn virtio_controller(self, base: &str, controller: &Controller) -> Result<Props> {
        let model = match controller.model {
            Some(ControllerModel::VirtioTransitional) => Some(VirtioModel::VirtioTransitional),
            Some(ControllerModel::VirtioNonTransitional) => Some(VirtioModel::VirtioNonTransitional),
            _ => None,
        };
        self.virtio(base, &controller.info, model, &controller.driver.virtio)
    }

    fn scsi(self, controller: &Controller) -> Result<Props> {
        use ControllerModel as Model;
        let driver = match controller.model {
            Some(Model::VirtioScsi | Model::VirtioTransitional | Model::VirtioNonTransitional) => {
                return self.virtio_scsi(controller);
            }
            Some(Model::LsiLogic) => "lsi",
            Some(Model::IbmVscsi) => "spapr-vscsi",
            Some(Model::LsiSas1068) => "mptsas1068",
            Some(Model::LsiSas1078) => "megasas",
            Some(Model::VmPvScsi) => "pvscsi",
            Some(Model::Am53c974) => "am53c974",
            Some(Model::Dc390) => "dc-390",
            Some(model) => {
                return Err(Error::config_unsupported(format!("QEMU has no SCSI controller '{model}'")));
            }
            None => return Err(Error::internal("a SCSI controller has no model yet")),
        };
        named(driver, controller)
    }

    fn virtio_scsi(self, controller: &Controller) -> Result<Props> {
        let driver = &controller.driver;
        let mut props = self.virtio_controller("virtio-scsi", controller)?;
        props.maybe("iothread", (driver.iothread != 0).then(|| format!("iothread{}", driver.iothread)));
        props.set("id", alias(&controller.info)?).positive("num_queues", driver.queues);
        props.maybe("iothread-vq-mapping", iothread_mapping(&driver.iothreads));
        props.positive("cmd_per_lun", driver.commands_per_lun).positive("max_sectors", driver.max_sectors);
        props.switch("ioeventfd", driver.ioeventfd);
        Ok(props)
    }

    fn usb(self, controller: &Controller) -> Result<Props> {
        use ControllerModel as Model;
        let driver = match controller.model {
            Some(Model::Piix3Uhci) => "piix3-usb-uhci",
            Some(Model::Piix4Uhci) => "piix4-usb-uhci",
            Some(Model::Ehci) => "usb-ehci",
            Some(Model::Ich9Ehci1) => "ich9-usb-ehci1",
            Some(Model::Ich9Uhci1) => "ich9-usb-uhci1",
            Some(Model::Ich9Uhci2) => "ich9-usb-uhci2",
            Some(Model::Ich9Uhci3) => "ich9-usb-uhci3",
            Some(Model::Vt82c686bUhci) => "vt82c686b-usb-uhci",
            Some(Model::PciOhci) => "pci-ohci",
            Some(Model::NecXhci) => "nec-usb-xhci",
            Some(Model::QemuXhci) => "qemu-xhci",
            Some(model) => {
                return Err(Error::config_unsupported(format!("QEMU has no USB controller '{model}'")));
            }
            None => return Err(Error::config_unsupported("a USB controller has no model yet")),
        };
        if !self.capabilities.has_device(driver) {
            return Err(Error::config_unsupported(format!("this QEMU has no USB controller '{driver}'")));
        }
        let mut props = Props::device(driver);
        props.maybe("p2", controller.ports).maybe("p3", controller.ports);
        match controller.info.usb_master_port {
            None => _ = props.set("id", alias(&controller.info)?),
            Some(port) => {
                props.set("masterbus", format!("{}.0", self.master_of(controller)?)).set("firstport", port);
            }
        }
        Ok(props)
    }

    /// The controller that a companion belongs to.
    fn master_of(self, companion: &Controller) -> Result<&'a str> {
        let mut all = self.model.devices.controllers.iter();
        let master = all.find(|other| {
            other.kind == ControllerType::Usb
                && other.index == companion.index
                && other.info.usb_master_port.is_none()
        });
        let master = master.ok_or_else(|| {
            let index = companion.index.unwrap_or(0);
            Error::internal(format!("USB controller {index} consists of companions only: it has no master"))
        })?;
        alias(&master.info)
    }
}

fn named(driver: &str, controller: &Controller) -> Result<Props> {
    let mut props = Props::device(driver);
    props.set("id", alias(&controller.info)?);
    Ok(props)
}

fn pci(controller: &Controller) -> Result<Props> {
    use ControllerModel as Model;
    let name = controller.pci_model.ok_or_else(|| {
        Error::internal(format!("PCI controller {} has no model name yet", controller.index.unwrap_or(0)))
    })?;
    let target = &controller.target;
    let id = alias(&controller.info)?;
    let mut props = Props::device(&name.to_string());
    let reserve = target.mem_reserve.0.saturating_mul(1024);
    match controller.model {
        Some(Model::PciBridge) => {
            props.set("chassis_nr", target.chassis_nr.map_or(0, |number| number.0));
            props.positive("mem-reserve", reserve).set("id", id);
        }
        Some(Model::PciExpanderBus | Model::PcieExpanderBus) => {
            props.set("bus_nr", target.bus_nr.map_or(0, |number| number.0)).set("id", id);
            props.maybe("numa_node", target.node);
        }
        Some(Model::DmiToPciBridge | Model::PcieSwitchUpstreamPort | Model::PcieToPciBridge) => {
            props.set("id", id);
        }
        Some(Model::PcieRootPort | Model::PcieSwitchDownstreamPort) => {
            props.set("port", target.port.map_or(0, |number| number.0));
            props.set("chassis", target.chassis.map_or(0, |number| number.0)).set("id", id);
            props.switch("hotplug", target.hotplug).positive("mem-reserve", reserve);
        }
        Some(Model::PciRoot) => {
            props.set("index", target.index.map_or(0, |number| number.0));
            props.positive("mem-reserve", reserve).set("id", id).maybe("numa_node", target.node);
        }
        _ => return Err(Error::config_unsupported("a PCI controller has no model that could be plugged in")),
    }
    Ok(props)
}
