//! Calls outside the common API that one hypervisor has.

use crate::DomainId;
use crate::event::EventHub;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

driver_trait! {
    /// What only QEMU can do (`libvirt-qemu.h`).
    pub trait QemuExtension in None {
        /// `flags` are `VIR_DOMAIN_QEMU_MONITOR_COMMAND_*`; the monitor's answer comes back as it is.
        fn domain_qemu_monitor_command(
            &self,
            domain: &DomainId,
            command: &str,
            flags: u32,
        ) -> String = "virDomainQemuMonitorCommand" writes;
        /// The same with descriptors passed along; those that QEMU sent back come with the answer.
        fn domain_qemu_monitor_command_with_files(
            &self,
            domain: &DomainId,
            command: &str,
            files: &[BorrowedFd<'_>],
            flags: u32,
        ) -> (String, Vec<OwnedFd>) = "virDomainQemuMonitorCommandWithFiles" writes;
        /// Takes over a QEMU process that was started by somebody else.
        fn domain_qemu_attach(&self, pid: u32, flags: u32) -> DomainId = "virDomainQemuAttach" writes;
        /// `timeout` in seconds, or a `VIR_DOMAIN_QEMU_AGENT_COMMAND_*`.
        fn domain_qemu_agent_command(
            &self,
            domain: &DomainId,
            command: &str,
            timeout: i32,
            flags: u32,
        ) -> String = "virDomainQemuAgentCommand" writes;
        /// Where `Event::QemuMonitor` comes from, for all events of all guests' monitors.
        fn qemu_monitor_events(&self) -> Arc<EventHub> = "virConnectDomainQemuMonitorEventRegister" writes;
    }
}

driver_trait! {
    /// What only LXC can do (`libvirt-lxc.h`).
    pub trait LxcExtension in None {
        /// The namespaces of a running container.
        fn domain_lxc_open_namespace(&self, domain: &DomainId, flags: u32) -> Vec<OwnedFd> = "virDomainLxcOpenNamespace" writes;
    }
}
