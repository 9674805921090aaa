//! `<smartcard>`: a smartcard in the guest's reader.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

use super::{Address, ChardevSource, Context, Device, DeviceInfo, Facts};

/// A smartcard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "smartcard")]
pub struct Smartcard {
    #[xml(flatten)]
    pub mode: SmartcardMode,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// Where the card is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "mode", rename_all = "kebab-case")]
#[xml(tag = "mode")]
pub enum SmartcardMode {
    /// In the host's reader.
    Host,
    /// Nowhere: it is made from certificates of the host.
    HostCertificates {
        /// Their names in the database; three.
        #[xml(value = "certificate")]
        #[serde(default)]
        certificates: Vec<String>,
        /// The folder with the NSS database.
        #[xml(value)]
        database: Option<String>,
    },
    /// Elsewhere: its commands go through a character device.
    Passthrough {
        #[xml(with = "super::chardev::typed_source")]
        source: ChardevSource,
    },
}

/// How many certificates make a card.
const CERTIFICATES: usize = 3;

impl Smartcard {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
        if let SmartcardMode::Passthrough { source } = &mut self.mode {
            source.strip_live();
        }
    }
}

impl Device for Smartcard {
    fn visible(&self, facts: &mut Facts) {
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        if let SmartcardMode::Passthrough { source } = &mut self.mode {
            source.fill_defaults();
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        if !matches!(self.info.address, None | Some(Address::Ccid(_))) {
            return Err(Error::config_unsupported("a smartcard takes an address of type ccid"));
        }
        match &self.mode {
            SmartcardMode::Host => Ok(()),
            SmartcardMode::Passthrough { source } => source.validate(),
            SmartcardMode::HostCertificates { certificates, .. } if certificates.len() != CERTIFICATES => {
                let count = certificates.len();
                Err(Error::xml(format!(
                    "a smartcard of mode host-certificates needs {CERTIFICATES} <certificate>, not {count}"
                )))
            }
            SmartcardMode::HostCertificates { database, .. } => match database {
                Some(path) if !path.starts_with('/') => {
                    Err(Error::xml(format!("<database> of a smartcard is an absolute path, unlike '{path}'")))
                }
                _ => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn cards_print_back() {
        for text in [
            "<smartcard mode='host'>\n  <address type='ccid' controller='0' slot='0'/>\n</smartcard>",
            "<smartcard mode='host-certificates'>\n  <certificate>a</certificate>\n  <certificate>b</certificate>\n  \
             <certificate>c</certificate>\n  <database>/etc/pki/nssdb</database>\n</smartcard>",
            "<smartcard mode='passthrough' type='tcp'>\n  <source mode='bind' host='127.0.0.1' service='2001'/>\n  \
             <protocol type='raw'/>\n  <alias name='smartcard0'/>\n</smartcard>",
            "<smartcard mode='passthrough' type='spicevmc'/>",
        ] {
            check_same::<Smartcard>(text);
        }
    }

    #[test]
    fn cards_must_be_whole() {
        check_error::<Smartcard>("<smartcard/>", ErrorCode::XmlError);
        check_error::<Smartcard>("<smartcard mode='passthrough'/>", ErrorCode::XmlError);
        check_error::<Smartcard>("<smartcard mode='passthrough' type='x'/>", ErrorCode::ConfigUnsupported);
        let three = "<certificate>a</certificate>".repeat(3);
        for (text, code) in [
            ("<smartcard mode='host'><address type='usb'/></smartcard>".into(), ErrorCode::ConfigUnsupported),
            ("<smartcard mode='passthrough' type='dev'/>".into(), ErrorCode::Internal),
            ("<smartcard mode='host-certificates'/>".into(), ErrorCode::XmlError),
            (
                format!("<smartcard mode='host-certificates'>{three}<database>a</database></smartcard>"),
                ErrorCode::XmlError,
            ),
        ] {
            let card = from_str::<Smartcard>(&text, "test").unwrap();
            assert_eq!(card.validate(&Context::default()).unwrap_err().code(), code, "{text}");
        }
    }
}
