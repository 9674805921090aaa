//! What derived code calls. Generic work is done here once, so that a derive is a list of calls; not for hand-written
//! models, and no promise is made about it.

use std::sync::LazyLock;

pub use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
pub use serde;

use crate::{
    Document, Fault, Node, RawElement, Tag, TextWriter, ValueKind, Writer, XmlChoice, XmlContent, XmlEnum,
    XmlValue,
};

/// Where a field is read: an element, if the path to it exists.
pub type Place<'a> = Option<Node<'a>>;

/// The first child element of that name.
pub fn down<'a>(at: &Place<'a>, tag: Tag) -> Place<'a> {
    at.as_ref()?.child(tag)
}

/// The same, standing for all elements of that name.
pub fn down_all<'a>(at: &Place<'a>, tag: Tag) -> Place<'a> {
    down(at, tag).map(|node| node.merged().indexed())
}

pub fn attr<T: XmlValue>(at: &Place<'_>, name: &str, fault: Fault) -> Result<Option<T>> {
    attr_with(at, name, fault, T::from_text, T::KIND)
}

pub fn attr_with<T>(
    at: &Place<'_>,
    name: &str,
    fault: Fault,
    from_text: fn(&str) -> Option<T>,
    kind: ValueKind,
) -> Result<Option<T>> {
    let Some((node, text)) = at.as_ref().and_then(|n| Some((n, n.attr(name)?))) else { return Ok(None) };
    match from_text(text) {
        Some(value) => Ok(Some(value)),
        None => Err(node.bad_attr(name, kind, fault)),
    }
}

/// Whether an attribute is there, but holds nothing.
pub fn is_empty_attr(at: &Place<'_>, name: &str) -> bool {
    at.as_ref().and_then(|node| node.attr(name)).is_some_and(str::is_empty)
}

/// Text; empty text is none, as XPath sees it.
pub fn text<T: XmlValue>(at: &Place<'_>, fault: Fault) -> Result<Option<T>> {
    text_with(at, fault, T::from_text, T::KIND)
}

pub fn text_with<T>(
    at: &Place<'_>,
    fault: Fault,
    from_text: fn(&str) -> Option<T>,
    kind: ValueKind,
) -> Result<Option<T>> {
    let Some(node) = at else { return Ok(None) };
    let text = node.text();
    if text.is_empty() {
        return Ok(None);
    }
    match from_text(&text) {
        Some(value) => Ok(Some(value)),
        None => Err(node.bad_text(kind, fault)),
    }
}

pub fn values<T: XmlValue>(at: &Place<'_>, tag: Tag, fault: Fault) -> Result<Vec<T>> {
    values_with(at, tag, fault, T::from_text, T::KIND)
}

pub fn values_with<T>(
    at: &Place<'_>,
    tag: Tag,
    fault: Fault,
    from_text: fn(&str) -> Option<T>,
    kind: ValueKind,
) -> Result<Vec<T>> {
    let Some(node) = at else { return Ok(Vec::new()) };
    let nodes = node.children_named(tag);
    exact(nodes.filter_map(|n| text_with(&Some(n), fault, from_text, kind).transpose()))
}

pub fn flag(at: &Place<'_>, tag: Tag) -> bool {
    down(at, tag).is_some()
}

pub fn child<T: XmlContent>(at: &Place<'_>, tag: Tag) -> Result<Option<T>> {
    down(at, tag).map(|node| T::parse(&node)).transpose()
}

/// The same, with the children of all elements of that name.
pub fn child_of_all<T: XmlContent>(at: &Place<'_>, tag: Tag) -> Result<Option<T>> {
    down_all(at, tag).map(|node| T::parse(&node)).transpose()
}

pub fn children<T: XmlContent>(at: &Place<'_>, tag: Tag) -> Result<Vec<T>> {
    let Some(node) = at else { return Ok(Vec::new()) };
    exact(node.children_named(tag).map(|n| T::parse(&n)))
}

pub fn choice<T: XmlChoice>(at: &Place<'_>) -> Result<Option<T>> {
    let Some(node) = at else { return Ok(None) };
    node.children().find(T::accepts).map(|n| T::parse(&n)).transpose()
}

pub fn choices<T: XmlChoice>(at: &Place<'_>) -> Result<Vec<T>> {
    let Some(node) = at else { return Ok(Vec::new()) };
    exact(node.children().filter(T::accepts).map(|n| T::parse(&n)))
}

/// Collects what is kept for long: without room to grow. Most lists have one member, and four would be made room for.
fn exact<T>(members: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let mut list = Vec::new();
    for member in members {
        if list.len() == list.capacity() {
            list.reserve_exact(list.len().max(1));
        }
        list.push(member?);
    }
    list.shrink_to_fit();
    Ok(list)
}

pub fn raw(at: &Place<'_>, tag: Tag) -> Option<RawElement> {
    down(at, tag).map(|n| RawElement::from_node(&n))
}

pub fn raws(at: &Place<'_>, tag: Tag) -> Vec<RawElement> {
    let Some(node) = at else { return Vec::new() };
    node.children_named(tag).map(|n| RawElement::from_node(&n)).collect()
}

/// A flattened part. Where the element that it stands in is missing, it is read from an empty one: that fails only if
/// the part needs something.
pub fn part<T: XmlContent>(at: &Place<'_>, node: &Node<'_>, path: &str, fault: Fault) -> Result<T> {
    static EMPTY: LazyLock<Document<'static>> =
        LazyLock::new(|| Document::parse("<empty/>", "empty").expect("an empty element is well-formed"));
    match at {
        Some(place) => T::parse(place),
        None => T::parse(&EMPTY.root()).map_err(|_| missing(node, path, fault)),
    }
}

/// The name of a choice for an error: its first element's.
pub fn choice_name(tags: &'static [Tag]) -> &'static str {
    tags.first().map_or("", |tag| tag.name)
}

/// Like [`part`], for one that may lack together with the element it stands in.
pub fn optional_part<T: XmlContent>(at: &Place<'_>) -> Result<Option<T>> {
    at.as_ref().map(T::parse).transpose()
}

/// A value that must be there; `path` is where, such as `source/@dev` or `target`.
pub fn need<T>(value: Option<T>, node: &Node<'_>, path: &str, fault: Fault) -> Result<T> {
    match value {
        Some(value) => Ok(value),
        None => Err(missing(node, path, fault)),
    }
}

/// Several values, of which one at least must be there.
pub fn need_some<T>(values: Vec<T>, node: &Node<'_>, path: &str, fault: Fault) -> Result<Vec<T>> {
    if values.is_empty() { Err(missing(node, path, fault)) } else { Ok(values) }
}

/// Names the innermost element of the path that exists, so that the error points as closely as it can.
fn missing(node: &Node<'_>, path: &str, fault: Fault) -> Error {
    let mut node = *node;
    let mut steps = path.split('/');
    for step in steps.by_ref() {
        if let Some(name) = step.strip_prefix('@') {
            return node.missing_attr(name, fault);
        }
        match node.children().find(|n| n.name() == step) {
            Some(inner) => node = inner,
            None => {
                let rest: Vec<_> = steps.collect();
                return match rest.last().and_then(|last| last.strip_prefix('@')) {
                    Some(name) => {
                        let text = format!(
                            "element <{step}> with attribute '{name}' is missing in <{}>",
                            node.name()
                        );
                        node.error(fault.of_element(), text)
                    }
                    None => node.missing_child(step, fault),
                };
            }
        }
    }
    node.error(fault.of_element(), format_args!("<{}> is empty", node.name()))
}

/// Which variant the attribute `name` asks for.
pub fn tag(
    node: &Node<'_>,
    name: &str,
    names: &'static [&'static str],
    default: Option<usize>,
    fault: Fault,
    missing: Fault,
) -> Result<usize> {
    match (node.attr(name), default) {
        (Some(value), _) => {
            let at = names.iter().position(|n| *n == value);
            at.ok_or_else(|| node.bad_attr(name, ValueKind::OneOf(names), fault))
        }
        (None, Some(default)) => Ok(default),
        (None, None) => Err(node.missing_attr(name, missing)),
    }
}

/// Which of the elements a choice's node is; callers ask only for nodes that were accepted.
pub fn which(node: &Node<'_>, tags: &'static [Tag]) -> Result<usize> {
    let at = tags.iter().position(|tag| node.is(*tag));
    at.ok_or_else(|| node.error(ErrorCode::XmlError, format_args!("unexpected element <{}>", node.name())))
}

pub fn put_attr<T: XmlValue>(w: &mut Writer, name: &str, value: Option<&T>) {
    if let Some(value) = value {
        w.attr(name, value);
    }
}

/// A value whose text a function writes.
pub struct Written<'v, T>(pub &'v T, pub fn(&T, &mut TextWriter<'_>));

impl<T> XmlValue for Written<'_, T> {
    const KIND: ValueKind = ValueKind::Text;

    fn from_text(_: &str) -> Option<Self> {
        None
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        (self.1)(self.0, out);
    }
}

pub fn put_text<T: XmlValue>(w: &mut Writer, value: Option<&T>) {
    if let Some(value) = value {
        w.text(value);
    }
}

pub fn put_child<T: XmlContent>(w: &mut Writer, tag: Tag, value: Option<&T>) {
    if let Some(value) = value {
        w.element(tag, value);
    }
}

/// A child that is left out if it has neither attributes nor content.
pub fn put_filled<T: XmlContent>(w: &mut Writer, tag: Tag, value: Option<&T>) {
    if let Some(value) = value {
        let mark = w.open_optional(tag);
        value.write_attrs(w);
        value.write_children(w);
        w.close_optional(mark);
    }
}

pub fn put_children<T: XmlContent>(w: &mut Writer, tag: Tag, values: &[T]) {
    for value in values {
        w.element(tag, value);
    }
}

pub fn put_values<T: XmlValue>(w: &mut Writer, tag: Tag, values: &[T]) {
    for value in values {
        w.value(tag, value);
    }
}

pub fn put_choices<'v, T: XmlChoice + 'v>(w: &mut Writer, values: impl IntoIterator<Item = &'v T>) {
    for value in values {
        value.write(w);
    }
}

pub fn put_flag(w: &mut Writer, tag: Tag, set: bool) {
    if set {
        w.flag(tag);
    }
}

pub fn put_raws<'v>(w: &mut Writer, values: impl IntoIterator<Item = &'v RawElement>) {
    for value in values {
        w.raw(value);
    }
}

pub fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether a text is a `T`, for the strict check.
pub fn valid<T: XmlValue>(text: &str) -> bool {
    T::from_text(text).is_some()
}

pub fn enum_from_str<T: XmlEnum>(text: &str) -> Result<T> {
    T::from_name(text).ok_or_else(|| {
        Error::xml(format!("invalid value '{text}': {} is expected", ValueKind::OneOf(T::NAMES)))
    })
}

pub fn enum_deserialize<'de, T: XmlEnum, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = <std::borrow::Cow<'_, str> as serde::Deserialize>::deserialize(deserializer)?;
    T::from_name(&text).ok_or_else(|| serde::de::Error::unknown_variant(&text, T::NAMES))
}
