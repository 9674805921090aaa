//! What is told of disks and jobs in fixed structures, and bytes read into the caller's buffer, in C's form.

use super::args::{out, text};
use super::domain_values::unsigned_long;
use super::returns::malloc_string;
use super::typed_params::params_room;
use ferrovirt::driver::{BlockInfo, BlockJobInfo, JobInfo, JobStats};
use ferrovirt::{Domain, Error, Result, TypedParams};
use ferrovirt_core::abi::{
    virDomainBlockInfo, virDomainBlockInfoPtr, virDomainBlockJobInfo, virDomainBlockJobInfoPtr,
    virDomainDiskError, virDomainDiskErrorPtr, virDomainJobInfo, virDomainJobInfoPtr, virTypedParameterPtr,
};
use std::ffi::{c_char, c_int, c_uint, c_void};

/// Writes what `info` finds out; all is 0 where that fails.
pub fn write_block_info(
    place: virDomainBlockInfoPtr,
    info: impl FnOnce() -> Result<BlockInfo>,
) -> Result<()> {
    let place = out(place, "info")?;
    place.set(virDomainBlockInfo::default());
    let BlockInfo { capacity, allocation, physical } = info()?;
    place.set(virDomainBlockInfo { capacity, allocation, physical });
    Ok(())
}

/// Writes how far a block job has come; whether there is one comes back. All is 0 where there is none.
pub fn write_block_job_info(
    place: virDomainBlockJobInfoPtr,
    info: impl FnOnce() -> Result<Option<BlockJobInfo>>,
) -> Result<bool> {
    let place = out(place, "info")?;
    place.set(virDomainBlockJobInfo::default());
    let Some(info) = info()? else { return Ok(false) };
    place.set(virDomainBlockJobInfo {
        r#type: info.kind,
        bandwidth: unsigned_long(info.bandwidth)?,
        cur: info.current,
        end: info.end,
    });
    Ok(true)
}

/// Writes how far a domain's job has come; all is 0 where that can't be found out.
pub fn write_job_info(place: virDomainJobInfoPtr, info: impl FnOnce() -> Result<JobInfo>) -> Result<()> {
    let place = out(place, "info")?;
    place.set(virDomainJobInfo::default());
    let info = info()?;
    place.set(virDomainJobInfo {
        r#type: info.kind,
        timeElapsed: info.time_elapsed,
        timeRemaining: info.time_remaining,
        dataTotal: info.data.total,
        dataProcessed: info.data.processed,
        dataRemaining: info.data.remaining,
        memTotal: info.memory.total,
        memProcessed: info.memory.processed,
        memRemaining: info.memory.remaining,
        fileTotal: info.files.total,
        fileProcessed: info.files.processed,
        fileRemaining: info.files.remaining,
    });
    Ok(())
}

/// Writes the kind of a job, and hands on its parameters.
pub fn write_job_kind(place: *mut c_int, stats: impl FnOnce() -> Result<JobStats>) -> Result<JobStats> {
    let place = out(place, "type")?;
    let stats = stats()?;
    place.set(stats.kind);
    Ok(stats)
}

/// Fills the caller's array with the disks that are in trouble; without an array, how many there could be comes back.
pub fn fill_disk_errors(
    domain: &Domain,
    start: virDomainDiskErrorPtr,
    places: c_uint,
    flags: u32,
) -> Result<usize> {
    if start.is_null() {
        if places > 0 {
            return Err(Error::invalid_arg(format!("errors must not be NULL when it has {places} places")));
        }
        return domain.num_of_disk_errors(flags);
    }
    let errors = domain.disk_errors(flags)?;
    let fitting = errors.iter().take(places as usize);
    for (index, error) in fitting.clone().enumerate() {
        let value = virDomainDiskError { disk: malloc_string(&error.disk), error: error.error };
        // SAFETY: not NULL, `index` is below `places`, and the API promises room for so many.
        unsafe { start.add(index).write(value) };
    }
    Ok(fitting.len())
}

/// Fills the caller's array with a disk's parameters. Only who asks how many there are need not name a disk.
pub fn fill_disk_params(
    disk: *const c_char,
    params: virTypedParameterPtr,
    nparams: *mut c_int,
    read: impl FnOnce(Option<&str>) -> Result<TypedParams>,
) -> Result<()> {
    let room = params_room(params, nparams)?;
    // How many there are does not depend on the disk, which may even be missing.
    let disk = if room.wants_count() { None } else { Some(text(disk, "disk")?) };
    room.fill(&read(disk)?)
}

/// Reads `size` bytes into the caller's buffer, which may be NULL only for none.
pub fn fill_buffer(buffer: *mut c_void, size: usize, read: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
    if buffer.is_null() && size > 0 {
        return Err(Error::invalid_arg(format!("buffer must not be NULL for {size} bytes")));
    }
    let data = read()?;
    assert_eq!(data.len(), size, "the face answers with as many bytes as were asked for");
    if size > 0 {
        // SAFETY: not NULL, and the API promises room for `size` bytes; a fresh vector does not overlap it.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), buffer.cast::<u8>(), size) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt::driver::JobProgress;
    use ferrovirt_core::abi::virTypedParameter;
    use std::ptr;

    #[test]
    fn a_block_job_that_is_none_leaves_zeros() {
        let mut place = virDomainBlockJobInfo { r#type: 3, ..virDomainBlockJobInfo::default() };
        assert!(!write_block_job_info(&mut place, || Ok(None)).unwrap());
        assert_eq!(place, virDomainBlockJobInfo::default());
        let info = BlockJobInfo { kind: 2, bandwidth: 5, current: 6, end: 7 };
        assert!(write_block_job_info(&mut place, || Ok(Some(info))).unwrap());
        assert_eq!((place.r#type, place.bandwidth, place.cur, place.end), (2, 5, 6, 7));
    }

    #[test]
    fn each_number_of_a_job_has_its_place() {
        let part = |n| JobProgress { total: n, processed: n + 1, remaining: n + 2 };
        let info = JobInfo {
            kind: 1,
            time_elapsed: 2,
            time_remaining: 3,
            data: part(10),
            memory: part(20),
            files: part(30),
        };
        let mut place = virDomainJobInfo::default();
        write_job_info(&mut place, || Ok(info)).unwrap();
        assert_eq!((place.r#type, place.timeElapsed, place.timeRemaining), (1, 2, 3));
        assert_eq!((place.dataTotal, place.dataProcessed, place.dataRemaining), (10, 11, 12));
        assert_eq!((place.memTotal, place.memProcessed, place.memRemaining), (20, 21, 22));
        assert_eq!((place.fileTotal, place.fileProcessed, place.fileRemaining), (30, 31, 32));
        assert!(write_job_info(&mut place, || Err(Error::internal("no"))).is_err());
        assert_eq!(place.dataTotal, 0);
    }

    #[test]
    fn only_the_question_how_many_needs_no_disk() {
        let mut count = 0;
        let mut values = TypedParams::new();
        values.add("read_iops_sec", 5u64);
        let read = |disk: Option<&str>| {
            assert_eq!(disk, None);
            Ok(values)
        };
        fill_disk_params(ptr::null(), ptr::null_mut(), &mut count, read).unwrap();
        assert_eq!(count, 1);
        let mut place = [virTypedParameter::default()];
        let refused =
            fill_disk_params(ptr::null(), place.as_mut_ptr(), &mut count, |_| Ok(TypedParams::new()));
        assert!(refused.is_err());
    }

    #[test]
    fn a_buffer_is_filled_and_may_be_missing_only_for_nothing() {
        let mut buffer = [0u8; 3];
        fill_buffer(buffer.as_mut_ptr().cast(), 2, || Ok(vec![7, 8])).unwrap();
        assert_eq!(buffer, [7, 8, 0]);
        fill_buffer(ptr::null_mut(), 0, || Ok(vec![])).unwrap();
        assert!(fill_buffer(ptr::null_mut(), 1, || Ok(vec![1])).is_err());
    }
}
