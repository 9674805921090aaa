//! One guest as the driver holds it: a snapshot for readers, a job slot for changes.

use crate::live::Live;
use arc_swap::ArcSwap;
use ferrovirt_conf::checkpoint::DomainCheckpoint;
use ferrovirt_conf::domain::{Domain, Graphics};
use ferrovirt_conf::moments::Moments;
use ferrovirt_conf::snapshot::DomainSnapshot;
use ferrovirt_core::abi;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorDomain, JobSlot, Result};
use parking_lot::Mutex;
use std::sync::Arc;
use uuid::Uuid;

/// A description, as readers share it.
pub struct Definition {
    pub model: Domain,
}

impl Definition {
    pub fn new(model: Domain) -> Arc<Self> {
        Arc::new(Self { model })
    }

    /// A description that is kept for long: a copy, whose lists have no room to grow, while those of a model that
    /// has just been read have.
    pub fn kept(model: &Domain) -> Arc<Self> {
        Self::new(model.clone())
    }

    /// The XML without secrets.
    pub fn xml(&self) -> String {
        if !self.model.devices.graphics.iter().any(Graphics::has_status) {
            return self.model.public_xml();
        }
        let mut model = self.model.clone();
        shown(&mut model);
        model.public_xml()
    }
}

/// Takes out what is kept in status files only.
pub fn shown(model: &mut Domain) {
    model.devices.graphics.iter_mut().for_each(|graphics| graphics.strip_status());
}

/// What a reader sees of a guest: consistent, and never changed once it is published.
#[derive(Clone)]
pub struct View {
    pub name: Arc<str>,
    /// `virDomainState` and its reason.
    pub state: i32,
    pub reason: i32,
    /// What is on disk and counts for the next start; `None` for a transient guest.
    pub persistent: Option<Arc<Definition>>,
    pub live: Option<Arc<Live>>,
    pub autostart: bool,
    /// At the next start of the host it is started, and then no more.
    pub autostart_once: bool,
    /// The definition has changed since the guest was started.
    pub updated: bool,
    pub managed_save: bool,
    pub snapshots: Arc<Moments<DomainSnapshot>>,
    pub checkpoints: Arc<Moments<DomainCheckpoint>>,
}

impl View {
    /// The description in force: of the running guest, or of the next start.
    pub fn current(&self) -> Result<Arc<Definition>> {
        let live = self.live.as_ref().map(|live| live.definition());
        live.or_else(|| self.persistent.clone())
            .ok_or_else(|| Error::internal("a guest without a description"))
    }

    pub fn is_active(&self) -> bool {
        self.live.is_some()
    }

    pub fn id(&self) -> i32 {
        self.live.as_ref().map_or(-1, |live| live.id)
    }
}

/// A guest, running or not.
pub struct Vm {
    uuid: Uuid,
    /// Changes go through here one at a time; readers don't.
    pub job: JobSlot,
    /// Held while the status of the running guest is written, or removed with its end: what is read before is not written
    /// after.
    pub noting: Mutex<()>,
    view: ArcSwap<View>,
}

impl Vm {
    pub fn new(uuid: Uuid, name: &str) -> Arc<Self> {
        let view = View {
            name: name.into(),
            state: abi::VIR_DOMAIN_SHUTOFF as i32,
            reason: abi::VIR_DOMAIN_SHUTOFF_UNKNOWN as i32,
            persistent: None,
            live: None,
            autostart: false,
            autostart_once: false,
            updated: false,
            managed_save: false,
            snapshots: Arc::default(),
            checkpoints: Arc::default(),
        };
        Arc::new(Self {
            uuid,
            job: JobSlot::new(),
            noting: Mutex::default(),
            view: ArcSwap::from_pointee(view),
        })
    }

    /// The guest as it is now.
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Publishes a changed view. `change` may run more than once, on ever newer views.
    pub fn change(&self, change: impl Fn(&mut View)) {
        self.view.rcu(|view| {
            let mut view = View::clone(view);
            change(&mut view);
            view
        });
    }

    pub fn set_state(&self, state: u32, reason: u32) {
        self.change(|view| (view.state, view.reason) = (state as i32, reason as i32));
    }

    /// The running guest, or the error that says that it does not run.
    pub fn live(&self) -> Result<Arc<Live>> {
        self.view().live.clone().ok_or_else(|| self.not_running())
    }

    pub fn not_running(&self) -> Error {
        Error::operation_invalid(format!("domain '{}' is not running", self.name()))
            .domain(ErrorDomain::Domain)
    }

    pub fn id(&self) -> DomainId {
        let view = self.view.load();
        DomainId { name: view.name.clone(), uuid: self.uuid, id: view.id() }
    }
}

impl Stored for Vm {
    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn name(&self) -> Arc<str> {
        self.view.load().name.clone()
    }
}
