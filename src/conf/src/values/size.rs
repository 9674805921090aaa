//! Sizes with a unit, such as `<memory unit='MiB'>512</memory>`.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Fault, Item, Node, Shape, ValueKind, Writer, XmlContent, XmlValue};
use serde::{Deserialize, Serialize};

/// The unit in which sizes of a kind are kept and printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    KiB,
}

impl Unit {
    const fn bytes(self) -> u64 {
        match self {
            Self::Bytes => 1,
            Self::KiB => 1024,
        }
    }

    /// Memory, which is counted in KiB, must be addressable by a signed offset.
    const fn limit(self) -> u64 {
        match self {
            Self::Bytes => u64::MAX,
            Self::KiB => i64::MAX as u64,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::KiB => "KiB",
        }
    }

    /// How many bytes a unit in a document stands for: `KiB` and `K` are binary, `KB` is decimal.
    pub fn bytes_of(name: &str) -> Option<u64> {
        let lower = name.to_ascii_lowercase();
        if matches!(lower.as_str(), "b" | "byte" | "bytes") {
            return Some(1);
        }
        let mut letters = lower.chars();
        let power = "kmgtpe".find(letters.next()?)? as u32 + 1;
        match letters.as_str() {
            "" | "ib" => 1024u64.checked_pow(power),
            "b" => 1000u64.checked_pow(power),
            _ => None,
        }
    }

    /// `count` of the unit `name` in this unit, rounded up; `None` past the range or for an unknown unit.
    pub fn convert(self, count: u64, name: &str) -> Option<u64> {
        let bytes = count.checked_mul(Self::bytes_of(name)?)?;
        (bytes <= self.limit()).then(|| bytes.div_ceil(self.bytes()))
    }
}

/// A size in KiB that is read in any unit and printed in KiB, as libvirt keeps memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScaledSize(pub u64);

impl ScaledSize {
    /// In bytes.
    pub const fn bytes(self) -> u64 {
        self.0.saturating_mul(1024)
    }

    /// Reads the size that is the text of `node`, with its `unit` attribute.
    pub fn read(node: &Node<'_>, unit: Unit) -> Result<u64> {
        read(node, unit, "KiB")
    }
}

/// Reads the size that is the text of `node`; its `unit` attribute may lack where `default` is meant.
pub(super) fn read(node: &Node<'_>, unit: Unit, default: &str) -> Result<u64> {
    scaled(node, &node.text(), default, unit)
}

/// `text`, a number in the unit that `node` names (or `assumed`), in `unit`.
pub(super) fn scaled(node: &Node<'_>, text: &str, assumed: &str, unit: Unit) -> Result<u64> {
    // White space may stand in front of a number, not behind it.
    let count: Option<u64> = text.trim_start().parse().ok();
    let count = count.ok_or_else(|| -> Error {
        node.error(ErrorCode::XmlError, format!("<{}> must hold a number, not '{text}'", node.name()))
    })?;
    let name = node.attr("unit").filter(|name| !name.is_empty()).unwrap_or(assumed);
    if Unit::bytes_of(name).is_none() {
        let text =
            format!("<{}> has unknown unit '{name}'; known are b, KiB, KB, MiB, MB, ... EiB", node.name());
        return Err(node.error(Fault::of(ErrorCode::InvalidArg, ErrorDomain::None), text));
    }
    unit.convert(count, name).ok_or_else(|| {
        let text = format!("{count} {name} in <{}> is too large", node.name());
        node.error(Fault::of(ErrorCode::Overflow, ErrorDomain::None), text)
    })
}

impl XmlContent for ScaledSize {
    /// An empty element says nothing.
    fn parse(node: &Node<'_>) -> Result<Self> {
        if node.text().is_empty() {
            return Ok(Self::default());
        }
        Self::read(node, Unit::KiB).map(Self)
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr_str("unit", Unit::KiB.name());
    }

    fn write_children(&self, w: &mut Writer) {
        w.text(&self.0);
    }

    fn shape() -> &'static Shape {
        const SHAPE: &Shape = &Shape {
            items: &[
                Item::Attr {
                    name: "unit",
                    kind: ValueKind::Named("a unit such as KiB or MB"),
                    valid: |text| Unit::bytes_of(text).is_some(),
                    required: false,
                },
                Item::Text { kind: u64::KIND, valid: |text| u64::from_text(text).is_some(), required: true },
            ],
        };
        SHAPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::Document;

    #[test]
    fn white_space_may_only_stand_in_front() {
        let read = |text: &str| {
            let document = Document::parse(text, "test").unwrap();
            ScaledSize::read(&document.root(), Unit::KiB).map_err(|err| err.code())
        };
        assert_eq!(read("<memory>\n 4</memory>"), Ok(4));
        assert_eq!(read("<memory>4\n</memory>"), Err(ErrorCode::XmlError));
    }

    #[test]
    fn binary_and_decimal_units_differ() {
        assert_eq!(Unit::KiB.convert(1, "MiB"), Some(1024));
        assert_eq!(Unit::KiB.convert(1, "m"), Some(1024));
        assert_eq!(Unit::KiB.convert(1, "MB"), Some(977));
        assert_eq!(Unit::Bytes.convert(3, "bytes"), Some(3));
        assert_eq!(Unit::KiB.convert(1, "furlong"), None);
        assert_eq!(Unit::Bytes.convert(u64::MAX, "KiB"), None);
    }
}
