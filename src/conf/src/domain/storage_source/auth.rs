//! How a server or a device is told that the guest may use an image: `<auth>` and `<reservations>`.

use ferrovirt_core::{ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Fault, Node, Shape, Writer, XmlContent, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use crate::domain::SecretReference;

/// `<auth>`: a user name, and the secret that proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "auth", check = "check_secret")]
pub struct StorageAuth {
    /// Of storage pools; disks have it on their secret.
    #[xml(attr = "type", error = "ConfigUnsupported")]
    pub kind: Option<StorageAuthKind>,
    #[xml(attr, error = "XmlError@Storage")]
    pub username: String,
    #[xml(child = "secret")]
    pub secret: AuthSecret,
}

/// Who has a name has a secret; disks and pools are refused by the same domain.
fn check_secret(node: &Node<'_>) -> Result<()> {
    if node.attr("username").is_some() && node.child("secret").is_none() {
        return Err(node.missing_child("secret", Fault::of(ErrorCode::XmlError, ErrorDomain::Storage)));
    }
    Ok(())
}

/// How a pool proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum StorageAuthKind {
    Chap,
    Ceph,
}

/// The secret of an `<auth>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct AuthSecret {
    /// See [`SecretUser`]; pools don't have it.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    #[xml(flatten)]
    pub reference: SecretReference,
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SecretUser {
    None,
    Volume,
    Ceph,
    Iscsi,
    Tls,
    Vtpm,
}

/// `<reservations>`: who makes SCSI persistent reservations for the guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservations {
    /// Whether libvirt runs the helper.
    pub managed: YesNo,
    /// The helper's socket. Of a managed one, only in live documents.
    pub path: Option<String>,
}

impl Reservations {
    /// Takes out the socket of a helper that libvirt runs.
    pub fn strip_live(&mut self) {
        if self.managed.is_set() {
            self.path = None;
        }
    }
}

#[derive(XmlElement)]
struct ReservationsXml {
    #[xml(attr)]
    managed: YesNo,
    #[xml(attr = "source/@type")]
    kind: Option<SocketKind>,
    #[xml(attr = "source/@path")]
    path: Option<String>,
    #[xml(attr = "source/@mode")]
    mode: Option<SocketMode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
enum SocketKind {
    Unix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
enum SocketMode {
    Client,
}

impl XmlContent for Reservations {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let ReservationsXml { managed, kind, path, mode } = ReservationsXml::parse(node)?;
        let named = kind.is_some() || path.is_some() || mode.is_some();
        let complete = kind.is_some() && path.is_some() && mode.is_some();
        if (named || !managed.is_set()) && !complete {
            let text = "the helper of <reservations> needs <source type='unix' path='...' mode='client'/>";
            return Err(node.error(ErrorCode::XmlError, text));
        }
        Ok(Self { managed, path })
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr("managed", &self.managed);
    }

    fn write_children(&self, w: &mut Writer) {
        if let Some(path) = &self.path {
            w.open("source");
            w.attr("type", &SocketKind::Unix);
            w.attr_str("path", path);
            w.attr("mode", &SocketMode::Client);
            w.close("source");
        }
    }

    fn shape() -> &'static Shape {
        ReservationsXml::shape()
    }
}

impl XmlElement for Reservations {
    const TAG: ferrovirt_xml::Tag = ferrovirt_xml::Tag::new("reservations");
}
