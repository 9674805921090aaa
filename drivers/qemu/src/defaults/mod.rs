//! What a definition leaves out and QEMU guests have: machine type, CPU, the devices of the machine, models of devices.

mod audio;
mod console;
pub mod controllers;
mod cpu;
mod devices;
mod implicit;
mod machine;

pub use machine::emulator;

use ferrovirt_conf::domain::{Domain, ParseFlags, assign_isa_ports, assign_ports};
use ferrovirt_core::{ErrorDomain, Result};

use crate::addresses;
use crate::capabilities::Capabilities;

/// Fills in everything that the definition leaves out, as the binary with these capabilities has it, down to the
/// addresses of all devices.
pub fn fill(model: &mut Domain, capabilities: &Capabilities, flags: ParseFlags) -> Result<()> {
    fill_all(model, capabilities, flags).map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

fn fill_all(model: &mut Domain, capabilities: &Capabilities, flags: ParseFlags) -> Result<()> {
    controllers::sort(&mut model.devices.controllers);
    controllers::number(&mut model.devices.controllers);
    machine::fill(model, capabilities)?;
    implicit::add_machine_devices(model, capabilities)?;
    cpu::fill(model, capabilities)?;
    audio::add_backend(model);
    assign_isa_ports(&mut model.devices.serials)?;
    devices::fill(model, capabilities, flags)?;
    assign_ports(&mut model.devices.serials);
    assign_ports(&mut model.devices.parallels);
    model.fill_defaults(flags)?;
    console::complete(model)?;
    implicit::add_needed_controllers(model);
    implicit::add_video(model);
    devices::fill(model, capabilities, flags)?;
    model.devices.fill_defaults(&model.context());
    addresses::assign(model, capabilities, flags.abi_update)?;
    console::mirror(model);
    Ok(())
}
