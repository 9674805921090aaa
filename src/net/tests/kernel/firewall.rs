//! Firewalls: what the rules say, that nft takes them, that they are the peer's, and that they are put back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ferrovirt_core::ErrorCode;
use ferrovirt_net::firewall::{self, FirewallKeeper, Forward, NetworkFirewall, ruleset};
use ipnet::IpNet;

use crate::support::{in_namespace, json, run};

const PATIENCE: Duration = Duration::from_secs(60);

fn nat() -> Forward {
    Forward::Nat { dev: None, ipv6: false, addresses: None, ports: None }
}

fn network(forward: Forward, addresses: &[&str]) -> NetworkFirewall {
    NetworkFirewall {
        network: "default".into(),
        bridge: "virbr0".into(),
        forward,
        addresses: addresses.iter().map(|text| text.parse::<IpNet>().unwrap()).collect(),
        ipv6_between_guests: false,
    }
}

const V4: &str = "192.168.122.1/24";
const V6: &str = "2001:db8:ca2:2::1/64";

/// Each kind of network, by the name of the file with its rules.
fn kinds() -> Vec<(&'static str, NetworkFirewall)> {
    let dev = || Some("eth0".to_owned());
    let range = Some(("192.0.2.10".parse().unwrap(), "192.0.2.20".parse().unwrap()));
    let range6 = Some(("2001:db8::10".parse().unwrap(), "2001:db8::20".parse().unwrap()));
    vec![
        ("nat", network(nat(), &[V4])),
        ("nat-ipv6-routed", network(nat(), &[V4, V6])),
        (
            "nat-ipv6-ports",
            network(
                Forward::Nat { dev: None, ipv6: true, addresses: None, ports: Some((500, 1000)) },
                &[V4, V6],
            ),
        ),
        (
            "nat-addresses",
            network(Forward::Nat { dev: dev(), ipv6: false, addresses: range, ports: None }, &[V4]),
        ),
        (
            "nat-addresses-ipv6",
            network(Forward::Nat { dev: None, ipv6: true, addresses: range6, ports: None }, &[V4, V6]),
        ),
        ("route", network(Forward::Route { dev: dev() }, &[V4, V6])),
        ("isolated", network(Forward::Isolated, &[V4])),
        (
            "isolated-ipv6-guests",
            NetworkFirewall { ipv6_between_guests: true, ..network(Forward::Isolated, &[]) },
        ),
        ("open", network(Forward::Open, &[V4])),
    ]
}

#[test]
fn rules_are_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/firewall");
    for (name, firewall) in kinds() {
        let path = folder.join(format!("{name}.nft"));
        let text = ruleset(&firewall);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{name}");
    }
}

#[test]
fn nft_takes_the_rules_and_other_tables_stay() {
    in_namespace(|| {
        run("nft add table inet filter");
        run("nft add chain inet filter DOCKER");
        for (name, firewall) in kinds() {
            // The second time in place of the first.
            for _ in 0..2 {
                firewall::apply(&firewall).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(firewall::is_present(&firewall).unwrap(), "{name}");
            }
            let rules = json("nft -j list ruleset")["nftables"].as_array().unwrap().clone();
            let ours = rules.iter().filter(|r| r["rule"]["table"] == "ferrovirt_virbr0").count();
            assert_eq!(ours, ruleset(&firewall).matches("counter").count(), "{name}");
            firewall::remove(&firewall).unwrap();
            firewall::remove(&firewall).unwrap();
            assert_eq!(run("nft list tables"), "table inet filter\n", "{name}");
        }
        assert!(run("nft list ruleset").contains("chain DOCKER"));
    });
}

#[test]
fn what_cannot_be_written_as_a_rule_is_refused() {
    let evil = NetworkFirewall { bridge: "a\"b".into(), ..network(nat(), &[V4]) };
    let error = firewall::apply(&evil).unwrap_err();
    assert_eq!(ferrovirt_core::Error::from(error).code(), ErrorCode::ConfigUnsupported);
    let ports = Forward::Nat { dev: None, ipv6: false, addresses: None, ports: Some((9, 5)) };
    firewall::apply(&network(ports, &[V4])).unwrap_err();
    let names = ["virbr0", "virbr_0", "virbr_5f0", "br.1", "br-1"]
        .map(|bridge| NetworkFirewall { bridge: bridge.into(), ..network(nat(), &[V4]) }.table());
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
}

#[test]
fn rules_that_were_flushed_or_changed_are_put_back() {
    in_namespace(|| {
        let keeper = FirewallKeeper::new();
        let firewall = network(nat(), &[V4]);
        keeper.keep(&firewall).unwrap();
        let right = run("nft -s list table inet ferrovirt_virbr0");
        let spoilers = [
            "nft flush ruleset",
            "nft delete table inet ferrovirt_virbr0",
            "nft flush chain inet ferrovirt_virbr0 guest_nat",
            "nft insert rule inet ferrovirt_virbr0 guest_input counter accept",
        ];
        for (count, spoiler) in (1..).zip(spoilers) {
            run(spoiler);
            assert!(keeper.wait_for_restored(&firewall, count, PATIENCE), "{spoiler}");
            assert_eq!(run("nft -s list table inet ferrovirt_virbr0"), right, "{spoiler}");
            assert_eq!(keeper.restored(&firewall), count, "{spoiler}");
        }
        keeper.release(&firewall).unwrap();
        assert_eq!(run("nft list tables"), "");
    });
}

/// A network of the peer's fixtures, and the rules that the peer makes of it.
fn fixtures() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .map(|folder| folder.join("shared/fixtures/networkxml2firewalldata"))
        .find(|path| path.is_dir())
}

type Rules = BTreeMap<(String, String), Vec<String>>;

/// The peer's commands as rules by family and chain: each is inserted before those that are there.
fn peer_rules(text: &str) -> Rules {
    let joined = text.replace("\\\n", "");
    let mut rules = Rules::new();
    for line in joined.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")) {
        let Some(rule) = line.strip_prefix("nft -ae insert rule ") else { continue };
        let words: Vec<_> = rule.splitn(4, ' ').collect();
        let chain = rules.entry((words[0].to_owned(), words[2].to_owned())).or_default();
        let rule = words[3].replace('\'', "").replace("related,established", "established,related");
        chain.insert(0, rule.replace("255.255.255.255/32", "255.255.255.255"));
    }
    rules
}

/// Our rules in the same words: the peer matches interfaces by number and has a table a family.
fn our_rules(text: &str) -> Rules {
    let mut rules = Rules::new();
    let mut chain = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("chain ") {
            chain = rest.trim_end_matches(" {").to_owned();
        } else if line.contains("counter") && chain != "forward" {
            let family = if line.contains("ip6 ") || line.contains("nfproto ipv6") { "ip6" } else { "ip" };
            let rule = line.replace("meta nfproto ipv4 ", "").replace("meta nfproto ipv6 ", "");
            let rule =
                rule.replace("iifname \"virbr0\"", "iif virbr0").replace("oifname \"virbr0\"", "oif virbr0");
            rules.entry((family.to_owned(), chain.clone())).or_default().push(rule);
        }
    }
    rules
}

#[test]
fn the_rules_are_the_peers() {
    let Some(folder) = fixtures() else {
        eprintln!("SKIPPED: the peer's fixtures are not beside the project");
        return;
    };
    let ports = Forward::Nat { dev: None, ipv6: true, addresses: None, ports: Some((500, 1000)) };
    let cases = [
        ("nat-default", network(nat(), &[V4])),
        ("nat-tftp", network(nat(), &[V4])),
        ("nat-many-ips", network(nat(), &[V4, "192.168.128.1/24", "192.168.150.1/24"])),
        ("nat-no-dhcp", network(nat(), &[V4, V6])),
        ("nat-ipv6", network(nat(), &[V4, V6])),
        ("nat-port-range-ipv6", network(ports, &[V4, "192.168.128.1/24", V6])),
    ];
    for (name, firewall) in cases {
        let peer = std::fs::read_to_string(folder.join(format!("{name}-linux.nftables"))).unwrap();
        let (mut ours, mut theirs) = (our_rules(&ruleset(&firewall)), peer_rules(&peer));
        // Each network inserts before the one before it, and its order of addresses is turned round; what must hold is
        // the order within one address, which sorting by address keeps.
        let address = |rule: &String| {
            rule.split_whitespace()
                .find(|word| word.contains('/') && !word.starts_with("224."))
                .map(str::to_owned)
        };
        for chain in ours.values_mut().chain(theirs.values_mut()) {
            chain.sort_by_key(|rule| (address(rule).is_none(), address(rule)));
            // Nor does the order of the matches within a rule count.
            for rule in chain {
                let mut words: Vec<_> = rule.split_whitespace().collect();
                words.sort_unstable();
                *rule = words.join(" ");
            }
        }
        assert_eq!(ours, theirs, "{name}");
    }
}
