//! vCPUs: how many are on, and on which CPUs of the host they may run.

use super::Change;
use crate::refuse;
use ferrovirt_conf::domain::Domain;
use ferrovirt_conf::tuning::pins;
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::driver::{CpuMap, VcpuInfo};
use ferrovirt_core::{Result, abi};
use ferrovirt_xml::YesNo;

/// More vCPUs no guest can have here.
pub const MOST: u32 = 32;

pub fn check_count(count: u32) -> Result<()> {
    if count <= MOST {
        return Ok(());
    }
    Err(refuse::invalid_arg(format!(
        "a domain of this hypervisor can have at most {MOST} vCPUs, not {count}"
    )))
}

/// Turns vCPUs on or off, or changes how many there are at most.
pub fn set_count(guest: &mut Change<'_>, count: u32, flags: u32) -> Result<()> {
    let maximum = flags & abi::VIR_DOMAIN_VCPU_MAXIMUM != 0;
    let (live, config) = guest.affected(flags)?;
    let limits =
        [(live, guest.definition.model.vcpu.max), (config && !maximum, guest.permanent().model.vcpu.max)];
    for (wanted, most) in limits {
        if wanted && most < count {
            return Err(refuse::invalid_arg(format!(
                "the domain can have at most {most} vCPUs, not {count}"
            )));
        }
    }
    guest.edit_both(flags, |model| {
        // Only the permanent description can get more: the running one was refused by the face.
        if maximum && !live {
            set_maximum(model, count);
        } else {
            set_current(model, count);
        }
        Ok(())
    })
}

fn set_current(model: &mut Domain, count: u32) {
    model.vcpu.current = (count < model.vcpu.max).then_some(count);
    for state in &mut model.vcpus {
        state.enabled = YesNo::from(state.id < count);
    }
}

fn set_maximum(model: &mut Domain, count: u32) {
    let current = model.vcpu.current().min(count);
    model.vcpu.max = count;
    model.vcpu.current = (current < count).then_some(current);
    model.vcpus.retain(|state| state.id < count);
    model.cputune.vcpu_pins.retain(|pin| pin.vcpu < count);
}

fn is_online(model: &Domain, vcpu: u32) -> bool {
    match model.vcpus.iter().find(|state| state.id == vcpu) {
        Some(state) => state.enabled == YesNo::Yes,
        None => vcpu < model.vcpu.current(),
    }
}

/// Where a vCPU may run: its own place, or that of all, or anywhere.
pub fn affinity(model: &Domain, vcpu: u32, host_cpus: usize) -> CpuMap {
    match pins::vcpu(model, vcpu) {
        Some(set) => pins::map_of(set),
        None => (0..host_cpus).collect(),
    }
}

/// What the vCPUs do: the first `most`. Those that are off have nothing to tell.
pub fn states(model: &Domain, host_cpus: usize, most: usize, cpu_time: u64) -> Vec<VcpuInfo> {
    let all = (0..model.vcpu.current()).take(most);
    all.map(|number| {
        if !is_online(model, number) {
            return VcpuInfo::default();
        }
        let affinity = affinity(model, number, host_cpus);
        let last = affinity.iter().last().and_then(|cpu| i32::try_from(cpu).ok());
        VcpuInfo { number, state: abi::VIR_VCPU_RUNNING as i32, cpu_time, cpu: last.unwrap_or(-1), affinity }
    })
    .collect()
}

/// Binds a vCPU to CPUs of the host.
pub fn pin(model: &mut Domain, vcpu: u32, map: &CpuMap) -> Result<()> {
    if !is_online(model, vcpu) {
        return Err(refuse::invalid_arg(format!("the domain has no vCPU {vcpu} that is on")));
    }
    // An empty set is kept as it comes: a mock has nobody who would have to run nowhere.
    let set: CpuSet = map.iter().map(|cpu| cpu as u32).collect();
    pins::pin_vcpu(model, vcpu, set);
    Ok(())
}
