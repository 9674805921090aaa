//! `libvirt-domain.h`: consoles, channels, screenshots, keys, graphics.

use crate::ffi::{modify, modify_with, numbers, object, open_fd, opt_text};
use ferrovirt::{Domain, rules};
use ferrovirt_core::abi::{virDomainPtr, virStreamPtr};
use std::ffi::{c_char, c_int, c_longlong, c_uint};

/// Opens a console of the guest on a stream, both ways.
///
/// @dom: the domain
/// @dev_name: alias of the console, serial or parallel port; NULL for the first
/// @st: a new stream of the same connection
/// @flags: virDomainConsoleFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.8.6
#[unsafe(no_mangle)]
pub extern "C" fn virDomainOpenConsole(
    dom: virDomainPtr,
    dev_name: *const c_char,
    st: virStreamPtr,
    flags: c_uint,
) -> c_int {
    modify_with(
        dom,
        || object(st, "virDomainOpenConsole"),
        |dom: &Domain, stream| dom.open_console(opt_text(dev_name, "dev_name")?, &stream, flags),
    )
}

/// Opens a channel to a program in the guest on a stream, both ways.
///
/// @dom: the domain
/// @name: alias or target name of the channel; NULL for the first
/// @st: a new stream of the same connection
/// @flags: virDomainChannelFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainOpenChannel(
    dom: virDomainPtr,
    name: *const c_char,
    st: virStreamPtr,
    flags: c_uint,
) -> c_int {
    modify_with(
        dom,
        || object(st, "virDomainOpenChannel"),
        |dom: &Domain, stream| dom.open_channel(opt_text(name, "name")?, &stream, flags),
    )
}

/// Gives a connected socket to a display of the guest, which serves it as a client.
///
/// @dom: the domain
/// @idx: which display, from 0 on
/// @fd: the socket; the caller may close it afterwards
/// @flags: virDomainOpenGraphicsFlags
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.7
#[unsafe(no_mangle)]
pub extern "C" fn virDomainOpenGraphics(dom: virDomainPtr, idx: c_uint, fd: c_int, flags: c_uint) -> c_int {
    modify(dom, |dom: &Domain| dom.open_graphics(idx, open_fd(fd)?, flags))
}

/// Connects to a display of the guest.
///
/// @dom: the domain
/// @idx: which display, from 0 on
/// @flags: virDomainOpenGraphicsFlags
///
/// Returns a socket that the caller closes, or -1 on failure.
///
/// Since: 1.2.8
#[unsafe(no_mangle)]
pub extern "C" fn virDomainOpenGraphicsFD(dom: virDomainPtr, idx: c_uint, flags: c_uint) -> c_int {
    modify(dom, |dom: &Domain| dom.open_graphics_fd(idx, flags))
}

/// Opens a picture of the guest's screen on a stream.
///
/// @domain: the domain
/// @stream: a new stream of the same connection
/// @screen: which screen, from 0 on
/// @flags: must be 0
///
/// Returns the MIME type of the picture, which the caller frees, or NULL on failure.
///
/// Since: 0.9.2
#[unsafe(no_mangle)]
pub extern "C" fn virDomainScreenshot(
    domain: virDomainPtr,
    stream: virStreamPtr,
    screen: c_uint,
    flags: c_uint,
) -> *mut c_char {
    let arguments = || object(stream, "virDomainScreenshot");
    modify_with(domain, arguments, |dom: &Domain, stream| dom.screenshot(&stream, screen, flags))
}

/// Presses keys in the guest, all at once, and lets go of them.
///
/// @domain: the domain
/// @codeset: what the codes mean: a virKeycodeSet
/// @holdtime: how long they are held, in milliseconds
/// @keycodes: the keys
/// @nkeycodes: how many there are, VIR_DOMAIN_SEND_KEY_MAX_KEYS at most
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSendKey(
    domain: virDomainPtr,
    codeset: c_uint,
    holdtime: c_uint,
    keycodes: *mut c_uint,
    nkeycodes: c_int,
    flags: c_uint,
) -> c_int {
    modify(domain, |dom: &Domain| {
        dom.send_key(codeset, holdtime, numbers(keycodes, nkeycodes, "keycodes")?, flags)
    })
}

/// Sends a signal to a process in the guest.
///
/// @domain: the domain
/// @pid_value: number of the process as the guest has it, or a negative one for a group
/// @signum: a virDomainProcessSignal
/// @flags: must be 0
///
/// Returns 0, or -1 on failure.
///
/// Since: 1.0.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSendProcessSignal(
    domain: virDomainPtr,
    pid_value: c_longlong,
    signum: c_uint,
    flags: c_uint,
) -> c_int {
    let arguments = || rules::not_zero(pid_value, "pid_value");
    modify_with(domain, arguments, |dom: &Domain, ()| dom.send_process_signal(pid_value, signum, flags))
}
