//! On which CPUs of the host a guest's threads may run.

use crate::domain::{Domain, VcpuPin};
use crate::values::CpuSet;
use ferrovirt_core::driver::CpuMap;
use ferrovirt_core::{Error, Result};

pub fn map_of(set: &CpuSet) -> CpuMap {
    set.iter().map(|cpu| cpu as usize).collect()
}

/// The set that a caller passed; an empty one leaves no place to run.
pub fn set_of(map: &CpuMap) -> Result<CpuSet> {
    let set: CpuSet = map.iter().filter_map(|cpu| u32::try_from(cpu).ok()).collect();
    if set.is_empty() {
        return Err(Error::invalid_arg("the set of CPUs to run on is empty"));
    }
    Ok(set)
}

/// Where the description has a vCPU run: its own place, or that of all.
pub fn vcpu(model: &Domain, vcpu: u32) -> Option<&CpuSet> {
    let own = model.cputune.vcpu_pins.iter().find(|pin| pin.vcpu == vcpu).map(|pin| &pin.cpuset);
    own.or(model.vcpu.cpuset.as_ref())
}

/// Binds a vCPU to CPUs of the host.
pub fn pin_vcpu(model: &mut Domain, vcpu: u32, cpuset: CpuSet) {
    let pins = &mut model.cputune.vcpu_pins;
    pins.retain(|pin| pin.vcpu != vcpu);
    pins.push(VcpuPin { vcpu, cpuset });
    pins.sort_by_key(|pin| pin.vcpu);
}

/// Where the description has the emulator's own threads run.
pub fn emulator(model: &Domain) -> Option<&CpuSet> {
    model.cputune.emulator_pin.as_ref().or(model.vcpu.cpuset.as_ref())
}
