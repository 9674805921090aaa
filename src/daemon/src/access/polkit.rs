//! The system's authority (polkit), asked over D-Bus whether a process may do something.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Mutex;
use zbus::Connection;
use zbus::zvariant::Value;

const SERVICE: &str = "org.freedesktop.PolicyKit1";
const PATH: &str = "/org/freedesktop/PolicyKit1/Authority";
const INTERFACE: &str = "org.freedesktop.PolicyKit1.Authority";

/// How long the authority may think, and how long a person may look for a password.
const PATIENCE: Duration = Duration::from_secs(25);
const PATIENCE_WITH_PEOPLE: Duration = Duration::from_secs(300);

/// A process that wants something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    pub process: u32,
    /// When it started, in the kernel's ticks: numbers of processes are used again.
    pub start: u64,
    pub user: u32,
}

/// What it wants: an action, and what is known of its object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub action: String,
    pub details: Vec<(&'static str, String)>,
}

/// What the authority says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Denied,
    /// Somebody would have to type a password, and nobody is there who asks for it.
    NeedsSomebody,
    /// Whoever was asked for a password did not want to.
    Dismissed,
}

/// The way to the authority; opened with the first question, and again after the bus has gone.
#[derive(Default)]
pub struct Polkit(Mutex<Option<Connection>>);

impl Polkit {
    /// Asks. With `interactive`, people may be asked, too.
    pub async fn ask(&self, subject: Subject, wish: &Wish, interactive: bool) -> Result<Verdict> {
        let patience = if interactive { PATIENCE_WITH_PEOPLE } else { PATIENCE };
        let mut asked = tokio::time::timeout(patience, self.call(subject, wish, interactive)).await;
        if matches!(&asked, Ok(Err(zbus::Error::InputOutput(_)))) {
            // The bus may have been started anew since the last question.
            *self.0.lock().await = None;
            asked = tokio::time::timeout(patience, self.call(subject, wish, interactive)).await;
        }
        match asked {
            Ok(Ok(verdict)) => Ok(verdict),
            Ok(Err(err)) => Err(failed(format!("polkit can't be asked about '{}': {err}", wish.action))),
            Err(_) => Err(failed(format!(
                "polkit did not answer about '{}' within {} seconds",
                wish.action,
                patience.as_secs()
            ))),
        }
    }

    async fn bus(&self) -> zbus::Result<Connection> {
        let mut slot = self.0.lock().await;
        if let Some(bus) = &*slot {
            return Ok(bus.clone());
        }
        let bus = Connection::system().await?;
        *slot = Some(bus.clone());
        Ok(bus)
    }

    async fn call(&self, subject: Subject, wish: &Wish, interactive: bool) -> zbus::Result<Verdict> {
        let process: HashMap<&str, Value<'_>> = HashMap::from([
            ("pid", Value::U32(subject.process)),
            ("start-time", Value::U64(subject.start)),
            ("uid", Value::I32(subject.user as i32)),
        ]);
        let details: HashMap<&str, &str> =
            wish.details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let arguments =
            (("unix-process", process), wish.action.as_str(), details, u32::from(interactive), "");
        let bus = self.bus().await?;
        let reply =
            bus.call_method(Some(SERVICE), PATH, Some(INTERFACE), "CheckAuthorization", &arguments).await?;
        let (allowed, challenge, told): (bool, bool, HashMap<String, String>) = reply.body().deserialize()?;
        Ok(match (allowed, challenge) {
            (true, _) => Verdict::Allowed,
            _ if told.get("polkit.dismissed").is_some_and(|value| value == "true") => Verdict::Dismissed,
            (false, true) => Verdict::NeedsSomebody,
            (false, false) => Verdict::Denied,
        })
    }
}

fn failed(detail: String) -> Error {
    Error::new(ErrorCode::AuthUnavailable, detail).domain(ErrorDomain::Polkit)
}
