//! A value that many read and one at a time changes.

use arc_swap::ArcSwap;
use ferrovirt_core::Result;
use parking_lot::Mutex;
use std::sync::Arc;

/// The value: readers get what was published last and wait for nobody.
pub struct Held<V> {
    changing: Mutex<()>,
    value: ArcSwap<V>,
}

impl<V: Clone> Held<V> {
    pub fn new(value: V) -> Self {
        Self { changing: Mutex::new(()), value: ArcSwap::from_pointee(value) }
    }

    pub fn get(&self) -> Arc<V> {
        self.value.load_full()
    }

    /// `act` works on a copy, which is published if it succeeds.
    pub fn change<T>(&self, act: impl FnOnce(&mut V) -> Result<T>) -> Result<T> {
        self.change_and(act, |_, _, _| ())
    }

    /// The same, and `after` is told of the values before and after while no other change can come between.
    pub fn change_and<T>(
        &self,
        act: impl FnOnce(&mut V) -> Result<T>,
        after: impl FnOnce(&V, &V, &T),
    ) -> Result<T> {
        let _changing = self.changing.lock();
        let before = self.get();
        let mut value = V::clone(&before);
        let outcome = act(&mut value)?;
        let value = Arc::new(value);
        self.value.store(value.clone());
        after(&before, &value, &outcome);
        Ok(outcome)
    }
}
