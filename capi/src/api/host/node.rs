//! The host as a machine: its CPUs, its sleep, its security driver.

use crate::ffi::node::{c_node_info, c_security_model, stats_room, store_cpu_map};
use crate::ffi::{inspect, modify, modify_with, params_out, params_wanted, store};
use ferrovirt::Connection;
use ferrovirt_core::abi::{
    virConnectPtr, virNodeCPUStatsPtr, virNodeInfoPtr, virSecurityModelPtr, virTypedParameterPtr,
};
use std::ffi::{c_int, c_uchar, c_uint, c_ulonglong};

/// What the host is made of: memory, CPUs and how they are arranged.
///
/// @conn: the connection
/// @info: where it goes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetInfo(conn: virConnectPtr, info: virNodeInfoPtr) -> c_int {
    inspect(conn, |conn: &Connection| store(info, "info", || Ok(c_node_info(&conn.node_info()?))))
}

/// How the host's CPUs spent their time.
///
/// @conn: the connection
/// @cpuNum: the CPU, or VIR_NODE_CPU_STATS_ALL_CPUS
/// @params: where the statistics go; NULL to have them only counted
/// @nparams: how many there is room for, which must be as many as there are; 0 to be told
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetCPUStats(
    conn: virConnectPtr,
    cpuNum: c_int,
    params: virNodeCPUStatsPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| stats_room(params, nparams)?.fill(&conn.node_cpu_stats(cpuNum, flags)?))
}

/// Tells which of the host's CPUs are online.
///
/// @conn: the connection
/// @cpumap: (optional) where a map goes that the caller frees, a bit for each CPU; may be NULL
/// @online: (optional) where the number of CPUs goes that are online; may be NULL
/// @flags: unused so far, 0
///
/// Returns how many CPUs there are, or -1 on failure.
///
/// Since: 1.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetCPUMap(
    conn: virConnectPtr,
    cpumap: *mut *mut c_uchar,
    online: *mut c_uint,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| Ok(store_cpu_map(&conn.node_cpu_map(flags)?, cpumap, online)))
}

/// Puts the host to sleep for a while. The connection may not survive it.
///
/// @conn: the connection
/// @target: how deep, a virNodeSuspendTarget
/// @duration: for how many seconds, 60 or more
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.8
#[unsafe(no_mangle)]
pub extern "C" fn virNodeSuspendForDuration(
    conn: virConnectPtr,
    target: c_uint,
    duration: c_ulonglong,
    flags: c_uint,
) -> c_int {
    modify(conn, |conn: &Connection| conn.node_suspend_for_duration(target, duration, flags))
}

/// The first security driver of the host; empty texts if there is none.
///
/// @conn: the connection
/// @secmodel: where it goes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.1
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetSecurityModel(conn: virConnectPtr, secmodel: virSecurityModelPtr) -> c_int {
    inspect(conn, |conn: &Connection| {
        store(secmodel, "secmodel", || Ok(c_security_model(&conn.node_security_model()?)))
    })
}

/// What the host's memory encryption (AMD SEV) can do.
///
/// @conn: the connection
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 4.5.0
#[unsafe(no_mangle)]
pub extern "C" fn virNodeGetSEVInfo(
    conn: virConnectPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    modify_with(
        conn,
        || params_wanted(nparams),
        |conn: &Connection, ()| {
            let info = conn.node_sev_info(flags)?;
            params_out(params, nparams)?.set(&info)
        },
    )
}
