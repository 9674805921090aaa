//! The definition and its texts: XML, metadata, autostart, names, native formats.

use super::Domain;
use crate::Connection;
use crate::flags::one_state;
use ferrovirt_core::abi::{
    VIR_DOMAIN_METADATA_DESCRIPTION, VIR_DOMAIN_METADATA_ELEMENT, VIR_DOMAIN_METADATA_TITLE,
    VIR_DOMAIN_XML_MIGRATABLE, VIR_DOMAIN_XML_SECURE,
};
use ferrovirt_core::driver::SecurityLabel;
use ferrovirt_core::{Error, ErrorCode, Result};

impl Connection {
    /// Turns a hypervisor's own configuration into XML; nothing is defined.
    pub fn domain_xml_from_native(
        &self,
        native_format: &str,
        native_config: &str,
        flags: u32,
    ) -> Result<String> {
        self.drivers().hypervisor.connect_domain_xml_from_native(native_format, native_config, flags)
    }

    /// Turns XML into a hypervisor's own configuration.
    pub fn domain_xml_to_native(&self, native_format: &str, domain_xml: &str, flags: u32) -> Result<String> {
        self.drivers().hypervisor.connect_domain_xml_to_native(native_format, domain_xml, flags)
    }
}

impl Domain {
    /// `flags` are `virDomainXMLFlags`; those that show secrets need write access.
    pub fn xml_desc(&self, flags: u32) -> Result<String> {
        let secret = VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE;
        if self.connection().is_read_only() && flags & secret != 0 {
            return Err(Error::new(
                ErrorCode::OperationDenied,
                "the connection is read-only, and XML with its secrets needs write access",
            ));
        }
        self.driver().domain_get_xml_desc(&self.id(), flags)
    }

    /// Whether the domain starts with the host.
    pub fn autostart(&self) -> Result<bool> {
        self.driver().domain_get_autostart(&self.id())
    }

    pub fn set_autostart(&self, autostart: bool) -> Result<()> {
        self.driver().domain_set_autostart(&self.id(), autostart)
    }

    /// Whether the domain starts with the host the next time, and only then.
    pub fn autostart_once(&self) -> Result<bool> {
        self.driver().domain_get_autostart_once(&self.id())
    }

    pub fn set_autostart_once(&self, autostart: bool) -> Result<()> {
        self.driver().domain_set_autostart_once(&self.id(), autostart)
    }

    /// Sets the title, the description or an element of the metadata; no `metadata` removes what is there.
    pub fn set_metadata(
        &self,
        kind: i32,
        metadata: Option<&str>,
        key: Option<&str>,
        uri: Option<&str>,
        flags: u32,
    ) -> Result<()> {
        check_metadata(kind, metadata, key, uri)?;
        self.driver().domain_set_metadata(&self.id(), kind, metadata, key, uri, flags)
    }

    pub fn metadata(&self, kind: i32, uri: Option<&str>, flags: u32) -> Result<String> {
        one_state(flags)?;
        check_metadata_uri(kind, uri)?;
        self.driver().domain_get_metadata(&self.id(), kind, uri, flags)
    }

    /// The guest's host name; `flags` are `virDomainGetHostnameFlags`.
    pub fn hostname(&self, flags: u32) -> Result<String> {
        self.driver().domain_get_hostname(&self.id(), flags)
    }

    /// Warnings about the domain for people to read; `flags` are `virDomainMessageType`, 0 for all.
    pub fn messages(&self, flags: u32) -> Result<Vec<String>> {
        self.driver().domain_get_messages(&self.id(), flags)
    }

    /// The label that the host's first security driver put on the running guest.
    pub fn security_label(&self) -> Result<SecurityLabel> {
        self.driver().domain_get_security_label(&self.id())
    }

    /// The labels of all security drivers, in the host's order.
    pub fn security_label_list(&self) -> Result<Vec<SecurityLabel>> {
        self.driver().domain_get_security_label_list(&self.id())
    }
}

/// The title and the description have neither key nor URI, a title is one line, an element needs both. Kinds that
/// are not known here are the driver's to judge.
fn check_metadata(kind: i32, metadata: Option<&str>, key: Option<&str>, uri: Option<&str>) -> Result<()> {
    if kind == VIR_DOMAIN_METADATA_TITLE as i32 && metadata.is_some_and(|title| title.contains('\n')) {
        return Err(Error::invalid_arg("a domain's title must be a single line"));
    }
    check_metadata_uri(kind, uri)?;
    let element = kind == VIR_DOMAIN_METADATA_ELEMENT as i32;
    if has_no_uri(kind) && key.is_some() {
        return Err(Error::invalid_arg("key must be NULL for a title or a description"));
    }
    if element && metadata.is_some() && key.is_none() {
        return Err(Error::invalid_arg("key must not be NULL when a metadata element is set"));
    }
    Ok(())
}

fn check_metadata_uri(kind: i32, uri: Option<&str>) -> Result<()> {
    if has_no_uri(kind) && uri.is_some() {
        return Err(Error::invalid_arg("uri must be NULL for a title or a description"));
    }
    if kind == VIR_DOMAIN_METADATA_ELEMENT as i32 && uri.is_none() {
        return Err(Error::invalid_arg("uri must not be NULL for a metadata element"));
    }
    Ok(())
}

fn has_no_uri(kind: i32) -> bool {
    kind == VIR_DOMAIN_METADATA_TITLE as i32 || kind == VIR_DOMAIN_METADATA_DESCRIPTION as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: i32 = VIR_DOMAIN_METADATA_TITLE as i32;
    const ELEMENT: i32 = VIR_DOMAIN_METADATA_ELEMENT as i32;

    #[test]
    fn a_title_is_one_line_without_key_and_uri() {
        assert!(check_metadata(TITLE, Some("one"), None, None).is_ok());
        assert!(check_metadata(TITLE, Some("one\ntwo"), None, None).is_err());
        assert!(check_metadata(TITLE, Some("one"), Some("key"), None).is_err());
        assert!(check_metadata(TITLE, Some("one"), None, Some("uri")).is_err());
    }

    #[test]
    fn an_element_needs_its_uri_and_to_be_set_its_key() {
        assert!(check_metadata(ELEMENT, Some("<a/>"), Some("key"), Some("uri")).is_ok());
        assert!(check_metadata(ELEMENT, None, None, Some("uri")).is_ok());
        assert!(check_metadata(ELEMENT, Some("<a/>"), None, Some("uri")).is_err());
        assert!(check_metadata(ELEMENT, None, None, None).is_err());
    }

    #[test]
    fn a_kind_of_the_future_is_left_to_the_driver() {
        assert!(check_metadata(99, Some("x\ny"), Some("key"), Some("uri")).is_ok());
    }
}
