//! The definition and its texts: XML, metadata, autostart, names, native formats.

use crate::DomainId;

/// The label that a security driver of the host put on a running guest (`virSecurityLabel`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityLabel {
    /// At most 4096 bytes; empty where there is none.
    pub label: String,
    pub enforcing: bool,
}

driver_trait! {
    /// The definition and its texts: XML, metadata, autostart, names, native formats.
    pub trait DomainConfig in Domain {
        /// `flags` are `virDomainXMLFlags`.
        fn domain_get_xml_desc(&self, domain: &DomainId, flags: u32) -> String = "virDomainGetXMLDesc";
        /// Turns a hypervisor's own configuration into XML; nothing is defined.
        fn connect_domain_xml_from_native(
            &self,
            native_format: &str,
            native_config: &str,
            flags: u32,
        ) -> String = "virConnectDomainXMLFromNative" writes;
        fn connect_domain_xml_to_native(
            &self,
            native_format: &str,
            domain_xml: &str,
            flags: u32,
        ) -> String = "virConnectDomainXMLToNative" writes;
        fn domain_get_autostart(&self, domain: &DomainId) -> bool = "virDomainGetAutostart";
        fn domain_set_autostart(&self, domain: &DomainId, autostart: bool) -> () = "virDomainSetAutostart" writes;
        /// Whether the domain starts with the host the next time, and only then.
        fn domain_get_autostart_once(&self, domain: &DomainId) -> bool = "virDomainGetAutostartOnce";
        fn domain_set_autostart_once(&self, domain: &DomainId, autostart: bool) -> () = "virDomainSetAutostartOnce" writes;
        /// `kind` is `virDomainMetadataType`; no `metadata` removes what is there.
        fn domain_set_metadata(
            &self,
            domain: &DomainId,
            kind: i32,
            metadata: Option<&str>,
            key: Option<&str>,
            uri: Option<&str>,
            flags: u32,
        ) -> () = "virDomainSetMetadata" writes;
        fn domain_get_metadata(
            &self,
            domain: &DomainId,
            kind: i32,
            uri: Option<&str>,
            flags: u32,
        ) -> String = "virDomainGetMetadata";
        /// `flags` are `virDomainGetHostnameFlags`.
        fn domain_get_hostname(&self, domain: &DomainId, flags: u32) -> String = "virDomainGetHostname" writes;
        /// Warnings about the domain for people to read; `flags` are `virDomainMessageType`, 0 for all.
        fn domain_get_messages(&self, domain: &DomainId, flags: u32) -> Vec<String> = "virDomainGetMessages";
        /// The label of the host's first security driver; the empty one of a domain that does not run.
        fn domain_get_security_label(&self, domain: &DomainId) -> SecurityLabel = "virDomainGetSecurityLabel";
        /// The labels of all security drivers, in the host's order; none of a domain that does not run.
        fn domain_get_security_label_list(&self, domain: &DomainId) -> Vec<SecurityLabel> = "virDomainGetSecurityLabelList";
    }
}
