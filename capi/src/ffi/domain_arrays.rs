//! Arrays that domain calls take and fill: domains, descriptors, memory and CPU statistics, I/O threads, records.

use super::args::bounded;
use super::handle::{Handle, release, retain};
use super::strings::{copy_into, room};
use super::typed_params::{HeapParams, clear, fill_grid, opt_params};
use ferrovirt::driver::{CpuStats, CpuStatsQuery, IoThreadInfo, MemoryStat, SecurityLabel};
use ferrovirt::{Domain, Error, Result, TypedParams, cpu_stats_query};
use ferrovirt_core::abi::{
    VIR_DOMAIN_MEMORY_STAT_NR, virDomainIOThreadInfo, virDomainIOThreadInfoPtr, virDomainMemoryStatPtr,
    virDomainMemoryStatStruct, virDomainPtr, virDomainStatsRecord, virDomainStatsRecordPtr, virSecurityLabel,
    virSecurityLabelPtr, virTypedParameterPtr,
};
use std::ffi::{c_int, c_uint};
use std::os::fd::{BorrowedFd, RawFd};
use std::ptr;

/// Zeroed room in C's heap for `count` values, at least one.
pub(super) fn heap_room<T>(count: usize) -> *mut T {
    // SAFETY: `calloc` returns NULL or zeroed room.
    let room = unsafe { libc::calloc(count.max(1), size_of::<T>()) }.cast::<T>();
    assert!(!room.is_null(), "out of memory for {count} values");
    room
}

/// A NULL-terminated array of pointers in C's heap.
pub(super) fn pointer_array<T>(pointers: impl ExactSizeIterator<Item = *mut T>) -> *mut *mut T {
    let array = heap_room::<*mut T>(pointers.len() + 1);
    for (index, pointer) in pointers.enumerate() {
        // SAFETY: `index` is below the places that were allocated; the last one stays NULL.
        unsafe { array.add(index).write(pointer) };
    }
    array
}

/// Checks the place for an array and empties it, so that the caller may free what is there after a failure.
pub(super) fn array_place<T>(place: *mut *mut T, name: &str) -> Result<super::args::Out<*mut T>> {
    let place = super::args::out(place, name)?;
    place.set(ptr::null_mut());
    Ok(place)
}

/// A NULL-terminated array of domains that the caller passes in; `function` is the entry point that got it.
pub fn domain_list(domains: *const virDomainPtr, function: &str) -> Result<Vec<Domain>> {
    if domains.is_null() {
        return Err(Error::invalid_arg("doms must not be NULL"));
    }
    // SAFETY: not NULL (checked above), and the API promises a NULL-terminated array.
    let pointers = (0..).map(|index| unsafe { *domains.add(index) }).take_while(|pointer| !pointer.is_null());
    pointers.map(|pointer| Domain::checked(pointer, function)).collect()
}

/// The first of such domains; NULL where there is none.
pub fn first_domain(domains: *const virDomainPtr) -> virDomainPtr {
    // SAFETY: not NULL, and the API promises an array with at least the NULL at its end.
    if domains.is_null() { ptr::null_mut() } else { unsafe { *domains } }
}

/// Parameters that may be none, in an array that must be there.
pub fn given_params(params: virTypedParameterPtr, nparams: c_int) -> Result<TypedParams> {
    if params.is_null() {
        return Err(Error::invalid_arg("params must not be NULL"));
    }
    opt_params(params, nparams)
}

/// Descriptors that the caller passes in, still the caller's; NULL is none.
pub fn descriptors<'a>(files: *const c_int, count: c_uint) -> Result<Vec<BorrowedFd<'a>>> {
    if files.is_null() {
        return Ok(Vec::new());
    }
    bounded(count as usize, "files")?;
    // SAFETY: not NULL where there is an index, and the API promises that many descriptors.
    (0..count as usize).map(|index| descriptor(unsafe { *files.add(index) })).collect()
}

fn descriptor<'a>(fd: RawFd) -> Result<BorrowedFd<'a>> {
    if fd < 0 {
        return Err(Error::invalid_arg(format!("files must hold open descriptors, there is {fd}")));
    }
    // SAFETY: not -1 (checked above), and the API promises that it stays open for the call.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Fills the caller's array; without one, nothing is asked and the count is 0.
pub fn fill_memory_stats(
    start: virDomainMemoryStatPtr,
    places: c_uint,
    stats: impl FnOnce(usize) -> Result<Vec<MemoryStat>>,
) -> Result<c_int> {
    if start.is_null() || places == 0 {
        return Ok(0);
    }
    let room = room(start, places.min(VIR_DOMAIN_MEMORY_STAT_NR) as c_int, "stats")?;
    let in_c = |stat: MemoryStat| virDomainMemoryStatStruct { tag: stat.tag, val: stat.value };
    Ok(room.fill(stats(room.places())?.into_iter().map(in_c)))
}

/// More places than anybody makes room for.
const MOST_PLACES: usize = 1 << 16;

/// Fills the caller's grid of `nparams` places for each CPU, or answers how many there would be.
pub fn fill_cpu_stats(
    start: virTypedParameterPtr,
    nparams: c_uint,
    start_cpu: c_int,
    ncpus: c_uint,
    stats: impl FnOnce(CpuStatsQuery) -> Result<CpuStats>,
) -> Result<usize> {
    if start.is_null() != (nparams == 0) {
        let wanted = if nparams == 0 { "be NULL" } else { "not be NULL" };
        return Err(Error::invalid_arg(format!("params must {wanted} where nparams is {nparams}")));
    }
    let query = cpu_stats_query(nparams, start_cpu, ncpus)?;
    let mut stats = stats(query)?;
    if let CpuStatsQuery::Values { .. } = query {
        let (width, rows) = (nparams as usize, ncpus as usize);
        // CPUs that the host does not have leave their places empty. Nobody has an array for more than this; who says
        // so means as many as there are.
        let believable = rows.saturating_mul(width) <= MOST_PLACES;
        if believable {
            stats.cpus.resize(rows, TypedParams::new());
        } else if stats.cpus.len() > 1 {
            bounded(width, "params")?;
        }
        fill_grid(start, width, &stats.cpus, believable)?;
        return Ok(stats.cpus.iter().map(|cpu| cpu.len().min(width)).max().unwrap_or(0));
    }
    Ok(stats.count as usize)
}

/// Stores an array of I/O threads where the caller wants it; the count comes back.
pub fn list_io_threads(
    place: *mut *mut virDomainIOThreadInfoPtr,
    threads: impl FnOnce() -> Result<Vec<IoThreadInfo>>,
) -> Result<usize> {
    let place = array_place(place, "info")?;
    let threads = threads()?;
    place.set(pointer_array(threads.iter().map(heap_io_thread)));
    Ok(threads.len())
}

fn heap_io_thread(thread: &IoThreadInfo) -> virDomainIOThreadInfoPtr {
    let bytes = thread.affinity.as_bytes();
    let cpumap = heap_room::<u8>(bytes.len());
    // SAFETY: fresh room for at least so many bytes.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), cpumap, bytes.len()) };
    let cpumaplen = c_int::try_from(bytes.len()).expect("a map of host CPUs fits a C int");
    let copy: virDomainIOThreadInfoPtr = heap_room(1);
    // SAFETY: fresh room for one.
    unsafe { copy.write(virDomainIOThreadInfo { iothread_id: thread.id, cpumap, cpumaplen }) };
    copy
}

/// Frees what `list_io_threads` made of one thread; NULL is fine.
pub fn free_io_thread(thread: virDomainIOThreadInfoPtr) {
    if thread.is_null() {
        return;
    }
    // SAFETY: not NULL (checked above), and the API promises that `list_io_threads` made it and nobody has freed it.
    unsafe {
        libc::free((*thread).cpumap.cast());
        libc::free(thread.cast());
    }
}

/// Writes a security label.
pub fn write_security_label(
    place: virSecurityLabelPtr,
    label: impl FnOnce() -> Result<SecurityLabel>,
) -> Result<()> {
    let place = super::args::out(place, "seclabel")?;
    place.set(label_in_c(&label()?));
    Ok(())
}

/// Stores an array of labels, one after the other, where the caller wants it; the count comes back.
/// It is NULL where there are none.
pub fn list_security_labels(
    place: *mut virSecurityLabelPtr,
    labels: impl FnOnce() -> Result<Vec<SecurityLabel>>,
) -> Result<usize> {
    let place = array_place(place, "seclabels")?;
    let labels = labels()?;
    if !labels.is_empty() {
        let array = heap_room::<virSecurityLabel>(labels.len());
        for (index, label) in labels.iter().enumerate() {
            // SAFETY: `index` is below the places that were allocated.
            unsafe { array.add(index).write(label_in_c(label)) };
        }
        place.set(array);
    }
    Ok(labels.len())
}

fn label_in_c(label: &SecurityLabel) -> virSecurityLabel {
    let mut in_c = virSecurityLabel { enforcing: label.enforcing.into(), ..virSecurityLabel::default() };
    copy_into(&mut in_c.label, &label.label);
    in_c
}

/// Stores an array of statistics where the caller wants it; the count comes back.
pub fn list_stats_records(
    place: *mut *mut virDomainStatsRecordPtr,
    records: impl FnOnce() -> Result<Vec<(Domain, TypedParams)>>,
) -> Result<usize> {
    let place = array_place(place, "retStats")?;
    let records = records()?;
    // Whatever can fail comes first, and frees itself; and each record is given back before the next needs room.
    let in_c =
        records.into_iter().map(|(domain, params)| HeapParams::new(&params).map(|params| (domain, params)));
    let in_c: Vec<_> = in_c.collect::<Result<_>>()?;
    let count = in_c.len();
    place.set(pointer_array(in_c.into_iter().map(|(domain, params)| heap_record(&domain, params))));
    Ok(count)
}

fn heap_record(domain: &Domain, params: HeapParams) -> virDomainStatsRecordPtr {
    let (params, nparams) = params.into_raw();
    let copy: virDomainStatsRecordPtr = heap_room(1);
    // SAFETY: fresh room for one.
    unsafe { copy.write(virDomainStatsRecord { dom: retain(domain), params, nparams }) };
    copy
}

/// Frees an array that `list_stats_records` made, with the domains' counts; NULL is fine.
pub fn free_stats_records(records: *mut virDomainStatsRecordPtr) {
    if records.is_null() {
        return;
    }
    // SAFETY: not NULL (checked above), and the API promises a NULL-terminated array of ours.
    let pointers = (0..).map(|index| unsafe { *records.add(index) }).take_while(|pointer| !pointer.is_null());
    pointers.for_each(free_record);
    // SAFETY: from `calloc`, freed once.
    unsafe { libc::free(records.cast()) };
}

fn free_record(record: virDomainStatsRecordPtr) {
    // SAFETY: one of ours that nobody has freed, as the API promises.
    let value = unsafe { record.read() };
    release::<Domain>(value.dom);
    clear(value.params, usize::try_from(value.nparams).unwrap_or(0));
    // SAFETY: both are NULL or in C's heap, and freed once.
    unsafe {
        libc::free(value.params.cast());
        libc::free(record.cast());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt::driver::CpuMap;
    use ferrovirt_core::abi::virTypedParameter;

    #[test]
    fn io_threads_go_out_with_their_maps_and_are_freed() {
        let affinity: CpuMap = [1, 8].into_iter().collect();
        let mut place = ptr::null_mut();
        let threads = vec![IoThreadInfo { id: 4, affinity }];
        assert_eq!(list_io_threads(&mut place, || Ok(threads)).unwrap(), 1);
        // SAFETY: one thread and the final NULL were stored.
        let (first, end) = unsafe { (*place, *place.add(1)) };
        assert!(end.is_null());
        // SAFETY: a thread that was just made, with a map of two bytes.
        let (thread, map) = unsafe { (*first, [*(*first).cpumap, *(*first).cpumap.add(1)]) };
        assert_eq!((thread.iothread_id, thread.cpumaplen, map), (4, 2, [0b10, 0b1]));
        free_io_thread(first);
        // SAFETY: from `calloc`, freed once.
        unsafe { libc::free(place.cast()) };
    }

    #[test]
    fn labels_come_one_after_the_other_or_not_at_all() {
        let label = |text: &str| SecurityLabel { label: text.into(), enforcing: true };
        let mut place = ptr::null_mut();
        assert_eq!(list_security_labels(&mut place, || Ok(vec![label("a"), label("b")])).unwrap(), 2);
        // SAFETY: two labels were stored.
        let second = unsafe { *place.add(1) };
        assert_eq!((second.label[0] as u8, second.label[1], second.enforcing), (b'b', 0, 1));
        // SAFETY: from `calloc`, freed once.
        unsafe { libc::free(place.cast()) };
        assert_eq!(list_security_labels(&mut place, || Ok(Vec::new())).unwrap(), 0);
        assert!(place.is_null());
    }

    #[test]
    fn memory_stats_without_room_ask_nobody() {
        let asked = |_| panic!("nobody is to be asked");
        assert_eq!(fill_memory_stats(ptr::null_mut(), 5, asked).unwrap(), 0);
        let mut place = [virDomainMemoryStatStruct::default(); 2];
        assert_eq!(fill_memory_stats(place.as_mut_ptr(), 0, asked).unwrap(), 0);
        let stat = |tag| MemoryStat { tag, value: 1 };
        let filled = fill_memory_stats(place.as_mut_ptr(), 2, |_| Ok(vec![stat(3), stat(4), stat(5)]));
        assert_eq!(filled.unwrap(), 2);
        assert_eq!(place.map(|stat| stat.tag), [3, 4]);
    }

    #[test]
    fn cpus_that_the_host_lacks_leave_their_places_empty() {
        let mut cpu = TypedParams::new();
        cpu.add("cpu_time", 7u64);
        let mut grid = [virTypedParameter { r#type: 9, ..virTypedParameter::default() }; 4];
        let stats = CpuStats { count: 0, cpus: vec![cpu] };
        assert_eq!(fill_cpu_stats(grid.as_mut_ptr(), 2, 0, 2, |_| Ok(stats)).unwrap(), 1);
        assert_eq!(grid.map(|param| param.r#type), [4, 0, 0, 0]);
    }

    #[test]
    fn cpu_stats_without_places_answer_the_count() {
        let count = |query| {
            assert_eq!(query, CpuStatsQuery::ParamCount { start: -1 });
            Ok(CpuStats { count: 3, cpus: Vec::new() })
        };
        assert_eq!(fill_cpu_stats(ptr::null_mut(), 0, -1, 1, count).unwrap(), 3);
        assert!(fill_cpu_stats(ptr::null_mut(), 1, -1, 1, |_| Ok(CpuStats::default())).is_err());
        assert!(fill_cpu_stats(ptr::dangling_mut(), 0, -1, 1, |_| Ok(CpuStats::default())).is_err());
    }

    #[test]
    fn closed_descriptors_are_refused() {
        assert!(descriptors([0, -1].as_ptr(), 2).is_err());
        assert_eq!(descriptors(ptr::null(), 0).unwrap().len(), 0);
        assert!(descriptors([0].as_ptr(), c_uint::MAX).is_err());
    }
}
