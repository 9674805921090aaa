//! Taking guests in: those that users define or start, and those that a host begins with.

use super::definition::name_interfaces;
use super::{Definition, Guest, View, config};
use crate::driver::Host;
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::store::{Claim, Stored};
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, abi};
use std::sync::Arc;
use uuid::Uuid;

/// How a guest comes to run.
#[derive(Clone, Copy)]
pub enum Start {
    Booted,
    Restored,
}

/// Finds the guest that a description means, or makes one that is not running; whether it is new comes back, too.
/// A name or UUID that belongs to another is refused.
pub fn add(host: &Host, definition: &Arc<Definition>) -> Result<(Arc<Guest>, bool)> {
    let (uuid, name) = (uuid(&definition.model), &definition.model.name);
    match host.guests.claim(uuid, name, || Guest::new(uuid, name, View::new(definition.clone()))) {
        Claim::Existing(guest) => Ok((guest, false)),
        Claim::Inserted(guest) => Ok((guest, true)),
        Claim::NameTaken(other) => {
            Err(taken(format!("domain '{name}' already exists with uuid {}", other.uuid())))
        }
        Claim::UuidTaken(other) => Err(taken(format!(
            "domain '{}' is already defined with uuid {uuid}; '{name}' needs another",
            other.name()
        ))),
    }
}

fn taken(text: String) -> Error {
    Error::operation_failed(text).domain(ErrorDomain::Domain)
}

fn uuid(model: &Domain) -> Uuid {
    model.uuid.expect("a description that was read has a UUID")
}

/// Makes a description permanent, new or in place of the one that the guest has.
pub fn define(host: &Host, mut model: Domain) -> Result<DomainId> {
    name_interfaces(&mut model);
    let definition = Definition::new(model);
    loop {
        let (guest, is_new) = add(host, &definition)?;
        let outcome = guest.change(host, |guest| {
            let known = if guest.is_active() {
                guest.next.replace(definition.clone()).is_some()
            } else {
                guest.definition = definition.clone();
                !is_new
            };
            guest.persistent = true;
            let detail = match known {
                true => abi::VIR_DOMAIN_EVENT_DEFINED_UPDATED,
                false => abi::VIR_DOMAIN_EVENT_DEFINED_ADDED,
            };
            guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_DEFINED, detail);
            Ok(())
        });
        match outcome {
            // Somebody undefined it between the two steps: it is to be made anew.
            Err(err) if err.code() == ErrorCode::NoDomain => {}
            outcome => return outcome.map(|()| guest.id()),
        }
    }
}

/// Starts a guest from a description, without making that permanent.
pub fn start(host: &Host, mut model: Domain, how: Start) -> Result<DomainId> {
    name_interfaces(&mut model);
    let definition = Definition::new(model);
    loop {
        let (guest, _) = add(host, &definition)?;
        let outcome = guest.change(host, |guest| {
            if guest.is_active() {
                let text = format!("domain '{}' is already active", guest.name());
                return Err(Error::operation_invalid(text).domain(ErrorDomain::Domain));
            }
            if guest.persistent {
                guest.next = Some(guest.definition.clone());
            }
            guest.definition = definition.clone();
            let (reason, detail) = match how {
                Start::Booted => (abi::VIR_DOMAIN_RUNNING_BOOTED, abi::VIR_DOMAIN_EVENT_STARTED_BOOTED),
                Start::Restored => (abi::VIR_DOMAIN_RUNNING_RESTORED, abi::VIR_DOMAIN_EVENT_STARTED_RESTORED),
            };
            guest.start(host, reason);
            guest.announce_lifecycle(abi::VIR_DOMAIN_EVENT_STARTED, detail);
            Ok(())
        });
        match outcome {
            Err(err) if err.code() == ErrorCode::NoDomain => {}
            outcome => return outcome.map(|()| guest.id()),
        }
    }
}

/// Puts a guest of the host's own description in its place. One that is described again is told by the first description
/// as long as it runs, and started again: so libvirt's test driver has it.
pub fn install(host: &Host, mut model: Domain, wishes: &super::Wishes) -> Result<Arc<Guest>> {
    name_interfaces(&mut model);
    let definition = Definition::new(model);
    let (guest, _) = add(host, &definition)?;
    guest.change(host, |guest| {
        if guest.is_active() {
            let state = guest.state;
            guest.next = Some(definition.clone());
            guest.start(host, abi::VIR_DOMAIN_RUNNING_BOOTED);
            guest.set_state(state, 0);
            return Ok(());
        }
        guest.definition = definition.clone();
        guest.persistent = !wishes.transient;
        guest.managed_save = wishes.managed_save;
        if wishes.state != abi::VIR_DOMAIN_SHUTOFF {
            guest.start(host, abi::VIR_DOMAIN_RUNNING_BOOTED);
        }
        guest.set_state(wishes.state, 0);
        guest.warnings = Arc::new(config::Warnings::of(&guest.definition.model));
        guest.polling = super::iothreads::polling_of(&guest.definition.model);
        Ok(())
    })?;
    Ok(guest)
}
