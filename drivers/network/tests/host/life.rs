//! Defined, started, looked at, stopped, gone.

use crate::support::{Heard, links, run, with_host};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
    VIR_CONNECT_LIST_NETWORKS_INACTIVE, VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
    VIR_CONNECT_LIST_NETWORKS_TRANSIENT, VIR_NETWORK_EVENT_DEFINED, VIR_NETWORK_EVENT_STARTED,
    VIR_NETWORK_EVENT_STOPPED, VIR_NETWORK_EVENT_UNDEFINED, VIR_NETWORK_METADATA_ELEMENT,
    VIR_NETWORK_METADATA_TITLE, VIR_NETWORK_UPDATE_AFFECT_CONFIG, VIR_NETWORK_XML_INACTIVE,
};
use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::event::NetworkEventKind;

const NAT: &str = "<network><name>nat</name><forward mode='nat'/><bridge name='virbr7' stp='on' delay='0'/>\
    <mac address='52:54:00:aa:bb:cc'/><mtu size='1400'/><domain name='guests.example' localOnly='yes'/>\
    <ip address='10.99.1.1' netmask='255.255.255.0'><dhcp><range start='10.99.1.100' end='10.99.1.199'/></dhcp></ip>\
    <ip family='ipv6' address='fd00:99::1' prefix='64'/>\
    <route address='10.98.0.0' prefix='16' gateway='10.99.1.2'/></network>";

#[test]
fn a_nat_network_comes_up_whole_and_goes_down_whole() {
    with_host(|host| {
        let heard = Heard::of(host);
        let id = host.define(NAT);
        let driver = host.driver();
        assert!(!driver.network_is_active(&id).unwrap() && driver.network_is_persistent(&id).unwrap());
        host.assert_clean();
        driver.network_create(&id).unwrap();

        let bridge = run("ip -d link show virbr7");
        for part in ["UP", "mtu 1400", "52:54:00:aa:bb:cc", "stp_state 1"] {
            assert!(bridge.contains(part), "{part} is not in {bridge}");
        }
        let addresses = run("ip address show dev virbr7");
        assert!(addresses.contains("10.99.1.1/24") && addresses.contains("fd00:99::1/64"), "{addresses}");
        assert!(run("ip route").contains("10.98.0.0/16 via 10.99.1.2 dev virbr7"));
        assert!(run("nft list table inet ferrovirt_virbr7").contains("masquerade"));
        assert_eq!(run("cat /proc/sys/net/ipv4/ip_forward").trim(), "1");
        assert_eq!(host.dnsmasq().len(), 1);
        let config = std::fs::read_to_string(host.file("lib/dnsmasq/nat.conf")).unwrap();
        assert!(config.contains("dhcp-option=option:mtu,1400") && config.contains("ra-only"), "{config}");
        let status = std::fs::read_to_string(host.file("run/network/nat.xml")).unwrap();
        assert!(
            status.contains("<networkstatus>") && status.contains("<class_id bitmap='0-2'/>"),
            "{status}"
        );
        assert_eq!(driver.network_get_bridge_name(&id).unwrap(), "virbr7");
        let err = driver.network_create(&id).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationInvalid);

        driver.network_destroy(&id).unwrap();
        host.assert_clean();
        assert_eq!(driver.network_destroy(&id).unwrap_err().code(), ErrorCode::OperationInvalid);
        driver.network_undefine(&id).unwrap();
        assert_eq!(driver.network_lookup_by_name("nat").unwrap_err().code(), ErrorCode::NoNetwork);
        assert_eq!(driver.network_get_xml_desc(&id, 0).unwrap_err().code(), ErrorCode::NoNetwork);
        assert!(!host.file("etc/qemu/networks/nat.xml").exists());
        assert!(!host.file("lib/dnsmasq/nat.leases").exists());
        let numbers = [
            VIR_NETWORK_EVENT_DEFINED,
            VIR_NETWORK_EVENT_STARTED,
            VIR_NETWORK_EVENT_STOPPED,
            VIR_NETWORK_EVENT_UNDEFINED,
        ];
        assert_eq!(heard.life(), numbers.map(|number| number as i32));
    });
}

#[test]
fn names_of_bridges_are_found_and_never_shared() {
    with_host(|host| {
        run("ip link add virbr0 type bridge");
        let plain = |name: &str| format!("<network><name>{name}</name></network>");
        let (one, two) = (host.define(&plain("one")), host.define(&plain("two")));
        let driver = host.driver();
        assert_eq!(driver.network_get_bridge_name(&one).unwrap(), "virbr1");
        assert_eq!(driver.network_get_bridge_name(&two).unwrap(), "virbr2");
        let taken = "<network><name>three</name><bridge name='virbr2'/></network>";
        assert_eq!(driver.network_define_xml(taken, 0).unwrap_err().code(), ErrorCode::Internal);
        let template = host.define("<network><name>four</name><bridge name='lab%d'/></network>");
        assert_eq!(driver.network_get_bridge_name(&template).unwrap(), "lab0");
        // The same network may keep its own, and another network may not take its name or UUID.
        host.define(&format!("<network><name>one</name><uuid>{}</uuid></network>", one.uuid));
        let err = driver.network_define_xml(&plain("one"), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationFailed, "{err}");
        let err = driver
            .network_define_xml(&format!("<network><name>other</name><uuid>{}</uuid></network>", one.uuid), 0)
            .unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationFailed, "{err}");
        run("ip link delete virbr0");
    });
}

#[test]
fn a_transient_network_is_gone_when_it_is_stopped() {
    with_host(|host| {
        let driver = host.driver();
        let id = driver
            .network_create_xml("<network><name>brief</name><bridge name='virbr3'/></network>", 0)
            .unwrap();
        assert!(driver.network_is_active(&id).unwrap() && !driver.network_is_persistent(&id).unwrap());
        assert_eq!(links(), ["virbr3"]);
        assert_eq!(driver.network_set_autostart(&id, true).unwrap_err().code(), ErrorCode::OperationInvalid);
        assert_eq!(driver.network_undefine(&id).unwrap_err().code(), ErrorCode::OperationInvalid);
        // Defined while it runs, it stays; undefined while it runs, it is transient again.
        host.define(&host.xml(&id));
        assert!(driver.network_is_persistent(&id).unwrap());
        driver.network_undefine(&id).unwrap();
        assert!(driver.network_is_active(&id).unwrap());
        driver.network_destroy(&id).unwrap();
        assert_eq!(driver.network_lookup_by_uuid(id.uuid).unwrap_err().code(), ErrorCode::NoNetwork);
        host.assert_clean();
    });
}

#[test]
fn a_new_definition_of_an_active_network_waits() {
    with_host(|host| {
        let id = host.start("<network><name>n</name><bridge name='virbr3'/></network>");
        host.define(&format!(
            "<network><name>n</name><uuid>{}</uuid><bridge name='virbr9'/></network>",
            id.uuid
        ));
        let driver = host.driver();
        assert!(host.xml(&id).contains("virbr3"));
        assert!(driver.network_get_xml_desc(&id, VIR_NETWORK_XML_INACTIVE).unwrap().contains("virbr9"));
        driver.network_destroy(&id).unwrap();
        driver.network_create(&id).unwrap();
        assert_eq!(links(), ["virbr9"]);
        driver.network_destroy(&id).unwrap();
        host.assert_clean();
    });
}

#[test]
fn the_other_kinds_come_up() {
    with_host(|host| {
        run("ip link add br0 type bridge");
        run("ip link add eth9 type bridge");
        let ip = "<ip address='10.99.3.1' prefix='24'/>";
        let driver = host.driver();
        for (name, inside, table) in [
            ("isolated", format!("<bridge name='virbr8'/>{ip}"), true),
            ("routed", format!("<forward mode='route' dev='eth9'/><bridge name='virbr8'/>{ip}"), true),
            ("open", format!("<forward mode='open'/><bridge name='virbr8'/>{ip}"), false),
            ("bare", "<bridge name='virbr8' macTableManager='libvirt'/>".to_owned(), true),
        ] {
            let id = host.start(&format!("<network><name>{name}</name>{inside}</network>"));
            let present = run("nft list tables").contains("ferrovirt_virbr8");
            assert_eq!(present, table, "{name}");
            driver.network_destroy(&id).unwrap();
            driver.network_undefine(&id).unwrap();
        }
        for (name, inside) in [
            ("host", "<forward mode='bridge'/><bridge name='br0' macTableManager='libvirt'/>"),
            ("macvtap", "<forward mode='private'><interface dev='eth9'/></forward>"),
        ] {
            let id = host.start(&format!("<network><name>{name}</name>{inside}</network>"));
            assert_eq!(links(), ["br0", "eth9"], "{name} makes no interface");
            driver.network_destroy(&id).unwrap();
        }
        run("ip link delete br0");
        run("ip link delete eth9");
        host.assert_clean();
    });
}

#[test]
fn lists_are_filtered_by_pairs_of_flags() {
    with_host(|host| {
        let active = host.start("<network><name>active</name></network>");
        let idle = host.define("<network><name>idle</name></network>");
        let driver = host.driver();
        let brief = driver.network_create_xml("<network><name>brief</name></network>", 0).unwrap();
        driver.network_set_autostart(&idle, true).unwrap();
        assert!(host.file("etc/qemu/networks/autostart/idle.xml").exists());
        let names = |flags: u32| {
            let ids = driver.connect_list_all_networks(flags).unwrap();
            ids.iter().map(|id| id.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(0), ["active", "brief", "idle"]);
        assert_eq!(names(VIR_CONNECT_LIST_NETWORKS_ACTIVE), ["active", "brief"]);
        assert_eq!(names(VIR_CONNECT_LIST_NETWORKS_INACTIVE), ["idle"]);
        assert_eq!(
            names(VIR_CONNECT_LIST_NETWORKS_ACTIVE | VIR_CONNECT_LIST_NETWORKS_PERSISTENT),
            ["active"]
        );
        assert_eq!(names(VIR_CONNECT_LIST_NETWORKS_TRANSIENT), ["brief"]);
        assert_eq!(names(VIR_CONNECT_LIST_NETWORKS_AUTOSTART), ["idle"]);
        assert_eq!(driver.connect_list_all_networks(1 << 20).unwrap_err().code(), ErrorCode::InvalidArg);
        driver.network_set_autostart(&idle, false).unwrap();
        assert!(!driver.network_get_autostart(&idle).unwrap());
        driver.network_destroy(&active).unwrap();
        driver.network_destroy(&brief).unwrap();
        host.assert_clean();
    });
}

#[test]
fn metadata_is_kept_and_announced() {
    with_host(|host| {
        let id = host.start("<network><name>n</name></network>");
        let heard = Heard::of(host);
        let driver = host.driver();
        let title = VIR_NETWORK_METADATA_TITLE as i32;
        let element = VIR_NETWORK_METADATA_ELEMENT as i32;
        driver.network_set_metadata(&id, title, Some("Lab"), None, None, 0).unwrap();
        assert_eq!(driver.network_get_metadata(&id, title, None, 0).unwrap(), "Lab");
        let config = VIR_NETWORK_UPDATE_AFFECT_CONFIG;
        let err = driver.network_get_metadata(&id, title, None, config).unwrap_err();
        assert_eq!(err.code(), ErrorCode::NoNetworkMetadata);
        driver.network_set_metadata(&id, element, Some("<a/>"), Some("x"), Some("urn:x"), config).unwrap();
        assert_eq!(driver.network_get_metadata(&id, element, Some("urn:x"), config).unwrap(), "<a/>");
        let uri = Some("urn:x".to_owned());
        let wanted = NetworkEventKind::MetadataChange { kind: element, uri };
        assert_eq!(heard.take().last(), Some(&wanted));
        driver.network_destroy(&id).unwrap();
        assert_eq!(driver.network_get_metadata(&id, element, Some("urn:x"), 0).unwrap(), "<a/>");
    });
}
