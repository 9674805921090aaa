//! What the firewall is told of a network.

use ferrovirt_conf::network::{ForwardMode, IpConfig, Network};
use ferrovirt_net::firewall::{Forward, NetworkFirewall};
use ferrovirt_xml::YesNo;

/// The rules of a network with a bridge of its own.
pub fn of(network: &Network) -> NetworkFirewall {
    let dev = || network.forward_dev().map(str::to_owned);
    let nat = network.forward.as_ref().and_then(|forward| forward.nat).unwrap_or_default();
    let forward = match network.mode() {
        ForwardMode::Nat => Forward::Nat {
            dev: dev(),
            ipv6: nat.ipv6 == Some(YesNo::Yes),
            addresses: nat.addresses.map(|range| (range.start.into(), range.end.into())),
            ports: nat.ports.map(|range| (range.start, range.end)),
        },
        ForwardMode::Route => Forward::Route { dev: dev() },
        ForwardMode::None => Forward::Isolated,
        _ => Forward::Open,
    };
    NetworkFirewall {
        network: network.name.clone(),
        bridge: network.bridge_name().unwrap_or_default().to_owned(),
        forward,
        addresses: network.ips.iter().filter_map(IpConfig::net).collect(),
        ipv6_between_guests: network.ipv6,
    }
}
