//! What `#[xml(…)]` says on a struct, an enum or a variant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, Ident, LitStr, Result};

/// On a struct or an enum.
#[derive(Default)]
pub struct Container {
    pub name: Option<String>,
    pub ns: Option<(String, String)>,
    pub block: bool,
    pub tag: Option<String>,
    pub choice: bool,
    pub code: Option<Ident>,
    pub domain: Option<Ident>,
}

impl Container {
    pub fn parse(attrs: &[Attribute]) -> Result<Self> {
        let (mut this, mut uri, mut prefix) = (Self::default(), None, None);
        for attr in attrs.iter().filter(|a| a.path().is_ident("xml")) {
            attr.parse_nested_meta(|meta| {
                let text = || meta.value()?.parse::<LitStr>().map(|l| l.value());
                match meta.path.get_ident().map(Ident::to_string).as_deref() {
                    Some("name") => this.name = Some(text()?),
                    Some("ns") => uri = Some(text()?),
                    Some("prefix") => prefix = Some(text()?),
                    Some("tag") => this.tag = Some(text()?),
                    Some("block") => this.block = true,
                    Some("choice") => this.choice = true,
                    Some("domain") => this.domain = Some(meta.value()?.parse::<LitStr>()?.parse()?),
                    Some("error") => this.code = Some(meta.value()?.parse::<LitStr>()?.parse()?),
                    _ => {
                        return Err(meta.error(
                            "unknown option here; known are name, ns, prefix, block, domain, and for enums tag, choice, error",
                        ));
                    }
                }
                Ok(())
            })?;
            this.ns = match (uri.clone(), prefix.clone()) {
                (Some(uri), Some(prefix)) => Some((uri, prefix)),
                (None, None) => None,
                _ => return Err(Error::new_spanned(attr, "`ns` and `prefix` belong together")),
            };
        }
        Ok(this)
    }

    /// The tag of an element in this container's namespace.
    pub fn tag_of(&self, name: &str) -> TokenStream {
        match &self.ns {
            None => quote!(::ferrovirt_xml::Tag::new(#name)),
            Some((uri, prefix)) => quote! {
                ::ferrovirt_xml::Tag::in_ns(#name, ::ferrovirt_xml::Namespace { prefix: #prefix, uri: #uri })
            },
        }
    }

    pub fn code(&self) -> TokenStream {
        code(self.code.as_ref())
    }
}

/// The result of `expression`, which may leave by `?`, with this domain for good on its errors; `None` where none is
/// asked for.
pub fn in_domain(domain: Option<&Ident>, expression: &TokenStream) -> Option<TokenStream> {
    let domain = domain?;
    Some(quote! {
        (|| -> ::ferrovirt_xml::rt::Result<_> { ::core::result::Result::Ok(#expression) })()
            .map_err(|__err| __err.settle(::ferrovirt_xml::rt::ErrorDomain::#domain))
    })
}

/// An error code by name; what XML errors have by default.
pub fn code(name: Option<&Ident>) -> TokenStream {
    match name {
        Some(name) => quote!(::ferrovirt_xml::rt::ErrorCode::#name),
        None => quote!(::ferrovirt_xml::rt::ErrorCode::XmlError),
    }
}

/// On a variant of a tagged enum or a choice.
#[derive(Default)]
pub struct VariantOptions {
    pub name: Option<String>,
    pub value: bool,
    pub default: bool,
}

impl VariantOptions {
    pub fn parse(attrs: &[Attribute]) -> Result<Self> {
        let mut this = Self::default();
        for attr in attrs.iter().filter(|a| a.path().is_ident("xml")) {
            attr.parse_nested_meta(|meta| {
                match meta.path.get_ident().map(Ident::to_string).as_deref() {
                    Some("name") => this.name = Some(meta.value()?.parse::<LitStr>()?.value()),
                    Some("value") => this.value = true,
                    Some("default") => this.default = true,
                    _ => {
                        return Err(meta.error("unknown option on a variant; known are name, value, default"));
                    }
                }
                Ok(())
            })?;
        }
        Ok(this)
    }
}
