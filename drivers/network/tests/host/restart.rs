//! The program ends and comes back while networks are up.

use crate::support::{Guest, have_busybox, links, run, with_host};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::layout::Layout;
use ferrovirt_driver_network::NetworkState;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

const NETWORK: &str = "<network><name>n</name><forward/><bridge name='virbr2' delay='0'/>\
    <ip address='10.99.2.1' prefix='24'><dhcp><range start='10.99.2.10' end='10.99.2.20'/></dhcp></ip></network>";

fn kill_and_wait(pid: u32) {
    let pid = Pid::from_raw(pid as i32).unwrap();
    let handle = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let mut ended = [rustix::event::PollFd::new(&handle, rustix::event::PollFlags::IN)];
    rustix::event::poll(&mut ended, None).unwrap();
}

#[test]
fn an_active_network_is_taken_over() {
    with_host(|host| {
        let id = host.start(NETWORK);
        let served = host.dnsmasq();
        let xml = host.xml(&id);
        host.reopen();
        assert!(host.driver().network_is_active(&id).unwrap());
        assert!(host.driver().network_is_persistent(&id).unwrap());
        assert_eq!(host.xml(&id), xml);
        assert_eq!(host.dnsmasq(), served, "the process is the same");
        host.driver().network_destroy(&id).unwrap();
        host.assert_clean();
    });
}

#[test]
fn a_dnsmasq_that_has_gone_is_started_again_and_rules_are_put_back() {
    with_host(|host| {
        let id = host.start(NETWORK);
        host.close();
        kill_and_wait(host.dnsmasq()[0]);
        run("nft flush ruleset");
        host.open();
        assert_eq!(host.dnsmasq().len(), 1);
        assert!(run("nft list tables").contains("ferrovirt_virbr2"));
        if have_busybox(&["udhcpc"]) {
            let guest = Guest::plug("virbr2", 0, "52:54:00:00:02:01");
            assert!(guest.ask_for_address("web").is_some());
        }
        host.driver().network_destroy(&id).unwrap();
    });
}

#[test]
fn a_network_whose_bridge_has_gone_is_cleaned_up() {
    with_host(|host| {
        let id = host.start(NETWORK);
        let brief = host.driver().network_create_xml("<network><name>brief</name></network>", 0).unwrap();
        host.close();
        for link in links() {
            run(&format!("ip link delete {link}"));
        }
        host.open();
        assert!(!host.driver().network_is_active(&id).unwrap());
        let err = host.driver().network_lookup_by_uuid(brief.uuid).unwrap_err();
        assert_eq!(err.code(), ErrorCode::NoNetwork);
        host.assert_clean();
        host.driver().network_create(&id).unwrap();
        host.driver().network_destroy(&id).unwrap();
    });
}

#[test]
fn autostart_happens_once_a_boot() {
    with_host(|host| {
        let id = host.define(NETWORK);
        host.driver().network_set_autostart(&id, true).unwrap();
        host.reopen();
        assert!(!host.driver().network_is_active(&id).unwrap(), "this boot had its autostart already");
        host.close();
        std::fs::remove_file(host.file("run/network/autostarted")).unwrap();
        host.open();
        assert!(host.driver().network_is_active(&id).unwrap());
        assert!(host.driver().network_get_autostart(&id).unwrap());
        host.driver().network_destroy(&id).unwrap();
        host.reopen();
        assert!(!host.driver().network_is_active(&id).unwrap());
        host.assert_clean();
    });
}

#[test]
fn one_layout_has_one_driver() {
    with_host(|host| {
        let again = NetworkState::open(Layout::embedded(host.root())).unwrap();
        assert!(std::ptr::eq(&*again, host.driver()));
    });
}

#[test]
fn what_a_definition_on_disk_lacks_is_made_up_once() {
    with_host(|host| {
        host.close();
        let folder = host.file("etc/qemu/networks");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("n.xml"), "<network><name>n</name></network>").unwrap();
        std::fs::write(folder.join("bad.xml"), "<network><name>").unwrap();
        std::fs::write(folder.join("other.xml"), "<network><name>else</name></network>").unwrap();
        host.open();
        let ids = host.driver().connect_list_all_networks(0).unwrap();
        assert_eq!(ids.len(), 1, "only one of the files can be read");
        let xml = host.xml(&ids[0]);
        assert!(xml.contains("<bridge name='virbr0'") && xml.contains("<mac address='52:54:00:"), "{xml}");
        host.reopen();
        assert_eq!(host.xml(&ids[0]), xml);
    });
}
