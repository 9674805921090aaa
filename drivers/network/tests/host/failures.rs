//! Starts that can't succeed leave nothing behind and say why.

use crate::support::{Host, links, run, with_host};
use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::{Error, ErrorCode};
use std::net::{TcpListener, UdpSocket};

const NETWORK: &str = "<network><name>n</name><forward/><bridge name='virbr5'/>\
    <ip address='10.99.5.1' prefix='24'><dhcp><range start='10.99.5.10' end='10.99.5.20'/></dhcp></ip></network>";

/// Starts the network in both ways; both must fail alike.
fn refused(host: &Host) -> Error {
    let driver = host.driver();
    let id = host.define(NETWORK);
    let err = driver.network_create(&id).unwrap_err();
    assert!(!driver.network_is_active(&id).unwrap());
    driver.network_undefine(&id).unwrap();
    let transient = driver.network_create_xml(NETWORK, 0).unwrap_err();
    assert_eq!(transient.code(), err.code());
    assert_eq!(driver.connect_list_all_networks(0).unwrap(), [], "the transient network stayed");
    err
}

#[test]
fn the_bridges_name_is_taken() {
    with_host(|host| {
        run("ip link add virbr5 type bridge");
        let err = refused(host);
        assert_eq!(err.code(), ErrorCode::SystemError, "{err}");
        assert!(err.message().contains("virbr5"), "{err}");
        assert_eq!(links(), ["virbr5"], "it is not ours to remove");
        run("ip link delete virbr5");
        host.assert_clean();
    });
}

#[test]
fn the_address_is_in_use_on_the_host() {
    with_host(|host| {
        run("ip link add eth9 type bridge");
        run("ip link set eth9 up");
        run("ip address add 10.99.5.77/24 dev eth9");
        let err = refused(host);
        assert_eq!(err.code(), ErrorCode::Internal, "{err}");
        assert!(err.message().contains("already in use by interface eth9"), "{err}");
        run("ip link delete eth9");
        host.assert_clean();
    });
}

#[test]
fn a_net_within_a_route_of_the_host_is_fine() {
    with_host(|host| {
        run("ip link add eth9 type bridge");
        run("ip link set eth9 up");
        run("ip route add 10.0.0.0/8 dev eth9");
        let id = host.start(NETWORK);
        host.driver().network_destroy(&id).unwrap();
        run("ip link delete eth9");
        host.assert_clean();
    });
}

#[test]
fn dnsmasqs_port_is_in_use() {
    with_host(|host| {
        // Sockets on all addresses, made in the test's namespace: dnsmasq can't bind beside them.
        let (tcp, udp) = (TcpListener::bind("0.0.0.0:53").unwrap(), UdpSocket::bind("0.0.0.0:53").unwrap());
        let err = refused(host);
        assert_eq!(err.code(), ErrorCode::Internal, "{err}");
        assert!(err.message().contains("ddress already in use"), "dnsmasq's words are missing: {err}");
        drop((tcp, udp));
        host.assert_clean();
        let id = host.start(NETWORK);
        host.driver().network_destroy(&id).unwrap();
    });
}

#[test]
fn dnsmasq_refuses_an_option() {
    with_host(|host| {
        let xml = "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'><name>n</name>\
                   <ip address='10.99.5.1' prefix='24'/><dnsmasq:options><dnsmasq:option value='foo=bar'/>\
                   </dnsmasq:options></network>";
        let err = host.driver().network_create_xml(xml, 0).unwrap_err();
        assert!(err.message().contains("bad option"), "{err}");
        host.assert_clean();
    });
}

#[test]
fn a_route_that_can_not_be_added_is_only_logged_but_a_bad_bandwidth_is_an_error() {
    with_host(|host| {
        let xml = "<network><name>n</name><bandwidth><inbound average='99999999999999999'/></bandwidth>\
                   <ip address='10.99.5.1' prefix='24'/></network>";
        let err = host.driver().network_create_xml(xml, 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::Overflow, "{err}");
        host.assert_clean();
    });
}

#[test]
fn without_privilege_nothing_is_done() {
    with_host(|host| {
        use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};
        let had = capabilities(None).unwrap();
        let mut fewer = CapabilitySets { ..had };
        fewer.effective.remove(CapabilitySet::NET_ADMIN);
        set_capabilities(None, fewer).unwrap();
        let err = refused(host);
        set_capabilities(None, had).unwrap();
        assert_eq!(err.code(), ErrorCode::SystemError, "{err}");
        assert_eq!(err.ints()[0], rustix::io::Errno::PERM.raw_os_error());
        host.assert_clean();
    });
}

#[test]
fn what_the_driver_can_not_do_is_refused_when_it_is_defined() {
    with_host(|host| {
        for inside in [
            "<forward mode='bridge'/><mac address='52:54:00:00:00:01'/>",
            "<forward mode='vepa' dev='eth0'/><ip address='10.1.1.1' prefix='24'/>",
            "<forward mode='vepa' dev='eth0'/><bandwidth><inbound average='5'/></bandwidth>",
            "<forward mode='vepa' dev='eth0'/><domain name='d'/>",
            "<forward mode='hostdev'><interface dev='eth0'/></forward>",
            "<forward mode='hostdev'><address type='pci' bus='0xfe' slot='0x1f' function='7'/></forward>",
            "<forward mode='vepa'><address type='pci' bus='1'/></forward>",
            "<vlan><tag id='5'/></vlan>",
            "<portgroup name='a'/><portgroup name='a'/>",
            "<portgroup name='a' default='yes'/><portgroup name='b' default='yes'/>",
            "<ip address='10.1.1.1' prefix='24'><dhcp><range start='10.1.1.2' end='10.1.1.3'/></dhcp></ip>\
             <ip address='10.1.2.1' prefix='24'><dhcp><range start='10.1.2.2' end='10.1.2.3'/></dhcp></ip>",
        ] {
            let xml = format!("<network><name>n</name>{inside}</network>");
            let err = host.driver().network_define_xml(&xml, 0).unwrap_err();
            assert_eq!(err.code(), ErrorCode::ConfigUnsupported, "{inside}: {err}");
        }
        assert_eq!(host.driver().connect_list_all_networks(0).unwrap(), []);
    });
}
