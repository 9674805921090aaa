//! Who may do what: `access_drivers = ["polkit"]` has the system's authority asked about every call and every object.
//!
//! Actions and details have libvirt's names (`org.libvirt.api.domain.getattr`, `domain_uuid`). The rules of a call
//! stand in its row.

mod object;
pub mod polkit;

pub use object::{Known, Told};

use crate::config::Config;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_rpc::procedure::Rule;
use polkit::{Polkit, Subject, Verdict, Wish};
use std::sync::Arc;
use tokio::runtime::Handle;

/// The access control of a daemon.
pub struct Access {
    polkit: Polkit,
    /// The reactor, which talks with the bus.
    reactor: Handle,
    /// Every call is asked about.
    controls: bool,
}

impl Access {
    /// As the configuration says. The reactor is that of the caller.
    pub fn new(config: &Config) -> Result<Arc<Self>> {
        let mut controls = false;
        for driver in &config.access_drivers {
            match driver.as_str() {
                "none" => {}
                "polkit" => controls = true,
                other => {
                    return Err(Error::config_unsupported(format!(
                        "'access_drivers' names '{other}'; there are \"none\" and \"polkit\""
                    )));
                }
            }
        }
        Ok(Arc::new(Self { polkit: Polkit::default(), reactor: Handle::current(), controls }))
    }

    /// Whether every call is asked about.
    pub fn is_controlled(&self) -> bool {
        self.controls
    }

    /// Runs something on the reactor.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.reactor.spawn(task);
    }

    /// Logs a process in on a socket whose `auth_unix_…` is `"polkit"`. Not from the reactor's own thread.
    pub fn log_in(&self, subject: Option<Subject>, read_only: bool) -> Result<()> {
        let action = if read_only { "org.libvirt.unix.monitor" } else { "org.libvirt.unix.manage" };
        let wish = Wish { action: action.to_owned(), details: Vec::new() };
        let (code, why) = match self.reactor.block_on(self.polkit.ask(known(subject)?, &wish, true))? {
            Verdict::Allowed => return Ok(()),
            Verdict::Denied => (ErrorCode::AuthFailed, "polkit does not allow it".to_owned()),
            Verdict::Dismissed => (ErrorCode::AuthCancelled, "the user did not want to log in".to_owned()),
            Verdict::NeedsSomebody => {
                let why = format!("no polkit agent available to authenticate action '{action}'");
                (ErrorCode::AuthUnavailable, why)
            }
        };
        Err(Error::new(code, why).domain(ErrorDomain::Auth))
    }

    /// Refuses what one of the rules does not allow. Not from the reactor's own thread.
    pub fn check(&self, subject: Option<Subject>, rules: &[&'static Rule], about: &Known) -> Result<()> {
        self.reactor.block_on(async {
            for rule in rules {
                self.ask(subject, rule.object, rule.permission, about).await?;
            }
            Ok(())
        })
    }

    /// Whether an object may be shown. Not from the reactor's own thread.
    pub fn shows(&self, subject: Option<Subject>, object: &str, permission: &str, about: &Known) -> bool {
        self.reactor.block_on(self.ask(subject, object, permission, about)).is_ok()
    }

    /// The same for who can wait without a thread.
    pub async fn ask(
        &self,
        subject: Option<Subject>,
        object: &str,
        permission: &str,
        about: &Known,
    ) -> Result<()> {
        let action = format!("org.libvirt.api.{object}.{permission}").replace('_', "-");
        let wish = Wish { action, details: about.details(object) };
        match self.polkit.ask(known(subject)?, &wish, false).await? {
            Verdict::Allowed => Ok(()),
            _ => {
                let detail = format!("'{}' denied access to {}", wish.action, about.name());
                Err(Error::new(ErrorCode::AccessDenied, detail).domain(ErrorDomain::Access))
            }
        }
    }
}

/// Only processes of this host can be asked about.
fn known(subject: Option<Subject>) -> Result<Subject> {
    subject.ok_or_else(|| {
        let detail =
            "polkit is asked about processes of this host only, and this client came from the network";
        Error::new(ErrorCode::AccessDenied, detail).domain(ErrorDomain::Access)
    })
}
