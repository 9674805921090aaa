//! The driver's connection, and the ways in which its methods call.

use crate::session::Session;
use crate::target::Target;
use ferrovirt_core::Result;
use ferrovirt_core::driver::Feature;
use ferrovirt_rpc::client::ClientStream;
use ferrovirt_rpc::procedure::Procedure;
use ferrovirt_rpc::program::remote::ConnectClose;
use ferrovirt_rpc::values::STRING_OKAY;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::{Arc, OnceLock};

/// A connection whose work a daemon does.
pub struct RemoteDriver {
    pub(crate) session: Arc<Session>,
    /// How many bytes a map of the host's CPUs has, once it is known.
    pub(crate) cpu_map_length: OnceLock<usize>,
}

impl RemoteDriver {
    /// Connects, logs in and has the daemon open what is asked for.
    pub fn open(target: Target) -> Result<Self> {
        Ok(Self { session: Session::open(target)?, cpu_map_length: OnceLock::new() })
    }

    pub(crate) fn call<P: Procedure>(&self, call: &P) -> Result<P::Reply> {
        self.session.call(call)
    }

    pub(crate) fn call_with_fds<P: Procedure>(
        &self,
        call: &P,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(P::Reply, Vec<OwnedFd>)> {
        self.session.client()?.call_with_fds(call, fds)
    }

    pub(crate) fn open_stream<P: Procedure>(&self, call: &P) -> Result<(P::Reply, ClientStream)> {
        self.session.client()?.open_stream(call)
    }

    /// `flags` with the one by which we say that we know parameters that are strings, if the daemon knows it.
    pub(crate) fn with_strings(&self, flags: u32) -> u32 {
        let known = self.session.supports(Feature::TypedParamString).unwrap_or(false);
        if known { flags | STRING_OKAY } else { flags }
    }

    pub(crate) fn supports(&self, feature: Feature) -> Result<bool> {
        self.session.supports(feature)
    }
}

impl Drop for RemoteDriver {
    fn drop(&mut self) {
        self.session.give_up();
        let Some(link) = self.session.link().filter(|link| link.is_alive()) else { return };
        if let Err(err) = link.call(&ConnectClose {}) {
            tracing::debug!(%err, "the daemon did not take leave");
        }
    }
}
