//! Bringing the disks of a snapshot in line with those of the guest: one each, in the guest's order, by target.

use super::{DomainSnapshot, SnapshotDisk};
use crate::domain::{Disk, Domain, SnapshotLocation, StorageSource, StorageType};
use ferrovirt_core::{Error, ErrorDomain, Result};
use std::collections::HashMap;

impl DomainSnapshot {
    /// Gives every disk of the guest its place, `default` where nothing is said. An internal snapshot is one of all
    /// disks, so that none may say otherwise. `other` stands for the guest where the snapshot has no description of it.
    pub fn align_disks(&mut self, other: Option<&Domain>, default: SnapshotLocation) -> Result<()> {
        let own = self.domain.take();
        let outcome = match own.as_deref().or(other) {
            None => Err(Error::internal("the snapshot does not know the domain's disks")),
            Some(domain) => self.align(&domain.devices.disks, default),
        };
        self.domain = own;
        outcome.map_err(|err| err.or_domain(ErrorDomain::DomainSnapshot))
    }

    fn align(&mut self, disks: &[Disk], default: SnapshotLocation) -> Result<()> {
        if self.disks.len() > disks.len() {
            let text =
                format!("the snapshot names {} disks, the domain has {}", self.disks.len(), disks.len());
            return Err(Error::config_unsupported(text));
        }
        let uniform = default == SnapshotLocation::Internal;
        let mut given = HashMap::new();
        for mut wanted in std::mem::take(&mut self.disks) {
            let disk = find(disks, &wanted.name).ok_or_else(|| {
                Error::config_unsupported(format!("the domain has no disk '{}'", wanted.name))
            })?;
            let target = disk.name().unwrap_or_default();
            check_location(&mut wanted, disk, default, uniform)?;
            let name = std::mem::replace(&mut wanted.name, target.to_owned());
            if given.insert(target, wanted).is_some() {
                return Err(Error::config_unsupported(format!("disk '{name}' is named twice")));
            }
        }
        for disk in disks {
            let name = disk.name().unwrap_or_default();
            let aligned = given.remove(name).unwrap_or_else(|| {
                let chosen = if disk.source.is_empty() {
                    Some(SnapshotLocation::No)
                } else {
                    disk.snapshot_location()
                };
                SnapshotDisk {
                    name: name.to_owned(),
                    snapshot: chosen.or(Some(default)),
                    source: StorageSource::default(),
                    ..SnapshotDisk::default()
                }
            });
            self.disks.push(aligned);
        }
        self.name_files(disks)
    }

    /// Makes up names for new files: the old one's, with the snapshot's in place of the suffix.
    fn name_files(&mut self, disks: &[Disk]) -> Result<()> {
        for (index, own) in disks.iter().enumerate() {
            let disk = &self.disks[index];
            if disk.snapshot != Some(SnapshotLocation::External) || disk.source.path().is_some() {
                continue;
            }
            let refuse = |why: &str| {
                let text = format!("no file name can be made up for disk '{}': {why}; give one", disk.name);
                Err(Error::config_unsupported(text))
            };
            if disk.source.location.kind() != StorageType::File {
                return refuse("it is not to be a file");
            }
            let Some(old) = own.source.path() else { return refuse("it has no source") };
            // What is no regular file may be anything: nobody should write beside a device.
            if !std::fs::metadata(old).is_ok_and(|metadata| metadata.is_file()) {
                return refuse("its source is not a regular file");
            }
            let stem = match old.rsplit_once('.') {
                Some((stem, suffix)) if !suffix.contains('/') => stem,
                _ => old,
            };
            let new = format!("{stem}.{}", self.name);
            if self.disks[..index].iter().any(|earlier| earlier.source.path() == Some(&new)) {
                return refuse("another disk has the one that would be");
            }
            self.disks[index].source = StorageSource::file(new);
        }
        Ok(())
    }
}

fn check_location(
    wanted: &mut SnapshotDisk,
    disk: &Disk,
    default: SnapshotLocation,
    uniform: bool,
) -> Result<()> {
    let no = Some(SnapshotLocation::No);
    let own = disk.snapshot_location();
    match wanted.snapshot {
        None => wanted.snapshot = own.filter(|_| !uniform || own == no).or(Some(default)),
        chosen if uniform && chosen != Some(default) && !(chosen == no && own == no) => {
            let text = format!("disk '{}' must have snapshot='{default}', as all here", wanted.name);
            return Err(Error::config_unsupported(text));
        }
        _ => {}
    }
    if wanted.source.path().is_some() && wanted.snapshot != Some(SnapshotLocation::External) {
        let text = format!("a file for disk '{}' needs snapshot='external'", wanted.name);
        return Err(Error::config_unsupported(text));
    }
    Ok(())
}

/// The disk of this target, or of this path if it is the only one.
pub(crate) fn find<'a>(disks: &'a [Disk], name: &str) -> Option<&'a Disk> {
    if !name.starts_with('/') {
        return disks.iter().find(|disk| disk.name() == Some(name));
    }
    let mut found = disks.iter().filter(|disk| disk.source.path() == Some(name));
    found.next().filter(|_| found.next().is_none())
}
