//! `<encryption>`: how an image is encrypted, and which secret opens it. Disks and volumes share it.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Fault, Node, Shape, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The encryption of one image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "encryption", block)]
pub struct Encryption {
    #[xml(attr, error = "ConfigUnsupported@Storage", missing = "XmlError", ignore = "empty")]
    pub format: EncryptionFormat,
    #[xml(attr, domain = "Xml")]
    pub engine: Option<EncryptionEngine>,
    #[xml(child)]
    #[serde(default)]
    pub secrets: Vec<EncryptionSecret>,
    /// How a new volume is to be encrypted; disks must not say.
    #[xml(child)]
    pub cipher: Option<Cipher>,
    #[xml(child)]
    pub ivgen: Option<IvGenerator>,
}

impl Encryption {
    /// An initialisation vector needs a cipher.
    pub fn validate(&self) -> Result<()> {
        if self.ivgen.is_some() && self.cipher.is_none() {
            return Err(Error::xml("<ivgen> in <encryption> needs a <cipher> beside it"));
        }
        Ok(())
    }
}

/// The layout of the encrypted data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum EncryptionFormat {
    Default,
    Qcow,
    Luks,
    Luks2,
    LuksAny,
}

/// Who does the cryptography.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum EncryptionEngine {
    Qemu,
    Librbd,
}

/// A secret that opens the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "secret")]
pub struct EncryptionSecret {
    #[xml(attr = "type", error = "ConfigUnsupported@Storage", missing = "XmlError", ignore = "empty")]
    pub kind: EncryptionSecretKind,
    #[xml(flatten)]
    pub reference: SecretReference,
}

/// What kind of secret it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum EncryptionSecretKind {
    Passphrase,
}

/// How a secret is found: by one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SecretReference {
    Uuid(Uuid),
    /// The name of what the secret is used for.
    Usage(String),
}

impl XmlContent for SecretReference {
    fn parse(node: &Node<'_>) -> Result<Self> {
        const XML_ERROR: Fault = Fault::of(ErrorCode::XmlError, ErrorDomain::None);
        use ferrovirt_xml::XmlValue;
        let found = match (node.attr("uuid"), node.attr("usage")) {
            (Some(_), Some(_)) => {
                Err(node.error(XML_ERROR, "<secret> is named twice: either 'uuid' or 'usage' has to go"))
            }
            (Some(text), None) => {
                let bad = || node.bad_attr("uuid", Uuid::KIND, XML_ERROR);
                Uuid::from_text(text).map(Self::Uuid).ok_or_else(bad)
            }
            (None, Some(usage)) => Ok(Self::Usage(usage.to_owned())),
            (None, None) => {
                Err(node.error(XML_ERROR, "<secret> names no secret: 'uuid' or 'usage' is needed"))
            }
        };
        // Whoever refers to a secret, that it is referred to wrongly has no domain in libvirt.
        found.map_err(|err| err.settle(ErrorDomain::None))
    }

    fn write_attrs(&self, w: &mut Writer) {
        match self {
            Self::Uuid(uuid) => w.attr("uuid", uuid),
            Self::Usage(usage) => w.attr_str("usage", usage),
        }
    }

    fn shape() -> &'static Shape {
        #[derive(XmlElement)]
        struct Names {
            #[xml(attr)]
            uuid: Option<Uuid>,
            #[xml(attr)]
            usage: Option<String>,
        }
        Names::shape()
    }
}

/// The cipher of a new volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "cipher")]
pub struct Cipher {
    #[xml(attr)]
    pub name: String,
    /// The key's length in bits.
    #[xml(attr, domain = "Xml")]
    pub size: u32,
    #[xml(attr)]
    pub mode: Option<String>,
    #[xml(attr)]
    pub hash: Option<String>,
}

/// How initialisation vectors are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "ivgen")]
pub struct IvGenerator {
    #[xml(attr)]
    pub name: String,
    #[xml(attr)]
    pub hash: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check_error, check_same};

    const UUID: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f";

    #[test]
    fn a_luks_volume_prints_back() {
        check_same::<Encryption>(&format!(
            "<encryption format='luks' engine='qemu'>\n  <secret type='passphrase' uuid='{UUID}'/>\n  \
             <cipher name='aes' size='256' mode='xts' hash='sha256'/>\n  <ivgen name='plain64' hash='sha256'/>\n\
             </encryption>"
        ));
    }

    #[test]
    fn a_secret_is_named_once() {
        let both = format!("<secret type='passphrase' uuid='{UUID}' usage='disk'/>");
        check_error::<EncryptionSecret>(&both, ErrorCode::XmlError);
        check_error::<EncryptionSecret>("<secret type='passphrase'/>", ErrorCode::XmlError);
        check_error::<Encryption>("<encryption format='rot13'/>", ErrorCode::ConfigUnsupported);
    }
}
