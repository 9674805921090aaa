//! `<metadata>`: what applications keep in a definition, each in a namespace of its own.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{RawElement, RawNode};

/// The element of `<metadata>` in the namespace `uri`, as text, without that namespace's prefix.
pub fn get(metadata: Option<&RawElement>, uri: &str) -> Option<String> {
    let mut element = metadata?.elements().find(|element| element.ns == uri)?.clone();
    rename(&mut element, uri, "");
    element.declarations.retain(|(_, declared)| declared != uri);
    Some(element.to_xml())
}

/// Puts the element that `text` holds in the place of the one in the namespace `uri`, with `key` as its prefix; no text
/// takes it out.
pub fn set(metadata: &mut Option<RawElement>, text: Option<&str>, key: &str, uri: &str) -> Result<()> {
    let new = text.map(|text| in_namespace(text, key, uri)).transpose()?;
    let mut all = metadata
        .take()
        .unwrap_or_else(|| RawElement { name: "metadata".to_owned(), ..RawElement::default() });
    all.children.retain(|child| !matches!(child, RawNode::Element(element) if element.ns == uri));
    all.children.extend(new.map(RawNode::Element));
    let is_empty = all.elements().next().is_none();
    *metadata = Some(all).filter(|_| !is_empty);
    Ok(())
}

fn in_namespace(text: &str, key: &str, uri: &str) -> Result<RawElement> {
    if !is_prefix(key) {
        return Err(Error::internal(format!("'{key}' can't be the prefix of an XML namespace")));
    }
    let mut element = RawElement::parse(text, "metadata_xml")?;
    element.declarations.retain(|(prefix, _)| prefix != key);
    element.declarations.insert(0, (key.to_owned(), uri.to_owned()));
    add(&mut element, key, uri);
    Ok(element)
}

/// A prefix is a name without colons.
fn is_prefix(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && letters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Puts the element and all in it that has no namespace into this one.
fn add(element: &mut RawElement, key: &str, uri: &str) {
    if element.ns.is_empty() {
        element.name = format!("{key}:{}", element.local_name());
        element.ns = uri.to_owned();
    }
    for child in &mut element.children {
        if let RawNode::Element(child) = child {
            add(child, key, uri);
        }
    }
}

/// Takes the prefix off the element and all in it that are in the namespace.
fn rename(element: &mut RawElement, uri: &str, ns: &str) {
    if element.ns == uri {
        element.name = element.local_name().to_owned();
        element.ns = ns.to_owned();
    }
    for child in &mut element.children {
        if let RawNode::Element(child) = child {
            rename(child, uri, ns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_comes_back_and_no_text_takes_it_out() {
        let mut metadata = None;
        set(&mut metadata, Some("<app><deep n='1'/></app>"), "key", "urn:app").unwrap();
        set(&mut metadata, Some("<other/>"), "o", "urn:other").unwrap();
        let text = metadata.as_ref().unwrap().to_xml();
        assert!(text.contains("<key:app xmlns:key=\"urn:app\">") && text.contains("<key:deep"), "{text}");
        assert!(get(metadata.as_ref(), "urn:app").unwrap().starts_with("<app>"));
        set(&mut metadata, Some("<newer/>"), "key", "urn:app").unwrap();
        assert_eq!(get(metadata.as_ref(), "urn:app").unwrap(), "<newer/>");
        set(&mut metadata, None, "", "urn:app").unwrap();
        set(&mut metadata, None, "", "urn:other").unwrap();
        assert_eq!(metadata, None);
    }

    #[test]
    fn a_prefix_must_be_one() {
        assert!(set(&mut None, Some("<a/>"), "1x", "urn:a").is_err());
        assert!(set(&mut None, Some("<a>"), "x", "urn:a").is_err());
    }
}
