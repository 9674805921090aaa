//! `<resource>`: where on the host the guest is counted.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<resource>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct Resource {
    /// The cgroup above the guest's, as a path that begins with a slash.
    #[xml(value)]
    pub partition: Option<String>,
    /// What fibre channel frames of the guest are tagged with.
    #[xml(attr = "fibrechannel/@appid")]
    pub fibre_channel_appid: Option<String>,
}
