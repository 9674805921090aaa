//! Printing a part of a document in the form that XPath results have: double quotes, indented by its own depth.

use roxmltree::{Node, NodeType};
use std::fmt::Write;

/// The node and all in it.
pub fn pretty(node: Node<'_, '_>) -> String {
    let mut text = String::new();
    element(&mut text, node, 0, true);
    text
}

/// The same with the white space of the document.
pub fn as_it_is(node: Node<'_, '_>) -> String {
    let mut text = String::new();
    element(&mut text, node, 0, false);
    text
}

fn element(text: &mut String, node: Node<'_, '_>, depth: usize, indent: bool) {
    match node.node_type() {
        NodeType::Text => text.push_str(&content(node.text().unwrap_or_default())),
        NodeType::Comment => {
            let _ = write!(text, "<!--{}-->", node.text().unwrap_or_default());
        }
        NodeType::Root => node.children().for_each(|child| element(text, child, depth, indent)),
        NodeType::PI => {}
        NodeType::Element => {
            let name = qualified(node);
            let _ = write!(text, "<{name}");
            namespaces(text, node);
            for attribute in node.attributes() {
                let _ = write!(
                    text,
                    " {}=\"{}\"",
                    attribute.name(),
                    content(attribute.value()).replace('"', "&quot;")
                );
            }
            if !node.has_children() {
                text.push_str("/>");
                return;
            }
            text.push('>');
            children(text, node, depth, indent);
            let _ = write!(text, "</{name}>");
        }
    }
}

fn children(text: &mut String, node: Node<'_, '_>, depth: usize, indent: bool) {
    let is_blank =
        |child: Node<'_, '_>| child.is_text() && child.text().unwrap_or_default().trim().is_empty();
    let indent = indent && node.children().all(|child| !child.is_text() || is_blank(child));
    for child in node.children() {
        if indent && is_blank(child) {
            continue;
        }
        if indent {
            let _ = write!(text, "\n{:1$}", "", (depth + 1) * 2);
        }
        element(text, child, depth + 1, indent);
    }
    if indent {
        let _ = write!(text, "\n{:1$}", "", depth * 2);
    }
}

fn qualified(node: Node<'_, '_>) -> String {
    let tag = node.tag_name();
    match tag.namespace().and_then(|uri| node.lookup_prefix(uri)) {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}:{}", tag.name()),
        _ => tag.name().to_owned(),
    }
}

/// The namespaces that are declared here and not further up.
fn namespaces(text: &mut String, node: Node<'_, '_>) {
    let above: Vec<_> = node.parent().map(|parent| parent.namespaces().collect()).unwrap_or_default();
    for namespace in node.namespaces().filter(|namespace| !above.contains(namespace)) {
        let _ = match namespace.name() {
            Some(prefix) => write!(text, " xmlns:{prefix}=\"{}\"", namespace.uri()),
            None => write!(text, " xmlns=\"{}\"", namespace.uri()),
        };
    }
}

fn content(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
