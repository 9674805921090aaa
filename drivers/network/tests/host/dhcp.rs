//! A guest in a second namespace gets an address, and finds names.

use crate::support::{Guest, have_busybox, with_host};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::driver::NetworkDriver;

const NETWORK: &str = "<network><name>lab</name><bridge name='virbr4' delay='0'/>\
    <domain name='lab.example' localOnly='yes'/>\
    <dns><host ip='10.99.4.77'><hostname>printer</hostname></host><txt name='motd' value='hello'/></dns>\
    <ip address='10.99.4.1' netmask='255.255.255.0'><dhcp><range start='10.99.4.100' end='10.99.4.199'/>\
    <host mac='52:54:00:00:04:02' name='kept' ip='10.99.4.50'/></dhcp></ip></network>";

#[test]
fn guests_get_addresses_and_leases_are_told() {
    if !have_busybox(&["udhcpc", "nslookup"]) {
        return;
    }
    with_host(|host| {
        let id = host.start(NETWORK);
        let driver = host.driver();
        assert!(driver.network_get_dhcp_leases(&id, None, 0).unwrap().is_empty());
        let any = Guest::plug("virbr4", 0, "52:54:00:00:04:01");
        let kept = Guest::plug("virbr4", 1, "52:54:00:00:04:02");
        let address = any.ask_for_address("web").expect("nobody answers the DHCP client");
        let last: u8 = address.strip_prefix("10.99.4.").unwrap().parse().unwrap();
        assert!((100..200).contains(&last), "{address}");
        assert_eq!(kept.ask_for_address("x").as_deref(), Some("10.99.4.50"));

        let leases = driver.network_get_dhcp_leases(&id, None, 0).unwrap();
        assert_eq!(leases.len(), 2, "{leases:?}");
        let lease = &driver.network_get_dhcp_leases(&id, Some("52:54:00:00:04:01"), 0).unwrap()[0];
        assert_eq!(
            (lease.ip_addr.as_str(), lease.prefix, lease.iface.as_str()),
            (address.as_str(), 24, "virbr4")
        );
        assert_eq!(lease.hostname.as_deref(), Some("web"));
        assert_eq!(lease.client_id.as_deref(), Some("01:52:54:00:00:04:01"));
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
        assert!((now..now + 2 * 3600).contains(&lease.expiry_time), "{lease:?}");
        let none = driver.network_get_dhcp_leases(&id, Some("52:54:00:00:04:09"), 0).unwrap();
        assert!(none.is_empty());
        let err = driver.network_get_dhcp_leases(&id, Some("nonsense"), 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::InvalidMac);

        any.run(&format!("ip address add {address}/24 dev eth0"));
        let answer = any.run("busybox nslookup printer.lab.example 10.99.4.1");
        assert!(answer.contains("10.99.4.77"), "{answer}");
        driver.network_destroy(&id).unwrap();
        // The leases are kept: guests that come back get their addresses again.
        assert!(host.file("lib/dnsmasq/lab.leases").exists());
    });
}
