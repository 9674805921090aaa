//! What only QEMU domains have.

use crate::flags::{not_negative, not_zero};
use crate::{CallbackId, Connection, Domain, EventCallback};
use ferrovirt_core::abi::{
    VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE,
    VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX,
};
use ferrovirt_core::event::{Event, EventObject, Interest, MonitorEvents};
use ferrovirt_core::{Error, Result};
use regex::RegexBuilder;
use std::os::fd::{BorrowedFd, OwnedFd};

impl Domain {
    /// Sends a command to QEMU's monitor, past all that the library knows of the guest.
    pub fn qemu_monitor_command(&self, command: &str, flags: u32) -> Result<String> {
        self.driver().domain_qemu_monitor_command(&self.id(), command, flags)
    }

    /// The same with descriptors passed along; those that QEMU sent back come with the answer.
    pub fn qemu_monitor_command_with_files(
        &self,
        command: &str,
        files: &[BorrowedFd<'_>],
        flags: u32,
    ) -> Result<(String, Vec<OwnedFd>)> {
        self.driver().domain_qemu_monitor_command_with_files(&self.id(), command, files, flags)
    }

    /// Sends a command to the agent in the guest; `timeout` in seconds or `VIR_DOMAIN_QEMU_AGENT_COMMAND_*`.
    pub fn qemu_agent_command(&self, command: &str, timeout: i32, flags: u32) -> Result<String> {
        self.driver().domain_qemu_agent_command(&self.id(), command, timeout, flags)
    }
}

impl Connection {
    /// Takes over a QEMU process that was started by somebody else.
    pub fn qemu_attach(&self, pid: u32, flags: u32) -> Result<Domain> {
        not_zero(pid, "pid_value")?;
        let id = self.drivers().hypervisor.domain_qemu_attach(pid, flags)?;
        Ok(Domain::new(self, id))
    }

    /// Has `callback` called for events of QEMU's monitors: of one domain or all, of one name, of all that match a
    /// pattern (`flags` are `VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_*`), or all.
    pub fn register_qemu_monitor_event(
        &self,
        domain: Option<&Domain>,
        name: Option<&str>,
        flags: u32,
        callback: EventCallback,
    ) -> Result<CallbackId> {
        if let Some(domain) = domain
            && domain.connection().address() != self.address()
        {
            let detail = format!("domain '{}' is on another connection", domain.name());
            return Err(Error::invalid_arg(detail));
        }
        let hub = self.drivers().hypervisor.qemu_monitor_events()?;
        let matches = monitor_event_filter(name, flags)?;
        let wanted = domain.map(Domain::uuid);
        let filter = Box::new(move |event: &Event| match event {
            Event::QemuMonitor(event) => {
                wanted.is_none_or(|uuid| uuid == event.domain.uuid) && matches(&event.event)
            }
            _ => false,
        });
        let monitor = MonitorEvents { name: name.map(str::to_owned), flags };
        let object = domain.map(|domain| EventObject::Domain(domain.id()));
        let interest = Interest { event_id: 0, object, monitor: Some(monitor) };
        let hub = hub.narrow(&interest)?;
        self.events().register(self, &hub, filter, callback)
    }

    pub fn deregister_qemu_monitor_event(&self, id: CallbackId) -> Result<()> {
        not_negative(id, "callbackID")?;
        self.drivers().hypervisor.qemu_monitor_events()?;
        self.events().deregister(id)
    }
}

/// Whether a monitor's event of this name is wanted.
pub type MonitorEventFilter = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// The events of one name, of all names that match a pattern, or all; `flags` are
/// `VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_*`.
pub fn monitor_event_filter(name: Option<&str>, flags: u32) -> Result<MonitorEventFilter> {
    let known = VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX
        | VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE;
    if flags & !known != 0 {
        return Err(Error::invalid_arg(format!(
            "unsupported flags (0x{:x}) for monitor events",
            flags & !known
        )));
    }
    let Some(name) = name.map(str::to_owned) else { return Ok(Box::new(|_| true)) };
    let any_case = flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE != 0;
    if flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX != 0 {
        let pattern = RegexBuilder::new(&name)
            .case_insensitive(any_case)
            .build()
            .map_err(|err| Error::invalid_arg(format!("event '{name}' is no regular expression: {err}")))?;
        return Ok(Box::new(move |event| pattern.is_match(event)));
    }
    Ok(Box::new(move |event| if any_case { event.eq_ignore_ascii_case(&name) } else { event == name }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::test_connection;
    use ferrovirt_core::{ErrorCode, ErrorDomain};

    #[test]
    fn names_match_exactly_by_case_or_by_pattern() {
        let hits = |name, flags, event| monitor_event_filter(name, flags).unwrap()(event);
        assert!(hits(None, 0, "STOP"));
        assert!(hits(Some("STOP"), 0, "STOP") && !hits(Some("stop"), 0, "STOP"));
        assert!(hits(Some("stop"), 2, "STOP"));
        assert!(hits(Some("^ST.P$"), 1, "STOP") && !hits(Some("^st.p$"), 1, "STOP"));
        assert!(hits(Some("^st.p$"), 3, "STOP"));
        assert!(monitor_event_filter(Some("("), 1).is_err());
        assert!(monitor_event_filter(None, 4).is_err());
    }

    #[test]
    fn process_numbers_are_checked_before_the_driver_is_asked() {
        let conn = test_connection();
        let code = |pid| conn.qemu_attach(pid, 0).err().unwrap().code();
        assert_eq!(code(0), ErrorCode::InvalidArg);
        let err = conn.qemu_attach(1, 0).err().unwrap();
        assert_eq!((err.code(), err.error_domain()), (ErrorCode::NoSupport, ErrorDomain::None));
    }
}
