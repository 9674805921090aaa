//! Which of a guest's devices a description means.

use super::device::{Device, Kind};
use super::same;
use crate::command::Plugged;
use ferrovirt_conf::domain::{Address, Domain, Interface, PciAddress};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};

/// The device of a running guest that a description means.
pub fn meant(model: &Domain, device: &Device) -> Result<Plugged> {
    match device {
        Device::Interface(_) => place(model, device).map(Plugged::Interface),
        Device::Disk(_) => place(model, device).map(Plugged::Disk),
        Device::Rng(_) => place(model, device).map(Plugged::Rng),
        _ => Err(super::device::unsupported(device, ErrorCode::OperationUnsupported, "live detach")),
    }
}

/// The device of a running guest with this alias, if it is one that can be unplugged.
pub fn by_alias(model: &Domain, alias: &str) -> Option<Plugged> {
    match Kind::by_alias(&model.devices, alias)? {
        (Kind::Interface, at) => Some(Plugged::Interface(at)),
        (Kind::Disk, at) => Some(Plugged::Disk(at)),
        (Kind::Rng, at) => Some(Plugged::Rng(at)),
        _ => None,
    }
}

/// Takes a device out of a running guest's description.
pub fn remove(model: &mut Domain, which: Plugged) {
    let (kind, at) = match which {
        Plugged::Interface(at) => (Kind::Interface, at),
        Plugged::Disk(at) | Plugged::Medium(at) => (Kind::Disk, at),
        Plugged::Rng(at) => (Kind::Rng, at),
    };
    kind.remove(&mut model.devices, at);
}

/// The place, among its like, of the device that a description means.
pub fn place(model: &Domain, device: &Device) -> Result<usize> {
    let devices = &model.devices;
    match device {
        Device::Interface(wanted) => {
            interface(model, wanted).map_err(|err| err.or_domain(ErrorDomain::Domain))
        }
        Device::Disk(wanted) => {
            let target = wanted.name().unwrap_or_default();
            let found = devices.disks.iter().position(|disk| disk.name() == Some(target));
            found.ok_or_else(|| missing(format!("the domain has no disk '{target}'")))
        }
        // A running guest's memory is told by where it is; in a definition it may not have been given a place yet.
        Device::Memory(wanted) => {
            let found = devices.memories.iter().position(|have| same::memory(have, wanted, true));
            let found =
                found.or_else(|| devices.memories.iter().position(|have| same::memory(have, wanted, false)));
            found.ok_or_else(|| absent(device))
        }
        _ => {
            let others = 0..device.kind().count(devices);
            let mut same = others.filter(|at| {
                device.kind().get(devices, *at).is_some_and(|have| same::device(have, device.as_ref()))
            });
            same.next().ok_or_else(|| absent(device))
        }
    }
}

/// The error for a description that fits no device.
fn absent(device: &Device) -> Error {
    let code = match device {
        Device::Channel(_) | Device::Console(_) | Device::Parallel(_) | Device::Serial(_) => {
            ErrorCode::InvalidArg
        }
        Device::Vsock(_) | Device::Iommu(_) => ErrorCode::OperationFailed,
        _ => ErrorCode::DeviceMissing,
    };
    Error::new(code, format!("the domain has no <{}> that fits the description", device.name()))
}

fn missing(text: impl Into<String>) -> Error {
    Error::new(ErrorCode::DeviceMissing, text.into())
}

/// An interface is known by its MAC address, its place in the guest, its alias: by all of them that are given.
fn interface(model: &Domain, wanted: &Interface) -> Result<usize> {
    let fits = |have: &Interface| {
        let mac = wanted.mac_address().is_none_or(|mac| have.mac_address() == Some(mac));
        let place = match &wanted.info.address {
            // Nothing but zeros is no place.
            Some(Address::Pci(place)) if same_function(place, &PciAddress::default()) => true,
            Some(Address::Pci(place)) => have.info.pci().is_some_and(|have| same_function(have, place)),
            Some(address @ Address::Ccw(_)) => have.info.address.as_ref() == Some(address),
            _ => true,
        };
        let alias = match (&wanted.info.alias, &have.info.alias) {
            (Some(wanted), Some(have)) => wanted == have,
            _ => true,
        };
        mac && place && alias
    };
    let mac = || wanted.mac_address().map_or_else(|| "none".to_owned(), |mac| mac.to_string());
    let mut found =
        model.devices.interfaces.iter().enumerate().filter(|(_, have)| fits(have)).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(Error::operation_failed(format!(
            "more than one interface fits the description (MAC address: {}); name one by its <address> or <alias>",
            mac()
        ))),
        (None, _) => Err(missing(format!(
            "the domain has no interface that fits the description (MAC address: {}, alias: {})",
            mac(),
            wanted.info.alias.as_deref().unwrap_or("none")
        ))),
    }
}

pub fn same_function(a: &PciAddress, b: &PciAddress) -> bool {
    (a.domain, a.bus, a.slot, a.function) == (b.domain, b.bus, b.slot, b.function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_conf::domain::ParseFlags;

    fn model() -> Domain {
        let nic = |mac: &str, slot: u8| {
            format!(
                "<interface type='user'><mac address='{mac}'/><address type='pci' domain='0' bus='0' \
                 slot='{slot:#x}' function='0'/></interface>"
            )
        };
        let text = format!(
            "<domain type='qemu'><name>a</name><memory>1</memory><os><type>hvm</type></os><devices>{}{}{}</devices></domain>",
            nic("52:54:00:00:00:01", 3),
            nic("52:54:00:00:00:01", 4),
            nic("52:54:00:00:00:02", 5)
        );
        Domain::parse(&text, ParseFlags::LOAD).unwrap()
    }

    fn find(xml: &str) -> Result<Plugged> {
        meant(&model(), &crate::hotplug::device::parse(xml, false)?)
    }

    #[test]
    fn an_interface_is_found_by_what_is_said_of_it() {
        let by = |inner: &str| find(&format!("<interface type='user'>{inner}</interface>"));
        assert_eq!(by("<mac address='52:54:00:00:00:02'/>").unwrap(), Plugged::Interface(2));
        let twice = by("<mac address='52:54:00:00:00:01'/>").unwrap_err();
        assert_eq!(twice.code(), ErrorCode::OperationFailed);
        let slot = "<mac address='52:54:00:00:00:01'/><address type='pci' slot='4'/>";
        assert_eq!(by(slot).unwrap(), Plugged::Interface(1));
        assert_eq!(by("<mac address='52:54:00:00:00:03'/>").unwrap_err().code(), ErrorCode::DeviceMissing);
        assert_eq!(by("").unwrap_err().code(), ErrorCode::OperationFailed);
        let nowhere = "<mac address='52:54:00:00:00:02'/><address type='pci'/>";
        assert_eq!(by(nowhere).unwrap(), Plugged::Interface(2));
    }

    #[test]
    fn what_is_no_device_is_refused() {
        assert_eq!(
            crate::hotplug::device::parse("<domain/>", true).unwrap_err().code(),
            ErrorCode::ConfigUnsupported
        );
        assert_eq!(crate::hotplug::device::parse("<vsock/>", true).unwrap().name(), "vsock");
    }
}
