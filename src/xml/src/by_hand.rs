//! Shapes written by hand, for documents that no derive reads: `Item::child("bus", &[Item::text::<u64>()]).optional()`.

use crate::{Cardinality, Item, Tag, ValueKind, XmlValue, rt};

impl Item {
    /// An attribute that a `T` can be read from. It must be there.
    pub const fn attr<T: XmlValue>(name: &'static str) -> Self {
        Self::Attr { name, kind: T::KIND, valid: rt::valid::<T>, required: true }
    }

    /// The same by a rule of its own; `noun` is what an error calls it.
    pub const fn attr_by(name: &'static str, noun: &'static str, valid: fn(&str) -> bool) -> Self {
        Self::Attr { name, kind: ValueKind::Named(noun), valid, required: true }
    }

    /// The element's text. It may be empty where anything goes.
    pub const fn text<T: XmlValue>() -> Self {
        let required = !matches!(T::KIND, ValueKind::Text);
        Self::Text { kind: T::KIND, valid: rt::valid::<T>, required }
    }

    /// The same by a rule of its own; `noun` is what an error calls it.
    pub const fn text_by(noun: &'static str, valid: fn(&str) -> bool) -> Self {
        Self::Text { kind: ValueKind::Named(noun), valid, required: true }
    }

    /// A child element. It stands there once.
    pub const fn child(name: &'static str, items: &'static [Self]) -> Self {
        Self::Group { tag: Tag::new(name), cardinality: Cardinality::One, items }
    }

    /// An attribute or a child element that may be missing.
    pub const fn optional(self) -> Self {
        match self {
            Self::Attr { name, kind, valid, .. } => Self::Attr { name, kind, valid, required: false },
            other => other.standing(Cardinality::Optional),
        }
    }

    /// A child element that stands there as often as it likes.
    pub const fn many(self) -> Self {
        self.standing(Cardinality::Many)
    }

    /// A child element that stands there once or more often.
    pub const fn some(self) -> Self {
        self.standing(Cardinality::Some)
    }

    const fn standing(self, cardinality: Cardinality) -> Self {
        match self {
            Self::Group { tag, items, .. } => Self::Group { tag, cardinality, items },
            Self::Child { tag, shape, .. } => Self::Child { tag, cardinality, shape },
            other => other,
        }
    }
}
