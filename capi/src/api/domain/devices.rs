//! `libvirt-domain.h`: attaching, detaching, changing devices; interface parameters and addresses.

use crate::ffi::{
    descriptors, free_interface, inspect, list_interfaces, modify, modify_with, opt_params, opt_text,
    params_room, text,
};
use ferrovirt::Domain;
use ferrovirt_core::abi::{
    VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE, virDomainInterfacePtr, virDomainPtr,
    virTypedParameterPtr,
};
use std::ffi::{c_char, c_int, c_uint};

/// Adds a device to a running guest.
///
/// @domain: the domain
/// @xml: description of the device
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.9
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAttachDevice(domain: virDomainPtr, xml: *const c_char) -> c_int {
    modify_with(domain, || text(xml, "xml"), |dom: &Domain, xml| dom.attach_device_live(xml))
}

/// Adds a device to a domain: to the running guest, to its definition, or both.
///
/// @domain: the domain
/// @xml: description of the device
/// @flags: virDomainDeviceModifyFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.7.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAttachDeviceFlags(
    domain: virDomainPtr,
    xml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify_with(domain, || text(xml, "xml"), |dom: &Domain, xml| dom.attach_device(xml, flags))
}

/// Takes a device away from a running guest. The guest may need time to let go of it: an event of kind
/// VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED tells when it is gone.
///
/// @domain: the domain
/// @xml: description of the device, as far as it takes to tell it from others
///
/// Returns 0 when the removal was asked for, or -1 on failure.
///
/// Since: 0.1.9
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDetachDevice(domain: virDomainPtr, xml: *const c_char) -> c_int {
    modify_with(
        domain,
        || text(xml, "xml"),
        |dom: &Domain, xml| dom.detach_device(xml, VIR_DOMAIN_AFFECT_LIVE),
    )
}

/// Takes a device away from a domain: from the running guest, from its definition, or both. The guest may need time
/// to let go of it: an event of kind VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED tells when it is gone.
///
/// @domain: the domain
/// @xml: description of the device, as far as it takes to tell it from others
/// @flags: virDomainDeviceModifyFlags
///
/// Returns 0 when the removal was asked for, or -1 on failure.
///
/// Since: 0.7.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDetachDeviceFlags(
    domain: virDomainPtr,
    xml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify_with(domain, || text(xml, "xml"), |dom: &Domain, xml| dom.detach_device(xml, flags))
}

/// Takes away the device that has an alias, without waiting for the guest to let go of it. An event of kind
/// VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED tells when it is gone.
///
/// @domain: the domain
/// @alias: alias of the device
/// @flags: virDomainDeviceModifyFlags
///
/// Returns 0 when the removal was asked for, or -1 on failure.
///
/// Since: 4.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDetachDeviceAlias(
    domain: virDomainPtr,
    alias: *const c_char,
    flags: c_uint,
) -> c_int {
    modify_with(domain, || text(alias, "alias"), |dom: &Domain, alias| dom.detach_device_alias(alias, flags))
}

/// Changes a device of a domain, as far as its kind allows: the medium of a drive, the link or the network of an
/// interface, the password of a display.
///
/// @domain: the domain
/// @xml: whole description of the device as it is to be
/// @flags: virDomainDeviceModifyFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainUpdateDeviceFlags(
    domain: virDomainPtr,
    xml: *const c_char,
    flags: c_uint,
) -> c_int {
    modify_with(domain, || text(xml, "xml"), |dom: &Domain, xml| dom.update_device(xml, flags))
}

/// Limits the bandwidth of a network interface.
///
/// @domain: the domain
/// @device: MAC address of the interface, or the name of its end on the host
/// @params: the parameters, named VIR_DOMAIN_BANDWIDTH_...
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.9
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetInterfaceParameters(
    domain: virDomainPtr,
    device: *const c_char,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| {
        dom.set_interface_parameters(name_or_none(device)?, &opt_params(params, nparams)?, flags)
    })
}

/// Has a network interface of a running guest announce itself, so that switches learn anew where the guest is.
///
/// @dom: the domain
/// @device: (optional) MAC address of the interface, or the name of its end on the host; NULL for all interfaces
/// @params: (optional) VIR_DOMAIN_ANNOUNCE_INTERFACE_* parameters; those not given have a default
/// @nparams: how many there are
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 12.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAnnounceInterface(
    dom: virDomainPtr,
    device: *const c_char,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.announce_interface(opt_text(device, "device")?, &opt_params(params, nparams)?, flags)
    })
}

/// Tells the limits on the bandwidth of a network interface.
///
/// @domain: the domain
/// @device: MAC address of the interface, or the name of its end on the host
/// @params: room for the parameters; may be NULL where *nparams is 0
/// @nparams: how many there is room for, then how many were written; with 0, how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.9
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetInterfaceParameters(
    domain: virDomainPtr,
    device: *const c_char,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |dom: &Domain| {
        let room = params_room(params, nparams)?;
        if room.wants_count() {
            // How many there are is the same whatever is looked at, even if that is a contradiction.
            let flags = flags & !(VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG);
            return room.fill(&dom.interface_parameters(None, flags)?);
        }
        room.fill(&dom.interface_parameters(Some(name_or_none(device)?), flags)?)
    })
}

/// Lists the guest's network interfaces with their IP addresses. Asking the guest agent needs write access.
///
/// @dom: the domain
/// @ifaces: where the array goes that the caller frees, each interface with virDomainInterfaceFree(), then the array
/// @source: who is asked: a virDomainInterfaceAddressesSource
/// @flags: must be 0
///
/// Returns how many interfaces there are, or -1 on failure.
///
/// Since: 1.2.14
#[unsafe(no_mangle)]
pub extern "C" fn virDomainInterfaceAddresses(
    dom: virDomainPtr,
    ifaces: *mut *mut virDomainInterfacePtr,
    source: c_uint,
    flags: c_uint,
) -> c_int {
    inspect(dom, |dom: &Domain| list_interfaces(ifaces, || dom.interface_addresses(source, flags)))
}

/// Frees an interface that virDomainInterfaceAddresses() has told of; NULL is fine.
///
/// @iface: the interface
///
/// Since: 1.2.14
#[unsafe(no_mangle)]
pub extern "C" fn virDomainInterfaceFree(iface: virDomainInterfacePtr) {
    free_interface(iface)
}

/// Makes a display read its certificates again, without ending the connections there are.
///
/// @domain: the domain
/// @type: which display: a virDomainGraphicsReloadType
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 10.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGraphicsReload(domain: virDomainPtr, r#type: c_uint, flags: c_uint) -> c_int {
    modify(domain, |dom: &Domain| dom.graphics_reload(r#type, flags))
}

/// Lends open files to a domain for as long as the connection is open; the domain's disks refer to them by name.
/// The caller may close its descriptors afterwards.
///
/// @domain: the domain
/// @name: name of the group of descriptors
/// @nfds: how many descriptors there are
/// @fds: the descriptors
/// @flags: (optional) virDomainFDAssociateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 9.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainFDAssociate(
    domain: virDomainPtr,
    name: *const c_char,
    nfds: c_uint,
    fds: *mut c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| {
        dom.fd_associate(opt_text(name, "name")?.unwrap_or_default(), &descriptors(fds, nfds)?, flags)
    })
}

/// No interface is called by an empty name: drivers say so after checks of their own.
fn name_or_none<'a>(device: *const c_char) -> ferrovirt::Result<&'a str> {
    Ok(opt_text(device, "device")?.unwrap_or_default())
}
