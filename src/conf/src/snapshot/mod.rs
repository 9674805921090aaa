//! `<domainsnapshot>`: a guest as it was at an instant.

mod align;
mod disk;
mod shape;

pub(crate) use align::find as find_disk;
pub use disk::SnapshotDisk;

use crate::domain::{Domain, SnapshotLocation};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    Document, Node, RawElement, Writer, XmlContent, XmlElement, XmlEnum, XmlValue, check_part, check_shape,
};
use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainSnapshot {
    pub name: String,
    pub description: Option<String>,
    /// What the guest was doing.
    pub state: Option<SnapshotState>,
    /// The snapshot that it follows.
    pub parent: Option<String>,
    /// In seconds since 1970.
    pub creation_time: i64,
    /// Where the guest's memory is.
    pub memory: Option<SnapshotLocation>,
    pub memory_file: Option<String>,
    pub disks: Vec<SnapshotDisk>,
    /// Where the disks were before the guest went back to this snapshot.
    pub revert_disks: Vec<SnapshotDisk>,
    /// The guest's description at that instant.
    pub domain: Option<Box<Domain>>,
    /// Its permanent one, where that was another.
    pub inactive_domain: Option<Box<Domain>>,
    /// What a driver keeps for itself.
    pub cookie: Option<RawElement>,
}

/// What a guest was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SnapshotState {
    Running,
    Blocked,
    Paused,
    Shutdown,
    Shutoff,
    Crashed,
    #[xml(name = "pmsuspended")]
    PmSuspended,
    /// Only the disks were taken.
    DiskSnapshot,
}

impl SnapshotState {
    /// The number of the domain's state; a snapshot of the disks alone has one of its own.
    pub fn from_number(state: u32) -> Option<Self> {
        Self::ALL.get((state as usize).checked_sub(1)?).copied()
    }

    /// Whether the guest had memory to keep.
    pub fn is_online(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }

    fn is_offline(self) -> bool {
        matches!(self, Self::Shutoff | Self::DiskSnapshot)
    }
}

/// How the description of the guest inside is read: drivers fill in what is theirs.
pub type ReadDomain<'a> = &'a dyn Fn(&Node<'_>) -> Result<Domain>;

impl DomainSnapshot {
    /// Reads a description. One that is to be `redefined` tells all of a snapshot that was taken before; another one
    /// only what is wanted.
    pub fn from_xml(text: &str, redefined: bool, read: ReadDomain<'_>) -> Result<Self> {
        let document = Document::parse(text, "domain_snapshot")?.without_layout();
        document.expect_root("domainsnapshot")?;
        Self::from_node(&document.root(), redefined, read)
    }

    /// Refuses a description with unknown names and with values that none has.
    pub fn check_strict(text: &str) -> Result<()> {
        Self::check(&Document::parse(text, "domain_snapshot")?)
    }

    pub(crate) fn check(document: &Document<'_>) -> Result<()> {
        document.expect_root("domainsnapshot")?;
        check_shape(document, Self::schema())?;
        // Old ones have nothing but the UUID of the domain.
        match document.root().child("domain").filter(|domain| domain.attr("type").is_some()) {
            Some(domain) => check_part(&domain, Domain::shape()),
            None => Ok(()),
        }
    }

    /// The same for a part of another document.
    pub fn from_node(node: &Node<'_>, redefined: bool, read: ReadDomain<'_>) -> Result<Self> {
        let mut snapshot = Self { description: text_of(node, "description"), ..Self::default() };
        let name = text_of(node, "name");
        if redefined {
            snapshot.name = name.ok_or_else(|| own(node.missing_child("name", ErrorCode::XmlError)))?;
            snapshot.read_past(node, read)?;
        } else {
            snapshot.creation_time = now();
            snapshot.name = name.unwrap_or_else(|| snapshot.creation_time.to_string());
        }
        snapshot.read_memory(node, redefined).map_err(own)?;
        snapshot.disks = disk::read_all(node, "disks").map_err(own)?;
        if redefined {
            snapshot.revert_disks = disk::read_all(node, "revertDisks").map_err(own)?;
        }
        Ok(snapshot)
    }

    /// What only a snapshot can tell that was taken.
    fn read_past(&mut self, node: &Node<'_>, read: ReadDomain<'_>) -> Result<()> {
        let time = text_of(node, "creationTime").and_then(|text| text.trim().parse().ok());
        self.creation_time =
            time.ok_or_else(|| own(node.missing_child("creationTime", ErrorCode::Internal)))?;
        self.parent = node.child("parent").and_then(|parent| text_of(&parent, "name"));
        let state = node.child("state").filter(|state| !state.text().is_empty());
        let state = state.ok_or_else(|| own(node.missing_child("state", ErrorCode::XmlError)))?;
        self.state = Some(SnapshotState::from_text(&state.text()).ok_or_else(|| {
            let text = format!("'{}' is not the state of a snapshot", state.text());
            own(state.error(ErrorCode::ConfigUnsupported, text))
        })?);
        // Old ones have nothing but the UUID of the domain.
        if let Some(domain) = node.child("domain").filter(|domain| domain.attr("type").is_some()) {
            self.domain = Some(Box::new(read(&domain)?));
        }
        if let Some(domain) = node.child("inactiveDomain") {
            self.inactive_domain = Some(Box::new(read(&domain)?));
        }
        self.cookie = node.child("cookie").map(|cookie| RawElement::from_node(&cookie));
        Ok(())
    }

    fn read_memory(&mut self, node: &Node<'_>, redefined: bool) -> Result<()> {
        let memory = node.child("memory");
        if let Some(memory) = &memory {
            self.memory_file = memory.attr("file").map(str::to_owned);
            self.memory = disk::location(memory).map_err(|err| err.settle(ErrorDomain::Xml))?;
        }
        let place = memory.unwrap_or(*node);
        let refuse = |text: &str| Err(place.error(ErrorCode::XmlError, text));
        if self.memory == Some(SnapshotLocation::Manual) {
            return refuse("memory can't be kept by hand: snapshot='manual' is for disks");
        }
        let offline = self.state.is_some_and(SnapshotState::is_offline);
        if self.memory.is_none() {
            self.memory = match (&self.memory_file, redefined) {
                (Some(_), _) => Some(SnapshotLocation::External),
                (None, true) if offline => Some(SnapshotLocation::No),
                (None, true) => Some(SnapshotLocation::Internal),
                (None, false) => None,
            };
        }
        let external = self.memory == Some(SnapshotLocation::External);
        match &self.memory_file {
            Some(_) if !external => return refuse("a file for memory needs snapshot='external'"),
            None if external => return refuse("memory with snapshot='external' needs a file"),
            Some(file) if !file.starts_with('/') => {
                return refuse("the path of the file for memory must be absolute");
            }
            _ => {}
        }
        if offline && self.memory.is_some_and(|memory| memory != SnapshotLocation::No) {
            return refuse("a guest that is off has no memory to keep");
        }
        Ok(())
    }

    /// Whether any part of it is in a file of its own.
    pub fn is_external(&self) -> bool {
        let external = Some(SnapshotLocation::External);
        self.memory == external || self.disks.iter().any(|disk| disk.snapshot == external)
    }

    /// The description as text; `domain` is the guest's UUID, for snapshots that know no more of it. Descriptions of the
    /// guest keep their secrets only where asked for.
    pub fn to_xml(&self, domain: Uuid, secure: bool) -> String {
        let mut w = Writer::new();
        w.open("domainsnapshot");
        w.value("name", &self.name);
        optional(&mut w, "description", self.description.as_ref());
        optional(&mut w, "state", self.state.as_ref());
        if let Some(parent) = &self.parent {
            w.open("parent");
            w.value("name", parent);
            w.close("parent");
        }
        if self.creation_time != 0 {
            w.value("creationTime", &self.creation_time);
        }
        if let Some(memory) = &self.memory {
            w.open("memory");
            w.attr("snapshot", memory);
            if let Some(file) = &self.memory_file {
                w.attr("file", file);
            }
            w.close("memory");
        }
        for (name, disks) in [("disks", &self.disks), ("revertDisks", &self.revert_disks)] {
            if !disks.is_empty() {
                w.open(name);
                disks.iter().for_each(|disk| w.element("disk", disk));
                w.close(name);
            }
        }
        match &self.domain {
            Some(model) => write_domain(&mut w, Domain::TAG.name, model, secure),
            None => {
                w.open("domain");
                w.value("uuid", &domain);
                w.close("domain");
            }
        }
        if let Some(model) = &self.inactive_domain {
            write_domain(&mut w, "inactiveDomain", model, secure);
        }
        if let Some(cookie) = &self.cookie {
            w.raw(cookie);
        }
        w.close("domainsnapshot");
        w.finish()
    }
}

/// Writes a guest's description as a part of another document.
pub(crate) fn write_domain(w: &mut Writer, name: &'static str, model: &Domain, secure: bool) {
    if secure {
        return w.element(name, model);
    }
    let mut model = model.clone();
    model.strip_secrets();
    w.element(name, &model);
}

pub(crate) fn optional<T: XmlValue>(w: &mut Writer, name: &'static str, value: Option<&T>) {
    if let Some(value) = value {
        w.value(name, value);
    }
}

/// The text of a child; an empty one counts as absent.
pub(crate) fn text_of(node: &Node<'_>, name: &'static str) -> Option<String> {
    node.child(name).map(|child| child.text().into_owned()).filter(|text| !text.is_empty())
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs().try_into().unwrap_or(i64::MAX)
}

fn own(err: Error) -> Error {
    err.domain(ErrorDomain::DomainSnapshot)
}

#[cfg(test)]
mod tests;
