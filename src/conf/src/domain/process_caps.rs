//! `<capabilities>` of `<features>`: what a container's processes may do as root.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, OnOff, Shape, Writer, XmlContent, XmlEnum, XmlValue};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A policy and the exceptions from it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessCapabilities {
    pub policy: CapabilitiesPolicy,
    pub states: BTreeMap<Capability, OnOff>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum CapabilitiesPolicy {
    #[default]
    Default,
    Allow,
    Deny,
}

/// Linux's capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, XmlEnum)]
pub enum Capability {
    #[xml(name = "audit_control")]
    AuditControl,
    #[xml(name = "audit_write")]
    AuditWrite,
    #[xml(name = "block_suspend")]
    BlockSuspend,
    Chown,
    #[xml(name = "dac_override")]
    DacOverride,
    #[xml(name = "dac_read_search")]
    DacReadSearch,
    Fowner,
    Fsetid,
    #[xml(name = "ipc_lock")]
    IpcLock,
    #[xml(name = "ipc_owner")]
    IpcOwner,
    Kill,
    Lease,
    #[xml(name = "linux_immutable")]
    LinuxImmutable,
    #[xml(name = "mac_admin")]
    MacAdmin,
    #[xml(name = "mac_override")]
    MacOverride,
    Mknod,
    #[xml(name = "net_admin")]
    NetAdmin,
    #[xml(name = "net_bind_service")]
    NetBindService,
    #[xml(name = "net_broadcast")]
    NetBroadcast,
    #[xml(name = "net_raw")]
    NetRaw,
    Setgid,
    Setfcap,
    Setpcap,
    Setuid,
    #[xml(name = "sys_admin")]
    SysAdmin,
    #[xml(name = "sys_boot")]
    SysBoot,
    #[xml(name = "sys_chroot")]
    SysChroot,
    #[xml(name = "sys_module")]
    SysModule,
    #[xml(name = "sys_nice")]
    SysNice,
    #[xml(name = "sys_pacct")]
    SysPacct,
    #[xml(name = "sys_ptrace")]
    SysPtrace,
    #[xml(name = "sys_rawio")]
    SysRawio,
    #[xml(name = "sys_resource")]
    SysResource,
    #[xml(name = "sys_time")]
    SysTime,
    #[xml(name = "sys_tty_config")]
    SysTtyConfig,
    Syslog,
    #[xml(name = "wake_alarm")]
    WakeAlarm,
}

impl XmlContent for ProcessCapabilities {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let mut caps = Self::default();
        if let Some(text) = node.attr("policy") {
            let bad = || node.bad_attr("policy", CapabilitiesPolicy::KIND, ErrorCode::XmlError);
            caps.policy = CapabilitiesPolicy::from_text(text).ok_or_else(bad)?;
        }
        for child in node.children() {
            let name = Capability::from_text(child.name()).ok_or_else(|| {
                let text = format!("<{}> is not a capability of processes", child.name());
                child.error(ErrorCode::ConfigUnsupported, text)
            })?;
            let state = match child.attr("state") {
                Some(text) => OnOff::from_text(text)
                    .ok_or_else(|| child.bad_attr("state", OnOff::KIND, ErrorCode::XmlError))?,
                None => OnOff::On,
            };
            caps.states.insert(name, state);
        }
        Ok(caps)
    }

    fn write_attrs(&self, w: &mut Writer) {
        if self.policy != CapabilitiesPolicy::Default || !self.states.is_empty() {
            w.attr("policy", &self.policy);
        }
    }

    fn write_children(&self, w: &mut Writer) {
        for (name, state) in &self.states {
            w.open(name.as_str());
            w.attr("state", state);
            w.close(name.as_str());
        }
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}
