//! Devices of the host that are given to the guest.

use ferrovirt_conf::domain::{HostDevice, HostSubsystem, Hostdev, MdevModel, VideoType};
use ferrovirt_core::Result;
use ferrovirt_xml::OnOff;

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    let devices = &subject.model.devices;
    let (mut ramfb, mut crypto) = (0, 0);
    for hostdev in &devices.hostdevs {
        let HostDevice::Subsystem(device) = &hostdev.device else {
            return refuse("a host device with mode='capabilities' is for containers");
        };
        check_one(subject, hostdev, device)?;
        if let HostSubsystem::Mdev { ramfb: frame, .. } | HostSubsystem::Pci { ramfb: frame, .. } = device {
            ramfb += u32::from(*frame == Some(OnOff::On));
        }
        crypto += u32::from(matches!(device, HostSubsystem::Mdev { model: MdevModel::VfioAp, .. }));
    }
    if crypto > 1 {
        return refuse("a guest has one host device of model 'vfio-ap'");
    }
    let as_video = devices.videos.iter().any(|video| video.model.kind == VideoType::Ramfb);
    if ramfb + u32::from(as_video) > 1 {
        return refuse("only one device can have 'ramfb'");
    }
    Ok(())
}

fn check_one(subject: &Subject<'_>, hostdev: &Hostdev, device: &HostSubsystem) -> Result<()> {
    let boots = hostdev.info.boot_order.is_some();
    match device {
        HostSubsystem::Mdev { model, display, ramfb, .. } => {
            check_mediated(subject, *model, boots)?;
            check_look(subject, *display, *ramfb)
        }
        HostSubsystem::Pci { display, ramfb, .. } => check_look(subject, *display, *ramfb),
        HostSubsystem::ScsiHost { .. } if boots => refuse("guests can't boot from vhost SCSI devices"),
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
    Ok(())
}

fn check_look(subject: &Subject<'_>, display: Option<OnOff>, ramfb: Option<OnOff>) -> Result<()> {
    let shown = display == Some(OnOff::On);
    if shown && subject.model.devices.graphics.is_empty() {
        return refuse("a host device with display='on' needs <graphics>");
    }
    if ramfb == Some(OnOff::On) && !shown {
        return refuse("a host device with ramfb='on' needs display='on'");
    }
    Ok(())
}
