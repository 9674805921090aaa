//! `libvirt-qemu.h`: what only QEMU domains have.

use std::ffi::{c_char, c_longlong, c_uint, c_void};

use crate::abi::{
    VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT,
    VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_NOWAIT, virConnectPtr, virDomainPtr,
};

/// An event of QEMU's monitor, with its time and its JSON details. Since 1.2.3.
pub type virConnectDomainQemuMonitorEventCallback = Option<
    unsafe extern "C" fn(
        conn: virConnectPtr,
        dom: virDomainPtr,
        event: *const c_char,
        seconds: c_longlong,
        micros: c_uint,
        details: *const c_char,
        opaque: *mut c_void,
    ),
>;

c_enum! {
    /// How the event name is matched. Since 1.2.3.
    pub enum virConnectDomainQemuMonitorEventRegisterFlags: u32 {
        /// It is a regular expression. Since 1.2.3.
        VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX = 1 << 0,
        /// Upper and lower case are the same. Since 1.2.3.
        VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE = 1 << 1,
    }
}

c_enum! {
    /// Special waiting times for an agent command, beside a count of seconds. Since 0.10.0.
    pub enum virDomainQemuAgentCommandTimeoutValues: i32 {
        /// Wait for ever. Since 0.10.0.
        VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK,
        /// The least value that is allowed. Since 0.10.0.
        VIR_DOMAIN_QEMU_AGENT_COMMAND_MIN = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK,
        /// Wait for the built-in time. Since 0.10.0.
        VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT,
        /// Do not wait at all. Since 0.10.0.
        VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_NOWAIT,
        /// Waiting time of a shutdown command, in seconds. Since 1.2.15.
        VIR_DOMAIN_QEMU_AGENT_COMMAND_SHUTDOWN = 60,
    }
}

c_enum! {
    /// Language of a monitor command. Since 0.8.8.
    pub enum virDomainQemuMonitorCommandFlags: u32 {
        /// QMP. Since 0.8.8.
        VIR_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT = 0,
        /// The human monitor's. Since 0.8.8.
        VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP = 1 << 0,
    }
}
