//! `libvirt-nodedev.h`: the host's devices.

use crate::ffi::{
    add_ref, callback, free, inspect, inspect_untold, keep_opt_text, keep_text, list, modify,
    node_device_listener, opt_object, opt_text, room, store, text,
};
use ferrovirt::{Connection, NodeDevice};
use ferrovirt_core::abi::{
    Const, virConnectNodeDeviceEventGenericCallback, virConnectPtr, virFreeCallback, virNodeDevicePtr,
};
use std::ffi::{c_char, c_int, c_uint, c_void};

/// Lists the host's devices.
///
/// @conn: the connection
/// @devices: where the NULL-terminated array goes that the caller frees, each device and the array itself; NULL to have them only counted
/// @flags: virConnectListAllNodeDeviceFlags, 0 for all devices
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virConnectListAllNodeDevices(
    conn: virConnectPtr,
    devices: *mut *mut virNodeDevicePtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list(devices, || conn.list_all_node_devices(flags)))
}

/// Counts the host's devices.
///
/// @conn: the connection
/// @cap: only devices with this capability (such as 'pci' or 'net'); NULL for all
/// @flags: must be 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeNumOfDevices(conn: virConnectPtr, cap: *const c_char, flags: c_uint) -> c_int {
    inspect(conn, |conn: &Connection| Ok(conn.list_node_devices(opt_text(cap, "cap")?, flags)?.len()))
}

/// Lists the names of the host's devices, as many as there is room for. What happens between counting and listing
/// shows, so a list of handles is the better choice.
///
/// @conn: the connection
/// @cap: only devices with this capability (such as 'pci' or 'net'); NULL for all
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
/// @flags: must be 0
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeListDevices(
    conn: virConnectPtr,
    cap: *const c_char,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        Ok(room(names, maxnames, "names")?.fill_texts(conn.list_node_devices(opt_text(cap, "cap")?, flags)?))
    })
}

/// Finds one of the host's devices by its name.
///
/// @conn: the connection
/// @name: the name
///
/// Returns a handle that the caller drops with virNodeDeviceFree(), or NULL on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceLookupByName(conn: virConnectPtr, name: *const c_char) -> virNodeDevicePtr {
    inspect(conn, |conn: &Connection| conn.lookup_node_device_by_name(text(name, "name")?))
}

/// Finds a SCSI host of a Fibre Channel fabric by its world-wide names.
///
/// @conn: the connection
/// @wwnn: the name of the node, 16 hexadecimal digits
/// @wwpn: the name of the port, 16 hexadecimal digits
/// @flags: must be 0
///
/// Returns a handle that the caller drops with virNodeDeviceFree(), or NULL on failure.
///
/// Since: 1.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceLookupSCSIHostByWWN(
    conn: virConnectPtr,
    wwnn: *const c_char,
    wwpn: *const c_char,
    flags: c_uint,
) -> virNodeDevicePtr {
    inspect(conn, |conn: &Connection| {
        conn.lookup_scsi_host_by_wwn(text(wwnn, "wwnn")?, text(wwpn, "wwpn")?, flags)
    })
}

/// Makes a device that is gone once it is destroyed: a virtual HBA, or a mediated device.
///
/// @conn: the connection
/// @xmlDesc: the description
/// @flags: virNodeDeviceCreateXMLFlags
///
/// Returns a handle that the caller drops with virNodeDeviceFree(), or NULL on failure.
///
/// Since: 0.6.3
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceCreateXML(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virNodeDevicePtr {
    modify(conn, |conn: &Connection| conn.create_node_device(text(xmlDesc, "xmlDesc")?, flags))
}

/// Makes the definition of a mediated device permanent, without starting it.
///
/// @conn: the connection
/// @xmlDesc: the description
/// @flags: virNodeDeviceDefineXMLFlags
///
/// Returns a handle that the caller drops with virNodeDeviceFree(), or NULL on failure.
///
/// Since: 7.3.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceDefineXML(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virNodeDevicePtr {
    modify(conn, |conn: &Connection| conn.define_node_device(text(xmlDesc, "xmlDesc")?, flags))
}

/// Starts a device that has been defined.
///
/// @dev: the device
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 7.3.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceCreate(dev: virNodeDevicePtr, flags: c_uint) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.create(flags))
}

/// Removes a device that was made by description. A defined one can be started again.
///
/// @dev: the device
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.3
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceDestroy(dev: virNodeDevicePtr) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.destroy())
}

/// Forgets the definition of a device; one that runs goes on, transient from now on.
///
/// @dev: the device
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 7.3.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceUndefine(dev: virNodeDevicePtr, flags: c_uint) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.undefine(flags))
}

/// Changes a mediated device: its definition, the running device, or both.
///
/// @dev: the device
/// @xmlDesc: the new description
/// @flags: virNodeDeviceUpdateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 10.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceUpdate(dev: virNodeDevicePtr, xmlDesc: *const c_char, flags: c_uint) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.update(text(xmlDesc, "xmlDesc")?, flags))
}

/// Adds a count to the handle of a device; each needs a virNodeDeviceFree() of its own.
///
/// @dev: the device
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceRef(dev: virNodeDevicePtr) -> c_int {
    inspect(dev, |dev: &NodeDevice| add_ref(dev))
}

/// Drops a count of the handle of a device; the device itself stays as it is. After the last count, the handle must
/// not be used any more.
///
/// @dev: the device
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceFree(dev: virNodeDevicePtr) -> c_int {
    inspect(dev, |dev: &NodeDevice| free(dev))
}

/// Tells the name of a device.
///
/// @dev: the device
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceGetName(dev: virNodeDevicePtr) -> *const c_char {
    inspect(dev, |dev: &NodeDevice| keep_text(dev, dev.name()))
}

/// Tells the name of the device that a device is on.
///
/// @dev: the device
///
/// Returns a string that lives as long as the handle; NULL for the root of the tree, and on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceGetParent(dev: virNodeDevicePtr) -> *const c_char {
    inspect_untold(dev, |dev: &NodeDevice| keep_opt_text(dev, dev.parent()?.as_deref()))
}

/// Counts the capabilities of a device.
///
/// @dev: the device
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceNumOfCaps(dev: virNodeDevicePtr) -> c_int {
    inspect(dev, |dev: &NodeDevice| Ok(dev.list_caps()?.len()))
}

/// Lists the names of the capabilities of a device, as many as there is room for.
///
/// @dev: the device
/// @names: the array to fill; the caller frees each name
/// @maxnames: how many names it has room for
///
/// Returns how many names were written, or -1 on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceListCaps(
    dev: virNodeDevicePtr,
    names: Const<*mut *mut c_char>,
    maxnames: c_int,
) -> c_int {
    inspect(dev, |dev: &NodeDevice| Ok(room(names, maxnames, "names")?.fill_texts(dev.list_caps()?)))
}

/// Describes a device in XML.
///
/// @dev: the device
/// @flags: virNodeDeviceXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceGetXMLDesc(dev: virNodeDevicePtr, flags: c_uint) -> *mut c_char {
    inspect(dev, |dev: &NodeDevice| dev.xml_desc(flags))
}

/// Takes a device from the host, so that a guest can have it. virNodeDeviceDetachFlags() does more, and is spelled
/// better.
///
/// @dev: the device
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.1
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceDettach(dev: virNodeDevicePtr) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.detach(None, 0))
}

/// Takes a device from the host, so that a guest can have it.
///
/// @dev: the device
/// @driverName: which driver holds it for guests, such as 'vfio'; NULL for the hypervisor's choice
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.5
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceDetachFlags(
    dev: virNodeDevicePtr,
    driverName: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.detach(opt_text(driverName, "driverName")?, flags))
}

/// Gives a device that was taken for guests back to the host.
///
/// @dev: the device
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.1
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceReAttach(dev: virNodeDevicePtr) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.re_attach())
}

/// Resets a device that was taken for guests, so that nothing of one guest is left for the next, or for the host.
///
/// @dev: the device
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.1
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceReset(dev: virNodeDevicePtr) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.reset())
}

/// Tells whether a defined device starts with the host.
///
/// @dev: the device
/// @autostart: where 1 goes if so, or 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 7.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceGetAutostart(dev: virNodeDevicePtr, autostart: *mut c_int) -> c_int {
    inspect(dev, |dev: &NodeDevice| {
        let starts = dev.autostart()?;
        store(autostart, "autostart", || Ok(c_int::from(starts)))
    })
}

/// Sets whether a defined device starts with the host.
///
/// @dev: the device
/// @autostart: 0 for no, anything else for yes
///
/// Returns 0, or -1 on failure.
///
/// Since: 7.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceSetAutostart(dev: virNodeDevicePtr, autostart: c_int) -> c_int {
    modify(dev, |dev: &NodeDevice| dev.set_autostart(autostart != 0))
}

/// Tells whether a device has a definition that outlives it.
///
/// @dev: the device
///
/// Returns 1 if so, 0 if not, -1 on failure.
///
/// Since: 7.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceIsPersistent(dev: virNodeDevicePtr) -> c_int {
    inspect(dev, |dev: &NodeDevice| dev.is_persistent())
}

/// Tells whether a device is there, and not only defined.
///
/// @dev: the device
///
/// Returns 1 if so, 0 if not, -1 on failure.
///
/// Since: 7.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeDeviceIsActive(dev: virNodeDevicePtr) -> c_int {
    inspect(dev, |dev: &NodeDevice| dev.is_active())
}

/// Registers a function for one kind of event, of one device or of all. It runs from the event loop, which must
/// have been registered before the connection was opened.
///
/// @conn: the connection
/// @dev: the device; NULL for all
/// @eventID: the kind, a virNodeDeviceEventID
/// @cb: the function, cast from the type that the kind of event has
/// @opaque: what it is called with
/// @freecb: (optional) frees @opaque once the registration has ended; may be NULL
///
/// Returns the id that ends the registration, or -1 on failure; @opaque then stays with the caller.
///
/// Since: 2.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNodeDeviceEventRegisterAny(
    conn: virConnectPtr,
    dev: virNodeDevicePtr,
    eventID: c_int,
    cb: virConnectNodeDeviceEventGenericCallback,
    opaque: *mut c_void,
    freecb: virFreeCallback,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        let dev = opt_object(dev, "virConnectNodeDeviceEventRegisterAny")?;
        callback(cb, opaque, freecb, "cb")?.register(|cb| {
            conn.register_node_device_event(dev.as_ref(), eventID, node_device_listener(conn, cb))
        })
    })
}

/// Ends a registration that virConnectNodeDeviceEventRegisterAny() made.
///
/// @conn: the connection
/// @callbackID: the id that the registration got
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectNodeDeviceEventDeregisterAny(conn: virConnectPtr, callbackID: c_int) -> c_int {
    inspect(conn, |conn: &Connection| conn.deregister_event(callbackID))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{FakeConnection, free, last, read};
    use ferrovirt::{ErrorCode, ErrorDomain};
    use std::ptr;

    #[test]
    fn devices_are_counted_by_capability() {
        let host = FakeConnection::read_write();
        let count = |cap: *const c_char| virNodeNumOfDevices(host.pointer, cap, 0);
        assert_eq!(count(ptr::null()), 2);
        assert_eq!(count(c"pci".as_ptr()), 1);
        assert_eq!(count(c"no-such-thing".as_ptr()), 0);
        assert_eq!(virNodeNumOfDevices(host.pointer, ptr::null(), 1), -1);
        assert_eq!(last(), (ErrorCode::InvalidArg as i32, ErrorDomain::Nodedev as i32));
        let mut name = ptr::null_mut::<c_char>();
        assert_eq!(virNodeListDevices(host.pointer, c"pci".as_ptr(), &mut name, 1, 0), 1);
        assert_eq!(read(name), "pci_0000_00_1f_2");
        free(name);
        host.close();
    }

    #[test]
    fn the_root_has_no_parent_and_that_is_no_error() {
        let host = FakeConnection::read_write();
        let mut devices = ptr::null_mut();
        assert_eq!(virConnectListAllNodeDevices(host.pointer, &mut devices, 0), 2);
        // SAFETY: two devices and a NULL were stored.
        let (root, pci) = unsafe { (*devices, *devices.add(1)) };
        free(devices);
        assert!(virNodeDeviceGetParent(root).is_null());
        assert_eq!(last().0, 0);
        assert_eq!(read(virNodeDeviceGetParent(pci)), "computer");
        assert!(virNodeDeviceGetParent(host.pointer.cast()).is_null());
        assert_eq!(last(), (ErrorCode::InvalidNodeDevice as i32, ErrorDomain::Nodedev as i32));
        assert_eq!((virNodeDeviceFree(root), virNodeDeviceFree(pci), host.close()), (0, 0, Some(0)));
    }

    #[test]
    fn the_hypervisor_is_asked_to_take_a_device() {
        let host = FakeConnection::read_write();
        let mut devices = ptr::null_mut();
        assert_eq!(virConnectListAllNodeDevices(host.pointer, &mut devices, 2), 1);
        // SAFETY: one device and a NULL were stored.
        let pci = unsafe { *devices };
        free(devices);
        assert_eq!(virNodeDeviceDettach(pci), 0);
        assert_eq!(virNodeDeviceDetachFlags(pci, c"vfio".as_ptr(), 0), 0);
        assert_eq!(
            *host.host.changes.lock(),
            ["detach pci_0000_00_1f_2 to any", "detach pci_0000_00_1f_2 to vfio"]
        );
        assert_eq!(virNodeDeviceReset(pci), -1);
        assert_eq!(last(), (ErrorCode::NoSupport as i32, ErrorDomain::Nodedev as i32));
        assert_eq!((virNodeDeviceFree(pci), host.close()), (0, Some(0)));
    }
}
