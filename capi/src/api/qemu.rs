//! `libvirt-qemu.h`: what only QEMU domains have.

use crate::ffi::files::store_wanted_files;
use crate::ffi::qemu::monitor_callback;
use crate::ffi::{
    callback, descriptors, malloc_string, modify, modify_with, opt_object, opt_text, out, text,
};
use ferrovirt::{Connection, Domain, rules};
use ferrovirt_core::abi::{
    virConnectDomainQemuMonitorEventCallback, virConnectPtr, virDomainPtr, virFreeCallback,
};
use std::ffi::{c_char, c_int, c_uint, c_void};

/// Sends a command to QEMU's monitor, past all that the library knows of the guest.
///
/// @domain: the domain
/// @cmd: the command
/// @result: where the answer goes, which the caller frees
/// @flags: virDomainQemuMonitorCommandFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainQemuMonitorCommand(
    domain: virDomainPtr,
    cmd: *const c_char,
    result: *mut *mut c_char,
    flags: c_uint,
) -> c_int {
    modify_with(
        domain,
        || out(result, "result"),
        |domain: &Domain, result| {
            let cmd = opt_text(cmd, "cmd")?.unwrap_or_default();
            result.set(malloc_string(&domain.qemu_monitor_command(cmd, flags)?));
            Ok(())
        },
    )
}

/// Sends a command to QEMU's monitor together with file descriptors, and gets some back.
///
/// @domain: the domain
/// @cmd: the command
/// @ninfiles: how many descriptors go along
/// @infiles: the descriptors, which stay the caller's
/// @noutfiles: where the number of descriptors goes that came back; may be NULL
/// @outfiles: where the array of these goes, for the caller to close and free; may be NULL
/// @result: where the answer goes, which the caller frees
/// @flags: virDomainQemuMonitorCommandFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 8.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainQemuMonitorCommandWithFiles(
    domain: virDomainPtr,
    cmd: *const c_char,
    ninfiles: c_uint,
    infiles: *mut c_int,
    noutfiles: *mut c_uint,
    outfiles: *mut *mut c_int,
    result: *mut *mut c_char,
    flags: c_uint,
) -> c_int {
    let arguments = || Ok((text(cmd, "cmd")?, out(result, "result")?));
    modify_with(domain, arguments, |domain: &Domain, (cmd, result)| {
        let sent = descriptors(infiles, ninfiles)?;
        let (answer, received) = domain.qemu_monitor_command_with_files(cmd, &sent, flags)?;
        store_wanted_files(received, outfiles, noutfiles)?;
        result.set(malloc_string(&answer));
        Ok(())
    })
}

/// Takes over a QEMU process that was started by somebody else.
///
/// @conn: the connection
/// @pid_value: its process number
/// @flags: (optional) unused so far, 0
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainQemuAttach(conn: virConnectPtr, pid_value: c_uint, flags: c_uint) -> virDomainPtr {
    let arguments = || rules::not_zero(pid_value, "pid_value");
    modify_with(conn, arguments, |conn: &Connection, ()| conn.qemu_attach(pid_value, flags))
}

/// Sends a command to the agent in the guest, as it is.
///
/// @domain: the domain
/// @cmd: the command
/// @timeout: how many seconds to wait, or a virDomainQemuAgentCommandTimeoutValues
/// @flags: unused so far, 0
///
/// Returns the answer, which the caller frees, or NULL on failure.
///
/// Since: 0.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainQemuAgentCommand(
    domain: virDomainPtr,
    cmd: *const c_char,
    timeout: c_int,
    flags: c_uint,
) -> *mut c_char {
    modify(domain, |domain: &Domain| {
        domain.qemu_agent_command(opt_text(cmd, "cmd")?.unwrap_or_default(), timeout, flags)
    })
}

/// Has a function called for events of QEMU's monitor, as QEMU names them.
///
/// @conn: the connection
/// @dom: the domain; NULL for all
/// @event: the event's name, or a pattern; NULL for all
/// @cb: the function
/// @opaque: passed to it
/// @freecb: (optional) frees @opaque when the registration ends; may be NULL
/// @flags: virConnectDomainQemuMonitorEventRegisterFlags
///
/// Returns the number of the registration, or -1 on failure.
///
/// Since: 1.2.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainQemuMonitorEventRegister(
    conn: virConnectPtr,
    dom: virDomainPtr,
    event: *const c_char,
    cb: virConnectDomainQemuMonitorEventCallback,
    opaque: *mut c_void,
    freecb: virFreeCallback,
    flags: c_uint,
) -> c_int {
    modify(conn, |conn: &Connection| {
        let domain: Option<Domain> = opt_object(dom, "virConnectDomainQemuMonitorEventRegister")?;
        let event = opt_text(event, "event")?;
        callback(cb, opaque, freecb, "cb")?.register(|callback| {
            let callback = monitor_callback(conn, callback);
            conn.register_qemu_monitor_event(domain.as_ref(), event, flags, callback)
        })
    })
}

/// Ends a registration for events of QEMU's monitor.
///
/// @conn: the connection
/// @callbackID: its number
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainQemuMonitorEventDeregister(
    conn: virConnectPtr,
    callbackID: c_int,
) -> c_int {
    let arguments = || rules::not_negative(callbackID, "callbackID");
    modify_with(conn, arguments, |conn: &Connection, ()| conn.deregister_qemu_monitor_event(callbackID))
}
