//! I/O threads: which there are, where they run, how they poll.

use super::Change;
use super::cpus::{map_of, nonempty};
use crate::refuse;
use ferrovirt_conf::domain::{Domain, IoThread, IoThreadPin};
use ferrovirt_core::driver::{CpuMap, IoThreadInfo};
use ferrovirt_core::{Error, ErrorDomain, KnownParam, Result, TypedParams, TypedValue, abi};
use std::num::NonZeroU32;

/// How a thread of a running guest polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadPolling {
    pub thread: NonZeroU32,
    pub max_ns: u64,
    pub grow: u32,
    pub shrink: u32,
}

impl ThreadPolling {
    fn new(thread: NonZeroU32) -> Self {
        Self { thread, max_ns: 32_768, grow: 0, shrink: 0 }
    }
}

/// How the threads of a guest poll that starts with this description.
pub fn polling_of(model: &Domain) -> Vec<ThreadPolling> {
    model.iothreads.ids().into_iter().map(ThreadPolling::new).collect()
}

/// Threads are numbered from 1 on.
pub fn number(thread: u32) -> Result<NonZeroU32> {
    NonZeroU32::new(thread)
        .ok_or_else(|| refuse::invalid_arg("I/O threads are numbered from 1 on: there is no 0"))
}

pub fn infos(model: &Domain) -> Vec<IoThreadInfo> {
    let place = |id: NonZeroU32| {
        let own = model.cputune.iothread_pins.iter().find(|pin| pin.thread == id).map(|pin| &pin.cpuset);
        match own.or(model.vcpu.cpuset.as_ref()) {
            Some(set) => map_of(set),
            // A mock has no better idea of where they run than one place a vCPU.
            None => (0..model.vcpu.current() as usize).collect(),
        }
    };
    let ids = model.iothreads.ids().into_iter();
    ids.map(|id| IoThreadInfo { id: id.get(), affinity: place(id) }).collect()
}

pub fn pin(model: &mut Domain, thread: u32, map: &CpuMap) -> Result<()> {
    let cpuset = nonempty(map)?;
    let known = model.iothreads.ids();
    let Some(thread) = NonZeroU32::new(thread).filter(|thread| known.contains(thread)) else {
        return Err(refuse::invalid_arg(format!("the domain has no I/O thread {thread}")));
    };
    list_all(model);
    let pins = &mut model.cputune.iothread_pins;
    pins.retain(|pin| pin.thread != thread);
    pins.push(IoThreadPin { thread, cpuset });
    pins.sort_by_key(|pin| known.iter().position(|id| *id == pin.thread));
    Ok(())
}

/// Lists the threads one by one where only their number was given: what is said of one must not slip to another.
fn list_all(model: &mut Domain) {
    let ids = model.iothreads.ids();
    let threads = &mut model.iothreads.threads;
    threads.extend(ids.into_iter().skip(threads.len()).map(IoThread::new));
}

/// Whether their number says all there is of the threads.
fn is_plain(model: &Domain) -> bool {
    (1..).zip(&model.iothreads.threads).all(|(id, thread)| thread.id.get() == id)
}

fn set_listed(model: &mut Domain) {
    model.iothreads.count = match model.iothreads.threads.len() {
        0 => None,
        count => Some(count as u32),
    };
}

pub fn add(guest: &mut Change<'_>, thread: NonZeroU32, flags: u32) -> Result<()> {
    guest.edit_one(flags, |model, _| {
        if model.iothreads.ids().contains(&thread) {
            let text = format!("the domain has an I/O thread {thread} already");
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Domain));
        }
        list_all(model);
        model.iothreads.threads.push(IoThread::new(thread));
        set_listed(model);
        Ok(())
    })?;
    guest.polling.push(ThreadPolling::new(thread));
    Ok(())
}

pub fn remove(guest: &mut Change<'_>, thread: NonZeroU32, flags: u32) -> Result<()> {
    guest.edit_one(flags, |model, _| {
        check_removable(model, thread)
            .map_err(|text| Error::invalid_arg(text).domain(ErrorDomain::Domain))?;
        let listed = !model.iothreads.threads.is_empty();
        list_all(model);
        model.iothreads.threads.retain(|known| known.id != thread);
        model.cputune.iothread_pins.retain(|pin| pin.thread != thread);
        set_listed(model);
        if !listed && is_plain(model) {
            model.iothreads.threads.clear();
        }
        Ok(())
    })?;
    guest.polling.retain(|known| known.thread != thread);
    Ok(())
}

fn check_removable(model: &Domain, thread: NonZeroU32) -> Result<(), String> {
    if !model.iothreads.ids().contains(&thread) {
        return Err(format!("the domain has no I/O thread {thread}"));
    }
    for disk in &model.devices.disks {
        let Some(driver) = &disk.driver else { continue };
        if driver.iothread == Some(thread) || driver.iothreads.iter().any(|map| map.id == thread.get()) {
            let disk = disk.name().unwrap_or("without a name");
            return Err(format!(
                "I/O thread {thread} works for the disk {disk}; give that another one first"
            ));
        }
    }
    for controller in &model.devices.controllers {
        let driver = &controller.driver;
        if driver.iothread == thread.get() || driver.iothreads.iter().any(|map| map.id == thread.get()) {
            return Err(format!("I/O thread {thread} works for a controller; give that another one first"));
        }
    }
    Ok(())
}

const PARAMETERS: &[KnownParam] = &[
    KnownParam { name: "poll_max_ns", kind: abi::VIR_TYPED_PARAM_ULLONG as i32, multiple: false },
    KnownParam { name: "poll_grow", kind: abi::VIR_TYPED_PARAM_UINT as i32, multiple: false },
    KnownParam { name: "poll_shrink", kind: abi::VIR_TYPED_PARAM_UINT as i32, multiple: false },
];

/// Changes how a thread of the running guest polls.
pub fn set(guest: &mut Change<'_>, thread: NonZeroU32, params: &TypedParams, flags: u32) -> Result<()> {
    let missing = format!("the domain has no I/O thread {thread}");
    if !guest.one(flags)?.0.model.iothreads.ids().contains(&thread) {
        return Err(refuse::invalid_arg(missing));
    }
    // A thread that came with a definition is known only after a start; libvirt has no words for that.
    let polling = guest.polling.iter_mut().find(|known| known.thread == thread);
    let polling = polling.ok_or_else(|| Error::internal(missing).domain(ErrorDomain::None))?;
    params.check(PARAMETERS)?;
    for (name, value) in params.iter() {
        match (name, value) {
            ("poll_max_ns", TypedValue::ULLong(value)) => polling.max_ns = *value,
            ("poll_grow", TypedValue::UInt(value)) => polling.grow = *value,
            ("poll_shrink", TypedValue::UInt(value)) => polling.shrink = *value,
            _ => {}
        }
    }
    Ok(())
}
