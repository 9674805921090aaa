//! DHCP leases in C's form.

use super::returns::malloc_string;
use super::strings::malloc_opt_string;
use ferrovirt::Result;
use ferrovirt::driver::DhcpLease;
use ferrovirt_core::abi::{virNetworkDHCPLease, virNetworkDHCPLeasePtr};
use std::ffi::c_int;
use std::ptr;

/// Stores a NULL-terminated array of leases where the caller wants it (NULL: only the count is wanted); the count
/// comes back. The place holds NULL where the list can't be had.
pub fn list_leases(
    place: *mut *mut virNetworkDHCPLeasePtr,
    leases: impl FnOnce() -> Result<Vec<DhcpLease>>,
) -> Result<usize> {
    if place.is_null() {
        return Ok(leases()?.len());
    }
    // SAFETY: not NULL (checked above), and the API promises room for one pointer.
    unsafe { place.write(ptr::null_mut()) };
    let leases = leases()?;
    let array = calloc::<virNetworkDHCPLeasePtr>(leases.len() + 1);
    for (index, lease) in leases.iter().enumerate() {
        // SAFETY: `index` is below the places that were allocated.
        unsafe { array.add(index).write(heap_lease(lease)) };
    }
    // SAFETY: as above.
    unsafe { place.write(array) };
    Ok(leases.len())
}

fn heap_lease(lease: &DhcpLease) -> virNetworkDHCPLeasePtr {
    let copy = calloc::<virNetworkDHCPLease>(1);
    let value = virNetworkDHCPLease {
        iface: malloc_string(&lease.iface),
        expirytime: lease.expiry_time,
        r#type: lease.kind as c_int,
        mac: malloc_opt_string(lease.mac.as_deref()),
        iaid: malloc_opt_string(lease.iaid.as_deref()),
        ipaddr: malloc_string(&lease.ip_addr),
        prefix: lease.prefix,
        hostname: malloc_opt_string(lease.hostname.as_deref()),
        clientid: malloc_opt_string(lease.client_id.as_deref()),
    };
    // SAFETY: not NULL, and room for one lease.
    unsafe { copy.write(value) };
    copy
}

/// Frees a lease of ours with its strings; NULL is fine.
/// It is no call with an outcome: the thread's last error stays, as cleaning up after a failure wants it.
pub fn free_lease(lease: virNetworkDHCPLeasePtr) {
    if lease.is_null() {
        return;
    }
    // SAFETY: not NULL (checked above), and the API promises a lease that `list_leases` made and nobody has freed.
    let value = unsafe { lease.read() };
    for text in [value.iface, value.mac, value.iaid, value.ipaddr, value.hostname, value.clientid] {
        // SAFETY: NULL or a string in C's heap that belongs to this lease alone.
        unsafe { libc::free(text.cast()) };
    }
    // SAFETY: it came from `calloc`.
    unsafe { libc::free(lease.cast()) };
}

/// Zeroed room in C's heap.
fn calloc<T>(count: usize) -> *mut T {
    // SAFETY: `calloc` returns NULL or zeroed room.
    let room = unsafe { libc::calloc(count, size_of::<T>()) }.cast::<T>();
    assert!(!room.is_null(), "out of memory for {count} DHCP leases");
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt::Error;
    use std::ffi::CStr;

    #[test]
    fn leases_go_out_and_are_freed() {
        let lease = DhcpLease {
            iface: "virbr0".into(),
            ip_addr: "192.0.2.7".into(),
            prefix: 24,
            ..Default::default()
        };
        let mut place = ptr::null_mut();
        assert_eq!(list_leases(&mut place, || Ok(vec![lease])).unwrap(), 1);
        // SAFETY: one lease and the final NULL were stored.
        let (first, end) = unsafe { (*place, *place.add(1)) };
        assert!(end.is_null());
        // SAFETY: a lease that was just made.
        let value = unsafe { first.read() };
        assert!(value.mac.is_null());
        // SAFETY: the address is always there.
        assert_eq!(unsafe { CStr::from_ptr(value.ipaddr) }.to_str().unwrap(), "192.0.2.7");
        free_lease(first);
        // SAFETY: from `calloc`, freed once.
        unsafe { libc::free(place.cast()) };
    }

    #[test]
    fn the_place_is_null_when_the_leases_cannot_be_had() {
        let mut place = ptr::dangling_mut();
        assert!(list_leases(&mut place, || Err(Error::internal("no"))).is_err());
        assert!(place.is_null());
    }
}
