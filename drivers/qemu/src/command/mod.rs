//! QEMU's command line, made from a definition in which everything is decided: aliases, addresses, ports.
//!
//! One file a device or subject. Builders are pure: what they need of the host is handed in, and what they want open
//! comes from [`Descriptors`]. The order of the arguments is part of the interface: clients and users know it.

mod address;
mod blockdev;
mod blockdev_network;
mod boot_order;
mod chardev;
mod clock;
mod context;
mod controller;
mod cpu;
mod crypto;
mod descriptors;
mod disk;
mod filesystem;
mod firmware;
mod general;
mod graphics;
mod hostdev;
mod input;
mod interface;
mod iommu;
mod launch_security;
mod line;
mod machine;
mod memballoon;
mod memory;
mod memory_device;
mod numa;
mod overrides;
mod panic;
mod parts;
mod prepare;
mod props;
mod rng;
mod serial;
mod shmem;
mod smartcard;
mod smbios;
mod sound;
mod storage_memory;
mod surroundings;
mod throttle;
mod tpm;
mod usb;
mod video;
mod vsock;
mod watchdog;

pub use blockdev::{highest_index, number_images};
pub use context::{Builder, Context};
pub use descriptors::{Descriptors, Open, Passed, Pretend};
pub use line::CommandLine;
pub use parts::{Part, Plugged, parts};
pub use prepare::{align_memory, prepare};
pub use props::Props;
pub use surroundings::{
    DISPLAY_PORTS, DisplaySettings, Embedded, FirmwarePair, Sealed, SecretUse, Secrets, Settings,
    Surroundings, TlsSettings, WEBSOCKET_PORTS,
};

use crate::capabilities::Capabilities;
use ferrovirt_conf::domain::{ControllerType, Domain};
use ferrovirt_core::Result;
use ferrovirt_host::process::Command;
use std::collections::HashMap;
use std::os::fd::OwnedFd;

/// What a guest is started from.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The live definition.
    pub model: &'a Domain,
    pub capabilities: &'a Capabilities,
    pub surroundings: &'a Surroundings<'a>,
    /// What has been opened for the guest; the monitor's listening socket must be there.
    pub files: HashMap<Passed, OwnedFd>,
}

/// Puts arguments, environment and descriptors into the command of a guest's process.
pub fn build(launch: Launch<'_>, command: &mut Command) -> Result<()> {
    let context =
        Context { model: launch.model, capabilities: launch.capabilities, host: launch.surroundings };
    let mut files = Open::new(launch.files, command);
    let line = arguments(context, &mut files)?;
    for (name, value) in &line.environment {
        command.env(name, value);
    }
    command.args(&line.arguments);
    Ok(())
}

/// The same as text, for a process that is started later or never.
pub fn arguments(context: Context<'_>, descriptors: &mut dyn Descriptors) -> Result<CommandLine> {
    let mut builder = Builder { context, descriptors, line: CommandLine::default(), descriptor_sets: 0 };
    builder.basics()?;
    builder.machine_and_memory()?;
    builder.identity()?;
    builder.behaviour()?;
    builder.devices()?;
    builder.rest()?;
    let mut line = builder.line;
    if !context.capabilities.schema_has("netdev_add/arg-type/type/^dgram") {
        line.write_netdevs_out();
    }
    Ok(line)
}

impl Builder<'_> {
    /// Environment, name, the key of all secrets.
    fn basics(&mut self) -> Result<()> {
        general::environment(self);
        general::name(self);
        general::deprecation(self);
        self.line.flag("-S");
        general::master_key(self);
        blockdev::managed_reservations(self);
        firmware::block_nodes(self)
    }

    fn machine_and_memory(&mut self) -> Result<()> {
        machine::build(self)?;
        machine::accelerator(self);
        firmware::smm_memory(self);
        cpu::build(self)?;
        firmware::loader(self);
        memory::build(self)?;
        cpu::smp(self)?;
        general::iothreads(self);
        throttle::groups(self);
        numa::build(self)
    }

    /// Who the guest is, for itself.
    fn identity(&mut self) -> Result<()> {
        general::uuid(self);
        smbios::build(self)?;
        smbios::firmware_config(self);
        general::generation_id(self)
    }

    fn behaviour(&mut self) -> Result<()> {
        general::no_defaults(self);
        general::monitor(self)?;
        clock::build(self)?;
        general::power(self);
        general::boot(self);
        Ok(())
    }

    fn devices(&mut self) -> Result<()> {
        iommu::build(self)?;
        controller::pci_holes(self)?;
        controller::build(self)?;
        memory_device::build(self)?;
        usb::hubs(self)?;
        controller::of_kind(self, ControllerType::Ccid)?;
        disk::build(self)?;
        filesystem::build(self)?;
        interface::build(self)?;
        smartcard::build(self)?;
        serial::serials(self)?;
        serial::parallels(self)?;
        serial::channels(self)?;
        serial::consoles(self)?;
        tpm::build(self)?;
        input::build(self)?;
        sound::backends(self)?;
        graphics::build(self)?;
        video::build(self)?;
        sound::build(self)?;
        watchdog::build(self)?;
        usb::redirections(self)?;
        hostdev::build(self)?;
        general::incoming(self);
        memballoon::build(self)?;
        rng::build(self)?;
        storage_memory::nvram(self);
        Ok(())
    }

    fn rest(&mut self) -> Result<()> {
        general::core_info(self)?;
        launch_security::build(self);
        general::user_arguments(self);
        general::sandbox(self);
        panic::build(self)?;
        shmem::build(self)?;
        vsock::build(self)?;
        crypto::build(self)?;
        storage_memory::pstore(self)?;
        general::async_teardown(self);
        general::timestamps(self);
        Ok(())
    }
}
