//! What contradicts itself in a disk, whatever the hypervisor.

use ferrovirt_core::{Error, ErrorCode, Result};

use ferrovirt_xml::OnOff;

use super::{
    CacheMode, Disk, DiskBus, DiskDevice, DiskTray, DriveErrorPolicy, SgIo, SnapshotLocation, drive_index,
};
use crate::domain::{
    Address, EncryptionFormat, NetworkProtocol, StartupPolicy, StorageFormat, StorageLocation, VirtioOptions,
    storage_source,
};

const VENDOR_LENGTH: usize = 8;
const SCSI_PRODUCT_LENGTH: usize = 16;
const PRODUCT_LENGTH: usize = 40;

pub(super) fn disk(disk: &Disk) -> Result<()> {
    let Some(name) = disk.name() else {
        let what = match &disk.source.location {
            StorageLocation::Volume(volume) => format!(
                "pool = '{}', volume = '{}'",
                volume.pool.as_deref().unwrap_or(""),
                volume.volume.as_deref().unwrap_or("")
            ),
            location => location.path().unwrap_or("the disk needs <target dev='...'/>").to_owned(),
        };
        return Err(Error::new(ErrorCode::NoTarget, what));
    };
    let bus = disk.target.bus.unwrap_or_else(|| DiskBus::guess(disk.device, Some(name)));
    if disk.info.address.is_none() && drive_index(name).is_none() {
        let text = format!("'{name}' is no name for a disk such as sda or vdb, and it has no <address>");
        return Err(Error::xml(text));
    }
    sources(disk)?;
    lun(disk)?;
    if let Some(tune) = &disk.iotune {
        tune.validate()?;
    }
    address(disk, name, bus)?;
    if bus != DiskBus::Virtio {
        no_virtio_options(disk, bus)?;
    }
    place(disk)?;
    strings(disk, bus)?;
    names(disk, name, bus)?;
    driver(disk)?;
    throttle_filters(disk, name)
}

fn unsupported<T>(text: impl Into<String>) -> Result<T> {
    Err(Error::config_unsupported(text.into()))
}

fn sources(disk: &Disk) -> Result<()> {
    if let (Some(auth), StorageLocation::Network(network)) = (&disk.auth, &disk.source.location) {
        network.validate(Some(auth))?;
    }
    if let Some(encryption) = &disk.encryption {
        storage_source::refuse_cipher(encryption)?;
    }
    disk.source.validate(disk.format())?;
    for layer in disk.backing.iter().flat_map(|backing| backing.layers()) {
        layer.source.validate(Some(layer.format.kind))?;
    }
    Ok(())
}

fn lun(disk: &Disk) -> Result<()> {
    if disk.sgio == Some(SgIo::Unfiltered) {
        return unsupported("sgio='unfiltered' is no longer known to Linux");
    }
    if disk.device != DiskDevice::Lun {
        return match () {
            () if disk.source.options.reservations.is_some() => {
                unsupported("<reservations> are for device='lun' only")
            }
            () if disk.rawio.is_some() => unsupported("'rawio' is for device='lun' only"),
            () if disk.sgio.is_some() => unsupported("'sgio' is for device='lun' only"),
            () => Ok(()),
        };
    }
    match &disk.source.location {
        StorageLocation::Network(network) if network.protocol != NetworkProtocol::Iscsi => {
            return unsupported(format!("a disk of device='lun' can't be reached by '{}'", network.protocol));
        }
        StorageLocation::Network(_) | StorageLocation::Block { .. } | StorageLocation::Volume(_) => {}
        other => return unsupported(format!("a disk of device='lun' can't be of type '{}'", other.kind())),
    }
    if disk.format().is_some_and(|format| format != StorageFormat::Raw) {
        return unsupported("a disk of device='lun' must have the format 'raw'");
    }
    if !disk.source.options.slices.is_empty() {
        return unsupported("a disk of device='lun' can't be a slice");
    }
    if disk.encryption().is_some_and(|encryption| encryption.format != EncryptionFormat::Default) {
        return unsupported("a disk of device='lun' can't be encrypted by the hypervisor");
    }
    Ok(())
}

fn address(disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    let Some(address) = &disk.info.address else { return Ok(()) };
    let wants_drive = matches!(bus, DiskBus::Ide | DiskBus::Fdc | DiskBus::Scsi | DiskBus::Sata);
    match address {
        Address::Drive(_) => Ok(()),
        _ if wants_drive => {
            unsupported(format!("disk '{name}' on bus '{bus}' needs an address of type 'drive'"))
        }
        _ => Ok(()),
    }
}

fn no_virtio_options(disk: &Disk, bus: DiskBus) -> Result<()> {
    if let Some(model) = disk.model {
        return unsupported(format!("disk model '{model}' is not for bus '{bus}'"));
    }
    let Some(driver) = &disk.driver else { return Ok(()) };
    let given = [
        ("queues", driver.queues != 0),
        ("queue_size", driver.queue_size != 0),
        ("event_idx", driver.event_idx.is_some()),
        ("ioeventfd", driver.ioeventfd.is_some()),
    ];
    if let Some((name, _)) = given.iter().find(|(_, given)| *given) {
        return unsupported(format!("'{name}' of <driver> is for disks on bus 'virtio', not '{bus}'"));
    }
    driver.virtio.refuse(&format!("a disk on bus '{bus}'"))
}

impl VirtioOptions {
    /// Refuses the options on `what`, which does not speak virtio.
    pub fn refuse(&self, what: &str) -> Result<()> {
        let given = [
            ("iommu", self.iommu),
            ("ats", self.ats),
            ("packed", self.packed),
            ("page_per_vq", self.page_per_vq),
        ];
        match given.iter().find(|(_, value)| value.is_some()) {
            Some((name, _)) => {
                unsupported(format!("'{name}' of <driver> is for virtio devices, which {what} is not"))
            }
            None => Ok(()),
        }
    }
}

fn place(disk: &Disk) -> Result<()> {
    match &disk.source.location {
        StorageLocation::Nvme(nvme) if nvme.namespace == 0 => {
            unsupported("namespaces of NVMe devices are counted from 1")
        }
        StorageLocation::VhostUser(_) => vhost_user(disk),
        _ => Ok(()),
    }
}

/// The other process does nearly everything, so that nothing can be asked of it.
fn vhost_user(disk: &Disk) -> Result<()> {
    if disk.target.bus != Some(DiskBus::Virtio) {
        return unsupported("a disk of type 'vhostuser' needs bus='virtio'");
    }
    if disk.snapshot_location() != Some(SnapshotLocation::No) {
        return unsupported("a disk of type 'vhostuser' needs snapshot='no'");
    }
    let driver = disk.driver.clone().unwrap_or_default();
    let given = [
        ("cache", driver.cache != CacheMode::Default),
        ("error_policy", driver.error_policy.is_some() || driver.read_error_policy.is_some()),
        ("io", driver.io.is_some()),
        ("ioeventfd", driver.ioeventfd.is_some()),
        ("copy_on_read", driver.copy_on_read.is_some()),
        ("discard", driver.discard.is_some()),
        ("iothread", driver.iothread.is_some()),
        ("detect_zeroes", driver.detect_zeroes.is_some()),
        ("metadata_cache", driver.metadata_cache.is_some()),
        ("iotune", disk.iotune.is_some()),
        ("backingStore", disk.backing.is_some()),
        ("encryption", disk.encryption().is_some()),
        ("readonly", disk.readonly),
        ("shareable", disk.shareable),
        ("transient", disk.transient.is_some()),
        ("serial", disk.serial.is_some()),
        ("wwn", disk.wwn.is_some()),
        ("vendor", disk.vendor.is_some()),
        ("product", disk.product.is_some()),
        ("auth", disk.auth().is_some()),
        ("geometry", disk.geometry.is_some()),
        ("blockio", disk.blockio.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) => unsupported(format!("'{name}' can't be had with a disk of type 'vhostuser'")),
        None => Ok(()),
    }
}

fn strings(disk: &Disk, bus: DiskBus) -> Result<()> {
    let product = if bus == DiskBus::Scsi { SCSI_PRODUCT_LENGTH } else { PRODUCT_LENGTH };
    for (name, value, length) in
        [("vendor", &disk.vendor, VENDOR_LENGTH), ("product", &disk.product, product)]
    {
        let Some(value) = value else { continue };
        if !value.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Err(Error::xml(format!("<{name}> of a disk takes printable ASCII only")));
        }
        if value.len() > length {
            return unsupported(format!("<{name}> '{value}' of a disk is longer than {length} characters"));
        }
    }
    if let Some(wwn) = disk.wwn.as_deref().filter(|wwn| !is_wwn(wwn)) {
        return Err(Error::internal(format!(
            "'{wwn}' is no world-wide name: it must have 16 hexadecimal digits"
        )));
    }
    Ok(())
}

/// Whether it is a world-wide name: 16 hexadecimal digits, with `0x` or without.
pub(in crate::domain) fn is_wwn(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn names(disk: &Disk, name: &str, bus: DiskBus) -> Result<()> {
    if disk.target.tray != DiskTray::Closed && !disk.is_removable() {
        return unsupported("only a CD-ROM or floppy drive has a tray");
    }
    if (disk.device == DiskDevice::Floppy) != (bus == DiskBus::Fdc) {
        return Err(Error::internal(format!("a disk of device='{}' can't be on bus '{bus}'", disk.device)));
    }
    let may_be_removable = bus == DiskBus::Usb || bus == DiskBus::Scsi && disk.device == DiskDevice::Disk;
    if disk.target.removable.is_some() && !may_be_removable {
        return Err(Error::xml("'removable' is for USB and SCSI disks only"));
    }
    startup_policy(disk)?;
    let known: &[&str] = match disk.device {
        DiskDevice::Disk | DiskDevice::Lun => &["hd", "sd", "vd", "xvd", "ubd"],
        DiskDevice::Floppy => &["fd"],
        DiskDevice::Cdrom => return Ok(()),
    };
    if !known.iter().any(|prefix| name.starts_with(prefix)) {
        let text =
            format!("'{name}' is no name for a {}: it must begin with {}", disk.device, known.join(", "));
        return Err(Error::internal(text));
    }
    if disk.device == DiskDevice::Disk && disk.source.is_empty() {
        return Err(Error::new(ErrorCode::NoSource, name));
    }
    Ok(())
}

fn driver(disk: &Disk) -> Result<()> {
    let Some(driver) = &disk.driver else { return Ok(()) };
    if driver.read_error_policy == Some(DriveErrorPolicy::NoSpace) {
        return unsupported("rerror_policy='enospace' makes no sense: reading takes no room");
    }
    if driver.discard_no_unref == Some(OnOff::On) {
        if driver.format != Some(StorageFormat::Qcow2) {
            return unsupported("'discard_no_unref' is for images of the format 'qcow2'");
        }
        if disk.readonly {
            return unsupported("'discard_no_unref' is not for read-only disks");
        }
    }
    if driver.iothread.is_some() && !driver.iothreads.is_empty() {
        return Err(Error::xml("<driver> of a disk takes the attribute 'iothread' or <iothreads>, not both"));
    }
    Ok(())
}

/// Whether the groups are there is for the domain to see.
fn throttle_filters(disk: &Disk, name: &str) -> Result<()> {
    let filters = &disk.throttle_filters;
    if let Some(twice) = filters.iter().enumerate().find(|(at, filter)| filters[..*at].contains(filter)) {
        return Err(Error::xml(format!("disk '{name}' has the throttle filter '{}' twice", twice.1.group)));
    }
    let tuned = disk.iotune.as_ref().is_some_and(|tune| tune.has_any() || tune.group_name.is_some());
    let reason = match () {
        () if filters.is_empty() => return Ok(()),
        () if tuned => "can't have <throttlefilters> and <iotune>",
        () if disk.device == DiskDevice::Cdrom => "is a CD-ROM, which can't have <throttlefilters>",
        () => return Ok(()),
    };
    Err(Error::new(ErrorCode::OperationUnsupported, format!("disk '{name}' {reason}")))
}

fn startup_policy(disk: &Disk) -> Result<()> {
    let Some(policy) = disk.source.options.startup_policy else { return Ok(()) };
    let location = &disk.source.location;
    if !location.is_local() && !matches!(location, StorageLocation::Volume(_)) {
        let text = format!("startupPolicy='{policy}' can't be had with a disk of type '{}'", location.kind());
        return Err(Error::xml(text));
    }
    if policy == StartupPolicy::Requisite && !disk.is_removable() {
        return Err(Error::xml("startupPolicy='requisite' is for CD-ROMs and floppies only"));
    }
    Ok(())
}
