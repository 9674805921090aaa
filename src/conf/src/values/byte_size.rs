//! Sizes that are kept and printed in bytes.

use ferrovirt_core::Result;
use ferrovirt_xml::{Node, Shape, Writer, XmlContent};
use serde::{Deserialize, Serialize};

use super::Unit;

/// A size in bytes that is read in any unit, bytes if none is named, and printed in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// Whether there is nothing to be said about it.
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl XmlContent for ByteSize {
    fn parse(node: &Node<'_>) -> Result<Self> {
        super::size::read(node, Unit::Bytes, "bytes").map(Self)
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr_str("unit", Unit::Bytes.name());
    }

    fn write_children(&self, w: &mut Writer) {
        w.text(&self.0);
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}
