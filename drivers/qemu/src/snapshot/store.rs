//! What is known of snapshots and checkpoints, on disk: one file each, in libvirt's places and form.

use super::read_domain;
use crate::driver::Shared;
use crate::layout::Paths;
use crate::vm::Vm;
use ferrovirt_conf::checkpoint::{CheckpointXml, DomainCheckpoint};
use ferrovirt_conf::moments::{Moment, Moments};
use ferrovirt_conf::snapshot::DomainSnapshot;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::Document;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// A kind of moment that is kept on disk.
pub trait Kept: Moment {
    fn folder(paths: &Paths, guest: &str) -> PathBuf;
    /// The whole of it; `current`: it is the one that the guest is at.
    fn text(&self, uuid: Uuid, current: bool) -> String;
}

impl Kept for DomainSnapshot {
    fn folder(paths: &Paths, guest: &str) -> PathBuf {
        paths.snapshots().join(guest)
    }

    fn text(&self, uuid: Uuid, current: bool) -> String {
        let text = self.to_xml(uuid, true);
        let end = "</domainsnapshot>";
        let active = format!("  <active>{}</active>\n{end}", u8::from(current));
        text.replacen(end, &active, 1)
    }
}

impl Kept for DomainCheckpoint {
    fn folder(paths: &Paths, guest: &str) -> PathBuf {
        paths.checkpoints().join(guest)
    }

    // Which one is current their order tells.
    fn text(&self, _: Uuid, _: bool) -> String {
        self.to_xml(CheckpointXml { secure: true, no_domain: false, sizes: None })
    }
}

/// The file of a moment. Names may hold what paths can't.
fn file<M: Kept>(shared: &Shared, guest: &str, name: &str) -> Result<PathBuf> {
    if name.contains('/') || name == "." || name == ".." {
        return Err(Error::invalid_arg(format!(
            "'{name}' can't be the name of a file, so it can be none here"
        )));
    }
    Ok(M::folder(&shared.paths, guest).join(format!("{name}.xml")))
}

/// Brings the files in line with what has changed.
pub fn sync<M: Kept>(
    shared: &Shared,
    (guest, uuid): (&str, Uuid),
    before: &Moments<M>,
    after: &Moments<M>,
) -> Result<()> {
    let is_current = |moments: &Moments<M>, name: &str| moments.current().is_some_and(|m| m.name() == name);
    let text = |moments: &Moments<M>, name: &str| {
        moments.find(name).map(|moment| moment.text(uuid, is_current(moments, name)))
    };
    for name in after.names() {
        let wanted = text(after, name).unwrap_or_default();
        if text(before, name).as_ref() == Some(&wanted) {
            continue;
        }
        let path = file::<M>(shared, guest, name)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .map_err(|err| Error::system(err, format_args!("cannot make '{}'", folder.display())))?;
        }
        let command = format!("{}-edit {guest}", M::WHAT);
        let content = persist::edit_warning(&command) + &wanted;
        persist::write_atomic(&path, content.as_bytes(), 0o600, Durability::Power)?;
    }
    for name in before.names().filter(|name| after.find(name).is_none()) {
        persist::remove(&file::<M>(shared, guest, name)?)?;
    }
    if after.is_empty() && !before.is_empty() {
        // Other files there are not ours to remove.
        let _ = fs::remove_dir(M::folder(&shared.paths, guest));
    }
    Ok(())
}

/// What is known of the snapshots and checkpoints of a guest.
#[derive(Clone, Copy)]
pub struct MomentsOf<'a> {
    pub guest: &'a str,
    pub uuid: Uuid,
    pub snapshots: &'a Moments<DomainSnapshot>,
    pub checkpoints: &'a Moments<DomainCheckpoint>,
}

/// Writes all of it to its places.
pub fn keep_all(shared: &Shared, all: &MomentsOf<'_>) -> Result<()> {
    let of = (all.guest, all.uuid);
    sync(shared, of, &Moments::default(), all.snapshots)?;
    sync(shared, of, &Moments::default(), all.checkpoints)
}

/// Removes all of it from its places.
pub fn remove_all(shared: &Shared, all: &MomentsOf<'_>) -> Result<()> {
    let of = (all.guest, all.uuid);
    sync(shared, of, all.snapshots, &Moments::default())?;
    sync(shared, of, all.checkpoints, &Moments::default())
}

/// Forgets all of a guest's snapshots and checkpoints; their images stay.
pub fn forget(shared: &Shared, vm: &Arc<Vm>) -> Result<()> {
    super::change_snapshots(shared, vm, |all| {
        *all = Moments::default();
        Ok(())
    })?;
    super::change_checkpoints(shared, vm, |all| {
        *all = Moments::default();
        Ok(())
    })
}

/// Takes in what is on disk for all guests. What can't be read is logged and left alone.
pub fn load_all(shared: &Shared) {
    // Most guests have none: those that do are found by their folders, not by a look for each guest's.
    let folders = [shared.paths.snapshots(), shared.paths.checkpoints()];
    let names: BTreeSet<_> = folders.iter().flat_map(|folder| entries(folder)).collect();
    for name in names {
        let Some(vm) = shared.domains.by_name(&name) else { continue };
        let read = read_domain(shared);
        let mut snapshots = Moments::default();
        each_file(&DomainSnapshot::folder(&shared.paths, &name), |text| {
            let document = Document::parse(text, "domainsnapshot")?.without_layout();
            let node = document.root();
            let snapshot = DomainSnapshot::from_node(&node, true, &read)?;
            let active = node.child("active").is_some_and(|active| active.text().trim() == "1");
            let name = snapshot.name.clone();
            snapshots.add(snapshot)?;
            if active {
                snapshots.set_current(Some(&name));
            }
            Ok(())
        });
        let mut checkpoints = Moments::default();
        each_file(&DomainCheckpoint::folder(&shared.paths, &name), |text| {
            checkpoints.add(DomainCheckpoint::kept(text, &read)?)
        });
        checkpoints.set_current_to_last();
        let (snapshots, checkpoints) = (Arc::new(snapshots), Arc::new(checkpoints));
        vm.change(|view| {
            view.snapshots = snapshots.clone();
            view.checkpoints = checkpoints.clone();
        });
    }
}

/// What is in a folder, as far as that can be read.
fn entries(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

fn each_file(folder: &Path, mut take: impl FnMut(&str) -> Result<()>) {
    let files = persist::list(folder, "xml").unwrap_or_default();
    for path in files {
        let outcome = match persist::read_optional(&path) {
            Ok(Some(text)) => take(&text),
            Ok(None) => Ok(()),
            Err(err) => Err(err),
        };
        if let Err(err) = outcome {
            tracing::error!(path = %path.display(), %err, "a snapshot or checkpoint can't be read; it is left alone");
        }
    }
}
