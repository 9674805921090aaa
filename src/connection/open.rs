//! Opening: from a URI to the drivers that serve it.

use super::drivers::Drivers;
use super::{Connection, address, embedded};
use ferrovirt_core::abi::{VIR_CONNECT_NO_ALIASES, VIR_CONNECT_RO};
use ferrovirt_core::driver::Authenticator;
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_driver_test::TestDriver;
use fluent_uri::Uri;
use std::sync::Arc;

/// Whether a connection may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessMode {
    #[default]
    ReadWrite,
    ReadOnly,
}

/// How to open a connection.
#[derive(Default)]
pub struct OpenOptions {
    access: AccessMode,
    no_aliases: bool,
    authenticator: Option<Arc<dyn Authenticator>>,
}

/// What an opener is asked for.
pub(crate) struct Request<'a> {
    pub uri: &'a Uri<&'a str>,
    /// Who answers if the other side wants a login.
    pub authenticator: Option<Arc<dyn Authenticator>>,
}

impl Request<'_> {
    /// The value of a query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        address::parameter(self.uri, name)
    }
}

type Opener = fn(&Request<'_>) -> Result<Drivers>;

/// The compiled-in drivers, by URI scheme.
const OPENERS: &[(&str, Opener)] = &[("qemu", embedded::qemu), ("test", open_test)];

pub(super) fn open_test(request: &Request<'_>) -> Result<Drivers> {
    let path = address::path(request.uri);
    let driver = Arc::new(TestDriver::open(&path, request.authenticator.as_deref())?);
    Ok(Drivers {
        hypervisor: driver.clone(),
        network: driver.clone(),
        interface: driver.clone(),
        nodedev: driver.clone(),
        storage: driver.clone(),
        ..Drivers::hypervisor_only(driver)
    })
}

type Probe = fn() -> Option<String>;

/// Which URI a driver would like to be the default on this host, in the order of asking; those count that are built in.
const PROBES: &[(&str, Probe)] = &[("qemu", default_qemu)];

fn default_qemu() -> Option<String> {
    let instance = if rustix::process::geteuid().is_root() { "system" } else { "session" };
    Some(format!("qemu:///{instance}"))
}

impl OpenOptions {
    pub fn new() -> Self {
        Self::default()
    }

    /// The options that `virConnectFlags` stand for.
    pub fn from_flags(flags: u32) -> Result<Self> {
        let unknown = flags & !(VIR_CONNECT_RO | VIR_CONNECT_NO_ALIASES);
        if unknown != 0 {
            return Err(Error::invalid_arg(format!(
                "unsupported flags (0x{unknown:x}) for opening a connection"
            )));
        }
        let access = if flags & VIR_CONNECT_RO != 0 { AccessMode::ReadOnly } else { AccessMode::ReadWrite };
        Ok(Self { access, no_aliases: flags & VIR_CONNECT_NO_ALIASES != 0, authenticator: None })
    }

    /// Refuse every call that would change something.
    pub fn read_only(mut self) -> Self {
        self.access = AccessMode::ReadOnly;
        self
    }

    /// Take the URI as it is, not as one of the user's aliases.
    pub fn no_aliases(mut self) -> Self {
        self.no_aliases = true;
        self
    }

    /// Who answers if the other side wants a login.
    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }

    /// Opens `uri`; `None` takes the default from the environment or the configuration, or probes.
    pub fn open(self, uri: Option<&str>) -> Result<Connection> {
        let config = address::client_config("libvirt.conf")?;
        let environment = std::env::var("LIBVIRT_DEFAULT_URI").ok();
        let chosen = address::choose(uri, environment.as_deref(), &config, !self.no_aliases)?;
        let text = chosen.or_else(probe).ok_or_else(|| {
            let detail = "no URI was given, none is configured, and no built-in driver can tell a default";
            Error::new(ErrorCode::NoConnect, detail)
        })?;
        let parsed = address::parse(&text)?;
        let root = address::parameter(&parsed, "root");
        address::check_embedded(&parsed, root.as_deref())?;
        let opener = opener(parsed.scheme().as_str()).ok_or_else(|| {
            let known: Vec<_> = OPENERS.iter().map(|(name, _)| *name).collect();
            let scheme = parsed.scheme();
            Error::new(
                ErrorCode::NoConnect,
                format!("'{text}': no driver for '{scheme}' is built in; there are: {}", known.join(", ")),
            )
        })?;
        let request = Request { uri: &parsed, authenticator: self.authenticator };
        let drivers = opener(&request)?;
        Ok(Connection::new(text, self.access, drivers))
    }
}

fn opener(scheme: &str) -> Option<Opener> {
    OPENERS.iter().find(|(name, _)| *name == scheme).map(|(_, opener)| *opener)
}

/// The first default that a built-in driver proposes.
fn probe() -> Option<String> {
    PROBES.iter().filter(|(scheme, _)| opener(scheme).is_some()).find_map(|(_, propose)| propose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_options_and_unknown_ones_are_refused() {
        let options = OpenOptions::from_flags(VIR_CONNECT_RO).unwrap();
        assert_eq!((options.access, options.no_aliases), (AccessMode::ReadOnly, false));
        assert!(OpenOptions::from_flags(VIR_CONNECT_NO_ALIASES).unwrap().no_aliases);
        let err = OpenOptions::from_flags(4).err().unwrap();
        assert_eq!(err.code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn a_scheme_that_nobody_serves_is_named() {
        let err = Connection::open(Some("nosuchdriver:///x")).err().unwrap();
        assert_eq!(err.code(), ErrorCode::NoConnect);
        assert!(err.message().contains("nosuchdriver"), "{err}");
    }
}
