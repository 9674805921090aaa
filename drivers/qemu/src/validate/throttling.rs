//! `<iotune>`: what QEMU can limit of a disk.

use ferrovirt_conf::domain::{Disk, DiskBus, IoTune};
use ferrovirt_conf::tuning::iotune::{self, MOST};
use ferrovirt_core::{Error, ErrorCode, Result};

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>, disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    let Some(tune) = &disk.iotune else { return Ok(()) };
    if tune.group_name.is_some() && !tune.has_any() {
        return refuse(format!("<group_name> of disk '{name}' limits nothing: add a limit"));
    }
    if bus == DiskBus::Sd && (tune.group_name.is_some() || tune.has_any()) {
        return refuse(format!("SD card '{name}' can't have <iotune>"));
    }
    if tune.group_name.is_some() {
        check_group(subject, disk, tune)?;
    }
    match iotune::above_most(tune) {
        Some(limit) => {
            let text = format!("the limit {limit} in <iotune> of disk '{name}' is above {MOST}");
            Err(Error::new(ErrorCode::ArgumentUnsupported, text))
        }
        None => Ok(()),
    }
}

/// The disks of a group have the same limits.
fn check_group(subject: &Subject<'_>, disk: &Disk, tune: &IoTune) -> Result<()> {
    for other in &subject.model.devices.disks {
        let Some(others) = other.iotune.as_deref() else { continue };
        if other.name() != disk.name() && others.group_name == tune.group_name && others != tune {
            return refuse(format!(
                "disks '{}' and '{}' are in one group, but their <iotune> differs",
                disk.name().unwrap_or_default(),
                other.name().unwrap_or_default()
            ));
        }
    }
    Ok(())
}
