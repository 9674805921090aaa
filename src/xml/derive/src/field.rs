//! What `#[xml(…)]` says on a field.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Error, Expr, GenericArgument, Ident, LitStr, Path, PathArguments, Result, Token, Type};

use crate::container::{self, Fault};
use crate::names;

/// What a field is in the XML.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    Attr(String),
    Text,
    /// Several elements with text only.
    Values(String),
    Flag(String),
    /// A child; without a name it has its type's.
    Child(Option<String>),
    Choice,
    Flatten,
    Raw(String),
    /// A module does everything.
    Custom,
    Skip,
    Span,
}

/// How often the field's type says it is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wrap {
    Bare,
    Option,
    Vec,
}

/// One field, understood.
pub struct Field {
    pub ident: Ident,
    pub inner: Type,
    pub wrap: Wrap,
    pub kind: Kind,
    /// The elements it stands in, from outside.
    pub path: Vec<String>,
    pub with: Option<Path>,
    pub required: bool,
    /// `default`, or `default = expression`.
    pub default: Option<Option<Expr>>,
    pub skip_if: Option<Expr>,
    pub omit_empty: bool,
    /// Which attributes count as none: the empty ones, or all that are no values.
    pub ignore: Option<Ignore>,
    /// What the strict check asks instead of the type.
    pub strict: Option<Path>,
    fault: Option<Fault>,
    missing: Option<Fault>,
    domain: Option<Ident>,
}

/// What counts as none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ignore {
    Empty,
    Bad,
}

/// The options as they were written, before they are made sense of.
#[derive(Default)]
struct Options {
    kind: Option<(String, Option<LitStr>)>,
    with: Option<Path>,
    required: bool,
    default: Option<Option<Expr>>,
    skip_if: Option<Expr>,
    omit_empty: bool,
    ignore: Option<Ignore>,
    strict: Option<Path>,
    fault: Option<Fault>,
    missing: Option<Fault>,
    domain: Option<Ident>,
}

const KINDS: [&str; 10] =
    ["attr", "text", "value", "flag", "child", "flatten", "choice", "raw", "skip", "span"];

impl Options {
    fn add(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
        let given = meta.input.peek(Token![=]);
        match key.as_str() {
            kind if KINDS.contains(&kind) => {
                if let Some((other, _)) = &self.kind {
                    return Err(
                        meta.error(format!("a field is one thing: it can't be `{other}` and `{kind}`"))
                    );
                }
                let path = if given { Some(meta.value()?.parse()?) } else { None };
                self.kind = Some((key, path));
            }
            "with" => self.with = Some(meta.value()?.parse::<LitStr>()?.parse()?),
            "required" => self.required = true,
            "default" => self.default = Some(if given { Some(expression(meta)?) } else { None }),
            "skip_if" => self.skip_if = Some(expression(meta)?),
            "skip_default" => self.skip_if = Some(syn::parse_quote!(::ferrovirt_xml::rt::is_default)),
            "omit_empty" => self.omit_empty = true,
            "strict" => self.strict = Some(meta.value()?.parse::<LitStr>()?.parse()?),
            "ignore" => {
                let what: LitStr = meta.value()?.parse()?;
                self.ignore = Some(match what.value().as_str() {
                    "empty" => Ignore::Empty,
                    "bad" => Ignore::Bad,
                    _ => return Err(Error::new_spanned(what, "`ignore` is \"empty\" or \"bad\"")),
                });
            }
            "error" => self.fault = Some(Fault::parse(meta)?),
            "missing" => self.missing = Some(Fault::parse(meta)?),
            "domain" => self.domain = Some(meta.value()?.parse::<LitStr>()?.parse()?),
            _ => {
                let known = KINDS.join(", ");
                return Err(meta.error(format!(
                    "unknown option `{key}`: a field is one of {known}, or `with`, and takes with, required, default, \
                     skip_if, skip_default, omit_empty, ignore, strict, error, missing, domain"
                )));
            }
        }
        Ok(())
    }
}

/// `key = "a::path"` or `key = any expression`.
fn expression(meta: &ParseNestedMeta<'_>) -> Result<Expr> {
    let value = meta.value()?;
    if value.peek(LitStr) { value.parse::<LitStr>()?.parse() } else { value.parse() }
}

impl Field {
    pub fn parse(field: &syn::Field) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new_spanned(field, "the field needs a name"))?;
        let mut options = Options::default();
        for attr in field.attrs.iter().filter(|a| a.path().is_ident("xml")) {
            attr.parse_nested_meta(|meta| options.add(&meta))?;
        }
        let (wrap, inner) = unwrap(&field.ty);
        let (kind, path) = place(&ident, &options, wrap)?;
        let this = Self {
            ident,
            inner,
            wrap,
            kind,
            path,
            with: options.with,
            required: options.required,
            default: options.default,
            skip_if: options.skip_if,
            omit_empty: options.omit_empty,
            ignore: options.ignore,
            strict: options.strict,
            fault: options.fault,
            missing: options.missing,
            domain: options.domain,
        };
        this.check(&field.ty)?;
        Ok(this)
    }

    /// A field that stands for the content of a newtype variant.
    pub fn synthetic(ident: Ident, inner: Type, kind: Kind) -> Self {
        Self {
            ident,
            inner,
            wrap: Wrap::Bare,
            kind,
            path: Vec::new(),
            with: None,
            required: false,
            default: None,
            skip_if: None,
            omit_empty: false,
            ignore: None,
            strict: None,
            fault: None,
            missing: None,
            domain: None,
        }
    }

    /// Whether the parser refuses an element without it.
    pub fn is_needed(&self) -> bool {
        self.required || (self.wrap == Wrap::Bare && self.default.is_none())
    }

    /// What a bad value is; that depends on its type unless the field says it.
    pub fn fault(&self) -> TokenStream {
        let inner = &self.inner;
        let has_type =
            matches!(self.kind, Kind::Attr(_) | Kind::Text | Kind::Values(_)) && self.with.is_none();
        match &self.fault {
            None if has_type => quote!(<#inner as ::ferrovirt_xml::XmlValue>::FAULT),
            fault => container::fault(fault.as_ref()),
        }
    }

    /// What it is if it is not there.
    pub fn missing(&self) -> TokenStream {
        container::fault(self.missing.as_ref().or(self.fault.as_ref()))
    }

    /// `expression`, which may leave by `?`, with the field's own domain for its errors.
    pub fn in_domain(&self, expression: TokenStream) -> TokenStream {
        container::in_domain(self.domain.as_ref(), &expression).map_or(expression, |read| quote!(#read?))
    }

    /// The path for errors: `source/@dev`.
    pub fn whole_path(&self) -> String {
        let last = match &self.kind {
            Kind::Attr(name) => format!("@{name}"),
            Kind::Values(name) | Kind::Flag(name) | Kind::Raw(name) | Kind::Child(Some(name)) => name.clone(),
            _ => String::new(),
        };
        let steps = self.path.iter().cloned().chain((!last.is_empty()).then_some(last));
        steps.collect::<Vec<_>>().join("/")
    }

    fn check(&self, ty: &Type) -> Result<()> {
        let fail = |text: &str| Err(Error::new_spanned(&self.ident, text));
        let is_bool = matches!(&self.inner, Type::Path(p) if p.path.is_ident("bool"));
        match self.kind {
            Kind::Flag(_) if !is_bool || self.wrap != Wrap::Bare => {
                return Err(Error::new_spanned(ty, "a flag is a bool: whether the element is there"));
            }
            Kind::Attr(_) | Kind::Text if self.wrap == Wrap::Vec => {
                return fail(
                    "an attribute or a text is there once: no Vec (write a value type, or use `with`)",
                );
            }
            Kind::Flatten if self.wrap == Wrap::Vec => return fail("a Vec can't be flattened; use `child`"),
            Kind::Flatten if self.wrap == Wrap::Option && self.path.is_empty() => {
                return fail(
                    "an Option can be flattened only into an element of its own: `flatten = \"name\"`",
                );
            }
            Kind::Raw(_) if self.wrap == Wrap::Bare => {
                return fail("`raw` is an Option<RawElement> or a Vec<RawElement>");
            }
            _ => {}
        }
        let valued = matches!(self.kind, Kind::Attr(_) | Kind::Text | Kind::Values(_) | Kind::Custom);
        if self.with.is_some() && !valued {
            return fail("`with` goes with attr, text or value, or stands alone");
        }
        if self.ignore.is_some() && !matches!(self.kind, Kind::Attr(_)) {
            return fail("`ignore` goes with attr");
        }
        if self.omit_empty && !matches!(self.kind, Kind::Child(_)) {
            return fail("`omit_empty` goes with child");
        }
        let can_lack = !matches!(
            self.kind,
            Kind::Flag(_) | Kind::Flatten | Kind::Skip | Kind::Span | Kind::Custom | Kind::Raw(_)
        );
        if (self.default.is_some() || self.required) && (!can_lack || self.default.is_some() && self.required)
        {
            return fail("`default` or `required` makes no sense here");
        }
        if self.default.is_some() && self.wrap == Wrap::Vec {
            return fail("a Vec is empty by default");
        }
        Ok(())
    }
}

/// What the field is, and in which elements it stands.
fn place(ident: &Ident, options: &Options, wrap: Wrap) -> Result<(Kind, Vec<String>)> {
    let Some((kind, given)) = &options.kind else {
        return match options.with {
            Some(_) => Ok((Kind::Custom, Vec::new())),
            None => Err(Error::new_spanned(
                ident,
                format!(
                    "say what the field is: #[xml(…)] with one of {}, or with = \"module\"",
                    KINDS.join(", ")
                ),
            )),
        };
    };
    let at = |text: &str| match given {
        Some(literal) => Error::new_spanned(literal, text),
        None => Error::new_spanned(ident, text),
    };
    let mut path: Vec<String> = match given {
        Some(literal) => literal.value().split('/').map(str::to_owned).collect(),
        None => Vec::new(),
    };
    if path.iter().any(String::is_empty) {
        return Err(at("the path has an empty step"));
    }
    if kind == "attr" {
        let name = match path.pop() {
            None => names::camel(ident),
            Some(last) => match last.strip_prefix('@') {
                Some(name) => name.to_owned(),
                None if path.is_empty() => last,
                None => return Err(at("an attribute's path ends in '@name': `attr = \"address/@start\"`")),
            },
        };
        return Ok((Kind::Attr(name), path));
    }
    if path.iter().any(|step| step.contains('@')) {
        return Err(at("only `attr` takes a path with '@'"));
    }
    let mut named = || path.pop().unwrap_or_else(|| names::camel(ident));
    let kind = match kind.as_str() {
        "value" if wrap == Wrap::Vec => Kind::Values(named()),
        "value" => {
            let name = named();
            path.push(name);
            Kind::Text
        }
        "flag" => Kind::Flag(named()),
        "raw" => Kind::Raw(named()),
        "child" => Kind::Child(path.pop()),
        "flatten" => Kind::Flatten,
        "choice" => Kind::Choice,
        other if given.is_some() => return Err(at(&format!("`{other}` takes no path"))),
        "text" => Kind::Text,
        "skip" => Kind::Skip,
        _ => Kind::Span,
    };
    Ok((kind, path))
}

/// Looks through `Option<…>` and `Vec<…>`.
fn unwrap(ty: &Type) -> (Wrap, Type) {
    let Type::Path(path) = ty else { return (Wrap::Bare, ty.clone()) };
    let Some(last) = path.path.segments.last() else { return (Wrap::Bare, ty.clone()) };
    let wrap = match last.ident.to_string().as_str() {
        "Option" => Wrap::Option,
        "Vec" => Wrap::Vec,
        _ => return (Wrap::Bare, ty.clone()),
    };
    match &last.arguments {
        PathArguments::AngleBracketed(args) => match args.args.first() {
            Some(GenericArgument::Type(inner)) => (wrap, inner.clone()),
            _ => (Wrap::Bare, ty.clone()),
        },
        _ => (Wrap::Bare, ty.clone()),
    }
}

impl ToTokens for Field {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let ident = &self.ident;
        tokens.extend(quote!(#ident));
    }
}
