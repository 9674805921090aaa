//! Prefixes that nothing declares, in whatever order and place: what is read can be printed and read again.

use ferrovirt_core::ErrorCode;
use ferrovirt_xml::{Document, RawElement};
use proptest::prelude::*;

/// Pieces that texts are put together of, most of them with prefixes that may be declared around or not.
const PIECES: &[&str] = &[
    "<a:b",
    "<c",
    "<a:",
    "<:b",
    "<a:b:c",
    "<xml:a",
    ">",
    "/>",
    "</a:b>",
    "</c>",
    "</a:b:c>",
    " xmlns:a='u'",
    " xmlns:a=''",
    " xmlns:xml='u'",
    " xmlns='u'",
    " a:x='1'",
    " x='é'",
    " d:x = \"y:z\"",
    " xml:lang='e'",
    "t:u",
    "<!-- <a:b -->",
    "<![CDATA[<a:b]]>",
    "<?a:b c?>",
    "&amp;",
    "&a:b;",
];

proptest! {
    #[test]
    fn what_is_read_can_be_printed_and_read_again(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12)) {
        let text = format!("<r>{}</r>", pieces.concat());
        if let Ok(read) = RawElement::parse(&text, "test") {
            let printed = read.to_xml();
            let again = RawElement::parse(&printed, "test").expect("what was printed is well-formed");
            prop_assert_eq!(again.to_xml(), printed);
        }
    }
}

#[test]
fn such_elements_and_attributes_are_not_those_without_a_prefix() {
    let text = "<r><a:x>1</a:x>\n<x b:y='2' y='3'/></r>";
    let document = Document::parse(text, "test").unwrap();
    let x = document.root().child("x").unwrap();
    assert_eq!((x.attr("y"), x.span().line, &*x.text()), (Some("3"), 2, ""));
    let printed = RawElement::from_node(&document.root()).to_xml();
    assert_eq!(printed, "<r>\n  <a:x>1</a:x>\n  <x b:y=\"2\" y=\"3\"/>\n</r>");
}

#[test]
fn what_is_malformed_stays_so() {
    for text in ["<r><a:x></b:x></r>", "<r><x a:b='1' a:b='2'/></r>", "<r><a:x", "<a:r/><b:r/>"] {
        assert_eq!(Document::parse(text, "test").unwrap_err().code(), ErrorCode::XmlDetail, "{text}");
    }
}
