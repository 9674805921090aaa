//! Foreign subtrees (`<metadata>`): kept as they came and written back the way libvirt's XML library does, which is
//! another style than that of the models: double quotes, and no line is broken where there is text.

use std::fmt::Write as _;

use ferrovirt_core::Result;
use roxmltree::NodeType;

use crate::{Document, Node};

/// An element nobody here interprets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct RawElement {
    /// The name with its prefix, as it was written.
    pub name: String,
    /// The namespace's URI, empty without one.
    pub ns: String,
    /// Namespaces declared here: prefix (empty for the default) and URI.
    pub declarations: Vec<(String, String)>,
    pub attributes: Vec<RawAttribute>,
    pub children: Vec<RawNode>,
}

/// An attribute of such an element.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct RawAttribute {
    /// The name with its prefix, as it was written.
    pub name: String,
    pub value: String,
}

/// What such an element holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum RawNode {
    Element(RawElement),
    Text(String),
    Cdata(String),
    Comment(String),
    Instruction { target: String, value: Option<String> },
}

impl RawNode {
    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Cdata(_))
    }
}

impl RawElement {
    /// Copies an element. Namespaces that it uses but that are declared further out are declared on the copy.
    pub fn from_node(node: &Node<'_>) -> Self {
        let source = node.source_text();
        let mut copy = copy(node.tree(), source, false);
        let mut outer = Vec::new();
        copy.undeclared(&mut Vec::new(), &mut outer);
        for prefix in outer {
            let name = if prefix.is_empty() { None } else { Some(prefix.as_str()) };
            if let Some(uri) = node.tree().lookup_namespace_uri(name) {
                copy.declarations.push((prefix, uri.to_owned()));
            }
        }
        copy
    }

    /// Reads a text that is one element.
    pub fn parse(text: &str, what: &str) -> Result<Self> {
        Ok(Self::from_node(&Document::parse(text, what)?.root()))
    }

    /// The name without its prefix.
    pub fn local_name(&self) -> &str {
        local(&self.name)
    }

    /// The value of the attribute of that name (as written, prefix included).
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name == name).map(|a| a.value.as_str())
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &RawElement> {
        self.children.iter().filter_map(|child| match child {
            RawNode::Element(element) => Some(element),
            _ => None,
        })
    }

    /// Keeps, as libvirt does with `<metadata>`, only child elements that have a namespace, the first of each.
    /// Where there was no element there is nothing to keep.
    pub fn sanitized(mut self) -> Option<Self> {
        if !self.children.iter().any(|child| matches!(child, RawNode::Element(_))) {
            return None;
        }
        let mut seen: Vec<String> = Vec::new();
        self.children.retain(|child| match child {
            RawNode::Element(element) if !element.ns.is_empty() && !seen.contains(&element.ns) => {
                seen.push(element.ns.clone());
                true
            }
            _ => false,
        });
        Some(self)
    }

    /// The element without indentation in front and without a newline behind.
    pub fn to_xml(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    /// Writes at the given level; the first line's indentation and the last newline are the caller's.
    pub(crate) fn write(&self, out: &mut String, depth: usize) {
        self.write_as(out, Some(depth));
    }

    /// `depth` is `None` inside text, where no line may be broken.
    fn write_as(&self, out: &mut String, depth: Option<usize>) {
        out.push('<');
        out.push_str(&self.name);
        for (prefix, uri) in &self.declarations {
            let colon = if prefix.is_empty() { "" } else { ":" };
            attribute(out, &format!("xmlns{colon}{prefix}"), uri);
        }
        for a in &self.attributes {
            attribute(out, &a.name, &a.value);
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        let inner = depth.filter(|_| !self.children.iter().any(RawNode::is_text)).map(|d| d + 1);
        for child in &self.children {
            break_line(out, inner);
            child.write(out, inner);
        }
        break_line(out, inner.and(depth));
        out.push_str("</");
        out.push_str(&self.name);
        out.push('>');
    }

    /// Prefixes used in the subtree that nothing in it declares, in order of appearance.
    fn undeclared(&self, declared: &mut Vec<String>, missing: &mut Vec<String>) {
        let before = declared.len();
        declared.extend(self.declarations.iter().map(|(prefix, _)| prefix.clone()));
        let own = if self.ns.is_empty() { None } else { Some(prefix(&self.name)) };
        let attributes = self.attributes.iter().map(|a| prefix(&a.name)).filter(|p| !p.is_empty());
        for used in own.into_iter().chain(attributes) {
            if used != "xml" && !declared.iter().chain(missing.iter()).any(|known| known == used) {
                missing.push(used.to_owned());
            }
        }
        for child in self.elements() {
            child.undeclared(declared, missing);
        }
        declared.truncate(before);
    }
}

impl RawNode {
    fn write(&self, out: &mut String, depth: Option<usize>) {
        match self {
            Self::Element(element) => element.write_as(out, depth),
            Self::Text(text) => push_escaped(out, text, false),
            Self::Cdata(text) => out.extend(["<![CDATA[", text, "]]>"]),
            Self::Comment(text) => out.extend(["<!--", text, "-->"]),
            Self::Instruction { target, value: None } => out.extend(["<?", target, "?>"]),
            Self::Instruction { target, value: Some(value) } => out.extend(["<?", target, " ", value, "?>"]),
        }
    }
}

fn break_line(out: &mut String, depth: Option<usize>) {
    if let Some(depth) = depth {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.extend([" ", name, "=\""]);
    push_escaped(out, value, true);
    out.push('"');
}

fn push_escaped(out: &mut String, text: &str, in_attribute: bool) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            c if in_attribute && !c.is_ascii() => {
                // Writing to a string can't fail.
                let _ = write!(out, "&#x{:X};", c as u32);
            }
            c => out.push(c),
        }
    }
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// The name as it stands in the source: two prefixes may mean one namespace.
fn written_name<'s>(node: roxmltree::Node<'_, '_>, source: &'s str) -> &'s str {
    let from_name = &source[node.range().start + 1..];
    let end = from_name.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>');
    &from_name[..end.unwrap_or(from_name.len())]
}

fn copy(node: roxmltree::Node<'_, '_>, source: &str, preserve: bool) -> RawElement {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    let preserve = node.attribute((XML, "space")).map_or(preserve, |space| space == "preserve");
    let outer: Vec<_> = node.parent_element().map_or(Vec::new(), |p| p.namespaces().collect());
    let declarations = node
        .namespaces()
        // A prefix for nothing declares nothing.
        .filter(|ns| ns.uri() != XML && (ns.name().is_none() || !ns.uri().is_empty()))
        .filter(|ns| !outer.iter().any(|o| o.name() == ns.name() && o.uri() == ns.uri()))
        .map(|ns| (ns.name().unwrap_or("").to_owned(), ns.uri().to_owned()))
        .collect();
    let attributes = node
        .attributes()
        .map(|a| RawAttribute { name: source[a.range_qname()].to_owned(), value: a.value().to_owned() })
        .collect();
    let mut children: Vec<RawNode> = Vec::new();
    for child in node.children() {
        match child.node_type() {
            NodeType::Element => children.push(RawNode::Element(copy(child, source, preserve))),
            NodeType::Text => {
                for piece in text_pieces(child, source) {
                    if preserve || !is_layout(&piece, child, &children) {
                        children.push(piece);
                    }
                }
            }
            NodeType::Comment => children.extend(child.text().map(|t| RawNode::Comment(t.to_owned()))),
            NodeType::PI => children.extend(child.pi().map(|pi| RawNode::Instruction {
                target: pi.target.to_owned(),
                value: pi.value.map(str::to_owned),
            })),
            NodeType::Root => {}
        }
    }
    RawElement {
        name: written_name(node, source).to_owned(),
        ns: node.tag_name().namespace().unwrap_or("").to_owned(),
        declarations,
        attributes,
        children,
    }
}

/// White space that only lays out the source: not the sole content, and no text around it.
fn is_layout(piece: &RawNode, at: roxmltree::Node<'_, '_>, before: &[RawNode]) -> bool {
    let RawNode::Text(text) = piece else { return false };
    let blank = text.bytes().all(|b| b.is_ascii_whitespace());
    let alone = before.is_empty() && at.next_sibling().is_none();
    let beside_text = [before.first(), before.last()].into_iter().flatten().any(RawNode::is_text);
    blank && !alone && !beside_text
}

/// The parser joins text and CDATA sections; the source tells them apart.
fn text_pieces(node: roxmltree::Node<'_, '_>, source: &str) -> Vec<RawNode> {
    let whole = || vec![RawNode::Text(node.text().unwrap_or("").to_owned())];
    let start = node.range().start;
    let end = match (node.next_sibling(), node.parent_element()) {
        (Some(next), _) => next.range().start,
        (None, Some(parent)) => source[..parent.range().end].rfind("</").unwrap_or(start),
        (None, None) => start,
    };
    // Inside an entity the places don't follow each other.
    let Some(mut rest) = source.get(start..end).filter(|region| region.contains("<![CDATA[")) else {
        return whole();
    };
    let mut pieces = Vec::new();
    while let Some((text, after)) = rest.split_once("<![CDATA[") {
        let Some((cdata, behind)) = after.split_once("]]>") else { return whole() };
        let Some(text) = decoded(text) else { return whole() };
        pieces.extend((!text.is_empty()).then_some(RawNode::Text(text)));
        pieces.push(RawNode::Cdata(cdata.replace("\r\n", "\n").replace('\r', "\n")));
        rest = behind;
    }
    let Some(text) = decoded(rest) else { return whole() };
    pieces.extend((!text.is_empty()).then_some(RawNode::Text(text)));
    pieces
}

/// Source text with its references resolved; `None` if it uses entities of the document's own.
fn decoded(source: &str) -> Option<String> {
    let wrapped = format!("<t>{source}</t>");
    let document = roxmltree::Document::parse(&wrapped).ok()?;
    Some(document.root_element().text().unwrap_or("").to_owned())
}
