//! Interfaces: on the host they are ports of bridges, and the MAC table follows them.

use crate::host::{Host, definition, is_up, on_own_host, port, run, stations, taps, xml};
use crate::support;
use ferrovirt::{Domain, ErrorCode, Result};
use ferrovirt_core::abi::{
    VIR_DOMAIN_AFFECT_CONFIG as CONFIG, VIR_DOMAIN_AFFECT_LIVE as LIVE, VIR_DOMAIN_START_PAUSED,
    VIR_DOMAIN_XML_INACTIVE,
};
use std::time::{Duration, Instant};

const MAC: &str = "52:54:00:aa:bb:01";

fn nic(network: &str, more: &str) -> String {
    format!(
        "<interface type='network'><mac address='{MAC}'/><source network='{network}'/><model type='virtio'/>{more}\
         </interface>"
    )
}

fn code<T>(outcome: Result<T>) -> ErrorCode {
    match outcome {
        Ok(_) => panic!("it was accepted"),
        Err(err) => err.code(),
    }
}

fn paused(host: &Host, name: &str) -> Domain {
    let domain = host.connection.define_domain(&definition(name, ""), 0).expect("defined");
    domain.create(VIR_DOMAIN_START_PAUSED).expect("started");
    domain
}

#[test]
fn an_interface_is_a_managed_port_from_its_first_moment() {
    on_own_host(|host| {
        host.network("hot0", "");
        let domain = paused(host, "a");
        domain.attach_device(&nic("hot0", ""), LIVE | CONFIG).expect("attached");
        host.hears("added net0");
        let tap = taps().pop().expect("a tap");
        assert_eq!(stations("hot0", MAC), [tap.as_str()]);
        let seen = port(&tap);
        let flags = &seen["linkinfo"]["info_slave_data"];
        assert_eq!((&flags["learning"], &flags["flood"]), (&false.into(), &false.into()), "{seen}");
        assert!(is_up(&seen) && seen["master"] == "hot0");
        let live = xml(&domain);
        assert!(
            live.contains("<alias name='net0'/>") && live.contains(&format!("<target dev='{tap}'/>")),
            "{live}"
        );
        let kept = domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap();
        assert!(kept.contains(MAC) && !kept.contains(&tap) && !kept.contains("net0"), "{kept}");
        let qemu = domain.qemu_monitor_command(r#"{"execute":"query-rx-filter"}"#, 0).expect("asked");
        assert!(qemu.contains(MAC), "{qemu}");
        domain.destroy(0).expect("destroyed");
        assert_eq!((taps(), stations("hot0", MAC)), (vec![], vec![]));
    });
}

#[test]
fn a_link_and_its_port_change_at_once() {
    on_own_host(|host| {
        host.network("hot0", "");
        host.network("hot1", "");
        let domain = paused(host, "a");
        domain.attach_device(&nic("hot0", ""), LIVE).expect("attached");
        let tap = taps().pop().expect("a tap");
        let update = |xml: &str| domain.update_device(xml, LIVE);
        update(&nic("hot0", "<link state='down'/>")).expect("the link down");
        assert!(!is_up(&port(&tap)) && stations("hot0", MAC).is_empty());
        assert!(xml(&domain).contains("<link state='down'/>"));
        update(&nic("hot0", "<link state='up'/>")).expect("the link up");
        assert!(is_up(&port(&tap)));
        assert_eq!(stations("hot0", MAC), [tap.as_str()]);
        update(&nic("hot0", "<link state='up'/><port isolated='yes'/>")).expect("isolated");
        assert_eq!(port(&tap)["linkinfo"]["info_slave_data"]["isolated"], true);
        let trusting =
            nic("hot0", "<link state='up'/>").replace("<interface ", "<interface trustGuestRxFilters='yes' ");
        update(&trusting).expect("trusted");
        assert!(xml(&domain).contains("trustGuestRxFilters='yes'"));
        assert_eq!(port(&tap)["linkinfo"]["info_slave_data"]["isolated"], false);
        assert_eq!(stations("hot0", MAC), [tap.as_str()]);
        update(&nic("hot1", "<link state='up'/>")).expect("another network");
        assert_eq!(port(&tap)["master"], "hot1");
        assert_eq!((stations("hot0", MAC), stations("hot1", MAC)), (vec![], vec![tap.clone()]));
        assert_eq!(port(&tap)["linkinfo"]["info_slave_data"]["isolated"], false);
        run("ip link add plain0 type bridge");
        let plain = nic("", "<link state='up'/>").replace("type='network'", "type='bridge'");
        update(&plain.replace("network=''", "bridge='plain0'")).expect("a bridge that is not ours");
        let seen = port(&tap);
        assert_eq!(
            (&seen["master"], &seen["linkinfo"]["info_slave_data"]["learning"]),
            (&"plain0".into(), &true.into())
        );
        assert!(stations("hot1", MAC).is_empty());
        let limits = "<link state='up'/><bandwidth><inbound average='1000'/></bandwidth>";
        update(&nic("hot0", limits)).expect("back, with limits");
        assert_eq!(stations("hot0", MAC), [tap.as_str()]);
        assert!(run(&format!("tc qdisc show dev {tap}")).contains("htb"));
        update(&nic("hot0", "<link state='up'/>")).expect("without limits");
        assert!(!run(&format!("tc qdisc show dev {tap}")).contains("htb"));
    });
}

#[test]
fn what_is_fixed_is_refused_and_nothing_changes() {
    on_own_host(|host| {
        host.network("hot0", "");
        let domain = paused(host, "a");
        domain.attach_device(&nic("hot0", "<alias name='ua-card'/>"), LIVE).expect("attached");
        let before = xml(&domain);
        let update = |xml: &str| code(domain.update_device(xml, LIVE));
        let unsupported = ErrorCode::OperationUnsupported;
        assert_eq!(update(&nic("hot0", "").replace("type='virtio'", "type='e1000'")), unsupported);
        assert_eq!(update(&nic("hot0", "<mtu size='1400'/>")), unsupported);
        assert_eq!(update(&nic("hot0", "<target dev='other0'/>")), unsupported);
        assert_eq!(update(&nic("hot0", "<driver queues='4'/>")), unsupported);
        let alias = "<alias name='ua-card'/>";
        let by_alias =
            format!("<interface type='user'><mac address='{MAC}'/><model type='virtio'/>{alias}</interface>");
        assert_eq!(update(&by_alias), unsupported);
        assert_eq!(update(&nic("hot0", "").replace(MAC, "52:54:00:aa:bb:02")), ErrorCode::DeviceMissing);
        assert_eq!(update(&nic("nowhere", "")), ErrorCode::NoNetwork);
        let bridge =
            nic("", "").replace("type='network'", "type='bridge'").replace("network=''", "bridge='gone0'");
        assert_eq!(update(&bridge), ErrorCode::OperationFailed);
        assert_eq!(xml(&domain), before);
        assert_eq!(stations("hot0", MAC), taps());
        assert_eq!(code(domain.attach_device(&nic("hot0", alias), LIVE)), ErrorCode::ConfigUnsupported);
        assert_eq!(code(domain.attach_device("<vsock/>", LIVE)), unsupported);
        assert_eq!(code(domain.update_device("<vsock/>", LIVE)), ErrorCode::ConfigUnsupported);
        assert_eq!(code(domain.detach_device_alias("ua-none", LIVE)), ErrorCode::Internal);
    });
}

#[test]
fn an_attach_that_fails_leaves_nothing() {
    on_own_host(|host| {
        host.network("hot0", "");
        let domain = paused(host, "a");
        let before = xml(&domain);
        let kept = domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap();
        let bridge =
            nic("", "").replace("type='network'", "type='bridge'").replace("network=''", "bridge='gone0'");
        domain.attach_device(&bridge, LIVE | CONFIG).expect_err("no such bridge");
        assert_eq!(taps(), Vec::<String>::new());
        // QEMU itself refuses: two devices in one place.
        domain.qemu_monitor_command(
            r#"{"execute":"device_add","arguments":{"driver":"virtio-rng-pci","id":"squatter","bus":"pci.8","addr":"0x0"}}"#,
            0,
        ).expect("a device behind our back");
        let place = "<address type='pci' domain='0' bus='8' slot='0' function='0'/>";
        domain.attach_device(&nic("hot0", place), LIVE | CONFIG).expect_err("the slot is taken");
        assert_eq!((taps(), stations("hot0", MAC)), (vec![], vec![]));
        assert_eq!(xml(&domain), before);
        assert_eq!(domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap(), kept);
        let netdevs = domain.qemu_monitor_command("info network", 1).expect("asked");
        assert!(!netdevs.contains("hostnet"), "{netdevs}");
        let fds =
            domain.qemu_monitor_command(r#"{"execute":"closefd","arguments":{"fdname":"fd-net0-0"}}"#, 0);
        assert!(fds.expect("asked").contains("error"), "the descriptor was left");
        domain.attach_device(&nic("hot0", ""), LIVE).expect("the next one works");
        host.hears("added net0");
        assert_eq!(stations("hot0", MAC), taps());
    });
}

#[test]
fn a_guest_that_does_not_answer_keeps_its_device_and_holds_nobody_up() {
    on_own_host(|host| {
        host.network("hot0", "");
        let domain = paused(host, "a");
        domain.attach_device(&nic("hot0", ""), LIVE | CONFIG).expect("attached");
        let begin = Instant::now();
        domain.detach_device(&nic("hot0", ""), LIVE | CONFIG).expect("asked for");
        let waited = begin.elapsed();
        assert!(waited >= Duration::from_secs(5), "{waited:?}");
        assert!(xml(&domain).contains(MAC) && !host.has_heard("removed net0"));
        assert!(!domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap().contains(MAC));
        assert_eq!(stations("hot0", MAC), taps());
        let begin = Instant::now();
        let _ = domain.detach_device_alias("net0", LIVE);
        assert!(begin.elapsed() < waited, "this one does not wait");
        // A reset takes out what was asked for.
        domain.reset(0).expect("reset");
        domain.resume().expect("resumed");
        host.hears("removed net0");
        assert_eq!((taps(), stations("hot0", MAC)), (vec![], vec![]));
        assert!(!xml(&domain).contains(MAC));
        domain.attach_device(&nic("hot0", ""), LIVE).expect("its place is free again");
    });
}

#[test]
fn definitions_change_without_a_guest() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        let user = |mac: &str, more: &str| {
            format!("<interface type='user'><mac address='{mac}'/><model type='virtio'/>{more}</interface>")
        };
        assert_eq!(code(domain.attach_device(&user(MAC, ""), LIVE)), ErrorCode::OperationInvalid);
        domain.attach_device(&user(MAC, ""), 0).expect("attached");
        domain.attach_device(&user(MAC, ""), CONFIG).expect("the peer has nothing against two");
        assert_eq!(xml(&domain).matches(MAC).count(), 2);
        assert_eq!(code(domain.detach_device(&user(MAC, ""), CONFIG)), ErrorCode::OperationFailed);
        let text = xml(&domain);
        let (_, from_nic) = text.split_once(MAC).expect("the first");
        let (_, place) = from_nic.split_once("<address ").expect("its address");
        let place = format!("<address {}", place.split_once("/>").map(|(place, _)| place).unwrap());
        domain.detach_device(&user(MAC, &format!("{place}/>")), CONFIG).expect("the one that is meant");
        domain.update_device(&user(MAC, "<link state='down'/>"), CONFIG).expect("updated");
        assert!(xml(&domain).contains("<link state='down'/>"));
        domain.detach_device(&user(MAC, ""), CONFIG).expect("detached");
        assert!(!xml(&domain).contains(MAC));
        assert_eq!(code(domain.detach_device(&user(MAC, ""), CONFIG)), ErrorCode::DeviceMissing);
    });
}

#[test]
fn a_linux_guest_takes_a_card_and_lets_it_go() {
    let Some((kernel, initrd)) = support::guest_files() else { return };
    on_own_host(|host| {
        host.network("hot0", "");
        let log = host.folder.path().join("console");
        let os = format!(
            "<os><type arch='x86_64' machine='q35'>hvm</type><kernel>{kernel}</kernel><initrd>{initrd}</initrd>\
             <cmdline>console=ttyS0 quiet panic=-1</cmdline></os>"
        );
        let serial = format!("<serial type='file'><source path='{}'/></serial>", log.display());
        let text = definition("linux", &serial)
            .replace("<os><type arch='x86_64' machine='q35'>hvm</type></os>", &os)
            .replace(">64<", ">256<");
        let domain = host.connection.create_domain(&text, 0).expect("started");
        wait_for_line(&log, "GUEST-READY");
        domain.attach_device(&nic("hot0", ""), LIVE).expect("attached");
        assert_eq!(stations("hot0", MAC), taps());
        // A guest's kernel answers the request when it has bound its driver.
        domain.detach_device(&nic("hot0", ""), LIVE).expect("detached");
        host.hears("removed net0");
        assert_eq!((taps(), stations("hot0", MAC)), (vec![], vec![]));
        assert!(!xml(&domain).contains(MAC));
        let netdevs = domain.qemu_monitor_command("info network", 1).expect("asked");
        assert!(!netdevs.contains("hostnet"), "{netdevs}");
    });
}

/// Waits until the guest has written a line, woken by the kernel when its file grows.
fn wait_for_line(path: &std::path::Path, line: &str) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::inotify;
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).expect("inotify");
    inotify::add_watch(&watch, path, inotify::WatchFlags::MODIFY).expect("watched");
    let deadline = Instant::now() + Duration::from_secs(600);
    loop {
        let text = std::fs::read(path).expect("the console");
        let text = String::from_utf8_lossy(&text);
        if text.contains(line) {
            return;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "'{line}' is not on the console:\n{text}");
        let limit = Timespec { tv_sec: left.as_secs() as i64 + 1, tv_nsec: 0 };
        let mut fds = [PollFd::new(&watch, PollFlags::IN)];
        poll(&mut fds, Some(&limit)).expect("polled");
        let mut buffer = [0; 4096];
        if !fds[0].revents().is_empty() {
            rustix::io::read(&watch, &mut buffer).expect("what has happened");
        }
    }
}
