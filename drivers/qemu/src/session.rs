//! One connection's share in the driver: the guests that end with it.

use crate::driver::Shared;
use crate::live::Live;
use crate::stop;
use crate::vm::Vm;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long closing a connection waits for its guests to end: some of them may hang, and others have to be served.
const PATIENCE: Duration = Duration::from_secs(5);

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
        // All are asked to end here and now, and what does not end is seen to elsewhere.
        let guests = self.guests.get_mut().drain(..);
        let asked: Vec<Arc<Live>> = guests
            .filter_map(|(vm, live)| {
                live.upgrade().inspect(|live| stop::end_unwatched(&self.shared, &vm, live))
            })
            .collect();
        // A reactor must not wait. Whoever else closes a connection finds its guests gone, unless they hang.
        if Handle::try_current().is_err() {
            let deadline = Instant::now() + PATIENCE;
            for live in asked {
                live.wait_for_end(deadline.saturating_duration_since(Instant::now()));
            }
        }
    }
}
