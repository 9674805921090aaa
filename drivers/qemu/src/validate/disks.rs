//! Disks: which bus takes what, and what QEMU can do with which.

use ferrovirt_conf::domain::{
    Address, BackingStore, CacheMode, Disk, DiskBus, DiskDevice, DiskIo, IoThreadMapping, StorageFormat,
    StorageLocation, drive_index,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};
use std::collections::HashSet;

use super::{Subject, refuse, sources, throttling};

const BLOCK: &[&str] = &["virtio-blk-pci", "virtio-blk-ccw", "virtio-blk-device"];

pub(super) fn check(subject: &Subject<'_>, disk: &Disk) -> Result<()> {
    let (name, bus) = (disk.target.dev.as_deref().unwrap_or(""), disk.target.bus.unwrap_or(DiskBus::Ide));
    check_geometry(disk, name, bus)?;
    check_kind(subject, disk, name, bus)?;
    check_identity(disk, bus)?;
    check_address(subject, disk, bus, name)?;
    check_options(subject, disk, name, bus)?;
    check_threads(subject, disk, name, bus)?;
    throttling::check(subject, disk, name, bus)?;
    check_transient(disk, name, bus)?;
    check_sharing(disk, name)?;
    check_name(disk, name)?;
    let no_unref = disk.driver.as_ref().is_some_and(|driver| driver.discard_no_unref.is_some());
    if no_unref && !subject.capabilities.schema_has("blockdev-add/arg-type/+qcow2/discard-no-unref") {
        return refuse("this QEMU has no 'discard_no_unref'");
    }
    sources::check_disk(subject, disk)?;
    if bus == DiskBus::Sd && disk.encryption().is_some_and(|encryption| encryption.secrets.len() > 1) {
        return refuse(format!("SD card '{name}' can't have several secrets in its <encryption>"));
    }
    check_other_process(subject, disk)
}

fn check_geometry(disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    if let Some(geometry) = &disk.geometry {
        if matches!(bus, DiskBus::Usb | DiskBus::Sd) {
            return refuse(format!("disk '{name}' on bus '{bus}' has no geometry to set"));
        }
        if geometry.translation.is_some() && bus != DiskBus::Ide {
            return refuse("the translation of a disk's geometry is for bus 'ide'");
        }
    }
    Ok(())
}

fn check_kind(subject: &Subject<'_>, disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    if disk.serial.is_some() && bus == DiskBus::Sd {
        return Err(Error::internal("SD cards have no serial number"));
    }
    if disk.device == DiskDevice::Cdrom && matches!(bus, DiskBus::Virtio | DiskBus::Sd) {
        return refuse(format!("disk '{name}' on bus '{bus}' can't be a CD-ROM drive"));
    }
    if disk.device != DiskDevice::Lun {
        return Ok(());
    }
    // Old devices speak SCSI if they are told to.
    let in_virtio = || {
        let property = subject.capabilities.device_property("virtio-blk-pci", "scsi");
        property.is_some_and(|property| property.default.as_deref() == Some("false"))
    };
    match bus {
        DiskBus::Scsi if subject.has_device("scsi-block") => Ok(()),
        DiskBus::Virtio if in_virtio() => Ok(()),
        _ => refuse(format!("a LUN can't be on bus '{bus}'")),
    }
}

fn check_identity(disk: &Disk, bus: DiskBus) -> Result<()> {
    let lun = disk.device == DiskDevice::Lun;
    let copies = disk.driver.as_ref().is_some_and(|driver| driver.copy_on_read == Some(OnOff::On));
    if copies && (disk.readonly || disk.is_removable() || lun) {
        let name = disk.name().unwrap_or_default();
        return refuse(format!("disk '{name}' can't have copy_on_read: it is read-only, removable or a LUN"));
    }
    if disk.wwn.is_some() && (!matches!(bus, DiskBus::Ide | DiskBus::Scsi) || lun) {
        return refuse("a <wwn> is for IDE and SCSI disks");
    }
    if disk.vendor.is_some() && (bus != DiskBus::Scsi || lun) {
        return refuse("a <vendor> is for SCSI disks");
    }
    if disk.product.is_some() && (!matches!(bus, DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi) || lun) {
        return refuse("a <product> is for IDE, SATA and SCSI disks");
    }
    let rotates =
        matches!(bus, DiskBus::Scsi | DiskBus::Ide | DiskBus::Sata) && disk.device == DiskDevice::Disk;
    if disk.target.rotation_rate != 0 && !rotates {
        return Err(Error::internal(format!(
            "disk '{}' has no rotation rate: it is for SCSI, IDE and SATA disks",
            disk.name().unwrap_or_default()
        )));
    }
    Ok(())
}

fn check_address(subject: &Subject<'_>, disk: &Disk, bus: DiskBus, name: &str) -> Result<()> {
    let wrong_address =
        || Err(Error::internal(format!("disk '{name}' on bus '{bus}' can't have such an address")));
    match (bus, &disk.info.address) {
        (DiskBus::Scsi | DiskBus::Ide | DiskBus::Fdc | DiskBus::Sata, Some(Address::Drive(_))) => Ok(()),
        (DiskBus::Scsi | DiskBus::Ide | DiskBus::Fdc | DiskBus::Sata, _) => wrong_address(),
        (DiskBus::Usb, _) if !subject.has_device("usb-storage") => refuse("this QEMU has no USB disks"),
        (DiskBus::Usb, _) if disk.source.is_empty() => refuse(format!("USB disk '{name}' can't be empty")),
        (DiskBus::Usb, Some(address)) if !matches!(address, Address::Usb(_)) => wrong_address(),
        (DiskBus::Virtio, _)
            if disk.driver.as_ref().is_some_and(|driver| driver.queue_size > 0)
                && !subject.any_has(BLOCK, "queue-size") =>
        {
            refuse("the virtio disks of this QEMU have no queue_size")
        }
        _ => Ok(()),
    }
}

fn check_options(subject: &Subject<'_>, disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    if disk.readonly && disk.device == DiskDevice::Disk && matches!(bus, DiskBus::Ide | DiskBus::Sata) {
        return refuse(format!("disk '{name}' can't be read-only on bus '{bus}'"));
    }
    let driver = disk.driver.as_ref();
    let direct = driver.is_some_and(|driver| matches!(driver.cache, CacheMode::None | CacheMode::DirectSync));
    match driver.and_then(|driver| driver.io) {
        Some(DiskIo::Native) if !direct => {
            return refuse("io='native' of a disk needs cache 'none' or 'directsync'");
        }
        Some(DiskIo::IoUring)
            if !subject.capabilities.schema_has("blockdev-add/arg-type/+file/aio/^io_uring") =>
        {
            return refuse("this QEMU has no io_uring");
        }
        _ => {}
    }
    if disk.serial.is_some() && bus == DiskBus::Scsi && disk.device == DiskDevice::Lun {
        return refuse("a LUN has the serial number of the host's disk");
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || " .+-_".contains(c);
    match &disk.serial {
        Some(serial) if !serial.chars().all(allowed) => Err(Error::internal(format!(
            "the serial number '{serial}' of a disk has characters that QEMU does not take"
        ))),
        _ => Ok(()),
    }
}

fn check_threads(subject: &Subject<'_>, disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    let Some(driver) = &disk.driver else { return Ok(()) };
    if driver.iothread.is_none() && driver.iothreads.is_empty() {
        return Ok(());
    }
    if bus != DiskBus::Virtio {
        return refuse(format!("disk '{name}' on bus '{bus}' can't have an I/O thread: 'virtio' can"));
    }
    if !driver.iothreads.is_empty() && !subject.any_has(BLOCK, "iothread-vq-mapping") {
        return refuse(format!("disk '{name}' can have one I/O thread in this QEMU"));
    }
    check_thread_mapping(subject, &driver.iothreads, driver.queues)?;
    match driver.iothread {
        Some(thread) if !subject.model.iothreads.ids().contains(&thread) => {
            refuse(format!("disk '{name}' has I/O thread {thread}, which the guest has not"))
        }
        _ => Ok(()),
    }
}

/// Each thread once; and either no thread has queues, or each queue has one thread.
pub(super) fn check_thread_mapping(
    subject: &Subject<'_>,
    threads: &[IoThreadMapping],
    queues: u32,
) -> Result<()> {
    let Some(first) = threads.first() else { return Ok(()) };
    let mapped = !first.queues.is_empty();
    if mapped && queues == 0 {
        return refuse("queues can be given to I/O threads if 'queues' of <driver> counts them");
    }
    let known = subject.model.iothreads.ids();
    let (mut seen, mut given) = (HashSet::new(), HashSet::new());
    for thread in threads {
        let id = thread.id;
        if !seen.insert(id) {
            return refuse(format!("I/O thread {id} is there more than once"));
        }
        if !known.iter().any(|known| known.get() == id) {
            return refuse(format!("there is no I/O thread {id} in the guest"));
        }
        if thread.queues.is_empty() == mapped {
            return refuse("queues are given to all I/O threads or to none");
        }
        for queue in &thread.queues {
            if queue.id >= queues || !given.insert(queue.id) {
                return refuse(format!("queue {} of {queues} can't be given to I/O thread {id}", queue.id));
            }
        }
    }
    if mapped && given.len() != queues as usize {
        return refuse(format!("of {queues} queues only {} are given to I/O threads", given.len()));
    }
    Ok(())
}

fn check_transient(disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    let Some(transient) = &disk.transient else { return Ok(()) };
    if disk.source.is_empty() {
        return refuse(format!("transient disk '{name}' can't be empty"));
    }
    if disk.readonly {
        return refuse(format!("transient disk '{name}' can't be read-only"));
    }
    if !matches!(disk.source.location, StorageLocation::File(_)) {
        return refuse(format!("transient disk '{name}' must be a file"));
    }
    if disk.device != DiskDevice::Disk {
        return refuse(format!("only a disk can be transient, '{name}' is a {}", disk.device));
    }
    if transient.share_backing == Some(YesNo::Yes)
        && !matches!(bus, DiskBus::Usb | DiskBus::Virtio | DiskBus::Scsi)
    {
        return refuse(format!("transient disk '{name}' on bus '{bus}' can't share its image"));
    }
    Ok(())
}

/// Of formats only raw ones can be written by several.
fn check_sharing(disk: &Disk, name: &str) -> Result<()> {
    let many = matches!(disk.format(), None | Some(StorageFormat::Raw));
    if disk.shareable && !disk.readonly && !many {
        return refuse(format!("disk '{name}' can't be shared: its format is not 'raw'"));
    }
    Ok(())
}

fn check_name(disk: &Disk, name: &str) -> Result<()> {
    if let Some(other) = disk.driver.as_ref().and_then(|driver| driver.name.as_deref())
        && other != "qemu"
    {
        return refuse(format!("disk '{name}' names the driver '{other}', there is only 'qemu'"));
    }
    let partition = name.ends_with(|c: char| c.is_ascii_digit());
    if partition || drive_index(name).is_none() {
        return refuse(format!("'{name}' is no name of a disk, such as 'vda', or has a partition behind it"));
    }
    Ok(())
}

fn check_other_process(subject: &Subject<'_>, disk: &Disk) -> Result<()> {
    match &disk.source.location {
        StorageLocation::VhostUser(_) if !subject.has_device("vhost-user-blk") => {
            refuse("this QEMU has no vhost-user disks")
        }
        StorageLocation::VhostUser(_) => subject.require_shared_memory("vhostuser"),
        StorageLocation::VhostVdpa { .. }
            if !subject.capabilities.schema_has("blockdev-add/arg-type/driver/^virtio-blk-vhost-vdpa") =>
        {
            refuse("this QEMU has no vDPA disks")
        }
        StorageLocation::VhostVdpa { .. } => {
            subject.require_shared_memory("vhostvdpa")?;
            let cache = disk.driver.as_ref().map(|driver| driver.cache).unwrap_or_default();
            if matches!(cache, CacheMode::None | CacheMode::DirectSync) {
                return Ok(());
            }
            refuse("a vDPA disk needs cache 'none' or 'directsync'")
        }
        _ => Ok(()),
    }
}

/// The layers below a disk that are named.
pub(super) fn layers(disk: &Disk) -> impl Iterator<Item = &ferrovirt_conf::domain::BackingLayer> {
    disk.backing.iter().flat_map(BackingStore::layers)
}
