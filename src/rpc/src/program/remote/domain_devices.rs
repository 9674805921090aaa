//! Devices of domains: attaching, detaching, consoles, screens, keys, addresses.

use crate::limits::*;
use crate::procedure::procedures;
use crate::records::DomainInterface;
use crate::values::Params;
use crate::xdr::List;
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::{
    VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
};

procedures! {
    Remote;
    8 => DomainAttachDevice { dom: DomainId, xml: String } -> (), Normal, Write, [domain:write];
    13 => DomainDetachDevice { dom: DomainId, xml: String } -> (), Normal, Write, [domain:write];
    160 => DomainAttachDeviceFlags { dom: DomainId, xml: String, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    161 => DomainDetachDeviceFlags { dom: DomainId, xml: String, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    174 => DomainUpdateDeviceFlags { dom: DomainId, xml: String, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    201 => DomainOpenConsole { dom: DomainId, dev_name: Option<String>, flags: u32 } -> (),
        Normal, Write, [domain:open_device], stream Receives;
    211 => DomainScreenshot { dom: DomainId, screen: u32, flags: u32 } -> Option<String>,
        Normal, Write, [domain:screenshot], stream Receives;
    226 => DomainSendKey {
        dom: DomainId, codeset: u32, holdtime: u32, keycodes: List<u32, DOMAIN_SEND_KEY_MAX>,
        flags: u32,
    } -> (),
        Normal, Write, [domain:send_input];
    249 => DomainOpenGraphics { dom: DomainId, idx: u32, flags: u32 } -> (),
        Normal, Write, [domain:open_graphics], fds Sends;
    256 => DomainSetInterfaceParameters {
        dom: DomainId, device: String, params: Params<DOMAIN_INTERFACE_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    257 => DomainGetInterfaceParameters { dom: DomainId, device: String, nparams: i32, flags: u32 }
        -> struct DomainGetInterfaceParametersReply {
        params: Params<DOMAIN_INTERFACE_PARAMETERS_MAX>, nparams: i32,
    },
        Normal, Read, [domain:read];
    295 => DomainSendProcessSignal { dom: DomainId, pid_value: i64, signum: u32, flags: u32 } -> (),
        Normal, Write, [domain:send_signal];
    296 => DomainOpenChannel { dom: DomainId, name: Option<String>, flags: u32 } -> (),
        Normal, Write, [domain:open_device], stream Receives;
    343 => DomainOpenGraphicsFd { dom: DomainId, idx: u32, flags: u32 } -> (),
        Normal, Write, [domain:open_graphics], fds Receives;
    353 => DomainInterfaceAddresses { dom: DomainId, source: u32, flags: u32 }
        -> List<DomainInterface, DOMAIN_INTERFACE_MAX>,
        Normal, Read, [domain:read, domain:write where(source is VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)];
    392 => DomainDetachDeviceAlias { dom: DomainId, alias: String, flags: u32 } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    443 => DomainFdAssociate { dom: DomainId, name: String, flags: u32 } -> (),
        Normal, Write, [domain:write], fds Sends;
    448 => DomainGraphicsReload { dom: DomainId, kind: u32, flags: u32 } -> (),
        Normal, Write, [domain:write];
    454 => DomainAnnounceInterface {
        dom: DomainId, device: Option<String>, params: Params<DOMAIN_INTERFACE_PARAMETERS_MAX>, flags: u32,
    } -> (),
        Normal, Write, [domain:write];
}
