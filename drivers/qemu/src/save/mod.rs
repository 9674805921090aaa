//! Saving guests: to a file of the user's, or to one that the driver takes up again at the next start.

mod header;
mod stream;

pub use stream::write as write_state;

use crate::driver::Shared;
use crate::live::{Live, StopCause};
use crate::qmp::{Cont, Stop};
use crate::start::{self, Origin};
use crate::vm::{Definition, Vm};
use crate::{definitions, driver, status, stop};
use ferrovirt_conf::domain::{AbiCheck, Domain, ParseFlags};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorCode, Job, Result, abi, persist};
use header::Image;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the job is called.
pub const JOB: &str = "save";

const RUNNING: u32 = abi::VIR_DOMAIN_SAVE_RUNNING;
const PAUSED: u32 = abi::VIR_DOMAIN_SAVE_PAUSED;

/// How what stands in a saved file is read: it is as it was when it ran.
const SAVED: ParseFlags = ParseFlags { inactive: true, skip_validate: true, ..ParseFlags::LOAD };

/// Saves a guest and ends it.
pub fn save(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    job: &Job<'_>,
    path: &Path,
    xml: Option<&str>,
    flags: u32,
) -> Result<()> {
    let live = vm.live()?;
    live.backups.refuse_others()?;
    let was_running = vm.view().state == abi::VIR_DOMAIN_RUNNING as i32;
    let running = wanted(flags, was_running);
    let mut model = definitions::at_rest(shared, &live.definition().model);
    if let Some(xml) = xml {
        model = replacement(shared, &model, xml)?;
    }
    if was_running {
        live.ask(&shared.reactor, Stop {})?;
        vm.set_state(abi::VIR_DOMAIN_PAUSED, abi::VIR_DOMAIN_PAUSED_SAVE);
    }
    let written = header::create(path, &model.format(), running).and_then(|mut image| {
        stream::write(shared, &live, job, &image.file)?;
        image.finish()
    });
    if let Err(err) = written {
        give_up(shared, vm, &live, path, was_running);
        return Err(err);
    }
    live.ending(StopCause::Saved);
    stop::destroy(vm, &live, false)
}

/// The guest goes on as if nothing had been.
fn give_up(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Live, path: &Path, was_running: bool) {
    if let Err(err) = fs::remove_file(path) {
        tracing::debug!(path = %path.display(), %err, "there is no half of a saved domain");
    }
    if !was_running {
        return;
    }
    match live.ask(&shared.reactor, Cont {}) {
        Ok(_) => vm.set_state(abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_SAVE_CANCELED),
        Err(err) => {
            tracing::error!(domain = %vm.name(), %err, "the guest can't go on after a save that failed")
        }
    }
    if let Err(err) = status::save(shared, vm) {
        tracing::error!(domain = %vm.name(), %err, "the guest's status can't be kept");
    }
}

fn wanted(flags: u32, running: bool) -> bool {
    flags & RUNNING != 0 || running && flags & PAUSED == 0
}

/// A description that a user gives for a saved guest: what the guest sees must be the same.
fn replacement(shared: &Shared, saved: &Domain, xml: &str) -> Result<Domain> {
    let model = definitions::parse_kept(shared, xml, SAVED)?;
    saved.check_abi(&model, AbiCheck::default())?;
    Ok(model)
}

/// libvirt leaves out what is there in any case, so it is filled in again.
fn model_of(shared: &Shared, image: &Image) -> Result<Domain> {
    definitions::parse_kept(shared, &image.xml, SAVED)
}

/// Starts a guest from a file of the user's.
pub fn restore(shared: &Arc<Shared>, path: &Path, xml: Option<&str>, flags: u32) -> Result<()> {
    let image = header::open(path, false)?;
    let mut model = model_of(shared, &image)?;
    if let Some(xml) = xml {
        model = replacement(shared, &model, xml)?;
    }
    let (vm, fresh) = definitions::claim(shared, &model)?;
    let _job = vm.job.begin("restore")?;
    definitions::check_claimed(&vm, &model)?;
    if vm.view().is_active() {
        return Err(Error::operation_invalid(format!("domain '{}' is already running", vm.name())));
    }
    let started = begin(shared, &vm, model, image, flags);
    if started.is_err() && fresh {
        shared.domains.remove(&vm);
    }
    started.map(drop)
}

fn begin(shared: &Arc<Shared>, vm: &Arc<Vm>, model: Domain, image: Image, flags: u32) -> Result<i32> {
    let paused = !wanted(flags, image.running);
    let file = image.file.try_clone().map_err(|err| Error::system(err, "cannot use the file twice"))?;
    let file = std::cell::Cell::new(Some(file));
    let load = |live: &Arc<Live>| match file.take() {
        Some(file) => stream::read(shared, live, file),
        None => Err(Error::internal("a guest's state was to be read twice")),
    };
    start::start_from(shared, vm, &Definition::new(model), paused, Origin::Saved(&load))
}

/// The description in a file of the user's.
pub fn describe(shared: &Shared, path: &Path, secure: bool) -> Result<String> {
    let mut model = model_of(shared, &header::open(path, false)?)?;
    if !secure {
        model.strip_secrets();
    }
    Ok(model.format())
}

/// Changes the description in a file of the user's, or what state the guest comes back in.
pub fn redefine(shared: &Shared, path: &Path, xml: Option<&str>, flags: u32) -> Result<()> {
    let mut image = header::open(path, true)?;
    let model = model_of(shared, &image)?;
    let text = match xml {
        Some(xml) => replacement(shared, &model, xml)?.format(),
        None => image.xml.clone(),
    };
    let running = wanted(flags, image.running);
    image.replace(&text, running)
}

/// The file that the driver keeps for a guest; an error if there is none.
pub fn managed(shared: &Shared, vm: &Vm) -> Result<PathBuf> {
    match vm.view().managed_save {
        true => Ok(shared.paths.managed_save(&vm.name())),
        false => {
            let text = format!("domain '{}' has no saved state", vm.name());
            Err(Error::new(ErrorCode::OperationInvalid, text))
        }
    }
}

/// Saves a guest to the file that the driver keeps.
pub fn save_managed(shared: &Arc<Shared>, vm: &Arc<Vm>, job: &Job<'_>, flags: u32) -> Result<()> {
    if vm.view().persistent.is_none() {
        let text =
            format!("domain '{}' is transient: nobody would start it again from a saved state", vm.name());
        return Err(Error::operation_invalid(text));
    }
    let path = shared.paths.managed_save(&vm.name());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|err| Error::system(err, format_args!("cannot make '{}'", folder.display())))?;
    }
    save(shared, vm, job, &path, None, flags)?;
    vm.change(|view| view.managed_save = true);
    Ok(())
}

/// Throws away what is kept, if anything is.
pub fn remove_managed(shared: &Shared, vm: &Vm) -> Result<()> {
    persist::remove(&shared.paths.managed_save(&vm.name()))?;
    vm.change(|view| view.managed_save = false);
    Ok(())
}

/// Starts a guest from its definition, or from what is kept for it unless the flags say that it is to boot.
pub fn start(shared: &Arc<Shared>, vm: &Arc<Vm>, flags: u32) -> Result<i32> {
    let view = vm.view();
    // A transient one may have ended between being found and being started.
    let gone = || driver::no_domain(format!("domain '{}' was transient and has ended", vm.name()));
    let definition = view.persistent.as_ref().ok_or_else(gone)?;
    if view.managed_save {
        if flags & abi::VIR_DOMAIN_START_FORCE_BOOT == 0 {
            return start_managed(shared, vm, flags);
        }
        remove_managed(shared, vm)?;
    }
    start::start(shared, vm, definition, flags & abi::VIR_DOMAIN_START_PAUSED != 0)
}

/// Starts a guest from what is kept for it, which is then gone.
fn start_managed(shared: &Arc<Shared>, vm: &Arc<Vm>, flags: u32) -> Result<i32> {
    let image = header::open(&managed(shared, vm)?, false)?;
    let model = model_of(shared, &image)?;
    let state = if flags & abi::VIR_DOMAIN_START_PAUSED != 0 { PAUSED } else { 0 };
    let id = begin(shared, vm, model, image, state)?;
    remove_managed(shared, vm)?;
    Ok(id)
}
