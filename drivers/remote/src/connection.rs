//! Opening a connection: which socket, logging in, what the daemon can do.

use crate::events::Events;
use ferrovirt_core::driver::{CloseNotice, Feature};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_rpc::client::{Client, Notice};
use ferrovirt_rpc::frame::UnixTransport;
use ferrovirt_rpc::program::remote::{
    AuthList, AuthPolkit, ConnectClose, ConnectOpen, ConnectSupportsFeature,
};
use ferrovirt_rpc::values::STRING_OKAY;
use parking_lot::Mutex;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

/// How a daemon wants its clients to log in (`remote_auth_type`).
mod auth {
    pub const NONE: i32 = 0;
    pub const POLKIT: i32 = 2;
}

/// A connection whose work a daemon does.
pub struct RemoteDriver {
    client: Client,
    pub(crate) events: Arc<Events>,
    pub(crate) close_notice: Arc<Mutex<Option<CloseNotice>>>,
    /// The daemon knows parameters that are strings.
    typed_strings: bool,
}

impl RemoteDriver {
    /// Opens `uri`, as the daemon shall see it, over the UNIX socket at `socket`. `flags` are `VIR_CONNECT_*`.
    pub fn open_unix(socket: &Path, uri: Option<&str>, flags: u32) -> Result<Self> {
        let stream = UnixStream::connect(socket).map_err(|err| {
            Error::system(err, format!("cannot connect to the daemon's socket '{}'", socket.display()))
                .domain(ErrorDomain::Rpc)
        })?;
        let events = Arc::new(Events::default());
        let close_notice: Arc<Mutex<Option<CloseNotice>>> = Arc::default();
        let sink = {
            let (events, close_notice) = (events.clone(), close_notice.clone());
            Box::new(move |notice| match notice {
                Notice::Event(message) => events.publish(&message),
                Notice::Closed(reason) => {
                    if let Some(notice) = &*close_notice.lock() {
                        notice(reason as i32);
                    }
                }
            })
        };
        let client = Client::new(Box::new(UnixTransport::new(stream.into())), sink)?;
        log_in(&client)?;
        client.call(&ConnectOpen { name: uri.map(str::to_owned), flags })?;
        let typed_strings = supports(&client, Feature::TypedParamString)?;
        Ok(Self { client, events, close_notice, typed_strings })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// `flags` with the one by which we say that we know parameters that are strings, if the daemon knows it.
    pub(crate) fn with_strings(&self, flags: u32) -> u32 {
        if self.typed_strings { flags | STRING_OKAY } else { flags }
    }

    pub(crate) fn supports(&self, feature: Feature) -> Result<bool> {
        supports(&self.client, feature)
    }
}

fn supports(client: &Client, feature: Feature) -> Result<bool> {
    Ok(client.call(&ConnectSupportsFeature { feature: feature as i32 })? != 0)
}

/// Logs in by the first way that the daemon names and we know.
fn log_in(client: &Client) -> Result<()> {
    let ways = client.call(&AuthList {})?;
    for way in ways.iter() {
        match *way {
            auth::NONE => return Ok(()),
            auth::POLKIT => return client.call(&AuthPolkit {}).map(|_| ()),
            _ => {}
        }
    }
    if ways.is_empty() {
        return Ok(());
    }
    let detail =
        format!("the daemon only lets clients in by ways ({:?}) that this library does not know", ways.0);
    Err(Error::new(ErrorCode::AuthUnavailable, detail).domain(ErrorDomain::Auth))
}

impl Drop for RemoteDriver {
    fn drop(&mut self) {
        if !self.client.is_alive() {
            return;
        }
        if let Err(err) = self.client.call(&ConnectClose {}) {
            tracing::debug!(%err, "the daemon did not take leave");
        }
    }
}
