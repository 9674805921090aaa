//! The derives `XmlElement` and `XmlEnum`; `docs/xml-models.md` says how to use them.
//!
//! Generated code is a list of calls into `ferrovirt_xml::rt`: some three hundred models derive this, so each line
//! here is compiled three hundred times.
#![forbid(unsafe_code)]

mod body;
mod container;
mod element;
mod enums;
mod field;
#[cfg(test)]
mod misuse;
mod names;
mod tree;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `XmlContent` (and `XmlElement` with `name`) for a struct or a tagged enum, `XmlChoice` for a choice.
#[proc_macro_derive(XmlElement, attributes(xml))]
pub fn xml_element(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    element::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives an enum of fixed texts: `ALL`, `as_str`, `FromStr`, `Display`, serde, `XmlValue`.
#[proc_macro_derive(XmlEnum, attributes(xml))]
pub fn xml_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    enums::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
