//! Controllers: models that QEMU has, and what can be said of them.

use ferrovirt_conf::domain::{Address, Controller, ControllerModel, ControllerType};
use ferrovirt_core::Result;

use super::{Subject, disks, pci_controllers, refuse};
use crate::machine::Family;

pub(super) fn check(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    if controller.kind == ControllerType::Scsi {
        check_scsi_model(subject, controller)?;
    }
    check_options(controller)?;
    let index = controller.index.unwrap_or(0);
    let builtin_ide = subject.family.has_builtin_ide(subject.machine());
    match controller.kind {
        ControllerType::Ide if builtin_ide && index == 0 => Ok(()),
        ControllerType::Ide if builtin_ide => {
            refuse(format!("machine type '{}' has one IDE controller", subject.machine()))
        }
        ControllerType::Ide => refuse(format!("machine type '{}' has no IDE", subject.machine())),
        ControllerType::Sata if index == 0 && subject.family == Family::Q35 => Ok(()),
        ControllerType::Sata if !subject.has_device("ich9-ahci") => refuse("this QEMU has no SATA"),
        ControllerType::Scsi => check_scsi(subject, controller),
        ControllerType::Pci => pci_controllers::check(subject, controller),
        ControllerType::Usb => check_usb(subject, controller),
        _ => Ok(()),
    }
}

fn is_virtio_scsi(controller: &Controller) -> bool {
    controller.kind == ControllerType::Scsi && controller.model.is_some_and(ControllerModel::is_virtio_scsi)
}

fn check_scsi_model(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    use ControllerModel as M;
    let Some(model) = controller.model else { return Ok(()) };
    let devices: &[&str] = match model {
        M::LsiLogic => &["lsi53c895a"],
        M::VirtioScsi | M::VirtioTransitional | M::VirtioNonTransitional => {
            &["virtio-scsi-pci", "virtio-scsi-ccw", "virtio-scsi-device"]
        }
        M::LsiSas1068 => &["mptsas1068"],
        M::LsiSas1078 => &["megasas"],
        M::VmPvScsi => &["pvscsi"],
        M::BusLogic => &[],
        _ => return Ok(()),
    };
    if subject.has_any(devices) {
        return Ok(());
    }
    refuse(format!("this QEMU has no SCSI controllers of model '{model}'"))
}

/// What virtio-scsi has, and no other.
fn check_options(controller: &Controller) -> Result<()> {
    if is_virtio_scsi(controller) {
        return Ok(());
    }
    let driver = &controller.driver;
    let given = [
        ("queues", driver.queues != 0),
        ("cmd_per_lun", driver.commands_per_lun != 0),
        ("max_sectors", driver.max_sectors != 0),
        ("ioeventfd", driver.ioeventfd.is_some()),
        ("iothread", driver.iothread != 0),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) => {
            refuse(format!("'{name}' of a controller is for SCSI controllers that speak virtio"))
        }
        None => Ok(()),
    }
}

fn check_scsi(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    if controller.model == Some(ControllerModel::Ncr53c90) {
        if controller.index.unwrap_or(0) != 0 {
            return refuse("only the first SCSI controller can be of model 'ncr53c90'");
        }
        if !subject.family.has_builtin_esp(subject.arch, subject.machine()) {
            return refuse(format!("machine type '{}' has no SCSI controller 'ncr53c90'", subject.machine()));
        }
        return Ok(());
    }
    if is_virtio_scsi(controller) { check_threads(subject, controller) } else { Ok(()) }
}

fn check_threads(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    let driver = &controller.driver;
    if driver.iothread == 0 && driver.iothreads.is_empty() {
        return Ok(());
    }
    if !matches!(controller.info.address, None | Some(Address::Pci(_) | Address::Ccw(_))) {
        return refuse("SCSI controllers have I/O threads on PCI and CCW only");
    }
    if !driver.iothreads.is_empty() {
        if !subject.any_has(&["virtio-scsi-pci", "virtio-scsi-ccw"], "iothread-vq-mapping") {
            return refuse("the SCSI controllers of this QEMU have one I/O thread");
        }
        disks::check_thread_mapping(subject, &driver.iothreads, driver.queues)?;
    }
    let thread = driver.iothread;
    if thread > 0 && !subject.model.iothreads.ids().iter().any(|known| known.get() == thread) {
        return refuse(format!("a SCSI controller has I/O thread {thread}, which the guest has not"));
    }
    Ok(())
}

/// USB must be there in the model that this binary has.
fn check_usb(subject: &Subject<'_>, controller: &Controller) -> Result<()> {
    use ControllerModel as M;
    let device = match controller.model {
        Some(M::Piix3Uhci) => "piix3-usb-uhci",
        Some(M::Piix4Uhci) => "piix4-usb-uhci",
        Some(M::Ehci) => "usb-ehci",
        Some(M::Ich9Ehci1) => "ich9-usb-ehci1",
        Some(M::Ich9Uhci1) => "ich9-usb-uhci1",
        Some(M::Ich9Uhci2) => "ich9-usb-uhci2",
        Some(M::Ich9Uhci3) => "ich9-usb-uhci3",
        Some(M::Vt82c686bUhci) => "vt82c686b-usb-uhci",
        Some(M::PciOhci) => "pci-ohci",
        Some(M::NecXhci) => "nec-usb-xhci",
        Some(M::QemuXhci) => "qemu-xhci",
        _ => return Ok(()),
    };
    if subject.has_device(device) {
        return Ok(());
    }
    refuse(format!("this QEMU has no USB controllers of model '{device}'"))
}
