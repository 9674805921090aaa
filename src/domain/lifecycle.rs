//! Defining, starting, stopping, pausing.

use super::Domain;
use crate::Connection;
use crate::flags::{exclusive, not_empty};
use ferrovirt_core::abi::{
    VIR_DOMAIN_LIFECYCLE_ACTION_LAST, VIR_DOMAIN_LIFECYCLE_LAST, VIR_TYPED_PARAM_STRING_OKAY,
};
use ferrovirt_core::driver::{DomainControlInfo, DomainInfo, DomainStateReason};
use ferrovirt_core::{Error, Result, TypedParams};
use std::os::fd::BorrowedFd;

impl Connection {
    /// Starts a guest that is gone once it stops; `flags` are `virDomainCreateFlags`.
    pub fn create_domain(&self, xml: &str, flags: u32) -> Result<Domain> {
        self.drivers().hypervisor.domain_create_xml(xml, flags).map(|id| Domain::new(self, id))
    }

    /// The same with descriptors that the guest's first process inherits.
    pub fn create_domain_with_files(
        &self,
        xml: &str,
        files: &[BorrowedFd<'_>],
        flags: u32,
    ) -> Result<Domain> {
        let id = self.drivers().hypervisor.domain_create_xml_with_files(xml, files, flags)?;
        Ok(Domain::new(self, id))
    }

    /// Makes a definition permanent, new or in place of the one with the same UUID; nothing is started.
    pub fn define_domain(&self, xml: &str, flags: u32) -> Result<Domain> {
        self.drivers().hypervisor.domain_define_xml_flags(xml, flags).map(|id| Domain::new(self, id))
    }
}

impl Domain {
    /// Starts a defined domain; `flags` are `virDomainCreateFlags`.
    pub fn create(&self, flags: u32) -> Result<()> {
        let id = self.driver().domain_create_with_flags(&self.id(), flags)?;
        self.set_numeric_id(id);
        Ok(())
    }

    /// The same with descriptors that the guest's first process inherits.
    pub fn create_with_files(&self, files: &[BorrowedFd<'_>], flags: u32) -> Result<()> {
        let id = self.driver().domain_create_with_files(&self.id(), files, flags)?;
        self.set_numeric_id(id);
        Ok(())
    }

    /// Forgets the definition; `flags` are `virDomainUndefineFlagsValues`.
    pub fn undefine(&self, flags: u32) -> Result<()> {
        self.driver().domain_undefine_flags(&self.id(), flags)
    }

    /// Pauses the guest's CPUs; its memory stays.
    pub fn suspend(&self) -> Result<()> {
        self.driver().domain_suspend(&self.id())
    }

    pub fn resume(&self) -> Result<()> {
        self.driver().domain_resume(&self.id())
    }

    /// Asks the guest to sleep; `target` is `virNodeSuspendTarget`, `duration` in seconds, 0 until woken.
    pub fn pm_suspend_for_duration(&self, target: u32, duration: u64, flags: u32) -> Result<()> {
        self.driver().domain_pm_suspend_for_duration(&self.id(), target, duration, flags)
    }

    pub fn pm_wakeup(&self, flags: u32) -> Result<()> {
        self.driver().domain_pm_wakeup(&self.id(), flags)
    }

    /// Asks the guest to shut down, without waiting for it; `flags` are `virDomainShutdownFlagValues`.
    pub fn shutdown(&self, flags: u32) -> Result<()> {
        self.noting_a_stop(|| self.driver().domain_shutdown_flags(&self.id(), flags))
    }

    /// Asks the guest to reboot; `flags` are `virDomainRebootFlagValues`.
    pub fn reboot(&self, flags: u32) -> Result<()> {
        self.noting_a_stop(|| self.driver().domain_reboot(&self.id(), flags))
    }

    /// Resets the machine as its button would.
    pub fn reset(&self, flags: u32) -> Result<()> {
        self.driver().domain_reset(&self.id(), flags)
    }

    /// Stops the guest by force; `flags` are `virDomainDestroyFlagsValues`.
    pub fn destroy(&self, flags: u32) -> Result<()> {
        self.driver().domain_destroy_flags(&self.id(), flags)?;
        self.set_numeric_id(-1);
        Ok(())
    }

    pub fn inject_nmi(&self, flags: u32) -> Result<()> {
        self.driver().domain_inject_nmi(&self.id(), flags)
    }

    /// Gives the domain another name. Handles keep the one they were made with.
    pub fn rename(&self, new_name: &str, flags: u32) -> Result<()> {
        not_empty(new_name, "new_name")?;
        self.driver().domain_rename(&self.id(), new_name, flags)
    }

    pub fn state(&self, flags: u32) -> Result<DomainStateReason> {
        self.driver().domain_get_state(&self.id(), flags)
    }

    pub fn info(&self) -> Result<DomainInfo> {
        self.driver().domain_get_info(&self.id())
    }

    /// How the control channel to the guest fares.
    pub fn control_info(&self, flags: u32) -> Result<DomainControlInfo> {
        self.driver().domain_get_control_info(&self.id(), flags)
    }

    /// What happens at a life cycle event; `kind` is `virDomainLifecycle`, `action` `virDomainLifecycleAction`.
    pub fn set_lifecycle_action(&self, kind: u32, action: u32, flags: u32) -> Result<()> {
        below(kind, VIR_DOMAIN_LIFECYCLE_LAST, "type")?;
        below(action, VIR_DOMAIN_LIFECYCLE_ACTION_LAST, "action")?;
        self.driver().domain_set_lifecycle_action(&self.id(), kind, action, flags)
    }

    /// Measures for so many seconds how fast the guest dirties its memory; the result is in the statistics.
    pub fn start_dirty_rate_calc(&self, seconds: i32, flags: u32) -> Result<()> {
        exclusive!(flags, VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING, VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP)?;
        exclusive!(flags, VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING, VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING)?;
        exclusive!(flags, VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP, VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING)?;
        self.driver().domain_start_dirty_rate_calc(&self.id(), seconds, flags)
    }

    /// How the guest's memory is shielded from the host, with its measurement.
    pub fn launch_security_info(&self, flags: u32) -> Result<TypedParams> {
        self.driver().domain_get_launch_security_info(&self.id(), flags | VIR_TYPED_PARAM_STRING_OKAY)
    }

    pub fn set_launch_security_state(&self, params: &TypedParams, flags: u32) -> Result<()> {
        self.driver().domain_set_launch_security_state(&self.id(), params, flags)
    }
}

fn below(value: u32, end: u32, name: &str) -> Result<()> {
    if value < end {
        return Ok(());
    }
    Err(Error::invalid_arg(format!("{name} must be less than {end}, it is {value}")))
}
