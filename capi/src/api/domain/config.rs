//! `libvirt-domain.h`: the definition and its texts: XML, metadata, autostart, names, native formats.

use crate::ffi::node::hypervisor_choice;
use crate::ffi::{
    TextList, inspect, list_security_labels, modify, opt_text, out, store, text, write_security_label,
};
use ferrovirt::{Connection, Domain};
use ferrovirt_core::abi::{virConnectPtr, virDomainPtr, virSecurityLabelPtr};
use std::ffi::{c_char, c_int, c_uint};

/// Describes the domain in XML: the running guest if it runs, otherwise its definition.
///
/// @domain: the domain
/// @flags: virDomainXMLFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.0.3
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetXMLDesc(domain: virDomainPtr, flags: c_uint) -> *mut c_char {
    inspect(domain, |domain: &Domain| domain.xml_desc(flags))
}

/// Turns a hypervisor's own configuration into XML. Nothing is defined by it.
///
/// @conn: the connection
/// @nativeFormat: which configuration it is, such as VIR_CONNECT_XEN_CONFIG_FORMAT_XL
/// @nativeConfig: the configuration
/// @flags: none are defined, pass 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainXMLFromNative(
    conn: virConnectPtr,
    nativeFormat: *const c_char,
    nativeConfig: *const c_char,
    flags: c_uint,
) -> *mut c_char {
    modify(conn, |conn: &Connection| {
        conn.domain_xml_from_native(
            text(nativeFormat, "nativeFormat")?,
            text(nativeConfig, "nativeConfig")?,
            flags,
        )
    })
}

/// Turns XML into a hypervisor's own configuration, such as a command line.
///
/// @conn: the connection
/// @nativeFormat: which configuration it is to be, such as VIR_CONNECT_XEN_CONFIG_FORMAT_XL
/// @domainXml: the description
/// @flags: none are defined, pass 0
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.6.4
#[unsafe(no_mangle)]
pub extern "C" fn virConnectDomainXMLToNative(
    conn: virConnectPtr,
    nativeFormat: *const c_char,
    domainXml: *const c_char,
    flags: c_uint,
) -> *mut c_char {
    modify(conn, |conn: &Connection| {
        conn.domain_xml_to_native(text(nativeFormat, "nativeFormat")?, text(domainXml, "domainXml")?, flags)
    })
}

/// Tells whether the domain starts with the host.
///
/// @domain: the domain
/// @autostart: where 1 or 0 goes
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetAutostart(domain: virDomainPtr, autostart: *mut c_int) -> c_int {
    inspect(domain, |domain: &Domain| store(autostart, "autostart", || Ok(domain.autostart()?.into())))
}

/// Chooses whether the domain starts with the host.
///
/// @domain: the domain
/// @autostart: 1 if it is to, 0 if not
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.2.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetAutostart(domain: virDomainPtr, autostart: c_int) -> c_int {
    modify(domain, |domain: &Domain| domain.set_autostart(autostart != 0))
}

/// Tells whether the domain starts with the host the next time, and only then.
///
/// @domain: the domain
/// @autostart: where 1 or 0 goes
///
/// Returns 0, or -1 on failure.
///
/// Since: 11.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetAutostartOnce(domain: virDomainPtr, autostart: *mut c_int) -> c_int {
    inspect(domain, |domain: &Domain| store(autostart, "autostart", || Ok(domain.autostart_once()?.into())))
}

/// Chooses whether the domain starts with the host the next time, and only then.
///
/// @domain: the domain
/// @autostart: 1 if it is to, 0 if not
///
/// Returns 0, or -1 on failure.
///
/// Since: 11.2.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetAutostartOnce(domain: virDomainPtr, autostart: c_int) -> c_int {
    modify(domain, |domain: &Domain| domain.set_autostart_once(autostart != 0))
}

/// Sets or removes the title, the description, or the metadata element of one namespace.
///
/// @domain: the domain
/// @type: which of them, a virDomainMetadataType
/// @metadata: the text or the element, NULL to remove it
/// @key: prefix of the element's namespace; NULL for title and description
/// @uri: the element's namespace; NULL for title and description
/// @flags: virDomainModificationImpact
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virDomainSetMetadata(
    domain: virDomainPtr,
    r#type: c_int,
    metadata: *const c_char,
    key: *const c_char,
    uri: *const c_char,
    flags: c_uint,
) -> c_int {
    modify(domain, |domain: &Domain| {
        domain.set_metadata(
            r#type,
            opt_text(metadata, "metadata")?,
            opt_text(key, "key")?,
            opt_text(uri, "uri")?,
            flags,
        )
    })
}

/// Tells the title, the description, or the metadata element of one namespace.
///
/// @domain: the domain
/// @type: which of them, a virDomainMetadataType
/// @uri: the element's namespace; NULL for title and description
/// @flags: virDomainModificationImpact
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.9.10
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetMetadata(
    domain: virDomainPtr,
    r#type: c_int,
    uri: *const c_char,
    flags: c_uint,
) -> *mut c_char {
    inspect(domain, |domain: &Domain| domain.metadata(r#type, opt_text(uri, "uri")?, flags))
}

/// Tells the guest's host name, from the guest agent or the leases of its networks.
///
/// @domain: the domain
/// @flags: virDomainGetHostnameFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 0.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetHostname(domain: virDomainPtr, flags: c_uint) -> *mut c_char {
    modify(domain, |domain: &Domain| domain.hostname(flags))
}

/// Lists warnings about the domain for people to read, such as deprecated settings.
///
/// @domain: the domain
/// @msgs: where the NULL-terminated array goes that the caller frees, each string and the array itself
/// @flags: virDomainMessageType, 0 for all
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 7.1.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetMessages(
    domain: virDomainPtr,
    msgs: *mut *mut *mut c_char,
    flags: c_uint,
) -> c_int {
    inspect(domain, |domain: &Domain| {
        out(msgs, "msgs")?;
        Ok(TextList(domain.messages(flags)?).store(msgs))
    })
}

/// Describes in XML what guests of one kind can have. What is left out, the driver chooses.
///
/// @conn: the connection
/// @emulatorbin: path of the emulator; may be NULL
/// @arch: the guest's architecture; may be NULL
/// @machine: the guest's machine type; may be NULL
/// @virttype: how it is run, such as kvm or qemu; may be NULL
/// @flags: virConnectGetDomainCapabilitiesFlags
///
/// Returns a string that the caller frees, or NULL on failure.
///
/// Since: 1.2.7
#[unsafe(no_mangle)]
pub extern "C" fn virConnectGetDomainCapabilities(
    conn: virConnectPtr,
    emulatorbin: *const c_char,
    arch: *const c_char,
    machine: *const c_char,
    virttype: *const c_char,
    flags: c_uint,
) -> *mut c_char {
    modify(conn, |conn: &Connection| {
        conn.domain_capabilities(hypervisor_choice(emulatorbin, arch, machine, virttype)?, flags)
    })
}

/// Tells the label that the host's first security driver put on the running guest.
///
/// @domain: the domain
/// @seclabel: where it goes; empty for a domain that does not run
///
/// Returns 0, or -1 on failure.
///
/// Since: 0.6.1
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetSecurityLabel(domain: virDomainPtr, seclabel: virSecurityLabelPtr) -> c_int {
    inspect(domain, |domain: &Domain| write_security_label(seclabel, || domain.security_label()))
}

/// Lists the labels that the host's security drivers put on the running guest.
///
/// @domain: the domain
/// @seclabels: where the array goes that the caller frees; NULL where there are none
///
/// Returns how many there are, or -1 on failure.
///
/// Since: 0.10.0
#[unsafe(no_mangle)]
pub extern "C" fn virDomainGetSecurityLabelList(
    domain: virDomainPtr,
    seclabels: *mut virSecurityLabelPtr,
) -> c_int {
    inspect(domain, |domain: &Domain| list_security_labels(seclabels, || domain.security_label_list()))
}
