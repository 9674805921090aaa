//! What the face adds to a driver's answers: fresh ids and names, refusals, events on their way to the listener.

use super::Domain;
use crate::{AccessMode, Connection, Drivers, Listener};
use ferrovirt_core::abi::{VIR_DOMAIN_VCPU_GUEST, VIR_DOMAIN_XML_SECURE};
use ferrovirt_core::driver::*;
use ferrovirt_core::{
    DomainEvent, DomainEventKind, DomainId, ErrorCode, Event, EventHub, Result, event_loop,
};
use parking_lot::Mutex;
use std::sync::Arc;
use uuid::Uuid;

/// A hypervisor that starts, stops and renames whatever it is told to.
#[derive(Default)]
struct Fake {
    events: Arc<EventHub>,
}

macro_rules! nothing_of {
    ($($subject:ident),*) => { $(impl $subject for Fake {})* };
}
nothing_of!(
    HostDriver,
    DomainTuning,
    DomainStats,
    DomainDevices,
    DomainBlock,
    DomainJobs,
    DomainMigration,
    DomainGuest,
    DomainConsole,
    SnapshotDriver,
    CheckpointDriver,
    QemuExtension,
    LxcExtension,
    NodeDeviceAssignment
);

impl DomainLookup for Fake {
    fn connect_list_all_domains(&self, flags: u32) -> Result<Vec<DomainId>> {
        Ok(vec![named(if flags & 1 != 0 { "active" } else { "defined" }, flags as i32)])
    }

    fn domain_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.events.clone())
    }
}

impl DomainLifecycle for Fake {
    fn domain_create_with_flags(&self, _: &DomainId, _: u32) -> Result<i32> {
        Ok(7)
    }

    fn domain_destroy_flags(&self, _: &DomainId, _: u32) -> Result<()> {
        Ok(())
    }

    fn domain_rename(&self, _: &DomainId, _: &str, _: u32) -> Result<()> {
        Ok(())
    }
}

impl DomainConfig for Fake {
    fn domain_get_xml_desc(&self, _: &DomainId, flags: u32) -> Result<String> {
        Ok(flags.to_string())
    }
}

fn named(name: &str, id: i32) -> DomainId {
    DomainId { name: name.into(), uuid: Uuid::from_u128(1), id }
}

fn connect(access: AccessMode) -> (Connection, Arc<EventHub>) {
    let fake = Fake::default();
    let hub = fake.events.clone();
    let drivers = Drivers::hypervisor_only(Arc::new(fake));
    (Connection::new("fake:///".into(), access, drivers), hub)
}

fn code<T>(outcome: Result<T>) -> Option<ErrorCode> {
    outcome.err().map(|err| err.code())
}

#[test]
fn a_handle_knows_of_its_own_start_and_stop_and_keeps_its_name() {
    let (connection, _) = connect(AccessMode::ReadWrite);
    let domain = Domain::new(&connection, named("web", -1));
    domain.create(0).unwrap();
    assert_eq!(domain.id(), named("web", 7));
    domain.destroy(0).unwrap();
    assert_eq!(domain.numeric_id(), -1);
    assert_eq!(code(domain.rename("", 0)), Some(ErrorCode::InvalidArg));
    domain.rename("www", 0).unwrap();
    assert_eq!(&*domain.name(), "web");
    assert_eq!(code(domain.suspend()), Some(ErrorCode::NoSupport));
}

#[test]
fn the_old_lists_are_made_from_the_list_of_all() {
    let (connection, _) = connect(AccessMode::ReadWrite);
    assert_eq!(connection.list_domains().unwrap(), [1]);
    assert_eq!(&*connection.list_defined_domains().unwrap()[0], "defined");
    assert_eq!(code(connection.lookup_domain_by_id(-1)), Some(ErrorCode::InvalidArg));
}

#[test]
fn a_read_only_connection_changes_nothing() {
    let (connection, _) = connect(AccessMode::ReadOnly);
    let domain = Domain::new(&connection, named("web", -1));
    for outcome in [domain.create(0), domain.suspend(), domain.rename("www", 0), domain.destroy(0)] {
        assert_eq!(code(outcome), Some(ErrorCode::OperationDenied));
    }
    assert_eq!(code(connection.define_domain("<domain/>", 0)), Some(ErrorCode::OperationDenied));
    assert_eq!(connection.list_domains().unwrap(), [1]);
}

#[test]
fn a_read_only_connection_shows_no_secrets_and_asks_no_guest() {
    let (connection, _) = connect(AccessMode::ReadOnly);
    let domain = Domain::new(&connection, named("web", 1));
    assert_eq!(domain.xml_desc(0).unwrap(), "0");
    assert_eq!(code(domain.xml_desc(VIR_DOMAIN_XML_SECURE)), Some(ErrorCode::OperationDenied));
    assert_eq!(code(domain.vcpus_flags(VIR_DOMAIN_VCPU_GUEST)), Some(ErrorCode::OperationDenied));
}

#[test]
fn statistics_are_of_some_domains_on_one_connection() {
    let (one, _) = connect(AccessMode::ReadWrite);
    let (other, _) = connect(AccessMode::ReadWrite);
    assert_eq!(code(Domain::list_stats(&[], 0, 0)), Some(ErrorCode::InvalidArg));
    let domains = [&one, &other].map(|connection| Domain::new(connection, named("web", 1)));
    assert_eq!(code(Domain::list_stats(&domains, 0, 0)), Some(ErrorCode::InvalidArg));
    assert_eq!(code(Domain::list_stats(&domains[..1], 0, 0)), Some(ErrorCode::NoSupport));
}

#[test]
fn a_listener_hears_of_its_kind_and_its_domain_once_and_no_more_when_it_has_ended() {
    event_loop::register_default().unwrap();
    let (connection, hub) = connect(AccessMode::ReadOnly);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = |function: usize| {
        let heard = heard.clone();
        let callback = move |_: &Connection, event: &Event| {
            if let Event::Domain(event) = event {
                heard.lock().push((function, event.domain.name.to_string()));
            }
        };
        Listener { callback: Arc::new(callback), function: Some(function) }
    };
    let publish = |name: &str, uuid: u128, kind: DomainEventKind| {
        let domain = DomainId { name: name.into(), uuid: Uuid::from_u128(uuid), id: 1 };
        hub.publish(Event::Domain(DomainEvent { domain, kind }));
    };
    let web = Domain::new(&connection, named("web", 1));

    let reboots = connection.register_domain_event(Some(&web), 1, listener(10)).unwrap();
    connection.register_domain_lifecycle(listener(11)).unwrap();
    assert_eq!(code(connection.register_domain_lifecycle(listener(11))), Some(ErrorCode::InvalidArg));
    let again = connection.register_domain_event(Some(&web), 1, listener(10));
    assert_eq!(code(again), Some(ErrorCode::InvalidArg));

    publish("web", 1, DomainEventKind::Reboot);
    publish("db", 2, DomainEventKind::Reboot);
    publish("db", 2, DomainEventKind::Lifecycle { event: 2, detail: 0 });
    event_loop::run_default().unwrap();
    assert_eq!(*heard.lock(), [(10, "web".to_string()), (11, "db".to_string())]);

    connection.deregister_domain_lifecycle(11).unwrap();
    assert_eq!(code(connection.deregister_domain_lifecycle(11)), Some(ErrorCode::InvalidArg));
    connection.deregister_event(reboots).unwrap();
    assert_eq!(code(connection.deregister_event(reboots)), Some(ErrorCode::InvalidArg));
    publish("web", 1, DomainEventKind::Reboot);
    assert_eq!(heard.lock().len(), 2);
}

#[test]
fn events_that_do_not_exist_and_domains_of_other_connections_are_refused() {
    let (connection, _) = connect(AccessMode::ReadWrite);
    let (other, _) = connect(AccessMode::ReadWrite);
    let register = |domain: Option<&Domain>, id| {
        let listener = Listener { callback: Arc::new(|_, _| ()), function: None };
        code(connection.register_domain_event(domain, id, listener))
    };
    assert_eq!(register(None, -1), Some(ErrorCode::InvalidArg));
    assert_eq!(register(None, 28), Some(ErrorCode::InvalidArg));
    let foreign = Domain::new(&other, named("web", 1));
    assert_eq!(register(Some(&foreign), 0), Some(ErrorCode::InvalidArg));
}
