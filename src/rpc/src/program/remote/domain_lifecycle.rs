//! Finding, defining, starting and stopping domains.

use crate::limits::*;
use crate::procedure::procedures;
use crate::values::Params;
use crate::xdr::List;
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::{VIR_DOMAIN_REBOOT_GUEST_AGENT, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT};
use uuid::Uuid;

procedures! {
    Remote;
    9 => DomainCreate { dom: DomainId } -> (), Normal, Write, [domain:start];
    10 => DomainCreateXml { xml_desc: String, flags: u32 } -> DomainId,
        Normal, Write, [domain:write, domain:start];
    11 => DomainDefineXml { xml: String } -> DomainId, High, Write, [domain:write, domain:save];
    12 => DomainDestroy { dom: DomainId } -> (), High, Write, [domain:stop];
    16 => DomainGetInfo { dom: DomainId }
        -> struct DomainGetInfoReply { state: u8, max_mem: u64, memory: u64, nr_virt_cpu: u16, cpu_time: u64 },
        Normal, Read, [domain:read];
    19 => DomainGetOsType { dom: DomainId } -> String, High, Read, [domain:read];
    21 => ConnectListDefinedDomains { maxnames: i32 } -> List<String, DOMAIN_LIST_MAX>,
        High, Read, [connect:search_domains], filter domain:getattr;
    22 => DomainLookupById { id: i32 } -> DomainId, High, Read, [domain:getattr];
    23 => DomainLookupByName { name: String } -> DomainId, High, Read, [domain:getattr];
    24 => DomainLookupByUuid { uuid: Uuid } -> DomainId, High, Read, [domain:getattr];
    25 => ConnectNumOfDefinedDomains -> i32, High, Read, [connect:search_domains], filter domain:getattr;
    27 => DomainReboot { dom: DomainId, flags: u32 } -> (),
        Normal, Write, [domain:init_control, domain:write if(VIR_DOMAIN_REBOOT_GUEST_AGENT)];
    28 => DomainResume { dom: DomainId } -> (), Normal, Write, [domain:suspend];
    33 => DomainShutdown { dom: DomainId } -> (), Normal, Write, [domain:init_control];
    34 => DomainSuspend { dom: DomainId } -> (), Normal, Write, [domain:suspend];
    35 => DomainUndefine { dom: DomainId } -> (), High, Write, [domain:delete];
    37 => ConnectListDomains { maxids: i32 } -> List<i32, DOMAIN_LIST_MAX>,
        High, Read, [connect:search_domains], filter domain:getattr;
    51 => ConnectNumOfDomains -> i32, High, Read, [connect:search_domains], filter domain:getattr;
    150 => DomainIsActive { dom: DomainId } -> i32, High, Read, [domain:read];
    151 => DomainIsPersistent { dom: DomainId } -> i32, High, Read, [domain:read];
    196 => DomainCreateWithFlags { dom: DomainId, flags: u32 } -> DomainId, Normal, Write, [domain:start];
    202 => DomainIsUpdated { dom: DomainId } -> i32, High, Read, [domain:read];
    210 => DomainInjectNmi { dom: DomainId, flags: u32 } -> (), Normal, Write, [domain:inject_nmi];
    212 => DomainGetState { dom: DomainId, flags: u32 }
        -> struct DomainGetStateReply { state: i32, reason: i32 },
        High, Read, [domain:read];
    229 => DomainGetControlInfo { dom: DomainId, flags: u32 }
        -> struct DomainGetControlInfoReply { state: u32, details: u32, state_time: u64 },
        High, Read, [domain:read];
    231 => DomainUndefineFlags { dom: DomainId, flags: u32 } -> (), High, Write, [domain:delete];
    234 => DomainDestroyFlags { dom: DomainId, flags: u32 } -> (), High, Write, [domain:stop];
    245 => DomainReset { dom: DomainId, flags: u32 } -> (), Normal, Write, [domain:reset];
    258 => DomainShutdownFlags { dom: DomainId, flags: u32 } -> (),
        Normal, Write, [domain:init_control, domain:write if(VIR_DOMAIN_SHUTDOWN_GUEST_AGENT)];
    261 => DomainPmSuspendForDuration { dom: DomainId, target: u32, duration: u64, flags: u32 } -> (),
        Normal, Write, [domain:pm_control];
    267 => DomainPmWakeup { dom: DomainId, flags: u32 } -> (), Normal, Write, [domain:pm_control];
    273 => ConnectListAllDomains { need_results: i32, flags: u32 }
        -> struct ConnectListAllDomainsReply { domains: List<DomainId, DOMAIN_LIST_MAX>, ret: u32 },
        High, Read, [connect:search_domains], filter domain:getattr;
    309 => DomainCreateXmlWithFiles { xml_desc: String, flags: u32 } -> DomainId,
        Normal, Write, [domain:write, domain:start], fds Sends;
    310 => DomainCreateWithFiles { dom: DomainId, flags: u32 } -> DomainId,
        Normal, Write, [domain:start], fds Sends;
    350 => DomainDefineXmlFlags { xml: String, flags: u32 } -> DomainId,
        High, Write, [domain:write, domain:save];
    358 => DomainRename { dom: DomainId, new_name: Option<String>, flags: u32 } -> i32,
        Normal, Write, [domain:write, domain:save];
    390 => DomainSetLifecycleAction { dom: DomainId, kind: u32, action: u32, flags: u32 } -> (),
        Normal, Write, [domain:write];
    396 => DomainGetLaunchSecurityInfo { dom: DomainId, flags: u32 }
        -> Params<DOMAIN_LAUNCH_SECURITY_INFO_PARAMS_MAX>,
        Normal, Write, [domain:read];
    427 => DomainStartDirtyRateCalc { dom: DomainId, seconds: i32, flags: u32 } -> (),
        Normal, Write, [domain:write];
    439 => DomainSetLaunchSecurityState {
        dom: DomainId, params: Params<DOMAIN_LAUNCH_SECURITY_STATE_PARAMS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [domain:write];
}
