//! Descriptions of domains and what belongs to them.

use crate::limits::*;
use crate::procedure::procedures;
use crate::xdr::{CharList, List};
use ferrovirt_core::DomainId;
use ferrovirt_core::abi::{
    VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_XML_MIGRATABLE, VIR_DOMAIN_XML_SECURE,
};

procedures! {
    Remote;
    14 => DomainGetXmlDesc { dom: DomainId, flags: u32 } -> String,
        Normal, Read, [
            domain:read, domain:read_secure if(VIR_DOMAIN_XML_SECURE),
            domain:read_secure if(VIR_DOMAIN_XML_MIGRATABLE),
        ];
    15 => DomainGetAutostart { dom: DomainId } -> i32, High, Read, [domain:read];
    29 => DomainSetAutostart { dom: DomainId, autostart: i32 } -> (), High, Write, [domain:write];
    121 => DomainGetSecurityLabel { dom: DomainId }
        -> struct DomainGetSecurityLabelReply { label: CharList<SECURITY_LABEL_MAX>, enforcing: i32 },
        High, Read, [domain:read];
    135 => ConnectDomainXmlFromNative { native_format: String, native_config: String, flags: u32 }
        -> String,
        Normal, Write, [connect:write];
    136 => ConnectDomainXmlToNative { native_format: String, domain_xml: String, flags: u32 } -> String,
        Normal, Write, [connect:write];
    264 => DomainSetMetadata {
        dom: DomainId, kind: i32, metadata: Option<String>, key: Option<String>, uri: Option<String>,
        flags: u32,
    } -> (),
        Normal, Write, [
            domain:write, domain:save unless(VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_AFFECT_LIVE),
            domain:save if(VIR_DOMAIN_AFFECT_CONFIG),
        ];
    265 => DomainGetMetadata { dom: DomainId, kind: i32, uri: Option<String>, flags: u32 } -> String,
        Normal, Read, [domain:read];
    277 => DomainGetHostname { dom: DomainId, flags: u32 } -> String, Normal, Write, [domain:write];
    278 => DomainGetSecurityLabelList { dom: DomainId } -> struct DomainGetSecurityLabelListReply {
        labels: List<DomainGetSecurityLabelReply, SECURITY_LABEL_LIST_MAX>, ret: i32,
    },
        High, Read, [domain:read];
    426 => DomainGetMessages { dom: DomainId, flags: u32 } -> List<String, DOMAIN_MESSAGES_MAX>,
        Normal, Read, [domain:read];
    449 => DomainGetAutostartOnce { dom: DomainId } -> i32, High, Read, [domain:read];
    450 => DomainSetAutostartOnce { dom: DomainId, autostart: i32 } -> (), High, Write, [domain:write];
}
