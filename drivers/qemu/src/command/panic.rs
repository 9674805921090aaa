//! `<panic>`: how the guest tells that it has crashed.

use super::context::{Builder, Context};
use super::line::Parts;
use super::props::Props;
use ferrovirt_conf::domain::{Address, Domain, Panic, PanicModel};
use ferrovirt_core::{Error, Result};

/// Hyper-V's way is a feature of the CPU.
pub fn hyperv(model: &Domain, flags: &mut Parts) {
    if model.devices.panics.iter().any(|panic| panic.model == PanicModel::Hyperv) {
        flags.add("hv-crash");
    }
}

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for panic in &b.model().devices.panics {
        if let Some(props) = b.context.panic(panic)? {
            b.device(props)?;
        }
    }
    Ok(())
}

impl Context<'_> {
    /// The device, where it is one.
    pub fn panic(self, panic: &Panic) -> Result<Option<Props>> {
        let info = &panic.info;
        Ok(match panic.model {
            PanicModel::Isa => {
                let mut props = Props::device("pvpanic");
                if let Some(Address::Isa(address)) = &info.address {
                    props.set("ioport", address.iobase.map_or(0, |port| port.0));
                }
                Some(props)
            }
            PanicModel::Pvpanic => {
                let mut props = Props::device("pvpanic-pci");
                self.address(&mut props, info)?;
                Some(props)
            }
            // Built in, or a feature.
            PanicModel::S390 | PanicModel::Hyperv | PanicModel::Pseries => None,
            PanicModel::Default => return Err(Error::internal("a panic device has no model yet")),
        })
    }
}
