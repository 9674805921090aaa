//! `<domaincheckpoint>`: an instant from which on a guest's disks remember what was written.

mod shape;

use crate::domain::{Disk, Domain};
use crate::snapshot::{self, ReadDomain, now, optional, text_of};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, ValueKind, Writer, XmlElement, XmlEnum, XmlValue, check_shape};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DomainCheckpoint {
    pub name: String,
    pub description: Option<String>,
    /// The checkpoint that it follows.
    pub parent: Option<String>,
    /// In seconds since 1970.
    pub creation_time: i64,
    pub disks: Vec<CheckpointDisk>,
    /// The guest's description at that instant.
    pub domain: Option<Box<Domain>>,
}

/// `<disk>` of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointDisk {
    /// The disk's target, such as `vda`, or while it is read its path.
    pub name: String,
    pub kind: CheckpointKind,
    /// The name of what remembers.
    pub bitmap: Option<String>,
}

/// Whether a disk remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum CheckpointKind {
    No,
    Bitmap,
}

/// What of a checkpoint is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CheckpointXml {
    /// The guest's secrets, too.
    pub secure: bool,
    /// Nothing of the guest's description.
    pub no_domain: bool,
    /// How much was written since, in bytes, where it is known.
    pub sizes: Option<u64>,
}

impl DomainCheckpoint {
    /// Refuses what the schema refuses; it is always asked.
    pub(crate) fn check(document: &Document<'_>) -> Result<()> {
        document.expect_root(Self::TAG)?;
        check_shape(document, Self::schema())
    }

    /// Reads a description. One that is to be `redefined` tells all of a checkpoint that was made before; another one
    /// only what is wanted.
    pub fn from_xml(text: &str, redefined: bool, read: ReadDomain<'_>) -> Result<Self> {
        let document = Document::parse(text, "domain_checkpoint")?.without_layout();
        Self::check(&document)?;
        Self::from_node(&document.root(), redefined, read)
    }

    /// Reads a description that was kept, and tells all: the schema is not asked, or a checkpoint would be lost whose
    /// domain was taken in as generously as domains are.
    pub fn kept(text: &str, read: ReadDomain<'_>) -> Result<Self> {
        let document = Document::parse(text, "domain_checkpoint")?.without_layout();
        document.expect_root(Self::TAG)?;
        Self::from_node(&document.root(), true, read)
    }

    fn from_node(node: &Node<'_>, redefined: bool, read: ReadDomain<'_>) -> Result<Self> {
        let mut checkpoint = Self { description: text_of(node, "description"), ..Self::default() };
        let name = text_of(node, "name");
        if redefined {
            checkpoint.name = name.ok_or_else(|| own(node.missing_child("name", ErrorCode::XmlError)))?;
            let time = text_of(node, "creationTime").and_then(|text| text.trim().parse().ok());
            checkpoint.creation_time =
                time.ok_or_else(|| own(node.missing_child("creationTime", ErrorCode::Internal)))?;
            checkpoint.parent = node.child("parent").and_then(|parent| text_of(&parent, "name"));
            if let Some(domain) = node.child("domain") {
                checkpoint.domain = Some(Box::new(read(&domain)?));
            }
        } else {
            checkpoint.creation_time = now();
            checkpoint.name = name.unwrap_or_else(|| checkpoint.creation_time.to_string());
        }
        let disks = node.child("disks").into_iter().flat_map(|disks| disks.children());
        checkpoint.disks = disks.map(|disk| CheckpointDisk::read(&disk)).collect::<Result<_>>()?;
        Ok(checkpoint)
    }

    /// The description as text.
    pub fn to_xml(&self, what: CheckpointXml) -> String {
        let mut w = Writer::new();
        w.open("domaincheckpoint");
        w.value("name", &self.name);
        optional(&mut w, "description", self.description.as_ref());
        if let Some(parent) = &self.parent {
            w.open("parent");
            w.value("name", parent);
            w.close("parent");
        }
        if self.creation_time != 0 {
            w.value("creationTime", &self.creation_time);
        }
        if !self.disks.is_empty() {
            w.open("disks");
            self.disks.iter().for_each(|disk| disk.write(&mut w, what.sizes));
            w.close("disks");
        }
        if let Some(model) = self.domain.as_ref().filter(|_| !what.no_domain) {
            snapshot::write_domain(&mut w, Domain::TAG.name, model, what.secure);
        }
        w.close("domaincheckpoint");
        w.finish()
    }

    /// Gives every disk of the guest its place: all that can be written remember if none is named.
    pub fn align_disks(&mut self) -> Result<()> {
        let domain = self.domain.take();
        let outcome = match &domain {
            None => Err(Error::internal("the checkpoint does not know the domain's disks")),
            Some(domain) => self.align(&domain.devices.disks),
        };
        self.domain = domain;
        outcome.map_err(own)
    }

    fn align(&mut self, disks: &[Disk]) -> Result<()> {
        let refuse = |text: String| Err(Error::config_unsupported(text));
        if self.disks.len() > disks.len() {
            return refuse(format!(
                "the checkpoint names {} disks, the domain has {}",
                self.disks.len(),
                disks.len()
            ));
        }
        if disks.is_empty() {
            return refuse("a domain without disks has nothing to remember".to_owned());
        }
        let default = if self.disks.is_empty() { CheckpointKind::Bitmap } else { CheckpointKind::No };
        let is_fixed = |disk: &Disk| disk.source.is_empty() || disk.readonly;
        let mut given = HashMap::new();
        for wanted in std::mem::take(&mut self.disks) {
            let Some(disk) = snapshot::find_disk(disks, &wanted.name) else {
                return refuse(format!("the domain has no disk '{}'", wanted.name));
            };
            if is_fixed(disk) && wanted.kind != CheckpointKind::No {
                return refuse(format!("disk '{}' is empty or can't be written", wanted.name));
            }
            let target = disk.name().unwrap_or_default();
            let name = wanted.name.clone();
            if given.insert(target, CheckpointDisk { name: target.to_owned(), ..wanted }).is_some() {
                return refuse(format!("disk '{name}' is named twice"));
            }
        }
        self.disks = disks
            .iter()
            .map(|disk| {
                let name = disk.name().unwrap_or_default();
                let kind = if is_fixed(disk) { CheckpointKind::No } else { default };
                given.remove(name).unwrap_or(CheckpointDisk { name: name.to_owned(), kind, bitmap: None })
            })
            .collect();
        self.name_bitmaps();
        Ok(())
    }

    /// A bitmap is called as the checkpoint is, unless it has a name.
    pub fn name_bitmaps(&mut self) {
        let remembering = self.disks.iter_mut().filter(|disk| disk.kind == CheckpointKind::Bitmap);
        remembering.for_each(|disk| {
            disk.bitmap.get_or_insert_with(|| self.name.clone());
        });
    }
}

impl CheckpointDisk {
    fn read(node: &Node<'_>) -> Result<Self> {
        let name = node.attr("name").ok_or_else(|| node.missing_attr("name", ErrorCode::XmlInvalidSchema))?;
        let kind = match node.attr("checkpoint") {
            None => CheckpointKind::Bitmap,
            Some(text) => CheckpointKind::from_text(text).ok_or_else(|| {
                node.bad_attr("checkpoint", ValueKind::Named("no or bitmap"), ErrorCode::XmlInvalidSchema)
            })?,
        };
        Ok(Self { name: name.to_owned(), kind, bitmap: node.attr("bitmap").map(str::to_owned) })
    }

    fn write(&self, w: &mut Writer, size: Option<u64>) {
        w.open("disk");
        w.attr("name", &self.name);
        w.attr("checkpoint", &self.kind);
        if let Some(bitmap) = &self.bitmap {
            w.attr("bitmap", bitmap);
            if let Some(size) = &size {
                w.attr("size", size);
            }
        }
        w.close("disk");
    }
}

fn is_name(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(known)
}

fn own(err: Error) -> Error {
    err.domain(ErrorDomain::DomainCheckpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ParseFlags;

    const DOMAIN: &str = "<domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os>\
        <devices><disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk>\
        <disk type='file' device='cdrom'><target dev='hdc'/></disk></devices></domain>";

    fn aligned(disks: &str) -> Result<DomainCheckpoint> {
        let text = format!("<domaincheckpoint><name>c</name>{disks}</domaincheckpoint>");
        let read = |node: &Node<'_>| Domain::from_node(node, ParseFlags::LOAD);
        let mut checkpoint = DomainCheckpoint::from_xml(&text, false, &read)?;
        checkpoint.domain = Some(Box::new(Domain::read(DOMAIN, ParseFlags::LOAD)?));
        checkpoint.align_disks()?;
        Ok(checkpoint)
    }

    #[test]
    fn disks_that_can_be_written_remember_under_the_checkpoints_name() {
        let text = aligned("").unwrap().to_xml(CheckpointXml { no_domain: true, ..Default::default() });
        assert!(text.contains("<disk name='vda' checkpoint='bitmap' bitmap='c'/>"), "{text}");
        assert!(text.contains("<disk name='hdc' checkpoint='no'/>"), "{text}");
    }

    #[test]
    fn a_disk_that_can_not_be_written_is_refused_where_it_is_named() {
        let err = aligned("<disks><disk name='hdc'/></disks>").unwrap_err();
        assert_eq!(
            (err.code(), err.error_domain()),
            (ErrorCode::ConfigUnsupported, ErrorDomain::DomainCheckpoint)
        );
    }

    #[test]
    fn what_was_kept_is_read_even_where_the_schema_would_refuse_its_domain() {
        let domain = DOMAIN.replace("</devices>", "<video><model type='default'/></video></devices>");
        let text = format!(
            "<domaincheckpoint><name>c</name><creationTime>1</creationTime>{domain}</domaincheckpoint>"
        );
        let read = |node: &Node<'_>| Domain::from_node(node, ParseFlags::LOAD);
        let err = DomainCheckpoint::from_xml(&text, true, &read).unwrap_err();
        assert_eq!(err.code(), ErrorCode::XmlInvalidSchema);
        assert!(DomainCheckpoint::kept(&text, &read).unwrap().domain.is_some());
    }
}
