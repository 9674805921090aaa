//! The leases that a network has given out, read from where dnsmasq keeps them.

use crate::network::VirtualNetwork;
use crate::paths::Paths;
use ferrovirt_conf::network::{IpConfig, Network};
use ferrovirt_conf::values::Mac;
use ferrovirt_core::driver::DhcpLease;
use ferrovirt_core::{Error, ErrorCode, Result, persist};
use serde::Deserialize;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// `VIR_IP_ADDR_TYPE_IPV4` and `..._IPV6`.
const IPV4: i32 = 0;
const IPV6: i32 = 1;

/// The leases that have not expired, of all guests or of the one with this MAC address.
pub fn list(paths: &Paths, network: &VirtualNetwork, mac: Option<&str>) -> Result<Vec<DhcpLease>> {
    let wanted: Option<Mac> = mac
        .map(|mac| mac.parse().map_err(|_| Error::new(ErrorCode::InvalidMac, mac.to_owned())))
        .transpose()?;
    let view = network.view();
    let Some(definition) = view.current() else { return Ok(Vec::new()) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let mut leases = read(paths, definition)?;
    leases.retain(|lease| lease.expiry_time == 0 || lease.expiry_time >= now);
    if let Some(wanted) = wanted {
        leases.retain(|lease| lease.mac.as_ref().is_some_and(|mac| mac.parse() == Ok(wanted)));
    }
    Ok(leases)
}

fn read(paths: &Paths, network: &Network) -> Result<Vec<DhcpLease>> {
    if let Some(text) = persist::read_optional(&paths.leases(&network.name))? {
        return Ok(parse(&text, network));
    }
    // A dnsmasq that libvirt has started tells libvirt's helper of its leases.
    let Some(bridge) = network.bridge_name() else { return Ok(Vec::new()) };
    let path = paths.foreign_leases(bridge);
    match persist::read_optional(&path)?.filter(|text| !text.trim().is_empty()) {
        Some(text) => parse_foreign(&text, network).map_err(|err| {
            Error::internal(format!("'{}' is not a list of leases in JSON: {err}", path.display()))
        }),
        None => Ok(Vec::new()),
    }
}

/// Lines of time, MAC address, IP address, name, client id; behind a line that begins with `duid`, for IPv6, of time,
/// association id, IP address, name, client DUID. What is not known is `*`. Other lines are not ours to understand.
fn parse(text: &str, network: &Network) -> Vec<DhcpLease> {
    text.lines().filter_map(|line| parse_line(line, network)).collect()
}

fn parse_line(line: &str, network: &Network) -> Option<DhcpLease> {
    let mut words = line.split_ascii_whitespace();
    let expiry_time = words.next()?.parse().ok()?;
    let (link, ip, hostname, client) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let ip: IpAddr = ip.parse().ok()?;
    let known = |word: &str| (word != "*").then(|| word.to_owned());
    let (mac, iaid) = match ip {
        // The type of the hardware stands in front where it is not Ethernet.
        IpAddr::V4(_) => (Some(link.rsplit('-').next().unwrap_or(link).to_owned()), None),
        // A "T" marks an association for temporary addresses.
        IpAddr::V6(_) => (mac_of_duid(client), Some(link.trim_start_matches('T').to_owned())),
    };
    let (hostname, client_id) = (known(hostname), known(client));
    Some(DhcpLease { expiry_time, mac, iaid, hostname, client_id, ..lease_of(ip, network) })
}

/// The DUIDs of types 1 and 3 end with the MAC address that the client had when it made them.
fn mac_of_duid(duid: &str) -> Option<String> {
    let bytes: Vec<u8> =
        duid.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect::<Option<_>>()?;
    let mac = match bytes[..] {
        [0, 1, 0, 1, _, _, _, _, ref mac @ ..] | [0, 3, 0, 1, ref mac @ ..] => mac,
        _ => return None,
    };
    Some(Mac(mac.try_into().ok()?).to_string())
}

fn lease_of(ip: IpAddr, network: &Network) -> DhcpLease {
    let same_family = |config: &&IpConfig| config.address.is_ipv4() == ip.is_ipv4();
    // The net that it is from; a definition that was changed since may not have it any more.
    let home = network.ips.iter().find(|config| config.net().is_some_and(|net| net.contains(&ip)));
    let prefix = home.or_else(|| network.ips.iter().find(same_family)).and_then(IpConfig::prefix_len);
    DhcpLease {
        iface: network.bridge_name().unwrap_or_default().to_owned(),
        kind: if ip.is_ipv4() { IPV4 } else { IPV6 },
        ip_addr: ip.to_string(),
        prefix: prefix.unwrap_or(0).into(),
        ..Default::default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ForeignLease {
    ip_address: IpAddr,
    mac_address: Option<String>,
    expiry_time: i64,
    iaid: Option<String>,
    hostname: Option<String>,
    client_id: Option<String>,
}

fn parse_foreign(text: &str, network: &Network) -> serde_json::Result<Vec<DhcpLease>> {
    let leases: Vec<ForeignLease> = serde_json::from_str(text)?;
    Ok(leases
        .into_iter()
        .map(|lease| DhcpLease {
            expiry_time: lease.expiry_time,
            mac: lease.mac_address,
            iaid: lease.iaid,
            hostname: lease.hostname,
            client_id: lease.client_id,
            ..lease_of(lease.ip_address, network)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Network {
        let xml = "<network><name>n</name><bridge name='virbr7'/><ip address='10.1.2.1' netmask='255.255.255.0'/>\
                   <ip family='ipv6' address='fd00::1' prefix='64'/></network>";
        Network::from_xml(xml, true).unwrap()
    }

    #[test]
    fn leases_of_both_families_are_read() {
        let text = "1700000000 52:54:00:00:00:01 10.1.2.3 web 01:52:54:00:00:00:01\n\
                    0 06-52:54:00:00:00:02 10.1.2.4 * *\n\
                    duid 00:01:00:01:2a:aa:aa:aa:52:54:00:00:00:ff\n\
                    1700000001 12345 fd00::5 db 00:01:00:01:2b:00:00:00:52:54:00:00:00:09\n\
                    1700000001 T77 fd00::6 * 00:04:aa:bb\n\
                    half a line\n";
        let leases = parse(text, &network());
        assert_eq!(leases.len(), 4);
        let first = &leases[0];
        assert_eq!((first.iface.as_str(), first.prefix, first.kind), ("virbr7", 24, IPV4));
        assert_eq!(first.hostname.as_deref(), Some("web"));
        assert_eq!(leases[1].mac.as_deref(), Some("52:54:00:00:00:02"));
        assert_eq!((&leases[1].hostname, &leases[1].client_id), (&None, &None));
        assert_eq!(leases[2].mac.as_deref(), Some("52:54:00:00:00:09"));
        assert_eq!((leases[2].iaid.as_deref(), leases[2].prefix, leases[2].kind), (Some("12345"), 64, IPV6));
        assert_eq!((leases[3].iaid.as_deref(), &leases[3].mac), (Some("77"), &None));
    }

    #[test]
    fn what_libvirts_helper_noted_is_read() {
        let text = r#"[{"ip-address":"10.1.2.9","mac-address":"52:54:00:00:00:03","hostname":"old",
                        "client-id":"01:52:54:00:00:00:03","expiry-time":1700000000}]"#;
        let leases = parse_foreign(text, &network()).unwrap();
        assert_eq!((leases[0].ip_addr.as_str(), leases[0].prefix), ("10.1.2.9", 24));
    }
}
