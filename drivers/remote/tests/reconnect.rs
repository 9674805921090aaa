//! A connection that comes back by itself after the daemon was killed, with its registrations, and tells what was missed.

#[path = "../../../src/rpc/tests/common/mod.rs"]
mod common;
mod target;

use common::Daemon;
use ferrovirt_core::abi::*;
use ferrovirt_core::driver::*;
use ferrovirt_core::event::{EventObject, Interest};
use ferrovirt_core::{DomainEventKind, Event, event_loop};
use ferrovirt_driver_remote::{RemoteDriver, Target};
use std::sync::mpsc::{Receiver, channel};
use target::target;

const LIFECYCLE: Interest = Interest { event_id: 0, object: None, monitor: None };

/// What has been told, by the domain's name; callers that read notices are not needed: the loop does.
fn listen(driver: &RemoteDriver, interest: &Interest) -> (Receiver<(String, i32)>, Box<dyn std::any::Any>) {
    let (sender, events) = channel();
    let hub = driver.domain_events().unwrap().narrow(interest).unwrap();
    let subscription = hub.subscribe(move |event| {
        let Event::Domain(event) = &**event else { panic!("{event:?}") };
        if let DomainEventKind::Lifecycle { event: kind, .. } = event.kind {
            let _ = sender.send((event.domain.name.to_string(), kind));
        }
        common::wake_loop();
    });
    (events, Box::new((hub, subscription)))
}

/// Turns the loop until so many events have come.
fn next(events: &Receiver<(String, i32)>, count: usize) -> Vec<(String, i32)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        match events.try_recv() {
            Ok(event) => seen.push(event),
            Err(_) => event_loop::run_default().unwrap(),
        }
    }
    seen
}

fn event(name: &str, kind: u32) -> (String, i32) {
    (name.to_owned(), kind as i32)
}

#[test]
fn a_killed_daemon_is_found_again_and_what_was_missed_is_told() {
    let Some(mut daemon) = Daemon::start() else { return };
    common::register_loop();
    let driver =
        RemoteDriver::open(Target { reconnect: true, ..target(&daemon, "test:///default") }).unwrap();
    let plain = RemoteDriver::open(target(&daemon, "test:///default")).unwrap();
    let (closed, reasons) = channel();
    plain
        .connect_register_close_callback(Box::new(move |reason| {
            let _ = closed.send(reason);
        }))
        .unwrap();
    assert!(driver.connect_set_keep_alive(5, 3).unwrap());
    let (events, _subscription) = listen(&driver, &LIFECYCLE);
    let test = driver.domain_lookup_by_name("test").unwrap();
    let only_test = Interest { object: Some(EventObject::Domain(test.clone())), ..LIFECYCLE };
    let (of_test, _also) = listen(&driver, &only_test);

    let xml = "<domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os></domain>";
    let web = driver.domain_define_xml_flags(xml, 0).unwrap();
    driver.domain_create_with_flags(&web, 0).unwrap();
    driver.domain_suspend(&test).unwrap();
    let told = next(&events, 3);
    assert_eq!(told[0], event("web", VIR_DOMAIN_EVENT_DEFINED));
    assert_eq!(next(&of_test, 1), [event("test", VIR_DOMAIN_EVENT_SUSPENDED)]);
    assert!(of_test.try_recv().is_err(), "the other domain's events are not sent to who does not want them");

    // This one has no memory: it comes back with its own domain running, and without the other.
    daemon.restart();
    let mut missed = next(&events, 3);
    missed.sort();
    let mut wanted = [
        event("test", VIR_DOMAIN_EVENT_RESUMED),
        event("web", VIR_DOMAIN_EVENT_UNDEFINED),
        event("web", VIR_DOMAIN_EVENT_STOPPED),
    ];
    wanted.sort();
    assert_eq!(missed, wanted);
    assert!(driver.connect_is_alive().unwrap());
    driver.domain_suspend(&test).unwrap();
    assert_eq!(next(&events, 1), [event("test", VIR_DOMAIN_EVENT_SUSPENDED)], "it is registered again");

    while reasons.try_recv() != Ok(VIR_CONNECT_CLOSE_REASON_EOF as i32) {
        event_loop::run_default().unwrap();
    }
    assert!(!plain.connect_is_alive().unwrap());
    assert!(plain.domain_suspend(&test).is_err(), "who did not ask for it is not reconnected");

    // A call does not wait for the loop.
    daemon.restart();
    assert_eq!(driver.domain_lookup_by_name("test").unwrap().uuid, test.uuid);
}
