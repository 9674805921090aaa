//! What happens when the guest ends, one way or another.

use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// `<on_poweroff>` and its siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct LifecycleEvents {
    #[xml(value = "on_poweroff", default = "LifecycleAction::Destroy", error = "ConfigUnsupported")]
    pub on_poweroff: LifecycleAction,
    #[xml(value = "on_reboot", default = "LifecycleAction::Restart", error = "ConfigUnsupported")]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum LockFailureAction {
    #[xml(name = "poweroff")]
    PowerOff,
    Restart,
    Pause,
    Ignore,
}
