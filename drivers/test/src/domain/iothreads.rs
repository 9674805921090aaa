//! I/O threads: which there are, where they run, how they poll.

use super::Change;
use crate::refuse;
use ferrovirt_conf::domain::Domain;
use ferrovirt_conf::tuning::iothreads;
use ferrovirt_core::driver::IoThreadInfo;
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
    iothreads::number(thread).map_err(|err| err.or_domain(ErrorDomain::Test))
}

pub fn infos(model: &Domain) -> Vec<IoThreadInfo> {
    // A mock has no better idea of where they run than one place a vCPU.
    let anywhere = model.vcpu.current() as usize;
    let ids = model.iothreads.ids().into_iter();
    ids.map(|id| IoThreadInfo { id: id.get(), affinity: iothreads::affinity(model, id, anywhere) }).collect()
}

pub fn add(guest: &mut Change<'_>, thread: NonZeroU32, flags: u32) -> Result<()> {
    guest.edit_one(flags, |model, _| iothreads::add(model, thread))?;
    guest.polling.push(ThreadPolling::new(thread));
    Ok(())
}

pub fn remove(guest: &mut Change<'_>, thread: NonZeroU32, flags: u32) -> Result<()> {
    guest.edit_one(flags, |model, _| iothreads::remove(model, thread))?;
    guest.polling.retain(|known| known.thread != thread);
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
