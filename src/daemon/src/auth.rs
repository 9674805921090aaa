//! Logging in: which way a socket's clients take, and how far one has come on it.

use crate::outbox::Waiter;
use crate::peer::Peer;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_rpc::frame::{Codec, Layered, Transport};
use ferrovirt_sasl::{Ends, Protection, Server as Sasl, Step};
use ferrovirt_tls::matches_pattern;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How clients of a socket log in (`remote_auth_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Whoever can reach the socket is let in.
    #[default]
    None,
    Sasl,
    Polkit,
}

impl Scheme {
    /// Its number on the wire.
    pub fn number(self) -> i32 {
        match self {
            Self::None => 0,
            Self::Sasl => 1,
            Self::Polkit => 2,
        }
    }
}

/// Who may log in by SASL, and how.
#[derive(Debug, Clone, Default)]
pub struct SaslRules {
    /// Patterns of names, one of which a client's must match; all are fine without.
    pub allowed: Vec<String>,
    /// The least that the layer of a connection must be worth which anybody can listen to.
    pub min_ssf: u32,
}

/// Where a client stands.
pub struct Login {
    scheme: Scheme,
    done: AtomicBool,
    transport: Layered,
    /// Our address and the client's, of clients from the network.
    ends: (Option<SocketAddr>, Option<SocketAddr>),
    rules: Arc<SaslRules>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// An exchange that has begun, and the mechanisms that were offered for it.
    sasl: Option<(Sasl, String)>,
    /// What goes over the connection, once the reply is out by which the exchange ends.
    agreed: Option<(Option<Box<dyn Codec>>, bool)>,
    user: Option<String>,
    /// Whom the certificate names that the client has shown.
    certificate: Option<String>,
}

impl Login {
    /// A client of a socket with this scheme. Root and the daemon's own user need no policy kit to be let in.
    pub fn new(
        scheme: Scheme,
        peer: Option<&Peer>,
        transport: Layered,
        ends: (Option<SocketAddr>, Option<SocketAddr>),
        rules: Arc<SaslRules>,
    ) -> Self {
        let own = rustix::process::geteuid().as_raw();
        let trusted = peer.is_some_and(|peer| peer.user == 0 || peer.user == own);
        let scheme = if scheme == Scheme::Polkit && trusted { Scheme::None } else { scheme };
        let done = AtomicBool::new(scheme == Scheme::None);
        Self { scheme, done, transport, ends, rules, state: Mutex::default() }
    }

    /// The way that the client is told to take (`remote_auth_type`).
    pub fn offered(&self) -> i32 {
        self.scheme.number()
    }

    pub fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }

    /// Who it has logged in as.
    pub fn user(&self) -> Option<String> {
        self.state.lock().user.clone()
    }

    /// Whom the certificate names that it has shown.
    pub fn certificate(&self) -> Option<String> {
        self.state.lock().certificate.clone()
    }

    pub fn set_certificate(&self, name: Option<String>) {
        self.state.lock().certificate = name;
    }

    /// What is to be done once the reply is out that ends an exchange: from then on both sides encode what they send.
    pub fn take_agreed(&self) -> Option<Waiter> {
        // Nobody else has anything to agree on.
        if self.scheme != Scheme::Sasl {
            return None;
        }
        let (codec, strong) = self.state.lock().agreed.take()?;
        let transport = self.transport.clone();
        Some(Box::new(move || transport.add_layer(codec, strong)))
    }

    /// Begins to log in by SASL; the mechanisms are told, with commas between them.
    pub fn sasl_init(&self) -> Result<String> {
        self.expect(Scheme::Sasl)?;
        let protection = match self.transport.is_secure() {
            true => Protection::Below(self.transport.key_bits()),
            false => Protection::Needed(self.rules.min_ssf),
        };
        let (local, remote) = self.ends;
        let mut sasl = Sasl::new(Ends { host: None, local, remote }, protection)?;
        let mechanisms = sasl.mechanisms()?;
        self.state.lock().sasl = Some((sasl, mechanisms.clone()));
        Ok(mechanisms)
    }

    /// Goes on with the mechanism that the client has chosen.
    pub fn sasl_start(&self, mechanism: &str, data: Option<Vec<u8>>) -> Result<Step> {
        self.expect(Scheme::Sasl)?;
        let (mut sasl, offered) = self.begun()?;
        if !offered.split(',').any(|known| known == mechanism) {
            return Err(failed(format!(
                "SASL mechanism '{mechanism}' was not offered; there are: {offered}"
            )));
        }
        let step = sasl.start(mechanism, data.as_deref())?;
        self.after(step, sasl, offered)
    }

    pub fn sasl_step(&self, data: Option<Vec<u8>>) -> Result<Step> {
        self.expect(Scheme::Sasl)?;
        let (mut sasl, offered) = self.begun()?;
        let step = sasl.step(data.as_deref())?;
        self.after(step, sasl, offered)
    }

    /// Logs in by the policy kit, if `ask` does not fail.
    pub fn polkit(&self, ask: impl FnOnce() -> Result<()>) -> Result<()> {
        self.expect(Scheme::Polkit)?;
        ask()?;
        self.done.store(true, Ordering::Release);
        Ok(())
    }

    /// The exchange that was begun. One that fails is gone, and has to be begun anew.
    fn begun(&self) -> Result<(Sasl, String)> {
        self.state.lock().sasl.take().ok_or_else(|| failed("no SASL exchange has been begun".to_owned()))
    }

    fn after(&self, step: Step, sasl: Sasl, offered: String) -> Result<Step> {
        if !step.complete {
            self.state.lock().sasl = Some((sasl, offered));
            return Ok(step);
        }
        let ssf = sasl.ssf()?;
        if !self.transport.is_secure() && ssf < self.rules.min_ssf {
            let least = self.rules.min_ssf;
            return Err(failed(format!(
                "a layer of {ssf} bits was agreed on, {least} are the least ('tcp_min_ssf')"
            )));
        }
        let user = sasl.username()?;
        let allowed = &self.rules.allowed;
        if !allowed.is_empty() && !allowed.iter().any(|pattern| matches_pattern(pattern, &user)) {
            return Err(failed(format!("'{user}' is not in 'sasl_allowed_username_list'")));
        }
        let codec = sasl.into_layer()?.map(|layer| Box::new(layer) as Box<dyn Codec>);
        let mut state = self.state.lock();
        (state.agreed, state.user) = (Some((codec, ssf >= self.rules.min_ssf)), Some(user));
        self.done.store(true, Ordering::Release);
        Ok(step)
    }

    fn expect(&self, scheme: Scheme) -> Result<()> {
        if self.scheme == scheme && !self.is_done() {
            return Ok(());
        }
        Err(failed(format!("this client is not to log in by {scheme:?} now; its way is {:?}", self.scheme)))
    }
}

fn failed(detail: String) -> Error {
    Error::new(ErrorCode::AuthFailed, detail).domain(ErrorDomain::Auth)
}
