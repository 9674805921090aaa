//! Defining, starting, stopping, pausing.

use crate::{DomainId, TypedParams};
use std::os::fd::BorrowedFd;

/// What state a domain is in, and why (`virDomainGetState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DomainStateReason {
    /// `virDomainState`.
    pub state: i32,
    /// One of the `virDomain...Reason` of that state.
    pub reason: i32,
}

/// What there is to say of a domain in a few numbers (`virDomainInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DomainInfo {
    /// `virDomainState`.
    pub state: u8,
    /// The most memory that the guest may have, in KiB.
    pub max_memory: u64,
    /// The memory that the guest has now, in KiB.
    pub memory: u64,
    pub vcpus: u16,
    /// CPU time used, in nanoseconds.
    pub cpu_time: u64,
}

/// How the control channel to a guest fares (`virDomainControlInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DomainControlInfo {
    /// `virDomainControlState`.
    pub state: u32,
    /// `virDomainControlErrorReason` where the state is an error.
    pub details: u32,
    /// How long it has been so, in milliseconds.
    pub state_time: u64,
}

driver_trait! {
    /// Defining, starting, stopping, pausing.
    pub trait DomainLifecycle in Domain {
        /// Starts a guest that is gone once it stops; `flags` are `virDomainCreateFlags`.
        fn domain_create_xml(&self, xml: &str, flags: u32) -> DomainId = "virDomainCreateXML" writes;
        /// The same with descriptors that the guest's first process inherits.
        fn domain_create_xml_with_files(
            &self,
            xml: &str,
            files: &[BorrowedFd<'_>],
            flags: u32,
        ) -> DomainId = "virDomainCreateXMLWithFiles" writes;
        /// Starts a defined domain; its numeric id comes back.
        fn domain_create_with_flags(&self, domain: &DomainId, flags: u32) -> i32 = "virDomainCreateWithFlags" writes;
        /// The same with descriptors that the guest's first process inherits.
        fn domain_create_with_files(
            &self,
            domain: &DomainId,
            files: &[BorrowedFd<'_>],
            flags: u32,
        ) -> i32 = "virDomainCreateWithFiles" writes;
        /// Makes a definition permanent, new or in place of the one with the same UUID; `flags` are `virDomainDefineFlags`.
        fn domain_define_xml_flags(&self, xml: &str, flags: u32) -> DomainId = "virDomainDefineXMLFlags" writes;
        /// `flags` are `virDomainUndefineFlagsValues`.
        fn domain_undefine_flags(&self, domain: &DomainId, flags: u32) -> () = "virDomainUndefineFlags" writes;
        fn domain_suspend(&self, domain: &DomainId) -> () = "virDomainSuspend" writes;
        fn domain_resume(&self, domain: &DomainId) -> () = "virDomainResume" writes;
        /// Asks the guest to sleep; `target` is `virNodeSuspendTarget`, `duration` in seconds, 0 until woken.
        fn domain_pm_suspend_for_duration(
            &self,
            domain: &DomainId,
            target: u32,
            duration: u64,
            flags: u32,
        ) -> () = "virDomainPMSuspendForDuration" writes;
        fn domain_pm_wakeup(&self, domain: &DomainId, flags: u32) -> () = "virDomainPMWakeup" writes;
        /// Asks the guest to shut down, without waiting for it; `flags` are `virDomainShutdownFlagValues`.
        fn domain_shutdown_flags(&self, domain: &DomainId, flags: u32) -> () = "virDomainShutdownFlags" writes;
        /// Asks the guest to reboot; `flags` are `virDomainRebootFlagValues`.
        fn domain_reboot(&self, domain: &DomainId, flags: u32) -> () = "virDomainReboot" writes;
        /// Resets the machine as its button would.
        fn domain_reset(&self, domain: &DomainId, flags: u32) -> () = "virDomainReset" writes;
        /// Stops the guest by force; `flags` are `virDomainDestroyFlagsValues`.
        fn domain_destroy_flags(&self, domain: &DomainId, flags: u32) -> () = "virDomainDestroyFlags" writes;
        fn domain_inject_nmi(&self, domain: &DomainId, flags: u32) -> () = "virDomainInjectNMI" writes;
        fn domain_rename(&self, domain: &DomainId, new_name: &str, flags: u32) -> () = "virDomainRename" writes;
        fn domain_get_state(&self, domain: &DomainId, flags: u32) -> DomainStateReason = "virDomainGetState";
        fn domain_get_info(&self, domain: &DomainId) -> DomainInfo = "virDomainGetInfo";
        fn domain_get_control_info(&self, domain: &DomainId, flags: u32) -> DomainControlInfo = "virDomainGetControlInfo";
        /// What happens at a life cycle event; `kind` is `virDomainLifecycle`, `action` `virDomainLifecycleAction`.
        fn domain_set_lifecycle_action(
            &self,
            domain: &DomainId,
            kind: u32,
            action: u32,
            flags: u32,
        ) -> () = "virDomainSetLifecycleAction" writes;
        /// Measures for so many seconds how fast the guest dirties its memory; `flags` are `virDomainDirtyRateCalcFlags`.
        fn domain_start_dirty_rate_calc(&self, domain: &DomainId, seconds: i32, flags: u32) -> () = "virDomainStartDirtyRateCalc" writes;
        fn domain_get_launch_security_info(&self, domain: &DomainId, flags: u32) -> TypedParams = "virDomainGetLaunchSecurityInfo" writes;
        fn domain_set_launch_security_state(
            &self,
            domain: &DomainId,
            params: &TypedParams,
            flags: u32,
        ) -> () = "virDomainSetLaunchSecurityState" writes;
    }
}
