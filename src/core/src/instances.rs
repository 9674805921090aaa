//! The drivers that this process has open: who opens the same folders again joins them.

use crate::Result;
use crate::layout::Layout;
use parking_lot::{Condvar, Mutex};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

/// The open drivers of one kind, by the folders that they keep. One such value is a `static` of the driver's crate.
pub struct Instances<T>(Mutex<BTreeMap<PathBuf, Instance<T>>>);

struct Instance<T> {
    driver: Weak<T>,
    end: Arc<End>,
}

/// Whether a driver is gone, with all that it held.
#[derive(Default)]
struct End {
    has_come: Mutex<bool>,
    told: Condvar,
}

/// Held by a driver as its last field, so that it goes when all else of the driver has gone: its lock, above all.
pub struct Presence(Arc<End>);

impl Drop for Presence {
    fn drop(&mut self) {
        *self.0.has_come.lock() = true;
        self.0.told.notify_all();
    }
}

impl End {
    fn wait(&self) {
        let mut has_come = self.has_come.lock();
        self.told.wait_while(&mut has_come, |has_come| !*has_come);
    }
}

impl<T> Default for Instances<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Instances<T> {
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The driver that is open on these folders, or a new one. Who comes while it is being made waits for it, and who
    /// comes while another thread is about to close it waits until that is done.
    pub fn open(&self, layout: &Layout, make: impl FnOnce(Presence) -> Result<Arc<T>>) -> Result<Arc<T>> {
        let mut open = self.0.lock();
        if let Some(known) = open.get(&layout.state) {
            if let Some(driver) = known.driver.upgrade() {
                return Ok(driver);
            }
            known.end.wait();
        }
        open.retain(|_, instance| !*instance.end.has_come.lock());
        let end = Arc::new(End::default());
        let driver = make(Presence(end.clone()))?;
        open.insert(layout.state.clone(), Instance { driver: Arc::downgrade(&driver), end });
        Ok(driver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::mpsc::{Receiver, Sender, channel};

    struct Driver {
        number: u32,
        _presence: Presence,
    }

    fn driver(number: u32) -> impl FnOnce(Presence) -> Result<Arc<Driver>> {
        move |_presence| Ok(Arc::new(Driver { number, _presence }))
    }

    #[test]
    fn the_same_folders_are_the_same_driver_as_long_as_it_lives() {
        let instances = Instances::new();
        let layout = Layout::embedded(Path::new("/nowhere"));
        let first = instances.open(&layout, driver(1)).unwrap();
        assert_eq!(instances.open(&layout, driver(2)).unwrap().number, 1);
        drop(first);
        assert_eq!(instances.open(&layout, driver(3)).unwrap().number, 3);
    }

    /// What takes its time to be closed: it says when that begins, and goes on when it is told to.
    struct Slow(Sender<()>, Mutex<Receiver<()>>);

    impl Drop for Slow {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            self.1.lock().recv().unwrap();
        }
    }

    struct SlowDriver {
        _lock: Slow,
        _presence: Presence,
    }

    #[test]
    fn a_driver_that_another_thread_is_closing_is_waited_for() {
        let instances = Instances::new();
        let layout = Layout::embedded(Path::new("/nowhere"));
        let ((begun, begins), (go_on, goes_on)) = (channel(), channel());
        let lock = Slow(begun, Mutex::new(goes_on));
        let first =
            instances.open(&layout, |_presence| Ok(Arc::new(SlowDriver { _lock: lock, _presence }))).unwrap();
        let (locked, locks) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| drop(first));
            begins.recv().unwrap();
            let second = scope.spawn(|| {
                instances.open(&layout, |_| {
                    locked.send("opened").unwrap();
                    Err(crate::Error::internal("one is enough"))
                })
            });
            // Whenever the other thread gets there, it finds the folders locked until this one lets go of them.
            locked.send("closed").unwrap();
            go_on.send(()).unwrap();
            assert!(second.join().unwrap().is_err());
        });
        assert_eq!(locks.try_iter().collect::<Vec<_>>(), ["closed", "opened"]);
    }
}
