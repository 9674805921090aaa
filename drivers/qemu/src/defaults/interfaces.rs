//! The models of network cards, and what moves their packets.

use ferrovirt_conf::domain::{Connection, Interface, InterfaceBackendType};

use crate::capabilities::Capabilities;
use crate::machine::Family;
use ferrovirt_conf::cpu::Arch;

/// Chooses model and backend of an interface that names none.
pub fn fill(
    interface: &mut Interface,
    family: Family,
    arch: Arch,
    machine: &str,
    capabilities: &Capabilities,
) {
    let virtio_only = matches!(interface.connection, Connection::Vdpa { .. } | Connection::VhostUser(_));
    let is_hostdev = matches!(interface.connection, Connection::Hostdev(_));
    if interface.model.is_none() && virtio_only {
        interface.model = Some("virtio".into());
    } else if interface.model.is_none() && !is_hostdev {
        interface.model = Some(default_model(family, arch, machine, capabilities).into());
    }
    let said = !matches!(interface.backend.kind, None | Some(InterfaceBackendType::Default));
    // Builds without user-mode networking of their own have passt beside them.
    if matches!(interface.connection, Connection::User { .. })
        && !said
        && !capabilities.schema_has("netdev_add/arg-type/+user")
    {
        interface.backend.kind = Some(InterfaceBackendType::Passt);
    }
}

/// The model that every guest of the kind has a driver for.
fn default_model(family: Family, arch: Arch, machine: &str, capabilities: &Capabilities) -> &'static str {
    if arch.is_s390() || family.is_virt() {
        return "virtio";
    }
    if arch.is_arm() {
        return if machine == "versatilepb" { "smc91c111" } else { "lan9118" };
    }
    let models = [("rtl8139", "rtl8139"), ("e1000", "e1000"), ("virtio-net-pci", "virtio")];
    let found = models.into_iter().find(|(device, _)| capabilities.has_device(device));
    found.map_or("rtl8139", |(_, model)| model)
}
