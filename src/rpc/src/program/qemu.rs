//! What only QEMU can do.

use crate::procedure::events;
use crate::procedure::procedures;
use ferrovirt_core::DomainId;

procedures! {
    Qemu;
    1 => QemuDomainMonitorCommand { dom: DomainId, cmd: String, flags: u32 } -> String,
        Normal, Write, [domain:write];
    2 => QemuDomainAttach { pid_value: u32, flags: u32 } -> DomainId,
        Normal, Write, [domain:start, domain:write];
    3 => QemuDomainAgentCommand { dom: DomainId, cmd: String, timeout: i32, flags: u32 }
        -> Option<String>,
        Normal, Write, [domain:write];
    4 => QemuConnectDomainMonitorEventRegister {
        dom: Option<DomainId>, event: Option<String>, flags: u32,
    } -> i32,
        High, Write, [connect:search_domains, connect:write], filter domain:getattr;
    5 => QemuConnectDomainMonitorEventDeregister { callback_id: i32 } -> (), High, Write, [connect:write];
    7 => QemuDomainMonitorCommandWithFiles { dom: DomainId, cmd: String, flags: u32 } -> String,
        Normal, Write, [domain:write], fds Both;
}

events! {
    Qemu;
    6 => QemuDomainMonitorEvent {
        callback_id: i32, dom: DomainId, event: String, seconds: i64, micros: u32,
        details: Option<String>,
    };
}
