//! Waiting for what takes QEMU long: it is asked how far it is when it says that something has changed, and not before.

use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::Command;
use ferrovirt_core::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How often QEMU is asked while nobody hears what it says: a start reads a guest's state before anybody follows it.
const UNHEARD: Duration = Duration::from_millis(20);
/// For ever, nearly.
const HEARD: Duration = Duration::from_secs(1 << 30);

/// Where a guest's followers hear that there is something new about its jobs: QEMU has said so, a client wants them to
/// end, or the guest is gone.
pub struct News {
    sender: watch::Sender<()>,
    followed: AtomicBool,
}

impl Default for News {
    fn default() -> Self {
        Self { sender: watch::Sender::new(()), followed: AtomicBool::new(false) }
    }
}

impl News {
    /// From now on somebody hears what QEMU says.
    pub fn are_followed(&self) {
        self.followed.store(true, Ordering::SeqCst);
    }

    /// There is something new.
    pub fn tell(&self) {
        self.sender.send_replace(());
    }
}

/// Asks QEMU until `judge` has made up its mind: now, and each time that there is something new.
pub fn wait<C, T>(
    shared: &Shared,
    live: &Live,
    question: C,
    mut judge: impl FnMut(C::Reply) -> Result<Option<T>>,
) -> Result<T>
where
    C: Command + Clone + Send + Sync + 'static,
{
    // Listening comes first: what is said after the answer is not missed.
    let mut listener = live.news.sender.subscribe();
    loop {
        if let Some(verdict) = judge(live.ask(&shared.reactor, question.clone())?)? {
            return Ok(verdict);
        }
        let limit = if live.news.followed.load(Ordering::SeqCst) { HEARD } else { UNHEARD };
        listener = shared.reactor.call(async move {
            match timeout(limit, listener.changed()).await {
                Ok(Err(_)) => Err(Error::internal("the guest is gone")),
                Ok(Ok(())) | Err(_) => Ok(listener),
            }
        })?;
    }
}
