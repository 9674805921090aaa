//! `libvirt-domain.h`: memory, scheduling, NUMA, perf events, throttle groups.

use crate::ffi::{
    self, given_params, inspect, modify, params_out, params_room, params_room_required, text, unsigned_long,
    write_scheduler_type,
};
use ferrovirt::Domain;
use ferrovirt_core::abi::{
    VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE, virDomainPtr, virTypedParameterPtr,
};
use std::ffi::{c_char, c_int, c_uint, c_ulong};

/// Tells how much memory the guest may have at most.
///
/// @domain: the domain
///
/// Returns the memory in KiB, or 0 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetMaxMemory(domain: virDomainPtr) -> c_ulong {
    inspect(domain, |domain: &Domain| unsigned_long(domain.max_memory()?))
}

/// Changes how much memory the guest may have at most.
///
/// @domain: the domain
/// @memory: the memory in KiB
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetMaxMemory(domain: virDomainPtr, memory: c_ulong) -> c_int {
    modify(domain, |domain: &Domain| domain.set_max_memory(memory))
}

/// Changes the memory of the running guest, by its balloon.
///
/// @domain: the domain
/// @memory: the memory in KiB
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetMemory(domain: virDomainPtr, memory: c_ulong) -> c_int {
    modify(domain, |domain: &Domain| domain.set_memory(memory))
}

/// Changes the memory that the guest has, or with VIR_DOMAIN_MEM_MAXIMUM may have at most.
///
/// @domain: the domain
/// @memory: the memory in KiB
/// @flags: virDomainMemoryModFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetMemoryFlags(domain: virDomainPtr, memory: c_ulong, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.set_memory_flags(memory, flags))
}

/// Chooses how often the balloon asks the guest for statistics of its memory.
///
/// @domain: the domain
/// @period: the seconds in between, 0 for never
/// @flags: virDomainMemoryModFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.1.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetMemoryStatsPeriod(domain: virDomainPtr, period: c_int, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.set_memory_stats_period(period, flags))
}

/// Tells the limits on memory.
///
/// @domain: the domain
/// @params: the array to fill, NULL if @nparams holds 0
/// @nparams: its size, and then how many there are; with 0, how many there could be
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetMemoryParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| params_room(params, nparams)?.fill(&domain.memory_parameters(flags)?))
}

/// Changes limits on memory.
///
/// @domain: the domain
/// @params: the values to set
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetMemoryParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_memory_parameters(&ffi::params(params, nparams)?, flags))
}

/// Tells from which NUMA nodes the guest has its memory.
///
/// @domain: the domain
/// @params: the array to fill, NULL if @nparams holds 0
/// @nparams: its size, and then how many there are; with 0, how many there could be
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.9
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetNumaParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        let room = params_room(params, nparams)?;
        // How many there are is the same whatever is looked at, even if that is a contradiction.
        let ignored = if room.wants_count() { VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG } else { 0 };
        room.fill(&domain.numa_parameters(flags & !ignored)?)
    })
}

/// Changes from which NUMA nodes the guest has its memory.
///
/// @domain: the domain
/// @params: the values to set
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.9
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetNumaParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_numa_parameters(&ffi::params(params, nparams)?, flags))
}

/// Tells the weights and limits on block devices of the host.
///
/// @domain: the domain
/// @params: the array to fill, NULL if @nparams holds 0
/// @nparams: its size, and then how many there are; with 0, how many there could be
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetBlkioParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| params_room(params, nparams)?.fill(&domain.blkio_parameters(flags)?))
}

/// Changes weights and limits on block devices of the host.
///
/// @domain: the domain
/// @params: the values to set
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetBlkioParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_blkio_parameters(&given_params(params, nparams)?, flags))
}

/// Tells which perf events are counted for the guest.
///
/// @domain: the domain
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.3.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetPerfEvents(
    domain: virDomainPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| params_out(params, nparams)?.set(&domain.perf_events(flags)?))
}

/// Turns the counting of perf events on or off.
///
/// @domain: the domain
/// @params: the values to set
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.3.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetPerfEvents(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_perf_events(&ffi::params(params, nparams)?, flags))
}

/// Tells which scheduler runs the guest, and how many parameters it has.
///
/// @domain: the domain
/// @nparams: where the number goes; may be NULL
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.2.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetSchedulerType(domain: virDomainPtr, nparams: *mut c_int) -> *mut c_char {
    inspect(domain, |domain: &Domain| Ok(write_scheduler_type(nparams, domain.scheduler_type()?)))
}

/// Tells the parameters of the scheduler.
///
/// @domain: the domain
/// @params: the array to fill
/// @nparams: its size, as virDomainGetSchedulerType() tells it, and then how many were stored
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetSchedulerParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        params_room_required(params, nparams)?.fill(&domain.scheduler_parameters()?)
    })
}

/// Tells the parameters of the scheduler.
///
/// @domain: the domain
/// @params: the array to fill
/// @nparams: its size, as virDomainGetSchedulerType() tells it, and then how many were stored
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetSchedulerParametersFlags(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        params_room_required(params, nparams)?.fill(&domain.scheduler_parameters_flags(flags)?)
    })
}

/// Changes parameters of the scheduler.
///
/// @domain: the domain
/// @params: the values to set
/// @nparams: how many there are
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetSchedulerParameters(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_scheduler_parameters(&given_params(params, nparams)?, 0))
}

/// Changes parameters of the scheduler.
///
/// @domain: the domain
/// @params: the values to set
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetSchedulerParametersFlags(
    domain: virDomainPtr,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_scheduler_parameters(&given_params(params, nparams)?, flags))
}

/// Creates a group of disks that share limits, or changes its limits.
///
/// @dom: the domain
/// @group: name of the group
/// @params: the values to set
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 11.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetThrottleGroup(
    dom: virDomainPtr,
    group: *const c_char,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.set_throttle_group(text(group, "group")?, &ffi::params(params, nparams)?, flags)
    })
}

/// Removes a group of disks that share limits, which no disk may use any more.
///
/// @dom: the domain
/// @group: name of the group
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 11.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDelThrottleGroup(dom: virDomainPtr, group: *const c_char, flags: c_uint) -> c_int {
    modify(dom, |dom: &Domain| dom.del_throttle_group(text(group, "group")?, flags))
}
