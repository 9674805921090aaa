//! The driver: its filters and bindings, and the rules for changing them.

use crate::bindings::Bindings;
use crate::files::Files;
use crate::references;
use ferrovirt_conf::nwfilter::NwFilter;
use ferrovirt_core::instances::{Instances, Presence};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::store::{Claim, Store, Stored};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, NwFilterId, Result};
use ferrovirt_host::process::PidFile;
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use uuid::Uuid;

/// The network filters of one set of folders.
pub struct NwFilterState {
    files: Files,
    filters: Store<Filter>,
    pub(crate) bindings: Bindings,
    /// Held while a change is made, on disk and then in `filters`.
    changing: Mutex<()>,
    _lock: PidFile,
    _presence: Presence,
}

/// A filter; its name and UUID never change.
pub(crate) struct Filter {
    id: NwFilterId,
    model: RwLock<Arc<NwFilter>>,
}

impl Filter {
    fn new(model: NwFilter) -> Arc<Self> {
        Arc::new(Self { id: id(&model), model: RwLock::new(Arc::new(model)) })
    }

    pub fn id(&self) -> &NwFilterId {
        &self.id
    }

    pub fn model(&self) -> Arc<NwFilter> {
        self.model.read().clone()
    }
}

impl Stored for Filter {
    fn uuid(&self) -> Uuid {
        self.id.uuid
    }

    fn name(&self) -> Arc<str> {
        self.id.name.clone()
    }
}

fn id(model: &NwFilter) -> NwFilterId {
    NwFilterId { name: model.name.as_str().into(), uuid: model.uuid.unwrap_or_default() }
}

impl NwFilterState {
    /// Opens the driver whose files are in `layout`, or joins the one that this process has open there already.
    pub fn open(layout: &Layout) -> Result<Arc<Self>> {
        static OPEN: Instances<NwFilterState> = Instances::new();
        let load = |presence| Self::load(layout, presence).map(Arc::new);
        OPEN.open(layout, load).map_err(|err| err.or_domain(ErrorDomain::Nwfilter))
    }

    fn load(layout: &Layout, presence: Presence) -> Result<Self> {
        let lock = PidFile::acquire_driver(&layout.state.join("nwfilter"), "network filter")?;
        let files = Files::new(layout);
        let bindings = Bindings::new(files.load_bindings()?);
        let state = Self {
            files,
            filters: Store::new(),
            bindings,
            changing: Mutex::new(()),
            _lock: lock,
            _presence: presence,
        };
        for model in state.files.load_filters()? {
            if let Err(err) = state.put(model) {
                tracing::error!(%err, "a filter on disk contradicts another; it is left alone");
            }
        }
        Ok(state)
    }

    pub(crate) fn all(&self) -> Vec<Arc<Filter>> {
        self.filters.all()
    }

    pub(crate) fn find(&self, uuid: Uuid) -> Result<Arc<Filter>> {
        self.filters.by_uuid(uuid).ok_or_else(|| no_filter(format!("uuid '{uuid}'")))
    }

    pub(crate) fn find_by_name(&self, name: &str) -> Result<Arc<Filter>> {
        self.filters.by_name(name).ok_or_else(|| no_filter(format!("name '{name}'")))
    }

    fn model_of(&self, name: &str) -> Option<Arc<NwFilter>> {
        self.filters.by_name(name).map(|filter| filter.model())
    }

    /// Makes a filter, or changes the one with the same name and UUID.
    pub(crate) fn define(&self, xml: &str, strict: bool) -> Result<NwFilterId> {
        let model = NwFilter::from_xml(xml, strict)?;
        let _changing = self.changing.lock();
        self.check(&model)?;
        self.files.save_filter(&model)?;
        let id = id(&model);
        self.put(model)?;
        Ok(id)
    }

    /// Refuses a name or UUID that belongs to another filter, and a filter that needs itself.
    fn check(&self, model: &NwFilter) -> Result<()> {
        let id = id(model);
        if let Some(same) = self.filters.by_uuid(id.uuid).filter(|same| same.id.name != id.name) {
            return Err(uuid_taken(&id, &same.id));
        }
        if let Some(same) = self.filters.by_name(&id.name).filter(|same| same.id.uuid != id.uuid) {
            return Err(name_taken(&same.id));
        }
        if references::needs(model, &model.name, |name| self.model_of(name)) {
            return Err(Error::operation_failed(format!(
                "filter '{}' would introduce a loop: one of the filters that it includes includes it",
                id.name
            )));
        }
        Ok(())
    }

    fn put(&self, model: NwFilter) -> Result<()> {
        let id = id(&model);
        match self.filters.claim(id.uuid, &id.name, || Filter::new(model.clone())) {
            Claim::Inserted(_) => Ok(()),
            Claim::Existing(filter) => {
                *filter.model.write() = Arc::new(model);
                Ok(())
            }
            Claim::NameTaken(other) => Err(name_taken(&other.id)),
            Claim::UuidTaken(other) => Err(uuid_taken(&id, &other.id)),
        }
    }

    /// Forgets a filter, unless a guest's port needs it.
    pub(crate) fn undefine(&self, id: &NwFilterId) -> Result<()> {
        let _changing = self.changing.lock();
        let filter = self.find(id.uuid)?;
        let name = &*filter.id.name;
        let user = self.bindings.all().into_iter().find(|binding| {
            let used = &binding.filter.filter;
            let needs = |model: Arc<NwFilter>| references::needs(&model, name, |name| self.model_of(name));
            used == name || self.model_of(used).is_some_and(needs)
        });
        if let Some(binding) = user {
            return Err(Error::operation_invalid(format!(
                "nwfilter is in use: '{name}' is at work on '{}' of the guest '{}'",
                binding.port_dev, binding.owner.name
            )));
        }
        self.files.remove_filter(name)?;
        self.filters.remove(&filter);
        Ok(())
    }
}

fn no_filter(what: String) -> Error {
    Error::new(ErrorCode::NoNwfilter, format!("no nwfilter with matching {what}"))
}

fn name_taken(same: &NwFilterId) -> Error {
    Error::operation_failed(format!("filter '{}' already exists with uuid {}", same.name, same.uuid))
}

fn uuid_taken(wanted: &NwFilterId, same: &NwFilterId) -> Error {
    Error::operation_failed(format!(
        "the uuid {} belongs to the filter '{}' already; '{}' needs another",
        same.uuid, same.name, wanted.name
    ))
}
