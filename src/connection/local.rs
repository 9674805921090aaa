//! The drivers that a daemon has in its own process: the stateful ones opened once and shared by all connections.

use super::drivers::Drivers;
use super::neighbours::Neighbours;
use super::no_guests::NoGuests;
use super::open::{Request, open_test};
use super::{AccessMode, Connection, address};
use ferrovirt_core::abi::{VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_ACTIVE};
use ferrovirt_core::driver::DomainLookup;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_driver_interface::InterfaceState;
use ferrovirt_driver_network::NetworkState;
use ferrovirt_driver_nodedev::NodeDeviceState;
use ferrovirt_driver_nwfilter::NwFilterState;
use ferrovirt_driver_qemu::QemuDriver;
use ferrovirt_driver_remote::Acting;
use ferrovirt_driver_secret::{Callers, SecretState};
use ferrovirt_driver_storage::StorageState;
use std::sync::Arc;
use std::time::Duration;

/// Which subjects a daemon serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subjects {
    /// Everything that is built in.
    All,
    /// What one driver does, by its name in URIs.
    Only(&'static str),
    /// Nothing: the daemons of all drivers are asked.
    Others,
}

impl Subjects {
    fn has(self, scheme: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => only == scheme,
            // It is a part of every program.
            Self::Others => scheme == "test",
        }
    }

    /// What another daemon has to be asked for. A guest needs networks, filters and secrets where it runs; encrypted
    /// volumes are opened by secrets.
    fn asked(self) -> &'static [&'static str] {
        match self {
            Self::Only("qemu") => ALONE,
            Self::Only("storage") => &["secret"],
            _ => &[],
        }
    }
}

/// A host's drivers, running in this process.
pub struct LocalHost {
    subjects: Subjects,
    /// The path in URIs of the instance that these drivers are: `/system` or `/session`.
    instance: &'static str,
    /// What every connection has beside its hypervisor, as far as it is served here.
    others: Drivers,
    qemu: Option<QemuDriver>,
    /// Other daemons, where they are asked for what is not served here.
    neighbours: Option<Neighbours>,
}

/// Drivers that can be had without a hypervisor: `network:///system` and the like.
const ALONE: &[&str] = &["interface", "network", "nodedev", "nwfilter", "secret", "storage"];

impl LocalHost {
    /// Has a guest's monitor answer within this time; a call that asks it fails then.
    pub fn set_monitor_deadline(deadline: Duration) {
        ferrovirt_driver_qemu::qmp::set_deadline(deadline);
    }

    /// Opens the stateful drivers on the files of `layout`: running guests and networks are found again, and what is
    /// to start with the host is started. A driver whose own daemon is among the `neighbours` is asked there.
    pub fn start(
        layout: Layout,
        privileged: bool,
        subjects: Subjects,
        neighbours: Option<Neighbours>,
    ) -> Result<Self> {
        let instance = if privileged { "/system" } else { "/session" };
        let mut others = Drivers::hypervisor_only(Arc::new(NoGuests { kind: "none" }));
        if let Some(neighbours) = &neighbours {
            for subject in subjects.asked() {
                others.take(subject, neighbours.of(subject, instance, AccessMode::ReadWrite, &for_itself())?);
            }
        }
        // What drivers use themselves they may know, though clients may not.
        let mut keys = others.secret.clone();
        if subjects.has("secret") {
            let secret = SecretState::open(&layout, Callers::Clients)?;
            keys = secret.for_host();
            others.secret = secret;
        }
        if subjects.has("storage") {
            others.storage = StorageState::open(&layout, keys.clone())?;
        }
        if subjects.has("nodedev") {
            others.nodedev = NodeDeviceState::open(&layout)?;
        }
        if subjects.has("interface") {
            others.interface = Arc::new(InterfaceState::default());
        }
        if subjects.has("nwfilter") {
            others.nwfilter = NwFilterState::open(&layout)?;
        }
        if subjects.has("network") {
            others.network = NetworkState::open(layout.clone())?;
        }
        let qemu = match subjects.has("qemu") {
            true => Some(QemuDriver::open(layout, others.network.clone(), others.storage.clone(), keys)?),
            false => None,
        };
        Ok(Self { subjects, instance, others, qemu, neighbours })
    }

    /// Opens `uri` for a client; `None` takes the first driver of this daemon. Other daemons are told by `acting` for whom
    /// they are asked.
    pub fn open(&self, uri: Option<&str>, access: AccessMode, acting: &Acting) -> Result<Connection> {
        let text = match uri.filter(|uri| !uri.is_empty()) {
            Some(uri) => uri.to_owned(),
            None => self.default_uri(),
        };
        let parsed = address::parse(&text)?;
        let drivers = self.drivers(&Request { uri: &parsed, authenticator: None }, access, acting)?;
        Ok(Connection::new(text, access, drivers))
    }

    /// How many guests are defined here or run here.
    pub fn guests(&self) -> usize {
        self.qemu.as_ref().map_or(0, |qemu| qemu.guests())
    }

    /// Whether guests are this daemon's own, and nobody else has to be asked about them.
    pub fn has_guests(&self) -> bool {
        self.subjects != Subjects::Others
    }

    /// The same of networks.
    pub fn has_networks(&self) -> bool {
        self.has_guests() && !self.subjects.asked().contains(&"network")
    }

    fn drivers(&self, request: &Request<'_>, access: AccessMode, acting: &Acting) -> Result<Drivers> {
        let scheme = request.uri.scheme().as_str();
        if scheme == "test" && self.subjects.has("test") {
            return open_test(request);
        }
        if let (Subjects::Others, Some(neighbours)) = (self.subjects, &self.neighbours) {
            return neighbours.open(request.uri, access, acting);
        }
        if let ("qemu", Some(qemu)) = (scheme, &self.qemu) {
            self.check_instance(request)?;
            let mut drivers = Drivers { hypervisor: Arc::new(qemu.another()), ..self.others.clone() };
            if let Some(neighbours) = &self.neighbours {
                for subject in self.subjects.asked() {
                    drivers.take(subject, neighbours.of(subject, self.instance, access, acting)?);
                }
            }
            return Ok(drivers);
        }
        if let Some(kind) = ALONE.iter().find(|kind| **kind == scheme && self.subjects.has(kind)) {
            self.check_instance(request)?;
            return Ok(Drivers { hypervisor: Arc::new(NoGuests { kind }), ..self.others.clone() });
        }
        let detail = format!("'{}': this daemon does not serve '{scheme}'", request.uri);
        Err(Error::new(ErrorCode::NoConnect, detail))
    }

    fn default_uri(&self) -> String {
        let scheme = match self.subjects {
            Subjects::All => "qemu",
            Subjects::Only(scheme) => scheme,
            Subjects::Others => {
                let neighbours = self.neighbours.as_ref();
                return neighbours.map_or_else(String::new, |found| found.default_uri(self.instance));
            }
        };
        format!("{scheme}://{}", self.instance)
    }

    fn check_instance(&self, request: &Request<'_>) -> Result<()> {
        // What root has of its own is the system's.
        let path = address::path(request.uri);
        if path == self.instance || self.instance == "/system" && path == "/session" {
            return Ok(());
        }
        let (uri, scheme) = (request.uri, request.uri.scheme());
        let detail = format!("'{uri}': this daemon serves '{scheme}://{}'", self.instance);
        Err(Error::new(ErrorCode::NoConnect, detail))
    }

    /// How many guests and networks run, which keep a daemon from ending for want of clients.
    pub fn active(&self) -> usize {
        let guests = self.qemu.iter().map(|qemu| {
            qemu.connect_list_all_domains(VIR_CONNECT_LIST_DOMAINS_ACTIVE).map_or(0, |guests| guests.len())
        });
        let networks = self.subjects.has("network").then(|| {
            let networks = self.others.network.connect_list_all_networks(VIR_CONNECT_LIST_NETWORKS_ACTIVE);
            networks.map_or(0, |networks| networks.len())
        });
        guests.chain(networks).sum()
    }
}

/// What a daemon asks of another one by itself, for no client.
fn for_itself() -> Acting {
    Arc::new(|| None)
}
