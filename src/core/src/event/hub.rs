//! The hub that a driver publishes to and connections subscribe at.

use super::{Event, Interest};
use crate::Result;
use parking_lot::Mutex;
use std::any::Any;
use std::sync::{Arc, Weak};

type Sink = dyn Fn(&Arc<Event>) + Send + Sync;
type Narrow = dyn Fn(&Interest) -> Result<Arc<EventHub>> + Send + Sync;

/// Hands each event to all subscribers, in the order of publishing.
///
/// Subscribers must not block: a connection's only queues the event and wakes its event loop.
#[derive(Default)]
pub struct EventHub {
    sinks: Mutex<Vec<Weak<Sink>>>,
    narrow: Option<Box<Narrow>>,
    /// Dropped with the hub.
    _keeper: Option<Box<dyn Any + Send + Sync>>,
}

/// Ends the subscription when dropped.
pub struct Subscription {
    _sink: Arc<Sink>,
}

impl EventHub {
    pub fn new() -> Self {
        Self::default()
    }

    /// A hub whose source sends only what is asked for: `narrow` gives the hub that an interest is served by.
    pub fn narrowed_by(narrow: impl Fn(&Interest) -> Result<Arc<Self>> + Send + Sync + 'static) -> Self {
        Self { narrow: Some(Box::new(narrow)), ..Self::default() }
    }

    /// A hub that something is kept for which ends with it.
    pub fn keeping(keeper: impl Any + Send + Sync) -> Self {
        Self { _keeper: Some(Box::new(keeper)), ..Self::default() }
    }

    /// The hub to subscribe at for this interest: the source may have to be asked, and may refuse. Who subscribes
    /// filters all the same, as most hubs serve all interests.
    pub fn narrow(self: &Arc<Self>, interest: &Interest) -> Result<Arc<Self>> {
        self.narrow.as_ref().map_or_else(|| Ok(self.clone()), |narrow| narrow(interest))
    }

    /// Calls `sink` with every event from now on, until the subscription is dropped.
    pub fn subscribe(&self, sink: impl Fn(&Arc<Event>) + Send + Sync + 'static) -> Subscription {
        let sink: Arc<Sink> = Arc::new(sink);
        let mut sinks = self.sinks.lock();
        sinks.retain(|s| s.strong_count() > 0);
        sinks.push(Arc::downgrade(&sink));
        Subscription { _sink: sink }
    }

    /// Announces an event. Costs nothing but a lock where nobody listens.
    pub fn publish(&self, event: Event) {
        let sinks: Vec<_> = self.sinks.lock().iter().filter_map(Weak::upgrade).collect();
        if sinks.is_empty() {
            return;
        }
        let event = Arc::new(event);
        for sink in sinks {
            sink(&event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DomainEvent, DomainEventKind, DomainId};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_dropped_subscription_hears_no_more() {
        let hub = EventHub::new();
        let heard = Arc::new(AtomicUsize::new(0));
        let count = heard.clone();
        let subscription = hub.subscribe(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let domain = DomainId { name: "web".into(), uuid: uuid::Uuid::nil(), id: 1 };
        let event = || Event::Domain(DomainEvent { domain: domain.clone(), kind: DomainEventKind::Reboot });
        hub.publish(event());
        drop(subscription);
        hub.publish(event());
        assert_eq!(heard.load(Ordering::SeqCst), 1);
    }
}
