//! Disks: which bus takes what, and which formats QEMU can open.

use ferrovirt_conf::domain::{
    Address, CacheMode, ControllerModel, ControllerType, Disk, DiskBus, DiskDevice, DiskIo, DriveAddress,
    StorageFormat, StorageLocation, drive_index,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::OnOff;

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>) -> Result<()> {
    for disk in &subject.model.devices.disks {
        let (name, bus) = (disk.target.dev.as_deref().unwrap_or(""), disk.target.bus.unwrap_or(DiskBus::Ide));
        let partition = name.ends_with(|c: char| c.is_ascii_digit());
        if partition || drive_index(name).is_none() {
            return refuse(format!(
                "'{name}' is no name of a disk, such as 'vda', or has a partition behind it"
            ));
        }
        check_bus(subject, disk, bus, name)?;
        check_identity(disk, bus)?;
        check_options(subject, disk, name)?;
        check_source(subject, disk, name)?;
    }
    Ok(())
}

fn check_bus(subject: &Subject<'_>, disk: &Disk, bus: DiskBus, name: &str) -> Result<()> {
    if disk.device == DiskDevice::Cdrom && matches!(bus, DiskBus::Virtio | DiskBus::Sd) {
        return refuse(format!("disk '{name}' on bus '{bus}' can't be a CD-ROM drive"));
    }
    let wrong_address =
        || Err(Error::internal(format!("disk '{name}' on bus '{bus}' can't have such an address")));
    match (bus, &disk.info.address) {
        (DiskBus::Scsi | DiskBus::Ide | DiskBus::Fdc | DiskBus::Sata, Some(Address::Drive(place))) => {
            check_place(subject, bus, place)
        }
        (DiskBus::Scsi | DiskBus::Ide | DiskBus::Fdc | DiskBus::Sata, _) => wrong_address(),
        (DiskBus::Usb, _) if !subject.has_device("usb-storage") => refuse("this QEMU has no USB disks"),
        (DiskBus::Usb, _) if disk.source.is_empty() => refuse(format!("USB disk '{name}' can't be empty")),
        (DiskBus::Usb, Some(address)) if !matches!(address, Address::Usb(_)) => wrong_address(),
        (DiskBus::Xen | DiskBus::Uml, _) => refuse(format!("QEMU has no disk bus '{bus}'")),
        _ => Ok(()),
    }
}

/// What each kind of controller has room for.
fn check_place(subject: &Subject<'_>, bus: DiskBus, place: &DriveAddress) -> Result<()> {
    let only_one =
        |what: &str| Err(Error::internal(format!("there is one {what} for disks on '{bus}' in QEMU")));
    match bus {
        DiskBus::Ide | DiskBus::Fdc if place.controller != 0 => return only_one("controller"),
        DiskBus::Fdc | DiskBus::Scsi if place.bus != 0 => return only_one("bus"),
        DiskBus::Sata if place.bus != 0 => return refuse("the bus of a SATA disk's address is 0"),
        _ => {}
    }
    let scsi = subject.model.devices.controllers.iter();
    let scsi = scsi.filter(|c| c.kind == ControllerType::Scsi).find(|c| c.index == Some(place.controller));
    let lsi = scsi.and_then(|controller| controller.model) == Some(ControllerModel::LsiLogic);
    if place.target != 0 && (bus != DiskBus::Scsi || lsi) {
        return refuse(format!("the target of the address of a disk on '{bus}' is 0 here"));
    }
    Ok(())
}

fn check_identity(disk: &Disk, bus: DiskBus) -> Result<()> {
    let lun = disk.device == DiskDevice::Lun;
    if disk.wwn.is_some() && (!matches!(bus, DiskBus::Ide | DiskBus::Scsi) || lun) {
        return refuse("a <wwn> is for IDE and SCSI disks");
    }
    if disk.vendor.is_some() && (bus != DiskBus::Scsi || lun) {
        return refuse("a <vendor> is for SCSI disks");
    }
    if disk.product.is_some() && (!matches!(bus, DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi) || lun) {
        return refuse("a <product> is for IDE, SATA and SCSI disks");
    }
    if disk.serial.is_some() && bus == DiskBus::Sd {
        return Err(Error::internal("SD cards have no serial number"));
    }
    if disk.serial.is_some() && bus == DiskBus::Scsi && lun {
        return refuse("a LUN has the serial number of the host's disk");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || " .+-_/:".contains(c);
    match &disk.serial {
        Some(serial) if !serial.chars().all(allowed) => {
            refuse(format!("the serial number '{serial}' of a disk has characters that QEMU does not take"))
        }
        _ => Ok(()),
    }
}

fn check_options(subject: &Subject<'_>, disk: &Disk, name: &str) -> Result<()> {
    let bus = disk.target.bus.unwrap_or(DiskBus::Ide);
    if disk.readonly && disk.device == DiskDevice::Disk && matches!(bus, DiskBus::Ide | DiskBus::Sata) {
        return refuse(format!("disk '{name}' can't be read-only on bus '{bus}'"));
    }
    let rotates =
        matches!(bus, DiskBus::Scsi | DiskBus::Ide | DiskBus::Sata) && disk.device == DiskDevice::Disk;
    if disk.target.rotation_rate != 0 && !rotates {
        return Err(Error::internal(format!(
            "disk '{name}' has no rotation rate: it is for SCSI, IDE and SATA disks"
        )));
    }
    if let Some(geometry) = &disk.geometry {
        if matches!(bus, DiskBus::Usb | DiskBus::Sd) {
            return refuse(format!("disk '{name}' on bus '{bus}' has no geometry to set"));
        }
        if geometry.translation.is_some() && bus != DiskBus::Ide {
            return refuse("the translation of a disk's geometry is for bus 'ide'");
        }
    }
    if disk.device == DiskDevice::Lun && bus != DiskBus::Scsi {
        return refuse(format!("a LUN can't be on bus '{bus}'"));
    }
    let Some(driver) = &disk.driver else { return Ok(()) };
    if let Some(other) = driver.name.as_deref().filter(|name| *name != "qemu") {
        return refuse(format!("disk '{name}' names the driver '{other}', there is only 'qemu'"));
    }
    if driver.copy_on_read == Some(OnOff::On)
        && (disk.readonly || disk.is_removable() || disk.device == DiskDevice::Lun)
    {
        return refuse(format!("disk '{name}' can't have copy_on_read: it is read-only, removable or a LUN"));
    }
    let direct = matches!(driver.cache, CacheMode::None | CacheMode::DirectSync);
    match driver.io {
        Some(DiskIo::Native) if !direct => refuse("io='native' of a disk needs cache 'none' or 'directsync'"),
        Some(DiskIo::IoUring)
            if !subject.capabilities.schema_has("blockdev-add/arg-type/+file/aio/^io_uring") =>
        {
            refuse("this QEMU has no io_uring")
        }
        _ => Ok(()),
    }
}

fn check_source(subject: &Subject<'_>, disk: &Disk, name: &str) -> Result<()> {
    if disk.source.is_empty() {
        return Ok(());
    }
    use StorageFormat::{Cow, Raw};
    let format = disk.format();
    if matches!(format, Some(Cow)) {
        return refuse(format!("disk '{name}' is of format 'cow', which QEMU no longer has"));
    }
    if disk.shareable && !disk.readonly && format.is_some_and(|format| format != Raw) {
        return refuse(format!("disk '{name}' can't be shared: its format is not 'raw'"));
    }
    let is_folder = matches!(disk.source.location, StorageLocation::Dir { .. } | StorageLocation::Volume(_));
    if format == Some(StorageFormat::Fat) && !is_folder {
        return refuse(format!("disk '{name}' of format 'fat' must be a folder, which QEMU shows as a disk"));
    }
    let shared = |kind: &str| subject.require_shared_memory(kind);
    match &disk.source.location {
        StorageLocation::VhostUser(_) if !subject.has_device("vhost-user-blk") => {
            refuse("this QEMU has no vhost-user disks")
        }
        StorageLocation::VhostUser(_) => shared("vhostuser"),
        StorageLocation::VhostVdpa { .. }
            if !subject.capabilities.schema_has("blockdev-add/arg-type/driver/^virtio-blk-vhost-vdpa") =>
        {
            refuse("this QEMU has no vDPA disks")
        }
        StorageLocation::VhostVdpa { .. } => {
            shared("vhostvdpa")?;
            let cache = disk.driver.as_ref().map(|driver| driver.cache).unwrap_or_default();
            if matches!(cache, CacheMode::None | CacheMode::DirectSync) {
                return Ok(());
            }
            refuse("a vDPA disk needs cache 'none' or 'directsync'")
        }
        _ => Ok(()),
    }
}
