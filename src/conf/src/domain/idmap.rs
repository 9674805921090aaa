//! `<idmap>`: how users and groups of a container are mapped to those of the host.

use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<idmap>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct IdMaps {
    #[xml(child = "uid")]
    pub uids: Vec<IdRange>,
    #[xml(child = "gid")]
    pub gids: Vec<IdRange>,
}

/// A range of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct IdRange {
    /// The first in the container.
    #[xml(attr)]
    pub start: u32,
    /// The first on the host.
    #[xml(attr)]
    pub target: u32,
    #[xml(attr)]
    pub count: u32,
}

impl IdMaps {
    /// Brings the ranges into order.
    pub fn fill_defaults(&mut self) {
        self.uids.sort_by_key(|range| range.start);
        self.gids.sort_by_key(|range| range.start);
    }
}
