//! Parts of a description that most descriptions do without.

use ferrovirt_core::Result;
use ferrovirt_xml::{Node, Shape, Writer, XmlContent};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Debug, Formatter};
use std::ops::{Deref, DerefMut};

/// A part that takes the room of a pointer until something is said in it; read, it is never missing.
pub struct Rare<T>(Option<Box<T>>);

/// What is [`Rare`]: what is read where nothing is said, is said once.
pub trait Absent: Default + PartialEq + 'static {
    fn absent() -> &'static Self;
}

/// `rare!(Type, …)`: parts that may be [`Rare`].
macro_rules! rare {
    ($($part:ty),+ $(,)?) => {$(
        impl $crate::values::Absent for $part {
            fn absent() -> &'static Self {
                static NOTHING: std::sync::LazyLock<$part> = std::sync::LazyLock::new(Default::default);
                &NOTHING
            }
        }
    )+};
}
pub(crate) use rare;

impl<T: Absent> Rare<T> {
    /// What is said, to be changed; nothing where there is nothing to change.
    pub fn said(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }
}

impl<T: Absent> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(part) => part,
            None => T::absent(),
        }
    }
}

impl<T: Absent> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T: Absent> From<T> for Rare<T> {
    fn from(part: T) -> Self {
        Self((part != *T::absent()).then(|| Box::new(part)))
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Absent + Clone> Clone for Rare<T> {
    // What was only looked at for change is given up here.
    fn clone(&self) -> Self {
        T::clone(self).into()
    }
}

impl<T: Absent> PartialEq for Rare<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Absent + Debug> Debug for Rare<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: Absent + Serialize> Serialize for Rare<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        T::serialize(self, serializer)
    }
}

impl<'de, T: Absent + Deserialize<'de>> Deserialize<'de> for Rare<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::from)
    }
}

impl<T: Absent + XmlContent> XmlContent for Rare<T> {
    fn parse(node: &Node<'_>) -> Result<Self> {
        T::parse(node).map(Self::from)
    }

    fn write_attrs(&self, w: &mut Writer) {
        T::write_attrs(self, w);
    }

    fn write_children(&self, w: &mut Writer) {
        T::write_children(self, w);
    }

    fn shape() -> &'static Shape {
        T::shape()
    }
}
