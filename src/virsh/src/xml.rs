//! Reading the library's documents, and making those that commands send.

pub mod path;
mod print;

use crate::failure::{Outcome, fail};
use crate::output::say;
use crate::shell::Shell;
pub use print::{as_it_is, pretty};
use roxmltree::{Document, Node};
use std::fmt::Write;

/// A document of the library's.
pub fn parse<'a>(text: &'a str, what: &str) -> Outcome<Document<'a>> {
    match Document::parse(text) {
        Ok(document) => Ok(document),
        Err(err) => fail!("Failed to parse {what}: {err}"),
    }
}

/// Elements at `path` below `node`.
pub fn all<'a, 'i>(node: Node<'a, 'i>, path: &str) -> Vec<Node<'a, 'i>> {
    let mut found = vec![node];
    for name in path.split('/') {
        found = found
            .into_iter()
            .flat_map(|node| node.children().filter(|child| child.tag_name().name() == name))
            .collect();
    }
    found
}

/// The first element at `path` below `node`.
pub fn first<'a, 'i>(node: Node<'a, 'i>, path: &str) -> Option<Node<'a, 'i>> {
    all(node, path).into_iter().next()
}

/// The value of `element/@attribute` or the text of `element`, as a path below `node` says.
pub fn value<'a>(node: Node<'a, '_>, path: &str) -> Option<String> {
    if let Some(attribute) = path.strip_prefix('@') {
        return node.attribute(attribute).map(str::to_owned);
    }
    match path.split_once("/@") {
        Some((element, attribute)) => {
            all(node, element).into_iter().find_map(|node| node.attribute(attribute)).map(str::to_owned)
        }
        None => first(node, path).map(text),
    }
}

/// The first of these attributes that the element has, in the document's order.
pub fn any_attribute(node: Node<'_, '_>, names: &[&str]) -> Option<String> {
    let found = node.attributes().find(|attribute| names.contains(&attribute.name()));
    found.map(|attribute| attribute.value().to_owned())
}

/// All text in an element.
pub fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

/// An element just as it stands in its document.
pub fn source<'a>(node: Node<'a, 'a>) -> &'a str {
    &node.document().input_text()[node.range()]
}

/// Text for content and for values between any quotes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&apos;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Prints a document, or what an XPath finds in it.
pub fn dump(shell: &mut Shell, xml: &str, xpath: Option<&str>, wrap: bool) -> Outcome {
    let Some(xpath) = xpath else {
        shell.out.document(format_args!("{xml}"), serde_json::json!({ "xml": xml }));
        return Ok(());
    };
    let document = parse(xml, "the document")?;
    let found = path::select(&document, xpath)?;
    if wrap {
        let mut text = String::from("<nodes>\n");
        for item in &found {
            let _ = writeln!(text, "  {}", item.text().replace('\n', "\n  "));
        }
        say!(shell, "{}</nodes>\n", text);
        return Ok(());
    }
    for item in found {
        say!(shell, "{}\n", item.text());
    }
    Ok(())
}

/// Writes elements, indented by two.
#[derive(Default)]
pub struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// An element without content; attributes without a value are left out.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        self.tag(name, attributes, "/>");
    }

    pub fn open(&mut self, name: &str, attributes: &[(&str, Option<&str>)]) {
        self.tag(name, attributes, ">");
        self.depth += 1;
    }

    pub fn close(&mut self, name: &str) {
        self.depth -= 1;
        let _ = writeln!(self.text, "{:1$}</{name}>", "", self.depth * 2);
    }

    /// `<name>text</name>`, if there is a text.
    pub fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            let _ = writeln!(self.text, "{:1$}<{name}>{2}</{name}>", "", self.depth * 2, escape(text));
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, Option<&str>)], end: &str) {
        let _ = write!(self.text, "{:1$}<{name}", "", self.depth * 2);
        for (name, value) in attributes {
            if let Some(value) = value {
                let _ = write!(self.text, " {name}='{}'", escape(value));
            }
        }
        self.text.push_str(end);
        self.text.push('\n');
    }

    pub fn finish(self) -> String {
        self.text
    }
}
