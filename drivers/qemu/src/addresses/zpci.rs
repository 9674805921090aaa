//! What PCI devices are called on s390: numbers besides the address, which only means something to QEMU there.

use ferrovirt_conf::domain::{Address, Domain, ZpciAddress};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::Hex;
use std::collections::HashSet;

use super::pci_devices::for_each;
use crate::capabilities::Capabilities;

/// Gives every PCI device its two numbers. Users' own go first.
pub fn assign(model: &mut Domain, capabilities: &Capabilities) -> Result<()> {
    if !capabilities.has_device("zpci") {
        return Ok(());
    }
    let (mut uids, mut fids) = (HashSet::new(), HashSet::new());
    let twice = |what: &str, number: u32| {
        Error::internal(format!("two PCI devices have the zPCI {what} {number:#x}"))
    };
    for_each(&mut model.devices, |device| {
        let Some(Address::Pci(address)) = &device.info().address else { return Ok(()) };
        let given = address.zpci.unwrap_or_default();
        match (given.uid, given.fid) {
            (Some(uid), _) if !uids.insert(u32::from(uid.0)) => Err(twice("uid", uid.0.into())),
            (_, Some(fid)) if !fids.insert(fid.0) => Err(twice("fid", fid.0)),
            _ => Ok(()),
        }
    })?;
    // Those that have one of the numbers come before those that have none.
    for half_only in [true, false] {
        complete(model, &mut uids, &mut fids, half_only)?;
    }
    Ok(())
}

fn complete(
    model: &mut Domain,
    uids: &mut HashSet<u32>,
    fids: &mut HashSet<u32>,
    half_only: bool,
) -> Result<()> {
    for_each(&mut model.devices, |device| {
        let Some(Address::Pci(address)) = &mut device.info().address else { return Ok(()) };
        let given = address.zpci.unwrap_or_default();
        if half_only && given.uid.is_none() && given.fid.is_none() {
            return Ok(());
        }
        let zpci = address.zpci.get_or_insert_with(ZpciAddress::default);
        if zpci.uid.is_none() {
            let free = (1..=u32::from(u16::MAX)).find(|uid| uids.insert(*uid));
            let free = free.ok_or_else(|| Error::internal("all zPCI uids are taken"))?;
            zpci.uid = Some(Hex(free as u16));
        }
        if zpci.fid.is_none() {
            let free = (0..=u32::MAX).find(|fid| fids.insert(*fid));
            zpci.fid = Some(Hex(free.ok_or_else(|| Error::internal("all zPCI fids are taken"))?));
        }
        Ok(())
    })
}
