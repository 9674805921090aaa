//! The writer: libvirt's layout (two spaces, single quotes, `<a/>` when empty) into one string.

use std::fmt::{self, Write as _};

use crate::{Namespace, RawElement, RawNode, Tag, XmlContent, XmlValue};

/// Builds a document element by element: `open`, attributes, text or children, `close`.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    depth: usize,
    state: State,
    root_end: usize,
    namespaces: Vec<&'static Namespace>,
    /// Elements that are written as soon as something is put inside. Most never are, and cost next to nothing so.
    pending: Vec<Tag>,
}

/// What was written last in the element that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// The start tag, which may still take attributes.
    StartTag,
    /// Text: what follows stands right behind it.
    Text,
    /// A line of its own.
    #[default]
    Line,
}

/// An element that was opened with [`Writer::open_optional`].
#[derive(Debug)]
#[must_use = "the element has to be closed"]
pub struct Mark {
    tag: Tag,
    /// How many were pending when it was opened.
    outer: usize,
}

impl Writer {
    pub fn new() -> Self {
        Self { out: String::with_capacity(4096), ..Self::default() }
    }

    /// Writes with this many levels of indentation already there.
    pub fn indented(depth: usize) -> Self {
        Self { depth, ..Self::new() }
    }

    /// The text. Namespaces that were used are declared on the first element.
    pub fn finish(mut self) -> String {
        if !self.namespaces.is_empty() {
            let declarations: String =
                self.namespaces.iter().map(|ns| format!(" xmlns:{}='{}'", ns.prefix, ns.uri)).collect();
            self.out.insert_str(self.root_end, &declarations);
        }
        self.out
    }

    /// Starts an element.
    pub fn open(&mut self, tag: impl Into<Tag>) {
        self.settle();
        self.start_tag(tag.into());
    }

    /// Starts those elements that something is to be put into now.
    fn settle(&mut self) {
        for at in 0..self.pending.len() {
            self.start_tag(self.pending[at]);
        }
        self.pending.clear();
    }

    fn start_tag(&mut self, tag: Tag) {
        self.end_start_tag();
        self.indent();
        self.out.push('<');
        self.name(tag);
        if let Some(ns) = tag.ns
            && !self.namespaces.contains(&ns)
        {
            self.namespaces.push(ns);
        }
        self.state = State::StartTag;
        self.depth += 1;
    }

    /// Ends the element: `/>` if nothing was put inside.
    pub fn close(&mut self, tag: impl Into<Tag>) {
        debug_assert!(self.depth > 0, "an element is closed that was never opened");
        self.depth -= 1;
        match self.state {
            State::StartTag => {
                self.remember_root();
                self.out.push_str("/>\n");
            }
            state => {
                if state == State::Line {
                    self.indent();
                }
                self.out.push_str("</");
                self.name(tag.into());
                self.out.push_str(">\n");
            }
        }
        self.state = State::Line;
    }

    /// Starts an element that vanishes if it gets neither attributes nor content before it is closed.
    pub fn open_optional(&mut self, tag: impl Into<Tag>) -> Mark {
        let (tag, outer) = (tag.into(), self.pending.len());
        self.pending.push(tag);
        Mark { tag, outer }
    }

    /// Ends such an element.
    pub fn close_optional(&mut self, mark: Mark) {
        if self.pending.len() > mark.outer {
            self.pending.truncate(mark.outer);
        } else {
            self.close(mark.tag);
        }
    }

    /// Makes the element end with a tag of its own even if nothing comes: `<devices>`, newline, `</devices>`.
    pub fn block(&mut self) {
        self.begin_line();
    }

    /// A whole element.
    pub fn element<T: XmlContent>(&mut self, tag: impl Into<Tag>, content: &T) {
        let tag = tag.into();
        self.open(tag);
        content.write_attrs(self);
        content.write_children(self);
        self.close(tag);
    }

    /// An element with text only, `<name>web</name>`; never `<name/>`.
    pub fn value<T: XmlValue>(&mut self, tag: impl Into<Tag>, value: &T) {
        let tag = tag.into();
        self.open(tag);
        self.text(value);
        self.close(tag);
    }

    /// An empty element.
    pub fn flag(&mut self, tag: impl Into<Tag>) {
        let tag = tag.into();
        self.open(tag);
        self.close(tag);
    }

    /// An attribute of the element that was opened last.
    pub fn attr<T: XmlValue>(&mut self, name: &str, value: &T) {
        self.start_attr(name);
        value.write_text(&mut TextWriter { out: &mut self.out });
        self.out.push('\'');
    }

    /// An attribute whose value is a string.
    pub fn attr_str(&mut self, name: &str, value: &str) {
        self.start_attr(name);
        TextWriter { out: &mut self.out }.push(value);
        self.out.push('\'');
    }

    /// The text of the element that was opened last.
    pub fn text<T: XmlValue>(&mut self, value: &T) {
        value.write_text(&mut self.start_text());
    }

    /// The text of the element that was opened last, from a string.
    pub fn text_str(&mut self, value: &str) {
        self.start_text().push(value);
    }

    /// A foreign element, laid out as libvirt's XML library does it.
    pub fn raw(&mut self, element: &RawElement) {
        self.begin_line();
        self.indent();
        element.write(&mut self.out, self.depth);
        self.out.push('\n');
    }

    /// An element of which only a tree of names, attributes and texts is known, laid out as models are.
    pub fn tree(&mut self, element: &RawElement) {
        self.begin_line();
        self.indent();
        self.out.push('<');
        self.out.push_str(&element.name);
        self.state = State::StartTag;
        self.depth += 1;
        self.tree_attributes(element);
        self.tree_content(element);
        self.depth -= 1;
        match self.state {
            State::StartTag => self.out.push_str("/>\n"),
            state => {
                if state == State::Line {
                    self.indent();
                }
                self.out.push_str("</");
                self.out.push_str(&element.name);
                self.out.push_str(">\n");
            }
        }
        self.state = State::Line;
    }

    /// The attributes of such an element.
    pub fn tree_attributes(&mut self, element: &RawElement) {
        element.attributes.iter().for_each(|attribute| self.attr_str(&attribute.name, &attribute.value));
    }

    /// What stands in such an element: elements, or text where there are none.
    pub fn tree_content(&mut self, element: &RawElement) {
        let has_elements = element.elements().next().is_some();
        for child in &element.children {
            match child {
                RawNode::Element(child) => self.tree(child),
                RawNode::Text(text) | RawNode::Cdata(text) if !has_elements => self.text_str(text),
                _ => {}
            }
        }
    }

    /// A comment on a line of its own. `text` must not contain `--`.
    pub fn comment(&mut self, text: &str) {
        debug_assert!(!text.contains("--"), "'--' would end the comment");
        self.begin_line();
        self.indent();
        self.out.push_str("<!-- ");
        self.out.push_str(text);
        self.out.push_str(" -->\n");
    }

    fn start_attr(&mut self, name: &str) {
        self.settle();
        debug_assert!(self.state == State::StartTag, "attribute {name} comes after content");
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("='");
    }

    fn start_text(&mut self) -> TextWriter<'_> {
        self.settle();
        if self.state == State::StartTag {
            self.remember_root();
            self.out.push('>');
        }
        self.state = State::Text;
        TextWriter { out: &mut self.out }
    }

    fn begin_line(&mut self) {
        self.settle();
        self.end_start_tag();
    }

    fn end_start_tag(&mut self) {
        match self.state {
            State::StartTag => {
                self.remember_root();
                self.out.push_str(">\n");
            }
            State::Text => self.out.push('\n'),
            State::Line => {}
        }
        self.state = State::Line;
    }

    /// Where a declaration would have to go: behind the attributes of the first element.
    fn remember_root(&mut self) {
        if self.root_end == 0 {
            self.root_end = self.out.len();
        }
    }

    fn name(&mut self, tag: Tag) {
        if let Some(ns) = tag.ns {
            self.out.push_str(ns.prefix);
            self.out.push(':');
        }
        self.out.push_str(tag.name);
    }

    fn indent(&mut self) {
        const SPACES: &str = "                                ";
        let mut left = 2 * self.depth;
        while left > 0 {
            let now = left.min(SPACES.len());
            self.out.push_str(&SPACES[..now]);
            left -= now;
        }
    }
}

/// Takes the text of a value and escapes it as libvirt does: the five markup characters become entities, control
/// characters vanish, tabs and line ends stay.
#[derive(Debug)]
pub struct TextWriter<'w> {
    out: &'w mut String,
}

impl<'w> TextWriter<'w> {
    pub(crate) fn new(out: &'w mut String) -> Self {
        Self { out }
    }
}

impl TextWriter<'_> {
    /// Any text.
    pub fn push(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| ESCAPED[usize::from(byte)]) {
            self.out.push_str(&rest[..at]);
            self.out.push_str(escape(rest.as_bytes()[at]).unwrap_or_default());
            rest = &rest[at + 1..];
        }
        self.out.push_str(rest);
    }

    /// What displays itself.
    pub fn display(&mut self, value: impl fmt::Display) {
        // Writing to a string can't fail; a `Display` that does is left where it stopped.
        let _ = write!(self, "{value}");
    }

    /// A number in decimal.
    pub fn integer(&mut self, negative: bool, magnitude: u64) {
        let (mut digits, mut at, mut rest) = ([0_u8; 20], 20, magnitude);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if negative {
            self.out.push('-');
        }
        self.out.push_str(std::str::from_utf8(&digits[at..]).expect("digits are ASCII"));
    }
}

impl fmt::Write for TextWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

/// The bytes that don't stand for themselves.
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < escaped.len() {
        escaped[byte] = escape(byte as u8).is_some();
        byte += 1;
    }
    escaped
};

const fn escape(byte: u8) -> Option<&'static str> {
    match byte {
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'&' => Some("&amp;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&apos;"),
        b'\t' | b'\n' | b'\r' => None,
        0..0x20 => Some(""),
        _ => None,
    }
}
