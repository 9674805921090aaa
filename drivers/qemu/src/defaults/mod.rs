//! What a definition leaves out and QEMU guests have: machine type, CPU, the devices of the machine, models of devices.

mod audio;
mod cpu;
mod devices;
mod features;
mod graphics;
mod implicit;
mod interfaces;
mod machine;
mod memory;
mod scsi;
mod seclabels;

pub(crate) use audio::drop_own_audio;
pub(crate) use devices::forget_own_path;
pub(crate) use implicit::VCPUS_WITHOUT_EIM;
pub(crate) use machine::preferred as preferred_machine;
pub(crate) use machine::target;
pub use machine::{accel, emulator};

use ferrovirt_conf::domain::{Controller, Device, Domain, OsType, ParseFlags};
use ferrovirt_core::{Error, ErrorDomain, Result};

use crate::addresses;
use crate::capabilities::Capabilities;
use crate::firmware;
use crate::layout::Site;

/// Fills in everything that the definition leaves out, as the binary with these capabilities has it, down to the
/// addresses of all devices. Files that are nobody's yet are put into the driver's folders.
pub fn fill(
    model: &mut Domain,
    capabilities: &Capabilities,
    site: Site<'_>,
    flags: ParseFlags,
) -> Result<()> {
    fill_all(model, capabilities, site, flags).map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

fn fill_all(
    model: &mut Domain,
    capabilities: &Capabilities,
    site: Site<'_>,
    flags: ParseFlags,
) -> Result<()> {
    seclabels::name_model(model, flags)?;
    arrange_companions(model);
    model.devices.check_redirected()?;
    machine::fill(model, capabilities)?;
    features::drop_foreign(model, capabilities, flags);
    firmware::choose(model, site, flags)?;
    implicit::add_machine_devices(model, capabilities)?;
    audio::add_backend(model, site.settings);
    cpu::fill_model(model, capabilities, site.settings)?;
    features::fill(model, capabilities);
    cpu::check_order(model)?;
    cpu::complete(model, capabilities)?;
    features::check_tseg(model, capabilities)?;
    memory::add_node(model, flags)?;
    cpu::fill_nodes(model);
    devices::fill(model, capabilities, site.paths, flags)?;
    model.fill_defaults(flags)?;
    if flags.inactive {
        graphics::forget_own_sockets(&mut model.devices.graphics, site.paths);
    }
    // Some devices were added by that: they lack what the others have.
    devices::fill(model, capabilities, site.paths, flags)?;
    model.devices.fill_defaults(&model.context());
    assign_addresses(model, capabilities, flags.abi_update)?;
    refuse_slash(&model.name)?;
    if model.os.os_type == OsType::Hvm {
        model.devices.refresh_first_console();
    }
    Ok(())
}

/// Files are named for guests.
fn refuse_slash(name: &str) -> Result<()> {
    if !name.contains('/') {
        return Ok(());
    }
    Err(Error::xml(format!("the name '{name}' of a guest can't have a '/'")).domain(ErrorDomain::Domain))
}

/// Where devices sit is a matter of the machine, not of QEMU: so say the errors.
fn assign_addresses(model: &mut Domain, capabilities: &Capabilities, abi_update: bool) -> Result<()> {
    addresses::assign(model, capabilities, abi_update).map_err(|err| err.or_domain(ErrorDomain::Domain))
}

/// Fills in what devices leave out, each by itself: no addresses, no controllers for them.
pub fn fill_device(
    model: &mut Domain,
    capabilities: &Capabilities,
    site: Site<'_>,
    flags: ParseFlags,
) -> Result<()> {
    devices::fill(model, capabilities, site.paths, flags).map_err(|err| err.or_domain(ErrorDomain::Qemu))
}

/// Fills in what a device leaves out that was added to a definition that is complete otherwise.
pub fn fill_added(
    model: &mut Domain,
    capabilities: &Capabilities,
    site: Site<'_>,
    flags: ParseFlags,
) -> Result<()> {
    let mut fill = || {
        let context = model.context();
        devices::fill(model, capabilities, site.paths, flags)?;
        model.devices.fill_defaults(&context);
        model.devices.add_implicit_controllers();
        devices::fill(model, capabilities, site.paths, flags)?;
        model.devices.fill_defaults(&context);
        assign_addresses(model, capabilities, false)
    };
    fill().map_err(|err: ferrovirt_core::Error| err.or_domain(ErrorDomain::Qemu))
}

/// Companion USB controllers stand behind their masters, also those that do not say that they are companions.
fn arrange_companions(model: &mut Domain) {
    let context = model.context();
    let devices = &mut model.devices;
    if !devices.controllers.iter().any(Controller::is_usb2) {
        return;
    }
    for mut controller in std::mem::take(&mut devices.controllers) {
        controller.fill_defaults(&context);
        devices.add_controller(controller);
    }
}

#[cfg(test)]
mod tests;
