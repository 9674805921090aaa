//! Beginning a job on a disk.

use super::chain::{self, Layer};
use super::{BlockJob, Kind, Stage, finish};
use crate::command::{self, Part, Plugged, Pretend};
use crate::qmp::{BlockCommit, BlockStream, BlockdevAdd, BlockdevMirror, Properties};
use crate::snapshot::{Made, make_image};
use crate::tune::Guest;
use crate::{images, launch, model, status};
use ferrovirt_conf::domain::{
    BackingStore, Disk, DiskDriver, Domain, ImageFormat, Mirror, MirrorJob, StorageFormat, StorageLocation,
    StorageSource,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::FileTypeExt;

/// The disk that is meant, if there is no job on it.
fn free_disk<'a>(guest: &Guest<'_>, model: &'a Domain, name: &str) -> Result<&'a Disk> {
    let disk = model::disk(model, name)
        .ok_or_else(|| Error::invalid_arg(format!("domain '{}' has no disk '{name}'", model.name)))?;
    let target = disk.name().unwrap_or_default();
    match guest.live.block_jobs.on(target) {
        None => Ok(disk),
        Some(job) if job.kind == Kind::Copy => {
            Err(Error::new(ErrorCode::BlockCopyActive, format!("disk '{target}' is being copied already")))
        }
        Some(_) => {
            let text = format!("a job is under way on disk '{target}' already");
            Err(Error::new(ErrorCode::OperationUnsupported, text))
        }
    }
}

/// Notes a job, and what becomes the disk's image by it, before QEMU hears of it: its events may come at once.
fn begin(
    guest: &Guest<'_>,
    job: BlockJob,
    mirror: Option<Mirror>,
    ask: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let Guest { shared, live, .. } = guest;
    let (id, target) = (job.id.clone(), job.target.clone());
    live.block_jobs.add(job);
    if let Some(mirror) = mirror {
        live.alter(|model| {
            if let Some(disk) = model.devices.disk_mut(&target) {
                disk.mirror = Some(Box::new(mirror.clone()));
            }
        });
    }
    if let Err(err) = ask() {
        live.block_jobs.remove(&id);
        finish::drop_mirror(shared, live, &target);
        return Err(err);
    }
    status::save(shared, guest.vm)
}

fn job(disk: &Disk, kind: Kind) -> BlockJob {
    let target = disk.name().unwrap_or_default().to_owned();
    let id = match kind {
        Kind::Pull => format!("pull-{target}"),
        Kind::Copy => format!("copy-{target}"),
        Kind::Commit | Kind::ActiveCommit => format!("commit-{target}"),
        Kind::Backup => format!("backup-{target}"),
    };
    BlockJob { id, target, kind, stage: Stage::Working, base: None, top: None }
}

/// Takes the images between a disk's own and `base` into it; without `base` all there are.
pub fn pull(guest: &Guest<'_>, name: &str, base: Option<&str>, speed: u64) -> Result<()> {
    let definition = guest.live.definition();
    let disk = free_disk(guest, &definition.model, name)?;
    let layers = chain::of(guest.shared, guest.live, disk)?;
    let base = base.map(|base| chain::place(disk, &layers, base)).transpose()?;
    let base: Option<&Layer> = base.map(|at| &layers[at]);
    let job = BlockJob { base: base.map(|layer| layer.path.clone()), ..job(disk, Kind::Pull) };
    let command = BlockStream {
        job_id: job.id.clone(),
        device: layers[0].node.clone(),
        base_node: base.map(|layer| layer.node.clone()),
        speed: Some(speed),
        auto_dismiss: Some(false),
    };
    begin(guest, job, None, || guest.live.ask(&guest.shared.reactor, command).map(drop))
}

/// Merges images down: from `top` to `base`, by default from the disk's own to the lowest.
pub fn commit(
    guest: &Guest<'_>,
    name: &str,
    base: Option<&str>,
    top: Option<&str>,
    speed: u64,
    (shallow, active): (bool, bool),
) -> Result<()> {
    let definition = guest.live.definition();
    let disk = free_disk(guest, &definition.model, name)?;
    let layers = chain::of(guest.shared, guest.live, disk)?;
    let refuse = |text: String| Err(Error::invalid_arg(text));
    let top = top.map_or(Ok(0), |top| chain::place(disk, &layers, top))?;
    if (top == 0) != active {
        let must = if top == 0 { "needs" } else { "does not go with" };
        return refuse(format!(
            "a merge of '{}' {must} the flag for images that are written to",
            layers[top].path
        ));
    }
    if top + 1 == layers.len() {
        return refuse(format!("'{}' has no image below that it could be merged into", layers[top].path));
    }
    let base = match base {
        None if shallow => top + 1,
        None => layers.len() - 1,
        Some(base) => chain::place(disk, &layers, base)?,
    };
    if base <= top || shallow && base != top + 1 {
        let text = format!("'{}' is not below '{}' as it must be", layers[base].path, layers[top].path);
        return refuse(text);
    }
    let kind = if active { Kind::ActiveCommit } else { Kind::Commit };
    let job = BlockJob {
        base: Some(layers[base].path.clone()),
        top: (!active).then(|| layers[top].path.clone()),
        ..job(disk, kind)
    };
    let command = BlockCommit {
        job_id: job.id.clone(),
        device: layers[0].node.clone(),
        base_node: layers[base].node.clone(),
        top_node: layers[top].node.clone(),
        speed: Some(speed),
        auto_dismiss: Some(false),
    };
    let base = &layers[base];
    let below = StorageSource::file(base.path.clone());
    let mirror = active.then(|| mirror_to(below, &base.format, MirrorJob::ActiveCommit));
    begin(guest, job, mirror, || guest.live.ask(&guest.shared.reactor, command).map(drop))
}

fn mirror_to(source: StorageSource, format: &str, job: MirrorJob) -> Mirror {
    let format = format.parse().unwrap_or(StorageFormat::Raw);
    let mut mirror = Mirror {
        format: Some(ImageFormat { kind: format, metadata_cache: None }),
        source,
        file: None,
        file_format: None,
        job,
        ready: None,
        backing: None,
    };
    mirror.fill_defaults();
    mirror
}

/// What a copy is to be.
pub struct Copy {
    pub source: StorageSource,
    pub format: Option<StorageFormat>,
    /// Only the disk's own image; what is below stays below.
    pub shallow: bool,
    /// The image is there.
    pub reuse: bool,
    pub speed: u64,
    pub granularity: Option<u32>,
    pub buffer: Option<u64>,
    pub synchronous: bool,
}

fn is_block_device(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|there| there.file_type().is_block_device())
}

/// Copies a disk to another image, and then everything that is written as well.
pub fn copy(guest: &Guest<'_>, name: &str, wanted: &Copy) -> Result<()> {
    let Guest { shared, live, .. } = guest;
    let definition = live.definition();
    let disk = free_disk(guest, &definition.model, name)?;
    let layers = chain::of(shared, live, disk)?;
    let format = wanted.format.unwrap_or_else(|| images::format(disk));
    if wanted.shallow && format == StorageFormat::Raw && layers.len() > 1 {
        let text = "a copy without what is below can't be raw: it would have nothing to be based on";
        return Err(Error::invalid_arg(text));
    }
    let below = layers.get(1).filter(|_| wanted.shallow);
    let mut made = Made::default();
    let path = wanted.source.path().unwrap_or_default();
    let is_device = is_block_device(path);
    if wanted.reuse
        && let Err(err) = fs::metadata(path)
    {
        return Err(Error::system(
            err,
            format!("cannot find the image '{path}' that is to be used for a copy"),
        ));
    }
    if !is_device && matches!(wanted.source.location, StorageLocation::Block { .. }) {
        return Err(Error::invalid_arg(format!("the copy '{path}' is to be a device, and is none")));
    }
    // A device is there, and has its size.
    if !wanted.reuse && !is_device {
        let size = images::info_of_running(live, shared, disk)?.capacity;
        let base = below.map(|layer| (layer.path.as_str(), layer.format.as_str()));
        made.make(path, || make_image(path, &format.to_string(), base, size))?;
    }
    let index = command::highest_index(&definition.model) + 1;
    let job = job(disk, Kind::Copy);
    let node = add_nodes(guest, disk, &wanted.source, format, index, None)
        .inspect_err(|_| finish::delete_nodes(shared, live, index))?;
    let command = mirror_command(&job.id, &layers[0].node, node, wanted, below.is_some());
    let mut mirror = mirror_to(wanted.source.clone(), &format.to_string(), MirrorJob::Copy);
    mirror.source.options.index = index;
    mirror.backing = if below.is_some() { disk.backing.clone() } else { Some(BackingStore::End) };
    begin(guest, job, Some(mirror), || {
        live.ask(&shared.reactor, BlockdevMirror(command))?;
        made.keep();
        Ok(())
    })
}

/// Has QEMU open the image that a disk is to be copied to, based on the node `below`; the node of its data.
pub fn add_nodes(
    guest: &Guest<'_>,
    disk: &Disk,
    source: &StorageSource,
    format: StorageFormat,
    index: u32,
    below: Option<String>,
) -> Result<String> {
    let Guest { shared, live, .. } = guest;
    let mut model = live.definition().model.clone();
    let at = model.devices.disks.iter().position(|known| known.name() == disk.name()).unwrap_or_default();
    let copied = &mut model.devices.disks[at];
    copied.source = source.clone();
    // Of a disk that the guest only reads the copy is written, too.
    copied.readonly = false;
    copied.source.options.index = index;
    copied.driver.get_or_insert_with(DiskDriver::default).format = Some(format);
    copied.backing = Some(BackingStore::End);
    let capabilities = shared.capabilities(model.devices.emulator.as_deref().unwrap_or_default())?;
    let parts =
        launch::parts(shared.site(), &model, &capabilities, Plugged::Medium(at), &mut Pretend::default())?;
    let mut node = None;
    for part in parts {
        let Part::Blockdev(mut properties) = part else { continue };
        if properties.contains_key("backing") {
            properties.insert("backing".into(), below.clone().into());
        }
        node = properties.get("node-name").and_then(Value::as_str).map(str::to_owned);
        live.ask(&shared.reactor, BlockdevAdd(properties))?;
    }
    node.ok_or_else(|| Error::internal("the copy has no node"))
}

/// `above`: what is below the disk's own image is not copied.
fn mirror_command(id: &str, device: &str, target: String, wanted: &Copy, above: bool) -> Properties {
    let mut command = Properties::new();
    command.insert("job-id".into(), id.into());
    command.insert("device".into(), device.into());
    command.insert("target".into(), target.into());
    command.insert("sync".into(), if above { "top" } else { "full" }.into());
    command.insert("auto-dismiss".into(), false.into());
    command.insert("speed".into(), wanted.speed.into());
    if let Some(granularity) = wanted.granularity {
        command.insert("granularity".into(), granularity.into());
    }
    if let Some(buffer) = wanted.buffer {
        command.insert("buf-size".into(), buffer.into());
    }
    if wanted.synchronous {
        command.insert("copy-mode".into(), "write-blocking".into());
    }
    command
}
