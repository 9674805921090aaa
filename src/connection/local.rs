//! The drivers that a daemon has in its own process: the stateful ones opened once and shared by all connections.

use super::drivers::Drivers;
use super::open::{Request, open_test};
use super::{AccessMode, Connection, address};
use ferrovirt_core::driver::HypervisorDriver;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_driver_network::NetworkState;
use ferrovirt_driver_nwfilter::NwFilterState;
use ferrovirt_driver_qemu::QemuDriver;
use ferrovirt_driver_secret::{Callers, SecretState};
use std::sync::Arc;

/// Which subjects a daemon serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subjects {
    /// Everything that is built in.
    All,
    /// What one driver does, by its name in URIs.
    Only(&'static str),
}

impl Subjects {
    fn has(self, scheme: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(only) => only == scheme,
        }
    }
}

/// A host's drivers, running in this process.
pub struct LocalHost {
    subjects: Subjects,
    /// The path in URIs of the instance that these drivers are: `/system` or `/session`.
    instance: &'static str,
    network: Option<Arc<NetworkState>>,
    nwfilter: Option<Arc<NwFilterState>>,
    secret: Option<Arc<SecretState>>,
    qemu: Option<Arc<QemuDriver>>,
}

impl LocalHost {
    /// Opens the stateful drivers on the files of `layout`: running guests and networks are found again, and what is
    /// to start with the host is started.
    pub fn start(layout: Layout, privileged: bool, subjects: Subjects) -> Result<Self> {
        // Guests have networks, filters and secrets at hand, whoever else serves them.
        let needed = |scheme| subjects.has(scheme) || subjects.has("qemu");
        let network = needed("network").then(|| NetworkState::open(layout.clone())).transpose()?;
        let nwfilter = needed("nwfilter").then(|| NwFilterState::open(&layout)).transpose()?;
        let secret = needed("secret").then(|| SecretState::open(&layout, Callers::Clients)).transpose()?;
        let qemu = match &network {
            Some(network) if subjects.has("qemu") => {
                Some(Arc::new(QemuDriver::open(layout, network.clone())?))
            }
            _ => None,
        };
        let instance = if privileged { "/system" } else { "/session" };
        Ok(Self { subjects, instance, network, nwfilter, secret, qemu })
    }

    /// Opens `uri` for a client; `None` takes the first driver of this daemon.
    pub fn open(&self, uri: Option<&str>, access: AccessMode) -> Result<Connection> {
        let text = match uri.filter(|uri| !uri.is_empty()) {
            Some(uri) => uri.to_owned(),
            None => self.default_uri()?,
        };
        let parsed = address::parse(&text)?;
        let request = Request { uri: &parsed, authenticator: None };
        let drivers = self.drivers(&request)?.ok_or_else(|| {
            let detail = format!("'{text}': this daemon does not serve '{}'", parsed.scheme());
            Error::new(ErrorCode::NoConnect, detail)
        })?;
        Ok(Connection::new(text, access, drivers))
    }

    /// The drivers that serve a URI; `None` where there are none here.
    fn drivers(&self, request: &Request<'_>) -> Result<Option<Drivers>> {
        let scheme = request.uri.scheme().as_str();
        if !self.subjects.has(scheme) {
            return Ok(None);
        }
        if scheme == "test" {
            return open_test(request).map(Some);
        }
        let alone = |kind| Drivers::without_hypervisor(kind);
        let drivers = match (scheme, &self.network, &self.nwfilter, &self.secret) {
            ("qemu", Some(network), Some(nwfilter), Some(secret)) => self.qemu.clone().map(|qemu| Drivers {
                network: network.clone(),
                nwfilter: nwfilter.clone(),
                secret: secret.clone(),
                ..Drivers::hypervisor_only(qemu)
            }),
            ("network", Some(network), ..) => Some(Drivers { network: network.clone(), ..alone("network") }),
            ("nwfilter", _, Some(nwfilter), _) => {
                Some(Drivers { nwfilter: nwfilter.clone(), ..alone("nwfilter") })
            }
            ("secret", .., Some(secret)) => Some(Drivers { secret: secret.clone(), ..alone("secret") }),
            _ => None,
        };
        if drivers.is_some() {
            self.check_instance(request)?;
        }
        Ok(drivers)
    }

    /// How many guests and networks run, which keep a daemon from ending for want of clients.
    pub fn active(&self) -> usize {
        let guests = self.qemu.as_ref().map_or(0, |qemu| active_domains(&**qemu));
        let networks = self.network.as_ref().map_or(0, |network| active_networks(&**network));
        guests + networks
    }

    fn default_uri(&self) -> Result<String> {
        let scheme = match self.subjects {
            Subjects::All => "qemu",
            Subjects::Only(scheme) => scheme,
        };
        Ok(format!("{scheme}://{}", self.instance))
    }

    fn check_instance(&self, request: &Request<'_>) -> Result<()> {
        let path = address::path(request.uri);
        if path == self.instance {
            return Ok(());
        }
        let (uri, scheme) = (request.uri, request.uri.scheme());
        let detail = format!("'{uri}': this daemon serves '{scheme}://{}'", self.instance);
        Err(Error::new(ErrorCode::NoConnect, detail))
    }
}

fn active_domains(driver: &dyn HypervisorDriver) -> usize {
    use ferrovirt_core::abi::VIR_CONNECT_LIST_DOMAINS_ACTIVE;
    driver.connect_list_all_domains(VIR_CONNECT_LIST_DOMAINS_ACTIVE).map_or(0, |ids| ids.len())
}

fn active_networks(driver: &dyn ferrovirt_core::driver::NetworkDriver) -> usize {
    use ferrovirt_core::abi::VIR_CONNECT_LIST_NETWORKS_ACTIVE;
    driver.connect_list_all_networks(VIR_CONNECT_LIST_NETWORKS_ACTIVE).map_or(0, |ids| ids.len())
}
