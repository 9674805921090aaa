//! `<metadata>`: what applications keep in a definition, one element each, told apart by namespace.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{RawElement, RawNode};

/// The application's element, as it gave it: without its namespace.
pub fn get(metadata: &Option<RawElement>, uri: &str) -> Option<String> {
    let element = metadata.iter().flat_map(RawElement::elements).find(|element| element.ns == uri)?;
    let mut element = element.clone();
    leave_namespace(&mut element, uri);
    element.declarations.retain(|(_, declared)| declared != uri);
    Some(element.to_xml())
}

/// Puts an application's element in place of the one that it has, under the prefix `key`; `None` takes it out.
pub fn set(metadata: &mut Option<RawElement>, xml: Option<&str>, key: Option<&str>, uri: &str) -> Result<()> {
    let element = xml.map(|xml| in_namespace(xml, key.unwrap_or_default(), uri)).transpose()?;
    let mut root =
        metadata.take().unwrap_or_else(|| RawElement { name: "metadata".into(), ..Default::default() });
    root.children.retain(|child| !matches!(child, RawNode::Element(element) if element.ns == uri));
    root.children.extend(element.map(RawNode::Element));
    let empty = root.elements().next().is_none();
    *metadata = (!empty).then_some(root);
    Ok(())
}

fn in_namespace(xml: &str, key: &str, uri: &str) -> Result<RawElement> {
    let starts_well = key.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !starts_well || !key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        return Err(Error::internal(format!("'{key}' can't be the prefix of a namespace")));
    }
    let mut element = RawElement::parse(xml, "metadata_xml")?;
    if element.declarations.iter().any(|(prefix, _)| prefix == key) {
        return Err(Error::internal(format!("the prefix '{key}' is in use in the element itself")));
    }
    enter_namespace(&mut element, key, uri);
    element.declarations.push((key.to_owned(), uri.to_owned()));
    Ok(element)
}

/// All elements that have no namespace get this one.
fn enter_namespace(element: &mut RawElement, key: &str, uri: &str) {
    if element.ns.is_empty() {
        element.name = format!("{key}:{}", element.name);
        element.ns = uri.to_owned();
    }
    each_child(element, |child| enter_namespace(child, key, uri));
}

fn leave_namespace(element: &mut RawElement, uri: &str) {
    if element.ns == uri {
        element.name = element.local_name().to_owned();
        element.ns.clear();
    }
    each_child(element, |child| leave_namespace(child, uri));
}

fn each_child(element: &mut RawElement, mut visit: impl FnMut(&mut RawElement)) {
    for child in &mut element.children {
        if let RawNode::Element(child) = child {
            visit(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_comes_back_as_it_was_given() {
        let mut metadata = None;
        set(&mut metadata, Some("<app><part n='1'/></app>"), Some("x"), "urn:x").unwrap();
        set(&mut metadata, Some("<other/>"), Some("y"), "urn:y").unwrap();
        let text = metadata.as_ref().unwrap().to_xml();
        assert!(text.contains("<x:app xmlns:x=\"urn:x\">") && text.contains("<x:part n=\"1\"/>"), "{text}");
        let got = get(&metadata, "urn:x").unwrap();
        assert!(got.starts_with("<app>") && got.contains("<part n=\"1\"/>"), "{got}");
        set(&mut metadata, Some("<new/>"), Some("x"), "urn:x").unwrap();
        assert_eq!(get(&metadata, "urn:x").as_deref(), Some("<new/>"));
        set(&mut metadata, None, None, "urn:x").unwrap();
        assert_eq!(get(&metadata, "urn:x"), None);
        set(&mut metadata, None, None, "urn:y").unwrap();
        assert_eq!(metadata, None);
    }

    #[test]
    fn a_prefix_must_be_a_name() {
        assert!(set(&mut None, Some("<a/>"), Some("1:"), "urn:x").is_err());
        assert!(set(&mut None, Some("<a"), Some("x"), "urn:x").is_err());
    }
}
