//! I/O threads: which a description has, and where they run.

use super::pins::{map_of, set_of};
use crate::domain::{Domain, IoThread, IoThreadPin};
use crate::values::CpuSet;
use ferrovirt_core::driver::CpuMap;
use ferrovirt_core::{Error, ErrorDomain, Result};
use std::num::NonZeroU32;

/// Threads are numbered from 1 on.
pub fn number(thread: u32) -> Result<NonZeroU32> {
    NonZeroU32::new(thread)
        .ok_or_else(|| Error::invalid_arg("I/O threads are numbered from 1 on: there is no 0"))
}

/// Where a thread may run: its own place, or that of all vCPUs, or anywhere.
pub fn place(model: &Domain, id: NonZeroU32) -> Option<&CpuSet> {
    let own = model.cputune.iothread_pins.iter().find(|pin| pin.thread == id).map(|pin| &pin.cpuset);
    own.or(model.vcpu.cpuset.as_ref())
}

/// As [`place`], for the caller; `anywhere` stands for no place in particular.
pub fn affinity(model: &Domain, id: NonZeroU32, anywhere: usize) -> CpuMap {
    place(model, id).map_or_else(|| (0..anywhere).collect(), map_of)
}

pub fn pin(model: &mut Domain, thread: u32, map: &CpuMap) -> Result<()> {
    let cpuset = set_of(map)?;
    let known = model.iothreads.ids();
    let Some(thread) = NonZeroU32::new(thread).filter(|thread| known.contains(thread)) else {
        return Err(Error::invalid_arg(format!("the domain has no I/O thread {thread}")));
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

/// Adds a thread.
pub fn add(model: &mut Domain, thread: NonZeroU32) -> Result<()> {
    if model.iothreads.ids().contains(&thread) {
        let text = format!("the domain has an I/O thread {thread} already");
        return Err(Error::invalid_arg(text).domain(ErrorDomain::Domain));
    }
    list_all(model);
    model.iothreads.threads.push(IoThread::new(thread));
    set_listed(model);
    Ok(())
}

/// Removes a thread that no device works with.
pub fn remove(model: &mut Domain, thread: NonZeroU32) -> Result<()> {
    check_removable(model, thread).map_err(|text| Error::invalid_arg(text).domain(ErrorDomain::Domain))?;
    let listed = !model.iothreads.threads.is_empty();
    list_all(model);
    model.iothreads.threads.retain(|known| known.id != thread);
    model.cputune.iothread_pins.retain(|pin| pin.thread != thread);
    model.cputune.iothread_schedulers.retain(|item| !item.threads.contains(thread.get()));
    set_listed(model);
    if !listed && is_plain(model) {
        model.iothreads.threads.clear();
    }
    Ok(())
}

/// The thread's own entry, made if only the number of threads is told.
pub fn entry(model: &mut Domain, thread: NonZeroU32) -> Option<&mut IoThread> {
    if !model.iothreads.ids().contains(&thread) {
        return None;
    }
    list_all(model);
    model.iothreads.threads.iter_mut().find(|known| known.id == thread)
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
