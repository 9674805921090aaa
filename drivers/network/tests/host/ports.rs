//! Ports: allocated from networks of all kinds, kept over a restart, given back.

use crate::support::{run, with_host};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::abi::{VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, VIR_NETWORK_PORT_CREATE_RECLAIM};
use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::{NetworkPortId, TypedParams};

fn port(number: u32, inside: &str) -> String {
    format!(
        "<networkport><uuid>5d744f21-ba4a-4d6e-bdb2-{number:012}</uuid><owner><name>web</name>\
         <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner>{inside}<mac address='52:54:00:7b:35:{number:02}'/>\
         </networkport>"
    )
}

#[test]
fn a_port_takes_from_interface_group_and_network() {
    with_host(|host| {
        run("ip link add br0 type bridge");
        let id = host.start(
            "<network><name>n</name><forward mode='bridge'/><bridge name='br0' macTableManager='libvirt'/>\
             <virtualport type='openvswitch'/><port isolated='yes'/>\
             <portgroup name='plain' default='yes'/>\
             <portgroup name='fast' trustGuestRxFilters='yes'><vlan><tag id='42'/></vlan>\
             <virtualport type='openvswitch'><parameters profileid='gold'/></virtualport>\
             <bandwidth><inbound average='1000'/></bandwidth></portgroup></network>",
        );
        let driver = host.driver();
        let made = driver.network_port_create_xml(&id, &port(1, "<group>fast</group>"), 0).unwrap();
        let xml = driver.network_port_get_xml_desc(&made, 0).unwrap();
        for part in [
            "<group>fast</group>",
            "<virtualport type='openvswitch'>",
            "profileid='gold'",
            "interfaceid=",
            "<inbound average='1000'/>",
            "<tag id='42'/>",
            "<port isolated='yes'/>",
            "<rxfilters trustGuest='yes'/>",
            "<plug type='bridge' bridge='br0' macTableManager='libvirt'/>",
        ] {
            assert!(xml.contains(part), "{part} is not in {xml}");
        }
        let plain = driver.network_port_create_xml(&id, &port(2, ""), 0).unwrap();
        assert!(!driver.network_port_get_xml_desc(&plain, 0).unwrap().contains("<vlan>"));
        assert!(host.xml(&id).starts_with("<network connections='2'>"));
        driver.network_destroy(&id).unwrap();
        run("ip link delete br0");
        host.assert_clean();
    });
}

#[test]
fn ports_live_as_long_as_the_network_is_up() {
    with_host(|host| {
        let id =
            host.define("<network><name>n</name><bridge name='virbr6' macTableManager='libvirt'/></network>");
        let driver = host.driver();
        let err = driver.network_port_create_xml(&id, &port(1, ""), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationInvalid);
        driver.network_create(&id).unwrap();
        let made = driver.network_port_create_xml(&id, &port(1, ""), 0).unwrap();
        let xml = driver.network_port_get_xml_desc(&made, 0).unwrap();
        assert!(xml.contains("<plug type='network' bridge='virbr6' macTableManager='libvirt'/>"), "{xml}");
        let err = driver.network_port_create_xml(&id, &port(1, ""), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::NetworkPortExist);
        let err = driver.network_port_create_xml(&id, &xml.replace("000001", "000002"), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::InvalidArg, "a plug without RECLAIM");
        let reclaim = VIR_NETWORK_PORT_CREATE_RECLAIM;
        let err = driver.network_port_create_xml(&id, &port(3, ""), reclaim).unwrap_err();
        assert_eq!(err.code(), ErrorCode::InvalidArg, "RECLAIM without a plug");
        driver.network_port_create_xml(&id, &xml.replace("000001", "000002"), reclaim).unwrap();

        host.reopen();
        let driver = host.driver();
        assert_eq!(driver.network_list_all_ports(&id, 0).unwrap().len(), 2);
        assert_eq!(driver.network_port_lookup_by_uuid(&id, made.uuid).unwrap(), made);
        assert_eq!(driver.network_port_get_xml_desc(&made, 0).unwrap(), xml);
        driver.network_port_delete(&made, 0).unwrap();
        assert_eq!(driver.network_port_delete(&made, 0).unwrap_err().code(), ErrorCode::NoNetworkPort);
        assert!(host.xml(&id).starts_with("<network connections='1'>"));
        driver.network_destroy(&id).unwrap();
        host.assert_clean();
        let err = driver.network_list_all_ports(&id, 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationInvalid);
    });
}

#[test]
fn macvtap_pools_share_or_give_alone() {
    with_host(|host| {
        let driver = host.driver();
        let pool = |mode: &str| {
            format!(
                "<network><name>{mode}</name><forward mode='{mode}'><interface dev='eth1'/><interface dev='eth2'/>\
                 </forward></network>"
            )
        };
        let dev = |made: &NetworkPortId| {
            let xml = driver.network_port_get_xml_desc(made, 0).unwrap();
            xml.split("dev='").nth(1).unwrap().split('\'').next().unwrap().to_owned()
        };
        let id = host.start(&pool("passthrough"));
        let one = driver.network_port_create_xml(&id, &port(1, ""), 0).unwrap();
        let two = driver.network_port_create_xml(&id, &port(2, ""), 0).unwrap();
        assert_eq!((dev(&one), dev(&two)), ("eth1".into(), "eth2".into()));
        let err = driver.network_port_create_xml(&id, &port(3, ""), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::Internal, "{err}");
        driver.network_port_delete(&one, 0).unwrap();
        let three = driver.network_port_create_xml(&id, &port(3, ""), 0).unwrap();
        assert_eq!(dev(&three), "eth1");
        let xml = driver.network_port_get_xml_desc(&three, 0).unwrap();
        assert!(xml.contains("<plug type='direct' dev='eth1' mode='passthrough'/>"), "{xml}");

        let id = host.start(&pool("vepa"));
        let devs: Vec<String> =
            (4..8).map(|n| dev(&driver.network_port_create_xml(&id, &port(n, ""), 0).unwrap())).collect();
        assert_eq!(devs, ["eth1", "eth2", "eth1", "eth2"]);
        assert!(host.xml(&id).contains("<interface dev='eth1' connections='2'/>"));
        let qos = "<virtualport type='openvswitch'/>";
        let err = driver.network_port_create_xml(&id, &port(9, qos), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::ConfigUnsupported);
    });
}

#[test]
fn parameters_of_a_port_are_its_bandwidth() {
    with_host(|host| {
        let id = host.start(
            "<network><name>n</name><bandwidth><inbound average='500' peak='900'/></bandwidth></network>",
        );
        let driver = host.driver();
        let made = driver.network_port_create_xml(&id, &port(1, ""), 0).unwrap();
        assert!(driver.network_port_get_parameters(&made, 0).unwrap().is_empty());
        let mut params = TypedParams::new();
        params.add(VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, 128u32);
        driver.network_port_set_parameters(&made, &params, 0).unwrap();
        let got = driver.network_port_get_parameters(&made, 0).unwrap();
        assert_eq!(
            got.get(VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE),
            params.get(VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE)
        );
        assert_eq!(got.len(), 4);
        params.add("inbound.nonsense", 1u32);
        assert!(driver.network_port_set_parameters(&made, &params, 0).is_err());

        // What is guaranteed must fit into what the network has.
        let floor = |number: u32, rate: u32| {
            port(number, &format!("<bandwidth><inbound average='1' floor='{rate}'/></bandwidth>"))
        };
        let first = driver.network_port_create_xml(&id, &floor(2, 600), 0).unwrap();
        let xml = driver.network_port_get_xml_desc(&first, 0).unwrap();
        assert!(xml.contains("<bandwidth classID='3'>"), "{xml}");
        let err = driver.network_port_create_xml(&id, &floor(3, 301), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::OperationInvalid, "{err}");
        driver.network_port_create_xml(&id, &floor(3, 300), 0).unwrap();
        let status = std::fs::read_to_string(host.file("run/network/n.xml")).unwrap();
        assert!(
            status.contains("<class_id bitmap='0-4'/>") && status.contains("<floor sum='900'/>"),
            "{status}"
        );
        driver.network_destroy(&id).unwrap();
        host.assert_clean();
    });
}
