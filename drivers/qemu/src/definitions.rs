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
use std::path::Path;
use std::sync::Arc;

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

/// Writes a definition to its place; as that which readers are shown it comes back.
pub fn save(shared: &Shared, model: Domain) -> Result<Arc<Definition>> {
    let text = model.format();
    let file = persist::edit_warning("edit") + &text;
    persist::write_atomic(&shared.paths.definition(&model.name), file.as_bytes(), 0o600, Durability::Power)?;
    Ok(Definition::with_text(model, text))
}

/// Takes in all definitions on disk. One that can't be read is logged and left alone: the others must not suffer.
pub fn load_all(shared: &Shared) -> Result<()> {
    for path in persist::list(&shared.paths.definitions(), "xml")? {
        if let Err(err) = load(shared, &path) {
            tracing::error!(path = %path.display(), %err, "a definition can't be read; it is left alone");
        }
    }
    Ok(())
}

fn load(shared: &Shared, path: &Path) -> Result<()> {
    let Some(text) = persist::read_optional(path)? else { return Ok(()) };
    let model = Domain::parse(&text, ParseFlags::LOAD)?;
    if path.file_stem().is_none_or(|stem| *stem != *model.name) {
        return Err(Error::internal(format!("the file holds the definition of '{}'", model.name)));
    }
    let (vm, _) = claim(shared, &model)?;
    let autostart = shared.paths.autostart_link(&model.name).symlink_metadata().is_ok();
    let managed_save = shared.paths.managed_save(&model.name).exists();
    let definition = Definition::new(model);
    vm.change(|view| {
        view.persistent = Some(definition.clone());
        view.autostart = autostart;
        view.managed_save = managed_save;
    });
    Ok(())
}
