//! Links of every kind, made by us and looked at with iproute2.

use std::fs::File;
use std::os::fd::AsFd;
use std::time::Instant;

use ferrovirt_net::bridge::{self, BridgeOptions};
use ferrovirt_net::bridge_port::{self, PortFlags, PortVlans};
use ferrovirt_net::macvtap::{self, MacvtapMode, MacvtapOptions};
use ferrovirt_net::tap::{self, TapOptions};
use ferrovirt_net::veth::{self, VethEnd};
use ferrovirt_net::{MacAddr, NetError, Netlink, link, vlan};

use crate::support::{close_and_wait, in_namespace, ip_link, ip_names, plain_tap, run};

const MAC: MacAddr = MacAddr([0x52, 0x54, 0, 1, 2, 3]);

#[test]
fn a_bridge_gets_its_options() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let options = BridgeOptions {
            stp: Some(true),
            forward_delay: Some(4),
            mac: Some(MAC),
            mtu: Some(1400),
            multicast_snooping: Some(false),
            ageing: Some(77),
            vlan_filtering: false,
        };
        let made = bridge::create(&netlink, "virbr7", &options).unwrap();
        let seen = ip_link("virbr7");
        assert_eq!(seen["ifindex"], made.index);
        assert_eq!(seen["address"], MAC.to_string());
        assert_eq!(seen["mtu"], 1400);
        let data = &seen["linkinfo"]["info_data"];
        assert_eq!(data["stp_state"], 1);
        assert_eq!(data["forward_delay"], 400);
        assert_eq!(data["ageing_time"], 7700);
        assert_eq!(data["mcast_snooping"], 0);

        bridge::change(
            &netlink,
            made.index,
            &BridgeOptions { stp: Some(false), forward_delay: Some(0), ..Default::default() },
        )
        .unwrap();
        let data = &ip_link("virbr7")["linkinfo"]["info_data"];
        assert_eq!((&data["stp_state"], &data["forward_delay"]), (&0.into(), &0.into()));

        bridge::delete(&netlink, "virbr7").unwrap();
        assert!(ip_names().is_empty());
        bridge::delete(&netlink, "virbr7").unwrap();
    });
}

#[test]
fn a_bridge_comes_up_where_the_kernel_cannot_filter_vlans() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let options = BridgeOptions { vlan_filtering: true, ..Default::default() };
        let made = bridge::create(&netlink, "br0", &options).unwrap();
        let filters = ip_link("br0")["linkinfo"]["info_data"]["vlan_filtering"] == 1;
        assert_eq!(made.vlan_filtering, filters);
    });
}

#[test]
fn names_that_are_taken_or_missing_are_told() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge::create(&netlink, "br0", &Default::default()).unwrap();
        let again = bridge::create(&netlink, "br0", &Default::default()).unwrap_err();
        assert!(matches!(again, NetError::LinkExists { .. }), "{again}");
        let none = link::find(&netlink, "br1").unwrap_err();
        assert!(matches!(none, NetError::NoSuchLink { .. }), "{none}");
        assert_eq!(link::lookup(&netlink, "br1").unwrap(), None);
        let tap = plain_tap(&netlink, "t0");
        assert!(matches!(bridge::delete(&netlink, "t0").unwrap_err(), NetError::NotABridge { .. }));
        let again = tap::create(&netlink, &TapOptions::new("t0")).unwrap_err();
        assert!(matches!(again, NetError::LinkExists { .. }), "{again}");
        drop(tap);
    });
}

#[test]
fn a_tap_has_its_queues_and_goes_with_its_descriptors() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let options = TapOptions {
            queues: 3,
            owner: Some(1234),
            mac: Some(MAC.for_host_side()),
            mtu: Some(1300),
            ..TapOptions::new("vnet%d")
        };
        let tap = tap::create(&netlink, &options).unwrap();
        assert_eq!((tap.name.as_str(), tap.queues.len()), ("vnet0", 3));
        let seen = ip_link("vnet0");
        assert_eq!(seen["ifindex"], tap.index);
        assert_eq!(seen["mtu"], 1300);
        assert_eq!(seen["address"], "fe:54:00:01:02:03");
        let data = &seen["linkinfo"]["info_data"];
        assert_eq!(data["type"], "tap");
        for (flag, value) in [("vnet_hdr", true), ("multi_queue", true), ("persist", false), ("pi", false)] {
            assert_eq!(data[flag], value, "{flag}");
        }
        assert_eq!(data["user"].to_string().trim_matches('"'), "1234");
        close_and_wait(tap);
        assert!(ip_names().is_empty());
    });
}

#[test]
fn a_lasting_tap_of_someone_else_is_opened_not_changed() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        run("ip tuntap add dev own0 mode tap vnet_hdr");
        let before = ip_link("own0")["address"].clone();
        let tap = tap::open_existing(&netlink, &TapOptions::new("own0")).unwrap();
        assert_eq!(ip_link("own0")["address"], before);
        drop(tap);
        assert_eq!(ip_names(), ["own0"]);
        let several = TapOptions { queues: 2, ..TapOptions::new("own0") };
        tap::open_existing(&netlink, &several).unwrap_err();
    });
}

#[test]
fn a_link_is_changed_renamed_and_moved() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let (here, there) =
            veth::create(&netlink, &VethEnd::new("va"), &VethEnd { name: "vb".into(), mac: Some(MAC) })
                .unwrap();
        assert_eq!(ip_link("vb")["address"], MAC.to_string());
        link::set_up(&netlink, here, true).unwrap();
        link::set_mtu(&netlink, here, 1280).unwrap();
        link::set_alias(&netlink, here, "of a guest").unwrap();
        let seen = ip_link("va");
        assert_eq!((&seen["mtu"], &seen["ifalias"]), (&1280.into(), &"of a guest".into()));
        assert!(seen["flags"].as_array().unwrap().contains(&"UP".into()));
        link::set_up(&netlink, here, false).unwrap();
        link::rename(&netlink, here, "vc").unwrap();
        assert_eq!(ip_link("vc")["ifindex"], here);

        let (send, receive) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                in_namespace(|| {
                    let inner = Netlink::open().unwrap();
                    let here = File::open("/proc/thread-self/ns/net").unwrap();
                    link::move_to_namespace(&netlink, there, here.as_fd()).unwrap();
                    let found = link::find(&inner, "vb").unwrap();
                    send.send((found.mac, found.parent_elsewhere)).unwrap();
                    // The pair dies with the end that is removed.
                    link::delete(&inner, found.index).unwrap();
                });
            });
        });
        assert_eq!(receive.recv().unwrap(), (Some(MAC), true));
        assert!(ip_names().is_empty());
    });
}

#[test]
fn macvtaps_and_macvlans_have_their_mode() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        veth::create(&netlink, &VethEnd::new("eth0"), &VethEnd::new("far")).unwrap();
        let modes = [
            (MacvtapMode::Vepa, "vepa"),
            (MacvtapMode::Bridge, "bridge"),
            (MacvtapMode::Private, "private"),
            (MacvtapMode::Passthrough, "passthru"),
        ];
        for (mode, name) in modes {
            let options = MacvtapOptions {
                name: "mvt".into(),
                parent: "eth0".into(),
                mode,
                mac: (mode != MacvtapMode::Passthrough).then_some(MAC),
                queues: 2,
                vnet_hdr: true,
            };
            match macvtap::create(&netlink, &options) {
                Ok(tap) => {
                    let seen = ip_link("mvt");
                    assert_eq!(seen["linkinfo"]["info_kind"], "macvtap");
                    assert_eq!(seen["linkinfo"]["info_data"]["mode"], name);
                    assert_eq!(tap.queues.len(), 2);
                    link::delete(&netlink, tap.index).unwrap();
                }
                // Device nodes do not know of namespaces: another test may own this number.
                Err(NetError::ForeignTap { .. }) => assert!(link::lookup(&netlink, "mvt").unwrap().is_none()),
                Err(error) => panic!("{error}"),
            }
            let index = macvtap::create_macvlan(&netlink, &options).unwrap();
            assert_eq!(ip_link("mvt")["linkinfo"]["info_data"]["mode"], name);
            link::delete(&netlink, index).unwrap();
        }
    });
}

#[test]
fn a_vlan_interface_is_made_or_the_kernel_is_named() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        veth::create(&netlink, &VethEnd::new("eth0"), &VethEnd::new("far")).unwrap();
        match vlan::create(&netlink, "eth0.5", "eth0", 5) {
            Ok(_) => assert_eq!(ip_link("eth0.5")["linkinfo"]["info_data"]["id"], 5),
            Err(NetError::KernelLacks { .. }) => eprintln!("SKIPPED: this kernel has no VLAN interfaces"),
            Err(error) => panic!("{error}"),
        }
    });
}

#[test]
fn a_port_has_its_flags_before_it_is_up() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let bridge = bridge::create(&netlink, "br0", &Default::default()).unwrap();
        let tap = plain_tap(&netlink, "t0");
        let flags = PortFlags { multicast_flood: false, ..PortFlags::managed(true) };
        bridge_port::attach(&netlink, tap.index, bridge.index, flags, &PortVlans::default()).unwrap();
        let seen = ip_link("t0");
        assert_eq!(seen["master"], "br0");
        let port = &seen["linkinfo"]["info_slave_data"];
        for (flag, value) in [
            ("learning", false),
            ("flood", false),
            ("mcast_flood", false),
            ("bcast_flood", true),
            ("isolated", true),
        ] {
            assert_eq!(port[flag], value, "{flag}");
        }
        assert_eq!(link::find(&netlink, "t0").unwrap().port, Some(flags));
        bridge_port::set_flags(&netlink, tap.index, PortFlags::default()).unwrap();
        assert_eq!(ip_link("t0")["linkinfo"]["info_slave_data"]["learning"], true);
        bridge_port::detach(&netlink, tap.index).unwrap();
        assert!(ip_link("t0")["master"].is_null());
    });
}

#[test]
fn many_taps_go_at_once() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let count = 40;
        let started = Instant::now();
        let taps: Vec<_> =
            (0..count).map(|_| tap::create(&netlink, &TapOptions::new("vnet%d")).unwrap()).collect();
        let creation = started.elapsed() / count;
        run("ip link add stays type bridge");
        let indices: Vec<_> = taps.iter().map(|tap| tap.index).collect();
        let started = Instant::now();
        link::delete_all(&netlink, &indices).unwrap();
        let together = started.elapsed() / count;
        assert_eq!(ip_names(), ["stays"]);
        drop(taps);

        let one = tap::create(&netlink, &TapOptions::new("vnet0")).unwrap();
        let started = Instant::now();
        link::delete(&netlink, one.index).unwrap();
        let alone = started.elapsed();
        eprintln!("a tap: created in {creation:?}, removed in {together:?} with others, in {alone:?} alone");
    });
}
