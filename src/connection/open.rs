//! Opening: from a URI to the drivers that serve it.

use super::drivers::Drivers;
use super::remote::{self, Asked};
use super::{Connection, address, embedded};
use ferrovirt_core::abi::{VIR_CONNECT_NO_ALIASES, VIR_CONNECT_RO};
use ferrovirt_core::driver::Authenticator;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
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
    /// Those of C's flags that a driver in this process does not know.
    odd_flags: u32,
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

/// A driver that runs in this process, and which URIs it serves.
struct Local {
    scheme: &'static str,
    /// Only with all its files below a root of the caller's.
    embedded: bool,
    /// Whose errors are its own.
    domain: ErrorDomain,
    open: Opener,
}

/// The drivers that run in this process; everything else is a daemon's.
const OPENERS: &[Local] = &[
    Local { scheme: "nwfilter", embedded: true, domain: ErrorDomain::Nwfilter, open: embedded::nwfilter },
    Local { scheme: "qemu", embedded: true, domain: ErrorDomain::Qemu, open: embedded::qemu },
    Local { scheme: "secret", embedded: true, domain: ErrorDomain::Secret, open: embedded::secret },
    Local { scheme: "storage", embedded: true, domain: ErrorDomain::Storage, open: embedded::storage },
    Local { scheme: "test", embedded: false, domain: ErrorDomain::Test, open: open_test },
];

/// Drivers that never are a daemon's, and are not built in yet.
const NOT_BUILT_IN: &[&str] = &["vpx", "esx", "gsx", "hyperv", "parallels"];

/// Those of them that reach their hosts over the network only.
const NEED_A_SERVER: &[&str] = &["vpx", "esx", "gsx"];

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

impl OpenOptions {
    pub fn new() -> Self {
        Self::default()
    }

    /// The options that `virConnectFlags` stand for. Drivers in this process refuse all but `VIR_CONNECT_RO`.
    pub fn from_flags(flags: u32) -> Self {
        let access = if flags & VIR_CONNECT_RO != 0 { AccessMode::ReadOnly } else { AccessMode::ReadWrite };
        let no_aliases = flags & VIR_CONNECT_NO_ALIASES != 0;
        Self { access, no_aliases, odd_flags: flags & !VIR_CONNECT_RO, authenticator: None }
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

    /// Opens `uri`; `None` takes the default from the environment or the configuration, or that of the host's daemon.
    pub fn open(self, uri: Option<&str>) -> Result<Connection> {
        let config = address::client_config("libvirt.conf")?;
        let environment = std::env::var("LIBVIRT_DEFAULT_URI").ok();
        let chosen = address::choose(uri, environment.as_deref(), &config, !self.no_aliases)?;
        let read_only = self.access == AccessMode::ReadOnly;
        let Some(text) = chosen else {
            let authenticator = self.authenticator;
            let drivers = remote::open(Asked {
                uri: None,
                read_only,
                authenticator,
                config: &config,
                on_behalf: None,
            })?;
            let opened = drivers.hypervisor.connect_get_uri()?;
            return Ok(Connection::new(opened, self.access, drivers));
        };
        let parsed = address::parse(&text)?;
        let root = address::parameter(&parsed, "root");
        address::check_embedded(&parsed, root.as_deref())?;
        let drivers = match local(&parsed)? {
            Some(local) => {
                local.check_flags(self.odd_flags)?;
                (local.open)(&Request { uri: &parsed, authenticator: self.authenticator })?
            }
            None => {
                let (uri, authenticator) = (Some(&parsed), self.authenticator);
                remote::open(Asked { uri, read_only, authenticator, config: &config, on_behalf: None })?
            }
        };
        Ok(Connection::new(address::canonical(&parsed), self.access, drivers))
    }
}

impl Local {
    fn check_flags(&self, odd: u32) -> Result<()> {
        if odd == 0 {
            return Ok(());
        }
        let detail = format!("unsupported flags (0x{odd:x}) for opening a connection to '{}'", self.scheme);
        Err(Error::invalid_arg(detail).domain(self.domain))
    }
}

/// The driver in this process that serves a URI, if there is one: a host's name always means a daemon.
fn local(uri: &Uri<&str>) -> Result<Option<&'static Local>> {
    let (scheme, path) = (uri.scheme().as_str(), address::path(uri));
    let on_a_host = uri.authority().is_some_and(|authority| !authority.host().is_empty());
    if !on_a_host && NEED_A_SERVER.iter().any(|name| scheme.eq_ignore_ascii_case(name)) {
        let detail = format!("'{uri}' names no server, as in '{scheme}://server/'");
        return Err(Error::invalid_arg(detail).domain(ErrorDomain::None));
    }
    if NOT_BUILT_IN.iter().any(|name| scheme.eq_ignore_ascii_case(name)) {
        let detail = format!("'{uri}': the driver '{scheme}' is not built in, and daemons do not have it");
        return Err(Error::config_unsupported(detail).domain(ErrorDomain::None));
    }
    if on_a_host {
        return Ok(None);
    }
    let embedded = path == "/embed";
    let found = OPENERS.iter().find(|local| local.scheme == scheme && local.embedded == embedded);
    if embedded && found.is_none() {
        let known: Vec<_> = OPENERS.iter().filter(|local| local.embedded).map(|local| local.scheme).collect();
        let detail = format!("'{uri}': drivers that can be embedded are: {}", known.join(", "));
        return Err(Error::new(ErrorCode::NoConnect, detail));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_options_and_unknown_ones_are_refused() {
        let options = OpenOptions::from_flags(VIR_CONNECT_RO);
        assert_eq!((options.access, options.no_aliases), (AccessMode::ReadOnly, false));
        assert!(OpenOptions::from_flags(VIR_CONNECT_NO_ALIASES).no_aliases);
        let refused = |flags, uri| {
            let err = OpenOptions::from_flags(flags).open(Some(uri)).err().unwrap();
            (err.code(), err.error_domain())
        };
        assert_eq!(refused(4, "test:///default"), (ErrorCode::InvalidArg, ErrorDomain::Test));
        assert_eq!(refused(VIR_CONNECT_NO_ALIASES, "test:///x"), (ErrorCode::InvalidArg, ErrorDomain::Test));
    }

    #[test]
    fn what_runs_in_this_process_and_what_is_a_daemons() {
        let served = |text: &str| {
            let parsed = address::parse(text).unwrap();
            local(&parsed).map(|local| local.map(|local| local.scheme)).map_err(|err| err.code())
        };
        assert_eq!(served("test:///default"), Ok(Some("test")));
        assert_eq!(served("qemu:///embed?root=/r"), Ok(Some("qemu")));
        for remote in ["test+unix:///default", "test://host/default", "qemu:///system", "nosuchdriver:///x"] {
            assert_eq!(served(remote), Ok(None), "{remote}");
        }
        assert_eq!(served("lxc:///embed?root=/r"), Err(ErrorCode::NoConnect));
        assert_eq!(served("esx://host/"), Err(ErrorCode::ConfigUnsupported));
        assert_eq!(served("vpx:///"), Err(ErrorCode::InvalidArg));
    }
}
