//! One connection's share in the driver: the guests that end with it.

use crate::driver::Shared;
use crate::live::Live;
use crate::stop;
use crate::vm::Vm;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// What belongs to one connection. When the last of its handles is gone, so are the guests that were to end with it.
pub struct Session {
    shared: Arc<Shared>,
    guests: Mutex<Vec<(Arc<Vm>, Weak<Live>)>>,
}

impl Session {
    pub fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { shared, guests: Mutex::default() })
    }

    /// This run of the guest ends with the connection, at the latest.
    pub fn ends_with(&self, vm: &Arc<Vm>) {
        let Some(live) = vm.view().live.clone() else { return };
        let mut guests = self.guests.lock();
        guests.retain(|(_, live)| live.strong_count() > 0);
        guests.push((vm.clone(), Arc::downgrade(&live)));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A connection may be closed by a thread that must not wait, so the guests are asked to end here and now, and
        // what does not end is seen to elsewhere.
        for (vm, live) in self.guests.get_mut().drain(..) {
            if let Some(live) = live.upgrade() {
                stop::end_unwatched(&self.shared, &vm, &live);
            }
        }
    }
}
