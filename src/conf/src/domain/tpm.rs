//! `<tpm>`: a trusted platform module.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

use super::only::Only;
use super::{ChardevUnix, Context, Device, DeviceInfo, Facts, SocketMode};

/// The device that is passed through where none is named.
pub const DEFAULT_TPM_DEVICE: &str = "/dev/tpm0";

/// A trusted platform module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "tpm")]
pub struct Tpm {
    /// None: the driver decides.
    #[xml(attr)]
    pub model: Option<TpmModel>,
    #[xml(with = "Only::<TpmBackend>")]
    pub backend: TpmBackend,
    #[xml(flatten)]
    pub info: DeviceInfo,
    /// Whether the emulator's state may stay on shared storage in a migration. Only in status documents.
    #[xml(attr = "privateData/swtpm/@can_migrate_shared_storage")]
    pub migrates_on_shared_storage: Option<YesNo>,
}

/// How the guest talks to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TpmModel {
    TpmTis,
    TpmCrb,
    TpmSpapr,
    SpaprTpmProxy,
}

/// `<backend>`: what does the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(name = "backend", tag = "type")]
pub enum TpmBackend {
    /// The host's own module.
    Passthrough {
        #[xml(attr = "device/@path", default = "DEFAULT_TPM_DEVICE.to_owned()")]
        device: String,
    },
    /// A `swtpm` process that the driver starts.
    Emulator(TpmEmulator),
    /// A `swtpm` process that somebody else started.
    External {
        #[xml(child = "source")]
        source: ExternalTpm,
    },
}

/// An emulated module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct TpmEmulator {
    /// None: the driver decides.
    #[xml(attr)]
    pub version: Option<TpmVersion>,
    /// Whether the state outlives a domain that is transient or undefined.
    #[xml(attr = "persistent_state", default, skip_default, error = "Internal")]
    pub persistent_state: bool,
    /// How much the emulator logs; 0: nothing.
    #[xml(attr, default, skip_default)]
    pub debug: u32,
    /// The secret that encrypts the state.
    #[xml(attr = "encryption/@secret", error = "Internal")]
    pub secret: Option<Uuid>,
    /// The banks of registers that are switched on; none: those that the state has.
    #[xml(with = "pcr_banks")]
    pub active_pcr_banks: BTreeSet<PcrBank>,
    /// Where the state is; none: where the driver keeps it.
    #[xml(child = "source")]
    pub state: Option<TpmState>,
    #[xml(child = "profile")]
    pub profile: Option<TpmProfile>,
}

/// Which of TCG's specifications an emulator follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TpmVersion {
    #[xml(name = "1.2")]
    V1_2,
    #[xml(name = "2.0")]
    V2_0,
}

/// A bank of platform configuration registers, named for its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, XmlEnum)]
pub enum PcrBank {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// `<source>`: the state of an emulated module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct TpmState {
    /// Without it the path says nothing.
    #[xml(attr = "type")]
    pub kind: Option<TpmStateKind>,
    #[xml(attr)]
    pub path: String,
}

/// What holds the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TpmStateKind {
    File,
    Dir,
}

/// `<profile>`: which algorithms a new module has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct TpmProfile {
    /// Where it is taken from, such as `local:restricted`.
    #[xml(attr)]
    pub source: Option<String>,
    /// Algorithms that the host has switched off are taken out.
    #[xml(attr)]
    pub remove_disabled: Option<TpmProfileCheck>,
    /// What it is called once the module has it.
    #[xml(attr)]
    pub name: Option<String>,
}

/// How it is found out what is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TpmProfileCheck {
    Check,
    FipsHost,
}

/// `<source>`: where an emulator of somebody else listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(tag = "type")]
pub enum ExternalTpm {
    Unix(ChardevUnix),
}

impl Tpm {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
        self.migrates_on_shared_storage = None;
    }
}

impl Device for Tpm {
    fn visible(&self, facts: &mut Facts) {
        facts.may("model", &self.model);
        match &self.backend {
            TpmBackend::Passthrough { .. } => facts.is("type", &"passthrough".to_owned()),
            TpmBackend::External { .. } => facts.is("type", &"external".to_owned()),
            TpmBackend::Emulator(emulator) => {
                facts.is("type", &"emulator".to_owned());
                facts.may("version", &emulator.version);
                emulator.active_pcr_banks.iter().for_each(|bank| facts.is("active_pcr_banks", bank));
            }
        }
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        if let TpmBackend::Emulator(emulator) = &mut self.backend {
            emulator.state.take_if(|state| state.kind.is_none());
            emulator.profile.take_if(|profile| profile.source.is_none() && profile.name.is_none());
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        match &self.backend {
            TpmBackend::Passthrough { .. } => Ok(()),
            TpmBackend::Emulator(emulator) => emulator.validate(),
            TpmBackend::External { source: ExternalTpm::Unix(socket) } => validate_external(socket),
        }
    }
}

impl TpmEmulator {
    fn validate(&self) -> Result<()> {
        if self.version == Some(TpmVersion::V2_0) {
            return Ok(());
        }
        let needs = |element| Err(Error::xml(format!("<{element}> of an emulated TPM needs version='2.0'")));
        if !self.active_pcr_banks.is_empty() {
            return needs("active_pcr_banks");
        }
        match &self.profile {
            Some(profile) if profile.source.is_some() => needs("profile"),
            _ => Ok(()),
        }
    }
}

fn validate_external(socket: &ChardevUnix) -> Result<()> {
    if socket.mode == SocketMode::Bind {
        return Err(Error::xml("<source> of an external TPM has mode='connect': the emulator listens"));
    }
    match socket.path {
        Some(_) => Ok(()),
        None => Err(Error::xml("<source> of an external TPM needs attribute 'path', the emulator's socket")),
    }
}

/// Elements that stand for themselves; an unknown one is no bank to be ignored.
mod pcr_banks {
    use super::{BTreeSet, PcrBank};
    use ferrovirt_core::{ErrorCode, Result};
    use ferrovirt_xml::{Cardinality, Item, Node, Shape, Tag, ValueKind, Writer, XmlEnum};

    const ELEMENT: &str = "active_pcr_banks";

    pub fn parse(node: &Node<'_>) -> Result<BTreeSet<PcrBank>> {
        let banks = node.child(ELEMENT);
        let banks = banks.iter().flat_map(|banks| banks.children());
        let bank = |node: Node<'_>| {
            PcrBank::from_name(node.name()).ok_or_else(|| {
                let known = ValueKind::OneOf(PcrBank::NAMES);
                let text = format!("'{}' is no bank of TPM registers: {known} is expected", node.name());
                node.error(ErrorCode::ConfigUnsupported, text)
            })
        };
        banks.map(bank).collect()
    }

    pub fn write_attrs(_: &BTreeSet<PcrBank>, _: &mut Writer) {}

    pub fn write_children(banks: &BTreeSet<PcrBank>, w: &mut Writer) {
        let mark = w.open_optional(ELEMENT);
        for bank in banks {
            w.flag(bank.as_str());
        }
        w.close_optional(mark);
    }

    pub fn shape() -> &'static Shape {
        const fn bank(name: &'static str) -> Item {
            Item::Group { tag: Tag::new(name), cardinality: Cardinality::Optional, items: &[] }
        }
        const SHAPE: &Shape = &Shape {
            items: &[Item::Group {
                tag: Tag::new(ELEMENT),
                cardinality: Cardinality::Optional,
                items: &[bank("sha1"), bank("sha256"), bank("sha384"), bank("sha512")],
            }],
        };
        SHAPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn modules_print_back() {
        for text in [
            "<tpm model='tpm-tis'>\n  <backend type='passthrough'>\n    <device path='/dev/tpm1'/>\n  </backend>\n</tpm>",
            "<tpm model='tpm-crb'>\n  <backend type='emulator' version='2.0' persistent_state='yes' debug='3'>\n    \
             <encryption secret='b4117282-8ba9-4ca2-8d53-0ab97b9e8d5c'/>\n    <active_pcr_banks>\n      <sha1/>\n      \
             <sha512/>\n    </active_pcr_banks>\n    <source type='dir' path='/tpm'/>\n    \
             <profile source='local:restricted' removeDisabled='fips-host' name='custom:restricted'/>\n  </backend>\n  \
             <alias name='tpm0'/>\n</tpm>",
            "<tpm model='tpm-tis'>\n  <backend type='external'>\n    \
             <source type='unix' mode='connect' path='/tmp/swtpm'/>\n  </backend>\n</tpm>",
        ] {
            check_same::<Tpm>(text);
        }
        check::<Tpm>(
            "<tpm><backend type='passthrough'/></tpm>",
            "<tpm>\n  <backend type='passthrough'>\n    <device path='/dev/tpm0'/>\n  </backend>\n</tpm>",
        );
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let text = "<tpm><backend type='emulator' persistent_state='no' debug='0'><source path='/a'/>\
                    <profile removeDisabled='check'/><active_pcr_banks/></backend></tpm>";
        let mut tpm = from_str::<Tpm>(text, "test").unwrap();
        tpm.fill_defaults(&Context::default());
        assert_eq!(to_string(&tpm), "<tpm>\n  <backend type='emulator'/>\n</tpm>\n");
    }

    #[test]
    fn faults_have_libvirts_codes() {
        let wrap = |backend: &str| format!("<tpm>{backend}</tpm>");
        for (backend, code) in [
            ("", ErrorCode::XmlError),
            ("<backend type='abacus'/>", ErrorCode::XmlError),
            ("<backend type='emulator'/><backend type='emulator'/>", ErrorCode::XmlError),
            ("<backend type='emulator' persistent_state='1'/>", ErrorCode::Internal),
            ("<backend type='emulator'><encryption secret='x'/></backend>", ErrorCode::Internal),
            ("<backend type='emulator'><source type='dir'/></backend>", ErrorCode::XmlError),
            (
                "<backend type='emulator'><active_pcr_banks><md5/></active_pcr_banks></backend>",
                ErrorCode::ConfigUnsupported,
            ),
            ("<backend type='external'/>", ErrorCode::XmlError),
            ("<backend type='external'><source type='tcp'/></backend>", ErrorCode::XmlError),
        ] {
            check_error::<Tpm>(&wrap(backend), code);
        }
        for backend in [
            "<backend type='emulator'><active_pcr_banks><sha1/></active_pcr_banks></backend>",
            "<backend type='emulator' version='1.2'><profile source='local:a'/></backend>",
            "<backend type='external'><source type='unix' mode='bind' path='/a'/></backend>",
            "<backend type='external'><source type='unix'/></backend>",
        ] {
            let tpm = from_str::<Tpm>(&wrap(backend), "test").unwrap();
            assert_eq!(
                tpm.validate(&Context::default()).unwrap_err().code(),
                ErrorCode::XmlError,
                "{backend}"
            );
        }
    }

    #[test]
    fn status_documents_say_more() {
        let status = "<tpm>\n  <backend type='emulator'/>\n  <alias name='tpm0'/>\n  <privateData>\n    \
                      <swtpm can_migrate_shared_storage='yes'/>\n  </privateData>\n</tpm>";
        check_same::<Tpm>(status);
        let mut tpm = from_str::<Tpm>(status, "test").unwrap();
        tpm.strip_live();
        assert_eq!(to_string(&tpm), "<tpm>\n  <backend type='emulator'/>\n</tpm>\n");
    }
}
