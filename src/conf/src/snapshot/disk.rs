//! `<disk>` of a snapshot: where a disk's content at that instant is.

use crate::domain::{SnapshotLocation, StorageFormat, StorageLocation, StorageSource, StorageType};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Node, Shape, ValueKind, Writer, XmlContent, XmlValue};
use serde::{Deserialize, Serialize};

/// A disk of a snapshot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SnapshotDisk {
    /// The disk's target, such as `vda`, or while it is read its path.
    pub name: String,
    pub snapshot: Option<SnapshotLocation>,
    /// The snapshot is being deleted.
    pub deleting: bool,
    pub format: Option<StorageFormat>,
    /// Where the guest writes from then on.
    pub source: StorageSource,
}

/// The disks in the child `name`, whatever they are called.
pub(super) fn read_all(node: &Node<'_>, name: &'static str) -> Result<Vec<SnapshotDisk>> {
    let disks = node.child(name).into_iter().flat_map(|disks| disks.children());
    disks.map(|disk| SnapshotDisk::parse(&disk)).collect()
}

/// `snapshot='...'`
pub(super) fn location(node: &Node<'_>) -> Result<Option<SnapshotLocation>> {
    let Some(text) = node.attr("snapshot") else { return Ok(None) };
    let location = SnapshotLocation::from_text(text);
    location.map(Some).ok_or_else(|| {
        node.bad_attr("snapshot", ValueKind::Named("no, internal, external or manual"), ErrorCode::XmlError)
    })
}

impl XmlContent for SnapshotDisk {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let name = node.attr("name").ok_or_else(|| node.missing_attr("name", ErrorCode::Internal))?;
        let snapshot = location(node).map_err(|err| err.settle(ErrorDomain::Xml))?;
        let mut source = StorageSource::parse(node).map_err(of_source)?;
        if matches!(source.location.kind(), StorageType::Volume | StorageType::Dir) {
            let text = format!("a disk of a snapshot can't have type='{}'", source.location.kind());
            return Err(node.error(ErrorCode::XmlError, text));
        }
        if node.child("source").is_none() {
            source.location = StorageLocation::empty(source.location.kind());
        }
        let format = match node.child("driver").and_then(|driver| driver.attr("type")) {
            None => None,
            Some(text) => Some(StorageFormat::from_text(text).ok_or_else(|| {
                let text = format!("'{text}' is not the format of a disk");
                node.error(ErrorCode::ConfigUnsupported, text)
            })?),
        };
        if source.location.is_local() && source.path().is_some_and(|path| !path.starts_with('/')) {
            let text = "the path of a snapshot's disk must be absolute";
            return Err(node.error(ErrorCode::XmlError, text));
        }
        let given = source.path().is_some() || format.is_some();
        Ok(Self {
            name: name.to_owned(),
            snapshot: snapshot.or(given.then_some(SnapshotLocation::External)),
            deleting: node.child("snapshotDeleteInProgress").is_some(),
            format,
            source,
        })
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("name", &self.name);
        if let Some(snapshot) = &self.snapshot {
            w.attr("snapshot", snapshot);
        }
        if self.says_where() {
            w.attr("type", &self.source.location.kind());
        }
    }

    fn write_children(&self, w: &mut Writer) {
        if self.deleting {
            w.flag("snapshotDeleteInProgress");
        }
        if let Some(format) = &self.format {
            w.open("driver");
            w.attr("type", format);
            w.close("driver");
        }
        if self.says_where() {
            self.source.write_children(w);
        }
    }

    fn shape() -> &'static Shape {
        super::shape::Disk::shape()
    }
}

/// What is wrong with a source is told as for the disk of a domain.
fn of_source(err: Error) -> Error {
    let err = err.or_domain(ErrorDomain::Domain);
    let domain = err.error_domain();
    err.settle(domain)
}

impl SnapshotDisk {
    fn says_where(&self) -> bool {
        self.source.path().is_some() || self.format.is_some()
    }
}
