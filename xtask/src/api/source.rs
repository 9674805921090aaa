//! Reads `src/core/src/abi/` and the tables of error codes into the model.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use quote::ToTokens;
use syn::{
    Attribute, BinOp, Expr, ExprLit, Fields, Ident, Lit, LitInt, LitStr, Token, Type, UnOp, braced,
    parse::{Parse, ParseStream},
};

use super::{
    ctype, docs,
    layout::HeaderLayout,
    model::{Arg, Body, Callback, Doc, Enum, Field, FieldKind, Item, Macro, Member, Struct, Typedef, Value},
};

/// What the Rust files of a header declare.
pub fn read(root: &Path, layout: &HeaderLayout) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for path in files(root, layout)? {
        let file = parse_file(&path)?;
        let unions: Vec<_> = file
            .items
            .iter()
            .filter_map(|item| match item {
                syn::Item::Union(item) => Some(item),
                _ => None,
            })
            .collect();
        for item in &file.items {
            items.extend(
                read_item(item, &unions)
                    .with_context(|| format!("{}: {}", path.display(), item.to_token_stream()))?,
            );
        }
    }
    if layout.stem == "virterror" {
        add_error_tables(root, &mut items)?;
    }
    Ok(items)
}

/// All Rust files below a folder, sorted.
pub fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            paths.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads a Rust file.
pub fn parse_file(path: &Path) -> Result<syn::File> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    syn::parse_file(&text).with_context(|| format!("{} is not Rust", path.display()))
}

fn files(root: &Path, layout: &HeaderLayout) -> Result<Vec<PathBuf>> {
    let folder = root.join("src/core/src/abi");
    let single = folder.join(layout.stem).with_extension("rs");
    if single.exists() {
        return Ok(vec![single]);
    }
    let folder = folder.join(layout.stem);
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    // The handles stand in mod.rs.
    files.sort_by_key(|path| (!path.ends_with("mod.rs"), path.clone()));
    Ok(files)
}

fn read_item(item: &syn::Item, unions: &[&syn::ItemUnion]) -> Result<Option<Item>> {
    Ok(Some(match item {
        syn::Item::Macro(item) if item.mac.path.is_ident("c_enum") => {
            Item::Enum(syn::parse2::<EnumSource>(item.mac.tokens.clone())?.0)
        }
        syn::Item::Struct(item) => Item::Struct(read_struct(item, unions)?),
        syn::Item::Type(item) => read_type(item)?,
        syn::Item::Const(item) => Item::Macro(Macro {
            name: item.ident.to_string(),
            doc: docs::read(&item.attrs),
            params: None,
            body: match &*item.expr {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Body::Text(text.value()),
                expression => Body::Raw(number(expression, &item.ty)?),
            },
        }),
        _ => return Ok(None),
    }))
}

fn read_struct(item: &syn::ItemStruct, unions: &[&syn::ItemUnion]) -> Result<Struct> {
    let name = item.ident.to_string();
    if !is_laid_out_as_c(&item.attrs) {
        bail!("{name} is not #[repr(C)]: Rust may order its fields as it likes");
    }
    let Fields::Named(fields) = &item.fields else { bail!("{name} has no named fields") };
    let fields = fields.named.iter().filter(|field| !matches!(field.vis, syn::Visibility::Inherited));
    Ok(Struct {
        tag: docs::alias(&item.attrs).unwrap_or_else(|| format!("_{name}")),
        name,
        doc: docs::read(&item.attrs),
        fields: fields.map(|field| read_field(field, unions)).collect::<Result<_>>()?,
        alias: false,
    })
}

fn read_field(field: &syn::Field, unions: &[&syn::ItemUnion]) -> Result<Field> {
    let kind = match &field.ty {
        Type::Array(array) => FieldKind::Array {
            element: ctype::spell(&array.elem)?,
            length: number(&array.len, &syn::parse_quote!(usize))?,
        },
        kind => {
            let name = kind.to_token_stream().to_string();
            match unions.iter().find(|item| item.ident == name) {
                Some(item) if !is_laid_out_as_c(&item.attrs) => bail!("{name} is not #[repr(C)]"),
                Some(item) => FieldKind::Union(
                    item.fields.named.iter().map(|field| read_field(field, &[])).collect::<Result<_>>()?,
                ),
                None => FieldKind::Plain(ctype::spell(kind)?),
            }
        }
    };
    let name = field.ident.as_ref().context("a field needs a name")?;
    Ok(Field { name: plain(name), doc: docs::read(&field.attrs), kind })
}

fn is_laid_out_as_c(attributes: &[Attribute]) -> bool {
    let mut repr = attributes.iter().filter(|attribute| attribute.path().is_ident("repr"));
    repr.any(|attribute| attribute.parse_args::<Ident>().is_ok_and(|name| name == "C"))
}

fn read_type(item: &syn::ItemType) -> Result<Item> {
    let name = item.ident.to_string();
    let doc = docs::read(&item.attrs);
    let Ok(Type::BareFn(function)) = ctype::inner(&item.ty).map(strip_group) else {
        return Ok(Item::Typedef(Typedef { name, doc, target: ctype::spell(&item.ty)? }));
    };
    let args = function.inputs.iter().map(|input| {
        let (name, _) = input.name.as_ref().context("a callback's argument needs a name")?;
        Ok(Arg { name: plain(name), kind: ctype::spell(&input.ty)? })
    });
    Ok(Item::Callback(Callback {
        name,
        doc,
        ret: ctype::spell_return(&function.output)?,
        args: args.collect::<Result<_>>()?,
    }))
}

/// An identifier without `r#`, and without the `_` of one that is not used.
pub fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).trim_start_matches('_').to_owned()
}

/// A constant expression in C.
fn number(expression: &Expr, kind: &Type) -> Result<String> {
    Ok(match expression {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            let suffix = match kind.to_token_stream().to_string().as_str() {
                "i64" => "LL",
                "u64" => "ULL",
                _ => "",
            };
            format!("{}{suffix}", number.base10_digits())
        }
        Expr::Path(path) => path.path.segments.last().context("an empty path")?.ident.to_string(),
        Expr::Binary(operation) => {
            let sign = match operation.op {
                BinOp::Add(_) => "+",
                BinOp::Sub(_) => "-",
                BinOp::Mul(_) => "*",
                _ => bail!("{} is not translated to C", expression.to_token_stream()),
            };
            format!("({} {sign} {})", number(&operation.left, kind)?, number(&operation.right, kind)?)
        }
        _ => bail!("{} is not translated to C", expression.to_token_stream()),
    })
}

/// The inside of `c_enum!`.
struct EnumSource(Enum);

impl Parse for EnumSource {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let doc = docs::read(&input.call(Attribute::parse_outer)?);
        input.parse::<Token![pub]>()?;
        input.parse::<Token![enum]>()?;
        let name = input.parse::<Ident>()?.to_string();
        input.parse::<Token![:]>()?;
        input.parse::<Type>()?;
        let members = parse_members(input)?;
        let mut sentinels = Vec::new();
        if !input.is_empty() {
            let word = input.parse::<Ident>()?;
            if word != "sentinel" {
                return Err(syn::Error::new(word.span(), "expected `sentinel`"));
            }
            sentinels = parse_members(input)?;
        }
        Ok(Self(Enum { name, doc, members, sentinels }))
    }
}

fn parse_members(input: ParseStream<'_>) -> syn::Result<Vec<Member>> {
    let inside;
    braced!(inside in input);
    let mut members = Vec::new();
    while !inside.is_empty() {
        let doc = docs::read(&inside.call(Attribute::parse_outer)?);
        let name = inside.parse::<Ident>()?.to_string();
        inside.parse::<Token![=]>()?;
        let value = parse_value(&inside.parse::<Expr>()?)?;
        inside.parse::<Token![,]>()?;
        members.push(Member { name, doc, value });
    }
    Ok(members)
}

fn parse_value(expression: &Expr) -> syn::Result<Value> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Ok(Value::Number(number.base10_parse()?)),
        Expr::Path(path) if path.path.get_ident().is_some() => {
            Ok(Value::Alias(path.to_token_stream().to_string()))
        }
        Expr::Unary(negative) if matches!(negative.op, UnOp::Neg(_)) => match parse_value(&negative.expr)? {
            Value::Number(number) => Ok(Value::Number(-number)),
            _ => Err(syn::Error::new_spanned(expression, "only a number can be negative")),
        },
        Expr::Binary(shift) if matches!(shift.op, BinOp::Shl(_)) => {
            match (parse_value(&shift.left)?, parse_value(&shift.right)?) {
                (Value::Number(1), Value::Number(bit)) => match u32::try_from(bit) {
                    Ok(bit) if bit < 32 => Ok(Value::Bit(bit)),
                    _ => Err(syn::Error::new_spanned(expression, "an enumeration has 32 bits")),
                },
                _ => Err(syn::Error::new_spanned(expression, "a bit is `1 << n`")),
            }
        }
        _ => Err(syn::Error::new_spanned(expression, "expected a number, `1 << n` or another constant")),
    }
}

/// Puts the rows of `error_codes!` and `error_domains!` into the enumerations that they complete.
fn add_error_tables(root: &Path, items: &mut [Item]) -> Result<()> {
    let file = parse_file(&root.join("src/core/src/error/codes.rs"))?;
    for (table, name) in [("error_codes", "virErrorNumber"), ("error_domains", "virErrorDomain")] {
        let rows = file.items.iter().find_map(|item| match item {
            syn::Item::Macro(item) if item.mac.path.is_ident(table) => Some(item.mac.tokens.clone()),
            _ => None,
        });
        let rows: ErrorRows = syn::parse2(rows.with_context(|| format!("no {table}! in codes.rs"))?)?;
        let target = items.iter_mut().find_map(|item| match item {
            Item::Enum(item) if item.name == name => Some(item),
            _ => None,
        });
        let target = target.with_context(|| format!("no {name} to put {table}! into"))?;
        target.doc.lines.truncate(1);
        target.members.extend(rows.0);
    }
    Ok(())
}

/// Rows of `C_NAME = number => RustName, "text", ..., since "release";`.
struct ErrorRows(Vec<Member>);

impl Parse for ErrorRows {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut rows = Vec::new();
        while !input.is_empty() {
            let name = input.parse::<Ident>()?.to_string();
            input.parse::<Token![=]>()?;
            let value = Value::Number(input.parse::<LitInt>()?.base10_parse()?);
            input.parse::<Token![=>]>()?;
            input.parse::<Ident>()?;
            input.parse::<Token![,]>()?;
            let text = input.parse::<LitStr>()?.value();
            let mut since = None;
            while input.parse::<Option<Token![,]>>()?.is_some() {
                if input.parse::<Option<Ident>>()?.is_some() {
                    since = Some(input.parse::<LitStr>()?.value());
                } else {
                    input.parse::<LitStr>()?;
                }
            }
            input.parse::<Token![;]>()?;
            let lines = if text.is_empty() { Vec::new() } else { vec![format!("{text}.")] };
            rows.push(Member { name, doc: Doc { lines, since }, value });
        }
        Ok(Self(rows))
    }
}

/// A type without the invisible groups that macros leave.
fn strip_group(kind: &Type) -> &Type {
    match kind {
        Type::Group(group) => strip_group(&group.elem),
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enumeration_keeps_its_values() {
        let source: EnumSource = syn::parse_quote! {
            /// What it is. Since 1.0.0.
            pub enum virThing: u32 {
                /// One.
                VIR_ONE = -1,
                VIR_BIT = 1 << 31,
                VIR_SAME = VIR_BIT,
            }
            sentinel { VIR_THING_LAST = 3, }
        };
        let values: Vec<_> = source.0.members.iter().map(|member| member.value.clone()).collect();
        assert_eq!(values, [Value::Number(-1), Value::Bit(31), Value::Alias("VIR_BIT".to_owned())]);
        assert_eq!(source.0.sentinels[0].name, "VIR_THING_LAST");
        assert_eq!(source.0.doc.since.as_deref(), Some("1.0.0"));
    }

    #[test]
    fn a_structure_must_be_laid_out_as_c() {
        let item = syn::parse_quote! { pub struct virThing { pub size: c_int } };
        assert!(read_struct(&item, &[]).unwrap_err().to_string().contains("not #[repr(C)]"));
        let item = syn::parse_quote! { #[repr(C)] pub struct virThing { pub size: c_int } };
        assert_eq!(read_struct(&item, &[]).unwrap().tag, "_virThing");
    }

    #[test]
    fn numbers_are_written_as_c() {
        let number =
            |kind, text| number(&syn::parse_str(text).unwrap(), &syn::parse_str(kind).unwrap()).unwrap();
        assert_eq!(number("usize", "256 + 1"), "(256 + 1)");
        assert_eq!(number("i64", "9_007"), "9007LL");
        assert_eq!(number("usize", "VIR_LENGTH"), "VIR_LENGTH");
    }
}
