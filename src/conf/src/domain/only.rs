//! A child element that has to be there, and once: a second one is refused rather than ignored.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Cardinality, Fault, Item, Node, Shape, Writer, XmlElement};
use std::marker::PhantomData;

/// For a field: `#[xml(with = "Only::<RngBackend>")]`.
pub(super) struct Only<T>(PhantomData<T>);

impl<T: XmlElement> Only<T> {
    const SHAPE: &'static Shape =
        &Shape { items: &[Item::Child { tag: T::TAG, cardinality: Cardinality::One, shape: T::shape }] };

    pub fn parse(node: &Node<'_>) -> Result<T> {
        let name = T::TAG.name;
        let mut all = node.children_named(T::TAG);
        match (all.next(), all.next()) {
            (Some(child), None) => T::parse(&child),
            (None, _) => Err(node.missing_child(name, ErrorCode::XmlError)),
            (_, Some(second)) => {
                let text = format!("<{}> has one <{name}>, not more", node.name());
                Err(second.error(Fault::of_object(ErrorCode::XmlError), text))
            }
        }
    }

    pub fn write_attrs(_: &T, _: &mut Writer) {}

    pub fn write_children(child: &T, w: &mut Writer) {
        w.element(T::TAG, child);
    }

    pub fn shape() -> &'static Shape {
        Self::SHAPE
    }
}
