//! Bandwidth limits, looked at with `tc`.

use ferrovirt_core::ErrorCode;
use ferrovirt_net::qos::{self, Rate, Shaping};
use ferrovirt_net::{NetError, Netlink};

use crate::support::{in_namespace, json, plain_tap, run};

const RATE: Rate = Rate { average: 1000, peak: Some(2000), burst: Some(512) };

fn classes(dev: &str) -> String {
    run(&format!("tc class show dev {dev}"))
}

#[test]
fn what_a_tap_sends_is_shaped() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let tap = plain_tap(&netlink, "vnet0");
        // Twice: the second time in place of the first.
        for _ in 0..2 {
            qos::set(&netlink, tap.index, &Shaping::of_tap(Some(RATE), None)).unwrap();
            let qdiscs = json("tc -j qdisc show dev vnet0");
            assert_eq!((&qdiscs[0]["kind"], &qdiscs[0]["handle"]), (&"htb".into(), &"1:".into()));
            assert_eq!(qdiscs[0]["options"]["default"], "0x1");
            let text = classes("vnet0");
            assert!(text.contains("class htb 1:1 root"), "{text}");
            assert!(text.contains("rate 8Mbit ceil 16Mbit burst 512Kb cburst 1600b"), "{text}");
            assert_eq!(text.lines().count(), 1);
        }
        qos::clear(&netlink, tap.index).unwrap();
        qos::clear(&netlink, tap.index).unwrap();
        assert_eq!(classes("vnet0"), "");
    });
}

#[test]
fn a_bridge_has_a_class_for_all_and_one_below_it() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let tap = plain_tap(&netlink, "vnet0");
        qos::set(&netlink, tap.index, &Shaping::of_bridge(Some(RATE), None)).unwrap();
        let text = classes("vnet0");
        assert!(text.contains("class htb 1:1 root"), "{text}");
        assert!(text.contains("class htb 1:2 parent 1:1"), "{text}");
    });
}

#[test]
fn what_a_tap_receives_is_policed_or_the_kernel_is_named() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let tap = plain_tap(&netlink, "vnet0");
        match qos::set(&netlink, tap.index, &Shaping::of_tap(Some(RATE), Some(RATE))) {
            Ok(()) => {
                let text = run("tc filter show dev vnet0 ingress");
                assert!(text.contains("police") && text.contains("rate 8Mbit burst 512Kb"), "{text}");
            }
            Err(error @ NetError::KernelLacks { .. }) => {
                eprintln!("SKIPPED: {error}");
                assert_eq!(ferrovirt_core::Error::from(error).code(), ErrorCode::ConfigUnsupported);
                // Half a limit is none.
                assert_eq!(classes("vnet0"), "");
            }
            Err(error) => panic!("{error}"),
        }
    });
}

#[test]
fn dhcp_checksums_are_repaired_where_the_kernel_can() {
    in_namespace(|| {
        let netlink = Netlink::open().unwrap();
        let tap = plain_tap(&netlink, "vnet0");
        qos::fix_dhcp_checksums(&netlink, tap.index).unwrap();
        if run("tc qdisc show dev vnet0").contains("htb") {
            let text = run("tc filter show dev vnet0");
            assert!(text.contains("csum") && text.contains("00000044/0000ffff at 20"), "{text}");
        } else {
            eprintln!("SKIPPED: this kernel has no checksum action");
        }
    });
}
