//! `libvirt-domain.h`: what the guest agent answers: users, file systems, time, keys.

use crate::ffi::{
    TextList, free_fs_info, list_fs_info, modify, modify_with, opt_text, opt_text_list, out, params_out,
    text, text_list, write_time,
};
use ferrovirt::{Domain, driver::GuestTime, rules};
use ferrovirt_core::abi::{virDomainFSInfoPtr, virDomainPtr, virTypedParameterPtr};
use std::ffi::{c_char, c_int, c_longlong, c_uint, c_ulonglong};

/// Lists the file systems that are mounted in the guest, as its agent tells.
///
/// @dom: the domain
/// @info: where the array goes that the caller frees, each file system with virDomainFSInfoFree(), then the array
/// @flags: must be 0
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 1.2.11
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetFSInfo(
    dom: virDomainPtr,
    info: *mut *mut virDomainFSInfoPtr,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| list_fs_info(info, || dom.fs_info(flags)))
}

/// Frees a file system that virDomainGetFSInfo() has told of; NULL is fine.
///
/// @info: the file system
///
/// Since: 1.2.11
#[unsafe(no_mangle)]
pub extern "C" fn virDomainFSInfoFree(info: virDomainFSInfoPtr) {
    free_fs_info(info)
}

/// Has the guest agent give unused blocks of mounted file systems back to the host.
///
/// @dom: the domain
/// @mountPoint: where the file system is mounted, NULL for all
/// @minimum: free stretches below this many bytes may be left out
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainFSTrim(
    dom: virDomainPtr,
    mountPoint: *const c_char,
    minimum: c_ulonglong,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| dom.fs_trim(opt_text(mountPoint, "mountPoint")?, minimum, flags))
}

/// Has the guest agent write out and freeze mounted file systems, so that their disks can be copied.
/// virDomainFSThaw() must follow soon.
///
/// @dom: the domain
/// @mountpoints: where the file systems are mounted; NULL for all
/// @nmountpoints: how many are named
/// @flags: must be 0
///
/// Returns how many file systems were frozen, or -1 on failure.
///
/// Since: 1.2.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainFSFreeze(
    dom: virDomainPtr,
    mountpoints: *mut *const c_char,
    nmountpoints: c_uint,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.fs_freeze(&text_list(mountpoints, nmountpoints as usize, "mountpoints")?, flags)
    })
}

/// Has the guest agent thaw file systems that were frozen.
///
/// @dom: the domain
/// @mountpoints: where the file systems are mounted; NULL for all
/// @nmountpoints: how many are named
/// @flags: must be 0
///
/// Returns how many file systems were thawed, or -1 on failure.
///
/// Since: 1.2.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainFSThaw(
    dom: virDomainPtr,
    mountpoints: *mut *const c_char,
    nmountpoints: c_uint,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| {
        dom.fs_thaw(&text_list(mountpoints, nmountpoints as usize, "mountpoints")?, flags)
    })
}

/// Tells the guest's time, as its agent reads it.
///
/// @dom: the domain
/// @seconds: where the seconds since 1970 go
/// @nseconds: where the nanoseconds beyond them go
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetTime(
    dom: virDomainPtr,
    seconds: *mut c_longlong,
    nseconds: *mut c_uint,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| write_time(seconds, nseconds, || dom.time(flags)))
}

/// Has the guest agent set the guest's time.
///
/// @dom: the domain
/// @seconds: seconds since 1970
/// @nseconds: nanoseconds beyond them
/// @flags: virDomainSetTimeFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.5
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetTime(
    dom: virDomainPtr,
    seconds: c_longlong,
    nseconds: c_uint,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| dom.set_time(GuestTime { seconds, nanoseconds: nseconds }, flags))
}

/// Has the guest agent set the password of a user in the guest.
///
/// @dom: the domain
/// @user: name of the user
/// @password: the password
/// @flags: virDomainSetUserPasswordFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.2.16
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetUserPassword(
    dom: virDomainPtr,
    user: *const c_char,
    password: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(dom, |dom: &Domain| dom.set_user_password(text(user, "user")?, text(password, "password")?, flags))
}

/// Tells what the guest agent knows of users, operating system, time zone, host name, file systems, disks and
/// interfaces.
///
/// @domain: the domain
/// @types: what is asked for: virDomainGuestInfoTypes, 0 for all that the agent can tell
/// @params: where the array goes that the caller frees with virTypedParamsFree()
/// @nparams: where its length goes
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.7.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetGuestInfo(
    domain: virDomainPtr,
    types: c_uint,
    params: *mut virTypedParameterPtr,
    nparams: *mut c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| params_out(params, nparams)?.set(&dom.guest_info(types, flags)?))
}

/// Lists the public SSH keys that may log in to the guest as a user.
///
/// @domain: the domain
/// @user: name of the user
/// @keys: where the array goes that the caller frees, each key and the array
/// @flags: must be 0
///
/// Returns how many keys there are, or -1 on failure.
///
/// Since: 6.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAuthorizedSSHKeysGet(
    domain: virDomainPtr,
    user: *const c_char,
    keys: *mut *mut *mut c_char,
    flags: c_uint,
) -> c_int {
    let arguments = || {
        out(keys, "keys")?;
        text(user, "user")
    };
    modify_with(domain, arguments, |dom: &Domain, user| {
        Ok(TextList(dom.authorized_ssh_keys(user, flags)?).store(keys))
    })
}

/// Sets the public SSH keys that may log in to the guest as a user, or adds or removes some.
///
/// @domain: the domain
/// @user: name of the user
/// @keys: the keys; NULL to remove all
/// @nkeys: how many there are
/// @flags: virDomainAuthorizedSSHKeysSetFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 6.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAuthorizedSSHKeysSet(
    domain: virDomainPtr,
    user: *const c_char,
    keys: *mut *const c_char,
    nkeys: c_uint,
    flags: c_uint,
) -> c_int {
    let arguments = || {
        rules::ssh_keys_flags(flags)?;
        text(user, "user")
    };
    modify_with(domain, arguments, |dom: &Domain, user| {
        let keys = opt_text_list(keys, nkeys as usize, "keys")?;
        dom.set_authorized_ssh_keys(user, keys.as_deref(), flags)
    })
}

/// Sets how long the guest agent may take to answer.
///
/// @domain: the domain
/// @timeout: seconds, or a virDomainAgentResponseTimeoutValues
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 5.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainAgentSetResponseTimeout(
    domain: virDomainPtr,
    timeout: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| dom.agent_set_response_timeout(timeout, flags))
}
