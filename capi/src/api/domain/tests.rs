//! Domains as C programs see them: handles, refusals, arrays, events.

use super::{cpus::*, events::*, lifecycle::*, lookup::*, stats::*, tuning::*};
use crate::fake::{EVENT_LOOP, FakeConnection, FakeHost, free, last, read};
use crate::ffi::release;
use ferrovirt::driver::*;
use ferrovirt::event::{DomainEvent, DomainEventKind, Event, EventHub};
use ferrovirt::{
    AccessMode, Connection, Domain, Error, ErrorCode, ErrorDomain, Result, TypedParams, event_loop,
};
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::*;
use std::ffi::{c_int, c_uint, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use uuid::Uuid;

const INVALID_ARG: (c_int, c_int) = (ErrorCode::InvalidArg as c_int, ErrorDomain::Domain as c_int);

fn web(id: i32) -> DomainId {
    DomainId { name: "web".into(), uuid: Uuid::from_u128(3), id }
}

/// One domain, `web`, which runs under id 4.
impl DomainLookup for FakeHost {
    fn connect_list_all_domains(&self, flags: u32) -> Result<Vec<DomainId>> {
        Ok(if flags & VIR_CONNECT_LIST_DOMAINS_INACTIVE != 0 { Vec::new() } else { vec![web(4)] })
    }

    fn domain_lookup_by_name(&self, name: &str) -> Result<DomainId> {
        match name {
            "web" => Ok(web(-1)),
            _ => Err(Error::new(ErrorCode::NoDomain, format!("no domain is called '{name}'"))),
        }
    }

    fn domain_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.hub.clone())
    }
}

impl DomainLifecycle for FakeHost {
    fn domain_create_with_flags(&self, domain: &DomainId, flags: u32) -> Result<i32> {
        self.note(format!("create {} {flags}", domain.name))?;
        Ok(4)
    }

    fn domain_rename(&self, domain: &DomainId, new_name: &str, _flags: u32) -> Result<()> {
        self.note(format!("rename {} {new_name}", domain.name))
    }
}

impl DomainTuning for FakeHost {
    fn domain_get_memory_parameters(&self, _domain: &DomainId, _flags: u32) -> Result<TypedParams> {
        let mut params = TypedParams::new();
        params.add("hard_limit", 7u64);
        params.add("soft_limit", 8u64);
        Ok(params)
    }

    fn domain_get_emulator_pin_info(&self, _domain: &DomainId, flags: u32) -> Result<Option<CpuMap>> {
        Ok((flags == 0).then(|| [1].into_iter().collect()))
    }

    fn domain_pin_vcpu_flags(&self, _: &DomainId, vcpu: u32, cpus: &CpuMap, flags: u32) -> Result<()> {
        self.note(format!("pin {vcpu} {:?} {flags}", cpus.iter().collect::<Vec<_>>()))
    }
}

impl DomainStats for FakeHost {
    fn connect_get_all_domain_stats(
        &self,
        domains: Option<&[DomainId]>,
        _stats: u32,
        _flags: u32,
    ) -> Result<Vec<DomainStatsRecord>> {
        let mut params = TypedParams::new();
        params.add("state.state", domains.map_or(0, |domains| domains[0].id));
        params.add("net.0.name", "vnet0");
        Ok(vec![DomainStatsRecord { domain: web(4), params }])
    }
}

fn lookup(connection: &FakeConnection) -> virDomainPtr {
    let domain = virDomainLookupByName(connection.pointer, c"web".as_ptr());
    assert!(!domain.is_null());
    domain
}

#[test]
fn a_domain_keeps_its_connection_and_dies_with_its_last_count() {
    let fake = FakeConnection::read_write();
    let domain = lookup(&fake);
    assert_eq!(virDomainGetConnect(domain), fake.pointer);
    assert_eq!(virDomainRef(domain), 0);
    assert_eq!(fake.close(), Some(1), "the domain still counts");
    assert_eq!(read(virDomainGetName(domain)), "web");
    assert_eq!(virDomainFree(domain), 0);
    assert_eq!(virDomainFree(domain), 0);
    assert_eq!(virDomainFree(domain), -1);
    assert_eq!(last(), (ErrorCode::InvalidDomain as c_int, ErrorDomain::Dom as c_int));
}

#[test]
fn the_id_follows_what_happens_through_the_handle_and_the_name_stays() {
    let fake = FakeConnection::read_write();
    let domain = lookup(&fake);
    let name = virDomainGetName(domain);
    assert_eq!(virDomainGetName(domain), name, "the same string each time");
    assert_eq!(virDomainGetID(domain), c_uint::MAX);
    assert_eq!(virDomainCreate(domain), 0);
    assert_eq!(virDomainGetID(domain), 4);
    assert_eq!(virDomainRename(domain, c"".as_ptr(), 0), -1);
    assert_eq!(last(), INVALID_ARG);
    assert_eq!(virDomainRename(domain, c"www".as_ptr(), 0), 0);
    assert_eq!(virDomainGetName(domain), name);
    let mut text = [0; 37];
    assert_eq!(virDomainGetUUIDString(domain, text.as_mut_ptr()), 0);
    assert_eq!(read(text.as_ptr()), "00000000-0000-0000-0000-000000000003");
    assert_eq!(*fake.host.changes.lock(), ["create web 0", "rename web www"]);
    virDomainFree(domain);
    fake.close();
}

#[test]
fn the_old_lists_fill_the_callers_arrays() {
    let fake = FakeConnection::open(AccessMode::ReadOnly);
    let mut ids = [0; 2];
    assert_eq!(virConnectListDomains(fake.pointer, ids.as_mut_ptr(), 2), 1);
    assert_eq!(ids, [4, 0]);
    assert_eq!(virConnectNumOfDomains(fake.pointer), 1);
    assert_eq!(virConnectNumOfDefinedDomains(fake.pointer), 0);
    assert_eq!(virConnectListDomains(fake.pointer, ptr::null_mut(), 1), -1);
    assert!(virDomainLookupByName(fake.pointer, c"none".as_ptr()).is_null());
    assert_eq!(last().0, ErrorCode::NoDomain as c_int);
    let domain = lookup(&fake);
    assert_eq!(virDomainCreate(domain), -1);
    assert_eq!(last().0, ErrorCode::OperationDenied as c_int);
    virDomainFree(domain);
    fake.close();
}

#[test]
fn parameters_come_in_two_calls() {
    let fake = FakeConnection::read_write();
    let domain = lookup(&fake);
    let mut count = 0;
    assert_eq!(virDomainGetMemoryParameters(domain, ptr::null_mut(), &mut count, 0), 0);
    assert_eq!(count, 2);
    let mut params = [virTypedParameter::default(); 2];
    assert_eq!(virDomainGetMemoryParameters(domain, params.as_mut_ptr(), &mut count, 0), 0);
    assert_eq!(read(params[1].field.as_ptr()), "soft_limit");
    let both = VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG;
    assert_eq!(virDomainGetMemoryParameters(domain, params.as_mut_ptr(), &mut count, both), -1);
    assert_eq!(last(), INVALID_ARG);
    virDomainFree(domain);
    fake.close();
}

#[test]
fn cpu_maps_go_in_and_come_out() {
    let fake = FakeConnection::read_write();
    let domain = lookup(&fake);
    let mut map = [0b101, 0xff];
    assert_eq!(virDomainPinVcpu(domain, 1, map.as_mut_ptr(), 1), 0);
    assert_eq!(virDomainPinVcpuFlags(domain, 1, map.as_mut_ptr(), 0, 2), -1);
    assert_eq!(*fake.host.changes.lock(), ["pin 1 [0, 2] 1"]);
    assert_eq!(virDomainGetEmulatorPinInfo(domain, map.as_mut_ptr(), 2, 0), 1);
    assert_eq!(map, [0b10, 0]);
    assert_eq!(virDomainGetEmulatorPinInfo(domain, map.as_mut_ptr(), 2, 2), 0);
    virDomainFree(domain);
    fake.close();
}

#[test]
fn records_hold_domains_until_the_list_is_freed() {
    let fake = FakeConnection::read_write();
    let domain = lookup(&fake);
    let mut records = ptr::null_mut();
    let domains = [domain, ptr::null_mut()];
    assert_eq!(virDomainListGetStats(domains.as_ptr().cast_mut(), 0, &mut records, 0), 1);
    // SAFETY: one record was stored, with two parameters.
    let (record, first) = unsafe { (**records, *(**records).params) };
    assert_eq!((record.nparams, read(first.field.as_ptr())), (2, "state.state".into()));
    assert_eq!(read(virDomainGetName(record.dom)), "web");
    virDomainStatsRecordListFree(records);
    assert_eq!(release::<Domain>(record.dom), None, "freed with the list");
    let none: [virDomainPtr; 1] = [ptr::null_mut()];
    assert_eq!(virDomainListGetStats(none.as_ptr().cast_mut(), 0, &mut records, 0), -1);
    assert_eq!(last(), INVALID_ARG);
    assert!(records.is_null());
    virDomainFree(domain);
    fake.close();
}

#[test]
fn what_is_not_supported_is_said_with_libvirts_domain() {
    let fake = FakeConnection::read_write();
    let domain = lookup(&fake);
    assert_eq!(virDomainSuspend(domain), -1);
    assert_eq!(last(), (ErrorCode::NoSupport as c_int, ErrorDomain::Domain as c_int));
    assert_eq!(virDomainGetMaxMemory(domain), 0);
    assert!(virDomainGetOSType(domain).is_null());
    virDomainFree(domain);
    fake.close();
}

/// What the callbacks below count, behind their `opaque`.
#[derive(Default)]
struct Heard {
    calls: AtomicUsize,
    freed: AtomicUsize,
}

fn heard<'a>(opaque: *mut c_void) -> &'a Heard {
    // SAFETY: the tests pass counters that outlive the registration.
    unsafe { &*opaque.cast::<Heard>() }
}

unsafe extern "C" fn on_lifecycle(
    conn: virConnectPtr,
    dom: virDomainPtr,
    event: c_int,
    _detail: c_int,
    opaque: *mut c_void,
) -> c_int {
    assert_eq!(virDomainGetConnect(dom), conn);
    assert_eq!((read(virDomainGetName(dom)), event), ("web".to_owned(), 2));
    heard(opaque).calls.fetch_add(1, Ordering::SeqCst);
    0
}

unsafe extern "C" fn on_free(opaque: *mut c_void) {
    heard(opaque).freed.fetch_add(1, Ordering::SeqCst);
}

#[test]
fn a_callback_gets_a_live_domain_and_its_opaque_is_freed_when_it_ends() {
    event_loop::register_default().unwrap();
    let fake = FakeConnection::read_write();
    let counts = Heard::default();
    let opaque: *mut c_void = ptr::from_ref(&counts).cast_mut().cast();
    let (conn, function) = (fake.pointer, on_lifecycle as unsafe extern "C" fn(_, _, _, _, _) -> _);
    assert_eq!(virConnectDomainEventRegister(conn, Some(function), opaque, Some(on_free)), 0);
    assert_eq!(virConnectDomainEventRegister(conn, Some(function), opaque, Some(on_free)), -1);
    assert_eq!(last(), (INVALID_ARG.0, ErrorDomain::None as c_int));
    assert_eq!(counts.freed.load(Ordering::SeqCst), 0, "a refused registration leaves opaque alone");
    assert_eq!(virConnectDomainEventRegister(conn, None, opaque, Some(on_free)), -1);

    let turning = EVENT_LOOP.lock();
    let kind = DomainEventKind::Lifecycle { event: 2, detail: 0 };
    fake.host.hub.publish(Event::Domain(DomainEvent { domain: web(4), kind }));
    event_loop::run_default().unwrap();
    drop(turning);
    assert_eq!(counts.calls.load(Ordering::SeqCst), 1);

    assert_eq!(virConnectDomainEventDeregisterAny(conn, 99), -1);
    assert_eq!(last(), (INVALID_ARG.0, ErrorDomain::None as c_int));
    assert_eq!(virConnectDomainEventDeregister(conn, Some(function)), 0);
    assert_eq!(virConnectDomainEventDeregister(conn, Some(function)), -1);
    assert_eq!(counts.freed.load(Ordering::SeqCst), 1);
    assert_eq!(fake.close(), Some(0), "no callback holds the connection any more");
}

#[test]
fn a_registration_holds_its_connection_and_checks_its_domain() {
    event_loop::register_default().unwrap();
    let (fake, other) = (FakeConnection::read_write(), FakeConnection::read_write());
    let (domain, foreign) = (lookup(&fake), lookup(&other));
    unsafe extern "C" fn nothing(_: virConnectPtr, _: virDomainPtr, _: *mut c_void) {}
    let register = |dom, id| {
        virConnectDomainEventRegisterAny(fake.pointer, dom, id, Some(nothing), ptr::null_mut(), None)
    };
    assert_eq!(register(foreign, 0), -1);
    assert_eq!(last(), INVALID_ARG);
    assert_eq!((register(domain, 28), register(domain, -1)), (-1, -1));
    assert_eq!((register(domain, 0), register(domain, 1), register(ptr::null_mut(), 0)), (0, 1, 2));
    assert_eq!(register(domain, 1), -1, "the same function for the same events");
    virDomainFree(domain);
    virDomainFree(foreign);
    assert_eq!(other.close(), Some(0));
    let pointer = fake.pointer;
    assert_eq!((0..3).map(|id| virConnectDomainEventDeregisterAny(pointer, id)).max(), Some(0));
    assert_eq!(release::<Connection>(pointer), Some(0));
}

#[test]
fn a_list_of_domains_ends_with_null() {
    let fake = FakeConnection::read_write();
    let mut domains = ptr::null_mut();
    assert_eq!(virConnectListAllDomains(fake.pointer, &mut domains, 0), 1);
    // SAFETY: one domain and the final NULL were stored.
    let (first, end) = unsafe { (*domains, *domains.add(1)) };
    assert_eq!(virDomainGetID(first), 4);
    assert!(end.is_null());
    virDomainFree(first);
    free(domains);
    fake.close();
}
