//! Pools of devices: the virtual functions behind a physical one, found in sysfs.

use ferrovirt_conf::domain::PciAddress;
use ferrovirt_conf::network::{ForwardAddress, ForwardAddressKind, ForwardInterface, ForwardMode, Network};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::Hex;
use std::fs;
use std::path::Path;

/// Whether the device at this PCI address is a virtual function.
pub fn is_virtual_function(address: &str) -> bool {
    Path::new("/sys/bus/pci/devices").join(address).join("physfn").exists()
}

/// Fills the pool of a network that names a physical function and no devices.
pub fn fill(network: &mut Network) -> Result<()> {
    let (mode, name) = (network.mode(), network.name.clone());
    let Some(forward) = &mut network.forward else { return Ok(()) };
    let Some(pf) =
        forward.pf.clone().filter(|_| forward.interfaces.is_empty() && forward.addresses.is_empty())
    else {
        return Ok(());
    };
    for folder in virtual_functions(&pf.dev)? {
        if mode == ForwardMode::Hostdev {
            forward.addresses.extend(address_of(&folder));
        } else {
            match interface_of(&folder) {
                Some(dev) => forward.interfaces.push(ForwardInterface { dev, connections: 0 }),
                None => {
                    tracing::warn!(network = name, function = %folder.display(), "no network driver has it")
                }
            }
        }
    }
    if forward.interfaces.is_empty() && forward.addresses.is_empty() {
        return Err(Error::internal(format!(
            "the device '{}' of network '{name}' has no virtual functions that can be used; set sriov_numvfs first",
            pf.dev
        )));
    }
    Ok(())
}

/// The folders of a device's virtual functions, in their order.
fn virtual_functions(dev: &str) -> Result<Vec<std::path::PathBuf>> {
    let folder = Path::new("/sys/class/net").join(dev).join("device");
    let describe = |err| Error::system(err, format!("cannot list the virtual functions of '{dev}'"));
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(describe)? {
        let entry = entry.map_err(describe)?;
        let name = entry.file_name();
        if let Some(number) = name.to_str().and_then(|name| name.strip_prefix("virtfn")?.parse::<u32>().ok())
        {
            found.push((number, entry.path()));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

fn address_of(function: &Path) -> Option<ForwardAddress> {
    let device = fs::canonicalize(function).ok()?;
    let pci = parse_address(device.file_name()?.to_str()?)?;
    Some(ForwardAddress { kind: ForwardAddressKind::Pci, pci, connections: 0 })
}

/// `0000:03:10.1`
fn parse_address(text: &str) -> Option<PciAddress> {
    let (rest, function) = text.split_once('.')?;
    let mut parts = rest.split(':');
    let (domain, bus, slot) = (parts.next()?, parts.next()?, parts.next()?);
    Some(PciAddress {
        domain: Hex(u16::from_str_radix(domain, 16).ok()?),
        bus: Hex(u8::from_str_radix(bus, 16).ok()?),
        slot: Hex(u8::from_str_radix(slot, 16).ok()?),
        function: Hex(u8::from_str_radix(function, 16).ok()?),
        ..Default::default()
    })
}

fn interface_of(function: &Path) -> Option<String> {
    let entry = fs::read_dir(function.join("net")).ok()?.next()?.ok()?;
    entry.file_name().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let address = parse_address("0001:82:1f.7").unwrap();
        let parts = (address.domain.0, address.bus.0, address.slot.0, address.function.0);
        assert_eq!(parts, (1, 0x82, 0x1f, 7));
        assert!(parse_address("virtfn0").is_none());
    }
}
