//! The daemons of other drivers, beside one that serves a single driver or none: found by their sockets' names.

use super::drivers::Drivers;
use super::remote::{self, Asked};
use super::{AccessMode, address};
use ferrovirt_core::{ConfigFile, Error, ErrorCode, Result};
use ferrovirt_driver_remote::Acting;
use fluent_uri::Uri;
use fluent_uri::pct_enc::EString;
use fluent_uri::pct_enc::encoder::{Data, Query};
use std::path::PathBuf;

/// Where other daemons listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbours {
    /// The folder with everybody's sockets.
    pub folder: PathBuf,
}

/// Hypervisors in the order in which one is chosen for who names none.
const HYPERVISORS: &[&str] = &["qemu", "xen", "lxc", "vbox", "vz", "bhyve", "ch"];

impl Neighbours {
    /// A neighbour's drivers. It may come and go: it is looked for when there is something to ask.
    pub(super) fn of(
        &self,
        driver: &str,
        instance: &str,
        access: AccessMode,
        acting: &Acting,
    ) -> Result<Drivers> {
        let text = format!("{driver}://{instance}");
        self.ask(&address::parse(&text)?, access, Some(acting.clone()))
    }

    /// Has the daemon of the URI's driver do what a client wants.
    pub(super) fn open(&self, uri: &Uri<&str>, access: AccessMode, acting: &Acting) -> Result<Drivers> {
        let driver = uri.scheme().as_str();
        let socket = self.socket(driver, access);
        if !socket.exists() {
            let detail =
                format!("'{uri}': no daemon serves '{driver}' here: there is no '{}'", socket.display());
            return Err(Error::new(ErrorCode::NoConnect, detail));
        }
        let drivers = self.ask(uri, access, None)?;
        if let Some(identity) = acting() {
            drivers.hypervisor.connect_set_identity(&identity, 0)?;
        }
        Ok(drivers)
    }

    /// The URI for who names none.
    pub(super) fn default_uri(&self, instance: &str) -> String {
        let is_there = |driver: &&&str| self.socket(driver, AccessMode::ReadWrite).exists();
        format!("{}://{instance}", HYPERVISORS.iter().find(is_there).unwrap_or(&HYPERVISORS[0]))
    }

    fn ask(&self, uri: &Uri<&str>, access: AccessMode, on_behalf: Option<Acting>) -> Result<Drivers> {
        let socket = self.socket(uri.scheme().as_str(), access);
        let query = uri.query().map_or_else(String::new, |query| format!("{query}&"));
        let text = format!(
            "{}+unix://{}?{query}socket={}",
            uri.scheme(),
            uri.path(),
            encoded(&socket.display().to_string())
        );
        let parsed = address::parse(&text)?;
        let read_only = access == AccessMode::ReadOnly;
        let config = ConfigFile::parse("", "")?;
        remote::open(Asked { uri: Some(&parsed), read_only, authenticator: None, config: &config, on_behalf })
    }

    /// The socket of a driver's daemon.
    fn socket(&self, driver: &str, access: AccessMode) -> PathBuf {
        let suffix = if access == AccessMode::ReadOnly { "sock-ro" } else { "sock" };
        self.folder.join(format!("virt{driver}d-{suffix}"))
    }
}

/// A value for a URI's query.
fn encoded(text: &str) -> String {
    let mut encoded = EString::<Query>::new();
    encoded.encode_str::<Data>(text);
    encoded.into_string()
}
