//! `libvirt-domain.h`: defining, starting, stopping, pausing.

use crate::ffi::{
    self, descriptors, inspect, modify, modify_with, params_out, text, write_control_info, write_domain_info,
    write_state,
};
use ferrovirt::{Connection, Domain, rules};
use ferrovirt_core::abi::{
    virConnectPtr, virDomainControlInfoPtr, virDomainInfoPtr, virDomainPtr, virTypedParameterPtr,
};
use std::ffi::{c_char, c_int, c_uint, c_ulonglong};

/// Starts a guest from an XML description. Without a definition of its own it is gone once it stops.
///
/// @conn: the connection
/// @xmlDesc: the description
/// @flags: virDomainCreateFlags
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCreateXML(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virDomainPtr {
    modify_with(conn, || text(xmlDesc, "xmlDesc"), |conn: &Connection, xml| conn.create_domain(xml, flags))
}

/// The former name of virDomainCreateXML().
///
/// @conn: the connection
/// @xmlDesc: the description
/// @flags: virDomainCreateFlags
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCreateLinux(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virDomainPtr {
    modify_with(conn, || text(xmlDesc, "xmlDesc"), |conn: &Connection, xml| conn.create_domain(xml, flags))
}

/// Starts a guest like virDomainCreateXML() and hands descriptors to its first process, numbered from 3 on in the order
/// of the array. Only containers take them.
///
/// @conn: the connection
/// @xmlDesc: the description
/// @nfiles: how many descriptors there are
/// @files: the descriptors, which stay open here
/// @flags: virDomainCreateFlags
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 1.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCreateXMLWithFiles(
    conn: virConnectPtr,
    xmlDesc: *const c_char,
    nfiles: c_uint,
    files: *mut c_int,
    flags: c_uint,
) -> virDomainPtr {
    modify_with(
        conn,
        || text(xmlDesc, "xmlDesc"),
        |conn: &Connection, xml| conn.create_domain_with_files(xml, &descriptors(files, nfiles)?, flags),
    )
}

/// Starts a defined domain.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCreate(domain: virDomainPtr) -> c_int {
    modify(domain, |domain: &Domain| domain.create(0))
}

/// Starts a defined domain; if there is a saved state, from that.
///
/// @domain: the domain
/// @flags: virDomainCreateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCreateWithFlags(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.create(flags))
}

/// Starts a defined domain and hands descriptors to its first process, numbered from 3 on in the order of the array.
/// Only containers take them.
///
/// @domain: the domain
/// @nfiles: how many descriptors there are
/// @files: the descriptors, which stay open here
/// @flags: virDomainCreateFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCreateWithFiles(
    domain: virDomainPtr,
    nfiles: c_uint,
    files: *mut c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.create_with_files(&descriptors(files, nfiles)?, flags))
}

/// Makes a definition permanent, without starting it. It replaces the one with the same UUID.
///
/// @conn: the connection
/// @xml: the description
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 0.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDefineXML(conn: virConnectPtr, xml: *const c_char) -> virDomainPtr {
    modify(conn, |conn: &Connection| conn.define_domain(text(xml, "xml")?, 0))
}

/// Makes a definition permanent, without starting it. It replaces the one with the same UUID.
///
/// @conn: the connection
/// @xml: the description
/// @flags: virDomainDefineFlags
///
/// Returns a handle that the caller frees with virDomainFree(), or NULL on failure.
///
/// Since: 1.2.12
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDefineXMLFlags(
    conn: virConnectPtr,
    xml: *const c_char,
    flags: c_uint,
) -> virDomainPtr {
    modify(conn, |conn: &Connection| conn.define_domain(text(xml, "xml")?, flags))
}

/// Forgets the definition. A running guest goes on, and is gone once it stops.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainUndefine(domain: virDomainPtr) -> c_int {
    modify(domain, |domain: &Domain| domain.undefine(0))
}

/// Forgets the definition, and what belongs to it as the flags say. Without the flag for it, a saved state, snapshots,
/// checkpoints or firmware variables make it fail.
///
/// @domain: the domain
/// @flags: virDomainUndefineFlagsValues
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainUndefineFlags(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.undefine(flags))
}

/// Pauses the guest: its CPUs stop, its memory stays. virDomainResume() continues it.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSuspend(domain: virDomainPtr) -> c_int {
    modify(domain, |domain: &Domain| domain.suspend())
}

/// Continues a paused guest.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainResume(domain: virDomainPtr) -> c_int {
    modify(domain, |domain: &Domain| domain.resume())
}

/// Has the guest put itself to sleep, which needs the guest agent.
///
/// @dom: the domain
/// @target: how deep, a virNodeSuspendTarget
/// @duration: wake up after so many seconds, 0 not by itself
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virDomainPMSuspendForDuration(
    dom: virDomainPtr,
    target: c_uint,
    duration: c_ulonglong,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| dom.pm_suspend_for_duration(target, duration, flags))
}

/// Wakes a guest that put itself to sleep.
///
/// @dom: the domain
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.11
#[unsafe(no_mangle)]
pub extern "C" fn virDomainPMWakeup(dom: virDomainPtr, flags: c_uint) -> c_int {
    modify(dom, |dom: &Domain| dom.pm_wakeup(flags))
}

/// Asks the guest to shut down. It may take its time, or not do so at all.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainShutdown(domain: virDomainPtr) -> c_int {
    modify(domain, |domain: &Domain| domain.shutdown(0))
}

/// Asks the guest to shut down by the ways that the flags allow. It may take its time, or not do so at all.
///
/// @domain: the domain
/// @flags: virDomainShutdownFlagValues, 0 lets the hypervisor choose
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virDomainShutdownFlags(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.shutdown(flags))
}

/// Asks the guest to reboot. It may take its time, or not do so at all.
///
/// @domain: the domain
/// @flags: virDomainRebootFlagValues, 0 lets the hypervisor choose
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainReboot(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.reboot(flags))
}

/// Resets the machine at once, as its button would: unwritten data is lost.
///
/// @domain: the domain
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainReset(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.reset(flags))
}

/// Stops the guest at once, as pulling the plug would. The handle stays valid; a domain without a definition is gone.
///
/// @domain: the domain
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDestroy(domain: virDomainPtr) -> c_int {
    modify(domain, |domain: &Domain| domain.destroy(0))
}

/// Stops the guest at once, as pulling the plug would. The handle stays valid; a domain without a definition is gone.
///
/// @domain: the domain
/// @flags: virDomainDestroyFlagsValues
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDestroyFlags(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.destroy(flags))
}

/// Sends the guest a non-maskable interrupt.
///
/// @domain: the domain
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainInjectNMI(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.inject_nmi(flags))
}

/// Gives a domain another name. It must be shut off.
///
/// @dom: the domain
/// @new_name: the new name
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.19
#[unsafe(no_mangle)]
pub extern "C" fn virDomainRename(dom: virDomainPtr, new_name: *const c_char, flags: c_uint) -> c_int {
    let arguments = || {
        let name = text(new_name, "new_name")?;
        rules::not_empty(name, "new_name")?;
        Ok(name)
    };
    modify_with(dom, arguments, |dom: &Domain, name| dom.rename(name, flags))
}

/// Tells the state, and why it is so.
///
/// @domain: the domain
/// @state: where the virDomainState goes
/// @reason: where the reason goes, whose meaning depends on the state; may be NULL
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetState(
    domain: virDomainPtr,
    state: *mut c_int,
    reason: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| write_state(state, reason, || domain.state(flags)))
}

/// Tells state, memory, virtual CPUs and CPU time in one go.
///
/// @domain: the domain
/// @info: where they go
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetInfo(domain: virDomainPtr, info: virDomainInfoPtr) -> c_int {
    inspect(domain, |domain: &Domain| write_domain_info(info, || domain.info()))
}

/// Tells how the channel to the hypervisor fares: free, busy with a call and for how long, or broken.
///
/// @domain: the domain
/// @info: where that goes
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetControlInfo(
    domain: virDomainPtr,
    info: virDomainControlInfoPtr,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| write_control_info(info, || domain.control_info(flags)))
}

/// Begins to measure how fast the guest dirties its memory. The result is among the statistics of
/// virDomainListGetStats().
///
/// @domain: the domain
/// @seconds: how long to measure
/// @flags: virDomainDirtyRateCalcFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 7.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainStartDirtyRateCalc(domain: virDomainPtr, seconds: c_int, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.start_dirty_rate_calc(seconds, flags))
}

/// Tells how the memory of a confidential guest is shielded, with the measurement of its launch.
///
/// @domain: the domain
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetLaunchSecurityInfo(
    domain: virDomainPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    modify_with(
        domain,
        || params_out(params, nparams),
        |domain: &Domain, params| params.set(&domain.launch_security_info(flags)?),
    )
}

/// Puts a secret into the memory of a confidential guest that was started paused.
///
/// @domain: the domain
/// @params: the secret, its header and its address
/// @nparams: how many there are
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 8.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetLaunchSecurityState(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    let arguments = || ffi::params(params, nparams);
    modify_with(domain, arguments, |domain: &Domain, params| domain.set_launch_security_state(&params, flags))
}

/// Changes what happens when the guest powers off, reboots or crashes.
///
/// @domain: the domain
/// @type: which of them, a virDomainLifecycle
/// @action: what to do, a virDomainLifecycleAction
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetLifecycleAction(
    domain: virDomainPtr,
    r#type: c_uint,
    action: c_uint,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_lifecycle_action(r#type, action, flags))
}
