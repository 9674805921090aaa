//! The driver traits, by subject: find the guest, take its job, act, record, announce.

mod block;
mod config;
mod console;
mod devices;
mod extension;
mod guest;
mod host;
mod jobs;
mod lifecycle;
mod lookup;
mod moments;
mod stats;
mod tuning;
mod unsupported;

use crate::vm::{View, Vm};
use ferrovirt_conf::domain::ParseFlags;
use ferrovirt_core::store::Stored;
use ferrovirt_core::{Error, ErrorDomain, Result, abi};

/// Refuses flags that the call does not know, as libvirt does before anything is looked at.
pub(crate) fn refuse_flags(flags: u32, known: u32, function: &str) -> Result<()> {
    if flags & !known == 0 {
        return Ok(());
    }
    let text = format!("{function} does not know the flags {:#x}", flags & !known);
    Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu))
}

/// Whether a change is meant for the running guest, and whether for the definition on disk.
pub(crate) fn affected(vm: &Vm, view: &View, flags: u32) -> Result<(bool, bool)> {
    let (live, config) = (abi::VIR_DOMAIN_AFFECT_LIVE, abi::VIR_DOMAIN_AFFECT_CONFIG);
    let active = view.is_active();
    let (on_live, on_config) = match flags & (live | config) {
        0 => (active, !active),
        chosen => (chosen & live != 0, chosen & config != 0),
    };
    if on_live && !active {
        return Err(vm.not_running());
    }
    if on_config && view.persistent.is_none() {
        return Err(Error::operation_invalid(format!(
            "domain '{}' is transient: it has no definition on disk to change",
            vm.name()
        ))
        .domain(ErrorDomain::Domain));
    }
    Ok((on_live, on_config))
}

/// How a user's description is read.
fn definition_flags(validate: bool) -> ParseFlags {
    ParseFlags { schema: validate, ..ParseFlags::DEFINE }
}
