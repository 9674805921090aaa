//! `libvirt-domain-checkpoint.h`: checkpoints.

use crate::ffi::{Borrowed, add_ref, free, inspect, keep_text, list, modify, modify_with, text};
use ferrovirt::{Domain, DomainCheckpoint};
use ferrovirt_core::abi::{virConnectPtr, virDomainCheckpointPtr, virDomainPtr};
use std::ffi::{c_char, c_int, c_uint};

/// Tells the name of a checkpoint.
///
/// @checkpoint: the checkpoint
///
/// Returns a string that lives as long as the handle, or NULL on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointGetName(checkpoint: virDomainCheckpointPtr) -> *const c_char {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| keep_text(checkpoint, checkpoint.name()))
}

/// Tells the domain that a checkpoint is of.
///
/// @checkpoint: the checkpoint
///
/// Returns the handle that the checkpoint holds, which the caller does not free, or NULL on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointGetDomain(checkpoint: virDomainCheckpointPtr) -> virDomainPtr {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| Ok(Borrowed(checkpoint.domain().clone())))
}

/// Tells the connection that a checkpoint was got from.
///
/// @checkpoint: the checkpoint
///
/// Returns the handle that the checkpoint holds, which the caller does not close, or NULL on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointGetConnect(checkpoint: virDomainCheckpointPtr) -> virConnectPtr {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| Ok(Borrowed(checkpoint.connection().clone())))
}

/// Makes a checkpoint: from now on the disks remember what is written to them, for a backup of the changes alone.
///
/// @domain: the domain
/// @xmlDesc: description of the checkpoint
/// @flags: virDomainCheckpointCreateFlags
///
/// Returns a handle that the caller frees with virDomainCheckpointFree(), or NULL on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointCreateXML(
    domain: virDomainPtr,
    xmlDesc: *const c_char,
    flags: c_uint,
) -> virDomainCheckpointPtr {
    modify_with(
        domain,
        || text(xmlDesc, "xmlDesc"),
        |domain: &Domain, xml| domain.create_checkpoint(xml, flags),
    )
}

/// Describes a checkpoint.
///
/// @checkpoint: the checkpoint
/// @flags: virDomainCheckpointXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointGetXMLDesc(
    checkpoint: virDomainCheckpointPtr,
    flags: c_uint,
) -> *mut c_char {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| checkpoint.xml_desc(flags))
}

/// Lists the checkpoints of a domain.
///
/// @domain: the domain
/// @checkpoints: where the NULL-terminated array goes that the caller frees, each checkpoint and the array itself; NULL to have them only counted
/// @flags: virDomainCheckpointListFlags
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainListAllCheckpoints(
    domain: virDomainPtr,
    checkpoints: *mut *mut virDomainCheckpointPtr,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| list(checkpoints, || domain.list_all_checkpoints(flags)))
}

/// Lists the checkpoints that were made on top of one.
///
/// @checkpoint: the checkpoint
/// @children: where the NULL-terminated array goes that the caller frees, each checkpoint and the array itself; NULL to have them only counted
/// @flags: virDomainCheckpointListFlags
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointListAllChildren(
    checkpoint: virDomainCheckpointPtr,
    children: *mut *mut virDomainCheckpointPtr,
    flags: c_uint,
) -> c_int {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| {
        list(children, || checkpoint.list_all_children(flags))
    })
}

/// Finds a checkpoint of a domain by its name.
///
/// @domain: the domain
/// @name: name of the checkpoint
/// @flags: must be 0
///
/// Returns a handle that the caller frees with virDomainCheckpointFree(), or NULL on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointLookupByName(
    domain: virDomainPtr,
    name: *const c_char,
    flags: c_uint,
) -> virDomainCheckpointPtr {
    inspect(domain, |domain: &Domain| domain.lookup_checkpoint_by_name(text(name, "name")?, flags))
}

/// Finds the checkpoint that one was made on top of.
///
/// @checkpoint: the checkpoint
/// @flags: must be 0
///
/// Returns a handle that the caller frees with virDomainCheckpointFree(), or NULL on failure and where there is none.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointGetParent(
    checkpoint: virDomainCheckpointPtr,
    flags: c_uint,
) -> virDomainCheckpointPtr {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| checkpoint.parent(flags))
}

/// Deletes a checkpoint, and those on top of it if the flags say so. What it remembers is handed to its parent.
///
/// @checkpoint: the checkpoint
/// @flags: virDomainCheckpointDeleteFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointDelete(checkpoint: virDomainCheckpointPtr, flags: c_uint) -> c_int {
    modify(checkpoint, |checkpoint: &DomainCheckpoint| checkpoint.delete(flags))
}

/// Adds a count to the handle of a checkpoint; each needs a virDomainCheckpointFree() of its own.
///
/// @checkpoint: the checkpoint
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointRef(checkpoint: virDomainCheckpointPtr) -> c_int {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| add_ref(checkpoint))
}

/// Drops a count of the handle of a checkpoint; the checkpoint itself stays as it is. After the last count, the
/// handle must not be used any more.
///
/// @checkpoint: the checkpoint
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.6.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainCheckpointFree(checkpoint: virDomainCheckpointPtr) -> c_int {
    inspect(checkpoint, |checkpoint: &DomainCheckpoint| free(checkpoint))
}
