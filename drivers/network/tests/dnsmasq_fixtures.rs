//! What dnsmasq is told, beside what the peer tells it of the same networks.

use ferrovirt_conf::network::Network;
use ferrovirt_driver_network::dnsmasq::{Files, config, dhcp_hosts, dns_hosts};
use std::fs;
use std::path::{Path, PathBuf};

/// The peer's test data; it lies beside the project.
fn fixtures() -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.map(|folder| folder.join("shared/fixtures/networkxml2confdata")).find(|folder| folder.is_dir())
}

fn without_comments(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn the_files_are_those_of_the_peer() {
    let Some(folder) = fixtures() else {
        eprintln!("SKIPPED: the peer's fixtures are not beside the project");
        return;
    };
    let mut compared = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xml") {
            continue;
        }
        let network = Network::from_xml(&fs::read_to_string(&path).unwrap(), false).unwrap();
        let place =
            |suffix: &str| PathBuf::from(format!("/var/lib/libvirt/dnsmasq/{}.{suffix}", network.name));
        let (hosts, names) = (place("hostsfile"), place("addnhosts"));
        let files = Files { pid_file: None, dhcp_hosts: &hosts, dns_hosts: &names };
        let got = config(&network, files).unwrap();
        let wanted = fs::read_to_string(path.with_extension("conf")).unwrap();
        assert_eq!(without_comments(&got), without_comments(&wanted), "{}", path.display());
        let wanted = fs::read_to_string(path.with_extension("hostsfile")).unwrap_or_default();
        assert_eq!(dhcp_hosts(&network), wanted, "{}", path.display());
        compared += 1;
    }
    assert!(compared > 10, "only {compared} networks were compared");
}

fn network(inside: &str) -> Network {
    let xml = format!("<network><name>n\u{7f}</name><bridge name='virbr5'/>{inside}</network>");
    Network::from_xml(&xml, false).unwrap()
}

fn lines(inside: &str) -> Vec<String> {
    let path = Path::new("/x");
    let text = config(
        &network(inside),
        Files { pid_file: Some(Path::new("/p")), dhcp_hosts: path, dns_hosts: path },
    );
    without_comments(&text.unwrap()).into_iter().map(str::to_owned).collect()
}

#[test]
fn what_the_fixtures_do_not_show() {
    let got = lines(
        "<domain name='d.example' localOnly='yes'/><dns forwardPlainNames='no'/>\
         <ip address='10.1.2.1' netmask='255.255.255.0' localPtr='yes'>\
         <dhcp><host mac='52:54:00:00:00:01' ip='10.1.2.9'/><bootp file='pxe.0' server='10.1.2.3'/></dhcp></ip>\
         <ip family='ipv6' address='fd00:1::1' prefix='64' localPtr='yes'/>",
    );
    for line in [
        "local=/d.example/",
        "domain=d.example",
        "expand-hosts",
        "local=/2.1.10.in-addr.arpa/",
        "local=/0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa/",
        "domain-needed",
        "local=//",
        "pid-file=/p",
        "dhcp-range=10.1.2.1,static",
        "dhcp-boot=pxe.0,,10.1.2.3",
        "dhcp-range=fd00:1::1,ra-only",
    ] {
        assert!(got.iter().any(|found| found == line), "{line} is not in {got:#?}");
    }
}

#[test]
fn a_reverse_zone_needs_a_prefix_at_its_border() {
    let network = network("<ip address='10.1.2.1' prefix='20' localPtr='yes'/>");
    let path = Path::new("/x");
    let err = config(&network, Files { pid_file: None, dhcp_hosts: path, dns_hosts: path }).unwrap_err();
    assert_eq!(err.code(), ferrovirt_core::ErrorCode::ConfigUnsupported);
}

#[test]
fn names_of_one_address_stand_on_one_line() {
    let network = network(
        "<dns><host ip='10.1.2.5'><hostname>a</hostname><hostname>b</hostname></host>\
         <host ip='10.1.2.6'><hostname>c</hostname></host></dns><ip address='10.1.2.1' prefix='24'/>",
    );
    assert_eq!(dns_hosts(&network), "10.1.2.5\ta\tb\t\n10.1.2.6\tc\t\n");
}
