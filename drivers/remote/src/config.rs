//! Descriptions of domains and what belongs to them.

use crate::RemoteDriver;
use crate::forward::{forward, text};
use ferrovirt_core::DomainId;
use ferrovirt_core::driver::{DomainConfig, SecurityLabel};
use ferrovirt_rpc::program::remote::*;

impl DomainConfig for RemoteDriver {
    forward! {
        fn domain_get_xml_desc(domain: &DomainId, flags: u32) -> String =
            DomainGetXmlDesc { dom: domain.clone(), flags };
        fn connect_domain_xml_from_native(native_format: &str, native_config: &str, flags: u32) -> String =
            ConnectDomainXmlFromNative {
                native_format: native_format.into(),
                native_config: native_config.into(),
                flags,
            };
        fn connect_domain_xml_to_native(native_format: &str, domain_xml: &str, flags: u32) -> String =
            ConnectDomainXmlToNative { native_format: native_format.into(), domain_xml: domain_xml.into(), flags };
        fn domain_get_autostart(domain: &DomainId) -> bool = DomainGetAutostart { dom: domain.clone() };
        fn domain_set_autostart(domain: &DomainId, autostart: bool) -> () =
            DomainSetAutostart { dom: domain.clone(), autostart: autostart.into() };
        fn domain_get_autostart_once(domain: &DomainId) -> bool = DomainGetAutostartOnce { dom: domain.clone() };
        fn domain_set_autostart_once(domain: &DomainId, autostart: bool) -> () =
            DomainSetAutostartOnce { dom: domain.clone(), autostart: autostart.into() };
        fn domain_set_metadata(
            domain: &DomainId,
            kind: i32,
            metadata: Option<&str>,
            key: Option<&str>,
            uri: Option<&str>,
            flags: u32,
        ) -> () = DomainSetMetadata {
            dom: domain.clone(),
            kind,
            metadata: text(metadata),
            key: text(key),
            uri: text(uri),
            flags,
        };
        fn domain_get_metadata(domain: &DomainId, kind: i32, uri: Option<&str>, flags: u32) -> String =
            DomainGetMetadata { dom: domain.clone(), kind, uri: text(uri), flags };
        fn domain_get_hostname(domain: &DomainId, flags: u32) -> String =
            DomainGetHostname { dom: domain.clone(), flags };
        fn domain_get_messages(domain: &DomainId, flags: u32) -> Vec<String> =
            DomainGetMessages { dom: domain.clone(), flags };
        fn domain_get_security_label(domain: &DomainId) -> SecurityLabel =
            DomainGetSecurityLabel { dom: domain.clone() } => label;
        fn domain_get_security_label_list(domain: &DomainId) -> Vec<SecurityLabel> =
            DomainGetSecurityLabelList { dom: domain.clone() }
            => |reply| reply.labels.into_iter().map(label).collect();
    }
}

fn label(reply: DomainGetSecurityLabelReply) -> SecurityLabel {
    SecurityLabel { label: reply.label.0, enforcing: reply.enforcing != 0 }
}
