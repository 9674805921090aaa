//! The reader: what malformed and hostile text leads to, and what a node tells.

use ferrovirt_core::{ErrorCode, ErrorDomain};
use ferrovirt_xml::Document;

#[track_caller]
fn refused(text: &str) -> String {
    let err = Document::parse(text, "domain_definition").expect_err("the text is malformed");
    assert_eq!((err.code(), err.error_domain()), (ErrorCode::XmlDetail, ErrorDomain::None));
    let detail = err.detail().expect("there is a sentence").to_owned();
    detail.strip_prefix("(domain_definition):").expect("the label comes first").to_owned()
}

#[test]
fn malformed_text_is_placed() {
    assert_eq!(refused(""), "1:1: the document has no element");
    assert_eq!(refused("  \n"), "1:1: the document has no element");
    assert_eq!(refused("hello"), "1:1: this is no XML: '<' and a name are expected");
    assert_eq!(refused("<domain"), "1:8: the document ends in the middle of something");
    assert_eq!(refused("<domain>\n"), "1:9: the document ends before its root element is closed");
    assert_eq!(
        refused("<domain>\n <x>\n</domain>"),
        "3:1: element 'x' is closed by '</domain>', '</x>' is expected"
    );
    assert_eq!(refused("<a b='1' b='2'/>"), "1:10: attribute 'b' is given twice");
    assert_eq!(refused("<a>\n&foo;</a>"), "2:1: entity '&foo;' is not declared");
    assert_eq!(refused("<a>\u{1}</a>"), "1:4: character U+0001 is not allowed in XML");
    assert_eq!(refused("<a>\0</a>"), "1:4: character U+0000 is not allowed in XML");
    assert_eq!(refused("<a/><b/>"), "1:5: this is no XML: '<' and a name are expected");
}

#[test]
fn columns_count_characters() {
    let document = Document::parse("<a>äöü<b/></a>", "t").unwrap();
    let b = document.root().child("b").unwrap();
    assert_eq!((b.span().line, b.span().column), (1, 7));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let err = Document::parse_bytes(b"<a>\n\xff</a>", "t").unwrap_err();
    assert_eq!(err.detail(), Some("(t):2:1: the text is not valid UTF-8"));
}

#[test]
fn depth_ends_where_it_ends_for_libvirt() {
    let nested = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    assert!(Document::parse(&nested(256), "t").is_ok());
    assert!(refused(&nested(257)).ends_with("elements are nested more than 256 deep"));
    // Neither closed nor in the tag's text: the scan in front of the parser must not be fooled.
    assert!(refused(&"<a b='/>'>".repeat(100_000)).contains("256 deep"));
    assert!(refused(&"<a b=\"'>\" c='/>'>".repeat(100_000)).contains("256 deep"));
    assert!(Document::parse(&format!("<r>{}</r>", "<a/>".repeat(10_000)), "t").is_ok());
    assert!(Document::parse(&format!("<r>{}</r>", "<!--<a>-->".repeat(10_000)), "t").is_ok());
    assert!(Document::parse(&format!("<r>{}</r>", "<![CDATA[<a>]]>".repeat(1_000)), "t").is_ok());
}

#[test]
fn entities_work_but_bombs_do_not() {
    let document = Document::parse("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;y</a>", "t").unwrap();
    assert_eq!(document.root().text(), "xy");
    let bomb = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>\
                <!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>\
                <!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>]><a>&e;</a>";
    refused(bomb);
    let quadratic =
        format!("<!DOCTYPE a [<!ENTITY a '{}'>]><a>{}</a>", "a".repeat(50_000), "&a;".repeat(10_000));
    assert!(refused(&quadratic).contains("grow beyond all measure"));
    refused("<!DOCTYPE a [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><a>&a;</a>");
    let deep = format!("<!DOCTYPE a [<!ENTITY a '{}'>]><a>&a;</a>", "<a>".repeat(10_000));
    refused(&deep);
    let deep = format!("<!DOCTYPE a [<!ENTITY e '{}{}'>]>", "<a>".repeat(100), "</a>".repeat(100));
    let deep = format!("{deep}{}&e;{}", "<a>".repeat(200), "</a>".repeat(200));
    assert!(refused(&deep).ends_with("entities nest elements too deep"));
}

#[test]
fn huge_tags_are_refused_before_they_cost_anything() {
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=''")).collect();
    assert!(refused(&format!("<a{attributes}/>")).contains("more than 1024 attributes"));
    let namespaces: String = (0..10_000).map(|n| format!("<a xmlns:n{n}='u{n}'/>")).collect();
    assert!(refused(&format!("<a>{namespaces}</a>")).contains("namespace declarations"));
}

#[test]
fn every_cut_of_a_document_is_refused_or_read() {
    let text =
        "<?xml version='1.0'?><!-- c --><!DOCTYPE a [<!ENTITY e 'x'>]><a b='&lt;é'><![CDATA[<]]>&e;</a>";
    for end in (0..text.len()).filter(|n| text.is_char_boundary(*n)) {
        assert!(Document::parse(&text[..end], "t").is_err(), "{}", &text[..end]);
    }
    assert!(Document::parse(text, "t").is_ok());
}

#[test]
fn a_node_tells_what_it_is() {
    let text = "<a x='1' n:x='2' xmlns:n='urn:n'>t<b>u</b><!-- - -->v<![CDATA[&]]><n:b/><b i='2'/></a>";
    let document = Document::parse(text, "t").unwrap();
    let a = document.root();
    assert_eq!((a.name(), a.ns(), a.attr("x"), a.attr("y")), ("a", "", Some("1"), None));
    assert_eq!(a.text(), "tuv&");
    assert_eq!(a.children().map(|n| n.ns()).collect::<Vec<_>>(), ["", "urn:n", ""]);
    assert_eq!(a.children_named("b").count(), 2);
    assert_eq!(a.child("b").unwrap().parent().unwrap().name(), "a");
    assert_eq!(a.attr_span("x").column, 4);
}

#[test]
fn white_space_between_elements_is_no_text_if_asked() {
    let document = |xml| Document::parse(xml, "test").unwrap();
    assert_eq!(document("<a>\n<b>x</b>\n</a>").root().text(), "\nx\n");
    let text = |xml| document(xml).without_layout().root().text().into_owned();
    assert_eq!(text("<a>\n <b>x</b>\n <b> </b>\n</a>"), "x ");
    assert_eq!(text("<a>w <b>\n<c>x</c>\n</b>\n</a>"), "w x\n");
    assert_eq!(text("<a> </a>"), " ");
}

#[test]
fn an_indexed_element_has_the_same_children() {
    let document = Document::parse("<a><b/><os><boot/></os><b/><os><type/></os></a>", "test").unwrap();
    for node in [document.root(), document.root().indexed()] {
        assert!(node.child("b").is_some() && node.child("c").is_none());
        assert_eq!((node.children_named("b").count(), node.children_named("d").count()), (2, 0));
        let os = node.child("os").unwrap().indexed();
        assert!(os.child("boot").is_some() && os.child("type").is_none());
        assert!(os.merged().indexed().child("type").is_some());
    }
}
