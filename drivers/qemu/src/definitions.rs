//! Definitions: taking in what users define, and keeping it on disk.

use crate::capabilities::Capabilities;
use crate::driver::Shared;
use crate::vm::{Definition, Vm};
use crate::{defaults, validate};
use ferrovirt_conf::domain::{ChardevKind, Domain, ParseFlags};
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::store::{Claim, Stored};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Document, Node, XmlElement};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

/// Reads a user's description: spelling, what QEMU needs filled in, what it can't do.
pub fn parse(shared: &Shared, xml: &str, flags: ParseFlags) -> Result<Domain> {
    let mut model = Domain::parse(xml, flags)?;
    let capabilities = emulator(shared, &mut model).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
    defaults::fill(&mut model, &capabilities, shared.site(), flags)?;
    validate::validate(&model, &capabilities, &shared.settings, flags)?;
    Ok(model)
}

/// Reads a description that was kept somewhere; what QEMU needs is filled in, and nothing is refused.
pub fn parse_kept(shared: &Shared, xml: &str, flags: ParseFlags) -> Result<Domain> {
    let document = Document::parse(xml, "domain_definition")?.without_layout();
    document.expect_root(Domain::TAG)?;
    parse_node(shared, &document.root(), flags)
}

/// Reads a description that is a part of another document: what QEMU needs is filled in, and nothing is refused.
pub fn parse_node(shared: &Shared, node: &Node<'_>, flags: ParseFlags) -> Result<Domain> {
    let mut model = Domain::from_node(node, flags)?;
    let capabilities = emulator(shared, &mut model).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
    defaults::fill(&mut model, &capabilities, shared.site(), flags)?;
    Ok(model)
}

/// A running guest's description as it is kept for later: without what belongs to this one run.
pub fn at_rest(shared: &Shared, model: &Domain) -> Domain {
    let mut model = model.clone();
    model.strip_live();
    model.id = None;
    for channel in &mut model.devices.channels {
        let socket = channel.target.name().unwrap_or_default().to_owned();
        if let ChardevKind::Unix { source } = &mut channel.source.kind
            && source.path.as_deref().is_some_and(|path| shared.paths.is_own_channel(path, &socket))
        {
            source.path = None;
        }
    }
    model
}

/// The capabilities of the description's emulator; where it names none, the one for its architecture is put in.
fn emulator(shared: &Shared, model: &mut Domain) -> Result<Arc<Capabilities>> {
    let path = defaults::emulator(model)?;
    shared.capabilities(&path)
}

/// Finds the guest that a description means, or makes it; a name or UUID that belongs to another is refused.
pub fn claim(shared: &Shared, model: &Domain) -> Result<(Arc<Vm>, bool)> {
    let (uuid, name) = (model.uuid.unwrap_or_default(), &model.name);
    let taken = |other: Arc<Vm>| {
        let (name, uuid) = (other.name(), other.uuid());
        Error::new(ErrorCode::OperationFailed, format!("domain '{name}' already exists with uuid {uuid}"))
    };
    match shared.domains.claim(uuid, name, || Vm::new(uuid, name)) {
        Claim::Existing(vm) => Ok((vm, false)),
        Claim::Inserted(vm) => Ok((vm, true)),
        Claim::NameTaken(other) => Err(taken(other)),
        Claim::UuidTaken(other) => Err(Error::new(
            ErrorCode::OperationFailed,
            format!("domain '{}' is already defined with uuid {uuid}; '{name}' needs another", other.name()),
        )),
    }
}

/// Whether a claimed guest is still the one that was claimed, once it is the caller's turn: it can have been renamed.
pub fn check_claimed(vm: &Vm, model: &Domain) -> Result<()> {
    if *vm.name() == *model.name {
        return Ok(());
    }
    let text = format!("domain '{}' has been renamed to '{}' meanwhile", model.name, vm.name());
    Err(Error::new(ErrorCode::OperationFailed, text))
}

/// Writes a definition to its place; as that which readers are shown it comes back.
pub fn save(shared: &Shared, model: &Domain) -> Result<Arc<Definition>> {
    let file = persist::edit_warning("edit") + &model.format();
    persist::write_atomic(&shared.paths.definition(&model.name), file.as_bytes(), 0o600, Durability::Power)?;
    Ok(Definition::kept(model))
}

/// Takes in all definitions on disk. One that can't be read is logged and left alone: the others must not suffer.
pub fn load_all(shared: &Shared) -> Result<()> {
    let files = persist::list(&shared.paths.definitions(), "xml")?;
    let marked = names(&shared.paths.autostart_links(), "xml")?;
    let marked_once = names(&shared.paths.autostart_links(), "once")?;
    let saved = names(&shared.paths.managed_saves(), "save")?;
    // Read all at once, taken in in the order of their names: of two that claim one UUID it is always the same that has it.
    for (path, definition) in files.iter().zip(read_all(&files)) {
        let taken = definition.and_then(|definition| {
            let Some(definition) = definition else { return Ok(()) };
            let (vm, _) = claim(shared, &definition.model)?;
            let name = OsStr::new(&definition.model.name);
            let file_name = path.file_name().unwrap_or_default();
            vm.change(|view| {
                view.persistent = Some(definition.clone());
                view.autostart = marked.contains(name);
                view.autostart_once = marked_once.contains(file_name);
                view.managed_save = saved.contains(name);
            });
            Ok(())
        });
        if let Err(err) = taken {
            tracing::error!(path = %path.display(), %err, "a definition can't be read; it is left alone");
        }
    }
    Ok(())
}

/// The names of guests that have a file in this folder.
fn names(folder: &Path, extension: &str) -> Result<HashSet<OsString>> {
    let files = persist::list(folder, extension)?;
    Ok(files.iter().filter_map(|path| path.file_stem().map(OsStr::to_owned)).collect())
}

/// Reads files by as many threads as there are processors: a host may have thousands.
fn read_all(files: &[PathBuf]) -> Vec<Result<Option<Arc<Definition>>>> {
    /// Fewer are not worth a thread.
    const SHARE: usize = 32;
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = files.len().div_ceil(threads).max(SHARE);
    thread::scope(|scope| {
        let mut parts = files.chunks(share);
        let own = parts.next().unwrap_or_default();
        let others: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().map(|path| read(path)).collect())).collect();
        let mut all: Vec<_> = own.iter().map(|path| read(path)).collect();
        for other in others {
            let part: Vec<_> = other.join().unwrap_or_else(|panic| resume_unwind(panic));
            all.extend(part);
        }
        all
    })
}

fn read(path: &Path) -> Result<Option<Arc<Definition>>> {
    let Some(text) = persist::read_optional(path)? else { return Ok(None) };
    let model = Domain::parse(&text, ParseFlags::LOAD)?;
    if path.file_stem().is_none_or(|stem| *stem != *model.name) {
        return Err(Error::internal(format!("the file holds the definition of '{}'", model.name)));
    }
    Ok(Some(Definition::kept(&model)))
}
