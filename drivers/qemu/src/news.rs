//! Waiting for what takes QEMU long: it is asked how far it is when it says that something has changed, and not before.

use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::Command;
use ferrovirt_core::{Error, Result};
use tokio::sync::watch;

/// Where a guest's followers hear that there is something new about its jobs: QEMU has said so, a client wants them to
/// end, or the guest is gone.
pub struct News(watch::Sender<()>);

impl Default for News {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl News {
    /// There is something new.
    pub fn tell(&self) {
        self.0.send_replace(());
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
    let mut listener = live.news.0.subscribe();
    loop {
        if let Some(verdict) = judge(live.ask(&shared.reactor, question.clone())?)? {
            return Ok(verdict);
        }
        listener = shared.reactor.call(async move {
            listener.changed().await.map_err(|_| Error::internal("the guest is gone"))?;
            Ok(listener)
        })?;
    }
}
