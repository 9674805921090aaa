//! What a connection is opened to: which daemon, which way, and what it is asked for.

use crate::dial::Certificates;
use ferrovirt_core::TypedParams;
use ferrovirt_core::driver::Authenticator;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All that is needed to open a connection, and to open it again after it was lost.
#[derive(Clone)]
pub struct Target {
    /// As the caller gave it; `None` if the daemon is to say what it opens by default.
    pub asked: Option<String>,
    /// As the daemon shall open it: without what is about the way to it. Empty for its default.
    pub uri: String,
    pub way: Way,
    pub read_only: bool,
    /// The daemon's host, as it is known to logins and in `auth.conf`; `None` for this one.
    pub host: Option<String>,
    /// The one way to log in that is wanted: `sasl`, `sasl.MECHANISM` or `polkit`.
    pub login: Option<String>,
    /// Where passwords are kept.
    pub auth_file: Option<PathBuf>,
    /// Who answers what a login asks for.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// Comes back by itself after the daemon went away.
    pub reconnect: bool,
    /// For a connection between daemons; such a one is made when something is first asked, and again whenever that must
    /// be, without waiting for a daemon that is not there.
    pub on_behalf: Option<Acting>,
}

/// Says, whenever a connection is made, for whom it is; nothing if it is for the program itself.
pub type Acting = Arc<dyn Fn() -> Option<TypedParams> + Send + Sync>;

/// A way to a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    Unix {
        socket: PathBuf,
        /// The user's own daemon, to be started if nobody listens.
        daemon: Option<PathBuf>,
    },
    Tcp {
        host: String,
        port: u16,
    },
    Tls {
        host: String,
        port: u16,
        certificates: Certificates,
    },
    /// A program whose standard input and output lead there.
    Command {
        program: String,
        arguments: Vec<String>,
        /// Nobody can listen on the way.
        secure: bool,
    },
}

impl Way {
    /// The socket on this host that it leads to.
    pub(crate) fn socket(&self) -> Option<&Path> {
        match self {
            Self::Unix { socket, .. } => Some(socket),
            _ => None,
        }
    }
}
