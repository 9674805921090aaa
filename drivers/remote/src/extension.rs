//! What only QEMU or only LXC can do.

use crate::RemoteDriver;
use crate::decode::Family;
use crate::forward::forward;
use ferrovirt_core::driver::{LxcExtension, QemuExtension};
use ferrovirt_core::{DomainId, EventHub, Result};
use ferrovirt_rpc::program::lxc::*;
use ferrovirt_rpc::program::qemu::*;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

impl QemuExtension for RemoteDriver {
    forward! {
        fn domain_qemu_monitor_command(domain: &DomainId, command: &str, flags: u32) -> String =
            QemuDomainMonitorCommand { dom: domain.clone(), cmd: command.into(), flags };
        fn domain_qemu_attach(pid: u32, flags: u32) -> DomainId = QemuDomainAttach { pid_value: pid, flags };
        fn domain_qemu_agent_command(domain: &DomainId, command: &str, timeout: i32, flags: u32) -> String =
            QemuDomainAgentCommand { dom: domain.clone(), cmd: command.into(), timeout, flags }
            => |answer| answer.unwrap_or_default();
    }

    fn domain_qemu_monitor_command_with_files(
        &self,
        domain: &DomainId,
        command: &str,
        files: &[BorrowedFd<'_>],
        flags: u32,
    ) -> Result<(String, Vec<OwnedFd>)> {
        let call = QemuDomainMonitorCommandWithFiles { dom: domain.clone(), cmd: command.into(), flags };
        self.call_with_fds(&call, files)
    }

    fn qemu_monitor_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.session.events.of(Family::Monitor))
    }
}

impl LxcExtension for RemoteDriver {
    fn domain_lxc_open_namespace(&self, domain: &DomainId, flags: u32) -> Result<Vec<OwnedFd>> {
        let call = LxcDomainOpenNamespace { dom: domain.clone(), flags };
        Ok(self.call_with_fds(&call, &[])?.1)
    }
}
