//! Prefixes that nothing declares: libvirt's XML library passes over that, and takes prefix and name together for a name
//! without a namespace. Our parser refuses them, so the text is changed to one that means the same to it.
//!
//! Every byte stays in its place: errors name places in the text as it was given, and foreign elements are copied from it.

use std::collections::HashMap;
use std::ops::Range;

use crate::guard::{Scan, TagKind};

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Stands for a colon that separates nothing.
const JOINED: u8 = b'.';

/// The text with such names made plain; `None` if it has none.
pub(crate) fn made_plain(text: &str) -> Option<String> {
    let mut walk = Walk { text, changed: None, declared: HashMap::new() };
    let mut scan = Scan::new(text);
    // For each open element the prefixes that it declares.
    let mut open: Vec<Vec<&str>> = Vec::new();
    while let Ok(Some((kind, place))) = scan.next_tag() {
        match kind {
            TagKind::Open | TagKind::Whole => {
                let declared = walk.start_tag(place);
                if kind == TagKind::Open {
                    open.push(declared);
                } else {
                    walk.forget(&declared);
                }
            }
            TagKind::Close => {
                walk.name(name_at(text, place.start + 2), false);
                walk.forget(&open.pop().unwrap_or_default());
            }
        }
    }
    walk.changed.map(|bytes| String::from_utf8(bytes).expect("only ASCII was put in the place of ASCII"))
}

struct Walk<'t> {
    text: &'t str,
    changed: Option<Vec<u8>>,
    /// How many of the elements around here declare a prefix.
    declared: HashMap<&'t str, usize>,
}

impl<'t> Walk<'t> {
    /// Makes the names of a tag plain; the prefixes that it declares come back.
    fn start_tag(&mut self, tag: Range<usize>) -> Vec<&'t str> {
        let element = name_at(self.text, tag.start + 1);
        let attributes = attributes(self.text, element.end..tag.end);
        let mut declared = Vec::new();
        for (name, value) in &attributes {
            let (written, uri) = (&self.text[name.clone()], &self.text[value.clone()]);
            let prefix = written.strip_prefix("xmlns:");
            if prefix.is_none() && written != "xmlns" {
                continue;
            }
            if may_declare(prefix, uri) {
                declared.extend(prefix);
            } else {
                // With the quote behind it.
                self.overwrite(name.start..value.end + 1, |_| b' ');
            }
        }
        for prefix in &declared {
            *self.declared.entry(prefix).or_default() += 1;
        }
        self.name(element, false);
        for (name, _) in attributes {
            if !self.text[name.clone()].starts_with("xmlns") {
                self.name(name, true);
            }
        }
        declared
    }

    fn forget(&mut self, declared: &[&'t str]) {
        for prefix in declared {
            if let Some(count) = self.declared.get_mut(prefix) {
                *count -= 1;
            }
        }
    }

    /// Joins the parts of a name whose prefix means nothing.
    fn name(&mut self, place: Range<usize>, of_attribute: bool) {
        let written = &self.text[place.clone()];
        let Some((prefix, local)) = written.split_once(':') else { return };
        // Our parser knows this one for attributes only.
        let known =
            prefix == "xml" && of_attribute || self.declared.get(prefix).is_some_and(|count| *count > 0);
        // Of more than one colon the first separates.
        let from = if known && !local.is_empty() { place.start + prefix.len() + 1 } else { place.start };
        if !self.text[from..place.end].contains(':') {
            return;
        }
        // No name begins with a dot.
        if prefix.is_empty() {
            self.overwrite(place.start..place.start + 1, |_| b'_');
        }
        let start = place.start + usize::from(prefix.is_empty());
        self.overwrite(from.max(start)..place.end, |byte| if byte == b':' { JOINED } else { byte });
    }

    fn overwrite(&mut self, place: Range<usize>, with: impl Fn(u8) -> u8) {
        let bytes = self.changed.get_or_insert_with(|| self.text.as_bytes().to_vec());
        for byte in &mut bytes[place] {
            *byte = with(*byte);
        }
    }
}

/// Whether libvirt's XML library takes such a declaration, and does not pass over it.
fn may_declare(prefix: Option<&str>, uri: &str) -> bool {
    match prefix {
        None => uri != XML && uri != XMLNS,
        Some("xml") => uri == XML,
        Some(prefix) => prefix != "xmlns" && !uri.is_empty() && uri != XML && uri != XMLNS,
    }
}

fn name_at(text: &str, start: usize) -> Range<usize> {
    let ends =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'/' | b'>' | b'<' | b'"' | b'\'');
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    start..start + rest.iter().position(ends).unwrap_or(rest.len())
}

/// The attributes of a tag: where their names are, and their values without the quotes.
fn attributes(text: &str, place: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
    let bytes = text.as_bytes();
    let after_space =
        |at: usize| at + bytes[at..place.end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut found = Vec::new();
    let mut at = after_space(place.start);
    while at < place.end {
        let name = name_at(text, at);
        let equals = after_space(name.end.min(place.end));
        let quote = after_space((equals + 1).min(place.end));
        let Some(mark @ (b'"' | b'\'')) =
            bytes.get(quote).filter(|_| !name.is_empty() && bytes[equals] == b'=')
        else {
            break;
        };
        let value = quote + 1;
        let Some(length) = bytes[value..place.end].iter().position(|byte| byte == mark) else { break };
        found.push((name, value..value + length));
        at = after_space(value + length + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_without_a_meaning_become_part_of_the_name() {
        for (text, plain) in [
            ("<a:b c:d='1'><e:f/></a:b>", "<a.b c.d='1'><e.f/></a.b>"),
            ("<a:b xmlns:a='u'><c:d a:e='1'/></a:b><a:b/>", "<a:b xmlns:a='u'><c.d a:e='1'/></a:b><a.b/>"),
            ("<a:b xmlns:a='u'/><a:b/>", "<a:b xmlns:a='u'/><a.b/>"),
            ("<:a/><b:/><c:d:e :f='1'/>", "<_a/><b./><c.d.e _f='1'/>"),
            ("<a:b:c xmlns:a='u'/>", "<a:b.c xmlns:a='u'/>"),
            ("<a:b xmlns:a=''/>", "<a.b           />"),
            ("<b xmlns:xml='u' xmlns='v'/>", "<b               xmlns='v'/>"),
            (
                "<a c = \"x:y\" e:f = 'g:h'>i:j<!--<k:l/>--></a>",
                "<a c = \"x:y\" e.f = 'g:h'>i:j<!--<k:l/>--></a>",
            ),
        ] {
            assert_eq!(made_plain(text).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "<a b='c:d'>e:f</a>",
            "<a xml:space='preserve'/>",
            "<a:b xmlns:a='u'><a:c/></a:b>",
            "<a:",
            "<",
            "",
        ] {
            assert_eq!(made_plain(text).filter(|_| !text.ends_with(':')), None, "{text}");
        }
    }
}
