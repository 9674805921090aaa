//! What the derives say to code that can't work.

use proc_macro2::TokenStream;

use crate::{element, enums};

#[track_caller]
fn refused(result: syn::Result<TokenStream>, message: &str) {
    let err = result.expect_err("the derive is misused").to_string();
    assert!(err.contains(message), "{err}");
}

#[track_caller]
fn element(code: &str, message: &str) {
    refused(element::derive(&syn::parse_str(code).expect("valid Rust")), message);
}

#[track_caller]
fn field(field: &str, message: &str) {
    element(&format!("struct S {{ {field} }}"), message);
}

#[test]
fn a_field_says_what_it_is_and_is_one_thing() {
    field("a: u8", "say what the field is");
    field("#[xml(attribute)] a: u8", "unknown option `attribute`");
    field("#[xml(attr, text)] a: u8", "it can't be `attr` and `text`");
    field("#[xml(default)] a: u8", "say what the field is");
}

#[test]
fn paths_are_checked() {
    field(r#"#[xml(attr = "a/b")] a: u8"#, "ends in '@name'");
    field(r#"#[xml(child = "a/@b")] a: A"#, "only `attr` takes a path with '@'");
    field(r#"#[xml(value = "a//b")] a: A"#, "empty step");
    field(r#"#[xml(span = "x")] a: Span"#, "`span` takes no path");
}

#[test]
fn types_fit_their_kind() {
    field("#[xml(flag)] a: Option<bool>", "a flag is a bool");
    field("#[xml(flag)] a: String", "a flag is a bool");
    field("#[xml(attr)] a: Vec<u8>", "no Vec");
    field("#[xml(flatten)] a: Option<A>", "an element of its own");
    field("#[xml(flatten)] a: Vec<A>", "can't be flattened");
    field("#[xml(raw)] a: RawElement", "Option<RawElement>");
}

#[test]
fn options_fit_their_kind() {
    field(r#"#[xml(child, with = "m")] a: A"#, "`with` goes with");
    field("#[xml(attr, omit_empty)] a: A", "`omit_empty` goes with child");
    field("#[xml(attr, required, default)] a: A", "makes no sense");
    field("#[xml(flag, default)] a: bool", "makes no sense");
    field("#[xml(value, default)] a: Vec<A>", "empty by default");
}

#[test]
fn containers_are_checked() {
    element("struct S(u8);", "tuple struct");
    element("struct S<T> { #[xml(attr)] a: T }", "no parameters");
    element(r#"#[xml(tag = "a")] struct S { #[xml(attr)] a: A }"#, "are for enums");
    element(r#"#[xml(nam = "a")] struct S { #[xml(attr)] a: A }"#, "unknown option here");
    element(r#"#[xml(ns = "urn:x")] struct S { #[xml(attr)] a: A }"#, "belong together");
    element("enum E { A }", "say how variants are told apart");
    element(r#"#[xml(tag = "a", choice)] enum E { A }"#, "exclude each other");
    element(r#"#[xml(choice, name = "a")] enum E { A }"#, "no name of its own");
    element(r#"#[xml(tag = "a")] enum E { #[xml(default)] A, #[xml(default)] B }"#, "only one variant");
    element(r#"#[xml(tag = "a")] enum E { A(u8, u8) }"#, "one struct, or named fields, or nothing");
    element("#[xml(choice)] enum E { #[xml(value)] A }", "holds one value");
    element("#[xml(choice)] enum E {}", "needs variants");
}

#[test]
fn fixed_texts_are_checked() {
    let derive = |code: &str| enums::derive(&syn::parse_str(code).expect("valid Rust"));
    refused(derive("struct S;"), "XmlEnum is for enums");
    refused(derive("enum E { A(u8) }"), "variants hold nothing");
    refused(derive(r#"enum E { A, #[xml(name = "a")] B }"#), "already called 'a'");
    refused(derive(r#"enum E { #[xml(rename = "a")] A }"#), "knows only `name");
}
