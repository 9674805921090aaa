//! The MAC table against the kernel: who gets which frame, what follows which change, and that it heals.

use std::time::{Duration, Instant};

use ferrovirt_core::ErrorCode;
use ferrovirt_net::bridge;
use ferrovirt_net::mac_table::{FURTHER_MACS, Followed, MacTable, PortSpec, PortState};
use ferrovirt_net::tap::{self, Tap, TapOptions};
use ferrovirt_net::{MacAddr, NetError, Netlink, link};

use crate::support::{fdb, frame, in_namespace, ip_link, plain_tap, receives, run, send, uplink};

const GUEST: MacAddr = MacAddr([0x52, 0x54, 0, 0, 0, 1]);
const OTHER: MacAddr = MacAddr([0x52, 0x54, 0, 0, 0, 2]);
const OUTSIDE: MacAddr = MacAddr([0x52, 0x54, 0, 0, 0, 0xee]);
/// Far more than any test needs: only a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

fn spec(port: &str) -> PortSpec {
    PortSpec::new("br0", port, GUEST)
}

/// A bridge that is on, and does not wait before it forwards.
fn bridge(netlink: &Netlink, name: &str) {
    let options = bridge::BridgeOptions { forward_delay: Some(0), ..Default::default() };
    let bridge = bridge::create(netlink, name, &options).unwrap();
    link::set_up(netlink, bridge.index, true).unwrap();
}

fn at(port: &str, state: &str) -> Vec<(String, String)> {
    vec![(port.to_owned(), state.to_owned())]
}

fn port_flags(port: &str) -> (bool, bool, bool) {
    let data = ip_link(port)["linkinfo"]["info_slave_data"].clone();
    let flag = |name: &str| data[name].as_bool().unwrap();
    (flag("learning"), flag("flood"), flag("isolated"))
}

fn is_up(port: &str) -> bool {
    ip_link(port)["flags"].as_array().unwrap().contains(&"UP".into())
}

/// Two taps as guests' ends: a frame sent into `from` comes out of `to`.
fn arrives(from: &Tap, to: &Tap, frame: &[u8]) -> bool {
    send(from, frame);
    receives(to, frame, PATIENCE)
}

/// Whether `frame` stays away from `elsewhere`: it is sent first, and a broadcast after it arrives.
fn stays_away(from: &Tap, elsewhere: &Tap, frame_: &[u8]) -> bool {
    send(from, frame_);
    let after = frame(MacAddr([0xff; 6]), OUTSIDE, 0x77);
    send(from, &after);
    // Frames of one sender keep their order, so what has not come before the second one does not come.
    let mut buffer = [0; 2048];
    loop {
        let mut fds = [rustix::event::PollFd::new(&elsewhere.queues[0], rustix::event::PollFlags::IN)];
        rustix::event::poll(&mut fds, None).unwrap();
        let length = rustix::io::read(&elsewhere.queues[0], &mut buffer).unwrap();
        if buffer[..length] == *frame_ {
            return false;
        }
        if buffer[..length] == after {
            return true;
        }
    }
}

#[test]
fn a_mac_first_learned_on_the_uplink_is_taken_over() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        // What is at the other end of the uplink is a tap here: a veth's carrier comes up when the kernel finds time.
        let outside = uplink(&netlink, "up0", "br0");
        let host = uplink(&netlink, "host", "br0");
        // The guest ran elsewhere: a frame of its comes in over the uplink.
        assert!(arrives(&outside, &host, &frame(OTHER, GUEST, 1)));
        assert_eq!(fdb("br0", &GUEST.to_string()), at("up0", ""));

        let table = MacTable::new().unwrap();
        let guest = plain_tap(&netlink, "vnet0");
        table.plug(&spec("vnet0")).unwrap();
        assert_eq!(fdb("br0", &GUEST.to_string()), at("vnet0", "static"));
        assert_eq!(port_flags("vnet0"), (false, false, false));
        assert!(arrives(&outside, &guest, &frame(GUEST, OUTSIDE, 3)));
        // A frame of its that comes back from the uplink does not take it away again.
        assert!(arrives(&outside, &host, &frame(MacAddr([0xff; 6]), GUEST, 4)));
        assert_eq!(fdb("br0", &GUEST.to_string()), at("vnet0", "static"));
        assert!(arrives(&host, &guest, &frame(GUEST, OTHER, 5)));
        assert_eq!(table.report()[0].drift.total(), 0);
        // Frames for unknown stations do not flood into the guest.
        assert!(stays_away(&outside, &guest, &frame(MacAddr([2; 6]), OUTSIDE, 6)));
    });
}

#[test]
fn a_port_follows_each_change_of_its_definition() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        bridge(&netlink, "br1");
        let sender = uplink(&netlink, "sender", "br0");
        let table = MacTable::new().unwrap();
        let guest = plain_tap(&netlink, "vnet0");
        table.plug(&spec("vnet0")).unwrap();

        table.update(&PortSpec { mac: OTHER, ..spec("vnet0") }).unwrap();
        assert_eq!(fdb("br0", &GUEST.to_string()), []);
        assert!(arrives(&sender, &guest, &frame(OTHER, OUTSIDE, 1)));

        table.update(&PortSpec { link_up: false, ..spec("vnet0") }).unwrap();
        assert!(!is_up("vnet0"));
        assert_eq!(fdb("br0", &GUEST.to_string()), []);
        assert_eq!(fdb("br0", &OTHER.to_string()), []);
        assert_eq!(table.report()[0].ports[0].state, PortState::LinkDown);

        table.update(&PortSpec { isolated: true, ..spec("vnet0") }).unwrap();
        assert!(is_up("vnet0"));
        assert_eq!(port_flags("vnet0"), (false, false, true));
        assert!(arrives(&sender, &guest, &frame(GUEST, OUTSIDE, 2)));

        table.update(&PortSpec { bridge: "br1".into(), ..spec("vnet0") }).unwrap();
        assert_eq!(ip_link("vnet0")["master"], "br1");
        assert_eq!(fdb("br0", &GUEST.to_string()), []);
        assert_eq!(fdb("br1", &GUEST.to_string()), at("vnet0", "static"));
        assert_eq!(port_flags("vnet0"), (false, false, false));
        assert_eq!(table.report().len(), 1);
        drop(guest);
    });
}

#[test]
fn a_change_that_fails_leaves_all_as_it_was() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        bridge(&netlink, "br1");
        let table = MacTable::new().unwrap();
        let _guest = plain_tap(&netlink, "vnet0");
        table.plug(&spec("vnet0")).unwrap();
        // The kernel takes no entry for the address of all zeros, but the bridge and the flags before it.
        let wrong = PortSpec { bridge: "br1".into(), mac: MacAddr([0; 6]), isolated: true, ..spec("vnet0") };
        let error = table.update(&wrong).unwrap_err();
        assert!(matches!(error, NetError::Kernel { .. }), "{error}");
        assert_eq!(ferrovirt_core::Error::from(error).code(), ErrorCode::SystemError);
        table.update(&PortSpec { bridge: "br9".into(), ..spec("vnet0") }).unwrap_err();

        assert_eq!(ip_link("vnet0")["master"], "br0");
        assert_eq!(port_flags("vnet0"), (false, false, false));
        assert_eq!(fdb("br0", &GUEST.to_string()), at("vnet0", "static"));
        assert_eq!(table.report().len(), 1);
        assert_eq!(table.report()[0].ports[0].stations, [(GUEST, None)]);
    });
}

#[test]
fn a_plug_that_fails_leaves_no_port() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        let table = MacTable::new().unwrap();
        let _guest = plain_tap(&netlink, "vnet0");
        table.plug(&PortSpec { mac: MacAddr([0; 6]), ..spec("vnet0") }).unwrap_err();
        assert!(ip_link("vnet0")["master"].is_null());
        assert!(!is_up("vnet0"));
        table.plug(&spec("absent")).unwrap_err();
        table.plug(&PortSpec { bridge: "vnet0".into(), ..spec("vnet0") }).unwrap_err();
        let group = table.plug(&PortSpec { mac: MacAddr([0xff; 6]), ..spec("vnet0") }).unwrap_err();
        assert!(matches!(group, NetError::GroupMac { .. }), "{group}");
        assert!(table.report().is_empty());
        assert!(!table.is_watching());
    });
}

#[test]
fn a_trusted_guest_is_followed_up_to_a_bound() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        let table = MacTable::new().unwrap();
        let _guest = plain_tap(&netlink, "vnet0");
        table.plug(&spec("vnet0")).unwrap();
        assert_eq!(table.follow("vnet0", OTHER, &[]).unwrap(), Followed::NotTrusted);
        assert_eq!(fdb("br0", &OTHER.to_string()), []);

        table.update(&PortSpec { trust_guest: true, ..spec("vnet0") }).unwrap();
        let further: Vec<_> = (0..=FURTHER_MACS as u8).map(|n| MacAddr([2, 0, 0, 0, 1, n])).collect();
        let followed = table.follow("vnet0", OTHER, &further).unwrap();
        assert_eq!(followed, Followed::Yes { left_out: vec![further[FURTHER_MACS]] });
        assert_eq!(fdb("br0", &GUEST.to_string()), []);
        for mac in [OTHER, further[0], further[FURTHER_MACS - 1]] {
            assert_eq!(fdb("br0", &mac.to_string()), at("vnet0", "static"));
        }
        table.follow("vnet0", GUEST, &[]).unwrap();
        assert_eq!(table.report()[0].ports[0].stations, [(GUEST, None)]);
        assert_eq!(fdb("br0", &further[0].to_string()), []);
    });
}

#[test]
fn a_migration_within_the_host_hands_the_station_over_and_back() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        let sender = uplink(&netlink, "sender", "br0");
        let table = MacTable::new().unwrap();
        let source = plain_tap(&netlink, "source");
        let target = plain_tap(&netlink, "target");
        table.plug(&spec("source")).unwrap();
        table.plug(&spec("target")).unwrap();
        assert!(arrives(&sender, &target, &frame(GUEST, OUTSIDE, 1)));
        assert_eq!(table.report()[0].ports[0].superseded, [(GUEST, None)]);
        // The migration fails: the source has its station back.
        table.unplug("target").unwrap();
        assert!(arrives(&sender, &source, &frame(GUEST, OUTSIDE, 2)));
        // It succeeds: what the source removes is only its own.
        table.plug(&spec("target")).unwrap();
        table.unplug("source").unwrap();
        assert_eq!(fdb("br0", &GUEST.to_string()), at("target", "static"));
        assert!(arrives(&sender, &target, &frame(GUEST, OUTSIDE, 3)));
    });
}

#[test]
fn the_watch_starts_with_the_first_port_and_ends_with_the_last() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        let table = MacTable::new().unwrap();
        assert!(!table.is_watching());
        let _taps = [plain_tap(&netlink, "vnet0"), plain_tap(&netlink, "vnet1")];
        table.plug(&spec("vnet0")).unwrap();
        table.plug(&PortSpec { mac: OTHER, ..spec("vnet1") }).unwrap();
        assert!(table.is_watching());
        let twice = table.plug(&spec("vnet0")).unwrap_err();
        assert!(matches!(twice, NetError::PortManaged { .. }), "{twice}");
        table.unplug("vnet0").unwrap();
        assert!(table.is_watching());
        assert_eq!(fdb("br0", &GUEST.to_string()), []);
        table.remove(&["vnet1", "absent"]).unwrap();
        assert!(!table.is_watching());
        assert!(link::lookup(&netlink, "vnet1").unwrap().is_none());
        assert!(matches!(table.unplug("vnet1").unwrap_err(), NetError::PortUnknown { .. }));
    });
}

/// Each way in which others spoil the table, and how it looks when it is right.
#[test]
fn it_heals_whatever_was_changed_from_outside() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        bridge(&netlink, "br1");
        let _uplink = uplink(&netlink, "uplink0", "br0");
        let table = MacTable::new().unwrap();
        let _guest = plain_tap(&netlink, "vnet0");
        table.plug(&PortSpec { isolated: true, ..spec("vnet0") }).unwrap();
        let spoilers = [
            "bridge fdb del 52:54:00:00:00:01 dev vnet0 master",
            "bridge fdb replace 52:54:00:00:00:01 dev uplink0 master static",
            "bridge link set dev vnet0 learning on flood on",
            "bridge link set dev vnet0 isolated off",
            "ip link set vnet0 type bridge_slave learning on",
            "ip link set vnet0 nomaster",
            "ip link set vnet0 master br1",
        ];
        for (number, spoiler) in (1..).zip(spoilers) {
            run(spoiler);
            let since = Instant::now();
            assert!(table.wait_for_drift("br0", number, PATIENCE), "{spoiler}");
            eprintln!("healed within {:?} of the end of `{spoiler}`", since.elapsed());
            assert_eq!(ip_link("vnet0")["master"], "br0", "{spoiler}");
            assert_eq!(fdb("br0", &GUEST.to_string()), at("vnet0", "static"), "{spoiler}");
            assert_eq!(port_flags("vnet0"), (false, false, true), "{spoiler}");
            // Once each: neither its own changes nor its repairs are taken for someone else's.
            assert_eq!(table.report()[0].drift.total(), number, "{spoiler}");
        }
        let report = &table.report()[0];
        assert_eq!((report.drift.stations, report.drift.flags, report.drift.reattached), (2, 3, 2));
        assert_eq!(report.ports[0].drift, report.drift);
        assert_eq!(report.failures, 0);
    });
}

#[test]
fn a_bridge_made_anew_gets_its_ports_back() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        // More than are looked at one by one.
        for count in [3u8, 40] {
            bridge(&netlink, "br0");
            let table = MacTable::new().unwrap();
            let ports: Vec<_> =
                (0..count).map(|n| (plain_tap(&netlink, "vnet%d"), MacAddr([2, 0, 0, 0, 0, n]))).collect();
            for (tap, mac) in &ports {
                table.plug(&PortSpec::new("br0", &tap.name, *mac)).unwrap();
            }
            run("ip link del br0");
            run("ip link add br0 type bridge");
            assert!(table.wait_for_drift("br0", count.into(), PATIENCE));
            let report = &table.report()[0];
            assert_eq!(report.drift.reattached, u64::from(count));
            assert_eq!(report.resyncs > 0, count > 32);
            for (tap, mac) in &ports {
                assert_eq!(fdb("br0", &mac.to_string()), at(&tap.name, "static"));
                assert_eq!(port_flags(&tap.name), (false, false, false));
            }
            let names: Vec<_> = ports.iter().map(|(tap, _)| tap.name.as_str()).collect();
            table.remove(&names).unwrap();
            bridge::delete(&netlink, "br0").unwrap();
        }
    });
}

#[test]
fn an_interface_that_vanished_is_told_and_harms_nothing() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        let table = MacTable::new().unwrap();
        let _gone = plain_tap(&netlink, "vnet0");
        let _stays = plain_tap(&netlink, "vnet1");
        table.plug(&spec("vnet0")).unwrap();
        table.plug(&PortSpec { mac: OTHER, ..spec("vnet1") }).unwrap();
        run("ip link del vnet0");
        // The next repair comes after the news of the tap, which is older.
        run("bridge link set dev vnet1 learning on");
        assert!(table.wait_for_drift("br0", 1, PATIENCE));
        let report = &table.report()[0];
        assert_eq!((report.ports[0].state, report.ports[1].state), (PortState::Gone, PortState::Programmed));
        assert_eq!((report.drift.total(), report.failures), (1, 0));
        table.unplug("vnet0").unwrap();
        assert!(table.is_watching());
    });
}

#[test]
fn a_restarted_daemon_takes_its_ports_over() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        let guest = plain_tap(&netlink, "vnet0");
        MacTable::new().unwrap().plug(&spec("vnet0")).unwrap();
        // Nobody watched meanwhile.
        run("bridge link set dev vnet0 learning on");
        let table = MacTable::new().unwrap();
        table.plug(&spec("vnet0")).unwrap();
        assert_eq!(port_flags("vnet0"), (false, false, false));
        assert_eq!(fdb("br0", &GUEST.to_string()), at("vnet0", "static"));
        drop(guest);
    });
}

#[test]
fn a_hundred_ports_are_plugged_and_removed() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        bridge(&netlink, "br0");
        let table = MacTable::new().unwrap();
        let taps: Vec<_> =
            (0..100).map(|_| tap::create(&netlink, &TapOptions::new("vnet%d")).unwrap()).collect();
        let started = Instant::now();
        for (n, tap) in (0..).zip(&taps) {
            table.plug(&PortSpec::new("br0", &tap.name, MacAddr([2, 0, 0, 0, 0, n]))).unwrap();
        }
        let plugged = started.elapsed() / 100;
        assert_eq!(fdb("br0", "02:00:00:00:00:63"), at("vnet99", "static"));
        let names: Vec<_> = taps.iter().map(|tap| tap.name.as_str()).collect();
        let started = Instant::now();
        table.remove(&names).unwrap();
        eprintln!(
            "of 100 ports each was plugged in {plugged:?} and removed in {:?}",
            started.elapsed() / 100
        );
        assert_eq!(link::list_ports(&netlink, None).unwrap().len(), 2);
        assert!(table.report().is_empty());
    });
}
