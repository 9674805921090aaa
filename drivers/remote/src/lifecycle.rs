//! Finding, defining, starting and stopping domains.

use crate::RemoteDriver;
use crate::decode::Family;
use crate::forward::forward;
use ferrovirt_core::driver::{
    DomainControlInfo, DomainInfo, DomainLifecycle, DomainLookup, DomainStateReason,
};
use ferrovirt_core::{DomainId, Error, EventHub, Result, TypedParams};
use ferrovirt_rpc::program::remote::*;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use uuid::Uuid;

impl DomainLookup for RemoteDriver {
    forward! {
        fn connect_list_all_domains(flags: u32) -> Vec<DomainId> =
            ConnectListAllDomains { need_results: 1, flags } => |reply| reply.domains.0;
        fn domain_lookup_by_id(id: i32) -> DomainId = DomainLookupById { id };
        fn domain_lookup_by_uuid(uuid: Uuid) -> DomainId = DomainLookupByUuid { uuid };
        fn domain_lookup_by_name(name: &str) -> DomainId = DomainLookupByName { name: name.into() };
        fn domain_is_active(domain: &DomainId) -> bool = DomainIsActive { dom: domain.clone() };
        fn domain_is_persistent(domain: &DomainId) -> bool = DomainIsPersistent { dom: domain.clone() };
        fn domain_is_updated(domain: &DomainId) -> bool = DomainIsUpdated { dom: domain.clone() };
        fn domain_get_os_type(domain: &DomainId) -> String = DomainGetOsType { dom: domain.clone() };
    }

    fn connect_num_of_domains(&self, active: bool) -> Result<usize> {
        let count = if active {
            self.call(&ConnectNumOfDomains {})?
        } else {
            self.call(&ConnectNumOfDefinedDomains {})?
        };
        usize::try_from(count).map_err(|_| Error::internal(format!("the daemon counts {count} domains")))
    }

    fn domain_events(&self) -> Result<Arc<EventHub>> {
        Ok(self.session.events.of(Family::Domain))
    }
}

impl DomainLifecycle for RemoteDriver {
    forward! {
        fn domain_create_xml(xml: &str, flags: u32) -> DomainId = DomainCreateXml { xml_desc: xml.into(), flags };
        fn domain_create_with_flags(domain: &DomainId, flags: u32) -> i32 =
            DomainCreateWithFlags { dom: domain.clone(), flags } => |started| started.id;
        fn domain_define_xml_flags(xml: &str, flags: u32) -> DomainId =
            DomainDefineXmlFlags { xml: xml.into(), flags };
        fn domain_undefine_flags(domain: &DomainId, flags: u32) -> () =
            DomainUndefineFlags { dom: domain.clone(), flags };
        fn domain_suspend(domain: &DomainId) -> () = DomainSuspend { dom: domain.clone() };
        fn domain_resume(domain: &DomainId) -> () = DomainResume { dom: domain.clone() };
        fn domain_pm_suspend_for_duration(domain: &DomainId, target: u32, duration: u64, flags: u32) -> () =
            DomainPmSuspendForDuration { dom: domain.clone(), target, duration, flags };
        fn domain_pm_wakeup(domain: &DomainId, flags: u32) -> () = DomainPmWakeup { dom: domain.clone(), flags };
        fn domain_shutdown_flags(domain: &DomainId, flags: u32) -> () =
            DomainShutdownFlags { dom: domain.clone(), flags };
        fn domain_reboot(domain: &DomainId, flags: u32) -> () = DomainReboot { dom: domain.clone(), flags };
        fn domain_reset(domain: &DomainId, flags: u32) -> () = DomainReset { dom: domain.clone(), flags };
        fn domain_destroy_flags(domain: &DomainId, flags: u32) -> () =
            DomainDestroyFlags { dom: domain.clone(), flags };
        fn domain_inject_nmi(domain: &DomainId, flags: u32) -> () = DomainInjectNmi { dom: domain.clone(), flags };
        fn domain_rename(domain: &DomainId, new_name: &str, flags: u32) -> () =
            DomainRename { dom: domain.clone(), new_name: Some(new_name.into()), flags } => |_| ();
        fn domain_get_state(domain: &DomainId, flags: u32) -> DomainStateReason =
            DomainGetState { dom: domain.clone(), flags }
            => |reply| DomainStateReason { state: reply.state, reason: reply.reason };
        fn domain_get_info(domain: &DomainId) -> DomainInfo = DomainGetInfo { dom: domain.clone() } => info;
        fn domain_get_control_info(domain: &DomainId, flags: u32) -> DomainControlInfo =
            DomainGetControlInfo { dom: domain.clone(), flags } => |reply| DomainControlInfo {
                state: reply.state,
                details: reply.details,
                state_time: reply.state_time,
            };
        fn domain_set_lifecycle_action(domain: &DomainId, kind: u32, action: u32, flags: u32) -> () =
            DomainSetLifecycleAction { dom: domain.clone(), kind, action, flags };
        fn domain_start_dirty_rate_calc(domain: &DomainId, seconds: i32, flags: u32) -> () =
            DomainStartDirtyRateCalc { dom: domain.clone(), seconds, flags };
        fn domain_set_launch_security_state(domain: &DomainId, params: &TypedParams, flags: u32) -> () =
            DomainSetLaunchSecurityState { dom: domain.clone(), params: params.into(), flags };
    }

    fn domain_get_launch_security_info(&self, domain: &DomainId, flags: u32) -> Result<TypedParams> {
        let flags = self.with_strings(flags);
        Ok(self.call(&DomainGetLaunchSecurityInfo { dom: domain.clone(), flags })?.0)
    }

    fn domain_create_xml_with_files(
        &self,
        xml: &str,
        files: &[BorrowedFd<'_>],
        flags: u32,
    ) -> Result<DomainId> {
        let call = DomainCreateXmlWithFiles { xml_desc: xml.into(), flags };
        Ok(self.call_with_fds(&call, files)?.0)
    }

    fn domain_create_with_files(
        &self,
        domain: &DomainId,
        files: &[BorrowedFd<'_>],
        flags: u32,
    ) -> Result<i32> {
        let call = DomainCreateWithFiles { dom: domain.clone(), flags };
        Ok(self.call_with_fds(&call, files)?.0.id)
    }
}

fn info(reply: DomainGetInfoReply) -> DomainInfo {
    DomainInfo {
        state: reply.state,
        max_memory: reply.max_mem,
        memory: reply.memory,
        vcpus: reply.nr_virt_cpu,
        cpu_time: reply.cpu_time,
    }
}
