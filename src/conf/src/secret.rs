//! `<secret>`: a passphrase or key that other objects refer to; its value is never part of the document.

use crate::values::schema::{OBJECT_NAME, PATH, UUID, YES_NO};
use ferrovirt_core::abi::{
    VIR_SECRET_USAGE_TYPE_CEPH, VIR_SECRET_USAGE_TYPE_ISCSI, VIR_SECRET_USAGE_TYPE_NONE,
    VIR_SECRET_USAGE_TYPE_TLS, VIR_SECRET_USAGE_TYPE_VOLUME, VIR_SECRET_USAGE_TYPE_VTPM,
};
use ferrovirt_core::{ErrorCode, ErrorDomain, Result, SecretId};
use ferrovirt_xml::{Document, Node, Rule, XmlContent, XmlElement, XmlValue, YesNo, check_strict, to_string};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "secret", rules = "RULES")]
pub struct Secret {
    /// Kept in memory only.
    #[xml(attr, with = "empty_is_no", default = "YesNo::No")]
    pub ephemeral: YesNo,
    /// Its value is told to nobody who asks, only to those who use it on this host.
    #[xml(attr, with = "empty_is_no", default = "YesNo::No")]
    pub private: YesNo,
    #[xml(value, error = "Internal")]
    pub uuid: Option<Uuid>,
    #[xml(value)]
    pub description: Option<String>,
    #[xml(child)]
    pub usage: Option<SecretUsage>,
}

/// `<usage>`: what kind of object uses the secret, and which one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(rename_all = "kebab-case")]
#[xml(name = "usage", tag = "type")]
pub enum SecretUsage {
    None,
    /// An encrypted volume, by its key.
    Volume {
        #[xml(value, error = "Internal")]
        volume: String,
    },
    /// The login of a Ceph pool or disk.
    Ceph {
        #[xml(value, error = "Internal")]
        name: String,
    },
    /// The login of an iSCSI target.
    Iscsi {
        #[xml(value, error = "Internal")]
        target: String,
    },
    /// What a TLS key is encrypted with.
    Tls {
        #[xml(value, error = "Internal")]
        name: String,
    },
    /// What the state of a virtual TPM is encrypted with.
    Vtpm {
        #[xml(value, error = "Internal")]
        name: String,
    },
}

impl SecretUsage {
    /// The `virSecretUsageType`.
    pub fn number(&self) -> i32 {
        let number = match self {
            Self::None => VIR_SECRET_USAGE_TYPE_NONE,
            Self::Volume { .. } => VIR_SECRET_USAGE_TYPE_VOLUME,
            Self::Ceph { .. } => VIR_SECRET_USAGE_TYPE_CEPH,
            Self::Iscsi { .. } => VIR_SECRET_USAGE_TYPE_ISCSI,
            Self::Tls { .. } => VIR_SECRET_USAGE_TYPE_TLS,
            Self::Vtpm { .. } => VIR_SECRET_USAGE_TYPE_VTPM,
        };
        number as i32
    }

    /// Which object of that kind.
    pub fn object(&self) -> &str {
        match self {
            Self::None => "",
            Self::Volume { volume: object } | Self::Iscsi { target: object } => object,
            Self::Ceph { name } | Self::Tls { name } | Self::Vtpm { name } => name,
        }
    }
}

/// What the schema says beyond the model.
const RULES: &[Rule] = &[
    Rule::is("@ephemeral @private", YES_NO),
    Rule::is("uuid", UUID),
    Rule::is("usage/volume", PATH),
    Rule::is("usage/name usage/target", OBJECT_NAME),
];

impl Default for Secret {
    fn default() -> Self {
        Self { ephemeral: YesNo::No, private: YesNo::No, uuid: None, description: None, usage: None }
    }
}

impl Secret {
    /// Reads a definition and gives it a UUID; with `strict`, elements that are not in the schema are refused.
    pub fn from_xml(text: &str, strict: bool) -> Result<Self> {
        let document = Document::parse(text, "definition_of_secret")?;
        document.expect_root(Self::TAG)?;
        if strict {
            check_strict::<Self>(&document)?;
        }
        let mut secret = Self::from_node(&document.root())?;
        secret.fill_defaults();
        Ok(secret)
    }

    fn from_node(node: &Node<'_>) -> Result<Self> {
        for name in ["ephemeral", "private"] {
            if node.attr(name).is_some_and(|text| empty_is_no::from_text(text).is_none()) {
                let err = node.bad_attr(name, YesNo::KIND, ErrorCode::XmlError);
                return Err(err.domain(ErrorDomain::Secret));
            }
        }
        Self::parse(node).map_err(|err| err.or_domain(ErrorDomain::Secret))
    }

    /// The definition as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }

    fn fill_defaults(&mut self) {
        self.uuid.get_or_insert_with(Uuid::new_v4);
        self.usage = self.usage.take().filter(|usage| *usage != SecretUsage::None);
    }

    pub fn is_ephemeral(&self) -> bool {
        self.ephemeral == YesNo::Yes
    }

    pub fn is_private(&self) -> bool {
        self.private == YesNo::Yes
    }

    /// What a handle to it carries.
    pub fn id(&self) -> SecretId {
        let usage = self.usage.as_ref().unwrap_or(&SecretUsage::None);
        SecretId {
            uuid: self.uuid.unwrap_or_default(),
            usage_type: usage.number(),
            usage_id: usage.object().into(),
        }
    }
}

/// `yes` or `no`; libvirt takes nothing at all for an attribute that is not there.
mod empty_is_no {
    use ferrovirt_xml::{TextWriter, ValueKind, XmlValue, YesNo};

    pub const KIND: ValueKind = YesNo::KIND;

    pub fn from_text(text: &str) -> Option<YesNo> {
        if text.is_empty() { Some(YesNo::No) } else { YesNo::from_text(text) }
    }

    pub fn write_text(value: &YesNo, out: &mut TextWriter<'_>) {
        value.write_text(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f";

    fn refused(xml: &str) -> (ErrorCode, ErrorDomain) {
        let err = Secret::from_xml(xml, false).unwrap_err();
        (err.code(), err.error_domain())
    }

    #[test]
    fn every_usage_prints_back_and_names_its_object() {
        for (number, kind, element, object) in [
            (1, "volume", "volume", "/the/one"),
            (2, "ceph", "name", "the one"),
            (3, "iscsi", "target", "the one"),
            (4, "tls", "name", "the one"),
            (5, "vtpm", "name", "the one"),
        ] {
            let xml = format!(
                "<secret ephemeral='no' private='yes'>\n  <uuid>{UUID}</uuid>\n  \
                 <description>opens &lt;it&gt;</description>\n  <usage type='{kind}'>\n    \
                 <{element}>{object}</{element}>\n  </usage>\n</secret>\n"
            );
            let secret = Secret::from_xml(&xml, true).unwrap();
            assert_eq!(secret.to_xml(), xml);
            let id = secret.id();
            assert_eq!((id.usage_type, &*id.usage_id), (number, object));
        }
    }

    #[test]
    fn what_is_left_out_is_no_and_a_new_uuid() {
        let secret = Secret::from_xml("<secret ephemeral=''><usage type='none'/></secret>", false).unwrap();
        let uuid = secret.uuid.unwrap();
        let printed = format!("<secret ephemeral='no' private='no'>\n  <uuid>{uuid}</uuid>\n</secret>\n");
        assert_eq!(secret.to_xml(), printed);
    }

    #[test]
    fn refusals_have_libvirts_codes() {
        let own = |code| (code, ErrorDomain::Secret);
        assert_eq!(refused("<secret private='maybe'/>"), own(ErrorCode::XmlError));
        assert_eq!(refused("<secret><uuid>no</uuid></secret>"), own(ErrorCode::Internal));
        let reader = (ErrorCode::XmlError, ErrorDomain::Xml);
        assert_eq!(refused("<secret><usage/></secret>"), reader);
        assert_eq!(refused("<secret><usage type='door'/></secret>"), reader);
        assert_eq!(refused("<secret><usage type='tls'/></secret>"), own(ErrorCode::Internal));
        let strict = Secret::from_xml("<secret><usage type='tls'><nam>x</nam></usage></secret>", true);
        assert_eq!(strict.unwrap_err().code(), ErrorCode::XmlInvalidSchema);
    }
}
