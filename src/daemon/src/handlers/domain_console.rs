//! Consoles, channels, screens and keys of domains.

use super::{On, answers};
use crate::client::Client;
use crate::streams::{Ways, new_stream};
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::{Call, Dispatch};
use std::os::fd::{AsFd, OwnedFd};

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        DomainSendKey |on, call| {
            on.domain(call.dom).send_key(call.codeset, call.holdtime, &call.keycodes, call.flags)
        };
        DomainSendProcessSignal |on, call| {
            on.domain(call.dom).send_process_signal(call.pid_value, call.signum, call.flags)
        };
    }
    table.on_call(open_console);
    table.on_call(open_channel);
    table.on_call(screenshot);
    table.on_call(open_graphics);
    table.on_call(open_graphics_fd);
}

fn open_console(call: Call<'_, Client>, arguments: DomainOpenConsole) -> Result<((), Vec<OwnedFd>)> {
    let on = On::the(call.caller)?;
    let stream = new_stream(&on)?;
    on.domain(arguments.dom).open_console(arguments.dev_name.as_deref(), &stream, arguments.flags)?;
    call.caller.streams().open(call.caller, call.header, stream, Ways::BOTH)?;
    Ok(((), Vec::new()))
}

fn open_channel(call: Call<'_, Client>, arguments: DomainOpenChannel) -> Result<((), Vec<OwnedFd>)> {
    let on = On::the(call.caller)?;
    let stream = new_stream(&on)?;
    on.domain(arguments.dom).open_channel(arguments.name.as_deref(), &stream, arguments.flags)?;
    call.caller.streams().open(call.caller, call.header, stream, Ways::BOTH)?;
    Ok(((), Vec::new()))
}

fn screenshot(call: Call<'_, Client>, arguments: DomainScreenshot) -> Result<(Option<String>, Vec<OwnedFd>)> {
    let on = On::the(call.caller)?;
    let stream = new_stream(&on)?;
    let kind = on.domain(arguments.dom).screenshot(&stream, arguments.screen, arguments.flags)?;
    call.caller.streams().open(call.caller, call.header, stream, Ways::TO_CLIENT)?;
    Ok((Some(kind), Vec::new()))
}

fn open_graphics(call: Call<'_, Client>, arguments: DomainOpenGraphics) -> Result<((), Vec<OwnedFd>)> {
    let socket = call
        .fds
        .first()
        .ok_or_else(|| Error::internal("a display is opened with a socket, and none came with the call"))?;
    On::the(call.caller)?.domain(arguments.dom).open_graphics(
        arguments.idx,
        socket.as_fd(),
        arguments.flags,
    )?;
    Ok(((), Vec::new()))
}

fn open_graphics_fd(call: Call<'_, Client>, arguments: DomainOpenGraphicsFd) -> Result<((), Vec<OwnedFd>)> {
    let domain = On::the(call.caller)?.domain(arguments.dom);
    Ok(((), vec![domain.open_graphics_fd(arguments.idx, arguments.flags)?]))
}
