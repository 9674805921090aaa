//! What C programs may rely on of handles, lists and refusals, shown with networks and their ports.

use super::net::*;
use super::port::*;
use crate::fake::{FakeConnection, free, last, read};
use crate::ffi::{Callback, Handle, callback, network_listener};
use ferrovirt::event::{Event, NetworkEventKind};
use ferrovirt::{AccessMode, Connection, ErrorCode, ErrorDomain, Network};
use ferrovirt_core::NetworkId;
use ferrovirt_core::abi::{virConnectPtr, virNetworkPtr};
use parking_lot::Mutex;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

const INVALID_NETWORK: (i32, i32) = (ErrorCode::InvalidNetwork as i32, ErrorDomain::Network as i32);
const INVALID_ARG: (i32, i32) = (ErrorCode::InvalidArg as i32, ErrorDomain::Network as i32);

fn default_network(host: &FakeConnection) -> virNetworkPtr {
    let network = virNetworkLookupByName(host.pointer, c"default".as_ptr());
    assert!(!network.is_null());
    network
}

/// Keeps other tests from making a network at this address, so that a stale pointer stays one.
fn keep_address(network: virNetworkPtr) -> Network {
    Network::checked(network, "keep_address").unwrap()
}

#[test]
fn null_stale_and_foreign_pointers_are_told_apart_from_live_ones() {
    let host = FakeConnection::read_write();
    let network = default_network(&host);
    assert_eq!(read(virNetworkGetName(network)), "default");
    let _kept = keep_address(network);
    assert_eq!(virNetworkFree(network), 0);
    for (what, wrong) in [("stale", network), ("foreign", host.pointer.cast()), ("NULL", ptr::null_mut())] {
        assert!(virNetworkGetName(wrong).is_null(), "{what}");
        assert_eq!(last(), INVALID_NETWORK, "{what}");
        assert_eq!(virNetworkFree(wrong), -1, "{what}");
    }
    assert!(virNetworkLookupByName(ptr::null_mut(), c"default".as_ptr()).is_null());
    assert_eq!(last().0, ErrorCode::InvalidConn as i32);
    assert_eq!(host.close(), Some(0));
}

#[test]
fn a_network_keeps_its_connection_open() {
    let host = FakeConnection::read_write();
    let network = default_network(&host);
    assert_eq!(virNetworkRef(network), 0);
    assert_eq!(virNetworkGetConnect(network), host.pointer);
    assert_eq!(host.close(), Some(1), "one network holds one count, whatever its own");
    assert_eq!(virNetworkFree(network), 0);
    assert!(Connection::checked(host.pointer, "").is_ok());
    assert_eq!(virNetworkFree(network), 0);
    assert!(Connection::checked(host.pointer, "").is_err(), "the last network has closed it");
}

#[test]
fn a_port_keeps_its_network_which_keeps_the_connection() {
    let host = FakeConnection::read_write();
    let network = default_network(&host);
    let mut ports = ptr::null_mut();
    assert_eq!(virNetworkListAllPorts(network, &mut ports, 0), 1);
    // SAFETY: one port and a NULL were stored.
    let port = unsafe { *ports };
    free(ports);
    let _kept = keep_address(network);
    assert_eq!(virNetworkFree(network), 0);
    assert_eq!(virNetworkPortGetNetwork(port), network);
    assert_eq!(read(virNetworkGetName(network)), "default");
    assert_eq!(host.close(), Some(1));
    assert_eq!(virNetworkPortFree(port), 0);
    assert!(virNetworkGetName(network).is_null());
    assert!(Connection::checked(host.pointer, "").is_err());
}

#[test]
fn read_only_connections_change_nothing() {
    let host = FakeConnection::open(AccessMode::ReadOnly);
    let network = default_network(&host);
    assert_eq!(virNetworkCreate(network), -1);
    assert_eq!(last(), (ErrorCode::OperationDenied as i32, ErrorDomain::Network as i32));
    assert!(virNetworkDefineXML(host.pointer, c"<network/>".as_ptr()).is_null());
    assert_eq!(last().0, ErrorCode::OperationDenied as i32);
    assert!(host.host.changes.lock().is_empty());
    assert_eq!(virNetworkFree(network), 0);
    host.close();
}

#[test]
fn the_count_of_a_list_is_the_length_of_its_array() {
    let host = FakeConnection::read_write();
    assert_eq!(virConnectListAllNetworks(host.pointer, ptr::null_mut(), 0), 2);
    let mut networks = ptr::null_mut();
    assert_eq!(virConnectListAllNetworks(host.pointer, &mut networks, 0), 2);
    // SAFETY: two networks and a NULL were stored.
    let (first, second, end) = unsafe { (*networks, *networks.add(1), *networks.add(2)) };
    assert_eq!(
        (read(virNetworkGetName(first)), read(virNetworkGetName(second))),
        ("default".into(), "spare".into())
    );
    assert!(end.is_null());
    free(networks);
    assert_eq!(host.close(), Some(2));
    assert_eq!((virNetworkFree(first), virNetworkFree(second)), (0, 0));
}

#[test]
fn a_list_that_fails_leaves_null() {
    let host = FakeConnection::read_write();
    let mut networks = ptr::dangling_mut();
    assert_eq!(virConnectListAllNetworks(host.pointer, &mut networks, 4), -1);
    assert!(networks.is_null());
    assert_eq!(last(), INVALID_ARG);
    host.close();
}

#[test]
fn older_lists_are_filtered_and_go_no_further_than_the_room() {
    let host = FakeConnection::read_write();
    assert_eq!(virConnectNumOfNetworks(host.pointer), 1);
    assert_eq!(virConnectNumOfDefinedNetworks(host.pointer), 1);
    let mut names = [ptr::null_mut::<c_char>(); 3];
    assert_eq!(virConnectListDefinedNetworks(host.pointer, names.as_mut_ptr(), 3), 1);
    assert_eq!(read(names[0]), "spare");
    assert!(names[1].is_null());
    free(names[0]);
    assert_eq!(virConnectListNetworks(host.pointer, ptr::null_mut(), 0), 0);
    assert_eq!(virConnectListNetworks(host.pointer, ptr::null_mut(), 1), -1);
    assert_eq!(last(), INVALID_ARG);
    assert_eq!(virConnectListNetworks(host.pointer, names.as_mut_ptr(), -1), -1);
    assert_eq!(last(), INVALID_ARG);
    host.close();
}

#[test]
fn uuids_find_and_are_told() {
    let host = FakeConnection::read_write();
    let text = c"00000000-0000-0000-0000-000000000002";
    let network = virNetworkLookupByUUIDString(host.pointer, text.as_ptr());
    assert_eq!(read(virNetworkGetName(network)), "spare");
    let mut buffer: [c_char; 37] = [1; 37];
    assert_eq!(virNetworkGetUUIDString(network, buffer.as_mut_ptr()), 0);
    assert_eq!(read(buffer.as_ptr()), text.to_str().unwrap());
    let mut bytes = [0; 16];
    assert_eq!(virNetworkGetUUID(network, bytes.as_mut_ptr()), 0);
    let again = virNetworkLookupByUUID(host.pointer, bytes.as_ptr());
    assert_eq!(read(virNetworkGetName(again)), "spare");
    assert!(virNetworkLookupByUUIDString(host.pointer, c"no-uuid".as_ptr()).is_null());
    assert_eq!(last(), INVALID_ARG);
    assert_eq!((virNetworkFree(network), virNetworkFree(again), host.close()), (0, 0, Some(0)));
}

#[test]
fn metadata_is_checked_before_the_driver_is_asked() {
    let host = FakeConnection::read_write();
    let network = default_network(&host);
    let (none, some, lines) = (ptr::null(), c"x".as_ptr(), c"a\nb".as_ptr());
    let (description, title, element) = (0, 1, 2);
    for (kind, metadata, key, uri) in [
        (title, lines, none, none),
        (title, some, some, none),
        (description, some, none, some),
        (element, some, none, some),
        (element, some, some, none),
        (element, none, none, none),
    ] {
        assert_eq!(virNetworkSetMetadata(network, kind, metadata, key, uri, 0), -1);
        assert_eq!(last(), INVALID_ARG);
    }
    assert!(host.host.changes.lock().is_empty());
    assert_eq!(virNetworkSetMetadata(network, description, lines, none, none, 0), 0);
    assert_eq!(virNetworkSetMetadata(network, element, none, none, some, 0), 0);
    assert_eq!(*host.host.changes.lock(), ["metadata 0 a\nb", "metadata 2 removed"]);
    assert!(virNetworkGetMetadata(network, title, none, 3).is_null());
    assert_eq!(last(), INVALID_ARG);
    assert!(virNetworkGetMetadata(network, title, none, 1).is_null());
    assert_eq!(last().0, ErrorCode::NoSupport as i32);
    assert_eq!((virNetworkFree(network), host.close()), (0, Some(0)));
}

#[test]
fn autostart_needs_a_place() {
    let host = FakeConnection::read_write();
    let network = default_network(&host);
    let mut autostart = 7;
    assert_eq!(virNetworkGetAutostart(network, &mut autostart), 0);
    assert_eq!(autostart, 1);
    assert_eq!(virNetworkGetAutostart(network, ptr::null_mut()), -1);
    assert_eq!(last(), INVALID_ARG);
    assert_eq!((virNetworkFree(network), host.close()), (0, Some(0)));
}

/// What a callback was told.
type Told = Mutex<Vec<String>>;

fn told<'a>(opaque: *mut c_void) -> &'a Told {
    // SAFETY: the tests pass a list that outlives the callback.
    unsafe { &*opaque.cast::<Told>() }
}

unsafe extern "C" fn lifecycle(
    _conn: virConnectPtr,
    net: virNetworkPtr,
    event: c_int,
    detail: c_int,
    opaque: *mut c_void,
) {
    told(opaque).lock().push(format!("{} {event} {detail}", read(virNetworkGetName(net))));
}

unsafe extern "C" fn metadata_change(
    conn: virConnectPtr,
    net: virNetworkPtr,
    kind: c_int,
    uri: *const c_char,
    opaque: *mut c_void,
) {
    assert_eq!(virNetworkGetConnect(net), conn);
    told(opaque).lock().push(format!("{kind} {}", read(uri)));
}

type Plain = unsafe extern "C" fn(virConnectPtr, virNetworkPtr, *mut c_void);

fn listen(host: &FakeConnection, function: Plain, list: &Told, kind: NetworkEventKind) {
    let opaque = ptr::from_ref(list).cast_mut().cast();
    let callback: Callback<Plain> = callback(Some(function), opaque, None, "cb").unwrap();
    let network = NetworkId { name: "default".into(), uuid: uuid::Uuid::from_u128(1) };
    let listener = network_listener(&host.connection, callback);
    (listener.callback)(&host.connection, &Event::Network { network, kind });
}

#[test]
fn callbacks_get_what_their_event_carries() {
    let host = FakeConnection::read_write();
    let list = Told::default();
    // SAFETY: as the API asks of C programs, callbacks are cast to the plain type, and back before they are called.
    let (lifecycle, metadata_change): (Plain, Plain) = unsafe {
        (
            std::mem::transmute::<*const (), Plain>(lifecycle as *const ()),
            std::mem::transmute::<*const (), Plain>(metadata_change as *const ()),
        )
    };
    listen(&host, lifecycle, &list, NetworkEventKind::Lifecycle { event: 2, detail: 0 });
    let change = NetworkEventKind::MetadataChange { kind: 2, uri: Some("urn:x".into()) };
    listen(&host, metadata_change, &list, change);
    assert_eq!(*list.lock(), ["default 2 0", "2 urn:x"]);
    assert_eq!(host.close(), Some(0), "what was lent has been given back");
}

unsafe extern "C" fn ignore(_conn: virConnectPtr, _net: virNetworkPtr, _opaque: *mut c_void) {}

#[test]
fn registrations_are_checked() {
    let (host, other) = (FakeConnection::read_write(), FakeConnection::read_write());
    let network = default_network(&other);
    let none = ptr::null_mut();
    let register = |net, id, cb| virConnectNetworkEventRegisterAny(host.pointer, net, id, cb, none, None);
    for (what, net, id, cb) in [
        ("a network of another connection", network, 0, Some(ignore as Plain)),
        ("no function", none.cast(), 0, None),
        ("an id below the first", none.cast(), -1, Some(ignore as Plain)),
        ("an id above the last", none.cast(), 2, Some(ignore as Plain)),
    ] {
        assert_eq!(register(net, id, cb), -1, "{what}");
        assert_eq!(last(), INVALID_ARG, "{what}");
    }
    assert_eq!(virConnectNetworkEventDeregisterAny(host.pointer, -1), -1);
    assert_eq!(last(), INVALID_ARG);
    assert_eq!((virNetworkFree(network), host.close(), other.close()), (0, Some(0), Some(0)));
}

#[test]
fn parameters_of_a_port_come_as_an_array_of_ours() {
    let host = FakeConnection::read_write();
    let network = default_network(&host);
    let mut ports = ptr::null_mut();
    assert_eq!(virNetworkListAllPorts(network, &mut ports, 0), 1);
    // SAFETY: one port and a NULL were stored.
    let port = unsafe { *ports };
    let (mut params, mut count) = (ptr::null_mut(), 0);
    assert_eq!(virNetworkPortGetParameters(port, &mut params, &mut count, 0), 0);
    assert_eq!(count, 1);
    // SAFETY: one parameter was stored, an unsigned number.
    assert_eq!(unsafe { (*params).value.ui }, 100);
    free(params);
    free(ports);
    assert_eq!((virNetworkPortFree(port), virNetworkFree(network), host.close()), (0, 0, Some(0)));
}
