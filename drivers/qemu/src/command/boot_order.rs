//! The boot order: that of each device, or what `<boot dev='…'/>` of `<os>` comes to.

use super::context::Context;
use ferrovirt_conf::domain::{BootDevice, DeviceInfo, Disk, DiskDevice, Domain};

impl Context<'_> {
    /// The place of a device in the boot order, from 1.
    pub fn boot_index(self, info: &DeviceInfo) -> Option<u32> {
        match info.boot_order.filter(|order| *order != 0) {
            Some(order) => Some(order),
            None => {
                // Of a kind that is named twice the last place counts.
                let mut places = by_kind(self.model).into_iter().rev();
                places.find(|(other, _)| same(other, info)).map(|(_, index)| index)
            }
        }
    }
}

fn same(one: &DeviceInfo, other: &DeviceInfo) -> bool {
    one.alias.is_some() && one.alias == other.alias
}

/// The first device of each kind that the guest shall boot from, with its place.
fn by_kind(model: &Domain) -> Vec<(&DeviceInfo, u32)> {
    let disk = |wanted: fn(&Disk) -> bool| {
        model.devices.disks.iter().find(|disk| wanted(disk)).map(|disk| &disk.info)
    };
    let mut found = Vec::new();
    for (at, boot) in model.os.boot.iter().enumerate() {
        let device = match boot.dev {
            BootDevice::Fd => disk(|disk| disk.device == DiskDevice::Floppy),
            BootDevice::Cdrom => disk(|disk| disk.device == DiskDevice::Cdrom),
            // A memory card counts, though nothing says so to QEMU: the machine knows where its card is.
            BootDevice::Hd => disk(|disk| matches!(disk.device, DiskDevice::Disk | DiskDevice::Lun)),
            BootDevice::Network => first_interface(model),
        };
        if let Some(device) = device {
            found.push((device, at as u32 + 1));
        }
    }
    found
}

fn first_interface(model: &Domain) -> Option<&DeviceInfo> {
    model.devices.interfaces.first().map(|interface| &interface.info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_conf::domain::ParseFlags;

    #[test]
    fn a_memory_card_may_be_the_first_disk() {
        let text = "<domain type='qemu'><name>a</name><memory>1</memory><os><type>hvm</type><boot dev='hd'/></os><devices>\
            <disk><source file='/c'/><target dev='sda' bus='sd'/></disk>\
            <disk><source file='/d'/><target dev='vda' bus='virtio'/></disk></devices></domain>";
        let model = Domain::parse(text, ParseFlags::DEFINE).unwrap();
        let found = by_kind(&model);
        assert_eq!(found.len(), 1);
        assert!(std::ptr::eq(found[0].0, &model.devices.disks[0].info));
        assert_eq!(model.devices.disks[0].name(), Some("sda"));
    }
}
