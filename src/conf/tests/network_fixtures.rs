//! Networks, ports and updates beside what the peer makes of the same documents.

use ferrovirt_conf::network::{Network, NetworkPort};
use ferrovirt_core::ErrorCode;
use std::fs;
use std::path::{Path, PathBuf};

/// The peer's test data; it lies beside the project, and some of it is kept back.
fn fixtures() -> Option<PathBuf> {
    let mut folders =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/fixtures"));
    let found = folders.find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: the peer's fixtures are not beside the project");
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
}

#[track_caller]
fn assert_text(name: &str, got: &str, wanted: &str) {
    for (number, (got, wanted)) in got.trim().lines().zip(wanted.trim().lines()).enumerate() {
        assert_eq!(got, wanted, "{name}, line {}", number + 1);
    }
    assert_eq!(
        got.trim().lines().count(),
        wanted.trim().lines().count(),
        "{name}: the lengths differ\n{got}"
    );
}

/// These the peer refuses.
const REFUSED: [&str; 4] = [
    "routed-network-no-dns-extra-elements",
    "open-network-with-forward-dev",
    "hostdev-duplicate",
    "passthrough-duplicate",
];

#[test]
fn networks_come_out_as_the_peer_writes_them() {
    let Some(root) = fixtures() else { return };
    for path in documents(&root.join("networkxml2xmlin")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let outcome = Network::from_xml(&read(&path), true);
        if REFUSED.contains(&name) {
            assert_eq!(outcome.unwrap_err().code(), ErrorCode::XmlError, "{name}");
            continue;
        }
        let network = outcome.unwrap_or_else(|err| panic!("{name}: {err}"));
        let wanted = root.join("networkxml2xmlout").join(path.file_name().unwrap());
        let inactive = network.inactive();
        assert_text(name, &inactive.to_xml(), &read(&wanted));
    }
}

#[test]
fn what_the_peer_writes_comes_back_unchanged() {
    let Some(root) = fixtures() else { return };
    let mut paths = documents(&root.join("networkxml2xmlout"));
    paths.extend(documents(&root.join("networkxml2xmlupdateout")));
    for path in paths {
        let text = read(&path);
        let network =
            Network::from_xml(&text, true).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        assert_text(&path.display().to_string(), &network.to_xml(), &text);
        let json = serde_json::to_string(&network).unwrap();
        assert_eq!(
            serde_json::from_str::<Network>(&json).unwrap(),
            network,
            "{}: through JSON",
            path.display()
        );
    }
}

#[test]
fn ports_come_back_unchanged() {
    let Some(root) = fixtures() else { return };
    for path in documents(&root.join("virnetworkportxml2xmldata")) {
        let text = read(&path);
        let port =
            NetworkPort::from_xml(&text, true).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        assert_text(&path.display().to_string(), &port.to_xml(), &text);
    }
}

use ferrovirt_core::abi::{
    VIR_NETWORK_SECTION_DNS_HOST as DNS_HOST, VIR_NETWORK_SECTION_DNS_SRV as DNS_SRV,
    VIR_NETWORK_SECTION_DNS_TXT as DNS_TXT, VIR_NETWORK_SECTION_FORWARD_INTERFACE as INTERFACE,
    VIR_NETWORK_SECTION_IP_DHCP_HOST as DHCP_HOST, VIR_NETWORK_SECTION_IP_DHCP_RANGE as DHCP_RANGE,
    VIR_NETWORK_SECTION_PORTGROUP as PORTGROUP, VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST as FIRST,
    VIR_NETWORK_UPDATE_COMMAND_ADD_LAST as LAST, VIR_NETWORK_UPDATE_COMMAND_DELETE as DELETE,
    VIR_NETWORK_UPDATE_COMMAND_MODIFY as MODIFY,
};

/// Section, command, the `<ip>` meant, the element, the network; what comes out, empty where it is refused.
const UPDATES: &[(u32, u32, i32, &str, &str, &str)] = &[
    (DHCP_HOST, LAST, 0, "host-incomplete", "nat-network", ""),
    (DHCP_HOST, LAST, 0, "host-new-incomplete", "nat-network", ""),
    (DHCP_HOST, LAST, 0, "host-existing", "nat-network", ""),
    (DHCP_HOST, LAST, 0, "host-new", "nat-network", "nat-network-hosts"),
    (DHCP_HOST, MODIFY, 0, "host-new", "nat-network", ""),
    (DHCP_HOST, MODIFY, 0, "host-incomplete", "nat-network", ""),
    (DHCP_HOST, MODIFY, 0, "host-updated", "nat-network", "nat-network-host-updated"),
    (DHCP_HOST, DELETE, 0, "host-incomplete", "nat-network", "nat-network-one-host"),
    (DHCP_HOST, DELETE, 0, "host-existing", "nat-network", "nat-network-one-host"),
    (DHCP_HOST, DELETE, 0, "host-new", "nat-network", ""),
    (DHCP_RANGE, FIRST, 0, "dhcp-range", "dhcp6host-routed-network", "dhcp6host-routed-network-range"),
    (DHCP_RANGE, FIRST, 0, "dhcp-range-10", "dhcp6host-routed-network", ""),
    (
        DHCP_RANGE,
        LAST,
        -1,
        "dhcp-range",
        "dhcp6host-routed-network",
        "dhcp6host-routed-network-another-range",
    ),
    (DHCP_RANGE, DELETE, 0, "dhcp-range-existing", "nat-network", "nat-network-no-range"),
    (DHCP_RANGE, DELETE, 0, "dhcp-range", "nat-network", ""),
    (INTERFACE, FIRST, 0, "interface-eth47", "nat-network-dns-srv-record", "nat-network-forward-ifaces"),
    (INTERFACE, DELETE, 0, "interface-eth1", "nat-network-dns-srv-record", "nat-network-no-forward-ifaces"),
    (INTERFACE, DELETE, 0, "interface-eth47", "nat-network-dns-srv-record", ""),
    (PORTGROUP, FIRST, 0, "portgroup-alison", "openvswitch-net", "openvswitch-net-more-portgroups"),
    (PORTGROUP, LAST, 0, "portgroup-alice-new", "openvswitch-net", ""),
    (PORTGROUP, MODIFY, 0, "portgroup-alice-new", "openvswitch-net", "openvswitch-net-modified"),
    (PORTGROUP, DELETE, 0, "portgroup-alice-new", "openvswitch-net-more-portgroups", "?"),
    (PORTGROUP, MODIFY, 0, "portgroup-alison", "openvswitch-net", ""),
    (PORTGROUP, DELETE, 0, "portgroup-alice-new", "openvswitch-net", "openvswitch-net-without-alice"),
    (PORTGROUP, DELETE, 0, "portgroup-alice-new", "nat-network-dns-srv-record", ""),
    (DNS_HOST, FIRST, 0, "dns-host-gateway-incomplete", "nat-network-dns-more-hosts", ""),
    (DNS_HOST, DELETE, 0, "dns-host-gateway-incomplete", "nat-network-dns-hosts", "nat-network-no-hosts"),
    (DNS_HOST, MODIFY, 0, "dns-host-modify", "nat-network-dns-hosts", "nat-network-dns-hosts-modified"),
    (
        DNS_TXT,
        FIRST,
        0,
        "dns-txt-record-snowman",
        "nat-network-dns-txt-record",
        "nat-network-dns-txt-records",
    ),
    (DNS_TXT, LAST, 0, "dns-txt-record-example", "nat-network-dns-txt-record", ""),
    (
        DNS_TXT,
        MODIFY,
        0,
        "dns-txt-record-modify-success",
        "nat-network-dns-txt-record",
        "nat-network-dns-txt-modify-ok",
    ),
    (DNS_TXT, MODIFY, 0, "dns-txt-record-modify-fail", "nat-network-dns-txt-record", ""),
    (DNS_SRV, FIRST, 0, "srv-record", "nat-network", "?"),
    (DNS_SRV, LAST, 0, "srv-record", "nat-network-dns-srv-record", ""),
    (DNS_SRV, DELETE, 0, "srv-record-service", "nat-network", ""),
    (DNS_SRV, DELETE, 0, "srv-record-invalid", "nat-network-dns-srv-record", ""),
];

#[test]
fn updates_do_what_the_peer_does() {
    let Some(root) = fixtures() else { return };
    let network_file = |name: &str| {
        let file = format!("{name}.xml");
        let folders = ["networkxml2xmlin", "networkxml2xmlupdateout"];
        folders.iter().map(|folder| root.join(folder).join(&file)).find(|path| path.exists())
    };
    let mut tried = 0;
    for &(section, command, parent, element, network, wanted) in UPDATES {
        let element_file = root.join("networkxml2xmlupdatein").join(format!("{element}.xml"));
        let (true, Some(network_file)) = (element_file.exists(), network_file(network)) else { continue };
        let wanted_file = root.join("networkxml2xmlupdateout").join(format!("{wanted}.xml"));
        let mut network = Network::from_xml(&read(&network_file), false).unwrap();
        let before = network.clone();
        let name = format!("{element} on {}", network_file.display());
        match network.update(command, section, parent, &read(&element_file)) {
            Ok(()) if wanted.is_empty() => panic!("{name}: accepted"),
            Ok(()) if !wanted_file.exists() => {}
            Ok(()) => assert_text(&name, &network.to_xml(), &read(&wanted_file)),
            Err(err) if wanted.is_empty() => {
                assert!(err.code() != ErrorCode::Internal || section == DHCP_RANGE, "{name}: {err}");
                assert_eq!(network, before, "{name}: refused, but changed");
            }
            Err(err) => panic!("{name}: {err}"),
        }
        tried += 1;
    }
    assert!(tried > 10, "only {tried} updates could be tried");
}
