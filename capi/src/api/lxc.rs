//! `libvirt-lxc.h`: what only containers have.

use crate::ffi::files::{some_files, store_files, store_wanted_files};
use crate::ffi::{global, global_beside, lxc, modify, modify_with, out};
use ferrovirt::{Domain, enter_namespaces, open_own_namespaces};
use ferrovirt_core::abi::{virDomainPtr, virSecurityLabelPtr, virSecurityModelPtr};
use std::ffi::{c_int, c_uint};

/// Opens the namespaces of a running container.
///
/// @domain: the domain
/// @fdlist: where the array of descriptors goes, for the caller to close and free
/// @flags: unused so far, 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLxcOpenNamespace(
    domain: virDomainPtr,
    fdlist: *mut *mut c_int,
    flags: c_uint,
) -> c_int {
    modify_with(
        domain,
        || out(fdlist, "fdlist"),
        |domain: &Domain, _| store_files(domain.lxc_open_namespace(flags)?, fdlist),
    )
}

/// Moves the calling thread into namespaces, such as those of virDomainLxcOpenNamespace().
///
/// @domain: unused
/// @nfdlist: how many descriptors there are
/// @fdlist: the descriptors; negative ones are passed over
/// @noldfdlist: where the number of former namespaces goes; may be NULL
/// @oldfdlist: where descriptors of the former namespaces go, for the caller to close and free; may be NULL
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLxcEnterNamespace(
    domain: virDomainPtr,
    nfdlist: c_uint,
    fdlist: *mut c_int,
    noldfdlist: *mut c_uint,
    oldfdlist: *mut *mut c_int,
    flags: c_uint,
) -> c_int {
    global_beside::<Domain, _, _>(domain, || {
        let namespaces = some_files(fdlist, nfdlist, "fdlist")?;
        let wanted = !noldfdlist.is_null() && !oldfdlist.is_null();
        let former = if wanted { open_own_namespaces()? } else { Vec::new() };
        enter_namespaces(&namespaces, flags)?;
        store_wanted_files(former, oldfdlist, noldfdlist)
    })
}

/// Puts the calling thread, or what it executes next, under a security label.
///
/// @model: the security driver: selinux, apparmor or none
/// @label: the label
/// @oldlabel: where the former label goes; may be NULL
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.4
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLxcEnterSecurityLabel(
    model: virSecurityModelPtr,
    label: virSecurityLabelPtr,
    oldlabel: virSecurityLabelPtr,
    flags: c_uint,
) -> c_int {
    global(|| lxc::enter_label(model, label, oldlabel, flags))
}

/// Moves the calling process into the control groups of a container.
///
/// @domain: the domain
/// @flags: unused so far, 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 2.0.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainLxcEnterCGroup(domain: virDomainPtr, flags: c_uint) -> c_int {
    modify(domain, |domain: &Domain| domain.lxc_enter_cgroup(flags))
}
