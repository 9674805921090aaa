//! `await`: waits until a domain is as it should be.

use super::list::{state_of, state_word};
use crate::args::Args;
use crate::command::{Command, arg, number, text};
use crate::complete;
use crate::failure::{Failure, Outcome, fail};
use crate::find;
use crate::output::extra;
use crate::shell::Shell;
use crate::waiting::{self, End, Wait};
use ferrovirt::event::{DomainEventKind, Event};
use ferrovirt::{Connection, Domain, ErrorCode, Listener};
use ferrovirt_core::abi::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub const COMMANDS: &[Command] = &[Command::new(
    "await",
    "wait until a domain is in a state",
    &[
        arg("domain", "its name, number or UUID").completed_by(complete::domains),
        text(
            "condition",
            "what to wait for: domain-inactive (by default), domain-active, domain-running, domain-paused, \
              domain-gone or guest-agent-available",
        )
        .positional(),
        number("timeout", "seconds to wait at most"),
    ],
    await_condition,
)];

/// What can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Inactive,
    Active,
    Running,
    Paused,
    Gone,
    AgentAvailable,
}

const CONDITIONS: [(&str, Condition); 6] = [
    ("domain-inactive", Condition::Inactive),
    ("domain-active", Condition::Active),
    ("domain-running", Condition::Running),
    ("domain-paused", Condition::Paused),
    ("domain-gone", Condition::Gone),
    ("guest-agent-available", Condition::AgentAvailable),
];

impl Condition {
    /// Whether it holds; a domain that is gone is inactive too.
    fn holds(self, domain: &Domain, agent: &AtomicBool) -> Outcome<bool> {
        let state = match state_of(domain) {
            Ok((state, _)) => state as u32,
            Err(err) if err.code() == ErrorCode::NoDomain => {
                return match self {
                    Self::Inactive | Self::Gone => Ok(true),
                    _ => Err(err.into()),
                };
            }
            Err(err) => return Err(err.into()),
        };
        Ok(match self {
            Self::Inactive => state == VIR_DOMAIN_SHUTOFF,
            Self::Active => state != VIR_DOMAIN_SHUTOFF,
            Self::Running => state == VIR_DOMAIN_RUNNING,
            Self::Paused => state == VIR_DOMAIN_PAUSED,
            Self::Gone => false,
            Self::AgentAvailable => agent.load(Ordering::Acquire) || agent_is_connected(domain),
        })
    }
}

/// Whether the guest's end of the agent's channel is open.
fn agent_is_connected(domain: &Domain) -> bool {
    let Ok(text) = domain.xml_desc(0) else { return false };
    let Ok(document) = roxmltree::Document::parse(&text) else { return false };
    let channels = crate::xml::all(document.root_element(), "devices/channel/target");
    channels.into_iter().any(|target| {
        target.attribute("name") == Some("org.qemu.guest_agent.0")
            && target.attribute("state") == Some("connected")
    })
}

/// Where a driver has no events, it is asked so often.
const ASK_AGAIN: Duration = Duration::from_millis(100);

fn await_condition(shell: &mut Shell, args: &Args) -> Outcome {
    let name = args.text("condition")?.unwrap_or("domain-inactive");
    let Some((_, condition)) = CONDITIONS.iter().find(|(known, _)| *known == name) else {
        let known = CONDITIONS.map(|(known, _)| known).join(", ");
        fail!("unknown condition '{name}'; known are {known}")
    };
    let timeout = args.timeout()?;
    let domain = find::domain(shell, args)?;
    let connection = shell.connection()?;
    let wait = Wait::begin()?;
    let agent = Arc::new(AtomicBool::new(false));
    let registered = listen(&connection, &domain, &agent);
    let end = wait.until(timeout, Some(ASK_AGAIN), || condition.holds(&domain, &agent));
    for id in registered {
        connection.deregister_event(id)?;
    }
    match end? {
        End::Done => {
            let word = state_of(&domain).map_or("gone", |(state, _)| state_word(state));
            extra!(shell, "Domain '{}' is {word}\n", domain.name());
            Ok(())
        }
        End::TimedOut => fail!("timed out waiting for '{name}' of domain '{}'", domain.name()),
        End::Interrupted => Err(Failure::say("interrupted")),
    }
}

/// Has the wait look again whenever something happens to the domain.
fn listen(connection: &Connection, domain: &Domain, agent: &Arc<AtomicBool>) -> Vec<i32> {
    let mut registered = Vec::new();
    for kind in [VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE] {
        let agent = agent.clone();
        let look = move |_: &Connection, event: &Event| {
            if let Event::Domain(event) = event
                && let DomainEventKind::AgentLifecycle { state: 1, .. } = event.kind
            {
                agent.store(true, Ordering::Release);
            }
            waiting::notify();
        };
        let listener = Listener { callback: Arc::new(look), function: None };
        registered.extend(connection.register_domain_event(Some(domain), kind as i32, listener));
    }
    registered
}
