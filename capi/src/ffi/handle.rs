//! Handles: what a C pointer such as `virDomainPtr` stands for.
//!
//! A handle pointer is an address that is never dereferenced: it is looked up in the registry of its class. So a
//! NULL, freed or foreign pointer is told from a live one without touching memory, and counting is one number a
//! handle. Each handle holds one count of its parent (a domain of its connection, a snapshot of its domain), which
//! is how libvirt keeps a connection open for the objects on it.

use super::last_error::ConnectionErrors;
use ferrovirt::{
    AdminClient, AdminConnection, AdminServer, Connection, Domain, DomainCheckpoint, DomainSnapshot, Error,
    ErrorCode, ErrorDomain, Interface, Network, NetworkPort, NodeDevice, NwFilter, NwFilterBinding, Result,
    Secret, StoragePool, StorageVol, Stream,
};
use foldhash::fast::RandomState;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::ffi::{CString, c_char};

/// An object of the Rust face that C programs hold by pointer.
pub trait Handle: Clone + Send + Sync + 'static {
    /// The opaque type that the C pointer points to.
    type C: 'static;
    /// What C programs can ask for only while they hold the handle; `()` for most.
    type Extra: Default + Clone + Send + Sync;
    /// What a pointer that is no live handle of this class is refused with.
    const INVALID: (ErrorCode, ErrorDomain);

    fn registry() -> &'static Registry<Self>;
    /// The number that stands for this object in C.
    fn address(&self) -> usize;
    /// Adds so many counts to the handle that must outlive this one.
    fn retain_parent(&self, count: usize);
    /// Drops that count.
    fn release_parent(&self);
    /// The connection that the object is on; the administration interface has none.
    fn connection(&self) -> Option<&Connection>;

    /// The object behind a pointer, if that is a live handle of this class.
    fn find(pointer: *mut Self::C) -> Option<Self> {
        Self::registry().get(pointer as usize)
    }

    /// What a function refuses another pointer with.
    fn invalid(function: &str) -> Error {
        let (code, domain) = Self::INVALID;
        let err = Error::new(code, function);
        // A connection has no domain of its own: the caller's counts.
        if domain == ErrorDomain::None { err } else { err.domain(domain) }
    }

    /// The object behind a pointer.
    fn checked(pointer: *mut Self::C, function: &str) -> Result<Self> {
        Self::find(pointer).ok_or_else(|| Self::invalid(function))
    }
}

/// The live handles of one class.
pub struct Registry<H: Handle>(RwLock<Option<Table<H>>>);

/// By address. Those are ours, so nobody can make them collide on purpose.
type Table<H> = HashMap<usize, Entry<H>, RandomState>;

struct Entry<H: Handle> {
    object: H,
    count: usize,
    /// Strings that C was given to read for as long as it holds the handle.
    texts: Vec<CString>,
    extra: H::Extra,
}

impl<H: Handle> Entry<H> {
    fn new(object: &H) -> Self {
        Self { object: object.clone(), count: 0, texts: Vec::new(), extra: H::Extra::default() }
    }

    fn text(&self, text: &[u8]) -> Option<*const c_char> {
        self.texts.iter().find(|kept| kept.as_bytes() == text).map(|kept| kept.as_ptr())
    }
}

impl<H: Handle> Registry<H> {
    pub const fn new() -> Self {
        Self(RwLock::new(None))
    }

    fn get(&self, address: usize) -> Option<H> {
        self.0.read().as_ref()?.get(&address).map(|entry| entry.object.clone())
    }
}

/// Adds a count to the object's handle, making the handle where there is none yet; its pointer comes back.
pub fn retain<H: Handle>(object: &H) -> *mut H::C {
    retain_times(object, 1)
}

fn retain_times<H: Handle>(object: &H, count: usize) -> *mut H::C {
    let address = object.address();
    let fresh = {
        let mut registry = H::registry().0.write();
        let entry = registry.get_or_insert_default().entry(address).or_insert_with(|| Entry::new(object));
        entry.count += count;
        entry.count == count
    };
    if fresh {
        object.retain_parent(1);
    }
    address as *mut H::C
}

/// Adds a count to the handle of each of the objects, which have one parent; `each` gets their pointers in order.
/// Lists may be long: the locks are taken once.
pub fn retain_all<H: Handle>(objects: &[H], mut each: impl FnMut(*mut H::C)) {
    let Some(first) = objects.first() else { return };
    let fresh = {
        let mut registry = H::registry().0.write();
        let table = registry.get_or_insert_default();
        table.reserve(objects.len());
        let before = table.len();
        for object in objects {
            table.entry(object.address()).or_insert_with(|| Entry::new(object)).count += 1;
            each(object.address() as *mut H::C);
        }
        table.len() - before
    };
    if fresh > 0 {
        first.retain_parent(fresh);
    }
}

/// Drops a count; how many are left comes back, `None` where the pointer is no live handle.
pub fn release<H: Handle>(pointer: *mut H::C) -> Option<usize> {
    let address = pointer as usize;
    let (left, gone) = {
        let mut registry = H::registry().0.write();
        let table = registry.as_mut()?;
        let entry = table.get_mut(&address)?;
        entry.count -= 1;
        let outcome = (entry.count, if entry.count == 0 { table.remove(&address) } else { None });
        if table.is_empty() {
            // A program that has given everything back finds nothing of ours left when it looks for leaks.
            *registry = None;
        }
        outcome
    };
    if let Some(entry) = gone {
        entry.object.release_parent();
    }
    Some(left)
}

/// Adds a count for the caller of a `vir...Ref()`.
pub fn add_ref<H: Handle>(object: &H) -> Result<()> {
    retain(object);
    Ok(())
}

/// Drops the count that the caller of a `vir...Free()` held.
pub fn free<H: Handle>(object: &H) -> Result<()> {
    release_object(object);
    Ok(())
}

/// A count of a handle that is dropped with this value.
pub struct Retained<H: Handle>(H);

impl<H: Handle> Retained<H> {
    pub fn new(object: &H) -> Self {
        retain(object);
        Self(object.clone())
    }

    pub fn pointer(&self) -> *mut H::C {
        self.0.address() as *mut H::C
    }
}

impl<H: Handle> Drop for Retained<H> {
    fn drop(&mut self) {
        release_object(&self.0);
    }
}

/// A string that lives as long as the object's handle, for calls such as `virDomainGetName`.
/// A NUL inside cuts it short, as it would in C.
pub fn keep_text<H: Handle>(object: &H, text: &str) -> Result<KeptText> {
    let text = text.as_bytes().split(|byte| *byte == 0).next().unwrap_or_default();
    let address = object.address();
    let known = H::registry().0.read().as_ref().and_then(|table| table.get(&address)?.text(text));
    if let Some(kept) = known {
        return Ok(KeptText(kept));
    }
    let mut table = H::registry().0.write();
    let entry = table.as_mut().and_then(|table| table.get_mut(&address));
    // The handle was live when the call began: another thread freed it meanwhile.
    let entry =
        entry.ok_or_else(|| Error::new(H::INVALID.0, "freed during the call").domain(H::INVALID.1))?;
    if let Some(kept) = entry.text(text) {
        return Ok(KeptText(kept));
    }
    let kept = CString::new(text).expect("cut at the first NUL");
    // The bytes are on the heap: they stay where they are when the list grows.
    let pointer = kept.as_ptr();
    entry.texts.push(kept);
    Ok(KeptText(pointer))
}

/// The same for a string that may be missing: NULL without an error.
pub fn keep_opt_text<H: Handle>(object: &H, text: Option<&str>) -> Result<KeptText> {
    text.map_or(Ok(KeptText(std::ptr::null())), |text| keep_text(object, text))
}

/// A string in the keeping of a handle.
pub struct KeptText(pub(super) *const c_char);

/// What belongs to a live handle of the object.
pub fn extra<H: Handle>(object: &H) -> Option<H::Extra> {
    let table = H::registry().0.read();
    Some(table.as_ref()?.get(&object.address())?.extra.clone())
}

/// `handle!(Type, c type, code, domain, parent method or none)`
macro_rules! handle {
    ($face:ty, $c:ty, $code:ident, $domain:ident, |$this:ident| $connection:expr $(, parent $parent:expr)?) => {
        handle!(@ $face, $c, (), $code, $domain, |$this| Some($connection) $(, parent $parent)?);
    };
    (@ $face:ty, $c:ty, $extra:ty, $code:ident, $domain:ident, |$this:ident| $connection:expr $(, parent $parent:expr)?) => {
        impl Handle for $face {
            type C = $c;
            type Extra = $extra;
            const INVALID: (ErrorCode, ErrorDomain) = (ErrorCode::$code, ErrorDomain::$domain);

            fn registry() -> &'static Registry<Self> {
                static REGISTRY: Registry<$face> = Registry::new();
                &REGISTRY
            }

            fn address(&self) -> usize {
                <$face>::address(self)
            }

            fn retain_parent(&self, _count: usize) {
                $(let $this = self; retain_times($parent, _count);)?
            }

            fn release_parent(&self) {
                $(let $this = self; release_object($parent);)?
            }

            fn connection(&self) -> Option<&Connection> {
                let $this = self;
                $connection
            }
        }
    };
}

fn release_object<H: Handle>(object: &H) -> Option<usize> {
    release::<H>(object.address() as *mut H::C)
}

use ferrovirt_core::abi;
use std::sync::Arc;
handle!(@ Connection, abi::virConnect, Arc<ConnectionErrors>, InvalidConn, None, |this| Some(this));
handle!(Domain, abi::virDomain, InvalidDomain, Dom, |this| this.connection(), parent this.connection());
handle!(DomainSnapshot, abi::virDomainSnapshot, InvalidDomainSnapshot, DomainSnapshot, |this| this.connection(), parent this.domain());
handle!(DomainCheckpoint, abi::virDomainCheckpoint, InvalidDomainCheckpoint, DomainCheckpoint, |this| this.connection(), parent this.domain());
handle!(Network, abi::virNetwork, InvalidNetwork, Network, |this| this.connection(), parent this.connection());
handle!(NetworkPort, abi::virNetworkPort, InvalidNetworkPort, Network, |this| this.network().connection(), parent this.network());
handle!(Interface, abi::virInterface, InvalidInterface, Interface, |this| this.connection(), parent this.connection());
handle!(NodeDevice, abi::virNodeDevice, InvalidNodeDevice, Nodedev, |this| this.connection(), parent this.connection());
handle!(NwFilter, abi::virNWFilter, InvalidNwfilter, Nwfilter, |this| this.connection(), parent this.connection());
handle!(NwFilterBinding, abi::virNWFilterBinding, InvalidNwfilterBinding, Nwfilter, |this| this.connection(), parent this.connection());
handle!(Secret, abi::virSecret, InvalidSecret, Secret, |this| this.connection(), parent this.connection());
handle!(StoragePool, abi::virStoragePool, InvalidStoragePool, Storage, |this| this.connection(), parent this.connection());
handle!(StorageVol, abi::virStorageVol, InvalidStorageVol, Storage, |this| this.connection(), parent this.connection());
handle!(Stream, abi::virStream, InvalidStream, Streams, |this| this.connection(), parent this.connection());
handle!(@ AdminConnection, abi::virAdmConnect, (), InvalidConn, Admin, |_this| None);
handle!(@ AdminServer, abi::virAdmServer, (), InvalidConn, Admin, |_this| None, parent _this.connection());
handle!(@ AdminClient, abi::virAdmClient, (), InvalidConn, Admin, |_this| None, parent _this.server());
