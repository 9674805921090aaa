//! Maps of host CPUs: one bit a CPU, taken and filled in the size that the caller chose.

use super::strings::{Room, room};
use ferrovirt::driver::{CpuMap, VcpuInfo};
use ferrovirt::{Error, ErrorCode, Result};
use ferrovirt_core::abi::{virVcpuInfo, virVcpuInfoPtr};
use std::ffi::{c_int, c_uchar};

/// A map that the caller passes in.
pub fn cpu_map(map: *const c_uchar, length: c_int) -> Result<CpuMap> {
    let length = positive(length, "maplen")?;
    Ok(super::args::bytes(map, length, "cpumap")?.to_vec().into())
}

/// Room for maps of equal size, one after the other.
pub struct CpuMapsRoom {
    bytes: Room<c_uchar>,
    maps: usize,
    length: usize,
}

/// Checks room for `maps` maps of `length` bytes each.
pub fn cpu_maps_room(start: *mut c_uchar, maps: c_int, length: c_int) -> Result<CpuMapsRoom> {
    let (count, each) = (positive(maps, "ncpumaps")?, positive(length, "maplen")?);
    let bytes = maps.checked_mul(length).ok_or_else(|| {
        Error::new(ErrorCode::Overflow, format!("{maps} maps of {length} bytes each are too many"))
    })?;
    Ok(CpuMapsRoom { bytes: room(start, bytes, "cpumaps")?, maps: count, length: each })
}

impl CpuMapsRoom {
    /// How many maps it takes.
    pub fn places(&self) -> usize {
        self.maps
    }

    /// Writes maps, each cut or filled up with zeros to the size; how many were written comes back.
    pub fn fill<'a>(&self, maps: impl IntoIterator<Item = &'a CpuMap>) -> usize {
        let maps: Vec<_> = maps.into_iter().take(self.maps).collect();
        let padded = |map: &&'a CpuMap| {
            let zeros = std::iter::repeat(0);
            map.as_bytes().iter().copied().chain(zeros).take(self.length).collect::<Vec<_>>()
        };
        self.bytes.fill(maps.iter().flat_map(padded));
        maps.len()
    }
}

/// Room for what virtual CPUs do, and for where they may run if the caller wants that.
pub struct VcpusRoom {
    infos: Room<virVcpuInfo>,
    maps: Option<CpuMapsRoom>,
}

/// Checks both rooms; without maps their length must be 0.
pub fn vcpus_room(
    infos: virVcpuInfoPtr,
    count: c_int,
    maps: *mut c_uchar,
    map_length: c_int,
) -> Result<VcpusRoom> {
    positive(count, "maxinfo")?;
    let infos = room(infos, count, "info")?;
    let maps = if maps.is_null() { None } else { Some(cpu_maps_room(maps, count, map_length)?) };
    if maps.is_none() && map_length != 0 {
        return Err(Error::invalid_arg(format!("maplen must be 0 without cpumaps, it is {map_length}")));
    }
    Ok(VcpusRoom { infos, maps })
}

impl VcpusRoom {
    /// How many virtual CPUs it takes.
    pub fn places(&self) -> usize {
        self.infos.places()
    }

    /// Writes what there is room for; how many were written comes back.
    pub fn fill(&self, vcpus: &[VcpuInfo]) -> c_int {
        if let Some(maps) = &self.maps {
            maps.fill(vcpus.iter().map(|vcpu| &vcpu.affinity));
        }
        let in_c = |vcpu: &VcpuInfo| virVcpuInfo {
            number: vcpu.number,
            state: vcpu.state,
            cpuTime: vcpu.cpu_time,
            cpu: vcpu.cpu,
        };
        self.infos.fill(vcpus.iter().map(in_c))
    }
}

fn positive(number: c_int, name: &str) -> Result<usize> {
    usize::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| Error::invalid_arg(format!("{name} must be greater than 0, it is {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    #[test]
    fn maps_are_cut_and_filled_up_to_the_callers_size() {
        let mut bytes = [0xff; 5];
        let room = cpu_maps_room(bytes.as_mut_ptr(), 2, 2).unwrap();
        let maps: [CpuMap; 3] = [[0].into_iter().collect(), [1, 40].into_iter().collect(), CpuMap::new()];
        assert_eq!(room.fill(&maps), 2);
        assert_eq!(bytes, [1, 0, 2, 0, 0xff]);
    }

    #[test]
    fn room_that_is_none_or_beyond_counting_is_refused() {
        let mut bytes = [0; 4];
        let code =
            |maps, length| cpu_maps_room(ptr::dangling_mut(), maps, length).err().map(|err| err.code());
        assert_eq!(code(0, 1), Some(ErrorCode::InvalidArg));
        assert_eq!(code(1, -1), Some(ErrorCode::InvalidArg));
        assert_eq!(code(i32::MAX, 2), Some(ErrorCode::Overflow));
        assert!(cpu_maps_room(ptr::null_mut(), 1, 1).is_err());
        assert!(cpu_map(bytes.as_mut_ptr(), 0).is_err());
        assert!(cpu_map(ptr::null(), 4).is_err());
        assert_eq!(cpu_map(bytes.as_ptr(), 4).unwrap().as_bytes(), [0; 4]);
    }

    #[test]
    fn vcpus_come_with_maps_only_where_there_is_room_for_them() {
        let mut infos = [virVcpuInfo::default(); 1];
        let vcpus = [VcpuInfo { number: 3, affinity: [0].into_iter().collect(), ..VcpuInfo::default() }];
        assert_eq!(vcpus_room(infos.as_mut_ptr(), 1, ptr::null_mut(), 0).unwrap().fill(&vcpus), 1);
        assert_eq!(infos[0].number, 3);
        let mut map = [0xff; 2];
        vcpus_room(infos.as_mut_ptr(), 1, map.as_mut_ptr(), 2).unwrap().fill(&vcpus);
        assert_eq!(map, [1, 0]);
        assert!(vcpus_room(infos.as_mut_ptr(), 1, ptr::null_mut(), 2).is_err());
        assert!(vcpus_room(infos.as_mut_ptr(), 0, ptr::null_mut(), 0).is_err());
        assert!(vcpus_room(ptr::null_mut(), 1, ptr::null_mut(), 0).is_err());
    }
}
