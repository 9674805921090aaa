//! `libvirt-domain.h`: disks: resizing, reading, block jobs, throttling, disk errors.

use crate::ffi::{
    fill_buffer, fill_disk_errors, fill_disk_params, inspect, modify, opt_params, opt_text, text,
    write_block_info, write_block_job_info,
};
use ferrovirt::Domain;
use ferrovirt_core::abi::{
    virDomainBlockInfoPtr, virDomainBlockJobInfoPtr, virDomainDiskErrorPtr, virDomainPtr,
    virTypedParameterPtr,
};
use std::ffi::{c_char, c_int, c_uint, c_ulong, c_ulonglong, c_void};

/// Changes the size of a disk while the guest runs.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @size: the new size in KiB, or in bytes if the flags say so
/// @flags: virDomainBlockResizeFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.8
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockResize(
    dom: virDomainPtr,
    disk: *const c_char,
    size: c_ulonglong,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| dom.block_resize(text(disk, "disk")?, size, flags))
}

/// Reads from a disk as the host stores it. While the guest runs, what it has not flushed yet is not seen.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @offset: where to begin, in bytes
/// @size: how many bytes to read
/// @buffer: room for them
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockPeek(
    dom: virDomainPtr,
    disk: *const c_char,
    offset: c_ulonglong,
    size: usize,
    buffer: *mut c_void,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        fill_buffer(buffer, size, || dom.block_peek(text(disk, "disk")?, offset, size, flags))
    })
}

/// Reads from the guest's memory.
///
/// @dom: the domain
/// @start: where to begin, as the guest addresses its memory
/// @size: how many bytes to read
/// @buffer: room for them
/// @flags: virDomainMemoryFlags: whether the address is a virtual or a physical one
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.4.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainMemoryPeek(
    dom: virDomainPtr,
    start: c_ulonglong,
    size: usize,
    buffer: *mut c_void,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| fill_buffer(buffer, size, || dom.memory_peek(start, size, flags)))
}

/// Tells how large a disk is, for the guest and on the host.
///
/// @domain: the domain
/// @disk: target name of the disk, or the path of its image
/// @info: where the sizes go
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetBlockInfo(
    domain: virDomainPtr,
    disk: *const c_char,
    info: virDomainBlockInfoPtr,
    flags: c_uint,
) -> c_int {
    inspect(domain, |dom: &Domain| write_block_info(info, || dom.block_info(text(disk, "disk")?, flags)))
}

/// Ends the job on a disk. A copy or an active commit that has caught up can be taken over by the guest instead of
/// being given up.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @flags: virDomainBlockJobAbortFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockJobAbort(dom: virDomainPtr, disk: *const c_char, flags: c_uint) -> c_int {
    modify(dom, |dom: &Domain| dom.block_job_abort(text(disk, "disk")?, flags))
}

/// Tells how far the job on a disk has come.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @info: where the numbers go; all 0 where there is no job
/// @flags: virDomainBlockJobInfoFlags
///
/// Returns 1 where there is a job, 0 where there is none, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetBlockJobInfo(
    dom: virDomainPtr,
    disk: *const c_char,
    info: virDomainBlockJobInfoPtr,
    flags: c_uint,
) -> c_int {
    inspect(dom, |dom: &Domain| write_block_job_info(info, || dom.block_job_info(text(disk, "disk")?, flags)))
}

/// Limits how fast the job on a disk may go.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @bandwidth: the limit in MiB/s, or in bytes/s if the flags say so; 0 for none
/// @flags: virDomainBlockJobSetSpeedFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockJobSetSpeed(
    dom: virDomainPtr,
    disk: *const c_char,
    bandwidth: c_ulong,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| dom.block_job_set_speed(text(disk, "disk")?, bandwidth, flags))
}

/// Starts to copy everything from a disk's backing files into its own image, which then needs them no more.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @bandwidth: (optional) limit in MiB/s, or in bytes/s if the flags say so; 0 for none
/// @flags: virDomainBlockPullFlags
///
/// Returns 0 when the job has started, or -1 on failure.
///
/// Since: 0.9.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockPull(
    dom: virDomainPtr,
    disk: *const c_char,
    bandwidth: c_ulong,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| dom.block_pull(text(disk, "disk")?, bandwidth, flags))
}

/// Starts to copy a part of a disk's backing files into its own image, or with VIR_DOMAIN_BLOCK_REBASE_COPY the
/// disk to another file.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @base: the file to keep as backing file, NULL to keep none; for a copy, where it goes
/// @bandwidth: (optional) limit in MiB/s, or in bytes/s if the flags say so; 0 for none
/// @flags: virDomainBlockRebaseFlags
///
/// Returns 0 when the job has started, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockRebase(
    dom: virDomainPtr,
    disk: *const c_char,
    base: *const c_char,
    bandwidth: c_ulong,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.block_rebase(text(disk, "disk")?, opt_text(base, "base")?, bandwidth, flags)
    })
}

/// Starts to copy a disk to another place and to keep the copy in step, until virDomainBlockJobAbort() ends the job
/// or makes the guest use the copy.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @destxml: description of the destination, as a disk element
/// @params: the parameters, named VIR_DOMAIN_BLOCK_COPY_...; may be NULL where there are none
/// @nparams: how many there are
/// @flags: virDomainBlockCopyFlags
///
/// Returns 0 when the job has started, or -1 on failure.
///
/// Since: 1.2.8
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockCopy(
    dom: virDomainPtr,
    disk: *const c_char,
    destxml: *const c_char,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.block_copy(text(disk, "disk")?, text(destxml, "destxml")?, &opt_params(params, nparams)?, flags)
    })
}

/// Starts to move data from upper files of a disk's chain down into a lower one.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @base: the file to move to, NULL for the lowest of the chain
/// @top: the file to begin at, NULL for the highest of the chain
/// @bandwidth: (optional) limit in MiB/s, or in bytes/s if the flags say so; 0 for none
/// @flags: virDomainBlockCommitFlags
///
/// Returns 0 when the job has started, or -1 on failure.
///
/// Since: 0.10.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainBlockCommit(
    dom: virDomainPtr,
    disk: *const c_char,
    base: *const c_char,
    top: *const c_char,
    bandwidth: c_ulong,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.block_commit(
            text(disk, "disk")?,
            opt_text(base, "base")?,
            opt_text(top, "top")?,
            bandwidth,
            flags,
        )
    })
}

/// Limits the throughput of a disk.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image
/// @params: the parameters, named VIR_DOMAIN_BLOCK_IOTUNE_...
/// @nparams: how many there are
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.8
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetBlockIoTune(
    dom: virDomainPtr,
    disk: *const c_char,
    params: virTypedParameterPtr,
    nparams: c_int,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.set_block_io_tune(text(disk, "disk")?, &opt_params(params, nparams)?, flags)
    })
}

/// Tells the limits on the throughput of a disk.
///
/// @dom: the domain
/// @disk: target name of the disk, or the path of its image; may be NULL where *nparams is 0
/// @params: room for the parameters; may be NULL where *nparams is 0
/// @nparams: how many there is room for, then how many were written; with 0, how many there are
/// @flags: virDomainModificationImpact, one of the two
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.8
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetBlockIoTune(
    dom: virDomainPtr,
    disk: *const c_char,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    inspect(dom, |dom: &Domain| {
        fill_disk_params(disk, params, nparams, |disk| dom.block_io_tune(disk, flags))
    })
}

/// Lists the disks that have stopped the guest or reported errors.
///
/// @dom: the domain
/// @errors: room for the disks, whose names the caller frees; NULL to ask how many there could be
/// @maxerrors: how many there is room for
/// @flags: must be 0
///
/// Returns how many were written, or how many there could be, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetDiskErrors(
    dom: virDomainPtr,
    errors: virDomainDiskErrorPtr,
    maxerrors: c_uint,
    flags: c_uint,
) -> c_int {
    inspect(dom, |dom: &Domain| fill_disk_errors(dom, errors, maxerrors, flags))
}

/// Asks for one event of kind VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD when an image is written beyond a size, so that
/// it can be given room in time.
///
/// @domain: the domain
/// @dev: target name of the disk, with an index in brackets for one of its backing files
/// @threshold: the size in bytes; 0 takes the request back
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 3.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetBlockThreshold(
    domain: virDomainPtr,
    dev: *const c_char,
    threshold: c_ulonglong,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.set_block_threshold(text(dev, "dev")?, threshold, flags))
}
