//! `derive(XmlElement)`: structs, enums tagged by an attribute, and choices between elements.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DataEnum, DeriveInput, Error, Fields, Ident, Result, Variant};

use crate::body::Body;
use crate::container::{Container, VariantOptions, in_domain};
use crate::field::Kind;
use crate::names;

pub fn derive(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &input.generics,
            "a model has no parameters: implement XmlContent by hand",
        ));
    }
    let container = Container::parse(&input.attrs)?;
    let wrong = |text: &str| Err(Error::new_spanned(&input.ident, text));
    match &input.data {
        Data::Struct(_) if container.tag.is_some() || container.choice || container.fault.is_some() => {
            wrong("`tag`, `choice` and `error` are for enums; a struct's options are name, ns, prefix, block")
        }
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(_) => {
                wrong("a tuple struct has no field names; implement XmlValue or XmlContent by hand")
            }
            fields => structure(&input.ident, &container, fields),
        },
        Data::Enum(data) => match (&container.tag, container.choice) {
            (Some(tag), false) => tagged(&input.ident, &container, tag, data),
            (None, true) if container.name.is_none() => choice(&input.ident, &container, data),
            (None, true) => wrong("a choice has no name of its own: its variants have"),
            (Some(_), true) => wrong("`tag` and `choice` exclude each other"),
            (None, false) => wrong(
                "say how variants are told apart: #[xml(tag = \"type\")] by an attribute, #[xml(choice)] by the \
                 element's name; fixed texts derive XmlEnum",
            ),
        },
        Data::Union(_) => wrong("a union is no model"),
    }
}

fn structure(ident: &Ident, container: &Container, fields: &Fields) -> Result<TokenStream> {
    let body = Body::named(container, fields)?;
    let (pattern, parse, items) = (body.pattern(), body.parse(&quote!(Self)), body.items());
    let (attrs, children) = (body.write_attrs(), body.write_children());
    let bind = |code: &TokenStream| {
        if code.is_empty() { TokenStream::new() } else { quote!(let Self #pattern = self;) }
    };
    let (attr_bind, child_bind) = (bind(&attrs), bind(&children));
    Ok(content(
        ident,
        container,
        &Parts {
            parse,
            attrs: quote!(#attr_bind #attrs),
            children: quote!(#child_bind #children),
            items,
            consts: TokenStream::new(),
        },
    ))
}

/// The pieces of an `XmlContent` implementation.
struct Parts {
    parse: TokenStream,
    attrs: TokenStream,
    children: TokenStream,
    items: TokenStream,
    consts: TokenStream,
}

fn content(ident: &Ident, container: &Container, parts: &Parts) -> TokenStream {
    let Parts { parse, attrs, children, items, consts } = parts;
    let rules = container.rules.as_ref().map(|rules| quote!(::ferrovirt_xml::Item::Rules(#rules),));
    let whole = in_domain(container.domain.as_ref(), &quote!({ #parse }?));
    let parse = whole.as_ref().unwrap_or(parse);
    let block = container.block.then(|| quote!(__w.block();));
    let element = container.name.as_deref().map(|name| {
        let tag = container.tag_of(name);
        quote! {
            impl ::ferrovirt_xml::XmlElement for #ident {
                const TAG: ::ferrovirt_xml::Tag = #tag;
            }
        }
    });
    quote! {
        #[allow(unused_variables, clippy::all)]
        const _: () = {
            #consts
            impl ::ferrovirt_xml::XmlContent for #ident {
                fn parse(__node: &::ferrovirt_xml::Node<'_>) -> ::ferrovirt_xml::rt::Result<Self> {
                    #parse
                }
                fn write_attrs(&self, __w: &mut ::ferrovirt_xml::Writer) {
                    #attrs
                }
                fn write_children(&self, __w: &mut ::ferrovirt_xml::Writer) {
                    #block
                    #children
                }
                fn shape() -> &'static ::ferrovirt_xml::Shape {
                    const SHAPE: &::ferrovirt_xml::Shape = &::ferrovirt_xml::Shape { items: &[#rules #items] };
                    SHAPE
                }
            }
            #element
        };
    }
}

/// A variant with what it holds.
struct Arm<'v, 'c> {
    ident: &'v Ident,
    options: VariantOptions,
    body: Body<'c>,
    /// The type inside, if the variant is a newtype.
    inner: Option<&'v syn::Type>,
}

impl<'v, 'c> Arm<'v, 'c> {
    fn new(container: &'c Container, variant: &'v Variant) -> Result<Self> {
        let options = VariantOptions::parse(&variant.attrs)?;
        let kind = if options.value { Kind::Text } else { Kind::Flatten };
        let (body, inner) = match &variant.fields {
            Fields::Unit => (Body::unit(container), None),
            fields @ Fields::Named(_) => (Body::named(container, fields)?, None),
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let inner = &fields.unnamed[0].ty;
                (Body::newtype(container, inner, kind), Some(inner))
            }
            Fields::Unnamed(fields) => {
                return Err(Error::new_spanned(
                    fields,
                    "a variant holds one struct, or named fields, or nothing",
                ));
            }
        };
        if options.value && inner.is_none() {
            return Err(Error::new_spanned(variant, "`value` is for a variant that holds one value"));
        }
        Ok(Self { ident: &variant.ident, options, body, inner })
    }

    fn name(&self) -> String {
        self.options.name.clone().unwrap_or_else(|| names::kebab(self.ident))
    }

    /// `Self::Variant { a, b }`.
    fn pattern(&self) -> TokenStream {
        let (ident, fields) = (self.ident, self.body.pattern());
        quote!(Self::#ident #fields)
    }

    fn parse(&self) -> TokenStream {
        let ident = self.ident;
        self.body.parse(&quote!(Self::#ident))
    }
}

fn arms<'v, 'c>(container: &'c Container, data: &'v DataEnum) -> Result<Vec<Arm<'v, 'c>>> {
    data.variants.iter().map(|variant| Arm::new(container, variant)).collect()
}

/// `match` arms by number; the last takes the rest, for the compiler's sake.
fn numbered(codes: Vec<TokenStream>) -> TokenStream {
    let last = codes.len().saturating_sub(1);
    let arms = codes
        .iter()
        .enumerate()
        .map(|(at, code)| if at == last { quote!(_ => #code,) } else { quote!(#at => #code,) });
    quote!(#(#arms)*)
}

fn tagged(ident: &Ident, container: &Container, tag: &str, data: &DataEnum) -> Result<TokenStream> {
    let arms = arms(container, data)?;
    let names: Vec<_> = arms.iter().map(Arm::name).collect();
    let defaults: Vec<_> = arms.iter().enumerate().filter(|(_, arm)| arm.options.default).collect();
    let default = match defaults.as_slice() {
        [] => quote!(::core::option::Option::None),
        [(at, _)] => quote!(::core::option::Option::Some(#at)),
        [_, (_, second), ..] => {
            return Err(Error::new_spanned(second.ident, "only one variant is the default"));
        }
    };
    if arms.is_empty() {
        return Err(Error::new_spanned(ident, "a tagged enum needs variants"));
    }
    let (fault, missing) = (container.fault(), container.missing());
    let parses = numbered(arms.iter().map(Arm::parse).collect());
    let patterns: Vec<_> = arms.iter().map(Arm::pattern).collect();
    let attrs = arms.iter().map(|arm| arm.body.write_attrs());
    let children = arms.iter().map(|arm| arm.body.write_children());
    let items = arms.iter().map(|arm| arm.body.items());
    let parts = Parts {
        consts: quote! {
            const NAMES: &[&str] = &[#(#names),*];
            impl ::ferrovirt_xml::XmlTagged for #ident {
                fn tag_value(&self) -> &'static str {
                    match self { #(#patterns => #names),* }
                }
            }
        },
        parse: quote!(match ::ferrovirt_xml::rt::tag(__node, #tag, NAMES, #default, #fault, #missing)? { #parses }),
        attrs: quote!(match self { #(#patterns => { __w.attr_str(#tag, #names); #attrs })* }),
        children: quote!(match self { #(#patterns => { #children })* }),
        items: quote! {
            ::ferrovirt_xml::Item::Tagged {
                attr: #tag,
                default: #default,
                names: NAMES,
                variants: &[#(&[#items]),*],
            }
        },
    };
    Ok(content(ident, container, &parts))
}

fn choice(ident: &Ident, container: &Container, data: &DataEnum) -> Result<TokenStream> {
    let arms = arms(container, data)?;
    if arms.is_empty() {
        return Err(Error::new_spanned(ident, "a choice needs variants"));
    }
    if let Some(arm) = arms.iter().find(|arm| arm.options.default) {
        return Err(Error::new_spanned(arm.ident, "`default` is for tagged enums"));
    }
    let tags: Vec<_> = arms
        .iter()
        .map(|arm| match (&arm.options.name, arm.inner) {
            (None, Some(inner)) if !arm.options.value => quote!(<#inner as ::ferrovirt_xml::XmlElement>::TAG),
            _ => container.tag_of(&arm.name()),
        })
        .collect();
    let parses = numbered(arms.iter().map(Arm::parse).collect());
    let patterns = arms.iter().map(Arm::pattern);
    let attrs = arms.iter().map(|arm| arm.body.write_attrs());
    let children = arms.iter().map(|arm| arm.body.write_children());
    let items = arms.iter().map(|arm| arm.body.items());
    Ok(quote! {
        #[allow(unused_variables, clippy::all)]
        const _: () = {
            const TAGS: &[::ferrovirt_xml::Tag] = &[#(#tags),*];

            impl ::ferrovirt_xml::XmlChoice for #ident {
                fn tags() -> &'static [::ferrovirt_xml::Tag] {
                    TAGS
                }
                fn parse(__node: &::ferrovirt_xml::Node<'_>) -> ::ferrovirt_xml::rt::Result<Self> {
                    match ::ferrovirt_xml::rt::which(__node, TAGS)? { #parses }
                }
                fn write(&self, __w: &mut ::ferrovirt_xml::Writer) {
                    match self {
                        #(#patterns => {
                            __w.open(#tags);
                            #attrs
                            #children
                            __w.close(#tags);
                        })*
                    }
                }
                fn shape() -> &'static ::ferrovirt_xml::Shape {
                    const SHAPE: &::ferrovirt_xml::Shape = &::ferrovirt_xml::Shape { items: &[
                        #(::ferrovirt_xml::Item::Group {
                            tag: #tags,
                            cardinality: ::ferrovirt_xml::Cardinality::Optional,
                            items: &[#items],
                        }),*
                    ] };
                    SHAPE
                }
            }
        };
    })
}
