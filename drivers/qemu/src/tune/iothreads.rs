//! I/O threads of a running guest.

use super::Guest;
use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::{ObjectAdd, ObjectDel, QomSet, QueryIothreads};
use ferrovirt_conf::domain::{Domain, IoThread};
use ferrovirt_conf::tuning::iothreads;
use ferrovirt_core::{Error, ErrorCode, KnownParam, Result, TypedParams, TypedValue, abi};
use serde_json::json;
use std::num::NonZeroU32;

/// A thread that QEMU runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    pub id: u32,
    pub tid: u32,
}

/// The threads that QEMU runs, by their numbers in the description.
pub fn running(shared: &Shared, live: &Live) -> Result<Vec<Running>> {
    let told = live.ask(&shared.reactor, QueryIothreads {})?;
    Ok(told
        .into_iter()
        .filter_map(|thread| {
            let id = thread.id.strip_prefix("iothread")?.parse().ok()?;
            Some(Running { id, tid: u32::try_from(thread.thread_id).ok()? })
        })
        .collect())
}

impl Guest<'_> {
    pub fn add_iothread(&self, model: &mut Domain, thread: NonZeroU32) -> Result<()> {
        iothreads::add(model, thread)?;
        let mut properties = serde_json::Map::new();
        properties.insert("qom-type".into(), "iothread".into());
        properties.insert("id".into(), format!("iothread{thread}").into());
        self.live.ask(&self.shared.reactor, ObjectAdd(properties)).map(drop)
    }

    pub fn del_iothread(&self, model: &mut Domain, thread: NonZeroU32) -> Result<()> {
        iothreads::remove(model, thread)?;
        self.live.ask(&self.shared.reactor, ObjectDel { id: format!("iothread{thread}") }).map(drop)
    }

    pub fn set_iothread(&self, model: &mut Domain, thread: NonZeroU32, settings: &Settings) -> Result<()> {
        settings.put(entry(model, thread)?, true)?;
        let path = format!("/objects/iothread{thread}");
        let properties = [
            ("poll-max-ns", settings.poll_max.map(|value| json!(value))),
            ("poll-grow", settings.poll_grow.map(|value| json!(value))),
            ("poll-shrink", settings.poll_shrink.map(|value| json!(value))),
            ("thread-pool-min", settings.pool_min.map(|value| json!(value))),
            ("thread-pool-max", settings.pool_max.map(|value| json!(value))),
        ];
        for (property, value) in properties {
            if let Some(value) = value {
                let command = QomSet { path: path.clone(), property: property.to_owned(), value };
                self.live.ask(&self.shared.reactor, command)?;
            }
        }
        Ok(())
    }
}

/// The description of a thread.
pub fn entry(model: &mut Domain, thread: NonZeroU32) -> Result<&mut IoThread> {
    let name = model.name.clone();
    iothreads::entry(model, thread)
        .ok_or_else(|| Error::invalid_arg(format!("domain '{name}' has no I/O thread {thread}")))
}

const fn row(name: &'static str, kind: u32) -> KnownParam {
    KnownParam { name, kind: kind as i32, multiple: false }
}

const PARAMETERS: &[KnownParam] = &[
    row(abi::VIR_DOMAIN_IOTHREAD_POLL_MAX_NS, abi::VIR_TYPED_PARAM_ULLONG),
    row(abi::VIR_DOMAIN_IOTHREAD_POLL_GROW, abi::VIR_TYPED_PARAM_UINT),
    row(abi::VIR_DOMAIN_IOTHREAD_POLL_SHRINK, abi::VIR_TYPED_PARAM_UINT),
    row(abi::VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN, abi::VIR_TYPED_PARAM_INT),
    row(abi::VIR_DOMAIN_IOTHREAD_THREAD_POOL_MAX, abi::VIR_TYPED_PARAM_INT),
];

/// What a caller wants of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    poll_max: Option<u64>,
    poll_grow: Option<u32>,
    poll_shrink: Option<u32>,
    /// -1 for what QEMU has of its own.
    pool_min: Option<i32>,
    pool_max: Option<i32>,
}

impl Settings {
    pub fn read(params: &TypedParams) -> Result<Self> {
        params.check(PARAMETERS)?;
        let mut settings = Self::default();
        for (name, value) in params.iter() {
            match (name, value) {
                (_, TypedValue::ULLong(value)) => settings.poll_max = Some(*value),
                (abi::VIR_DOMAIN_IOTHREAD_POLL_GROW, TypedValue::UInt(value)) => {
                    settings.poll_grow = Some(*value);
                }
                (_, TypedValue::UInt(value)) => settings.poll_shrink = Some(*value),
                (abi::VIR_DOMAIN_IOTHREAD_THREAD_POOL_MIN, TypedValue::Int(value)) => {
                    settings.pool_min = Some(*value);
                }
                (_, TypedValue::Int(value)) => settings.pool_max = Some(*value),
                _ => {}
            }
        }
        let refuse = |text: &str| Err(Error::new(ErrorCode::ConfigUnsupported, text));
        if settings.pool_min.is_some_and(|min| min < -1) {
            return refuse("thread_pool_min can't be below -1");
        }
        if settings.pool_max.is_some_and(|max| max < -1 || max == 0) {
            return refuse("thread_pool_max must be positive, or -1");
        }
        Ok(settings)
    }

    /// Puts them into a description. QEMU can't be brought back to what it has of its own while it runs.
    pub fn put(&self, thread: &mut IoThread, live: bool) -> Result<()> {
        if live && [self.pool_min, self.pool_max].into_iter().flatten().any(|bound| bound < 0) {
            return Err(Error::operation_invalid("the pool of a running thread can't go back to -1"));
        }
        let bound = |wanted: Option<i32>, now: Option<u32>| match wanted {
            Some(wanted) => u32::try_from(wanted).ok(),
            None => now,
        };
        let (min, max) = (bound(self.pool_min, thread.pool.min), bound(self.pool_max, thread.pool.max));
        // Without a bound above, libvirt counts it as the lowest.
        if min.map_or(-1, i64::from) > max.map_or(-1, i64::from) {
            return Err(Error::operation_invalid("thread_pool_min can't be above thread_pool_max"));
        }
        (thread.pool.min, thread.pool.max) = (min, max);
        thread.poll.max = self.poll_max.or(thread.poll.max);
        thread.poll.grow = self.poll_grow.map(u64::from).or(thread.poll.grow);
        thread.poll.shrink = self.poll_shrink.map(u64::from).or(thread.poll.shrink);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_has_its_bounds_in_order() {
        let mut params = TypedParams::new();
        params.add("thread_pool_min", 8i32);
        params.add("thread_pool_max", 4i32);
        let mut thread = IoThread::new(NonZeroU32::MIN);
        let settings = Settings::read(&params).unwrap();
        assert_eq!(settings.put(&mut thread, true).unwrap_err().code(), ErrorCode::OperationInvalid);
        params.set("thread_pool_max", 16i32);
        Settings::read(&params).unwrap().put(&mut thread, true).unwrap();
        assert_eq!((thread.pool.min, thread.pool.max), (Some(8), Some(16)));
        params.set("thread_pool_max", 0i32);
        assert_eq!(Settings::read(&params).unwrap_err().code(), ErrorCode::ConfigUnsupported);
    }
}
