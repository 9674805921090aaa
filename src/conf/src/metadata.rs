//! What applications keep with an object: its title, its description, and elements in namespaces of their own.

use ferrovirt_core::abi;
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::{RawElement, RawNode};

/// The three places for an application's notes; domains and networks have all of them.
pub struct Notes<'a> {
    pub title: &'a mut Option<String>,
    pub description: &'a mut Option<String>,
    pub metadata: &'a mut Option<RawElement>,
}

impl Notes<'_> {
    /// Sets or, with `None`, removes one of them. `kind` is `virDomainMetadataType`; an element replaces the one in
    /// the same namespace, and is written with the prefix `key`.
    pub fn set(self, kind: i32, text: Option<&str>, key: Option<&str>, uri: Option<&str>) -> Result<()> {
        match u32::try_from(kind) {
            Ok(abi::VIR_DOMAIN_METADATA_DESCRIPTION) => *self.description = not_empty(text),
            Ok(abi::VIR_DOMAIN_METADATA_TITLE) => *self.title = not_empty(text),
            Ok(abi::VIR_DOMAIN_METADATA_ELEMENT) => {
                let uri =
                    uri.ok_or_else(|| Error::invalid_arg("an element of metadata needs a namespace URI"))?;
                let element =
                    text.map(|text| in_namespace(text, key.unwrap_or_default(), uri)).transpose()?;
                replace(self.metadata, uri, element);
            }
            // No kind at all is passed over, as libvirt does.
            Err(_) => {}
            Ok(_) => return Err(unknown(kind)),
        }
        Ok(())
    }
}

/// One of the notes, if it is there.
pub fn get(
    title: Option<&str>,
    description: Option<&str>,
    metadata: Option<&RawElement>,
    kind: i32,
    uri: Option<&str>,
) -> Result<Option<String>> {
    match u32::try_from(kind) {
        Ok(abi::VIR_DOMAIN_METADATA_DESCRIPTION) => Ok(description.map(str::to_owned)),
        Ok(abi::VIR_DOMAIN_METADATA_TITLE) => Ok(title.map(str::to_owned)),
        Ok(abi::VIR_DOMAIN_METADATA_ELEMENT) => {
            let found = metadata.and_then(|all| all.elements().find(|element| Some(&*element.ns) == uri));
            Ok(found.map(|element| plain(element, uri.unwrap_or_default())))
        }
        Err(_) => Ok(None),
        Ok(_) => Err(unknown(kind)),
    }
}

/// Refuses a number that is no `virDomainMetadataType`, for those who tell so before they look at anything else.
pub fn check_kind(kind: i32) -> Result<()> {
    if u32::try_from(kind).is_ok_and(|kind| kind >= abi::VIR_DOMAIN_METADATA_LAST) {
        Err(unknown(kind))
    } else {
        Ok(())
    }
}

fn unknown(kind: i32) -> Error {
    let detail = format!("metadata of kind {kind} is not known; there are description, title and element");
    Error::invalid_arg(detail)
}

fn not_empty(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The application's element, as it gave it: without its namespace. If that was declared more than once, libvirt takes
/// away the first declaration only, and the prefix of the attributes that it was for.
fn plain(element: &RawElement, uri: &str) -> String {
    let mut element = element.clone();
    leave_namespace(&mut element, uri);
    if let Some(at) = element.declarations.iter().position(|(_, declared)| declared == uri) {
        let (prefix, _) = element.declarations.remove(at);
        leave_prefix(&mut element, &prefix);
    }
    element.to_xml()
}

fn leave_prefix(element: &mut RawElement, prefix: &str) {
    if element.declarations.iter().any(|(again, _)| again == prefix) {
        return;
    }
    for attribute in &mut element.attributes {
        if let Some((_, local)) = attribute.name.split_once(':').filter(|(own, _)| *own == prefix) {
            attribute.name = local.to_owned();
        }
    }
    each_child(element, |child| leave_prefix(child, prefix));
}

/// Puts an application's element in place of the one that it has; `None` takes it out.
fn replace(metadata: &mut Option<RawElement>, uri: &str, element: Option<RawElement>) {
    let mut all =
        metadata.take().unwrap_or_else(|| RawElement { name: "metadata".into(), ..Default::default() });
    all.children.retain(|child| !matches!(child, RawNode::Element(found) if found.ns == uri));
    all.children.extend(element.map(RawNode::Element));
    let empty = all.elements().next().is_none();
    *metadata = (!empty).then_some(all);
}

fn in_namespace(xml: &str, key: &str, uri: &str) -> Result<RawElement> {
    let mut element = RawElement::parse(xml, "metadata_xml")?;
    let starts_well = key.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !starts_well || !key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        let text = format!("'{key}' can't be the prefix of a namespace");
        return Err(Error::internal(text).domain(ErrorDomain::Xml));
    }
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
    fn elements_come_back_as_they_were_given_and_are_kept_in_their_namespace() {
        let (mut title, mut description, mut metadata) = (None, None, None);
        let mut set = |kind, text, key, uri| {
            let notes = Notes { title: &mut title, description: &mut description, metadata: &mut metadata };
            notes.set(kind, text, key, uri).unwrap();
        };
        set(2, Some("<derp xmlns:foobar='http://x'>foobar</derp>"), Some("blurb"), Some("http://herp.derp/"));
        set(1, Some("a title"), None, None);
        let all = metadata.as_ref().unwrap().to_xml();
        assert!(
            all.contains("<blurb:derp xmlns:") && all.contains("xmlns:blurb=\"http://herp.derp/\""),
            "{all}"
        );
        let uri = Some("http://herp.derp/");
        let back = get(title.as_deref(), None, metadata.as_ref(), 2, uri).unwrap().unwrap();
        assert!(back.starts_with("<derp") && back.contains("foobar</derp>"), "{back}");
        assert_eq!(get(title.as_deref(), None, None, 1, None).unwrap().as_deref(), Some("a title"));
        assert!(get(None, None, None, 7, None).is_err());
        let notes = Notes { title: &mut title, description: &mut description, metadata: &mut metadata };
        notes.set(2, None, None, uri).unwrap();
        assert_eq!(metadata, None);
    }

    #[test]
    fn of_several_declarations_the_first_is_taken_away() {
        for (given, back) in [
            ("<b xmlns='urn:u'><c/></b>", "<b xmlns:key=\"urn:u\">\n  <c/>\n</b>"),
            ("<b xmlns:a='urn:u'><a:c/></b>", "<b xmlns:key=\"urn:u\">\n  <c/>\n</b>"),
            (
                "<a:b xmlns:a='urn:u' a:y='1'><z:c xmlns:z='urn:z' a:x='1'/></a:b>",
                "<b xmlns:key=\"urn:u\" y=\"1\">\n  <z:c xmlns:z=\"urn:z\" x=\"1\"/>\n</b>",
            ),
            ("<b><a:c xmlns:a='urn:u' a:d='1'/></b>", "<b>\n  <c xmlns:a=\"urn:u\" a:d=\"1\"/>\n</b>"),
            // What nothing declares is a part of the name.
            ("<a:b c:b='1' b='3'><d:e/></a:b>", "<a:b c:b=\"1\" b=\"3\">\n  <d:e/>\n</a:b>"),
        ] {
            let mut metadata = None;
            let notes = Notes { title: &mut None, description: &mut None, metadata: &mut metadata };
            notes.set(2, Some(given), Some("key"), Some("urn:u")).unwrap();
            let found = get(None, None, metadata.as_ref(), 2, Some("urn:u")).unwrap();
            assert_eq!(found.as_deref(), Some(back), "{given}");
        }
    }

    #[test]
    fn a_prefix_must_be_a_name_and_an_element_well_formed() {
        for (text, key) in [("<a/>", "1:"), ("<a", "x")] {
            let notes = Notes { title: &mut None, description: &mut None, metadata: &mut None };
            assert!(notes.set(2, Some(text), Some(key), Some("urn:x")).is_err(), "{text} {key}");
        }
    }
}
