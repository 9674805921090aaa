//! Facts about a host on their way to C: structures, statistics by name, CPU maps, numbers of pages.

use super::args::{Out, bounded, opt_text, out};
use super::call_out::call_out;
use super::callback::Callback;
use super::handle::{Handle, Retained};
use super::strings::{copy_into, room};
use ferrovirt::driver::{HypervisorChoice, NodeInfo, SecurityModel};
use ferrovirt::{Connection, Error, Result};
use ferrovirt_core::abi::*;
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ulonglong, c_void};
use std::sync::{Arc, OnceLock};

/// `virNodeInfo`, from the plain value.
pub fn c_node_info(info: &NodeInfo) -> virNodeInfo {
    let mut model = [0; 32];
    copy_into(&mut model, &info.model);
    virNodeInfo {
        model,
        memory: info.memory,
        cpus: info.cpus,
        mhz: info.mhz,
        nodes: info.nodes,
        sockets: info.sockets,
        cores: info.cores,
        threads: info.threads,
    }
}

/// `virSecurityModel`, from the plain value.
pub fn c_security_model(model: &SecurityModel) -> virSecurityModel {
    let mut c_model = virSecurityModel::default();
    copy_into(&mut c_model.model, &model.model);
    copy_into(&mut c_model.doi, &model.doi);
    c_model
}

/// One named number of a C array of statistics.
pub trait CStat {
    fn new(name: &str, value: u64) -> Self;
}

macro_rules! c_stat {
    ($($stat:ty),*) => {$(
        impl CStat for $stat {
            fn new(name: &str, value: u64) -> Self {
                let mut stat = Self { value, ..Self::default() };
                copy_into(&mut stat.field, name);
                stat
            }
        }
    )*};
}
c_stat!(virNodeCPUStats, virNodeMemoryStats);

/// The caller's array of statistics, or its question how big that must be.
pub struct StatsRoom<T> {
    start: *mut T,
    places: c_int,
    count: Out<c_int>,
}

/// Checks an array of statistics; `*nparams` is its size, 0 asks for the count.
pub fn stats_room<T: CStat>(start: *mut T, nparams: *mut c_int) -> Result<StatsRoom<T>> {
    let count = out(nparams, "nparams")?;
    // SAFETY: not NULL (checked above), and the API has the caller set it.
    let places = unsafe { nparams.read() };
    if places < 0 {
        return Err(Error::invalid_arg(format!("*nparams must not be negative, but is {places}")));
    }
    Ok(StatsRoom { start, places, count })
}

impl<T: CStat> StatsRoom<T> {
    /// Writes all of them, for which the array must have exactly the size; or answers the question.
    pub fn fill(&self, stats: &[(String, u64)]) -> Result<()> {
        let count = c_int::try_from(stats.len()).expect("there are few statistics");
        if self.places == 0 || self.start.is_null() {
            self.count.set(count);
            return Ok(());
        }
        if self.places != count {
            let places = self.places;
            return Err(Error::invalid_arg(format!(
                "nparams must be {count} (or 0 to ask), but is {places}"
            )));
        }
        let room = room(self.start, self.places, "params")?;
        room.fill(stats.iter().map(|(name, value)| T::new(name, *value)));
        Ok(())
    }
}

/// Stores a map of CPUs, a bit each, in C's heap, and how many bits are set; the number of CPUs comes back.
/// Either place may be NULL.
pub fn store_cpu_map(cpus: &[bool], map: *mut *mut c_uchar, online: *mut c_uint) -> c_int {
    if !map.is_null() {
        // SAFETY: `calloc` returns NULL or zeroed room for at least one byte.
        let bits = unsafe { libc::calloc(cpus.len().div_ceil(8).max(1), 1) }.cast::<c_uchar>();
        assert!(!bits.is_null(), "out of memory for a map of {} CPUs", cpus.len());
        for cpu in (0..cpus.len()).filter(|cpu| cpus[*cpu]) {
            // SAFETY: `cpu / 8` is within the bytes that were allocated.
            unsafe { *bits.add(cpu / 8) |= 1 << (cpu % 8) };
        }
        // SAFETY: not NULL (checked above), and the API promises room for one pointer.
        unsafe { map.write(bits) };
    }
    if !online.is_null() {
        let count = cpus.iter().filter(|online| **online).count();
        // SAFETY: not NULL (checked above), and the API promises room for one number.
        unsafe { online.write(c_uint::try_from(count).expect("CPUs fit a C int")) };
    }
    c_int::try_from(cpus.len()).expect("CPUs fit a C int")
}

/// An array of numbers that must be there.
pub fn numbers<'a, T: Copy>(start: *const T, count: c_uint, name: &str) -> Result<&'a [T]> {
    if start.is_null() {
        return Err(Error::invalid_arg(format!("{name} must not be NULL")));
    }
    bounded(count as usize, name)?;
    // SAFETY: not NULL (checked above), and the API promises `count` readable numbers that stay for the call.
    Ok(unsafe { std::slice::from_raw_parts(start, count as usize) })
}

/// Pools of pages: sizes and counts from two arrays.
pub fn page_pools(
    count: c_uint,
    sizes: *const c_uint,
    counts: *const c_ulonglong,
) -> Result<Vec<(u32, u64)>> {
    let sizes = numbers(sizes, count, "pageSizes")?;
    let counts = numbers(counts, count, "pageCounts")?;
    Ok(sizes.iter().copied().zip(counts.iter().copied()).collect())
}

/// Room for one number a page size and cell, which must be there.
pub fn page_counts(
    start: *mut c_ulonglong,
    pages: c_uint,
    cells: c_uint,
) -> Result<impl Fn(Vec<u64>) -> c_int> {
    out(start, "counts")?;
    let places = c_int::try_from(u64::from(pages) * u64::from(cells))
        .map_err(|_| Error::invalid_arg(format!("{pages} page sizes in {cells} cells are too many")))?;
    let room = room(start, places, "counts")?;
    Ok(move |counts| room.fill(counts))
}

/// Registers a C close callback; its token is the function itself. Only one that may be called keeps the connection open.
pub fn register_close_callback(
    conn: &Connection,
    callback: Callback<unsafe extern "C" fn(virConnectPtr, c_int, *mut c_void)>,
) -> Result<()> {
    let token = callback.parts().0 as usize;
    let held = Arc::new(OnceLock::new());
    let hold = held.clone();
    let call = move |conn: &Connection, reason: i32| {
        let _ = &held;
        super::callback::lend(conn, |conn| {
            let (function, opaque) = callback.parts();
            // SAFETY: the application gave this function for this argument, which is freed with `callback`.
            call_out(|| unsafe { function(conn, reason, opaque) });
        });
    };
    if conn.register_close_callback(token, Arc::new(call))? {
        hold.get_or_init(|| Retained::new(conn));
    }
    Ok(())
}

/// The token of a close callback, which must be there.
pub fn close_token(callback: virConnectCloseFunc) -> Result<usize> {
    callback.map(|function| function as usize).ok_or_else(|| Error::invalid_arg("cb must not be NULL"))
}

/// Drops the caller's count; whether the connection stays open for others comes back.
pub fn close<H: Handle>(object: &H) -> Result<bool> {
    Ok(super::handle::release::<H>(object.address() as *mut H::C).is_some_and(|left| left > 0))
}

/// The text of a fixed field of a structure that must be there.
pub fn field_text<'a>(field: &'a [c_char], name: &str) -> Result<&'a str> {
    // SAFETY: the bytes of the field; C's `char` and `u8` have one size.
    let bytes = unsafe { std::slice::from_raw_parts(field.as_ptr().cast::<u8>(), field.len()) };
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    std::str::from_utf8(text).map_err(|_| Error::invalid_arg(format!("{name} must be UTF-8 text")))
}

/// What kind of guest a question is about, from its four names.
pub fn hypervisor_choice<'a>(
    emulator: *const c_char,
    arch: *const c_char,
    machine: *const c_char,
    virt_type: *const c_char,
) -> Result<HypervisorChoice<'a>> {
    Ok(HypervisorChoice {
        emulator: opt_text(emulator, "emulator")?,
        arch: opt_text(arch, "arch")?,
        machine: opt_text(machine, "machine")?,
        virt_type: opt_text(virt_type, "virttype")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_need_an_array_of_their_size() {
        let stats = [("total".to_owned(), 7), ("free".to_owned(), 3)];
        let mut count = 0;
        stats_room::<virNodeMemoryStats>(std::ptr::null_mut(), &mut count).unwrap().fill(&stats).unwrap();
        assert_eq!(count, 2);
        let mut array = [virNodeMemoryStats::default(); 3];
        stats_room(array.as_mut_ptr(), &mut count).unwrap().fill(&stats).unwrap();
        assert_eq!((field_text(&array[1].field, "f").unwrap(), array[1].value), ("free", 3));
        count = 3;
        assert!(stats_room(array.as_mut_ptr(), &mut count).unwrap().fill(&stats).is_err());
    }

    #[test]
    fn a_cpu_map_has_a_bit_a_cpu() {
        let mut cpus = [false; 10];
        (cpus[0], cpus[9]) = (true, true);
        let (mut map, mut online) = (std::ptr::null_mut(), 0);
        assert_eq!(store_cpu_map(&cpus, &mut map, &mut online), 10);
        // SAFETY: ten CPUs take two bytes.
        assert_eq!((unsafe { (*map, *map.add(1)) }, online), ((1, 2), 2));
        // SAFETY: from `calloc`, freed once.
        unsafe { libc::free(map.cast()) };
        assert_eq!(store_cpu_map(&cpus, std::ptr::null_mut(), std::ptr::null_mut()), 10);
    }
}
