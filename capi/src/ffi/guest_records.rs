//! What a guest tells of its interfaces and file systems, as arrays of structures in C's heap.

use super::domain_arrays::{array_place, heap_room, pointer_array};
use super::returns::malloc_string;
use super::strings::{TextList, malloc_opt_string};
use ferrovirt::Result;
use ferrovirt::driver::{DomainInterface, FsInfo, InterfaceAddress};
use ferrovirt_core::abi::{
    virDomainFSInfo, virDomainFSInfoPtr, virDomainIPAddress, virDomainIPAddressPtr, virDomainInterface,
    virDomainInterfacePtr,
};
use std::ffi::{c_char, c_uint};

/// Stores an array of interfaces where the caller wants it; the count comes back.
pub fn list_interfaces(
    place: *mut *mut virDomainInterfacePtr,
    interfaces: impl FnOnce() -> Result<Vec<DomainInterface>>,
) -> Result<usize> {
    let place = array_place(place, "ifaces")?;
    let interfaces = interfaces()?;
    place.set(pointer_array(interfaces.iter().map(heap_interface)));
    Ok(interfaces.len())
}

fn heap_interface(interface: &DomainInterface) -> virDomainInterfacePtr {
    heap_value(virDomainInterface {
        name: malloc_string(&interface.name),
        hwaddr: malloc_opt_string(interface.mac.as_deref()),
        naddrs: c_uint::try_from(interface.addresses.len()).expect("an interface's addresses fit a C int"),
        addrs: heap_addresses(&interface.addresses),
    })
}

fn heap_addresses(addresses: &[InterfaceAddress]) -> virDomainIPAddressPtr {
    if addresses.is_empty() {
        return std::ptr::null_mut();
    }
    let array: virDomainIPAddressPtr = heap_room(addresses.len());
    for (index, address) in addresses.iter().enumerate() {
        let value = virDomainIPAddress {
            r#type: address.kind,
            addr: malloc_string(&address.address),
            prefix: address.prefix,
        };
        // SAFETY: `index` is below the places that were allocated.
        unsafe { array.add(index).write(value) };
    }
    array
}

/// Frees an interface that `list_interfaces` made; NULL is fine.
pub fn free_interface(interface: virDomainInterfacePtr) {
    if interface.is_null() {
        return;
    }
    // SAFETY: not NULL (checked above), and the API promises that `list_interfaces` made it and nobody has freed it.
    let value = unsafe { interface.read() };
    for index in 0..value.naddrs as usize {
        // SAFETY: `naddrs` addresses were written, each with a string of its own.
        unsafe { libc::free((*value.addrs.add(index)).addr.cast()) };
    }
    free_all([value.name, value.hwaddr, value.addrs.cast(), interface.cast()]);
}

/// Stores an array of file systems where the caller wants it; the count comes back.
pub fn list_fs_info(
    place: *mut *mut virDomainFSInfoPtr,
    file_systems: impl FnOnce() -> Result<Vec<FsInfo>>,
) -> Result<usize> {
    let place = array_place(place, "info")?;
    let file_systems = file_systems()?;
    let count = file_systems.len();
    place.set(pointer_array(file_systems.into_iter().map(heap_fs_info)));
    Ok(count)
}

fn heap_fs_info(info: FsInfo) -> virDomainFSInfoPtr {
    heap_value(virDomainFSInfo {
        mountpoint: malloc_string(&info.mount_point),
        name: malloc_string(&info.name),
        fstype: malloc_string(&info.fs_type),
        ndevAlias: info.device_aliases.len(),
        devAlias: TextList(info.device_aliases).into_array(),
    })
}

/// Frees a file system that `list_fs_info` made; NULL is fine.
pub fn free_fs_info(info: virDomainFSInfoPtr) {
    if info.is_null() {
        return;
    }
    // SAFETY: not NULL (checked above), and the API promises that `list_fs_info` made it and nobody has freed it.
    let value = unsafe { info.read() };
    for index in 0..value.ndevAlias {
        // SAFETY: `ndevAlias` strings were written.
        unsafe { libc::free((*value.devAlias.add(index)).cast()) };
    }
    free_all([value.mountpoint, value.name, value.fstype, value.devAlias.cast(), info.cast()]);
}

fn heap_value<T>(value: T) -> *mut T {
    let place = heap_room::<T>(1);
    // SAFETY: fresh room for one.
    unsafe { place.write(value) };
    place
}

fn free_all<const N: usize>(pointers: [*mut c_char; N]) {
    for pointer in pointers {
        // SAFETY: callers pass what is NULL or in C's heap and theirs alone.
        unsafe { libc::free(pointer.cast()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt::Error;
    use std::ffi::CStr;
    use std::ptr;

    fn text<'a>(pointer: *const c_char) -> &'a str {
        // SAFETY: the tests read strings that were just made and are not freed yet.
        unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
    }

    #[test]
    fn interfaces_go_out_with_their_addresses_and_are_freed() {
        let address = |address: &str, prefix| InterfaceAddress { kind: 0, address: address.into(), prefix };
        let interface = DomainInterface {
            name: "eth0".into(),
            mac: None,
            addresses: vec![address("192.0.2.7", 24), address("198.51.100.1", 8)],
        };
        let bare = DomainInterface { name: "lo".into(), ..DomainInterface::default() };
        let mut place = ptr::null_mut();
        assert_eq!(list_interfaces(&mut place, || Ok(vec![interface, bare])).unwrap(), 2);
        // SAFETY: two interfaces and the final NULL were stored, the first with two addresses.
        unsafe {
            let first = **place;
            assert_eq!((text(first.name), first.hwaddr.is_null(), first.naddrs), ("eth0", true, 2));
            let second = *first.addrs.add(1);
            assert_eq!((text(second.addr), second.prefix), ("198.51.100.1", 8));
            assert!((*place.add(2)).is_null());
            free_interface(*place);
            free_interface(*place.add(1));
            libc::free(place.cast());
        }
    }

    #[test]
    fn file_systems_go_out_with_their_disks_and_are_freed() {
        let info = FsInfo { fs_type: "ext4".into(), device_aliases: vec!["vda".into()], ..FsInfo::default() };
        let mut place = ptr::null_mut();
        assert_eq!(list_fs_info(&mut place, || Ok(vec![info])).unwrap(), 1);
        // SAFETY: one file system with one disk was stored.
        unsafe {
            let first = **place;
            assert_eq!((text(first.fstype), first.ndevAlias, text(*first.devAlias)), ("ext4", 1, "vda"));
            free_fs_info(*place);
            libc::free(place.cast());
        }
    }

    #[test]
    fn the_place_is_null_when_there_is_nothing_to_tell() {
        let mut place = ptr::dangling_mut();
        assert!(list_fs_info(&mut place, || Err(Error::operation_failed("no agent"))).is_err());
        assert!(place.is_null());
        assert!(list_interfaces(ptr::null_mut(), || Ok(vec![])).is_err());
    }
}
