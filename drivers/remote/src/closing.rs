//! Who is told when a connection goes away.

use ferrovirt_core::driver::CloseNotice;
use ferrovirt_core::event_loop;
use parking_lot::Mutex;
use std::sync::Arc;

/// The one who wants to know, if there is one.
#[derive(Default)]
pub(crate) struct Closing(Mutex<Option<Arc<CloseNotice>>>);

impl Closing {
    pub fn is_wanted(&self) -> bool {
        self.0.lock().is_some()
    }

    pub fn set(&self, notice: CloseNotice) {
        let earlier = self.0.lock().replace(Arc::new(notice));
        // Dropped outside of the lock: that may run the application's code.
        drop(earlier);
    }

    /// Whether somebody was to be told.
    pub fn remove(&self) -> bool {
        let removed = self.0.lock().take();
        removed.is_some()
    }

    /// Tells of it, from the event loop if there is one.
    pub fn tell(self: &Arc<Self>, reason: i32) {
        if !self.is_wanted() {
            return;
        }
        let Some(current) = event_loop::current() else { return self.tell_now(reason) };
        let (weak, this) = (Arc::downgrade(&current), self.clone());
        let tell = move |timer| {
            if let Some(current) = weak.upgrade()
                && let Err(err) = current.remove_timeout(timer)
            {
                tracing::warn!(%err, "the event loop did not know the timer of a close callback");
            }
            this.tell_now(reason);
        };
        if let Err(err) = current.add_timeout(0, Box::new(tell)) {
            tracing::warn!(%err, "no close callback could be called");
        }
    }

    /// It may have been unregistered meanwhile.
    fn tell_now(&self, reason: i32) {
        let notice = self.0.lock().clone();
        if let Some(notice) = notice {
            notice(reason);
        }
    }
}
