//! Sizes that are attributes: `size='2048' unit='KiB'`.

use super::Unit;
use super::size::scaled;
use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::Node;

/// Reads a size that is an attribute of `node`, in the unit of its `unit` attribute, or else in `assumed`.
pub fn read_size_attr(node: &Node<'_>, name: &str, assumed: &str, unit: Unit) -> Result<u64> {
    let text = node.attr(name).ok_or_else(|| node.missing_attr(name, ErrorCode::XmlError))?;
    scaled(node, text, assumed, unit)
}

/// A size in KiB that is written as two attributes; for `flatten`. `size_attribute! { PageSize: "size"; }` is
/// `size='2048' unit='KiB'`.
#[macro_export]
macro_rules! size_attribute {
    ($($(#[$doc:meta])* $type:ident: $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $type(pub u64);

        impl ferrovirt_xml::XmlContent for $type {
            fn parse(node: &ferrovirt_xml::Node<'_>) -> ferrovirt_core::Result<Self> {
                $crate::values::read_size_attr(node, $name, "KiB", $crate::values::Unit::KiB).map(Self)
            }

            fn write_attrs(&self, w: &mut ferrovirt_xml::Writer) {
                w.attr($name, &self.0);
                w.attr_str("unit", $crate::values::Unit::KiB.name());
            }

            fn shape() -> &'static ferrovirt_xml::Shape {
                use ferrovirt_xml::{Item, ValueKind};
                &ferrovirt_xml::Shape {
                    items: &[
                        Item::Attr { name: $name, kind: <u64 as ferrovirt_xml::XmlValue>::KIND, valid: |text| {
                            <u64 as ferrovirt_xml::XmlValue>::from_text(text).is_some()
                        }, required: true },
                        Item::Attr { name: "unit", kind: ValueKind::Text, valid: |text| {
                            $crate::values::Unit::bytes_of(text).is_some()
                        }, required: false },
                    ],
                }
            }
        }
    )*};
}
