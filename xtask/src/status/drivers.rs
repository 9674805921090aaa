//! What drivers can do: the rows of `driver_trait!`, and which of them a crate overrides.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Expr, FnArg, Ident, ImplItem, ImplItemFn, LitStr, Receiver, Stmt, Token, Type, braced,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::api::source;

/// A method of a driver trait.
pub struct Row {
    pub method: String,
    /// The driver trait.
    pub subject: String,
    /// The C function that it is the inside of.
    pub function: String,
    /// Whether read-only connections refuse it.
    pub writes: bool,
}

/// What the driver traits of a crate amount to.
#[derive(Default)]
pub struct Implementations {
    pub traits: BTreeSet<String>,
    /// The methods that do more than refuse.
    pub methods: BTreeSet<String>,
}

/// All rows of all driver traits.
pub fn rows(root: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for path in source::rust_files(&root.join("src/core/src/driver"))? {
        for item in source::parse_file(&path)?.items {
            if let syn::Item::Macro(item) = item
                && item.mac.path.is_ident("driver_trait")
            {
                let read: Rows = syn::parse2(item.mac.tokens).with_context(|| path.display().to_string())?;
                rows.extend(read.0);
            }
        }
    }
    Ok(rows)
}

/// The drivers that are built in, by the names of their folders.
pub fn drivers(root: &Path) -> Result<BTreeMap<String, Implementations>> {
    let face = fs::read_to_string(root.join("Cargo.toml")).context("Cargo.toml")?;
    let mut drivers = BTreeMap::new();
    for folder in crates(&root.join("drivers"))? {
        let name = folder.file_name().expect("it was listed").to_string_lossy().into_owned();
        if face.contains(&format!("\nferrovirt-driver-{name}.workspace")) {
            drivers.insert(name, implementations(&folder)?);
        }
    }
    Ok(drivers)
}

/// What the crates below the drivers do for all of them.
pub fn shared(root: &Path) -> Result<Implementations> {
    let mut all = Implementations::default();
    for folder in crates(&root.join("src"))? {
        let found = implementations(&folder)?;
        all.traits.extend(found.traits);
        all.methods.extend(found.methods);
    }
    Ok(all)
}

fn crates(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut folders = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    folders.retain(|folder| folder.join("Cargo.toml").is_file());
    folders.sort();
    Ok(folders)
}

fn implementations(folder: &Path) -> Result<Implementations> {
    let mut found = Implementations::default();
    for path in source::rust_files(&folder.join("src"))? {
        for item in source::parse_file(&path)?.items {
            let syn::Item::Impl(item) = item else { continue };
            let Some((_, path, _)) = &item.trait_ else { continue };
            let name = path.segments.last().expect("a path is not empty").ident.to_string();
            found.traits.insert(name);
            for item in &item.items {
                match item {
                    ImplItem::Fn(method) if !only_refuses(method) => {
                        found.methods.insert(method.sig.ident.to_string());
                    }
                    ImplItem::Macro(item) => found.methods.extend(declared(item.mac.tokens.clone())),
                    _ => {}
                }
            }
        }
    }
    Ok(found)
}

/// The methods that a macro is given to declare: `fn name(...)`.
fn declared(tokens: TokenStream) -> impl Iterator<Item = String> {
    let mut before = None;
    tokens.into_iter().filter_map(move |token| {
        let name = match (&before, &token) {
            (Some(TokenTree::Ident(keyword)), TokenTree::Ident(name)) if keyword == "fn" => {
                Some(name.to_string())
            }
            _ => None,
        };
        before = Some(token);
        name
    })
}

/// Whether a method is nothing but `Err(...)`: a refusal in better words than the default's.
fn only_refuses(method: &ImplItemFn) -> bool {
    let [Stmt::Expr(Expr::Call(call), None)] = &method.block.stmts[..] else { return false };
    matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"))
}

struct Rows(Vec<Row>);

impl Parse for Rows {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Attribute::parse_outer)?;
        input.parse::<Token![pub]>()?;
        input.parse::<Token![trait]>()?;
        let subject = input.parse::<Ident>()?.to_string();
        input.parse::<Token![in]>()?;
        input.parse::<Ident>()?;
        let body;
        braced!(body in input);
        let mut rows = Vec::new();
        while !body.is_empty() {
            body.call(Attribute::parse_outer)?;
            body.parse::<Token![fn]>()?;
            let method = body.parse::<Ident>()?.to_string();
            let arguments;
            parenthesized!(arguments in body);
            arguments.parse::<Receiver>()?;
            arguments.parse::<Option<Token![,]>>()?;
            Punctuated::<FnArg, Token![,]>::parse_terminated(&arguments)?;
            body.parse::<Token![->]>()?;
            body.parse::<Type>()?;
            body.parse::<Token![=]>()?;
            let function = body.parse::<LitStr>()?.value();
            let writes = body.parse::<Option<Ident>>()?.is_some();
            body.parse::<Token![;]>()?;
            rows.push(Row { method, subject: subject.clone(), function, writes });
        }
        Ok(Self(rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_no_ability() {
        let refuses = syn::parse_quote! {
            fn domain_reset(&self) -> Result<()> { Err(Error::no_support("virDomainReset")) }
        };
        assert!(only_refuses(&refuses));
        let works = syn::parse_quote! {
            fn domain_reset(&self) -> Result<()> { self.find()?; Err(Error::no_support("virDomainReset")) }
        };
        assert!(!only_refuses(&works));
    }

    #[test]
    fn a_macro_declares_methods() {
        let tokens = quote::quote! { fn domain_reset(a: u32) -> () = Reset { a }; fn domain_reboot() -> () = Reboot {}; };
        assert_eq!(declared(tokens).collect::<Vec<_>>(), ["domain_reset", "domain_reboot"]);
    }

    /// What a daemon of the future can do, a client of today must be able to ask for.
    #[test]
    fn the_remote_driver_forwards_everything() {
        let root = crate::root();
        let remote = implementations(&root.join("drivers/remote")).unwrap();
        let streams = implementations(&root.join("src/rpc")).unwrap();
        let missing: Vec<_> = rows(&root)
            .unwrap()
            .into_iter()
            .filter(|row| !remote.methods.contains(&row.method) && !streams.methods.contains(&row.method))
            .map(|row| row.method)
            .collect();
        assert!(
            missing.is_empty(),
            "a row of a driver trait that drivers/remote does not forward: {missing:?}"
        );
    }

    #[test]
    fn a_trait_becomes_rows() {
        let Rows(rows) = syn::parse_quote! {
            /// What it is.
            pub trait DomainLookup in Domain {
                /// Which.
                fn domain_lookup_by_id(&self, id: i32) -> DomainId = "virDomainLookupByID";
                fn domain_events(&self) -> Arc<EventHub> = "virConnectDomainEventRegisterAny";
            }
        };
        let rows: Vec<_> = rows.iter().map(|r| [&*r.subject, &*r.method, &*r.function]).collect();
        assert_eq!(
            rows,
            [
                ["DomainLookup", "domain_lookup_by_id", "virDomainLookupByID"],
                ["DomainLookup", "domain_events", "virConnectDomainEventRegisterAny"]
            ]
        );
    }
}
