//! Finds the entry points in `capi/src/`: functions and statics marked `no_mangle` whose names begin with `vir`.
//!
//! The file says which header an entry point belongs to: `domain.rs`, `domain_block.rs` and anything in a folder
//! `domain/` is `libvirt-domain.h`; see [`super::layout::header_of`].

use std::path::Path;

use anyhow::{Context, Result, bail};
use syn::{Attribute, FnArg, ItemFn, Meta, Pat};

use super::{
    ctype, docs,
    layout::{self, HeaderLayout},
    model::{Api, Arg, Doc, Function, Item, Variable},
    source,
};

/// Adds all entry points to their headers.
pub fn read(root: &Path, api: &mut Api) -> Result<()> {
    let folder = root.join("capi/src");
    for path in source::rust_files(&folder)? {
        let file = source::parse_file(&path)?;
        let inside = path.strip_prefix(&folder).expect("it was found there");
        for item in items(&file.items) {
            let Some(item) = read_item(item).with_context(|| path.display().to_string())? else { continue };
            let Some(layout) = header(inside) else {
                bail!("{}: no header has the name of this file, but it has entry points", path.display());
            };
            let header = api.headers.iter_mut().find(|header| header.layout == layout);
            header.expect("the model has every header").items.push(item);
        }
    }
    Ok(())
}

/// The innermost part of a path that names a header.
pub fn header(path: &Path) -> Option<&'static HeaderLayout> {
    let parts: Vec<_> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.iter().rev().find_map(|part| layout::header_of(part))
}

/// The items of a file, those in inline modules too, but not its tests.
pub fn items(items: &[syn::Item]) -> Vec<&syn::Item> {
    let mut found = Vec::new();
    for item in items {
        match item {
            syn::Item::Mod(module) => {
                if let Some((_, content)) = &module.content
                    && !module.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"))
                {
                    found.extend(self::items(content));
                }
            }
            item => found.push(item),
        }
    }
    found
}

fn read_item(item: &syn::Item) -> Result<Option<Item>> {
    Ok(match item {
        syn::Item::Fn(item) if is_exported(&item.attrs) && item.sig.ident.to_string().starts_with("vir") => {
            Some(Item::Function(read_function(item).with_context(|| item.sig.ident.to_string())?))
        }
        syn::Item::Static(item) if is_exported(&item.attrs) => Some(Item::Variable(Variable {
            name: item.ident.to_string(),
            doc: docs::read(&item.attrs),
            kind: ctype::spell_static(&item.ty).with_context(|| item.ident.to_string())?,
        })),
        _ => None,
    })
}

fn read_function(item: &ItemFn) -> Result<Function> {
    let abi = item.sig.abi.as_ref().and_then(|abi| abi.name.as_ref()).map(syn::LitStr::value);
    if abi.as_deref() != Some("C") {
        bail!("is no_mangle, but not extern \"C\"");
    }
    let args = item.sig.inputs.iter().map(|input| match input {
        FnArg::Typed(input) => match &*input.pat {
            Pat::Ident(name) => Ok(Arg { name: source::plain(&name.ident), kind: ctype::spell(&input.ty)? }),
            _ => bail!("an argument is a pattern, not a name"),
        },
        FnArg::Receiver(_) => bail!("takes self"),
    });
    let name = item.sig.ident.to_string();
    Ok(Function {
        doc: without_prototype(docs::read(&item.attrs), &name),
        ret: ctype::spell_return(&item.sig.output)?,
        args: args.collect::<Result<_>>()?,
        name,
    })
}

/// A first line that repeats the C prototype says nothing that the header does not.
fn without_prototype(mut doc: Doc, name: &str) -> Doc {
    let call = format!("{name}(");
    if doc.lines.first().is_some_and(|line| line.contains(&call) && line.trim_end().ends_with(')')) {
        doc.lines.remove(0);
        while doc.lines.first().is_some_and(String::is_empty) {
            doc.lines.remove(0);
        }
    }
    doc
}

/// Marked `#[no_mangle]` or `#[unsafe(no_mangle)]`.
pub fn is_exported(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("no_mangle"),
        Meta::List(list) => list.path.is_ident("unsafe") && list.tokens.to_string() == "no_mangle",
        Meta::NameValue(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_point_becomes_a_prototype() {
        let item: syn::Item = syn::parse_quote! {
            /// `int virDomainDetachDevice(virDomainPtr domain, const char *xml)`
            ///
            /// Takes a device out.
            #[unsafe(no_mangle)]
            pub extern "C" fn virDomainDetachDevice(domain: virDomainPtr, _type: *const c_char) -> c_int { 0 }
        };
        let Some(Item::Function(function)) = read_item(&item).unwrap() else { panic!("not found") };
        assert_eq!(function.doc.lines, ["Takes a device out."]);
        assert_eq!(function.ret, "int");
        let args: Vec<_> = function.args.iter().map(|arg| (arg.kind.as_str(), arg.name.as_str())).collect();
        assert_eq!(args, [("virDomainPtr", "domain"), ("const char *", "type")]);
    }

    #[test]
    fn other_functions_are_left_alone() {
        let item: syn::Item = syn::parse_quote! { pub extern "C" fn virHidden() {} };
        assert!(read_item(&item).unwrap().is_none());
    }

    #[test]
    fn the_innermost_name_counts() {
        let name = |path: &str| header(Path::new(path)).map(|header| header.name);
        assert_eq!(name("api/domain/snapshot.rs"), Some("libvirt-domain"));
        assert_eq!(name("api/domain_snapshot.rs"), Some("libvirt-domain-snapshot"));
        assert_eq!(name("ffi/text.rs"), None);
    }
}
