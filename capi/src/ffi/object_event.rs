//! Events of networks, storage pools, node devices and secrets in C's form: the type of each function, and what it is told.

use super::call_out::call_out;
use super::callback::{Callback, lend};
use super::event_callback::event_listener;
use super::handle::Handle;
use ferrovirt::event::{Event, NetworkEventKind, ObjectEventKind};
use ferrovirt::{Connection, Listener, Network, NodeDevice, Secret, StoragePool};
use ferrovirt_core::abi::{virConnectPtr, virNetworkPtr};
use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

/// The callback that every other one of the family is cast to; also that of events which carry nothing.
type Plain<H> = unsafe extern "C" fn(virConnectPtr, *mut <H as Handle>::C, *mut c_void);
type Lifecycle<H> = unsafe extern "C" fn(virConnectPtr, *mut <H as Handle>::C, c_int, c_int, *mut c_void);
type MetadataChange = unsafe extern "C" fn(virConnectPtr, virNetworkPtr, c_int, *const c_char, *mut c_void);

/// A listener that tells a C function of the events of networks.
pub fn network_listener(connection: &Connection, callback: Callback<Plain<Network>>) -> Listener {
    event_listener(connection, callback, |function, opaque, connection, event| {
        let Event::Network { network, kind } = event else { return };
        let call = Call { function, opaque, connection, object: &Network::new(connection, network.clone()) };
        match kind {
            NetworkEventKind::Lifecycle { event, detail } => call.lifecycle(*event, *detail),
            NetworkEventKind::MetadataChange { kind, uri } => call.metadata_change(*kind, uri.as_deref()),
        }
    })
}

/// A listener that tells a C function of the events of storage pools.
pub fn storage_pool_listener(connection: &Connection, callback: Callback<Plain<StoragePool>>) -> Listener {
    event_listener(connection, callback, |function, opaque, connection, event| {
        let Event::StoragePool { pool, kind } = event else { return };
        let object = &StoragePool::new(connection, pool.clone());
        Call { function, opaque, connection, object }.tell(kind);
    })
}

/// A listener that tells a C function of the events of node devices.
pub fn node_device_listener(connection: &Connection, callback: Callback<Plain<NodeDevice>>) -> Listener {
    event_listener(connection, callback, |function, opaque, connection, event| {
        let Event::NodeDevice { device, kind } = event else { return };
        let object = &NodeDevice::new(connection, device.clone());
        Call { function, opaque, connection, object }.tell(kind);
    })
}

/// A listener that tells a C function of the events of secrets.
pub fn secret_listener(connection: &Connection, callback: Callback<Plain<Secret>>) -> Listener {
    event_listener(connection, callback, |function, opaque, connection, event| {
        let Event::Secret { secret, kind } = event else { return };
        let object = &Secret::new(connection, secret.clone());
        Call { function, opaque, connection, object }.tell(kind);
    })
}

/// One call of a C function.
struct Call<'a, H: Handle> {
    function: Plain<H>,
    opaque: *mut c_void,
    connection: &'a Connection,
    object: &'a H,
}

impl<H: Handle> Call<'_, H> {
    fn tell(&self, kind: &ObjectEventKind) {
        match kind {
            ObjectEventKind::Lifecycle { event, detail } => self.lifecycle(*event, *detail),
            ObjectEventKind::Changed => self.plain(),
        }
    }

    fn plain(&self) {
        // SAFETY: the handles are lent for the length of the call, `opaque` is what came with the function.
        self.lend(|conn, object| call_out(|| unsafe { (self.function)(conn, object, self.opaque) }));
    }

    fn lifecycle(&self, event: c_int, detail: c_int) {
        // SAFETY: the application registered the function for life cycle events, whose callbacks have this type, cast
        // to the plain one as the API asks for.
        let function = unsafe { std::mem::transmute::<Plain<H>, Lifecycle<H>>(self.function) };
        // SAFETY: as for plain events.
        self.lend(|conn, object| call_out(|| unsafe { function(conn, object, event, detail, self.opaque) }));
    }

    fn lend(&self, call: impl FnOnce(virConnectPtr, *mut H::C)) {
        lend(self.connection, |conn| lend(self.object, |object| call(conn, object)));
    }
}

impl Call<'_, Network> {
    fn metadata_change(&self, kind: c_int, uri: Option<&str>) {
        // A namespace with a NUL inside can't come out of XML.
        let uri = uri.and_then(|uri| CString::new(uri).ok());
        let pointer = uri.as_ref().map_or(ptr::null(), |uri| uri.as_ptr());
        // SAFETY: the application registered the function for changes of metadata, whose callbacks have this type,
        // cast to the plain one as the API asks for.
        let function = unsafe { std::mem::transmute::<Plain<Network>, MetadataChange>(self.function) };
        // SAFETY: as for plain events; the string lives until the end of this function.
        self.lend(|conn, net| call_out(|| unsafe { function(conn, net, kind, pointer, self.opaque) }));
    }
}
