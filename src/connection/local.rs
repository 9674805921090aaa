//! The drivers that a daemon has in its own process: the stateful ones opened once and shared by all connections.

use super::drivers::Drivers;
use super::open::{Request, open_test};
use super::{AccessMode, Connection, address};
use ferrovirt_core::driver::HypervisorDriver;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_driver_network::NetworkState;
use ferrovirt_driver_qemu::QemuDriver;
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
    qemu: Option<Arc<QemuDriver>>,
}

impl LocalHost {
    /// Opens the stateful drivers on the files of `layout`: running guests and networks are found again, and what is
    /// to start with the host is started.
    pub fn start(layout: Layout, privileged: bool, subjects: Subjects) -> Result<Self> {
        let needed = ["qemu", "network"].into_iter().any(|scheme| subjects.has(scheme));
        let network = needed.then(|| NetworkState::open(layout.clone())).transpose()?;
        let qemu = match &network {
            Some(network) if subjects.has("qemu") => {
                Some(Arc::new(QemuDriver::open(layout, network.clone())?))
            }
            _ => None,
        };
        let instance = if privileged { "/system" } else { "/session" };
        Ok(Self { subjects, instance, network, qemu })
    }

    /// Opens `uri` for a client; `None` takes the first driver of this daemon.
    pub fn open(&self, uri: Option<&str>, access: AccessMode) -> Result<Connection> {
        let text = match uri.filter(|uri| !uri.is_empty()) {
            Some(uri) => uri.to_owned(),
            None => self.default_uri()?,
        };
        let parsed = address::parse(&text)?;
        let request = Request { uri: &parsed, authenticator: None };
        let scheme = parsed.scheme().as_str();
        let drivers = match (scheme, &self.qemu, &self.network) {
            ("test", ..) if self.subjects.has("test") => open_test(&request)?,
            ("qemu", Some(qemu), Some(network)) => {
                self.check_instance(&request)?;
                let qemu: Arc<dyn HypervisorDriver> = qemu.clone();
                Drivers { network: network.clone(), ..Drivers::hypervisor_only(qemu) }
            }
            ("network", _, Some(network)) if self.subjects.has("network") => {
                self.check_instance(&request)?;
                Drivers { network: network.clone(), ..Drivers::without_hypervisor("network") }
            }
            _ => {
                let detail = format!("'{text}': this daemon does not serve '{scheme}'");
                return Err(Error::new(ErrorCode::NoConnect, detail));
            }
        };
        Ok(Connection::new(text, access, drivers))
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
