//! Sizes that are printed in the unit people would choose.

use super::Unit;
use super::size::scaled;
use ferrovirt_core::Result;
use ferrovirt_xml::{Node, Shape, Writer, XmlContent};
use serde::{Deserialize, Serialize};

/// Bytes as the largest binary unit that holds them without a rest: `8`, `MiB`.
pub fn pretty_size(bytes: u64) -> (u64, &'static str) {
    const NAMES: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut count = bytes;
    let mut name = 0;
    while count > 0 && count.is_multiple_of(1024) && name + 1 < NAMES.len() {
        count /= 1024;
        name += 1;
    }
    (count, NAMES[name])
}

/// A size in bytes, read in any unit (MiB unless told), printed in the largest binary unit that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrettySize(pub u64);

impl XmlContent for PrettySize {
    fn parse(node: &Node<'_>) -> Result<Self> {
        scaled(node, &node.text(), "MiB", Unit::Bytes).map(Self)
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr_str("unit", pretty_size(self.0).1);
    }

    fn write_children(&self, w: &mut Writer) {
        w.text(&pretty_size(self.0).0);
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretty_sizes_have_no_rest() {
        assert_eq!(pretty_size(0), (0, "B"));
        assert_eq!(pretty_size(1000), (1000, "B"));
        assert_eq!(pretty_size(3 << 20), (3, "MiB"));
        assert_eq!(pretty_size((1 << 30) + 1024), ((1 << 20) + 1, "KiB"));
    }
}
