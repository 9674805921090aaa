//! Beginning a backup: all disks at one instant, and a checkpoint with them if one is wanted.

use super::{Backup, Running, bitmap, finish, job_id, now};
use crate::blockjob::{BlockJob, Kind, Stage, add_nodes};
use crate::command;
use crate::images;
use crate::model;
use crate::qmp::{BlockExportAdd, NbdServerStart, Properties, QueryNamedBlockNodes, Transaction};
use crate::snapshot::{self, Made, make_image};
use crate::status;
use crate::tune::Guest;
use ferrovirt_conf::backup::{BackupCopy, BackupMode, BackupServer, DomainBackup};
use ferrovirt_conf::checkpoint::DomainCheckpoint;
use ferrovirt_conf::domain::{Disk, HostTransport, StorageFormat, StorageLocation};
use ferrovirt_core::{Error, ErrorCode, Result, abi};
use ferrovirt_xml::YesNo;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;

/// Where clients look for an NBD server.
const PORT: u16 = 10809;

/// Begins a backup. The caller holds the guest's job.
pub fn begin(guest: &Guest<'_>, xml: &str, checkpoint: Option<&str>, flags: u32) -> Result<()> {
    let Guest { shared, vm, live } = guest;
    let mut model = DomainBackup::from_xml(xml)?;
    let mut checkpoint = checkpoint.map(|xml| snapshot::new_checkpoint(shared, vm, xml)).transpose()?;
    let reused = flags & abi::VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL != 0;
    live.backups.refuse_others()?;
    let definition = live.definition();
    let started = now();
    let suffix = checkpoint.as_ref().map_or_else(|| (started / 1000).to_string(), |new| new.name.clone());
    model.align_disks(&definition.model.devices.disks, &suffix)?;
    complete(guest, &mut model)?;
    if let Some(checkpoint) = &mut checkpoint {
        checkpoint.align_disks()?;
    }
    let reused = reused.then_some(YesNo::Yes);
    let attempt = Attempt {
        guest,
        backup: Backup { started, reused, model },
        made: Made::default(),
        undo: Vec::new(),
        nodes: HashMap::new(),
    };
    attempt.run(checkpoint)
}

/// Decides what is left open, and refuses what can't be done.
fn complete(guest: &Guest<'_>, model: &mut DomainBackup) -> Result<()> {
    let Guest { vm, live, .. } = guest;
    if let Some(server) = &mut model.server {
        complete_server(server)?;
    }
    let definition = live.definition();
    let pull = model.mode == BackupMode::Pull;
    let known = vm.view().checkpoints.clone();
    let mut index = command::highest_index(&definition.model).max(live.backups.highest_index());
    let mut copied = false;
    for wanted in &mut model.disks {
        let Some(copy) = &mut wanted.copy else { continue };
        copied = true;
        let disk = model::wanted_disk(&definition.model, &wanted.name)?;
        if let Some(job) = live.block_jobs.on(&wanted.name) {
            let text = format!("a job is under way on disk '{}' already", job.target);
            return Err(Error::new(ErrorCode::OperationUnsupported, text));
        }
        let since = copy.incremental.as_deref();
        if let Some(since) = since.filter(|since| known.find(since).is_none()) {
            let text =
                format!("no checkpoint '{since}' for a backup of what disk '{}' changed since", wanted.name);
            return Err(Error::new(ErrorCode::NoDomainCheckpoint, text));
        }
        images::local_path(disk)?;
        copy.format.get_or_insert(StorageFormat::Qcow2);
        if pull && copy.format != Some(StorageFormat::Qcow2) {
            let text = format!(
                "what a 'pull' keeps of disk '{}' must be 'qcow2': it is based on the disk",
                wanted.name
            );
            return Err(Error::config_unsupported(text));
        }
        if pull {
            copy.export_name.get_or_insert_with(|| wanted.name.clone());
        }
        index += 1;
        copy.index = index;
    }
    match copied {
        true => Ok(()),
        false => Err(Error::config_unsupported("no disk is chosen for the backup")),
    }
}

fn complete_server(server: &mut BackupServer) -> Result<()> {
    let refuse = |text: &str| Err(Error::new(ErrorCode::OperationUnsupported, text));
    match server.transport {
        HostTransport::Tcp if server.port == 0 => server.port = PORT,
        HostTransport::Fd => {
            return refuse("descriptors can't be lent to a domain, so no backup can be served by one");
        }
        _ => {}
    }
    match server.tls {
        Some(YesNo::Yes) => refuse("backups are not served over TLS here; use a UNIX socket"),
        _ => Ok(()),
    }
}

/// What has to be taken back where the rest fails.
enum Undo {
    Nodes(u32),
    Server,
}

/// A backup that is about to begin.
struct Attempt<'a> {
    guest: &'a Guest<'a>,
    backup: Backup,
    made: Made,
    undo: Vec<Undo>,
    /// What each disk is written to. While it is copied, QEMU has a filter in its place.
    nodes: HashMap<String, String>,
}

impl Attempt<'_> {
    fn run(mut self, checkpoint: Option<DomainCheckpoint>) -> Result<()> {
        let Guest { shared, vm, live } = self.guest;
        let prepared = self.prepare(checkpoint.as_ref());
        let actions = match prepared {
            Ok(actions) => actions,
            Err(err) => {
                self.give_back();
                return Err(err);
            }
        };
        // Noted before QEMU hears of it: a disk with nothing to copy is done at once.
        live.backups.completed.lock().take();
        *live.backups.running.lock() = Some(Running::new(self.backup.clone()));
        for (disk, _) in self.backup.copies() {
            live.block_jobs.add(job(disk));
        }
        if let Err(err) = live.ask(&shared.reactor, Transaction { actions }) {
            for (disk, _) in self.backup.copies() {
                live.block_jobs.remove(&job_id(disk));
            }
            live.backups.running.lock().take();
            self.give_back();
            return Err(err);
        }
        std::mem::take(&mut self.made).keep();
        let rest = self.offer().and_then(|()| match checkpoint {
            Some(checkpoint) => snapshot::keep_checkpoint(shared, vm, checkpoint),
            None => Ok(()),
        });
        if let Err(err) = rest {
            // It has begun, so it is ended as if somebody had asked for that.
            finish::abort(shared, live)?;
            for (disk, _) in self.backup.copies() {
                crate::blockjob::wait(live, &job_id(disk))?;
            }
            return Err(err);
        }
        status::save(shared, vm)
    }

    /// Makes the files, has QEMU open them, and says what QEMU is to do at one instant.
    fn prepare(&mut self, checkpoint: Option<&DomainCheckpoint>) -> Result<Vec<Value>> {
        let Guest { shared, live, .. } = self.guest;
        let definition = live.definition();
        let copies: Vec<_> =
            self.backup.copies().map(|(disk, copy)| (disk.to_owned(), copy.clone())).collect();
        for (name, copy) in &copies {
            check_store(name, copy, self.backup.reused.is_some())?;
        }
        let mut actions = Vec::new();
        for (name, copy) in &copies {
            let disk = model::wanted_disk(&definition.model, name)?;
            let node = images::node(live, shared, disk)?;
            self.nodes.insert(name.clone(), node.clone());
            self.make(disk, copy)?;
            // What is fetched is read through to the disk.
            let below = self.backup.is_pull().then(|| node.clone());
            self.undo.push(Undo::Nodes(copy.index));
            let target = add_nodes(self.guest, disk, copy.store.source(), format(copy), copy.index, below)?;
            actions.extend(self.actions(name, copy, &node, &target)?);
        }
        if let Some(checkpoint) = checkpoint {
            actions.extend(snapshot::bitmap_actions(shared, live, checkpoint)?);
        }
        if let Some(server) = self.backup.model.server.clone() {
            live.ask(&shared.reactor, NbdServerStart(address(&server)))?;
            self.undo.push(Undo::Server);
        }
        Ok(actions)
    }

    fn make(&mut self, disk: &Disk, copy: &BackupCopy) -> Result<()> {
        let Guest { shared, live, .. } = self.guest;
        let path = copy.store.source().path().unwrap_or_default().to_owned();
        if self.backup.reused.is_some() {
            return Ok(());
        }
        let size = images::info_of_running(live, shared, disk)?.capacity;
        let (base, base_format) =
            (images::local_path(disk)?.display().to_string(), images::format(disk).to_string());
        let based = self.backup.is_pull() || copy.incremental.is_some();
        let below =
            (based && format(copy) != StorageFormat::Raw).then_some((base.as_str(), base_format.as_str()));
        if matches!(copy.store.source().location, StorageLocation::Block { .. }) {
            return match format(copy) {
                StorageFormat::Raw => Ok(()),
                kind => make_image(&path, &kind.to_string(), below, size),
            };
        }
        let kind = format(copy).to_string();
        self.made.make(&path, || make_image(&path, &kind, below, size))
    }

    /// What QEMU does with one disk.
    fn actions(&self, name: &str, copy: &BackupCopy, node: &str, target: &str) -> Result<Vec<Value>> {
        let mut actions = Vec::new();
        let mut job = json!({
            "job-id": job_id(name), "device": node, "target": target, "auto-dismiss": false,
            "sync": if self.backup.is_pull() { "none" } else { "full" },
        });
        if let (Some(bitmap), Some(since)) = (bitmap(name, copy), &copy.incremental) {
            let holders = self.holders(name, since)?;
            let sources: Vec<_> = holders.iter().map(|node| json!({"node": node, "name": since})).collect();
            actions.push(json!({
                "type": "block-dirty-bitmap-add",
                "data": {"node": node, "name": bitmap, "persistent": false, "disabled": true},
            }));
            actions.push(json!({
                "type": "block-dirty-bitmap-merge",
                "data": {"node": node, "target": bitmap, "bitmaps": sources},
            }));
            if !self.backup.is_pull() {
                job["sync"] = "incremental".into();
                job["bitmap"] = bitmap.into();
            }
        }
        actions.push(json!({"type": "blockdev-backup", "data": job}));
        Ok(actions)
    }

    /// The nodes of a disk that remember what has changed since a checkpoint.
    fn holders(&self, name: &str, checkpoint: &str) -> Result<Vec<String>> {
        let Guest { shared, live, .. } = self.guest;
        let definition = live.definition();
        let disk = model::wanted_disk(&definition.model, name)?;
        let layers = crate::blockjob::layers(shared, live, disk)?;
        let nodes = live.ask(&shared.reactor, QueryNamedBlockNodes { flat: Some(true) })?;
        let remembers = |layer: &str| {
            let node = nodes.iter().find(|node| node.node_name.as_deref() == Some(layer));
            node.is_some_and(|node| node.dirty_bitmaps.iter().any(|known| known.name == checkpoint))
        };
        let holders: Vec<_> = layers.into_iter().filter(|layer| remembers(layer)).collect();
        // What the guest writes to must be among them, or something is missing.
        let top = images::node(live, shared, disk)?;
        if holders.contains(&top) {
            return Ok(holders);
        }
        let text = format!("disk '{name}' does not remember what it changed since checkpoint '{checkpoint}'");
        Err(Error::new(ErrorCode::CheckpointInconsistent, text))
    }

    /// Lets the copies be fetched.
    fn offer(&self) -> Result<()> {
        let Guest { shared, live, .. } = self.guest;
        if !self.backup.is_pull() {
            return Ok(());
        }
        for (name, copy) in self.backup.copies() {
            let mut export = Properties::new();
            export.insert("type".into(), "nbd".into());
            export.insert("id".into(), export_id(name).into());
            export.insert("node-name".into(), format!("libvirt-{}-format", copy.index).into());
            export.insert("name".into(), copy.export_name.as_deref().unwrap_or(name).into());
            export.insert("writable".into(), false.into());
            if let (Some(bitmap), Some(node)) = (bitmap(name, copy), self.nodes.get(name)) {
                export.insert("bitmaps".into(), json!([{"node": node, "name": bitmap}]));
            }
            live.ask(&shared.reactor, BlockExportAdd(export))?;
        }
        Ok(())
    }

    fn give_back(&mut self) {
        let Guest { shared, live, .. } = self.guest;
        for undo in self.undo.drain(..).rev() {
            match undo {
                Undo::Nodes(index) => crate::blockjob::delete_nodes(shared, live, index),
                Undo::Server => finish::stop_server(shared, live),
            }
        }
    }
}

pub fn export_id(disk: &str) -> String {
    format!("backup-export-{disk}")
}

fn format(copy: &BackupCopy) -> StorageFormat {
    copy.format.unwrap_or(StorageFormat::Qcow2)
}

fn job(disk: &str) -> BlockJob {
    BlockJob {
        id: job_id(disk),
        target: disk.to_owned(),
        kind: Kind::Backup,
        stage: Stage::Working,
        base: None,
        top: None,
    }
}

/// What is there is used only where that is wanted, and then it must be there.
fn check_store(disk: &str, copy: &BackupCopy, reused: bool) -> Result<()> {
    let path = copy.store.source().path().unwrap_or_default();
    let is_file = matches!(copy.store.source().location, StorageLocation::File(_));
    match fs::metadata(path) {
        Err(err) if reused || !is_file => {
            Err(Error::system(err, format!("cannot find '{path}' for the backup")))
        }
        Ok(there) if !reused && is_file && there.is_file() && there.len() > 0 => Err(Error::invalid_arg(
            format!("'{path}', where disk '{disk}' is to be backed up, exists already"),
        )),
        _ => Ok(()),
    }
}

fn address(server: &BackupServer) -> Properties {
    let address = match &server.socket {
        Some(path) => json!({"type": "unix", "data": {"path": path}}),
        None => {
            let host = server.name.as_deref().unwrap_or_default();
            json!({"type": "inet", "data": {"host": host, "port": server.port.to_string()}})
        }
    };
    let mut properties = Properties::new();
    properties.insert("addr".into(), address);
    properties
}
