//! Code for a list of fields, be they a struct's or a variant's: how they are read, written and described.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Fields, Ident, Result, Type};

use crate::container::Container;
use crate::field::{Field, Ignore, Kind, Wrap};
use crate::tree::{Element, Part};

/// The fields of one struct or variant. Code refers to a field by its name, bound to a reference.
pub struct Body<'c> {
    container: &'c Container,
    fields: Vec<Field>,
    named: bool,
}

impl<'c> Body<'c> {
    pub fn named(container: &'c Container, fields: &Fields) -> Result<Self> {
        let fields = fields.iter().map(Field::parse).collect::<Result<_>>()?;
        Ok(Self { container, fields, named: true })
    }

    /// A newtype variant's: all content is the inner type's.
    pub fn newtype(container: &'c Container, inner: &Type, kind: Kind) -> Self {
        let field = Field::synthetic(format_ident!("__inner"), inner.clone(), kind);
        Self { container, fields: vec![field], named: false }
    }

    pub fn unit(container: &'c Container) -> Self {
        Self { container, fields: Vec::new(), named: true }
    }

    /// `{ a, b }` or `(__inner)`, to bind or to build.
    pub fn pattern(&self) -> TokenStream {
        let fields = &self.fields;
        if self.named { quote!({ #(#fields),* }) } else { quote!((#(#fields),*)) }
    }

    /// An expression that reads the fields from `__node` and builds `path`.
    pub fn parse(&self, path: &TokenStream) -> TokenStream {
        let root = Element::build(&self.fields);
        let mut places = Vec::new();
        self.places(&root, &mut places);
        let pattern = self.pattern();
        let mut order: Vec<(&Ident, TokenStream)> = Vec::new();
        self.reads(&root, &mut order);
        for field in &self.fields {
            match field.kind {
                Kind::Skip => order.push((&field.ident, quote!(::core::default::Default::default()))),
                Kind::Span => order.push((&field.ident, quote!(__node.span()))),
                _ => {}
            }
        }
        let (names, values): (Vec<_>, Vec<_>) = order.into_iter().unzip();
        let check = self.container.check.iter();
        quote! {{
            let __node = &__node.indexed();
            #[allow(unused_variables)]
            let __e0 = ::core::option::Option::Some(*__node);
            #(#check(__node)?;)*
            #(#places)*
            #(let #names = #values;)*
            ::core::result::Result::Ok(#path #pattern)
        }}
    }

    fn places(&self, element: &Element<'_>, out: &mut Vec<TokenStream>) {
        let outer = place(element.id);
        for part in &element.parts {
            if let Part::Element(inner) = part {
                let (variable, tag) = (place(inner.id), self.container.tag_of(&inner.name));
                let down = format_ident!("{}", if self.container.merged { "down_all" } else { "down" });
                out.push(quote!(let #variable = ::ferrovirt_xml::rt::#down(&#outer, #tag);));
                self.places(inner, out);
            }
        }
    }

    fn reads<'f>(&self, element: &Element<'f>, out: &mut Vec<(&'f Ident, TokenStream)>) {
        for part in &element.parts {
            match part {
                Part::Field(field) => {
                    out.push((&field.ident, field.in_domain(self.read(field, element.id))));
                }
                Part::Element(inner) => self.reads(inner, out),
            }
        }
    }

    fn read(&self, field: &Field, element: usize) -> TokenStream {
        let (at, inner, fault, rt) =
            (place(element), &field.inner, field.fault(), quote!(::ferrovirt_xml::rt));
        let missing = field.missing();
        let path = field.whole_path();
        let found = match (&field.kind, &field.with) {
            (Kind::Attr(name), None) => quote!(#rt::attr::<#inner>(&#at, #name, #fault)?),
            (Kind::Attr(name), Some(with)) => {
                quote!(#rt::attr_with(&#at, #name, #fault, #with::from_text, #with::KIND)?)
            }
            (Kind::Text, None) => quote!(#rt::text::<#inner>(&#at, #fault)?),
            (Kind::Text, Some(with)) => quote!(#rt::text_with(&#at, #fault, #with::from_text, #with::KIND)?),
            (Kind::Values(name), with) => {
                let tag = self.container.tag_of(name);
                match with {
                    None => quote!(#rt::values::<#inner>(&#at, #tag, #fault)?),
                    Some(with) => {
                        quote!(#rt::values_with(&#at, #tag, #fault, #with::from_text, #with::KIND)?)
                    }
                }
            }
            (Kind::Child(_), _) => {
                let merged = self.container.merged && field.wrap == Wrap::Bare;
                let one = if merged { "child_of_all" } else { "child" };
                let (tag, read) = (self.child_tag(field), plural(field, one, "children"));
                quote!(#rt::#read::<#inner>(&#at, #tag)?)
            }
            (Kind::Choice, _) => {
                let read = plural(field, "choice", "choices");
                quote!(#rt::#read::<#inner>(&#at)?)
            }
            (Kind::Raw(name), _) => {
                let (tag, read) = (self.container.tag_of(name), plural(field, "raw", "raws"));
                return quote!(#rt::#read(&#at, #tag));
            }
            (Kind::Flag(name), _) => {
                let tag = self.container.tag_of(name);
                return quote!(#rt::flag(&#at, #tag));
            }
            (Kind::Flatten, _) if field.wrap == Wrap::Option => {
                return quote!(#rt::optional_part::<#inner>(&#at)?);
            }
            (Kind::Flatten, _) => return quote!(#rt::part::<#inner>(&#at, __node, #path, #missing)?),
            (Kind::Custom, with) => return quote!(#with::parse(__node)?),
            (Kind::Skip | Kind::Span, _) => unreachable!("they are no part of the tree"),
        };
        let found = match (&field.kind, field.ignore) {
            (Kind::Attr(name), Some(Ignore::Empty)) => {
                quote!((if #rt::is_empty_attr(&#at, #name) { ::core::option::Option::None } else { #found }))
            }
            (_, Some(Ignore::Bad)) => quote! {
                (|| -> #rt::Result<_> { ::core::result::Result::Ok(#found) })().unwrap_or_default()
            },
            _ => found,
        };
        let path = match &field.kind {
            Kind::Child(None) => {
                let (tag, dir) =
                    (self.child_tag(field), field.path.iter().map(|p| format!("{p}/")).collect::<String>());
                if dir.is_empty() {
                    quote!(#tag.name)
                } else {
                    quote!(&::std::format!("{}{}", #dir, #tag.name))
                }
            }
            Kind::Choice => quote!(#rt::choice_name(<#inner as ::ferrovirt_xml::XmlChoice>::tags())),
            _ => quote!(#path),
        };
        match (field.wrap, field.required, &field.default) {
            (Wrap::Vec, true, _) => quote!(#rt::need_some(#found, __node, #path, #missing)?),
            (Wrap::Vec, false, _) | (Wrap::Option, false, None) => found,
            (Wrap::Option, true, _) => {
                quote!(::core::option::Option::Some(#rt::need(#found, __node, #path, #missing)?))
            }
            (Wrap::Option, _, Some(None)) => quote!(::core::option::Option::Some(#found.unwrap_or_default())),
            (Wrap::Option, _, Some(Some(value))) => {
                quote!(::core::option::Option::Some(#found.unwrap_or_else(|| #value)))
            }
            (Wrap::Bare, _, None) => quote!(#rt::need(#found, __node, #path, #missing)?),
            (Wrap::Bare, _, Some(None)) => quote!(#found.unwrap_or_default()),
            (Wrap::Bare, _, Some(Some(value))) => quote!(#found.unwrap_or_else(|| #value)),
        }
    }

    fn child_tag(&self, field: &Field) -> TokenStream {
        let inner = &field.inner;
        match &field.kind {
            Kind::Child(Some(name)) => self.container.tag_of(name),
            _ => quote!(<#inner as ::ferrovirt_xml::XmlElement>::TAG),
        }
    }

    /// Statements that write the attributes of the model's own element to `__w`.
    pub fn write_attrs(&self) -> TokenStream {
        self.attrs_of(&Element::build(&self.fields))
    }

    /// Statements that write text and children.
    pub fn write_children(&self) -> TokenStream {
        self.children_of(&Element::build(&self.fields))
    }

    fn attrs_of(&self, element: &Element<'_>) -> TokenStream {
        let mut out = TokenStream::new();
        for field in element.fields() {
            let inner = &field.inner;
            let write = match (&field.kind, &field.with) {
                (Kind::Attr(name), _) => {
                    let value = written(field);
                    quote!(::ferrovirt_xml::rt::put_attr(__w, #name, #value);)
                }
                (Kind::Flatten, _) => {
                    part_call(field, &quote!(<#inner as ::ferrovirt_xml::XmlContent>::write_attrs))
                }
                (Kind::Custom, Some(with)) => quote!(#with::write_attrs(#field, __w);),
                _ => continue,
            };
            out.extend(conditional(field, write));
        }
        out
    }

    fn children_of(&self, element: &Element<'_>) -> TokenStream {
        let mut out = TokenStream::new();
        for part in &element.parts {
            match part {
                Part::Field(field) => out.extend(conditional(field, self.write_child(field))),
                Part::Element(inner) => {
                    let tag = self.container.tag_of(&inner.name);
                    let (attrs, children) = (self.attrs_of(inner), self.children_of(inner));
                    out.extend(quote! {
                        let __mark = __w.open_optional(#tag);
                        #attrs
                        #children
                        __w.close_optional(__mark);
                    });
                }
            }
        }
        // Marks of inner elements must not hide those of outer ones.
        if element.id == 0 { out } else { quote!({ #out }) }
    }

    fn write_child(&self, field: &Field) -> TokenStream {
        let (inner, rt) = (&field.inner, quote!(::ferrovirt_xml::rt));
        match (&field.kind, &field.with) {
            (Kind::Text, _) => {
                let value = written(field);
                quote!(#rt::put_text(__w, #value);)
            }
            (Kind::Values(name), None) => {
                let tag = self.container.tag_of(name);
                quote!(#rt::put_values(__w, #tag, #field);)
            }
            (Kind::Values(name), Some(with)) => {
                let tag = self.container.tag_of(name);
                quote!(for __v in #field { __w.value(#tag, &#rt::Written(__v, |__v, __out| #with::write_text(__v, __out))); })
            }
            (Kind::Child(_), _) => {
                let tag = self.child_tag(field);
                let value = reference(field);
                match (field.wrap, field.omit_empty) {
                    (Wrap::Vec, false) => quote!(#rt::put_children(__w, #tag, #field);),
                    (Wrap::Vec, true) => {
                        quote!(for __v in #field { #rt::put_filled(__w, #tag, ::core::option::Option::Some(__v)); })
                    }
                    (_, true) => quote!(#rt::put_filled(__w, #tag, #value);),
                    (_, false) => quote!(#rt::put_child(__w, #tag, #value);),
                }
            }
            (Kind::Choice, _) if field.wrap == Wrap::Bare => {
                quote!(#rt::put_choices(__w, ::core::option::Option::Some(#field));)
            }
            (Kind::Choice, _) => quote!(#rt::put_choices(__w, #field);),
            (Kind::Raw(_), _) => quote!(#rt::put_raws(__w, #field);),
            (Kind::Flag(name), _) => {
                let tag = self.container.tag_of(name);
                quote!(#rt::put_flag(__w, #tag, *#field);)
            }
            (Kind::Flatten, _) => {
                part_call(field, &quote!(<#inner as ::ferrovirt_xml::XmlContent>::write_children))
            }
            (Kind::Custom, Some(with)) => quote!(#with::write_children(#field, __w);),
            _ => TokenStream::new(),
        }
    }

    /// The items of the shape, each followed by a comma.
    pub fn items(&self) -> TokenStream {
        self.items_of(&Element::build(&self.fields))
    }

    fn items_of(&self, element: &Element<'_>) -> TokenStream {
        element
            .parts
            .iter()
            .map(|part| match part {
                Part::Field(field) => self.item(field),
                Part::Element(inner) => {
                    let (tag, items) = (self.container.tag_of(&inner.name), self.items_of(inner));
                    let cardinality = if inner.is_needed() { quote!(One) } else { quote!(Optional) };
                    group(&tag, &cardinality, &items)
                }
            })
            .collect()
    }

    fn item(&self, field: &Field) -> TokenStream {
        let (inner, needed) = (&field.inner, field.is_needed());
        let cardinality = match (field.wrap, needed) {
            (Wrap::Vec, true) => quote!(Some),
            (Wrap::Vec, false) => quote!(Many),
            (_, true) => quote!(One),
            (_, false) => quote!(Optional),
        };
        let kind = match &field.strict.as_ref().or(field.with.as_ref()) {
            Some(strict) if field.strict.is_some() => {
                quote!(kind: #strict::KIND, valid: |__t| #strict::valid(__t), required: #needed)
            }
            Some(with) => {
                quote!(kind: #with::KIND, valid: |__t| #with::from_text(__t).is_some(), required: #needed)
            }
            None => quote! {
                kind: <#inner as ::ferrovirt_xml::XmlValue>::KIND,
                valid: ::ferrovirt_xml::rt::valid::<#inner>,
                required: #needed
            },
        };
        let item = quote!(::ferrovirt_xml::Item);
        match &field.kind {
            Kind::Attr(name) => quote!(#item::Attr { name: #name, #kind },),
            Kind::Text => quote!(#item::Text { #kind },),
            Kind::Values(name) => {
                group(&self.container.tag_of(name), &cardinality, &quote!(#item::Text { #kind }))
            }
            Kind::Flag(name) => group(&self.container.tag_of(name), &quote!(Optional), &TokenStream::new()),
            Kind::Raw(name) => group(&self.container.tag_of(name), &cardinality, &quote!(#item::Any)),
            Kind::Child(_) => {
                let tag = self.child_tag(field);
                quote! {
                    #item::Child {
                        tag: #tag,
                        cardinality: ::ferrovirt_xml::Cardinality::#cardinality,
                        shape: <#inner as ::ferrovirt_xml::XmlContent>::shape,
                    },
                }
            }
            Kind::Choice => quote! {
                #item::Choice {
                    cardinality: ::ferrovirt_xml::Cardinality::#cardinality,
                    shape: <#inner as ::ferrovirt_xml::XmlChoice>::shape,
                },
            },
            Kind::Flatten => quote!(#item::Flatten(<#inner as ::ferrovirt_xml::XmlContent>::shape),),
            Kind::Custom => {
                let with = &field.with;
                quote!(#item::Flatten(#with::shape),)
            }
            Kind::Skip | Kind::Span => TokenStream::new(),
        }
    }
}

fn place(id: usize) -> Ident {
    format_ident!("__e{id}")
}

fn plural(field: &Field, one: &str, many: &str) -> Ident {
    format_ident!("{}", if field.wrap == Wrap::Vec { many } else { one })
}

fn group(tag: &TokenStream, cardinality: &TokenStream, items: &TokenStream) -> TokenStream {
    quote! {
        ::ferrovirt_xml::Item::Group {
            tag: #tag,
            cardinality: ::ferrovirt_xml::Cardinality::#cardinality,
            items: &[#items],
        },
    }
}

/// The field as `Option<&T>`.
fn reference(field: &Field) -> TokenStream {
    match field.wrap {
        Wrap::Option => quote!(#field.as_ref()),
        _ => quote!(::core::option::Option::Some(#field)),
    }
}

/// The same, for one whose text a module may write.
fn written(field: &Field) -> TokenStream {
    let value = reference(field);
    match &field.with {
        None => value,
        Some(with) => {
            quote!(#value.map(|__v| ::ferrovirt_xml::rt::Written(__v, |__v, __out| #with::write_text(__v, __out))).as_ref())
        }
    }
}

fn part_call(field: &Field, function: &TokenStream) -> TokenStream {
    match field.wrap {
        Wrap::Option => quote!(if let ::core::option::Option::Some(__v) = #field { #function(__v, __w); }),
        _ => quote!(#function(#field, __w);),
    }
}

fn conditional(field: &Field, write: TokenStream) -> TokenStream {
    match &field.skip_if {
        Some(skip) if !write.is_empty() => quote!(if !(#skip)(#field) { #write }),
        _ => write,
    }
}
