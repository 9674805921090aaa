//! What only QEMU can do: its monitor, straight.

use crate::driver::QemuDriver;
use ferrovirt_core::driver::QemuExtension;
use ferrovirt_core::{DomainId, Error, ErrorDomain, Result, abi};
use serde_json::Value;

impl QemuExtension for QemuDriver {
    fn domain_qemu_monitor_command(&self, domain: &DomainId, command: &str, flags: u32) -> Result<String> {
        let hmp = abi::VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP;
        super::refuse_flags(flags, hmp, "virDomainQemuMonitorCommand")?;
        self.changing(domain, "monitor command", |_, live| {
            let (monitor, command) = (live.monitor.clone(), command.to_owned());
            if flags & hmp != 0 {
                return self.shared.reactor.call(async move { Ok(monitor.execute_human(&command).await?) });
            }
            let reply = self.shared.reactor.call(async move { Ok(monitor.execute_raw(&command).await?) })?;
            Ok(one_line(reply))
        })
    }

    fn domain_qemu_agent_command(
        &self,
        domain: &DomainId,
        command: &str,
        timeout: i32,
        flags: u32,
    ) -> Result<String> {
        super::refuse_flags(flags, 0, "virDomainQemuAgentCommand")?;
        if timeout < abi::VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK {
            let text = format!("a guest agent can't be waited for {timeout} s");
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        self.agent_command(domain, command, timeout)
    }
}

/// The reply as libvirt hands it out: compact JSON on one line.
fn one_line(reply: String) -> String {
    match serde_json::from_str::<Value>(&reply) {
        Ok(value) => value.to_string(),
        Err(_) => reply,
    }
}
