//! What a definition leaves out and QEMU guests have: machine type, CPU, the devices of the machine, models of devices.

mod audio;
mod cpu;
mod devices;
mod features;
mod implicit;
mod interfaces;
mod machine;
mod memory;
mod scsi;

pub use machine::{accel, emulator};

use ferrovirt_conf::domain::{Domain, OsType, ParseFlags};
use ferrovirt_core::{ErrorDomain, Result};

use crate::addresses;
use crate::capabilities::Capabilities;
use crate::layout::Paths;

/// Fills in everything that the definition leaves out, as the binary with these capabilities has it, down to the
/// addresses of all devices. Files that are nobody's yet are put into the driver's folders.
pub fn fill(model: &mut Domain, capabilities: &Capabilities, paths: &Paths, flags: ParseFlags) -> Result<()> {
    fill_all(model, capabilities, paths, flags).map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

fn fill_all(model: &mut Domain, capabilities: &Capabilities, paths: &Paths, flags: ParseFlags) -> Result<()> {
    machine::fill(model, capabilities)?;
    features::drop_foreign(model, capabilities, flags);
    implicit::add_machine_devices(model, capabilities)?;
    audio::add_backend(model);
    cpu::fill_model(model, capabilities)?;
    features::fill(model, capabilities);
    cpu::check_order(model)?;
    cpu::complete(model, capabilities)?;
    features::check_tseg(model, capabilities)?;
    memory::add_node(model, flags)?;
    cpu::fill_nodes(model);
    devices::fill(model, capabilities, paths, flags)?;
    model.fill_defaults(flags)?;
    // Some devices were added by that: they lack what the others have.
    devices::fill(model, capabilities, paths, flags)?;
    model.devices.fill_defaults(&model.context());
    addresses::assign(model, capabilities, flags.abi_update)?;
    if model.os.os_type == OsType::Hvm {
        model.devices.refresh_first_console();
    }
    Ok(())
}
