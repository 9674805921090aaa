//! `<domain register='yes'>`: the host's own resolver is told of the network's domain.

use ferrovirt_conf::network::Network;
use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::Command;
use ferrovirt_xml::YesNo;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// Tells systemd-resolved who answers for the domain. It forgets by itself when the bridge goes.
pub fn register(network: &Network) -> Result<()> {
    let Some(domain) = network.domain.as_ref().filter(|domain| domain.register == Some(YesNo::Yes)) else {
        return Ok(());
    };
    let (Some(bridge), Some(name), Some(server)) =
        (network.bridge_name(), domain.name.as_deref(), network.ips.first())
    else {
        return Ok(());
    };
    let address = server.address.to_string();
    // Only for names below the domain, so that the host's other questions do not go to the guests' server.
    let route = format!("~{name}");
    for words in [["dns", bridge, address.as_str()], ["domain", bridge, route.as_str()]] {
        let refuse = |why: String| {
            Error::operation_invalid(format!(
                "the domain of network '{}' can't be registered with systemd-resolved: {why}",
                network.name
            ))
        };
        let output =
            Command::new("resolvectl").args(words).output(PATIENCE).map_err(|err| refuse(err.message()))?;
        if !output.status.success() {
            return Err(refuse(output.complaint()));
        }
    }
    Ok(())
}
