//! What an error about a value says to a program: its code, and the domain that it is of.

use ferrovirt_core::{ErrorCode, ErrorDomain};

/// A code and, where it is fixed, a domain. A lone code brings the domain with it that is usual for it: only what is
/// wrong as XML is of the XML domain; other codes say that the object doesn't work that way, so that their domain is
/// left to whoever reads it ([`ferrovirt_core::Error::or_domain`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub code: ErrorCode,
    pub domain: Option<ErrorDomain>,
}

impl Fault {
    /// What libvirt reports by itself, and not through its generic readers of attributes.
    pub const fn of(code: ErrorCode, domain: ErrorDomain) -> Self {
        Self { code, domain: Some(domain) }
    }

    /// What it is about an element, or the text in one: libvirt has common readers for attributes only, so that the
    /// rest is refused by whoever reads the object.
    pub(crate) fn of_element(self) -> Self {
        if self == Self::from(ErrorCode::XmlError) { Self::of_object(self.code) } else { self }
    }

    /// What is of the domain of the object that is read.
    pub const fn of_object(code: ErrorCode) -> Self {
        Self { code, domain: None }
    }
}

impl From<ErrorCode> for Fault {
    fn from(code: ErrorCode) -> Self {
        let of_xml = matches!(code, ErrorCode::XmlError | ErrorCode::XmlInvalidSchema);
        Self { code, domain: of_xml.then_some(ErrorDomain::Xml) }
    }
}
