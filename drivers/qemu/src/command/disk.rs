//! `<disk>`: its images, what filters them, and the device that the guest sees.

use super::blockdev::{Image, cache_of, chain, writes_back};
use super::blockdev_network::network;
use super::context::{Builder, Context, alias};
use super::line::{Parts, on_off};
use super::props::Props;
use super::throttle;
use ferrovirt_conf::domain::{
    Address, CacheMode, Disk, DiskBus, DiskDevice, DiskDriver, DriveErrorPolicy, GeometryTranslation,
    IoThreadMapping, StorageLocation, drive_index,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::OnOff;
use serde_json::{Value, json};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    floppy_controller(b)?;
    for disk in &b.model().devices.disks {
        // Disks that share what they throw away are plugged in later.
        if disk
            .transient
            .as_ref()
            .is_some_and(|transient| transient.share_backing.is_some_and(|s| s.is_set()))
        {
            continue;
        }
        build_one(b, disk)?;
    }
    Ok(())
}

/// One disk: its nodes, then the device.
pub fn build_one(b: &mut Builder<'_>, disk: &Disk) -> Result<()> {
    source(b, disk)?;
    if bus(disk) == DiskBus::Sd {
        return Ok(());
    }
    let props = b.context.disk(disk)?;
    b.device(props)
}

fn bus(disk: &Disk) -> DiskBus {
    disk.target.bus.unwrap_or_else(|| DiskBus::guess(disk.device, disk.name()))
}

/// Where the boot order is told of floppies: to their controller.
fn floppy_controller(b: &mut Builder<'_>) -> Result<()> {
    let floppies: Vec<&Disk> =
        b.model().devices.disks.iter().filter(|disk| bus(disk) == DiskBus::Fdc).collect();
    if floppies.is_empty() {
        return Ok(());
    }
    let index_of = |unit: u32| {
        let drive = floppies.iter().rfind(|disk| match &disk.info.address {
            Some(Address::Drive(address)) => (address.unit != 0) == (unit != 0),
            _ => unit == 0,
        });
        drive.and_then(|disk| b.context.boot_index(&disk.info))
    };
    let indexes = [("bootindexA", index_of(0)), ("bootindexB", index_of(1))];
    if b.context.is_q35() {
        let mut props = Props::device("isa-fdc");
        for (name, index) in indexes {
            props.maybe(name, index);
        }
        return b.device(props);
    }
    for (name, index) in indexes {
        if let Some(index) = index {
            b.line.global(format_args!("isa-fdc.{name}={index}"));
        }
    }
    Ok(())
}

fn copy_node(disk: &Disk) -> Option<String> {
    let on = disk.driver.as_ref()?.copy_on_read == Some(OnOff::On);
    on.then(|| format!("libvirt-CoR-{}", disk.name().unwrap_or_default()))
}

/// The nodes of a disk.
pub fn source(b: &mut Builder<'_>, disk: &Disk) -> Result<()> {
    match &disk.source.location {
        StorageLocation::VhostUser(socket) => {
            let id = format!("chr-vu-{}", alias(&disk.info)?);
            return super::chardev::client_socket(b, &id, &socket.path, socket.reconnect.as_ref());
        }
        _ if bus(disk) == DiskBus::Sd => {
            let parts = memory_card(b.context, disk)?;
            b.line.option("-drive", parts);
            return Ok(());
        }
        _ if disk.source.is_empty() => return Ok(()),
        _ => {}
    }
    let images = Image::chain_of(disk);
    chain(b, &images, None)?;
    if let Some(node) = copy_node(disk) {
        let mut props = Props::device("copy-on-read");
        props.set("node-name", node).set("file", images[0].node(b.context)).set("discard", "unmap");
        b.line.blockdev(&props);
    }
    throttle::filters(b, disk, &copy_node(disk).unwrap_or_else(|| images[0].node(b.context)));
    Ok(())
}

/// Memory cards are part of the machine; only `-drive` can put one in.
fn memory_card(context: Context<'_>, disk: &Disk) -> Result<Parts> {
    let name = disk.name().unwrap_or_default();
    let mut parts = Parts::default();
    match &disk.source.location {
        StorageLocation::File(_) | StorageLocation::Block { .. } if disk.encryption().is_none() => {
            parts.set("file", disk.source.path().unwrap_or_default());
            parts.maybe("format", disk.format());
        }
        StorageLocation::Dir { path } => {
            parts.set("file", format_args!("fat:{}", path.as_deref().unwrap_or_default()));
        }
        StorageLocation::Network(source) if disk.encryption().is_none() && disk.auth().is_none() => {
            let image = &Image::chain_of(disk)[0];
            parts.write_out("file", &network(context, image, source)?.into());
            parts.maybe("format", disk.format());
        }
        _ => {
            let text = format!("disk '{name}': a memory card can't need a secret, and is no volume");
            return Err(Error::config_unsupported(text));
        }
    };
    parts.add("if=sd").maybe("index", drive_index(name));
    if disk.readonly {
        parts.add("readonly=on");
    }
    let driver = disk.driver.as_ref();
    if let Some(driver) = driver.filter(|_| !disk.source.is_empty()) {
        parts.maybe("cache", (driver.cache != CacheMode::Default).then_some(driver.cache));
        parts.maybe("copy-on-read", driver.copy_on_read.map(|on| on_off(on.is_set())));
        parts.maybe("discard", driver.discard).maybe("detect-zeroes", driver.detect_zeroes);
        parts.maybe("aio", driver.io);
    }
    Ok(parts)
}

impl Context<'_> {
    /// The topmost node of a disk, if it has a medium.
    pub fn disk_node(self, disk: &Disk) -> Option<String> {
        if disk.source.is_empty() {
            return None;
        }
        throttle::top(disk).or_else(|| copy_node(disk)).or_else(|| {
            let images = Image::chain_of(disk);
            images.first().map(|image| image.node(self))
        })
    }

    /// The device that the guest sees.
    pub fn disk(self, disk: &Disk) -> Result<Props> {
        let mut props = self.disk_on_bus(disk)?;
        let info = &disk.info;
        match &info.address {
            Some(Address::Drive(address)) => self.drive_address(&mut props, bus(disk), address)?,
            _ => self.address(&mut props, info)?,
        }
        let vhost_user = matches!(disk.source.location, StorageLocation::VhostUser(_));
        let id = alias(info)?;
        if bus(disk) == DiskBus::Scsi && disk.device != DiskDevice::Lun {
            let name = disk.serial.clone().unwrap_or_else(|| format!("drive-{id}"));
            props.set("device_id", name);
        }
        props.switch("share-rw", disk.shareable.then_some(true));
        match vhost_user {
            true => _ = props.set("chardev", format!("chr-vu-{id}")),
            false => _ = props.maybe("drive", self.disk_node(disk)),
        }
        props.set("id", id);
        if disk.device != DiskDevice::Floppy {
            props.maybe("bootindex", self.boot_index(info));
            if self.capabilities.device_has_property("virtio-blk-ccw", "loadparm") {
                props.text("loadparm", info.load_parm.as_deref());
            }
        }
        self.disk_identity(&mut props, disk)?;
        self.disk_behaviour(&mut props, disk);
        Ok(props)
    }

    /// The device's type, and what only that type knows.
    fn disk_on_bus(self, disk: &Disk) -> Result<Props> {
        let is_cdrom = disk.device == DiskDevice::Cdrom;
        Ok(match bus(disk) {
            DiskBus::Ide | DiskBus::Sata => Props::device(if is_cdrom { "ide-cd" } else { "ide-hd" }),
            DiskBus::Scsi => Props::device(match disk.device {
                DiskDevice::Lun => "scsi-block",
                DiskDevice::Cdrom => "scsi-cd",
                _ => "scsi-hd",
            }),
            DiskBus::Usb => Props::device("usb-storage"),
            DiskBus::Fdc => Props::device("floppy"),
            DiskBus::Virtio => self.virtio_disk(disk)?,
            other => {
                let name = disk.name().unwrap_or_default();
                return Err(Error::config_unsupported(format!(
                    "disk '{name}': QEMU's guests have no disks on bus '{other}'"
                )));
            }
        })
    }

    fn virtio_disk(self, disk: &Disk) -> Result<Props> {
        let default = DiskDriver::default();
        let driver = disk.driver.as_ref().unwrap_or(&default);
        let vhost_user = matches!(disk.source.location, StorageLocation::VhostUser(_));
        let base = if vhost_user { "vhost-user-blk" } else { "virtio-blk" };
        let mut props = self.virtio(base, &disk.info, disk.model, &driver.virtio)?;
        props.maybe("iothread", driver.iothread.map(|id| format!("iothread{id}")));
        props.switch("ioeventfd", driver.ioeventfd).switch("event_idx", driver.event_idx);
        if disk.device == DiskDevice::Lun {
            if !self.capabilities.device_has_property("virtio-blk-pci", "scsi") {
                return Err(Error::config_unsupported(
                    "this QEMU passes no SCSI commands through virtio disks",
                ));
            }
            props.set("scsi", true);
        }
        props.positive("num-queues", driver.queues).positive("queue-size", driver.queue_size);
        props.maybe("iothread-vq-mapping", iothread_mapping(&driver.iothreads));
        Ok(props)
    }

    /// Sizes, numbers and names that the guest can read.
    fn disk_identity(self, props: &mut Props, disk: &Disk) -> Result<()> {
        if let Some(blocks) = &disk.blockio {
            props.positive("logical_block_size", blocks.logical_block_size);
            props.positive("physical_block_size", blocks.physical_block_size);
            props.positive("discard_granularity", blocks.discard_granularity);
        }
        if let Some(text) = &disk.wwn {
            let digits = text.trim_start_matches("0x");
            let number = u64::from_str_radix(digits, 16).map_err(|_| {
                Error::new(ErrorCode::InvalidArg, format!("the WWN '{text}' is no hexadecimal number"))
            })?;
            props.set("wwn", number);
        }
        props.positive("rotation_rate", disk.target.rotation_rate).text("vendor", disk.vendor.as_deref());
        match bus(disk) {
            DiskBus::Scsi => _ = props.text("product", disk.product.as_deref()),
            DiskBus::Ide | DiskBus::Sata => _ = props.text("model", disk.product.as_deref()),
            _ => {}
        }
        Ok(())
    }

    fn disk_behaviour(self, props: &mut Props, disk: &Disk) {
        let removable = disk.target.removable;
        match (bus(disk), disk.device) {
            (DiskBus::Usb, _) => _ = props.switch("removable", Some(removable.unwrap_or(OnOff::Off))),
            (DiskBus::Scsi, DiskDevice::Disk | DiskDevice::Floppy) => {
                _ = props.switch("removable", removable)
            }
            _ => {}
        }
        if disk.device != DiskDevice::Lun {
            props.maybe("write-cache", writes_back(cache_of(disk)).map(on_off));
        }
        if let Some(geometry) = &disk.geometry {
            props.positive("cyls", geometry.cylinders).positive("heads", geometry.heads);
            props.positive("secs", geometry.sectors);
            props.text(
                "bios-chs-trans",
                geometry.translation.map(|translation| match translation {
                    GeometryTranslation::None => "none",
                    GeometryTranslation::Auto => "auto",
                    GeometryTranslation::Lba => "lba",
                }),
            );
        }
        // Guests have always seen a backslash before each blank.
        props.maybe("serial", disk.serial.as_ref().map(|serial| serial.replace(' ', "\\ ")));
        let driver = disk.driver.as_ref();
        let on_write = driver.and_then(|driver| driver.error_policy);
        let on_read = driver.and_then(|driver| driver.read_error_policy);
        // Reading has no case of a full disk.
        let on_read = on_read.or(on_write.filter(|policy| *policy != DriveErrorPolicy::NoSpace));
        let spelled = |policy: DriveErrorPolicy| match policy {
            DriveErrorPolicy::Stop => "stop",
            DriveErrorPolicy::Report => "report",
            DriveErrorPolicy::Ignore => "ignore",
            DriveErrorPolicy::NoSpace => "enospc",
        };
        props.text("werror", on_write.map(spelled)).text("rerror", on_read.map(spelled));
    }
}

/// Which thread serves which queues.
pub fn iothread_mapping(threads: &[IoThreadMapping]) -> Option<Value> {
    if threads.is_empty() {
        return None;
    }
    let entry = |thread: &IoThreadMapping| {
        let mut props = Props::new();
        props.set("iothread", format!("iothread{}", thread.id));
        if !thread.queues.is_empty() {
            props.set("vqs", thread.queues.iter().map(|queue| json!(queue.id)).collect::<Vec<_>>());
        }
        Value::from(props)
    };
    Some(threads.iter().map(entry).collect::<Vec<_>>().into())
}
