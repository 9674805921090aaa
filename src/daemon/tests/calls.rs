//! Calls over the daemon's sockets: who may make them, what they answer, what comes unasked.

mod common;

use common::Daemon;
use ferrovirt_core::ErrorCode;
use ferrovirt_rpc::client::Notice;
use ferrovirt_rpc::procedure::EventMessage;
use ferrovirt_rpc::program::admin::{AdminConnectListServers, AdminConnectOpen};
use ferrovirt_rpc::program::remote::*;
use std::time::Duration;

const TEST: &str = "test:///default";

fn definition(name: &str) -> String {
    format!("<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os></domain>")
}

#[test]
fn what_one_client_does_another_one_sees() {
    let daemon = Daemon::start();
    let ((one, _), (other, _)) = (daemon.client(TEST), daemon.client(TEST));
    let made = one.call(&DomainDefineXmlFlags { xml: definition("web"), flags: 0 }).unwrap();
    assert_eq!(other.call(&DomainLookupByName { name: "web".into() }).unwrap().uuid, made.uuid);
    let started = other.call(&DomainCreateWithFlags { dom: made.clone(), flags: 0 }).unwrap();
    assert!(started.id > 0);
    assert_eq!(one.call(&DomainIsActive { dom: made.clone() }).unwrap(), 1);
    assert_eq!(one.call(&DomainGetState { dom: made, flags: 0 }).unwrap().state, 1);
    let all = one.call(&ConnectListAllDomains { need_results: 1, flags: 0 }).unwrap();
    assert_eq!((all.domains.len(), all.ret), (2, 2));
    let count = one.call(&ConnectListAllDomains { need_results: 0, flags: 0 }).unwrap();
    assert_eq!((count.domains.len(), count.ret), (0, 2));
}

#[test]
fn nothing_is_answered_before_a_connection_is_open() {
    let daemon = Daemon::start();
    let (client, _) = daemon.stranger("libvirt-sock");
    assert_eq!(*client.call(&AuthList {}).unwrap(), [0]);
    assert_eq!(client.call(&ConnectGetHostname {}).unwrap_err().code(), ErrorCode::Internal);
    let open = |name: &str| client.call(&ConnectOpen { name: Some(name.into()), flags: 0 });
    assert_eq!(open("vbox:///system").unwrap_err().code(), ErrorCode::NoConnect);
    assert_eq!(open("qemu:///elsewhere").unwrap_err().code(), ErrorCode::NoConnect);
    open(TEST).unwrap();
    assert_eq!(open(TEST).unwrap_err().code(), ErrorCode::Internal);
    client.call(&ConnectGetHostname {}).unwrap();
}

#[test]
fn the_read_only_socket_changes_nothing() {
    let daemon = Daemon::start();
    let (client, _) = daemon.stranger("libvirt-sock-ro");
    client.call(&ConnectOpen { name: Some(TEST.into()), flags: 0 }).unwrap();
    let dom = client.call(&DomainLookupByName { name: "test".into() }).unwrap();
    let refused = client.call(&DomainDestroy { dom: dom.clone() }).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::OperationDenied);
    assert_eq!(client.call(&DomainGetInfo { dom }).unwrap().state, 1);
}

#[test]
fn administration_has_a_socket_of_its_own() {
    let daemon = Daemon::start();
    let (client, _) = daemon.stranger("libvirt-sock");
    assert_eq!(client.call(&AdminConnectOpen { flags: 0 }).unwrap_err().code(), ErrorCode::Rpc);
    let (admin, _) = daemon.stranger("libvirt-admin-sock");
    assert_eq!(admin.call(&AuthList {}).unwrap_err().code(), ErrorCode::Rpc);
    admin.call(&AdminConnectOpen { flags: 0 }).unwrap();
    let servers = admin.call(&AdminConnectListServers { need_results: 1, flags: 0 }).unwrap();
    assert_eq!(*servers.servers, ["admin", "libvirtd"]);
}

#[test]
fn events_come_to_those_who_asked_for_them() {
    let daemon = Daemon::start();
    let ((client, notices), (other, silence)) = (daemon.client(TEST), daemon.client(TEST));
    let dom = client.call(&DomainLookupByName { name: "test".into() }).unwrap();
    let register = ConnectDomainEventCallbackRegisterAny { event_id: 0, dom: Some(dom.clone()) };
    let id = client.call(&register).unwrap();
    client.call(&ConnectDomainEventRegisterAny { event_id: 0 }).unwrap();
    let again = client.call(&ConnectDomainEventRegisterAny { event_id: 0 }).unwrap_err();
    assert_eq!(again.code(), ErrorCode::Internal, "the old way has no ids to tell two registrations by");
    other.call(&DomainSuspend { dom: dom.clone() }).unwrap();
    // Its reply comes behind the events.
    client.call(&ConnectGetType {}).unwrap();

    let mut numbers = Vec::new();
    for _ in 0..2 {
        let Notice::Event(message) = notices.recv_timeout(Duration::from_secs(300)).unwrap() else {
            panic!("the connection is gone")
        };
        numbers.push(message.header.procedure);
        if message.header.procedure == DomainEventCallbackLifecycle::ROW.number {
            let event: DomainEventCallbackLifecycle = message.event().unwrap();
            assert_eq!((event.callback_id, event.msg.event, &event.msg.dom.name), (id, 3, &dom.name));
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [DomainEventLifecycle::ROW.number, DomainEventCallbackLifecycle::ROW.number]);

    client.call(&ConnectDomainEventCallbackDeregisterAny { callback_id: id }).unwrap();
    client.call(&ConnectDomainEventDeregisterAny { event_id: 0 }).unwrap();
    let gone = client.call(&ConnectDomainEventCallbackDeregisterAny { callback_id: id }).unwrap_err();
    assert_eq!(gone.code(), ErrorCode::Internal);
    other.call(&DomainResume { dom }).unwrap();
    client.call(&ConnectGetType {}).unwrap();
    assert!(notices.try_recv().is_err() && silence.try_recv().is_err());
}

#[test]
fn what_no_driver_can_do_is_said_so() {
    let daemon = Daemon::start();
    let (client, _) = daemon.client(TEST);
    let dom = client.call(&DomainLookupByName { name: "test".into() }).unwrap();
    let err = client.call(&DomainMigrateStartPostCopy { dom, flags: 0 }).unwrap_err();
    assert_eq!(err.code(), ErrorCode::NoSupport);
    assert!(err.message().contains("virDomainMigrateStartPostCopy"), "{err}");
}
