//! Finding, defining, starting and stopping domains.

use super::{On, Reply, answers, listed, named, within};
use crate::client::Client;
use ferrovirt_core::abi::{
    VIR_CONNECT_LIST_DOMAINS_ACTIVE as RUNNING, VIR_CONNECT_LIST_DOMAINS_INACTIVE as SHUT_OFF,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_rpc::limits::DOMAIN_LIST_MAX;
use ferrovirt_rpc::program::remote::*;
use ferrovirt_rpc::server::{Call, Dispatch};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

pub(super) fn add(table: &mut Dispatch<Client>) {
    find(table);
    answers! { table;
        DomainCreate |on, call| on.domain(call.dom).create(0);
        DomainCreateXml |on, call| on.create_domain(&call.xml_desc, call.flags);
        DomainCreateWithFlags |on, call| {
            let domain = on.domain(call.dom);
            domain.create(call.flags).map(|()| domain)
        };
        DomainDefineXml |on, call| on.define_domain(&call.xml, 0);
        DomainDefineXmlFlags |on, call| on.define_domain(&call.xml, call.flags);
        DomainUndefine |on, call| on.domain(call.dom).undefine(0);
        DomainUndefineFlags |on, call| on.domain(call.dom).undefine(call.flags);
        DomainDestroy |on, call| on.domain(call.dom).destroy(0);
        DomainDestroyFlags |on, call| on.domain(call.dom).destroy(call.flags);
        DomainReboot |on, call| on.domain(call.dom).reboot(call.flags);
        DomainReset |on, call| on.domain(call.dom).reset(call.flags);
        DomainResume |on, call| on.domain(call.dom).resume();
        DomainSuspend |on, call| on.domain(call.dom).suspend();
        DomainShutdown |on, call| on.domain(call.dom).shutdown(0);
        DomainShutdownFlags |on, call| on.domain(call.dom).shutdown(call.flags);
        DomainInjectNmi |on, call| on.domain(call.dom).inject_nmi(call.flags);
        DomainPmSuspendForDuration |on, call| {
            on.domain(call.dom).pm_suspend_for_duration(call.target, call.duration, call.flags)
        };
        DomainPmWakeup |on, call| on.domain(call.dom).pm_wakeup(call.flags);
        DomainRename |on, call| {
            let name = call.new_name.ok_or_else(|| Error::invalid_arg("a domain needs a name to be renamed to"))?;
            on.domain(call.dom).rename(&name, call.flags).map(|()| 0)
        };
        DomainSetLifecycleAction |on, call| {
            on.domain(call.dom).set_lifecycle_action(call.kind, call.action, call.flags)
        };
        DomainGetLaunchSecurityInfo |on, call| on.domain(call.dom).launch_security_info(call.flags);
        DomainSetLaunchSecurityState |on, call| {
            on.domain(call.dom).set_launch_security_state(&call.params, call.flags)
        };
        DomainStartDirtyRateCalc |on, call| on.domain(call.dom).start_dirty_rate_calc(call.seconds, call.flags);
    }
    table.on_call(create_with_files);
    table.on_call(create_xml_with_files);
}

fn find(table: &mut Dispatch<Client>) {
    answers! { table;
        ConnectListAllDomains |on, call| {
            let all = on.drivers().hypervisor.connect_list_all_domains(call.flags);
            let all = on.seen_ids("domain", "getattr", all)?;
            let (domains, ret) = listed(all, call.need_results);
            Ok::<_, Error>(ConnectListAllDomainsReply { domains, ret })
        };
        ConnectListDomains |on, call| {
            let room = within(call.maxids, DOMAIN_LIST_MAX, "maxids")?;
            let ids = on.numbers(on.list_domains(), || on.list_all_domains(RUNNING));
            ids.map(|ids| ids.into_iter().take(room).collect::<Vec<_>>())
        };
        ConnectListDefinedDomains |on, call| {
            named(on.names(on.list_defined_domains(), || on.list_all_domains(SHUT_OFF)), call.maxnames)
        };
        ConnectNumOfDomains |on, _| on.number(|| on.count_domains(), || on.list_all_domains(RUNNING));
        ConnectNumOfDefinedDomains |on, _| {
            on.number(|| on.count_defined_domains(), || on.list_all_domains(SHUT_OFF))
        };
        DomainLookupById |on, call| on.lookup_domain_by_id(call.id);
        DomainLookupByName |on, call| on.lookup_domain_by_name(&call.name);
        DomainLookupByUuid |on, call| on.lookup_domain_by_uuid(call.uuid);
        DomainIsActive |on, call| on.domain(call.dom).is_active();
        DomainIsPersistent |on, call| on.domain(call.dom).is_persistent();
        DomainIsUpdated |on, call| on.domain(call.dom).is_updated();
        DomainGetOsType |on, call| on.domain(call.dom).os_type();
        DomainGetState |on, call| {
            let answer = on.domain(call.dom).state(call.flags);
            answer.map(|answer| DomainGetStateReply { state: answer.state, reason: answer.reason })
        };
        DomainGetInfo |on, call| on.domain(call.dom).info().map(|info| DomainGetInfoReply {
            state: info.state,
            max_mem: info.max_memory,
            memory: info.memory,
            nr_virt_cpu: info.vcpus,
            cpu_time: info.cpu_time,
        });
        DomainGetControlInfo |on, call| {
            let answer = on.domain(call.dom).control_info(call.flags);
            answer.map(|info| DomainGetControlInfoReply {
                state: info.state,
                details: info.details,
                state_time: info.state_time,
            })
        };
    }
}

/// The descriptors that came with a call, to be lent.
pub(super) fn lent(fds: &[OwnedFd]) -> Vec<BorrowedFd<'_>> {
    fds.iter().map(AsFd::as_fd).collect()
}

fn create_with_files(
    call: Call<'_, Client>,
    arguments: DomainCreateWithFiles,
) -> Result<(ferrovirt_core::DomainId, Vec<OwnedFd>)> {
    let domain = On::the(call.caller)?.domain(arguments.dom);
    domain.create_with_files(&lent(&call.fds), arguments.flags)?;
    Ok((domain.reply(), Vec::new()))
}

fn create_xml_with_files(
    call: Call<'_, Client>,
    arguments: DomainCreateXmlWithFiles,
) -> Result<(ferrovirt_core::DomainId, Vec<OwnedFd>)> {
    let on = On::the(call.caller)?;
    let domain = on.create_domain_with_files(&arguments.xml_desc, &lent(&call.fds), arguments.flags)?;
    Ok((domain.reply(), Vec::new()))
}
