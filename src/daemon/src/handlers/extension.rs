//! What only QEMU, or only LXC, can do.

use super::domain_lifecycle::lent;
use super::{On, answers};
use crate::client::Client;
use crate::events::{Family, qemu_monitor_filter};
use ferrovirt::monitor_event_filter;
use ferrovirt_core::Result;
use ferrovirt_core::event::{EventObject, Interest, MonitorEvents};
use ferrovirt_rpc::program::lxc::LxcDomainOpenNamespace;
use ferrovirt_rpc::program::qemu::*;
use ferrovirt_rpc::server::{Call, Dispatch};
use std::os::fd::OwnedFd;

pub(super) fn add(table: &mut Dispatch<Client>) {
    answers! { table;
        QemuDomainMonitorCommand |on, call| on.domain(call.dom).qemu_monitor_command(&call.cmd, call.flags);
        QemuDomainAttach |on, call| on.qemu_attach(call.pid_value, call.flags);
        QemuDomainAgentCommand |on, call| {
            on.domain(call.dom).qemu_agent_command(&call.cmd, call.timeout, call.flags)
        };
    }
    table.on(|client: &Client, call: QemuConnectDomainMonitorEventRegister| {
        let on = On::the(client)?;
        let matches = monitor_event_filter(call.event.as_deref(), call.flags)?;
        let monitor = MonitorEvents { name: call.event.clone(), flags: call.flags };
        let object = call.dom.clone().map(EventObject::Domain);
        let interest = Interest { event_id: 0, object, monitor: Some(monitor) };
        let hub = on.drivers().hypervisor.qemu_monitor_events()?.narrow(&interest)?;
        let tell = qemu_monitor_filter(matches, call.dom.map(|domain| domain.uuid));
        client.events().add(client, Family::QemuMonitor, 0, hub, tell)
    });
    table.on(|client: &Client, call: QemuConnectDomainMonitorEventDeregister| {
        On::the(client)?;
        client.events().remove(Family::QemuMonitor, call.callback_id)
    });
    table.on_call(monitor_command_with_files);
    table.on_call(open_namespace);
}

fn monitor_command_with_files(
    call: Call<'_, Client>,
    arguments: QemuDomainMonitorCommandWithFiles,
) -> Result<(String, Vec<OwnedFd>)> {
    let domain = On::the(call.caller)?.domain(arguments.dom);
    domain.qemu_monitor_command_with_files(&arguments.cmd, &lent(&call.fds), arguments.flags)
}

fn open_namespace(call: Call<'_, Client>, arguments: LxcDomainOpenNamespace) -> Result<((), Vec<OwnedFd>)> {
    let domain = On::the(call.caller)?.domain(arguments.dom);
    Ok(((), domain.lxc_open_namespace(arguments.flags)?))
}
