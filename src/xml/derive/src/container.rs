//! What `#[xml(…)]` says on a struct, an enum or a variant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Ident, LitStr, Result};

/// On a struct or an enum.
#[derive(Default)]
pub struct Container {
    pub name: Option<String>,
    pub ns: Option<(String, String)>,
    pub block: bool,
    pub merged: bool,
    pub check: Option<syn::Path>,
    pub rules: Option<syn::Path>,
    pub tag: Option<String>,
    pub choice: bool,
    pub fault: Option<Fault>,
    pub missing: Option<Fault>,
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
                    Some("merged") => this.merged = true,
                    Some("check") => this.check = Some(meta.value()?.parse::<LitStr>()?.parse()?),
                    Some("rules") => this.rules = Some(meta.value()?.parse::<LitStr>()?.parse()?),
                    Some("choice") => this.choice = true,
                    Some("domain") => this.domain = Some(meta.value()?.parse::<LitStr>()?.parse()?),
                    Some("error") => this.fault = Some(Fault::parse(&meta)?),
                    Some("missing") => this.missing = Some(Fault::parse(&meta)?),
                    _ => {
                        return Err(meta.error(
                            "unknown option here; known are name, ns, prefix, block, merged, check, rules, domain, and for enums tag, choice, error, missing",
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
                ::ferrovirt_xml::Tag::in_ns(#name, &::ferrovirt_xml::Namespace { prefix: #prefix, uri: #uri })
            },
        }
    }

    pub fn fault(&self) -> TokenStream {
        fault(self.fault.as_ref())
    }

    /// What it is if the attribute that decides is not there.
    pub fn missing(&self) -> TokenStream {
        fault(self.missing.as_ref().or(self.fault.as_ref()))
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

/// `Code`, or `Code@Domain` where the domain is another than the code has by itself; `@object` is that of what is read.
pub struct Fault {
    code: Ident,
    domain: Option<Ident>,
}

impl Fault {
    pub fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let literal: LitStr = meta.value()?.parse()?;
        let text = literal.value();
        let (code, domain) =
            text.split_once('@').map_or((&*text, None), |(code, domain)| (code, Some(domain)));
        let ident = |name: &str| LitStr::new(name, literal.span()).parse();
        Ok(Self { code: ident(code)?, domain: domain.map(ident).transpose()? })
    }
}

/// The expression for it; what XML errors are by default.
pub fn fault(fault: Option<&Fault>) -> TokenStream {
    let rt = quote!(::ferrovirt_xml::rt);
    match fault {
        None => quote!(::ferrovirt_xml::Fault::from(#rt::ErrorCode::XmlError)),
        Some(Fault { code, domain: None }) => quote!(::ferrovirt_xml::Fault::from(#rt::ErrorCode::#code)),
        Some(Fault { code, domain: Some(domain) }) if domain == "object" => {
            quote!(::ferrovirt_xml::Fault::of_object(#rt::ErrorCode::#code))
        }
        Some(Fault { code, domain: Some(domain) }) => {
            quote!(::ferrovirt_xml::Fault::of(#rt::ErrorCode::#code, #rt::ErrorDomain::#domain))
        }
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
