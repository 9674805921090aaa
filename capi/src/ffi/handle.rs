//! Handles: what a C pointer such as `virDomainPtr` stands for.
//!
//! A handle pointer is an address that is never dereferenced: it is looked up in the registry of its class. So a
//! NULL, freed or foreign pointer is told from a live one without touching memory, and counting is one number a
//! handle. Each handle holds one count of its parent (a domain of its connection, a snapshot of its domain), which
//! is how libvirt keeps a connection open for the objects on it.

use ferrovirt::{Connection, Domain, Error, ErrorCode, ErrorDomain, Network, NetworkPort, Result};
use parking_lot::RwLock;
use std::collections::HashMap;

/// An object of the Rust face that C programs hold by pointer.
pub trait Handle: Clone + Send + Sync + 'static {
    /// The opaque type that the C pointer points to.
    type C: 'static;
    /// What a pointer that is no live handle of this class is refused with.
    const INVALID: (ErrorCode, ErrorDomain);

    fn registry() -> &'static Registry<Self>;
    /// The number that stands for this object in C.
    fn address(&self) -> usize;
    /// Adds a count to the handle that must outlive this one.
    fn retain_parent(&self);
    /// Drops that count.
    fn release_parent(&self);
    /// The connection that the object is on.
    fn connection(&self) -> &Connection;

    /// The object behind a pointer.
    fn checked(pointer: *mut Self::C, function: &str) -> Result<Self> {
        Self::registry().get(pointer as usize).ok_or_else(|| {
            let (code, domain) = Self::INVALID;
            Error::new(code, function).domain(domain)
        })
    }
}

/// The live handles of one class.
pub struct Registry<H>(RwLock<Option<HashMap<usize, Entry<H>>>>);

struct Entry<H> {
    object: H,
    count: usize,
}

impl<H: Handle> Registry<H> {
    const fn new() -> Self {
        Self(RwLock::new(None))
    }

    fn get(&self, address: usize) -> Option<H> {
        self.0.read().as_ref()?.get(&address).map(|entry| entry.object.clone())
    }
}

/// Adds a count to the object's handle, making the handle where there is none yet; its pointer comes back.
pub fn retain<H: Handle>(object: &H) -> *mut H::C {
    let address = object.address();
    let fresh = {
        let mut table = H::registry().0.write();
        let table = table.get_or_insert_with(HashMap::new);
        let entry = table.entry(address).or_insert_with(|| Entry { object: object.clone(), count: 0 });
        entry.count += 1;
        entry.count == 1
    };
    if fresh {
        object.retain_parent();
    }
    address as *mut H::C
}

/// Drops a count; how many are left comes back, `None` where the pointer is no live handle.
pub fn release<H: Handle>(pointer: *mut H::C) -> Option<usize> {
    let address = pointer as usize;
    let (left, gone) = {
        let mut table = H::registry().0.write();
        let table = table.as_mut()?;
        let entry = table.get_mut(&address)?;
        entry.count -= 1;
        (entry.count, if entry.count == 0 { table.remove(&address) } else { None })
    };
    if let Some(entry) = gone {
        entry.object.release_parent();
    }
    Some(left)
}

/// `handle!(Type, c type, code, domain, parent method or none)`
macro_rules! handle {
    ($face:ty, $c:ty, $code:ident, $domain:ident, |$this:ident| $connection:expr $(, parent $parent:expr)?) => {
        impl Handle for $face {
            type C = $c;
            const INVALID: (ErrorCode, ErrorDomain) = (ErrorCode::$code, ErrorDomain::$domain);

            fn registry() -> &'static Registry<Self> {
                static REGISTRY: Registry<$face> = Registry::new();
                &REGISTRY
            }

            fn address(&self) -> usize {
                <$face>::address(self)
            }

            fn retain_parent(&self) {
                $(let $this = self; retain($parent);)?
            }

            fn release_parent(&self) {
                $(let $this = self; release_object($parent);)?
            }

            fn connection(&self) -> &Connection {
                let $this = self;
                $connection
            }
        }
    };
}

fn release_object<H: Handle>(object: &H) {
    release::<H>(object.address() as *mut H::C);
}

use ferrovirt_core::abi;
handle!(Connection, abi::virConnect, InvalidConn, None, |this| this);
handle!(Domain, abi::virDomain, InvalidDomain, Domain, |this| this.connection(), parent this.connection());
handle!(Network, abi::virNetwork, InvalidNetwork, Network, |this| this.connection(), parent this.connection());
handle!(NetworkPort, abi::virNetworkPort, InvalidNetworkPort, Network, |this| this.network().connection(), parent this.network());
