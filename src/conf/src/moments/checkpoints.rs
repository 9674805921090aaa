//! Checkpoints in lists, and such as were made before.

use super::{Leaves, Moments, Wanted};
use crate::checkpoint::DomainCheckpoint;
use ferrovirt_core::{Error, ErrorDomain, Result, abi};
use uuid::Uuid;

/// What [`list`] knows.
pub const LIST_FLAGS: u32 = abi::VIR_DOMAIN_CHECKPOINT_LIST_ROOTS
    | abi::VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL
    | abi::VIR_DOMAIN_CHECKPOINT_LIST_LEAVES
    | abi::VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES;

/// The checkpoints that `flags` (`VIR_DOMAIN_CHECKPOINT_LIST_*`) ask for, all of them or those after `from`.
pub fn list<'a>(
    all: &'a Moments<DomainCheckpoint>,
    from: Option<&str>,
    flags: u32,
) -> impl Iterator<Item = &'a DomainCheckpoint> {
    let bit = flags & abi::VIR_DOMAIN_CHECKPOINT_LIST_ROOTS != 0;
    let (yes, no) = (abi::VIR_DOMAIN_CHECKPOINT_LIST_LEAVES, abi::VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES);
    // Nothing is a leaf and none at once.
    let none = flags & (yes | no) == yes | no;
    let leaves = Leaves { only: flags & yes != 0, none: flags & no != 0 };
    let found = all.list(from, Wanted { nearest: bit == from.is_none(), leaves });
    found.into_iter().map(|checkpoint| &**checkpoint).filter(move |_| !none)
}

/// Takes in what a checkpoint was that had been made before, of the domain with this UUID. Whether it becomes the
/// current one comes back: as the first, or as the one after the current one.
pub fn redefine(
    all: &mut Moments<DomainCheckpoint>,
    mut checkpoint: DomainCheckpoint,
    uuid: Option<Uuid>,
) -> Result<bool> {
    all.check_parent(&checkpoint)?;
    match &checkpoint.domain {
        Some(model) if model.uuid != uuid => {
            let text = format!("checkpoint '{}' is one of another domain, by its uuid", checkpoint.name);
            return Err(Error::invalid_arg(text).domain(ErrorDomain::DomainCheckpoint));
        }
        Some(_) => checkpoint.align_disks()?,
        None => checkpoint.name_bitmaps(),
    }
    let current = all.current();
    let follows = current.is_none_or(|current| checkpoint.parent.as_ref() == Some(&current.name));
    all.put(checkpoint);
    Ok(follows)
}
