//! Drivers that run inside this process, with all their files below a root of the caller's.

use super::drivers::Drivers;
use super::open::Request;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, Result};
use ferrovirt_driver_network::NetworkState;
use ferrovirt_driver_qemu::QemuDriver;
use std::path::Path;
use std::sync::Arc;

/// `qemu:///embed?root=DIR`: guests and their networks, without a daemon.
pub(super) fn qemu(request: &Request<'_>) -> Result<Drivers> {
    let root = request.parameter("root").ok_or_else(|| Error::internal("an embedded driver has a root"))?;
    let layout = Layout::embedded(Path::new(&root));
    let network = NetworkState::open(layout.clone())?;
    let qemu = QemuDriver::open(layout, network.clone())?;
    Ok(Drivers { network, ..Drivers::hypervisor_only(Arc::new(qemu)) })
}
