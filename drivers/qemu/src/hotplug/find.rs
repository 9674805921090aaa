//! Which of a guest's devices a description means.

use super::device::Device;
use crate::command::Plugged;
use ferrovirt_conf::domain::{Address, Domain, Interface, Rng};
use ferrovirt_core::{Error, ErrorCode, Result};

/// The device that a description means.
pub fn meant(model: &Domain, device: &Device) -> Result<Plugged> {
    match device {
        Device::Interface(wanted) => interface(model, wanted).map(Plugged::Interface),
        Device::Disk(wanted) => {
            let target = wanted.name().unwrap_or_default();
            let found = model.devices.disks.iter().position(|disk| disk.name() == Some(target));
            found.map(Plugged::Disk).ok_or_else(|| missing(format!("the domain has no disk '{target}'")))
        }
        Device::Rng(wanted) => {
            let found = model.devices.rngs.iter().position(|rng| is_same_rng(rng, wanted));
            found.map(Plugged::Rng).ok_or_else(|| missing("the domain has no such <rng>"))
        }
        Device::Other(_) => Err(device.unsupported(ErrorCode::OperationUnsupported, "detach")),
    }
}

/// The device with this alias.
pub fn by_alias(model: &Domain, alias: &str) -> Option<Plugged> {
    let devices = &model.devices;
    let has = |name: &Option<String>| name.as_deref() == Some(alias);
    let interface =
        devices.interfaces.iter().position(|device| has(&device.info.alias)).map(Plugged::Interface);
    let disk = || devices.disks.iter().position(|device| has(&device.info.alias)).map(Plugged::Disk);
    let rng = || devices.rngs.iter().position(|device| has(&device.info.alias)).map(Plugged::Rng);
    interface.or_else(disk).or_else(rng)
}

fn missing(text: impl Into<String>) -> Error {
    Error::new(ErrorCode::DeviceMissing, text.into())
}

/// An interface is known by its MAC address, its place in the guest, its alias: by all of them that are given.
fn interface(model: &Domain, wanted: &Interface) -> Result<usize> {
    let fits = |have: &Interface| {
        let mac = wanted.mac_address().is_none_or(|mac| have.mac_address() == Some(mac));
        let place = match &wanted.info.address {
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

pub fn same_function(a: &ferrovirt_conf::domain::PciAddress, b: &ferrovirt_conf::domain::PciAddress) -> bool {
    (a.domain, a.bus, a.slot, a.function) == (b.domain, b.bus, b.slot, b.function)
}

fn is_same_rng(have: &Rng, wanted: &Rng) -> bool {
    let place = wanted.info.address.is_none() || wanted.info.address == have.info.address;
    (have.model, &have.backend, have.rate_bytes, have.rate_period)
        == (wanted.model, &wanted.backend, wanted.rate_bytes, wanted.rate_period)
        && place
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
        meant(&model(), &Device::parse(xml, false)?)
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
    }

    #[test]
    fn what_is_no_device_is_refused() {
        assert_eq!(Device::parse("<domain/>", true).unwrap_err().code(), ErrorCode::XmlError);
        assert_eq!(Device::parse("<tpm/>", true).unwrap().kind(), "tpm");
    }
}
