//! The driver against a stock libvirtd, through the core's traits.

#[path = "../../../src/rpc/tests/common/mod.rs"]
mod common;
mod target;

use common::Daemon;
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::*;
use ferrovirt_core::event::Interest;
use ferrovirt_core::{DomainEventKind, ErrorCode, Event};
use ferrovirt_driver_remote::RemoteDriver;
use std::sync::mpsc::channel;
use std::time::Duration;
use target::target;

fn open(daemon: &Daemon, uri: &str) -> RemoteDriver {
    RemoteDriver::open(target(daemon, uri)).unwrap()
}

fn reading(driver: &RemoteDriver) {
    assert_eq!(driver.connect_get_type().unwrap(), "TEST");
    assert_eq!(driver.connect_get_uri().unwrap(), "test:///default");
    assert!(driver.connect_is_alive().unwrap() && driver.connect_is_secure().unwrap());
    let node = driver.node_get_info().unwrap();
    assert_eq!((node.model.as_str(), node.cpus, node.sockets), ("i686", 16, 2));
    assert_eq!(driver.node_get_cpu_map(0).unwrap().len(), 8);
    assert!(driver.connect_get_capabilities().unwrap().starts_with("<capabilities>"));

    let domains = driver.connect_list_all_domains(0).unwrap();
    assert_eq!(domains.len(), 1);
    let domain = &domains[0];
    assert_eq!(driver.domain_lookup_by_uuid(domain.uuid).unwrap(), *domain);
    assert_eq!(driver.domain_lookup_by_id(1).unwrap(), *domain);
    assert!(driver.domain_is_active(domain).unwrap());
    assert_eq!(driver.domain_get_info(domain).unwrap().vcpus, 2);
    assert!(driver.domain_get_xml_desc(domain, 0).unwrap().contains("<name>test</name>"));
    let stats = driver.connect_get_all_domain_stats(None, 0, 0).unwrap();
    assert!(stats[0].domain == *domain && stats[0].params.get("state.state").is_some());
    let err = driver.domain_lookup_by_name("nobody").unwrap_err();
    assert_eq!(err.code(), ErrorCode::NoDomain);

    assert_eq!(&*driver.connect_list_all_networks(0).unwrap()[0].name, "default");
    assert_eq!(&*driver.connect_list_all_storage_pools(0).unwrap()[0].name, "default-pool");
    assert_eq!(&*driver.connect_list_all_interfaces(0).unwrap()[0].name, "eth1");
    let devices = driver.connect_list_all_node_devices(0).unwrap();
    let host = devices.iter().find(|device| &*device.name == "scsi_host1").unwrap();
    assert!(driver.node_device_list_caps(host).unwrap().contains(&"scsi_host".to_owned()));
}

fn a_domains_life(driver: &RemoteDriver) {
    let (sender, events) = channel();
    let lifecycle = Interest { event_id: 0, object: None, monitor: None };
    let hub = driver.domain_events().unwrap().narrow(&lifecycle).unwrap();
    let subscription = hub.subscribe(move |event| drop(sender.send(event.clone())));
    let xml = "<domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os></domain>";
    let domain = driver.domain_define_xml_flags(xml, 0).unwrap();
    let id = driver.domain_create_with_flags(&domain, 0).unwrap();
    assert!(id > 0);
    let snapshot = driver
        .domain_snapshot_create_xml(&domain, "<domainsnapshot><name>s</name></domainsnapshot>", 0)
        .unwrap();
    assert_eq!(driver.domain_list_all_snapshots(&domain, 0).unwrap(), std::slice::from_ref(&snapshot));
    assert!(driver.domain_has_current_snapshot(&domain, 0).unwrap());
    assert!(driver.domain_revert_to_snapshot(&snapshot, 0).unwrap() > 0);
    driver.domain_snapshot_delete(&snapshot, 0).unwrap();
    driver.domain_destroy_flags(&domain, 0).unwrap();
    driver.domain_undefine_flags(&domain, 0).unwrap();

    // Nobody turns an event loop here: callers read what has come, so they call until the last event is there.
    let mut seen = Vec::new();
    while seen.last() != Some(&(VIR_DOMAIN_EVENT_UNDEFINED as i32)) {
        assert!(driver.connect_is_secure().unwrap());
        while let Ok(event) = events.recv_timeout(Duration::from_millis(1)) {
            let Event::Domain(event) = &*event else { panic!("{event:?}") };
            assert_eq!(event.domain.uuid, domain.uuid);
            if let DomainEventKind::Lifecycle { event, .. } = event.kind {
                seen.push(event);
            }
        }
    }
    assert_eq!(seen[..2], [VIR_DOMAIN_EVENT_DEFINED as i32, VIR_DOMAIN_EVENT_STARTED as i32]);
    drop(subscription);
}

fn a_volumes_content(daemon: &Daemon) {
    let driver = open(daemon, "storage:///system");
    let xml = "<pool type='dir'><name>p</name><target><path>/run/p</path></target></pool>";
    let pool = driver.storage_pool_create_xml(xml, VIR_STORAGE_POOL_CREATE_WITH_BUILD).unwrap();
    let xml = "<volume><name>v</name><capacity>8</capacity></volume>";
    let volume = driver.storage_vol_create_xml(&pool, xml, 0).unwrap();
    let upload = driver.storage_vol_upload(&volume, 0, 8, 0).unwrap();
    assert_eq!(upload.stream_send(b"contents", false).unwrap(), Some(8));
    upload.stream_finish().unwrap();
    let download = driver.storage_vol_download(&volume, 0, 8, 0).unwrap();
    let mut content = [0; 8];
    assert_eq!(download.stream_recv(&mut content, 0, false).unwrap(), Received::Data(8));
    assert_eq!(&content, b"contents");
    download.stream_finish().unwrap();
    assert_eq!(driver.storage_vol_get_info(&volume).unwrap().capacity, 8);
}

#[test]
fn a_stock_libvirtd_does_the_work() {
    let Some(daemon) = Daemon::start() else { return };
    let driver = open(&daemon, "test:///default");
    reading(&driver);
    a_domains_life(&driver);
    a_volumes_content(&daemon);
}
