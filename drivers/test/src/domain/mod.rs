//! Guests: what one is at an instant, how it changes, and what can be asked of it.

mod agent;
mod compatible;
mod config;
mod console;
mod cpus;
mod definition;
mod devices;
mod disks;
mod filter;
mod hotplug;
mod iothreads;
mod lifecycle;
mod lookup;
mod memory;
mod save;
mod start;
mod stats;
mod tuning;
mod unsupported;

pub use config::copy;
pub use cpus::MOST as MOST_VCPUS;
pub use definition::{Definition, Wishes, parse_node, user};
pub use start::install;

use start::Start;

use crate::driver::Host;
use crate::moments::{Checkpoint, Moments, Snapshot};
use crate::refuse;
use arc_swap::ArcSwap;
use ferrovirt_core::abi;
use ferrovirt_core::driver::GuestTime;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainEvent, DomainEventKind, DomainId, Error, ErrorCode, ErrorDomain, Event, Result};
use iothreads::ThreadPolling;
use parking_lot::Mutex;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use uuid::Uuid;

/// What a reader sees of a guest: consistent, and never changed once it is published.
#[derive(Clone)]
pub struct View {
    /// `virDomainState` and its reason.
    pub state: u32,
    pub reason: u32,
    /// -1 while shut off.
    pub id: i32,
    /// The description in force: of the running guest, or of the next start.
    pub definition: Arc<Definition>,
    /// What counts from the next start on, while a permanent guest runs.
    pub next: Option<Arc<Definition>>,
    pub persistent: bool,
    pub autostart: bool,
    pub managed_save: bool,
    /// The clock inside the guest.
    pub time: GuestTime,
    /// Whether the file systems `/` and `/boot` are frozen.
    pub frozen: [bool; 2],
    pub polling: Vec<ThreadPolling>,
    /// What of the description is risky or deprecated, in words.
    pub warnings: Arc<config::Warnings>,
    pub snapshots: Arc<Moments<Snapshot>>,
    pub checkpoints: Arc<Moments<Checkpoint>>,
    /// It is no longer in the host's list.
    gone: bool,
}

impl View {
    fn new(definition: Arc<Definition>) -> Self {
        Self {
            state: abi::VIR_DOMAIN_SHUTOFF,
            reason: abi::VIR_DOMAIN_SHUTOFF_UNKNOWN,
            id: -1,
            definition,
            next: None,
            persistent: false,
            autostart: false,
            managed_save: false,
            time: GuestTime { seconds: 627_319_920, nanoseconds: 0 },
            frozen: [false; 2],
            polling: Vec::new(),
            warnings: Arc::default(),
            snapshots: Arc::default(),
            checkpoints: Arc::default(),
            gone: false,
        }
    }

    pub fn is_active(&self) -> bool {
        self.id != -1
    }

    /// The description that counts from the next start on.
    pub fn permanent(&self) -> &Arc<Definition> {
        self.next.as_ref().unwrap_or(&self.definition)
    }

    pub fn check_active(&self) -> Result<()> {
        if self.is_active() { Ok(()) } else { Err(not_running()) }
    }

    /// Whether `flags` (`virDomainModificationImpact`) mean the running guest, and whether its permanent description.
    pub fn affected(&self, flags: u32) -> Result<(bool, bool)> {
        let (live, config) = (abi::VIR_DOMAIN_AFFECT_LIVE, abi::VIR_DOMAIN_AFFECT_CONFIG);
        let (on_live, on_config) = match flags & (live | config) {
            0 => (self.is_active(), !self.is_active()),
            chosen => (chosen & live != 0, chosen & config != 0),
        };
        if on_live && !self.is_active() {
            return Err(not_running());
        }
        if on_config && !self.persistent {
            let text = "the domain is transient: it has no permanent description";
            return Err(Error::operation_invalid(text).domain(ErrorDomain::Domain));
        }
        Ok((on_live, on_config))
    }

    /// The one description that `flags` mean, and whether it is the running guest's.
    pub fn one(&self, flags: u32) -> Result<(&Arc<Definition>, bool)> {
        let both = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;
        if flags & both == both {
            let text =
                "the running guest and its permanent description can't both be meant here; give one flag";
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Domain));
        }
        let (live, _) = self.affected(flags)?;
        Ok(if live { (&self.definition, true) } else { (self.permanent(), false) })
    }

    /// Puts a changed description in the place of the running guest's, or of the permanent one.
    fn replace(&mut self, live: bool, definition: Arc<Definition>) {
        match &mut self.next {
            Some(next) if !live => *next = definition,
            _ => self.definition = definition,
        }
    }
}

fn not_running() -> Error {
    Error::operation_invalid("the domain is not running; start it first").domain(ErrorDomain::Domain)
}

/// A guest, running or not.
pub struct Guest {
    uuid: Uuid,
    name: Arc<str>,
    /// One change at a time; readers don't wait for it.
    changing: Mutex<()>,
    view: ArcSwap<View>,
}

impl Stored for Guest {
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn name(&self) -> Arc<str> {
        self.name.clone()
    }
}

impl Guest {
    pub fn new(uuid: Uuid, name: &str, view: View) -> Arc<Self> {
        Arc::new(Self {
            uuid,
            name: name.into(),
            changing: Mutex::new(()),
            view: ArcSwap::from_pointee(view),
        })
    }

    /// The guest as it is now.
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    pub fn id(&self) -> DomainId {
        self.id_in(&self.view.load())
    }

    fn id_in(&self, view: &View) -> DomainId {
        // A guest that went back to a snapshot may be called as it was then.
        let name = &view.definition.model.name;
        let name = if **name == *self.name { self.name.clone() } else { name.as_str().into() };
        DomainId { name, uuid: self.uuid, id: view.id }
    }

    /// Changes the guest: `act` works on a copy, which is published together with its events if it succeeds.
    pub fn change<T>(
        self: &Arc<Self>,
        host: &Host,
        act: impl FnOnce(&mut Change<'_>) -> Result<T>,
    ) -> Result<T> {
        let _changing = self.changing.lock();
        let before = self.view();
        if before.gone {
            let text = format!("no domain with matching uuid '{}' ({})", self.uuid, self.name);
            return Err(refuse::error(ErrorCode::NoDomain, text));
        }
        let mut change = Change { guest: self, view: View::clone(&before), events: Vec::new() };
        let outcome = act(&mut change)?;
        let Change { view, events, .. } = change;
        let (old_id, id, gone) = (before.id, view.id, view.gone);
        self.view.store(Arc::new(view));
        if old_id != id && old_id != -1 {
            host.guests.clear_id(old_id);
        }
        if gone {
            host.guests.remove(self);
        } else if old_id != id && id != -1 {
            host.guests.set_id(self, id);
        }
        for event in events {
            host.events.publish(Event::Domain(event));
        }
        Ok(outcome)
    }
}

/// A change that is being put together.
pub struct Change<'a> {
    guest: &'a Guest,
    view: View,
    events: Vec<DomainEvent>,
}

impl Deref for Change<'_> {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut View {
        &mut self.view
    }
}

impl Change<'_> {
    pub fn name(&self) -> &str {
        &self.definition.model.name
    }

    /// Tells of the guest as the change has it now.
    pub fn announce(&mut self, kind: DomainEventKind) {
        let domain = self.guest.id_in(&self.view);
        self.events.push(DomainEvent { domain, kind });
    }

    pub fn announce_lifecycle(&mut self, event: u32, detail: u32) {
        self.announce(DomainEventKind::Lifecycle { event: event as i32, detail: detail as i32 });
    }

    pub fn set_state(&mut self, state: u32, reason: u32) {
        (self.view.state, self.view.reason) = (state, reason);
    }

    /// Stops the guest; a transient one is gone.
    pub fn stop(&mut self, reason: u32, event_detail: u32) {
        self.shut_off(reason);
        self.announce_lifecycle(abi::VIR_DOMAIN_EVENT_STOPPED, event_detail);
        if !self.view.persistent {
            self.remove();
        }
    }

    /// The same, but it is kept and nobody is told.
    pub fn shut_off(&mut self, reason: u32) {
        let view = &mut self.view;
        view.definition = view.next.take().unwrap_or_else(|| view.definition.at_rest());
        view.id = -1;
        self.set_state(abi::VIR_DOMAIN_SHUTOFF, reason);
    }

    /// Starts the guest from its description.
    pub fn start(&mut self, host: &Host, reason: u32) {
        let view = &mut self.view;
        if view.persistent && view.next.is_none() {
            view.next = Some(view.definition.read_again());
        }
        view.id = host.take_id();
        view.definition = view.definition.running(view.id);
        view.managed_save = false;
        self.set_state(abi::VIR_DOMAIN_RUNNING, reason);
    }

    /// Takes the guest out of the host's list.
    pub fn remove(&mut self) {
        self.view.gone = true;
    }
}
