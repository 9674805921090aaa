//! A value that many read and one at a time changes.

use crate::Result;
use arc_swap::ArcSwap;
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

    /// The same for what can't fail.
    pub fn update<T>(&self, act: impl FnOnce(&mut V) -> T) -> T {
        let _changing = self.changing.lock();
        let mut value = V::clone(&self.get());
        let outcome = act(&mut value);
        self.value.store(Arc::new(value));
        outcome
    }

    /// As `change`, and `after` is told of the values before and after while no other change can come between.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn a_change_that_fails_is_not_seen() {
        let held = Held::new(1);
        let failed = held.change(|value| {
            *value = 2;
            Err::<(), _>(Error::internal("no"))
        });
        assert!(failed.is_err() && *held.get() == 1);
        held.update(|value| *value = 3);
        assert_eq!(*held.get(), 3);
    }
}
