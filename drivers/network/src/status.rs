//! The files that say what is active: networks and their ports, in libvirt's form.

use crate::network::Live;
use crate::paths::Paths;
use ferrovirt_conf::network::{Network, NetworkPort};
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::Result;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_xml::{XmlElement, from_str, to_string};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// `<networkstatus>`
#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "networkstatus")]
struct NetworkStatus {
    /// The traffic classes that are in use on the bridge; 0 to 2 are the network's own.
    #[xml(attr = "class_id/@bitmap")]
    class_ids: Option<CpuSet>,
    /// What is guaranteed to all ports together, in KiB/s.
    #[xml(attr = "floor/@sum")]
    floor_sum: Option<u64>,
    #[xml(child)]
    network: Network,
}

/// Writes an active network's status.
pub fn save(paths: &Paths, live: &Live) -> Result<()> {
    write(&paths.status(&live.definition.name), live)
}

/// Notes what is about to be put up or taken down.
pub fn save_pending(paths: &Paths, live: &Live) -> Result<()> {
    write(&paths.pending(&live.definition.name), live)
}

fn write(path: &Path, live: &Live) -> Result<()> {
    let bandwidths = || live.ports.values().filter_map(|port| port.bandwidth);
    let used = bandwidths().filter_map(|bandwidth| bandwidth.class_id);
    let status = NetworkStatus {
        class_ids: Some((0..3).chain(used).collect()),
        floor_sum: Some(bandwidths().filter_map(|bandwidth| bandwidth.floor()).sum()),
        network: live.counted(),
    };
    let text = format!("{}{}", persist::edit_warning("net-edit"), to_string(&status));
    persist::write_atomic(path, text.as_bytes(), 0o600, Durability::Process)
}

/// Reads the definition in a status file. Very old ones are nothing but the definition.
pub fn read(path: &Path) -> Result<Option<Network>> {
    let Some(text) = persist::read_optional(path)? else { return Ok(None) };
    let mut network = match from_str::<NetworkStatus>(&text, "network_status") {
        Ok(status) => status.network,
        Err(err) => Network::from_xml(&text, false).map_err(|_| err)?,
    };
    // The counts are of the ports, which have files of their own.
    network.strip_counts();
    Ok(Some(network))
}

/// Writes a port's file.
pub fn save_port(paths: &Paths, network: &str, port: &NetworkPort) -> Result<()> {
    let text = format!("{}{}", persist::edit_warning("net-port-create"), port.to_xml());
    let path = paths.port(network, port.uuid);
    persist::write_atomic(&path, text.as_bytes(), 0o600, Durability::Process)
}

/// Reads all ports of a network. One that can't be read is logged: its guest runs on, only less well accounted for.
pub fn read_ports(paths: &Paths, network: &str) -> Result<BTreeMap<Uuid, Arc<NetworkPort>>> {
    let mut ports = BTreeMap::new();
    for path in persist::list(&paths.ports(network), "xml")? {
        let read = persist::read_optional(&path)
            .and_then(|text| text.map(|text| NetworkPort::from_xml(&text, false)).transpose());
        match read {
            Ok(Some(port)) => _ = ports.insert(port.uuid, Arc::new(port)),
            Ok(None) => {}
            Err(err) => tracing::warn!(path = %path.display(), %err, "a network port can't be read"),
        }
    }
    Ok(ports)
}
