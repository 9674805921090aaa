//! The client with an event loop against a stock libvirtd: events and stream callbacks come while nobody calls.

mod common;

use common::Daemon;
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::StreamDriver;
use ferrovirt_core::event_loop;
use ferrovirt_rpc::client::Notice;
use ferrovirt_rpc::procedure::EventMessage;
use ferrovirt_rpc::program::remote::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Turns the loop until a notice has come; a notice that never comes hangs the loop, and the test with it.
fn next(notices: &Receiver<Notice>) -> Notice {
    loop {
        if let Ok(notice) = notices.try_recv() {
            return notice;
        }
        event_loop::run_default().unwrap();
    }
}

fn events(daemon: &Daemon) {
    let (client, notices) = daemon.open("test:///default");
    let dom = client.call(&DomainLookupByName { name: "test".into() }).unwrap();
    let register =
        ConnectDomainEventCallbackRegisterAny { event_id: VIR_DOMAIN_EVENT_ID_LIFECYCLE as i32, dom: None };
    let callback = client.call(&register).unwrap();
    client.call(&DomainSuspend { dom: dom.clone() }).unwrap();
    let Notice::Event(message) = next(&notices) else { panic!("the connection ended") };
    assert_eq!(message.header.procedure, DomainEventCallbackLifecycle::ROW.number);
    let event: DomainEventCallbackLifecycle = message.event().unwrap();
    assert_eq!((event.callback_id, &event.msg.dom), (callback, &dom));
    assert_eq!(event.msg.event, VIR_DOMAIN_EVENT_SUSPENDED as i32);
}

fn keepalive(daemon: &Daemon) {
    let (client, _notices) = daemon.open("test:///default");
    // With no answer at all the connection would be given up in five seconds; a daemon may well take some of them.
    client.set_keepalive(Some(Duration::from_millis(20)), 250).unwrap();
    let turns = Arc::new(AtomicI32::new(0));
    let counter = turns.clone();
    let note = Box::new(move |_| counter.store(1, Ordering::SeqCst));
    let timer = event_loop::current().unwrap().add_timeout(6000, note).unwrap();
    while turns.load(Ordering::SeqCst) == 0 {
        event_loop::run_default().unwrap();
    }
    event_loop::current().unwrap().remove_timeout(timer).unwrap();
    assert!(client.is_alive());
}

fn stream_callbacks(daemon: &Daemon) {
    let (client, _notices) = daemon.open("storage:///system");
    let xml = "<pool type='dir'><name>p</name><target><path>/run/p</path></target></pool>".into();
    let flags = VIR_STORAGE_POOL_CREATE_WITH_BUILD;
    let pool = client.call(&StoragePoolCreateXml { xml, flags }).unwrap();
    let xml = "<volume><name>v</name><capacity>4096</capacity></volume>".into();
    let vol = client.call(&StorageVolCreateXml { pool, xml, flags: 0 }).unwrap();
    let download = StorageVolDownload { vol, offset: 0, length: 0, flags: 0 };
    let ((), stream) = client.open_stream(&download).unwrap();
    let seen = Arc::new(AtomicI32::new(0));
    let told = seen.clone();
    let callback = Box::new(move |events| told.store(events, Ordering::SeqCst));
    stream.stream_event_add_callback(VIR_STREAM_EVENT_READABLE as i32, callback).unwrap();
    while seen.load(Ordering::SeqCst) == 0 {
        event_loop::run_default().unwrap();
    }
    assert_eq!(seen.load(Ordering::SeqCst), VIR_STREAM_EVENT_READABLE as i32);
    stream.stream_event_remove_callback().unwrap();
    stream.stream_abort().unwrap();
}

/// A caller in another thread shares the socket with the loop.
fn a_loop_and_callers(daemon: &Daemon) {
    let (client, notices) = daemon.open("test:///default");
    let dom = client.call(&DomainLookupByName { name: "test".into() }).unwrap();
    let register =
        ConnectDomainEventCallbackRegisterAny { event_id: VIR_DOMAIN_EVENT_ID_LIFECYCLE as i32, dom: None };
    client.call(&register).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..100 {
                client.call(&DomainSuspend { dom: dom.clone() }).unwrap();
                client.call(&DomainResume { dom: dom.clone() }).unwrap();
            }
        });
        for _ in 0..200 {
            assert!(matches!(next(&notices), Notice::Event(_)));
        }
    });
}

fn the_end_comes_without_a_call(mut daemon: Daemon) {
    let (_client, notices) = daemon.open("test:///default");
    daemon.kill();
    assert!(matches!(next(&notices), Notice::Closed(_)));
}

#[test]
fn a_stock_libvirtd_reaches_the_event_loop() {
    let Some(daemon) = Daemon::start() else { return };
    common::register_loop();
    events(&daemon);
    keepalive(&daemon);
    stream_callbacks(&daemon);
    a_loop_and_callers(&daemon);
    the_end_comes_without_a_call(daemon);
}
