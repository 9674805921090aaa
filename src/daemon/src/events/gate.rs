//! Events for clients that may not see every object: each waits until somebody has said that it may be told.

use super::Teller;
use crate::access::{Access, Known, Told};
use crate::client::{Client, WeakClient};
use ferrovirt_core::event::Event;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// The way to a client, in the order in which events happen.
#[derive(Clone)]
pub struct Gate(UnboundedSender<Waiting>);

struct Waiting {
    tell: Arc<Teller>,
    registration: i32,
    event: Arc<Event>,
}

impl Gate {
    /// A gate for a client that is controlled by `access`; it ends with the client's registrations.
    pub fn new(client: &Client, access: &Arc<Access>) -> ferrovirt_core::Result<Self> {
        let base = Known::connection(&client.connection()?)?;
        let (sender, mut waiting) = unbounded_channel::<Waiting>();
        let (client, subject, access) = (client.downgrade(), client.subject(), access.clone());
        access.clone().spawn(async move {
            while let Some(Waiting { tell, registration, event }) = waiting.recv().await {
                let (kind, told) = object(&event);
                if access.ask(subject, kind, "getattr", &base.with(told)).await.is_ok() {
                    pass(&client, |client| tell(client, registration, &event));
                }
            }
        });
        Ok(Self(sender))
    }

    pub fn push(&self, tell: &Arc<Teller>, registration: i32, event: &Arc<Event>) {
        // Nobody waits at the other end once the client is gone.
        let _ = self.0.send(Waiting { tell: tell.clone(), registration, event: event.clone() });
    }
}

fn pass(client: &WeakClient, tell: impl FnOnce(&Client)) {
    if let Some(client) = client.upgrade() {
        tell(&client);
    }
}

/// The kind of the object that an event is about, and what is told of it.
fn object(event: &Event) -> (&'static str, Vec<(&'static str, String)>) {
    match event {
        Event::Domain(event) => ("domain", event.domain.told()),
        Event::QemuMonitor(event) => ("domain", event.domain.told()),
        Event::Network { network, .. } => ("network", network.told()),
        Event::StoragePool { pool, .. } => ("storage_pool", pool.told()),
        Event::NodeDevice { device, .. } => ("node_device", device.told()),
        Event::Secret { secret, .. } => ("secret", secret.told()),
    }
}
