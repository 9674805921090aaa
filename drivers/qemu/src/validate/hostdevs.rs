//! Devices of the host that are given to the guest.

use ferrovirt_conf::domain::{HostDevice, HostSubsystem, Hostdev, HostdevDriverName, MdevModel};
use ferrovirt_core::Result;
use ferrovirt_xml::OnOff;

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>, hostdev: &Hostdev) -> Result<()> {
    match &hostdev.device {
        HostDevice::Subsystem(device) => check_one(subject, hostdev, device),
        HostDevice::Capabilities(_) => refuse("a host device with mode='capabilities' is for containers"),
    }
}

fn check_one(subject: &Subject<'_>, hostdev: &Hostdev, device: &HostSubsystem) -> Result<()> {
    let boots = hostdev.info.boot_order.is_some();
    match device {
        HostSubsystem::Usb { source, .. }
            if source.guest_reset.is_some() && !subject.any_has(&["usb-host"], "guest-resets-all") =>
        {
            refuse("this QEMU has no guestReset for USB devices of the host")
        }
        HostSubsystem::Pci { source, display, driver, .. } => {
            let vfio = driver.as_ref().is_none_or(|driver| driver.name == Some(HostdevDriverName::Vfio));
            if vfio && !subject.has_device("vfio-pci") {
                return refuse("this QEMU can't give guests PCI devices of the host");
            }
            if source.write_filtering.is_some() {
                return refuse("QEMU filters nothing of a PCI device: take out writeFiltering");
            }
            check_display(subject, *display)
        }
        HostSubsystem::ScsiHost { .. } if boots => refuse("guests can't boot from vhost SCSI devices"),
        HostSubsystem::ScsiHost { .. } if !subject.has_device("vhost-scsi") => {
            refuse("this QEMU has no vhost SCSI devices")
        }
        HostSubsystem::Mdev { model, display, .. } => {
            check_mediated(subject, *model, boots)?;
            check_display(subject, display.filter(|_| *model == MdevModel::VfioPci))
        }
        _ => Ok(()),
    }
}

/// Which mediated devices this QEMU knows, and that it boots from none of most.
fn check_mediated(subject: &Subject<'_>, model: MdevModel, boots: bool) -> Result<()> {
    let device = match model {
        MdevModel::VfioPci => "vfio-pci",
        MdevModel::VfioAp => "vfio-ap",
        MdevModel::VfioCcw => "vfio-ccw",
    };
    if !subject.has_device(device) {
        return refuse(format!("this QEMU can't give guests devices of the host of model '{model}'"));
    }
    if boots && model != MdevModel::VfioCcw {
        return refuse(format!("guests can't boot from mediated devices of model '{model}'"));
    }
    let is_crypto = |other: &&Hostdev| {
        matches!(other.subsystem(), Some(HostSubsystem::Mdev { model: MdevModel::VfioAp, .. }))
    };
    if model == MdevModel::VfioAp && subject.model.devices.hostdevs.iter().filter(is_crypto).count() > 1 {
        return refuse("a guest has one host device of model 'vfio-ap'");
    }
    Ok(())
}

fn check_display(subject: &Subject<'_>, display: Option<OnOff>) -> Result<()> {
    if display == Some(OnOff::On) && subject.model.devices.graphics.is_empty() {
        return refuse("a host device with display='on' needs <graphics>");
    }
    Ok(())
}
