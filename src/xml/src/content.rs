//! The traits of models: what an element holds, what it is called, and which of several elements it is.

use ferrovirt_core::{Error, ErrorDomain, Result};

use crate::{Document, Node, Shape, Writer};

/// An XML namespace with the prefix it is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namespace {
    pub prefix: &'static str,
    pub uri: &'static str,
}

/// The name of an element: local name, and namespace if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    pub name: &'static str,
    pub ns: Option<&'static Namespace>,
}

impl Tag {
    /// A name without a namespace.
    pub const fn new(name: &'static str) -> Self {
        Self { name, ns: None }
    }

    /// A name in a namespace.
    pub const fn in_ns(name: &'static str, ns: &'static Namespace) -> Self {
        Self { name, ns: Some(ns) }
    }

    /// The namespace's URI, empty without one.
    pub fn uri(&self) -> &'static str {
        self.ns.map_or("", |ns| ns.uri)
    }
}

impl From<&'static str> for Tag {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

/// What stands inside an element: its attributes, text and children. Most types derive it.
pub trait XmlContent: Sized {
    /// Reads from `node`, the element whose content this is (a flattened part shares it with others).
    fn parse(node: &Node<'_>) -> Result<Self>;

    /// Writes the attributes; called once, right after the start tag's name.
    fn write_attrs(&self, _w: &mut Writer) {}

    /// Writes text and child elements; called after all attributes.
    fn write_children(&self, _w: &mut Writer) {}

    /// What is allowed here, for the strict check. [`Shape::ANY`] allows everything.
    fn shape() -> &'static Shape;
}

/// Content with an element name of its own.
pub trait XmlElement: XmlContent {
    const TAG: Tag;
}

/// Content that an attribute decides on, such as `type`; enums with `#[xml(tag = "…")]` have it.
pub trait XmlTagged {
    /// What that attribute is.
    fn tag_value(&self) -> &'static str;
}

/// One of several elements, told apart by their names.
pub trait XmlChoice: Sized {
    /// The names of all elements this can be.
    fn tags() -> &'static [Tag];

    /// Reads an element that has one of the names of [`Self::tags`].
    fn parse(node: &Node<'_>) -> Result<Self>;

    /// Writes the whole element.
    fn write(&self, w: &mut Writer);

    /// The elements as child items; cardinality belongs to the field.
    fn shape() -> &'static Shape;

    /// Whether `node` is one of these.
    fn accepts(node: &Node<'_>) -> bool {
        Self::tags().iter().any(|tag| node.is(*tag))
    }
}

impl<T: XmlContent> XmlContent for Box<T> {
    fn parse(node: &Node<'_>) -> Result<Self> {
        T::parse(node).map(Box::new)
    }

    fn write_attrs(&self, w: &mut Writer) {
        (**self).write_attrs(w);
    }

    fn write_children(&self, w: &mut Writer) {
        (**self).write_children(w);
    }

    fn shape() -> &'static Shape {
        T::shape()
    }
}

impl<T: XmlElement> XmlElement for Box<T> {
    const TAG: Tag = T::TAG;
}

/// Reads a document whose root must be a `T`; `what` is the label of errors about malformed text.
pub fn from_str<T: XmlElement>(text: &str, what: &str) -> Result<T> {
    Document::parse(text, what)?.read()
}

/// The element as text, ending with a newline.
pub fn to_string<T: XmlElement>(value: &T) -> String {
    let mut w = Writer::new();
    w.element(T::TAG, value);
    w.finish()
}

impl Document<'_> {
    /// Reads the root element as `T`; another root is refused as libvirt does it.
    pub fn read<T: XmlElement>(&self) -> Result<T> {
        self.expect_root(T::TAG)?;
        T::parse(&self.root())
    }

    /// Refuses a document whose root has another name.
    pub fn expect_root(&self, tag: impl Into<Tag>) -> Result<()> {
        let (tag, root) = (tag.into(), self.root());
        if root.name() == tag.name {
            return Ok(());
        }
        let text = format!("expecting root element of '{}', not '{}'", tag.name, root.name());
        Err(Error::xml(text).domain(ErrorDomain::Xml))
    }
}
