//! How many vCPUs a guest has, and which of them are on.

use super::Guest;
use crate::hotplug::Answer;
use crate::qmp::types::HotpluggableCpu;
use crate::qmp::{DeviceAdd, DeviceDel, Properties, QueryCpusFast, QueryHotpluggableCpus};
use crate::vm::Definition;
use ferrovirt_conf::domain::{Domain, VcpuState};
use ferrovirt_conf::tuning::pins;
use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::YesNo;
use std::time::Duration;

/// How long a guest may take to let a vCPU go.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which vCPUs of a description are on.
pub fn online(model: &Domain) -> Vec<u32> {
    (0..model.vcpu.max).filter(|id| is_online(model, *id)).collect()
}

pub fn is_online(model: &Domain, vcpu: u32) -> bool {
    match model.vcpus.iter().find(|state| state.id == vcpu) {
        Some(state) => state.enabled == YesNo::Yes,
        None => vcpu < model.vcpu.current(),
    }
}

pub fn check_count(model: &Domain, count: u32) -> Result<()> {
    if count <= model.vcpu.max {
        return Ok(());
    }
    Err(Error::invalid_arg(format!(
        "domain '{}' can have at most {} vCPUs, not {count}",
        model.name, model.vcpu.max
    )))
}

/// Sets how many vCPUs a definition has at most.
pub fn set_maximum(model: &mut Domain, count: u32) -> Result<()> {
    let in_cells = model.numa().map_or(0, |numa| numa.cpu_count());
    if in_cells > count as usize {
        return Err(Error::invalid_arg(format!("the NUMA cells have {in_cells} vCPUs, more than {count}")));
    }
    let topology = model.cpu.as_ref().and_then(|cpu| cpu.topology).and_then(|topology| topology.total());
    if let Some(total) = topology.filter(|total| *total != count) {
        return Err(Error::invalid_arg(format!("the CPU topology has {total} vCPUs, not {count}")));
    }
    let current = model.vcpu.current().min(count);
    model.vcpu.max = count;
    model.vcpu.current = (current < count).then_some(current);
    if !model.vcpus.is_empty() {
        model.vcpus.retain(|state| state.id < count);
        let missing = model.vcpus.len() as u32..count;
        model.vcpus.extend(missing.map(VcpuState::offline));
    }
    model.cputune.vcpu_pins.retain(|pin| pin.vcpu < count);
    forget_order(model);
    Ok(())
}

/// Sets how many vCPUs of a definition are on: the first ones that are off come, the last ones that are on go.
pub fn set_count(model: &mut Domain, count: u32, hotpluggable: bool) -> Result<()> {
    check_count(model, count)?;
    forget_order(model);
    let on = online(model);
    if hotpluggable && model.vcpus.is_empty() && count as usize > on.len() {
        list(model);
    }
    if !model.vcpus.is_empty() {
        let wanted: Vec<u32> = match (count as usize).checked_sub(on.len()) {
            Some(more) => {
                let off = (0..model.vcpu.max).filter(|id| !on.contains(id));
                on.iter().copied().chain(off.take(more)).collect()
            }
            None => on[..count as usize].to_vec(),
        };
        let mut pluggable = hotpluggable;
        for state in &mut model.vcpus {
            let (was, is) = (state.enabled == YesNo::Yes, wanted.contains(&state.id));
            // Those that can't be plugged come first in a guest.
            pluggable |= was && state.hotpluggable == Some(YesNo::Yes);
            if was != is {
                state.enabled = YesNo::from(is);
                state.hotpluggable = Some(YesNo::from(!is || pluggable));
            }
        }
    }
    model.vcpu.current = (count < model.vcpu.max).then_some(count);
    Ok(())
}

/// Turns single vCPUs of a definition on or off.
pub fn set_single(model: &mut Domain, vcpus: &CpuSet, enable: bool) -> Result<()> {
    let last = vcpus.last().unwrap_or(0);
    if last >= model.vcpu.max {
        let text = format!("domain '{}' has no vCPU {last}: it has {}", model.name, model.vcpu.max);
        return Err(Error::invalid_arg(text));
    }
    if vcpus.contains(0) {
        return Err(Error::invalid_arg("vCPU 0 is always on"));
    }
    list(model);
    forget_order(model);
    for state in model.vcpus.iter_mut().filter(|state| vcpus.contains(state.id)) {
        state.enabled = YesNo::from(enable);
        state.hotpluggable = Some(YesNo::Yes);
    }
    let count = online(model).len() as u32;
    model.vcpu.current = (count < model.vcpu.max).then_some(count);
    Ok(())
}

/// Lists the vCPUs one by one.
fn list(model: &mut Domain) {
    if !model.vcpus.is_empty() {
        return;
    }
    let current = model.vcpu.current();
    model.vcpus = (0..model.vcpu.max)
        .map(|id| VcpuState {
            id,
            enabled: YesNo::from(id < current),
            hotpluggable: Some(YesNo::from(id >= current)),
            order: None,
        })
        .collect();
}

fn forget_order(model: &mut Domain) {
    model.vcpus.iter_mut().for_each(|state| state.order = None);
}

/// The vCPUs that are on and that the guest may let go of: QEMU does not begin with them, they are plugged.
pub fn plugged(model: &Domain) -> Vec<u32> {
    let plugged =
        model.vcpus.iter().filter(|vcpu| vcpu.enabled == YesNo::Yes && vcpu.hotpluggable == Some(YesNo::Yes));
    plugged.map(|vcpu| vcpu.id).collect()
}

impl Guest<'_> {
    /// Plugs vCPUs into the guest, or asks it to let some go, until there are `count`.
    pub fn set_vcpu_count(&self, model: &mut Domain, count: u32) -> Result<()> {
        check_count(model, count)?;
        let on: Vec<u32> = self.live.vcpu_threads().into_iter().map(|(vcpu, _)| vcpu).collect();
        let entities = self.entities()?;
        if count as usize >= on.len() {
            let off = (0..model.vcpu.max).filter(|vcpu| !on.contains(vcpu));
            for vcpu in off.take(count as usize - on.len()) {
                self.plug(model, vcpu, &entities)?;
            }
            return Ok(());
        }
        let pluggable = |vcpu: &u32| model_pluggable(&entities, *vcpu);
        let going: Vec<u32> =
            on.iter().rev().copied().filter(pluggable).take(on.len() - count as usize).collect();
        if going.len() < on.len() - count as usize {
            return Err(Error::new(
                ErrorCode::ConfigUnsupported,
                format!(
                    "domain '{}' has only {} vCPUs that can be unplugged while it runs",
                    model.name,
                    going.len()
                ),
            ));
        }
        going.into_iter().try_for_each(|vcpu| self.unplug(model, vcpu))
    }

    /// Plugs one vCPU, or asks the guest to let it go.
    pub fn set_single_vcpu(&self, model: &mut Domain, vcpus: &CpuSet, enable: bool) -> Result<()> {
        let on: Vec<u32> = self.live.vcpu_threads().into_iter().map(|(vcpu, _)| vcpu).collect();
        if let Some(vcpu) = vcpus.iter().find(|vcpu| *vcpu >= model.vcpu.max) {
            return Err(Error::invalid_arg(format!("domain '{}' has no vCPU {vcpu}", model.name)));
        }
        if let Some(vcpu) = vcpus.iter().find(|vcpu| on.contains(vcpu) == enable) {
            let state = if enable { "on" } else { "off" };
            return Err(Error::invalid_arg(format!("vCPU {vcpu} is {state} already")));
        }
        let mut wanted = vcpus.iter();
        let (Some(vcpu), None) = (wanted.next(), wanted.next()) else {
            let text = "vCPUs of a running guest are turned on and off one at a time";
            return Err(Error::new(ErrorCode::OperationUnsupported, text));
        };
        let entities = self.entities()?;
        if enable {
            return self.plug(model, vcpu, &entities);
        }
        if !model_pluggable(&entities, vcpu) {
            return Err(Error::invalid_arg(format!("vCPU {vcpu} can't be unplugged while the guest runs")));
        }
        self.unplug(model, vcpu)
    }

    /// Plugs the vCPUs that a guest has at its start beside those that its machine begins with.
    pub fn plug_vcpus(&self, plugged: &[u32]) -> Result<()> {
        if plugged.is_empty() {
            return Ok(());
        }
        let entities = self.entities()?;
        let mut model = self.live.definition().model.clone();
        plugged.iter().try_for_each(|vcpu| self.plug(&mut model, *vcpu, &entities))?;
        self.live.redefine(Definition::new(model));
        Ok(())
    }

    /// What can be plugged, by number: QEMU lists them from the last on.
    fn entities(&self) -> Result<Vec<HotpluggableCpu>> {
        let mut entities = self.live.ask(&self.shared.reactor, QueryHotpluggableCpus {})?;
        let place = |cpu: &HotpluggableCpu| {
            [
                "node-id",
                "drawer-id",
                "book-id",
                "socket-id",
                "die-id",
                "cluster-id",
                "module-id",
                "core-id",
                "thread-id",
            ]
            .map(|name| cpu.props.get(name).copied().unwrap_or(0))
        };
        // Nodes come first only where CPUs are not placed in another way.
        let by_place = |cpu: &HotpluggableCpu| place(cpu)[1..].to_vec();
        entities.sort_by_key(by_place);
        Ok(entities)
    }

    fn plug(&self, model: &mut Domain, vcpu: u32, entities: &[HotpluggableCpu]) -> Result<()> {
        let entity = entities.get(vcpu as usize).filter(|entity| entity.vcpus_count == 1);
        let entity = entity.ok_or_else(|| {
            let text = format!("vCPU {vcpu} of domain '{}' can't be plugged alone", model.name);
            Error::new(ErrorCode::OperationUnsupported, text)
        })?;
        let mut properties = Properties::new();
        properties.insert("driver".into(), entity.r#type.clone().into());
        properties.insert("id".into(), format!("vcpu{vcpu}").into());
        for (name, value) in &entity.props {
            properties.insert(name.clone(), (*value).into());
        }
        self.live.ask(&self.shared.reactor, DeviceAdd(properties))?;
        self.note_vcpus(model)?;
        let thread = self.live.vcpu_threads().into_iter().find(|(known, _)| *known == vcpu);
        if let Some((_, tid)) = thread {
            self.release_thread(tid, pins::vcpu(model, vcpu))?;
        }
        Ok(())
    }

    fn unplug(&self, model: &mut Domain, vcpu: u32) -> Result<()> {
        let alias = format!("vcpu{vcpu}");
        let expected = self.live.removals.expect(&alias);
        self.live.ask(&self.shared.reactor, DeviceDel { id: alias })?;
        match expected.wait(PATIENCE) {
            Some(Answer::Released) => self.note_vcpus(model),
            Some(Answer::Refused) => {
                Err(Error::operation_failed(format!("the guest refused to let go of vCPU {vcpu}")))
            }
            None => Err(Error::new(
                ErrorCode::OperationTimeout,
                format!(
                    "the guest has not let go of vCPU {vcpu} within {} s; it may do so yet",
                    PATIENCE.as_secs()
                ),
            )),
        }
    }

    /// Takes in which vCPUs QEMU runs now.
    fn note_vcpus(&self, model: &mut Domain) -> Result<()> {
        let cpus = self.live.ask(&self.shared.reactor, QueryCpusFast {})?;
        let threads: Vec<(u32, u32)> = cpus
            .iter()
            .filter_map(|cpu| Some((u32::try_from(cpu.cpu_index).ok()?, u32::try_from(cpu.thread_id).ok()?)))
            .collect();
        list(model);
        for state in &mut model.vcpus {
            state.enabled = YesNo::from(threads.iter().any(|(vcpu, _)| *vcpu == state.id));
        }
        let count = threads.len() as u32;
        model.vcpu.current = (count < model.vcpu.max).then_some(count);
        self.live.set_vcpu_threads(threads);
        Ok(())
    }
}

/// Whether a vCPU was plugged by name: those of the command line's count have none.
fn model_pluggable(entities: &[HotpluggableCpu], vcpu: u32) -> bool {
    let path = entities.get(vcpu as usize).and_then(|entity| entity.qom_path.as_deref());
    path.is_some_and(|path| path.ends_with(&format!("/vcpu{vcpu}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn guest(max: u32, current: u32) -> Domain {
        let mut model = sample::define("pc", "", "").unwrap();
        model.vcpu.max = max;
        model.vcpu.current = (current < max).then_some(current);
        model
    }

    #[test]
    fn counts_stay_within_the_maximum() {
        let mut model = guest(4, 2);
        assert_eq!(set_count(&mut model, 5, false).unwrap_err().code(), ErrorCode::InvalidArg);
        set_count(&mut model, 4, false).unwrap();
        assert_eq!((model.vcpu.current(), model.vcpu.current), (4, None));
        set_maximum(&mut model, 3).unwrap();
        assert_eq!((model.vcpu.max, model.vcpu.current()), (3, 3));
    }

    #[test]
    fn single_ones_are_listed_and_can_be_unplugged() {
        let mut model = guest(4, 2);
        set_single(&mut model, &"3".parse().unwrap(), true).unwrap();
        assert_eq!(online(&model), [0, 1, 3]);
        assert_eq!(model.vcpus[3].hotpluggable, Some(YesNo::Yes));
        assert!(set_single(&mut model, &"0".parse().unwrap(), false).is_err());
        assert!(set_single(&mut model, &"4".parse().unwrap(), true).is_err());
    }
}
