//! The drivers that this process has open: who opens the same folders again joins them.

use crate::Result;
use crate::layout::Layout;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// The open drivers of one kind, by the folders that they keep. One such value is a `static` of the driver's crate.
pub struct Instances<T>(Mutex<BTreeMap<PathBuf, Weak<T>>>);

impl<T> Default for Instances<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Instances<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The driver that is open on these folders, or a new one. Who comes while it is being made waits for it.
    pub fn open(&self, layout: &Layout, make: impl FnOnce() -> Result<Arc<T>>) -> Result<Arc<T>> {
        let mut open = self.0.lock();
        if let Some(driver) = open.get(&layout.state).and_then(Weak::upgrade) {
            return Ok(driver);
        }
        open.retain(|_, driver| driver.strong_count() > 0);
        let driver = make()?;
        open.insert(layout.state.clone(), Arc::downgrade(&driver));
        Ok(driver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_same_folders_are_the_same_driver_as_long_as_it_lives() {
        let instances = Instances::new();
        let layout = Layout::embedded(Path::new("/nowhere"));
        let first = instances.open(&layout, || Ok(Arc::new(1))).unwrap();
        assert_eq!(*instances.open(&layout, || Ok(Arc::new(2))).unwrap(), 1);
        drop(first);
        assert_eq!(*instances.open(&layout, || Ok(Arc::new(3))).unwrap(), 3);
    }
}
