//! `<permissions>`: who may do what with a file or a device.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Node, TextWriter, XmlElement, XmlValue};
use serde::{Deserialize, Serialize};

/// Owner, mode and label; what is left out is inherited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "permissions", check = "check_owners")]
pub struct Permissions {
    #[xml(value)]
    pub mode: Option<FileMode>,
    #[xml(value)]
    pub owner: Option<FileOwner>,
    #[xml(value)]
    pub group: Option<FileOwner>,
    #[xml(value)]
    pub label: Option<String>,
}

/// Who is named has a number: an empty element is not one that is missing.
fn check_owners(node: &Node<'_>) -> Result<()> {
    match ["owner", "group"]
        .into_iter()
        .filter_map(|name| node.child(name))
        .find(|named| named.text().is_empty())
    {
        Some(named) => Err(named.error(ErrorCode::XmlError, format!("<{}> is empty", named.name()))),
        None => Ok(()),
    }
}

impl Permissions {
    /// -1 was once written for "nobody said".
    pub(super) fn filled(mut self) -> Self {
        self.owner = self.owner.filter(|owner| owner.0 != -1);
        self.group = self.group.filter(|group| group.0 != -1);
        self
    }
}

/// The nine bits, written in octal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMode(pub u32);

impl XmlValue for FileMode {
    const KIND: ferrovirt_xml::ValueKind = ferrovirt_xml::ValueKind::Named("an octal mode up to 0777");

    fn from_text(text: &str) -> Option<Self> {
        let text = text.trim_start();
        let mode = u32::from_str_radix(text.strip_prefix('+').unwrap_or(text), 8).ok()?;
        (mode <= 0o777).then_some(Self(mode))
    }

    fn write_text(&self, w: &mut TextWriter<'_>) {
        w.display(format_args!("0{:o}", self.0));
    }
}

/// The number of a user or a group; -1 while it is read if nobody said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOwner(pub i64);

impl XmlValue for FileOwner {
    const KIND: ferrovirt_xml::ValueKind = ferrovirt_xml::ValueKind::Named("the number of a user or group");

    fn from_text(text: &str) -> Option<Self> {
        let number: i64 = text.trim_start().parse().ok()?;
        (number == -1 || u32::try_from(number).is_ok()).then_some(Self(number))
    }

    fn write_text(&self, w: &mut TextWriter<'_>) {
        w.display(self.0);
    }
}
