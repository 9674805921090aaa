//! CPUs and capabilities: what the host has and what guests can get.

use crate::ffi::node::hypervisor_choice;
use crate::ffi::{inspect, modify_with, opt_text, text, text_list_out, text_list_required};
use ferrovirt::Connection;
use ferrovirt_core::abi::virConnectPtr;
use std::ffi::{c_char, c_int, c_uint};

/// The most virtual CPUs that a guest can have.
///
/// @conn: the connection
/// @type: the type of guest, such as kvm; NULL for the driver's default
///
/// Returns the number, or -1 on failure.
///
/// Since: 0.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetMaxVcpus(conn: virConnectPtr, r#type: *const c_char) -> c_int {
    inspect(conn, |conn: &Connection| conn.max_vcpus(opt_text(r#type, "type")?))
}

/// What the host and its hypervisors can do, as XML.
///
/// @conn: the connection
///
/// Returns the text, which the caller frees, or NULL on failure.
///
/// Since: 0.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetCapabilities(conn: virConnectPtr) -> *mut c_char {
    inspect(conn, |conn: &Connection| conn.capabilities())
}

/// Compares a CPU with the host's.
///
/// @conn: the connection
/// @xmlDesc: the CPU's description, as XML
/// @flags: virConnectCompareCPUFlags
///
/// Returns a virCPUCompareResult, which is -1 on failure.
///
/// Since: 0.7.5
#[unsafe(no_mangle)]
pub extern "C" fn virConnectCompareCPU(conn: virConnectPtr, xmlDesc: *const c_char, flags: c_uint) -> c_int {
    inspect(conn, |conn: &Connection| conn.compare_cpu(text(xmlDesc, "xmlDesc")?, flags))
}

/// Compares a CPU with what a hypervisor can give to guests on this host.
///
/// @conn: the connection
/// @emulator: the emulator; NULL for the default
/// @arch: the architecture; NULL for the host's
/// @machine: the machine type; NULL for the default
/// @virttype: the virtualization type, such as kvm; NULL for the best there is
/// @xmlCPU: the CPU's description, as XML
/// @flags: virConnectCompareCPUFlags
///
/// Returns a virCPUCompareResult, which is -1 on failure.
///
/// Since: 4.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectCompareHypervisorCPU(
    conn: virConnectPtr,
    emulator: *const c_char,
    arch: *const c_char,
    machine: *const c_char,
    virttype: *const c_char,
    xmlCPU: *const c_char,
    flags: c_uint,
) -> c_int {
    modify_with(
        conn,
        || text(xmlCPU, "xmlCPU"),
        |conn: &Connection, xml| {
            conn.compare_hypervisor_cpu(hypervisor_choice(emulator, arch, machine, virttype)?, xml, flags)
        },
    )
}

/// Finds the best CPU that all of the described hosts offer.
///
/// @conn: the connection
/// @xmlCPUs: descriptions of the hosts' CPUs, as XML
/// @ncpus: how many there are
/// @flags: virConnectBaselineCPUFlags
///
/// Returns the text, which the caller frees, or NULL on failure.
///
/// Since: 0.7.7
#[unsafe(no_mangle)]
pub extern "C" fn virConnectBaselineCPU(
    conn: virConnectPtr,
    xmlCPUs: *mut *const c_char,
    ncpus: c_uint,
    flags: c_uint,
) -> *mut c_char {
    inspect(conn, |conn: &Connection| {
        conn.baseline_cpu(&text_list_required(xmlCPUs, ncpus, "xmlCPUs")?, flags)
    })
}

/// Finds the best CPU that a hypervisor can give to guests on all of the described hosts.
///
/// @conn: the connection
/// @emulator: the emulator; NULL for the default
/// @arch: the architecture; NULL for the host's
/// @machine: the machine type; NULL for the default
/// @virttype: the virtualization type, such as kvm; NULL for the best there is
/// @xmlCPUs: descriptions of the hosts' CPUs, as XML
/// @ncpus: how many there are
/// @flags: virConnectBaselineCPUFlags
///
/// Returns the text, which the caller frees, or NULL on failure.
///
/// Since: 4.4.0
#[unsafe(no_mangle)]
pub extern "C" fn virConnectBaselineHypervisorCPU(
    conn: virConnectPtr,
    emulator: *const c_char,
    arch: *const c_char,
    machine: *const c_char,
    virttype: *const c_char,
    xmlCPUs: *mut *const c_char,
    ncpus: c_uint,
    flags: c_uint,
) -> *mut c_char {
    let arguments = || text_list_required(xmlCPUs, ncpus, "xmlCPUs");
    modify_with(conn, arguments, |conn: &Connection, xmls| {
        conn.baseline_hypervisor_cpu(hypervisor_choice(emulator, arch, machine, virttype)?, &xmls, flags)
    })
}

/// Lists the CPU models that are known for an architecture.
///
/// @conn: the connection
/// @arch: the architecture
/// @models: where the NULL-terminated array goes that the caller frees, each name and the array itself; NULL to have them only counted
/// @flags: unused so far, 0
///
/// Returns how many there are, 0 if any name is accepted, or -1 on failure.
///
/// Since: 1.1.3
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetCPUModelNames(
    conn: virConnectPtr,
    arch: *const c_char,
    models: *mut *mut *mut c_char,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| {
        text_list_out(models, || conn.cpu_model_names(text(arch, "arch")?, flags))
    })
}
