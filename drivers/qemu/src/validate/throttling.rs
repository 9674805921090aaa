//! `<iotune>`: what QEMU can limit of a disk.

use ferrovirt_conf::domain::{Disk, DiskBus, IoTune};
use ferrovirt_core::{Error, ErrorCode, Result};

use super::{Subject, refuse};

/// QEMU takes no larger limits.
const MOST: u64 = 1_000_000_000_000_000;

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
    let limits = [
        tune.total_bytes_sec,
        tune.read_bytes_sec,
        tune.write_bytes_sec,
        tune.total_iops_sec,
        tune.read_iops_sec,
        tune.write_iops_sec,
        tune.total_bytes_sec_max,
        tune.read_bytes_sec_max,
        tune.write_bytes_sec_max,
        tune.total_iops_sec_max,
        tune.read_iops_sec_max,
        tune.write_iops_sec_max,
        tune.size_iops_sec,
    ];
    match limits.into_iter().find(|limit| *limit > MOST) {
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
