//! `libvirt-domain.h`: virtual CPUs, pinning, I/O threads.

use crate::ffi::{
    self, cpu_map, cpu_maps_room, free_io_thread, inspect, list_io_threads, modify, params_out, text,
    vcpus_room,
};
use ferrovirt::Domain;
use ferrovirt_core::abi::{virDomainIOThreadInfoPtr, virDomainPtr, virTypedParameterPtr, virVcpuInfoPtr};
use std::ffi::{c_char, c_int, c_uchar, c_uint};

/// Changes how many virtual CPUs the running guest has.
///
/// @domain: the domain
/// @nvcpus: how many
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetVcpus(domain: virDomainPtr, nvcpus: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.set_vcpus(nvcpus))
}

/// Changes how many virtual CPUs the guest has, or with VIR_DOMAIN_VCPU_MAXIMUM may have at most.
///
/// @domain: the domain
/// @nvcpus: how many
/// @flags: virDomainVcpuFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetVcpusFlags(domain: virDomainPtr, nvcpus: c_uint, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.set_vcpus_flags(nvcpus, flags))
}

/// Tells how many virtual CPUs the guest has, or with VIR_DOMAIN_VCPU_MAXIMUM may have at most. To ask the guest itself
/// (VIR_DOMAIN_VCPU_GUEST) needs a writable connection.
///
/// @domain: the domain
/// @flags: virDomainVcpuFlags
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.8.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetVcpusFlags(domain: virDomainPtr, flags: c_uint) -> c_int {
    inspect(domain, |domain: &Domain| Ok(domain.vcpus_flags(flags)? as usize))
}

/// Tells how many virtual CPUs the running guest may have.
///
/// @domain: the domain
///
/// Returns how many there may be, or -1 on failure.
///
/// Since: 0.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetMaxVcpus(domain: virDomainPtr) -> c_int {
    inspect(domain, |domain: &Domain| Ok(domain.max_vcpus()? as usize))
}

/// Turns some virtual CPUs on or off.
///
/// @domain: the domain
/// @vcpumap: which ones, such as 1-3,5
/// @state: 1 for on, 0 for off
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetVcpu(
    domain: virDomainPtr,
    vcpumap: *const c_char,
    state: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_vcpu(text(vcpumap, "vcpumap")?, state != 0, flags))
}

/// Tells what the virtual CPUs of the running guest do, and on which host CPUs they may run.
///
/// @domain: the domain
/// @info: the array to fill
/// @maxinfo: its size
/// @cpumaps: room for @maxinfo maps of @maplen bytes each; may be NULL
/// @maplen: how many bytes a map has, 0 without @cpumaps
///
/// Returns how many were stored, or -1 on failure.
///
/// Since: 0.1.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetVcpus(
    domain: virDomainPtr,
    info: virVcpuInfoPtr,
    maxinfo: c_int,
    cpumaps: *mut c_uchar,
    maplen: c_int,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        let room = vcpus_room(info, maxinfo, cpumaps, maplen)?;
        Ok(room.fill(&domain.vcpus(room.places())?))
    })
}

/// Says on which host CPUs a virtual CPU of the running guest may run.
///
/// @domain: the domain
/// @vcpu: its number
/// @cpumap: the host CPUs, one bit each, the lowest of the first byte for CPU 0
/// @maplen: how many bytes @cpumap has
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.1.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainPinVcpu(
    domain: virDomainPtr,
    vcpu: c_uint,
    cpumap: *mut c_uchar,
    maplen: c_int,
) -> c_int {
    modify(domain, |domain: &Domain| domain.pin_vcpu(vcpu, &cpu_map(cpumap, maplen)?))
}

/// Says on which host CPUs a virtual CPU may run.
///
/// @domain: the domain
/// @vcpu: its number
/// @cpumap: the host CPUs, one bit each, the lowest of the first byte for CPU 0
/// @maplen: how many bytes @cpumap has
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainPinVcpuFlags(
    domain: virDomainPtr,
    vcpu: c_uint,
    cpumap: *mut c_uchar,
    maplen: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.pin_vcpu_flags(vcpu, &cpu_map(cpumap, maplen)?, flags))
}

/// Tells on which host CPUs the virtual CPUs may run.
///
/// @domain: the domain
/// @ncpumaps: how many maps there is room for
/// @cpumaps: that room, @ncpumaps times @maplen bytes
/// @maplen: how many bytes a map has
/// @flags: virDomainModificationImpact
///
/// Returns how many maps were stored, or -1 on failure.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetVcpuPinInfo(
    domain: virDomainPtr,
    ncpumaps: c_int,
    cpumaps: *mut c_uchar,
    maplen: c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        let room = cpu_maps_room(cpumaps, ncpumaps, maplen)?;
        Ok(room.fill(&domain.vcpu_pin_info(room.places(), flags)?))
    })
}

/// Says on which host CPUs the emulator's own threads may run.
///
/// @domain: the domain
/// @cpumap: the host CPUs, one bit each, the lowest of the first byte for CPU 0
/// @maplen: how many bytes @cpumap has
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainPinEmulator(
    domain: virDomainPtr,
    cpumap: *mut c_uchar,
    maplen: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.pin_emulator(&cpu_map(cpumap, maplen)?, flags))
}

/// Tells on which host CPUs the emulator's own threads may run.
///
/// @domain: the domain
/// @cpumap: room for a map
/// @maplen: how many bytes it has
/// @flags: virDomainModificationImpact
///
/// Returns 1 if a map was stored, 0 if there is none, -1 on failure.
///
/// Since: 0.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetEmulatorPinInfo(
    domain: virDomainPtr,
    cpumap: *mut c_uchar,
    maplen: c_int,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        let room = cpu_maps_room(cpumap, 1, maplen)?;
        Ok(room.fill(&domain.emulator_pin_info(flags)?))
    })
}

/// Asks the guest agent which virtual CPUs the guest has, which are on, and which can be turned off.
///
/// @domain: the domain
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetGuestVcpus(
    domain: virDomainPtr,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_uint,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| params_out(params, nparams.cast())?.set(&domain.guest_vcpus(flags)?))
}

/// Has the guest agent turn virtual CPUs on or off.
///
/// @domain: the domain
/// @cpumap: which ones, such as 1-3,5
/// @state: 1 for on, 0 for off
/// @flags: none are defined, pass 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetGuestVcpus(
    domain: virDomainPtr,
    cpumap: *const c_char,
    state: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.set_guest_vcpus(text(cpumap, "cpumap")?, state != 0, flags))
}

/// Lists the I/O threads and the host CPUs that they may run on.
///
/// @dom: the domain
/// @info: where the NULL-terminated array goes that the caller frees, each with virDomainIOThreadInfoFree(), then the array
/// @flags: virDomainModificationImpact
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 1.2.14
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetIOThreadInfo(
    dom: virDomainPtr,
    info: *mut *mut virDomainIOThreadInfoPtr,
    flags: c_uint,
) -> c_int {
    inspect(dom, |dom: &Domain| list_io_threads(info, || dom.io_thread_info(flags)))
}

/// Frees what virDomainGetIOThreadInfo() told of one thread.
///
/// @info: it; NULL is fine
///
/// Since: 1.2.14
#[unsafe(no_mangle)]
pub extern "C" fn virDomainIOThreadInfoFree(info: virDomainIOThreadInfoPtr) {
    free_io_thread(info);
}

/// Says on which host CPUs an I/O thread may run.
///
/// @domain: the domain
/// @iothread_id: its id
/// @cpumap: the host CPUs, one bit each, the lowest of the first byte for CPU 0
/// @maplen: how many bytes @cpumap has
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.14
#[unsafe(no_mangle)]
pub extern "C" fn virDomainPinIOThread(
    domain: virDomainPtr,
    iothread_id: c_uint,
    cpumap: *mut c_uchar,
    maplen: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| domain.pin_io_thread(iothread_id, &cpu_map(cpumap, maplen)?, flags))
}

/// Adds an I/O thread.
///
/// @domain: the domain
/// @iothread_id: its id, which no other may have
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.15
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAddIOThread(domain: virDomainPtr, iothread_id: c_uint, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.add_io_thread(iothread_id, flags))
}

/// Removes an I/O thread, which no disk may use any more.
///
/// @domain: the domain
/// @iothread_id: its id
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.15
#[unsafe(no_mangle)]
pub extern "C" fn virDomainDelIOThread(domain: virDomainPtr, iothread_id: c_uint, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.del_io_thread(iothread_id, flags))
}

/// Changes how an I/O thread of the running guest polls, and how many workers it has.
///
/// @domain: the domain
/// @iothread_id: its id
/// @params: the values to set
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 4.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetIOThreadParams(
    domain: virDomainPtr,
    iothread_id: c_uint,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| {
        domain.set_io_thread_params(iothread_id, &ffi::params(params, nparams)?, flags)
    })
}
