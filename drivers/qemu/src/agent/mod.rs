//! The agent that runs inside a guest: what is asked of it, one request at a time.

pub mod files;
pub mod info;
mod talk;

pub use talk::{Patience, talk};

use crate::driver::{QemuDriver, Shared};
use crate::live::Live;
use crate::model;
use crate::qmp::QueryChardev;
use crate::vm::Vm;
use ferrovirt_conf::domain::ChardevKind;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, abi};
use parking_lot::Mutex;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// The channel at whose other end the agent listens.
pub const CHANNEL: &str = "org.qemu.guest_agent.0";

/// The place for who talks to a guest's agent.
#[derive(Debug)]
pub struct Agent {
    turn: Mutex<()>,
    /// Seconds, or a `virDomainAgentResponseTimeoutValues`.
    timeout: AtomicI32,
}

impl Default for Agent {
    fn default() -> Self {
        Self { turn: Mutex::new(()), timeout: AtomicI32::new(abi::VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK) }
    }
}

impl Agent {
    pub fn set_timeout(&self, seconds: i32) {
        self.timeout.store(seconds, Ordering::Relaxed);
    }
}

/// A guest whose agent is there to be asked.
pub struct Asked {
    pub vm: Arc<Vm>,
    pub live: Arc<Live>,
    path: PathBuf,
}

impl QemuDriver {
    /// The guest, if its agent can be asked.
    pub(crate) fn agent(&self, domain: &DomainId) -> Result<Asked> {
        let vm = self.shared.find(domain)?;
        let live = vm.live()?;
        of(&self.shared, &vm, &live).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }
}

/// The agent of a running guest, if it can be asked.
pub fn of(shared: &Shared, vm: &Arc<Vm>, live: &Arc<Live>) -> Result<Asked> {
    if vm.view().state != abi::VIR_DOMAIN_RUNNING as i32 {
        let text = format!("domain '{}' is not running, so nobody in it answers", vm.name());
        return Err(Error::operation_invalid(text));
    }
    let definition = live.definition();
    let channel = model::channel_device(&definition.model, CHANNEL).ok_or_else(|| {
        let text = format!("domain '{}' has no channel '{CHANNEL}' for a guest agent", vm.name());
        Error::new(ErrorCode::ArgumentUnsupported, text)
    })?;
    let unreachable = |why: &str| {
        let text = format!("the guest agent of domain '{}' {why}", vm.name());
        Error::new(ErrorCode::AgentUnresponsive, text)
    };
    let path = match &channel.source.kind {
        ChardevKind::Unix { .. } => channel.source.kind.path(),
        _ => None,
    };
    let path = path.ok_or_else(|| unreachable("is not at a UNIX socket"))?;
    let label = format!("char{}", channel.info.alias.as_deref().unwrap_or_default());
    let ends = live.ask(&shared.reactor, QueryChardev {})?;
    let is_open = ends.iter().any(|end| end.label == label && end.frontend_open);
    if !is_open {
        return Err(unreachable("is not connected: it does not run"));
    }
    Ok(Asked { vm: vm.clone(), live: live.clone(), path: path.into() })
}

impl Asked {
    /// Asks, and waits for the answer as long as is set for the guest.
    pub fn ask(&self, command: &str, arguments: Value) -> Result<Value> {
        let timeout = self.live.agent.timeout.load(Ordering::Relaxed);
        self.ask_within(command, arguments, Patience::of(timeout))
    }

    pub fn ask_within(&self, command: &str, arguments: Value, patience: Patience) -> Result<Value> {
        let mut request = serde_json::Map::new();
        request.insert("execute".into(), command.into());
        if !arguments.is_null() {
            request.insert("arguments".into(), arguments);
        }
        let reply = self.send(&Value::Object(request).to_string(), patience)?;
        talk::unwrap(command, reply)
    }

    /// Sends a request as it is; the whole reply comes back.
    pub fn send(&self, request: &str, patience: Patience) -> Result<Value> {
        let _turn = self.live.agent.turn.lock();
        talk(&self.path, request, patience).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    /// Tells the agent something that it can't confirm, because it goes away over it.
    pub fn tell(&self, command: &str, arguments: Value) -> Result<()> {
        let request = serde_json::json!({"execute": command, "arguments": arguments});
        self.send(&request.to_string(), Patience::None).map(drop)
    }
}
