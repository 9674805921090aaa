//! `libvirt-domain.h`: statistics: CPU, memory, block, interface, and the grouped form.

use crate::ffi::{
    domain_list, fill_cpu_stats, fill_memory_stats, first_domain, free_stats_records, global_beside, inspect,
    list_stats_records, params_room, sized_out, text,
};
use ferrovirt::{Connection, Domain};
use ferrovirt_core::abi::{
    virConnectPtr, virDomainBlockStatsPtr, virDomainInterfaceStatsPtr, virDomainMemoryStatPtr, virDomainPtr,
    virDomainStatsRecordPtr, virTypedParameterPtr,
};
use std::ffi::{c_char, c_int, c_uint};

/// Tells numbers about the memory of the running guest.
///
/// @dom: the domain
/// @stats: the array to fill
/// @nr_stats: its size
/// @flags: none are defined, pass 0
///
/// Returns how many were stored, or -1 on failure.
///
/// Since: 0.7.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMemoryStats(
    dom: virDomainPtr,
    stats: virDomainMemoryStatPtr,
    nr_stats: c_uint,
    flags: c_uint,
) -> c_int {
    inspect(dom, |dom: &Domain| fill_memory_stats(stats, nr_stats, |room| dom.memory_stats(room, flags)))
}

/// Tells what a disk of the running guest has done.
///
/// @dom: the domain
/// @disk: target name or path; empty for all disks together where that is supported
/// @stats: where that goes, -1 for what is not known
/// @size: size of the structure
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.3.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockStats(
    dom: virDomainPtr,
    disk: *const c_char,
    stats: virDomainBlockStatsPtr,
    size: usize,
) -> c_int {
    inspect(dom, |dom: &Domain| {
        let place = sized_out(stats, size, "stats")?;
        place.set(dom.block_stats(text(disk, "disk")?)?)
    })
}

/// Tells what a disk of the running guest has done, with more detail than virDomainBlockStats().
///
/// @dom: the domain
/// @disk: target name or path; empty for all disks together where that is supported
/// @params: the array to fill, NULL if @nparams holds 0
/// @nparams: its size, and then how many there are; with 0, how many there could be
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockStatsFlags(
    dom: virDomainPtr,
    disk: *const c_char,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(dom, |dom: &Domain| {
        let disk = text(disk, "disk")?;
        params_room(params, nparams)?.fill(&dom.block_stats_flags(disk, flags)?)
    })
}

/// Tells what went through an interface of the running guest, as the guest sees it.
///
/// @dom: the domain
/// @device: target name or MAC address
/// @stats: where that goes, -1 for what is not known
/// @size: size of the structure
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.3.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainInterfaceStats(
    dom: virDomainPtr,
    device: *const c_char,
    stats: virDomainInterfaceStatsPtr,
    size: usize,
) -> c_int {
    inspect(dom, |dom: &Domain| {
        let place = sized_out(stats, size, "stats")?;
        place.set(dom.interface_stats(text(device, "device")?)?)
    })
}

/// Tells the CPU time that the running guest has used, in total or of each host CPU. With @params NULL and @nparams 0
/// it tells how many parameters there are; with @ncpus 0 too, how many CPUs the host has.
///
/// @domain: the domain
/// @params: the array to fill: @nparams places for each CPU
/// @nparams: how many places a CPU has
/// @start_cpu: first CPU, or -1 for the total
/// @ncpus: how many CPUs, 1 for the total
/// @flags: virTypedParameterFlags
///
/// Returns how many places of a CPU were filled, or what was asked for, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetCPUStats(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_uint,
    start_cpu: c_int,
    ncpus: c_uint,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        fill_cpu_stats(params, nparams, start_cpu, ncpus, |query| domain.cpu_stats(query, flags))
    })
}

/// Tells statistics of all domains, in groups by the beginning of their names.
///
/// @conn: the connection
/// @stats: virDomainStatsTypes, 0 for all groups that are supported
/// @retStats: where the NULL-terminated array goes that the caller frees with virDomainStatsRecordListFree()
/// @flags: virConnectGetAllDomainStatsFlags
///
/// Returns how many records there are, or -1 on failure.
///
/// Since: 1.2.8
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetAllDomainStats(
    conn: virConnectPtr,
    stats: c_uint,
    retStats: *mut *mut virDomainStatsRecordPtr,
    flags: c_uint,
) -> c_int {
    inspect(conn, |conn: &Connection| list_stats_records(retStats, || conn.all_domain_stats(stats, flags)))
}

/// Tells statistics of some domains, in groups by the beginning of their names.
///
/// @doms: a NULL-terminated array of domains, all on one connection
/// @stats: virDomainStatsTypes, 0 for all groups that are supported
/// @retStats: where the NULL-terminated array goes that the caller frees with virDomainStatsRecordListFree()
/// @flags: virConnectGetAllDomainStatsFlags
///
/// Returns how many records there are, or -1 on failure.
///
/// Since: 1.2.8
#[unsafe(no_mangle)]
pub extern "C" fn virDomainListGetStats(
    doms: *mut virDomainPtr,
    stats: c_uint,
    retStats: *mut *mut virDomainStatsRecordPtr,
    flags: c_uint,
) -> c_int {
    global_beside::<Domain, _, _>(first_domain(doms), || {
        let doms = domain_list(doms, "virDomainListGetStats")?;
        list_stats_records(retStats, || Domain::list_stats(&doms, stats, flags))
    })
}

/// Frees an array of statistics, with what is in it.
///
/// @stats: the array; NULL is fine
///
/// Since: 1.2.8
#[unsafe(no_mangle)]
pub extern "C" fn virDomainStatsRecordListFree(stats: *mut virDomainStatsRecordPtr) {
    free_stats_records(stats);
}
