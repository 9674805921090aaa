//! What a domain tells of itself in fixed structures and numbers, in C's form.

use super::args::out;
use super::returns::CReturn;
use ferrovirt::driver::{
    BlockStats, DomainControlInfo, DomainInfo, DomainStateReason, InterfaceStats, SchedulerType,
};
use ferrovirt::{Error, ErrorCode, Result};
use ferrovirt_core::abi::{
    virDomainBlockStatsStruct, virDomainControlInfo, virDomainControlInfoPtr, virDomainInfo,
    virDomainInfoPtr, virDomainInterfaceStatsStruct,
};
use std::ffi::{c_int, c_uint, c_ulong};
use std::ptr;

/// The numeric id of a domain: its own convention, since -1 is a shut-off domain as well as a failure.
pub struct DomainNumber(pub i32);

impl CReturn for DomainNumber {
    type Raw = c_uint;
    const FAILED: c_uint = c_uint::MAX;
    fn into_raw(self) -> c_uint {
        self.0 as c_uint
    }
}

/// A number as C's `unsigned long`, which is 32 bits wide on some hosts.
#[allow(clippy::useless_conversion, reason = "c_ulong is u64 on some hosts and u32 on others")]
pub fn unsigned_long(number: u64) -> Result<c_ulong> {
    let narrow = number as c_ulong;
    if u64::from(narrow) == number {
        return Ok(narrow);
    }
    Err(Error::new(ErrorCode::Overflow, format!("{number} does not fit this host's unsigned long")))
}

/// Writes what `info` finds out; all is 0 where that fails.
pub fn write_domain_info(place: virDomainInfoPtr, info: impl FnOnce() -> Result<DomainInfo>) -> Result<()> {
    let place = out(place, "info")?;
    place.set(virDomainInfo::default());
    let info = info()?;
    place.set(virDomainInfo {
        state: info.state,
        maxMem: unsigned_long(info.max_memory)?,
        memory: unsigned_long(info.memory)?,
        nrVirtCpu: info.vcpus,
        cpuTime: info.cpu_time,
    });
    Ok(())
}

/// Writes how the control channel fares.
pub fn write_control_info(
    place: virDomainControlInfoPtr,
    info: impl FnOnce() -> Result<DomainControlInfo>,
) -> Result<()> {
    let place = out(place, "info")?;
    let info = info()?;
    place.set(virDomainControlInfo { state: info.state, details: info.details, stateTime: info.state_time });
    Ok(())
}

/// Writes the state, and the reason where it is wanted.
pub fn write_state(
    state: *mut c_int,
    reason: *mut c_int,
    found: impl FnOnce() -> Result<DomainStateReason>,
) -> Result<()> {
    let state = out(state, "state")?;
    let found = found()?;
    state.set(found.state);
    set_if_wanted(reason, found.reason);
    Ok(())
}

/// Writes how many parameters a scheduler has, where that is wanted; its name comes back.
pub fn write_scheduler_type(nparams: *mut c_int, scheduler: SchedulerType) -> String {
    set_if_wanted(nparams, scheduler.parameters);
    scheduler.name
}

fn set_if_wanted(place: *mut c_int, value: c_int) {
    if let Ok(place) = out(place, "") {
        place.set(value);
    }
}

/// A structure of the caller's that may be one of an older release: shorter, as it has grown at its end.
pub struct SizedOut<T> {
    place: *mut T,
    size: usize,
}

/// Checks a structure whose size the caller gives.
pub fn sized_out<T: Copy>(place: *mut T, size: usize, name: &str) -> Result<SizedOut<T>> {
    out(place, name)?;
    if size > size_of::<T>() {
        let most = size_of::<T>();
        return Err(Error::invalid_arg(format!("size must be {most} at most, it is {size}")));
    }
    Ok(SizedOut { place, size })
}

impl<T: Copy> SizedOut<T> {
    /// Writes as much of the value as the caller's structure takes.
    pub fn set(&self, value: impl Into<InC<T>>) -> Result<()> {
        let value = value.into().0;
        // SAFETY: not NULL, and the API promises `size` bytes, which `sized_out` has compared with the structure's.
        unsafe {
            ptr::copy_nonoverlapping(ptr::from_ref(&value).cast::<u8>(), self.place.cast::<u8>(), self.size)
        }
        Ok(())
    }
}

/// A value in C's form.
pub struct InC<T>(T);

impl From<BlockStats> for InC<virDomainBlockStatsStruct> {
    fn from(stats: BlockStats) -> Self {
        Self(virDomainBlockStatsStruct {
            rd_req: stats.read_requests,
            rd_bytes: stats.read_bytes,
            wr_req: stats.write_requests,
            wr_bytes: stats.write_bytes,
            errs: stats.errors,
        })
    }
}

impl From<InterfaceStats> for InC<virDomainInterfaceStatsStruct> {
    fn from(stats: InterfaceStats) -> Self {
        Self(virDomainInterfaceStatsStruct {
            rx_bytes: stats.rx_bytes,
            rx_packets: stats.rx_packets,
            rx_errs: stats.rx_errors,
            rx_drop: stats.rx_dropped,
            tx_bytes: stats.tx_bytes,
            tx_packets: stats.tx_packets,
            tx_errs: stats.tx_errors,
            tx_drop: stats.tx_dropped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_structure_of_an_older_release_is_not_overrun() {
        let mut place = virDomainBlockStatsStruct::default();
        let stats = BlockStats { read_requests: 1, errors: 5, ..BlockStats::default() };
        sized_out(&mut place, 8, "stats").unwrap().set(stats).unwrap();
        assert_eq!((place.rd_req, place.rd_bytes, place.errs), (1, 0, 0));
        let whole = size_of::<virDomainBlockStatsStruct>();
        sized_out(&mut place, whole, "stats").unwrap().set(stats).unwrap();
        assert_eq!((place.rd_req, place.rd_bytes, place.errs), (1, -1, 5));
        assert!(sized_out(&mut place, whole + 1, "stats").is_err());
    }

    #[test]
    fn an_info_that_fails_leaves_zeros() {
        let mut place = virDomainInfo { nrVirtCpu: 7, ..virDomainInfo::default() };
        assert!(write_domain_info(&mut place, || Err(Error::internal("no"))).is_err());
        assert_eq!(place, virDomainInfo::default());
    }

    #[test]
    fn a_reason_is_written_only_where_it_is_wanted() {
        let found = || Ok(DomainStateReason { state: 1, reason: 2 });
        let (mut state, mut reason) = (0, 0);
        write_state(&mut state, ptr::null_mut(), found).unwrap();
        assert_eq!((state, reason), (1, 0));
        write_state(&mut state, &mut reason, found).unwrap();
        assert_eq!((state, reason), (1, 2));
        assert!(write_state(ptr::null_mut(), &mut reason, found).is_err());
    }
}
