//! `<pm>`: whether the guest may sleep.

use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

/// `<pm>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct PowerManagement {
    /// S3.
    #[xml(attr = "suspend-to-mem/@enabled")]
    pub suspend_to_mem: Option<YesNo>,
    /// S4.
    #[xml(attr = "suspend-to-disk/@enabled")]
    pub suspend_to_disk: Option<YesNo>,
}
