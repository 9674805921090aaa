//! What happens when the guest ends, one way or another.

use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// `<on_poweroff>` and its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct LifecycleEvents {
    #[xml(
        value = "on_poweroff",
        default = "LifecycleAction::Destroy",
        error = "ConfigUnsupported",
        strict = "without_dumps"
    )]
    pub on_poweroff: LifecycleAction,
    #[xml(
        value = "on_reboot",
        default = "LifecycleAction::Restart",
        error = "ConfigUnsupported",
        strict = "without_dumps"
    )]
    pub on_reboot: LifecycleAction,
    #[xml(value = "on_crash", default = "LifecycleAction::Destroy", error = "ConfigUnsupported")]
    pub on_crash: LifecycleAction,
    /// When a lock on a disk is lost.
    #[xml(value = "on_lockfailure", error = "ConfigUnsupported")]
    pub on_lock_failure: Option<LockFailureAction>,
}

impl Default for LifecycleEvents {
    fn default() -> Self {
        Self {
            on_poweroff: LifecycleAction::Destroy,
            on_reboot: LifecycleAction::Restart,
            on_crash: LifecycleAction::Destroy,
            on_lock_failure: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum LifecycleAction {
    Destroy,
    Restart,
    RenameRestart,
    Preserve,
    CoredumpDestroy,
    CoredumpRestart,
}

/// What the schema knows for an end that is no crash.
mod without_dumps {
    use ferrovirt_xml::ValueKind;

    const NAMES: &[&str] = &["destroy", "restart", "rename-restart", "preserve"];
    pub const KIND: ValueKind = ValueKind::OneOf(NAMES);

    pub fn valid(text: &str) -> bool {
        NAMES.contains(&text)
    }
}

/// What a guest can end by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleKind {
    PowerOff,
    Reboot,
    Crash,
}

impl LifecycleKind {
    /// By its number (`virDomainLifecycle`).
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::PowerOff, Self::Reboot, Self::Crash].get(number as usize).copied()
    }
}

impl LifecycleAction {
    /// By its number (`virDomainLifecycleAction`); dumps are for crashes only.
    pub fn for_kind(number: u32, kind: LifecycleKind) -> Result<Self> {
        let wanted = Self::ALL.get(number as usize).copied();
        let wanted = wanted
            .ok_or_else(|| Error::invalid_arg(format!("there is no life cycle action number {number}")))?;
        if matches!(wanted, Self::CoredumpDestroy | Self::CoredumpRestart) && kind != LifecycleKind::Crash {
            let text = format!("the action '{wanted}' is for crashes only");
            return Err(Error::config_unsupported(text).domain(ErrorDomain::Domain));
        }
        Ok(wanted)
    }
}

impl LifecycleEvents {
    pub fn set(&mut self, kind: LifecycleKind, action: LifecycleAction) {
        match kind {
            LifecycleKind::PowerOff => self.on_poweroff = action,
            LifecycleKind::Reboot => self.on_reboot = action,
            LifecycleKind::Crash => self.on_crash = action,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum LockFailureAction {
    #[xml(name = "poweroff")]
    PowerOff,
    Restart,
    Pause,
    Ignore,
}
