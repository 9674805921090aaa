//! Parts of networks are changed while guests use them.

use crate::support::{Guest, have_busybox, with_host};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::abi::{
    VIR_NETWORK_SECTION_BRIDGE, VIR_NETWORK_SECTION_DNS_HOST, VIR_NETWORK_SECTION_DNS_TXT,
    VIR_NETWORK_SECTION_IP_DHCP_HOST, VIR_NETWORK_SECTION_IP_DHCP_RANGE, VIR_NETWORK_UPDATE_AFFECT_CONFIG,
    VIR_NETWORK_UPDATE_AFFECT_LIVE, VIR_NETWORK_UPDATE_COMMAND_ADD_LAST as ADD,
    VIR_NETWORK_UPDATE_COMMAND_DELETE as DELETE, VIR_NETWORK_XML_INACTIVE,
};
use ferrovirt_core::driver::NetworkDriver;

const NETWORK: &str = "<network><name>n</name><bridge name='virbr1' delay='0'/>\
    <ip address='10.99.8.1' prefix='24'><dhcp><range start='10.99.8.10' end='10.99.8.20'/></dhcp></ip></network>";
const BOTH: u32 = VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG;

#[test]
fn a_kept_address_is_given_out_at_once() {
    if !have_busybox(&["udhcpc", "nslookup"]) {
        return;
    }
    with_host(|host| {
        let id = host.start(NETWORK);
        let driver = host.driver();
        let served = host.dnsmasq();
        let entry = "<host mac='52:54:00:00:08:01' ip='10.99.8.77'/>";
        driver.network_update(&id, ADD, VIR_NETWORK_SECTION_IP_DHCP_HOST, -1, entry, BOTH).unwrap();
        let names = "<host ip='10.99.8.5'><hostname>printer</hostname></host>";
        driver.network_update(&id, ADD, VIR_NETWORK_SECTION_DNS_HOST, -1, names, 0).unwrap();
        assert_eq!(host.dnsmasq(), served, "it is told, not started anew");
        let guest = Guest::plug("virbr1", 0, "52:54:00:00:08:01");
        assert_eq!(guest.ask_for_address("web").as_deref(), Some("10.99.8.77"));
        guest.run("ip address add 10.99.8.77/24 dev eth0");
        // It fails for want of an IPv6 address, but tells the other.
        let answer = guest.output("busybox nslookup printer 10.99.8.1").stdout;
        assert!(String::from_utf8_lossy(&answer).contains("10.99.8.5"));
        let stored = driver.network_get_xml_desc(&id, VIR_NETWORK_XML_INACTIVE).unwrap();
        assert!(stored.contains("10.99.8.77") && !stored.contains("printer"), "{stored}");
        assert!(host.xml(&id).contains("printer"));
        driver.network_destroy(&id).unwrap();
    });
}

#[test]
fn what_only_a_new_dnsmasq_knows_starts_one() {
    with_host(|host| {
        let id = host.start(NETWORK);
        let driver = host.driver();
        let before = host.dnsmasq();
        let txt = "<txt name='motd' value='hello'/>";
        driver.network_update(&id, ADD, VIR_NETWORK_SECTION_DNS_TXT, -1, txt, 0).unwrap();
        assert_eq!(host.dnsmasq().len(), 1);
        assert_ne!(host.dnsmasq(), before);
        let range = "<range start='10.99.8.10' end='10.99.8.20'/>";
        driver.network_update(&id, DELETE, VIR_NETWORK_SECTION_IP_DHCP_RANGE, -1, range, BOTH).unwrap();
        assert!(!host.xml(&id).contains("<range"));
        let stored = std::fs::read_to_string(host.file("etc/qemu/networks/n.xml")).unwrap();
        assert!(!stored.contains("<range"), "{stored}");
        let config = std::fs::read_to_string(host.file("lib/dnsmasq/n.conf")).unwrap();
        assert!(!config.contains("dhcp-range") && config.contains("txt-record=motd,hello"), "{config}");
        host.reopen();
        assert!(host.xml(&id).contains("motd"));
        host.driver().network_destroy(&id).unwrap();
        host.assert_clean();
    });
}

#[test]
fn a_refused_change_changes_nothing() {
    with_host(|host| {
        let id = host.start(NETWORK);
        let driver = host.driver();
        let (xml, served) = (host.xml(&id), host.dnsmasq());
        let outside = "<range start='10.1.1.1' end='10.1.1.2'/>";
        for (section, element, flags, code) in [
            (VIR_NETWORK_SECTION_IP_DHCP_RANGE, outside, 0, ErrorCode::Internal),
            (VIR_NETWORK_SECTION_BRIDGE, "<bridge name='x'/>", 0, ErrorCode::OperationUnsupported),
            (VIR_NETWORK_SECTION_DNS_TXT, "<txt/>", 0, ErrorCode::XmlDetail),
            (VIR_NETWORK_SECTION_DNS_TXT, "<txt name='a' value='b'/>", 1 << 9, ErrorCode::InvalidArg),
        ] {
            let err = driver.network_update(&id, ADD, section, -1, element, flags).unwrap_err();
            assert_eq!(err.code(), code, "{element}: {err}");
        }
        // dnsmasq itself refuses this one: all is as before, and guests are served.
        let bad = "<txt name='a' value='b&#10;nonsense=1'/>";
        assert!(driver.network_update(&id, ADD, VIR_NETWORK_SECTION_DNS_TXT, -1, bad, BOTH).is_err());
        assert_eq!(host.xml(&id), xml);
        assert_eq!(host.dnsmasq().len(), served.len());
        let stored = driver.network_get_xml_desc(&id, VIR_NETWORK_XML_INACTIVE).unwrap();
        assert!(!stored.contains("<txt"), "{stored}");
        driver.network_destroy(&id).unwrap();
        let live = VIR_NETWORK_UPDATE_AFFECT_LIVE;
        let err = driver.network_update(
            &id,
            ADD,
            VIR_NETWORK_SECTION_DNS_TXT,
            -1,
            "<txt name='a' value='b'/>",
            live,
        );
        assert_eq!(err.unwrap_err().code(), ErrorCode::OperationInvalid);
        host.assert_clean();
    });
}
