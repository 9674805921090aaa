//! `derive(XmlEnum)`: an enum whose variants are fixed texts.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Result, Variant};

use crate::names;

pub fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "XmlEnum is for enums; a struct derives XmlElement"));
    };
    if data.variants.is_empty() {
        return Err(Error::new_spanned(&input.ident, "an XmlEnum needs variants"));
    }
    let mut texts: Vec<String> = Vec::new();
    for variant in &data.variants {
        let text = text(variant)?;
        if texts.contains(&text) {
            return Err(Error::new_spanned(variant, format!("another variant is already called '{text}'")));
        }
        texts.push(text);
    }
    let name = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|v| &v.ident).collect();
    let count = texts.len();
    Ok(quote! {
        impl #name {
            /// All variants, in the order of declaration.
            pub const ALL: [Self; #count] = [#(Self::#variants),*];

            /// The text of this variant.
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #texts),* }
            }
        }

        impl ::ferrovirt_xml::XmlEnum for #name {
            const ALL: &'static [Self] = &Self::ALL;
            const NAMES: &'static [&'static str] = &[#(#texts),*];
            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl ::ferrovirt_xml::XmlValue for #name {
            const KIND: ::ferrovirt_xml::ValueKind =
                ::ferrovirt_xml::ValueKind::OneOf(<Self as ::ferrovirt_xml::XmlEnum>::NAMES);
            fn from_text(text: &str) -> ::core::option::Option<Self> {
                <Self as ::ferrovirt_xml::XmlEnum>::from_name(text)
            }
            fn write_text(&self, out: &mut ::ferrovirt_xml::TextWriter<'_>) {
                out.push(self.as_str());
            }
        }

        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::core::str::FromStr for #name {
            type Err = ::ferrovirt_xml::rt::Error;
            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                ::ferrovirt_xml::rt::enum_from_str(text)
            }
        }

        impl ::ferrovirt_xml::rt::serde::Serialize for #name {
            fn serialize<S: ::ferrovirt_xml::rt::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::ferrovirt_xml::rt::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::ferrovirt_xml::rt::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                ::ferrovirt_xml::rt::enum_deserialize(deserializer)
            }
        }
    })
}

fn text(variant: &Variant) -> Result<String> {
    if !matches!(variant.fields, Fields::Unit) {
        let hint = "an XmlEnum's variants hold nothing; elements to choose from derive XmlElement";
        return Err(Error::new_spanned(variant, hint));
    }
    let mut text = names::kebab(&variant.ident);
    for attr in variant.attrs.iter().filter(|a| a.path().is_ident("xml")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(meta.error("a variant of an XmlEnum knows only `name = \"…\"`"));
            }
            text = meta.value()?.parse::<LitStr>()?.value();
            Ok(())
        })?;
    }
    Ok(text)
}
