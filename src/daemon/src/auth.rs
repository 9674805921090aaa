//! Logging in: which way a socket's clients take, and how far one has come on it.

use crate::peer::Peer;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
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

/// What one has to say in the next step of a login, and whether it is done.
type Step = (bool, Option<Vec<u8>>);

/// Where a client stands.
pub struct Login {
    scheme: Scheme,
    done: AtomicBool,
}

impl Login {
    /// A client of a socket with this scheme. Root and the daemon's own user need no policy kit to be let in.
    pub fn new(scheme: Scheme, peer: Option<&Peer>) -> Self {
        let own = rustix::process::geteuid().as_raw();
        let trusted = peer.is_some_and(|peer| peer.user == 0 || peer.user == own);
        let scheme = if scheme == Scheme::Polkit && trusted { Scheme::None } else { scheme };
        Self { scheme, done: AtomicBool::new(scheme == Scheme::None) }
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
        None
    }

    /// The mechanisms of SASL, by their names.
    pub fn sasl_init(&self) -> Result<String> {
        Err(self.not_offered(Scheme::Sasl))
    }

    pub fn sasl_start(&self, _mechanism: &str, _data: Option<Vec<u8>>) -> Result<Step> {
        Err(self.not_offered(Scheme::Sasl))
    }

    pub fn sasl_step(&self, _data: Option<Vec<u8>>) -> Result<Step> {
        Err(self.not_offered(Scheme::Sasl))
    }

    pub fn polkit(&self) -> Result<()> {
        Err(self.not_offered(Scheme::Polkit))
    }

    fn not_offered(&self, scheme: Scheme) -> Error {
        let detail = format!("this client is not to log in by {scheme:?} but by {:?}", self.scheme);
        Error::new(ErrorCode::AuthFailed, detail).domain(ErrorDomain::Auth)
    }
}
