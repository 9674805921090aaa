//! The QEMU driver: what its guests share, and how it is opened.

use crate::capabilities::{Capabilities, CapabilityCache, ProbeOptions};
use crate::command::Settings;
use crate::graphics_ports::GraphicsPorts;
use crate::host_capabilities::HostReport;
use crate::layout::{Paths, Site};
use crate::reactor::Reactor;
use crate::session::Session;
use crate::vm::Vm;
use crate::{autostart, definitions, reconnect, settings, snapshot};
use ferrovirt_conf::domain::Domain;
use ferrovirt_core::driver::{NetworkDriver, SecretDriver, StorageDriver};
use ferrovirt_core::instances::{Instances, Presence};
use ferrovirt_core::layout::Layout;
use ferrovirt_core::store::Store;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, EventHub, Result};
use ferrovirt_host::process::PidFile;
use ferrovirt_net::Netlink;
use ferrovirt_net::mac_table::MacTable;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};

/// What all guests of one driver share.
pub struct Shared {
    pub paths: Paths,
    /// From `qemu.conf`, read when the driver is opened.
    pub settings: Settings,
    pub domains: Store<Vm>,
    pub events: Arc<EventHub>,
    pub reactor: Reactor,
    pub binaries: CapabilityCache,
    pub host: HostReport,
    /// Where guests' interfaces are plugged in.
    pub network: Arc<dyn NetworkDriver>,
    /// Where disks that are volumes are looked up.
    pub storage: Arc<dyn StorageDriver>,
    /// What encrypts the states of emulated TPMs.
    pub secret: Arc<dyn SecretDriver>,
    pub graphics_ports: GraphicsPorts,
    links: OnceLock<Links>,
    next_id: AtomicI32,
    _lock: PidFile,
    _presence: Presence,
}

/// The host's links, for guests that have any: opened with the first of them.
pub struct Links {
    pub netlink: Netlink,
    pub mac_table: MacTable,
}

/// The driver as a connection holds it.
#[derive(Clone)]
pub struct QemuDriver {
    pub(crate) shared: Arc<Shared>,
    pub(crate) session: Arc<Session>,
}

impl QemuDriver {
    /// Opens the driver whose files are in `layout`, or joins the one that this process has open there already.
    /// Running guests are found again, and those that are to start with the driver are started.
    pub fn open(
        layout: Layout,
        network: Arc<dyn NetworkDriver>,
        storage: Arc<dyn StorageDriver>,
        secret: Arc<dyn SecretDriver>,
    ) -> Result<Self> {
        static OPEN: Instances<Shared> = Instances::new();
        let load = |presence| Shared::load(layout.clone(), network, storage, secret, presence);
        OPEN.open(&layout, load).map(Self::of).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn of(shared: Arc<Shared>) -> Self {
        Self { session: Session::new(shared.clone()), shared }
    }

    /// The same driver for another connection.
    pub fn another(&self) -> Self {
        Self::of(self.shared.clone())
    }

    /// How many guests there are, running or not.
    pub fn guests(&self) -> usize {
        self.shared.domains.len()
    }
}

impl Shared {
    fn load(
        layout: Layout,
        network: Arc<dyn NetworkDriver>,
        storage: Arc<dyn StorageDriver>,
        secret: Arc<dyn SecretDriver>,
        presence: Presence,
    ) -> Result<Arc<Self>> {
        let paths = Paths::new(layout);
        let lock = lock(&paths)?;
        let shared = Arc::new(Self {
            binaries: CapabilityCache::new(paths.capabilities_cache(), ProbeOptions::default()),
            host: HostReport::new(own_identity()),
            domains: Store::new(),
            events: Arc::new(EventHub::new()),
            reactor: Reactor::new("qemu-reactor"),
            network,
            storage,
            secret,
            graphics_ports: GraphicsPorts::default(),
            links: OnceLock::new(),
            next_id: AtomicI32::new(1),
            _lock: lock,
            _presence: presence,
            settings: settings::load(&paths)?,
            paths,
        });
        definitions::load_all(&shared)?;
        reconnect::find_running(&shared)?;
        snapshot::load_all(&shared);
        autostart::start_marked(&shared);
        Ok(shared)
    }

    /// The driver's folders and configuration.
    pub fn site(&self) -> Site<'_> {
        Site { secrets: Some(&*self.secret), ..Site::new(&self.paths, &self.settings) }
    }

    /// The next id for a guest.
    pub fn take_id(&self) -> i32 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// A guest of an earlier run has this id.
    pub fn reserve_id(&self, id: i32) {
        self.next_id.fetch_max(id + 1, Ordering::Relaxed);
    }

    /// The host's links; the first call opens them in the caller's network namespace.
    pub fn links(&self) -> Result<&Links> {
        if let Some(links) = self.links.get() {
            return Ok(links);
        }
        let links = Links { netlink: Netlink::open()?, mac_table: MacTable::new()? };
        Ok(self.links.get_or_init(|| links))
    }

    /// What an emulator can do; probed once, then remembered.
    pub fn capabilities(&self, emulator: &str) -> Result<Arc<Capabilities>> {
        self.binaries.get(&self.reactor, Path::new(emulator))
    }

    /// Makes a changed definition the one on disk and for the next start.
    pub fn keep_definition(&self, vm: &Vm, model: Domain) -> Result<()> {
        let definition = definitions::save(self, &model)?;
        vm.change(|view| view.persistent = Some(definition.clone()));
        Ok(())
    }

    /// The guest behind a key.
    pub fn find(&self, domain: &DomainId) -> Result<Arc<Vm>> {
        self.domains.by_uuid(domain.uuid).ok_or_else(|| {
            no_domain(format!("no domain with matching uuid '{}' ({})", domain.uuid, domain.name))
        })
    }
}

/// The error for a guest that is not there.
pub fn no_domain(detail: String) -> Error {
    Error::new(ErrorCode::NoDomain, detail).domain(ErrorDomain::Qemu)
}

/// The user and the group that guests run as: our own.
fn own_identity() -> (u32, u32) {
    (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}

/// Of several processes, one may use a driver's files.
fn lock(paths: &Paths) -> Result<PidFile> {
    let path = paths.driver_lock();
    let describe = |err| Error::system(err, format!("cannot make the folder of '{}'", path.display()));
    std::fs::create_dir_all(paths.state()).map_err(describe)?;
    PidFile::acquire(&path)?.ok_or_else(|| {
        Error::operation_failed(format!(
            "another process has the QEMU driver open in these folders ('{}' is locked); close it there first",
            path.display()
        ))
    })
}
