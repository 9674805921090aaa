//! Addresses, routes and settings, looked at with iproute2 and in `/proc`.

use ferrovirt_net::address::{self, Address};
use ferrovirt_net::route::{self, Route};
use ferrovirt_net::sysctl::{self, Ipv6Settings};
use ferrovirt_net::{Netlink, bridge, link};
use ipnet::IpNet;

use crate::support::{in_namespace, json};

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn setting(path: &str) -> String {
    std::fs::read_to_string(format!("/proc/sys/net/{path}")).unwrap().trim().to_owned()
}

#[test]
fn a_network_s_addresses_come_and_go() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let index = bridge::create(&netlink, "br0", &Default::default()).unwrap().index;
        let nets = [net("192.168.122.1/24"), net("2001:db8:ca2:2::1/64")];
        sysctl::set_ipv6("br0", Ipv6Settings::of_network(&nets)).unwrap();
        for net in nets {
            address::add(&netlink, index, net.into()).unwrap();
        }
        assert_eq!(address::list(&netlink, index).unwrap(), nets.map(Address::from));
        let seen = json("ip -j addr show dev br0")[0]["addr_info"].clone();
        assert_eq!((&seen[0]["local"], &seen[0]["prefixlen"]), (&"192.168.122.1".into(), &24.into()));
        assert_eq!(seen[0]["broadcast"], "192.168.122.255");
        assert_eq!(seen[1]["local"], "2001:db8:ca2:2::1");
        assert!(seen[1]["tentative"].is_null());

        address::add(&netlink, index, nets[0].into()).unwrap_err();
        for net in nets {
            address::remove(&netlink, index, net.into()).unwrap();
            address::remove(&netlink, index, net.into()).unwrap();
        }
        assert_eq!(address::list(&netlink, index).unwrap(), []);
        let peer = Address { net: net("10.0.0.1/32"), peer: Some("10.0.0.2".parse().unwrap()) };
        address::add(&netlink, index, peer).unwrap();
        assert_eq!(json("ip -j addr show dev br0")[0]["addr_info"][0]["address"], "10.0.0.2");
        assert_eq!(address::list(&netlink, index).unwrap()[0].peer, peer.peer);
    });
}

#[test]
fn routes_are_added_listed_and_clashed_with() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let index = bridge::create(&netlink, "br0", &Default::default()).unwrap().index;
        address::add(&netlink, index, net("192.168.122.1/24").into()).unwrap();
        link::set_up(&netlink, index, true).unwrap();
        let far = Route {
            to: net("10.9.0.0/16"),
            gateway: Some("192.168.122.2".parse().unwrap()),
            link: Some(index),
            metric: Some(7),
        };
        route::add(&netlink, &far).unwrap();
        let seen = json("ip -j route show 10.9.0.0/16");
        assert_eq!((&seen[0]["gateway"], &seen[0]["metric"]), (&"192.168.122.2".into(), &7.into()));
        let routes = route::list(&netlink).unwrap();
        assert!(routes.contains(&far), "{routes:?}");
        assert_eq!(route::clash(&routes, &[net("10.9.1.1/24")], None).unwrap().0, far);
        assert!(route::clash(&routes, &[net("192.168.122.1/24")], None).is_some());
        assert!(route::clash(&routes, &[net("192.168.122.1/24")], Some(index)).is_none());
        route::remove(&netlink, &far).unwrap();
        route::remove(&netlink, &far).unwrap();
        assert_eq!(json("ip -j route show 10.9.0.0/16"), serde_json::json!([]));
    });
}

#[test]
fn settings_are_those_of_this_namespace() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge::create(&netlink, "br0", &Default::default()).unwrap();
        sysctl::set_ipv6("br0", Ipv6Settings::of_network(&[net("2001:db8::1/64")])).unwrap();
        assert_eq!(setting("ipv6/conf/br0/disable_ipv6"), "0");
        assert_eq!(
            (setting("ipv6/conf/br0/accept_ra"), setting("ipv6/conf/br0/autoconf")),
            ("0".into(), "0".into())
        );
        sysctl::set_ipv6("br0", Ipv6Settings::of_network(&[net("10.0.0.1/8")])).unwrap();
        assert_eq!(setting("ipv6/conf/br0/disable_ipv6"), "1");

        // A new namespace begins with what the host has.
        std::fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
        assert_eq!(setting("ipv6/conf/all/forwarding"), "0");
        sysctl::enable_forwarding(true, false).unwrap();
        assert_eq!(
            (setting("ipv4/ip_forward"), setting("ipv6/conf/all/forwarding")),
            ("1".into(), "0".into())
        );
        sysctl::enable_forwarding(false, true).unwrap();
        assert_eq!(setting("ipv6/conf/all/forwarding"), "1");
    });
}
