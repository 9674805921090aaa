//! The parsed document: a tree of positioned nodes that hides the XML library below.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use ferrovirt_core::{Error, ErrorCode, Result};

use crate::{Fault, Span, Tag, ValueKind, guard, prefixes};

/// A well-formed document.
pub struct Document<'t> {
    tree: Tree<'t>,
    source: Source<'t>,
}

/// What the XML library made of the text, or of one that means the same to it (`prefixes.rs`).
enum Tree<'t> {
    AsGiven(Parsed<'t>),
    MadePlain(OwnTree),
}

type Parsed<'t> = roxmltree::Document<'t>;

self_cell::self_cell! {
    struct OwnTree {
        owner: String,
        #[covariant]
        dependent: Parsed,
    }
}

impl<'t> Tree<'t> {
    fn parse(text: &'t str) -> Result<Self, roxmltree::Error> {
        parsed(text).map(Self::AsGiven).or_else(|err| {
            let plain = prefixes::made_plain(text).ok_or(err)?;
            OwnTree::try_new(plain, |text| parsed(text)).map(Self::MadePlain)
        })
    }

    fn document(&self) -> &Parsed<'_> {
        match self {
            Self::AsGiven(document) => document,
            Self::MadePlain(own) => own.borrow_dependent(),
        }
    }
}

/// The text below a document, and where its lines start.
struct Source<'t> {
    text: &'t str,
    // Only errors and spans need it, so it is made when the first of them asks.
    lines: OnceLock<Vec<u32>>,
    /// White space between elements is not text.
    without_layout: bool,
}

impl<'t> Source<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, lines: OnceLock::new(), without_layout: false }
    }
}

impl Source<'_> {
    fn place(&self, offset: usize) -> Span {
        let lines = self.lines.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at as u32 + 1);
            std::iter::once(0).chain(ends).collect()
        });
        let line = lines.partition_point(|start| *start as usize <= offset);
        let start = lines[line - 1] as usize;
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Span { line: line as u32, column: column as u32 + 1 }
    }
}

fn parsed(text: &str) -> Result<Parsed<'_>, roxmltree::Error> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    roxmltree::Document::parse_with_options(text, options)
}

impl<'t> Document<'t> {
    /// Parses `text`. `what` is the label in errors, such as `domain_definition`.
    ///
    /// Fails with `VIR_ERR_XML_DETAIL`, the message being `(what):LINE:COLUMN: …`. The domain is left to the
    /// caller ([`Error::or_domain`]): it is that of the part of the library that asked.
    pub fn parse(text: &'t str, what: &str) -> Result<Self> {
        guard::admit(text).map_err(|refusal| {
            let at = Source::new(text).place(refusal.offset);
            malformed(what, at, &refusal.reason)
        })?;
        let tree = Tree::parse(text)
            .map_err(|err| malformed(what, error_place(text, &err), &explain(text, &err)))?;
        // Entities may hold elements, which the look at the source did not see.
        if guard::has_doctype(text) && !guard::is_shallow(tree.document()) {
            return Err(malformed(what, Span { line: 1, column: 1 }, "entities nest elements too deep"));
        }
        Ok(Self { tree, source: Source::new(text) })
    }

    /// Like [`Document::parse`], for bytes that may not even be text.
    pub fn parse_bytes(bytes: &'t [u8], what: &str) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|err| {
            let good = String::from_utf8_lossy(&bytes[..err.valid_up_to()]);
            let at = Source::new(&good).place(good.len());
            malformed(what, at, "the text is not valid UTF-8")
        })?;
        Self::parse(text, what)
    }

    /// The document without the white space between elements, where libvirt reads one of the kind so: it only shows in
    /// the text of elements that should have held no others.
    pub fn without_layout(mut self) -> Self {
        self.source.without_layout = true;
        self
    }

    /// The root element.
    pub fn root(&self) -> Node<'_> {
        Node {
            inner: self.tree.document().root_element(),
            source: &self.source,
            merged: false,
            names: Names::UNKNOWN,
        }
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document(<{}>)", self.root().name())
    }
}

fn malformed(what: &str, at: Span, reason: &str) -> Error {
    Error::new(ErrorCode::XmlDetail, format!("({what}):{}:{}: {reason}", at.line, at.column))
}

/// The library gives 1:1 for what is wrong at the end.
fn error_place(text: &str, err: &roxmltree::Error) -> Span {
    use roxmltree::Error as E;
    match err {
        E::UnclosedRootNode | E::UnexpectedEndOfStream | E::NoRootNode => {
            Source::new(text).place(text.trim_end().len())
        }
        _ => Span { line: err.pos().row, column: err.pos().col },
    }
}

/// Our sentence for a parser's complaint, without the position (which stands in front of it).
fn explain(text: &str, err: &roxmltree::Error) -> String {
    use roxmltree::Error as E;
    match err {
        E::NoRootNode if text.trim().is_empty() => "the document has no element".into(),
        E::UnclosedRootNode => "the document ends before its root element is closed".into(),
        E::NoRootNode | E::UnexpectedEndOfStream => "the document ends in the middle of something".into(),
        E::UnexpectedCloseTag(open, close, _) => {
            format!("element '{open}' is closed by '</{close}>', '</{open}>' is expected")
        }
        E::DuplicatedAttribute(name, _) => format!("attribute '{name}' is given twice"),
        E::UnknownEntityReference(name, _) => format!("entity '&{name};' is not declared"),
        E::UnknownNamespace(prefix, _) => format!("namespace prefix '{prefix}' is not declared"),
        E::NonXmlChar(c, _) => format!("character U+{:04X} is not allowed in XML", *c as u32),
        E::EntityReferenceLoop(_) => "entities refer to each other without end".into(),
        E::UnknownToken(_) => "this is no XML: '<' and a name are expected".into(),
        other => {
            let text = other.to_string();
            let at = format!(" at {}", other.pos());
            text.replace(&at, "")
        }
    }
}

/// An element of a document.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    inner: roxmltree::Node<'a, 'a>,
    source: &'a Source<'a>,
    /// Children are also those of later elements of that name beside it.
    merged: bool,
    names: Names,
}

/// What the children of an element may be called, a bit for each of some sixty sorts of names. A model asks for far more
/// elements than a document has: for most of them one look at this is enough.
#[derive(Clone, Copy)]
struct Names(u64);

impl Names {
    const UNKNOWN: Self = Self(u64::MAX);
    const NONE: Self = Self(0);

    fn sort(name: &str) -> u64 {
        let end = |byte: Option<&u8>| byte.map_or(0, |byte| u32::from(*byte));
        let bytes = name.as_bytes();
        1 << ((7 * end(bytes.first()) + 3 * end(bytes.last()) + bytes.len() as u32) % 63)
    }

    fn with(self, name: &str) -> Self {
        Self(self.0 | Self::sort(name))
    }

    fn may_hold(self, name: &str) -> bool {
        self.0 & Self::sort(name) != 0
    }

    /// No name is of the last sort.
    fn is_unknown(self) -> bool {
        self.0 == u64::MAX
    }
}

impl<'a> Node<'a> {
    fn sibling(&self, inner: roxmltree::Node<'a, 'a>) -> Node<'a> {
        Node { inner, source: self.source, merged: false, names: Names::UNKNOWN }
    }

    pub(crate) fn tree(&self) -> roxmltree::Node<'a, 'a> {
        self.inner
    }

    pub(crate) fn source_text(&self) -> &'a str {
        self.source.text
    }

    /// The local name.
    pub fn name(&self) -> &'a str {
        self.inner.tag_name().name()
    }

    /// The namespace's URI, empty without one.
    pub fn ns(&self) -> &'a str {
        self.inner.tag_name().namespace().unwrap_or("")
    }

    /// Whether this is an element of that name and namespace.
    pub fn is(&self, tag: impl Into<Tag>) -> bool {
        let tag = tag.into();
        let name = self.inner.tag_name();
        same(name.name(), tag.name)
            && match (name.namespace(), tag.ns) {
                (None, None) => true,
                (found, asked) => found.unwrap_or("") == asked.map_or("", |ns| ns.uri),
            }
    }

    /// Where the element starts.
    pub fn span(&self) -> Span {
        self.source.place(self.inner.range().start)
    }

    /// Where the attribute starts; the element's place where it has none of that name.
    pub fn attr_span(&self, name: &str) -> Span {
        match self.inner.attribute_node(name) {
            Some(attr) => self.source.place(attr.range().start),
            None => self.span(),
        }
    }

    /// The value of an attribute without namespace.
    pub fn attr(&self, name: &str) -> Option<&'a str> {
        self.inner.attributes().find(|a| same(a.name(), name) && a.namespace().is_none()).map(|a| a.value())
    }

    /// All attributes: namespace URI (or empty), name, value.
    pub fn attrs(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> + use<'a> {
        self.inner.attributes().map(|a| (a.namespace().unwrap_or(""), a.name(), a.value()))
    }

    /// The child elements.
    pub fn children(&self) -> Children<'a> {
        Children { parent: *self, next: self.inner.first_child() }
    }

    /// The same element, with the children of all later ones of that name beside it: a path such as `os/boot` means
    /// those in any `<os>`.
    pub fn merged(self) -> Self {
        Self { merged: true, names: Names::UNKNOWN, ..self }
    }

    /// The same element, quick to say which children it does not have: for those who are going to ask for many.
    pub fn indexed(self) -> Self {
        if !self.names.is_unknown() {
            return self;
        }
        let names = self.children().fold(Names::NONE, |names, child| names.with(child.name()));
        Self { names, ..self }
    }

    /// The child elements of that name.
    pub fn children_named<T: Into<Tag>>(&self, tag: T) -> impl Iterator<Item = Node<'a>> + use<'a, T> {
        let tag = tag.into();
        let children = self.names.may_hold(tag.name).then(|| self.children());
        children.into_iter().flatten().filter(move |n| n.is(tag))
    }

    /// The first child element of that name.
    pub fn child(&self, tag: impl Into<Tag>) -> Option<Node<'a>> {
        let tag = tag.into();
        if self.names.may_hold(tag.name) { self.children().find(|n| n.is(tag)) } else { None }
    }

    /// The element around this one.
    pub fn parent(&self) -> Option<Node<'a>> {
        self.inner.parent_element().map(|inner| self.sibling(inner))
    }

    /// All text inside, that of child elements included, as XPath's `string()` has it.
    pub fn text(&self) -> Cow<'a, str> {
        let mut first = None;
        let mut rest = String::new();
        let drops = self.source.without_layout;
        let texts = self.inner.descendants().filter(|n| n.is_text() && !(drops && is_layout(n)));
        for piece in texts.filter_map(|n| n.text()) {
            match first {
                None => first = Some(piece),
                Some(head) => {
                    if rest.is_empty() {
                        rest.push_str(head);
                    }
                    rest.push_str(piece);
                }
            }
        }
        if rest.is_empty() { Cow::Borrowed(first.unwrap_or("")) } else { Cow::Owned(rest) }
    }

    /// An error about this element: `line L, column C: sentence`; domain XML if that is its code, too.
    pub fn error(&self, fault: impl Into<Fault>, sentence: impl fmt::Display) -> Error {
        error_at(self.span(), fault, sentence)
    }

    /// The error for an attribute whose value is not of the kind expected.
    pub fn bad_attr(&self, name: &str, kind: ValueKind, fault: impl Into<Fault>) -> Error {
        let value = self.attr(name).unwrap_or("");
        let text = format!(
            "invalid value '{value}' for attribute '{name}' of <{}>: {kind} is expected",
            self.name()
        );
        error_at(self.attr_span(name), fault, text)
    }

    /// The error for text inside this element that is not of the kind expected.
    pub fn bad_text(&self, kind: ValueKind, fault: impl Into<Fault>) -> Error {
        let text = format!("invalid value '{}' in <{}>: {kind} is expected", self.text(), self.name());
        error_at(self.span(), fault.into().of_element(), text)
    }

    /// The error for an attribute that has to be there.
    pub fn missing_attr(&self, name: &str, fault: impl Into<Fault>) -> Error {
        self.error(fault, format_args!("attribute '{name}' of <{}> is missing", self.name()))
    }

    /// The error for a child element that has to be there.
    pub fn missing_child(&self, name: &str, fault: impl Into<Fault>) -> Error {
        let fault = fault.into().of_element();
        self.error(fault, format_args!("element <{name}> is missing in <{}>", self.name()))
    }
}

/// The child elements of a node, in document order.
pub struct Children<'a> {
    parent: Node<'a>,
    next: Option<roxmltree::Node<'a, 'a>>,
}

impl<'a> Children<'a> {
    /// Goes on to the next element that a merged one stands for.
    fn next_twin(&mut self) -> Option<()> {
        if !self.parent.merged {
            return None;
        }
        let name = self.parent.inner.tag_name();
        let mut twin = self.parent.inner;
        loop {
            twin = twin.next_sibling()?;
            if twin.is_element() && twin.tag_name() == name {
                break;
            }
        }
        self.parent.inner = twin;
        self.next = twin.first_child();
        Some(())
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        loop {
            while let Some(inner) = self.next {
                self.next = inner.next_sibling();
                if inner.is_element() {
                    return Some(self.parent.sibling(inner));
                }
            }
            self.next_twin()?;
        }
    }
}

/// Whether a text is nothing but white space between elements. An element whose content begins with a word has text
/// in it, so that its white space is text too.
fn is_layout(text: &roxmltree::Node<'_, '_>) -> bool {
    let blank = |node: &roxmltree::Node<'_, '_>| node.text().is_some_and(|text| text.trim_ascii().is_empty());
    let Some(parent) = text.parent().filter(|_| blank(text)) else { return false };
    let alone = text.prev_sibling().is_none() && text.next_sibling().is_none();
    let worded = parent.first_child().is_some_and(|first| first.is_text() && !blank(&first));
    !alone && !worded
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}> at {}", self.name(), self.span())
    }
}

/// Names are looked up all the time, and mostly differ in their first letter: that is seen without a call.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.as_bytes().first() == b.as_bytes().first() && a == b
}

/// An error about a place in a document.
pub(crate) fn error_at(at: Span, fault: impl Into<Fault>, sentence: impl fmt::Display) -> Error {
    let Fault { code, domain } = fault.into();
    let err = Error::new(code, format!("{at}: {sentence}"));
    match domain {
        Some(domain) => err.domain(domain),
        None => err,
    }
}
