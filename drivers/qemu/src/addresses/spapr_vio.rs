//! Registers on the pSeries' own bus.

use ferrovirt_conf::domain::{
    Address, ControllerModel, ControllerType, DeviceInfo, Devices, Domain, SerialTargetType, SpaprVioAddress,
    TpmModel,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::BareHex;

use crate::machine::Family;

const NETWORK: u64 = 0x1000;
const SCSI: u64 = 0x2000;
const SERIAL: u64 = 0x3000_0000;
const NVRAM: u64 = 0x3000;
const TPM: u64 = 0x4000;

/// From one register to the next.
const STEP: u64 = 0x1000;

/// Gives every device on that bus its register: the one where QEMU puts such devices, or the next free one.
pub fn assign(model: &mut Domain) -> Result<()> {
    let pseries = Family::of_domain(model) == Family::PSeries;
    mark(&mut model.devices, pseries);
    let mut taken: Vec<u64> = Vec::new();
    for_each(&mut model.devices, |info, _| match register(info) {
        Some(Some(given)) if taken.contains(&given) => {
            Err(Error::xml(format!("spapr-vio address {given:#x} is used twice")).domain(ErrorDomain::Qemu))
        }
        Some(Some(given)) => {
            taken.push(given);
            Ok(())
        }
        _ => Ok(()),
    })?;
    for_each(&mut model.devices, |info, first| {
        if let Some(None) = register(info) {
            let mut register = first;
            while taken.contains(&register) {
                register += STEP;
            }
            taken.push(register);
            info.address = Some(Address::SpaprVio(SpaprVioAddress { reg: Some(BareHex(register)) }));
        }
        Ok(())
    })
}

/// The register of a device on the bus, if it has one yet.
fn register(info: &DeviceInfo) -> Option<Option<u64>> {
    match &info.address {
        Some(Address::SpaprVio(address)) => Some(address.reg.map(|reg| reg.0)),
        _ => None,
    }
}

/// Devices that can be nowhere else.
fn mark(devices: &mut Devices, pseries: bool) {
    let put = |info: &mut DeviceInfo| {
        if register(info).is_none() {
            info.address = Some(Address::SpaprVio(SpaprVioAddress::default()));
        }
    };
    devices
        .interfaces
        .iter_mut()
        .filter(|i| i.model.as_deref() == Some("spapr-vlan"))
        .for_each(|i| put(&mut i.info));
    let scsi = |c: &&mut ferrovirt_conf::domain::Controller| {
        c.kind == ControllerType::Scsi && c.model == Some(ControllerModel::IbmVscsi)
    };
    devices.controllers.iter_mut().filter(scsi).for_each(|c| put(&mut c.info));
    let serials = devices.serials.iter_mut().filter(|s| s.target_type == SerialTargetType::SpaprVioSerial);
    serials.for_each(|serial| put(&mut serial.info));
    if pseries {
        devices.nvram.iter_mut().for_each(|nvram| put(&mut nvram.info));
        let tpms = devices.tpms.iter_mut().filter(|tpm| tpm.model != Some(TpmModel::SpaprTpmProxy));
        tpms.for_each(|tpm| put(&mut tpm.info));
    }
}

/// Devices that may be on the bus, with the register that the first of their kind has.
fn for_each(devices: &mut Devices, mut body: impl FnMut(&mut DeviceInfo, u64) -> Result<()>) -> Result<()> {
    devices.interfaces.iter_mut().try_for_each(|device| body(&mut device.info, NETWORK))?;
    devices.controllers.iter_mut().try_for_each(|device| body(&mut device.info, SCSI))?;
    devices.serials.iter_mut().try_for_each(|device| body(&mut device.info, SERIAL))?;
    devices.nvram.iter_mut().try_for_each(|device| body(&mut device.info, NVRAM))?;
    devices.tpms.iter_mut().try_for_each(|device| body(&mut device.info, TPM))
}
