//! Drivers that run inside this process, with all their files below a root of the caller's.

use super::drivers::Drivers;
use super::no_guests::NoGuests;
use super::open::Request;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, Result};
use ferrovirt_driver_interface::InterfaceState;
use ferrovirt_driver_network::NetworkState;
use ferrovirt_driver_nodedev::NodeDeviceState;
use ferrovirt_driver_nwfilter::NwFilterState;
use ferrovirt_driver_qemu::QemuDriver;
use ferrovirt_driver_secret::{Callers, SecretState};
use ferrovirt_driver_storage::StorageState;
use std::path::Path;
use std::sync::Arc;

/// `qemu:///embed?root=DIR`: guests, and what they need of networks, filters, secrets and volumes, without a daemon.
pub(super) fn qemu(request: &Request<'_>) -> Result<Drivers> {
    let layout = layout(request)?;
    let network = NetworkState::open(layout.clone())?;
    let secret = SecretState::open(&layout, Callers::Program)?;
    let nwfilter = NwFilterState::open(&layout)?;
    let storage = StorageState::open(&layout, secret.for_host())?;
    let nodedev = NodeDeviceState::open(&layout)?;
    let interface = Arc::new(InterfaceState::default());
    let qemu = QemuDriver::open(layout, network.clone(), storage.clone(), secret.for_host())?;
    let hypervisor = Drivers::hypervisor_only(Arc::new(qemu));
    Ok(Drivers { interface, network, nodedev, nwfilter, secret, storage, ..hypervisor })
}

/// `secret:///embed?root=DIR`: secrets alone, those of `qemu:///embed` with the same root.
pub(super) fn secret(request: &Request<'_>) -> Result<Drivers> {
    let secret = SecretState::open(&layout(request)?, Callers::Program)?;
    Ok(Drivers { secret, ..Drivers::hypervisor_only(Arc::new(NoGuests { kind: "secret" })) })
}

/// `nwfilter:///embed?root=DIR`: network filters alone.
pub(super) fn nwfilter(request: &Request<'_>) -> Result<Drivers> {
    let nwfilter = NwFilterState::open(&layout(request)?)?;
    Ok(Drivers { nwfilter, ..Drivers::hypervisor_only(Arc::new(NoGuests { kind: "nwfilter" })) })
}

/// `storage:///embed?root=DIR`: pools and volumes, and the secrets that open them.
pub(super) fn storage(request: &Request<'_>) -> Result<Drivers> {
    let layout = layout(request)?;
    let secret = SecretState::open(&layout, Callers::Program)?;
    let storage = StorageState::open(&layout, secret.for_host())?;
    Ok(Drivers { secret, storage, ..Drivers::hypervisor_only(Arc::new(NoGuests { kind: "storage" })) })
}

/// The folders below the root that the URI names.
fn layout(request: &Request<'_>) -> Result<Layout> {
    let root = request.parameter("root").ok_or_else(|| Error::internal("an embedded driver has a root"))?;
    Ok(Layout::embedded(Path::new(&root)))
}

#[cfg(test)]
mod tests {
    use crate::Connection;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn secrets_and_filters_are_kept_without_a_hypervisor() {
        let root = tempfile::tempdir().unwrap();
        let open = |scheme: &str| {
            let uri = format!("{scheme}:///embed?root={}", root.path().display());
            Connection::open(Some(&uri)).unwrap()
        };
        let connection = open("secret");
        assert_eq!(connection.driver_type().unwrap(), "secret");
        let secret = connection.define_secret("<secret/>", 0).unwrap();
        assert_eq!(open("secret").list_all_secrets(0).unwrap()[0].uuid(), secret.uuid());
        let unsupported = connection.define_nw_filter("<filter name='f'/>", 0).err().unwrap();
        assert_eq!(unsupported.code(), ErrorCode::NoSupport);
        let connection = open("nwfilter");
        connection.define_nw_filter("<filter name='f'/>", 0).unwrap();
        assert_eq!(connection.list_nw_filters().unwrap(), ["f"]);
    }
}
