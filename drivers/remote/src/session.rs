//! A connection to a daemon: made, and made anew where that is wanted, with all that was set on it.

use crate::closing::Closing;
use crate::events::Events;
use crate::login::log_in;
use crate::reconnect::Recovery;
use crate::target::Target;
use crate::{dial, reconnect};
use ferrovirt_core::driver::{CloseNotice, Feature};
use ferrovirt_core::{Error, ErrorCode, Result, TypedParams};
use ferrovirt_rpc::client::{Client, CloseReason, Notice, NoticeSink};
use ferrovirt_rpc::procedure::{Access, Procedure};
use ferrovirt_rpc::program::remote::{
    ConnectOpen, ConnectRegisterCloseCallback, ConnectSetIdentity, ConnectSupportsFeature,
    ConnectUnregisterCloseCallback,
};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

pub(crate) struct Session {
    pub target: Target,
    /// The connection as it is now, alive or not, once there is one.
    link: RwLock<Option<Arc<Client>>>,
    pub events: Events,
    pub recovery: Recovery,
    closing: Arc<Closing>,
    features: Mutex<HashMap<Feature, bool>>,
    settings: Mutex<Settings>,
    /// For the callbacks that must not keep the session.
    this: Weak<Session>,
}

/// What callers have set on the connection, and a new one must be told.
#[derive(Default)]
struct Settings {
    keepalive: Option<(Duration, u32)>,
    identity: Option<(TypedParams, u32)>,
    /// The daemon is asked to say when its own connection goes away.
    close_callback: bool,
}

impl Session {
    pub fn open(target: Target) -> Result<Arc<Self>> {
        let place = Arc::new(OnceLock::new());
        let client = match target.on_behalf {
            None => Some(Arc::new(connect(&target, sink(place.clone()))?)),
            Some(_) => None,
        };
        let session = Arc::new_cyclic(|this| Self {
            target,
            link: RwLock::new(client),
            events: Events::new(this),
            recovery: Recovery::default(),
            closing: Arc::default(),
            features: Mutex::default(),
            settings: Mutex::default(),
            this: this.clone(),
        });
        // The sink has had nothing to tell so far: nothing has been registered for.
        let _ = place.set(session.this.clone());
        Ok(session)
    }

    /// The connection as it is now, alive or not, if there has been one.
    pub fn link(&self) -> Option<Arc<Client>> {
        self.link.read().clone()
    }

    pub fn is_alive(&self) -> bool {
        self.link().is_some_and(|link| link.is_alive())
    }

    /// Whether it is made anew when it was lost.
    pub fn comes_back(&self) -> bool {
        self.target.reconnect || self.target.on_behalf.is_some()
    }

    /// A connection that is alive, as far as is known: a new one if it was lost and is to come back.
    pub fn client(&self) -> Result<Arc<Client>> {
        match self.link() {
            Some(link) if link.is_alive() || !self.comes_back() => Ok(link),
            _ => reconnect::wait(self),
        }
    }

    pub fn call<P: Procedure>(&self, call: &P) -> Result<P::Reply> {
        let client = self.client()?;
        let outcome = client.call(call);
        // A question that was lost with the connection is asked again; whether a change was made nobody knows.
        if outcome.is_err() && self.comes_back() && P::ROW.access == Access::Read && !client.is_alive() {
            return self.client()?.call(call);
        }
        outcome
    }

    /// Whether the daemon, or the driver behind it, has a feature. Answers stay the same as long as a daemon runs.
    pub fn supports(&self, feature: Feature) -> Result<bool> {
        if let Some(known) = self.features.lock().get(&feature) {
            return Ok(*known);
        }
        let supported = self.call(&ConnectSupportsFeature { feature: feature as i32 })? != 0;
        self.features.lock().insert(feature, supported);
        Ok(supported)
    }

    pub fn set_keepalive(&self, interval: Option<Duration>, count: u32) -> Result<()> {
        self.settings.lock().keepalive = interval.map(|interval| (interval, count));
        self.client()?.set_keepalive(interval, count)
    }

    pub fn set_identity(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.call(&ConnectSetIdentity { params: params.into(), flags })?;
        self.settings.lock().identity = Some((params.clone(), flags));
        Ok(())
    }

    /// Has `notice` told when this connection goes away, or the daemon's own to the hypervisor.
    pub fn register_close(&self, notice: CloseNotice) -> Result<()> {
        if self.closing.is_wanted() {
            return Err(Error::operation_invalid("a close callback is registered already"));
        }
        if self.supports(Feature::RemoteCloseCallback)? {
            self.call(&ConnectRegisterCloseCallback {})?;
            self.settings.lock().close_callback = true;
        }
        self.closing.set(notice);
        Ok(())
    }

    pub fn unregister_close(&self) -> Result<()> {
        if !self.closing.remove() {
            return Err(Error::operation_invalid("no close callback is registered"));
        }
        let asked = std::mem::take(&mut self.settings.lock().close_callback);
        if asked && self.is_alive() {
            self.call(&ConnectUnregisterCloseCallback {})?;
        }
        Ok(())
    }

    /// Tells who wants to know that a connection is gone.
    pub fn tell_closed(&self, reason: i32) {
        self.closing.tell(reason);
    }

    /// No new connection is made from here on.
    pub fn give_up(&self) {
        self.recovery.give_up();
    }

    /// Makes a new connection in place of the one that was lost. `recovery` sees to it that one thread does so.
    pub(crate) fn renew(&self) -> Result<Arc<Client>> {
        let place = Arc::new(OnceLock::new());
        let _ = place.set(self.this.clone());
        let client = Arc::new(connect(&self.target, sink(place))?);
        self.features.lock().clear();
        self.restore(&client)?;
        self.events.restore(&client)?;
        *self.link.write() = Some(client.clone());
        Ok(client)
    }

    fn restore(&self, client: &Client) -> Result<()> {
        let (keepalive, identity, close_callback) = {
            let settings = self.settings.lock();
            (settings.keepalive, settings.identity.clone(), settings.close_callback)
        };
        if let Some((interval, count)) = keepalive {
            client.set_keepalive(Some(interval), count)?;
        }
        let acting = self.target.on_behalf.as_ref().and_then(|acting| acting());
        for (params, flags) in identity.into_iter().chain(acting.map(|params| (params, 0))) {
            let params = &params;
            client.call(&ConnectSetIdentity { params: params.into(), flags })?;
        }
        if close_callback {
            client.call(&ConnectRegisterCloseCallback {})?;
        }
        Ok(())
    }

    fn lost(&self, reason: CloseReason) {
        if self.target.on_behalf.is_some() && !self.events.are_wanted() {
            // The next call makes a new one.
        } else if self.comes_back() {
            reconnect::begin(&self.this);
        } else {
            self.tell_closed(reason as i32);
        }
    }
}

/// Connects, logs in, and has the daemon open what is asked for.
fn connect(target: &Target, sink: NoticeSink) -> Result<Client> {
    let transport = dial::dial(&target.way)?;
    let client = Client::new(Box::new(transport.clone()), sink)?;
    log_in(&client, target, &transport)?;
    let flags = if target.read_only { ferrovirt_core::abi::VIR_CONNECT_RO } else { 0 };
    client.call(&ConnectOpen { name: Some(target.uri.clone()), flags })?;
    Ok(client)
}

/// What is told of a connection goes to its session, once there is one.
fn sink(place: Arc<OnceLock<Weak<Session>>>) -> NoticeSink {
    Box::new(move |notice| {
        let Some(session) = place.get().and_then(Weak::upgrade) else { return };
        match notice {
            Notice::Event(message) => session.events.publish(&session, &message),
            Notice::Closed(reason) => session.lost(reason),
        }
    })
}

/// Whether a daemon, or a driver behind it, is too old for a call.
pub(crate) fn is_unknown(err: &Error) -> bool {
    err.code() == ErrorCode::NoSupport
}
