//! Which methods of a driver a C function needs: followed from the entry point through the Rust face, by names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::drivers::Row;
use crate::api::{entry, source};

/// What answers with the library's own words where the driver has none: what is asked within is not needed.
const OPTIONAL: &str = "or_if_unsupported";

/// A C function.
pub struct EntryPoint {
    pub name: String,
    /// The methods without which it does not work.
    pub methods: BTreeSet<String>,
    /// The driver traits that have these.
    pub traits: BTreeSet<String>,
    /// Whether it takes or gives an object.
    pub has_handle: bool,
    /// Whether it asks for write access by itself, before anything else.
    pub modifies: bool,
    /// Every method that it may come to call.
    pub reached: BTreeSet<String>,
}

/// The entry points of each file of `capi/src/api/`, in their order there, with the file's title.
pub fn entry_points(root: &Path, rows: &[Row]) -> Result<Vec<(String, Vec<EntryPoint>)>> {
    let mut face = Face::read(root, rows)?;
    let folder = root.join("capi/src/api");
    let mut subjects = Vec::new();
    for path in source::rust_files(&folder)? {
        let file = source::parse_file(&path)?;
        let mut functions = Vec::new();
        for item in entry::items(&file.items) {
            if let syn::Item::Fn(item) = item
                && entry::is_exported(&item.attrs)
            {
                functions.push(face.entry_point(item).with_context(|| path.display().to_string())?);
            }
        }
        if !functions.is_empty() {
            let header = entry::header(path.strip_prefix(&folder).expect("it was found there"));
            let header = header.map(|header| header.name).context("entry points without a header")?;
            subjects.push((title(header, &file.attrs), functions));
        }
    }
    Ok(subjects)
}

/// C functions and rows of the driver traits that do not agree on what read-only connections may do: C asks for write
/// access before it looks at arguments, and Rust by the rows alone.
pub fn access_gaps<'a>(entries: impl IntoIterator<Item = &'a EntryPoint>, rows: &[Row]) -> Vec<String> {
    let writes = |method: &String| rows.iter().any(|row| row.writes && row.method == *method);
    let gap = |entry: &EntryPoint| {
        let name = &entry.name;
        if entry.modifies {
            // What asks no driver is done by the face, which has to look by itself.
            let missing = !entry.reached.is_empty() && !entry.reached.iter().any(writes);
            return missing.then(|| format!("{name} asks for write access, no row that it calls does"));
        }
        let method = entry.methods.iter().find(|method| writes(method))?;
        Some(format!("{name} does not ask for write access, {method} does"))
    };
    entries.into_iter().filter_map(gap).collect()
}

/// A header, and what the first sentence of a file says of its subject.
fn title(header: &str, attributes: &[Attribute]) -> String {
    let text = attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let text = text.unwrap_or_default();
    let name = format!("`{header}.h`");
    let subject = text.trim().trim_start_matches(&name).trim_start_matches(": ").trim_end_matches('.');
    let mut letters = subject.chars();
    let (first, second) = (letters.next(), letters.clone().next());
    let acronym = second.is_some_and(char::is_uppercase);
    let first =
        first.map(|letter| if acronym { letter.to_string() } else { letter.to_lowercase().to_string() });
    let subject = first.unwrap_or_default() + letters.as_str();
    format!("{name}: {subject}")
}

/// A call, as its spelling tells.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    /// `receiver.name(...)`; the receiver where it is a plain name.
    Method { receiver: Option<String>, name: String },
    /// `Owner::name(...)`, or without an owner.
    Path { owner: Option<String>, name: String },
}

/// The calls in `tokens`, macros' arguments included, but for what is optional.
fn calls(tokens: TokenStream, found: &mut Vec<Call>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let name = at.checked_sub(1).and_then(|at| ident(&tokens[at]));
        if group.delimiter() == Delimiter::Parenthesis
            && let Some(name) = name
        {
            let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
            if before(2).is_some_and(|token| is_punct(token, '.')) {
                let plain = !before(4).is_some_and(|token| is_punct(token, '.'));
                let receiver = before(3).and_then(ident).filter(|_| plain);
                found.push(Call::Method { receiver, name: name.clone() });
            } else {
                let path = before(2).is_some_and(|token| is_punct(token, ':'));
                let owner = if path { before(4).and_then(ident) } else { None };
                found.push(Call::Path { owner, name: name.clone() });
            }
            if name == OPTIONAL {
                continue;
            }
        }
        calls(group.stream(), found);
    }
}

fn ident(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    }
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// The typed first arguments of closures: `|domain: &Domain|`, `|domain: &Domain, xml|`.
fn closure_arguments(tokens: TokenStream, found: &mut BTreeMap<String, String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            closure_arguments(group.stream(), found);
        }
        if let Some([bar, name, colon, and, kind, end]) = tokens.get(at..at + 6)
            && is_punct(bar, '|')
            && is_punct(colon, ':')
            && is_punct(and, '&')
            && (is_punct(end, '|') || is_punct(end, ','))
            && let (Some(name), Some(kind)) = (ident(name), ident(kind))
        {
            found.insert(name, kind);
        }
    }
}

/// A method of the face (owner and name), or a free function of it.
type Key = (Option<String>, String);

/// The Rust face: what each of its functions calls.
struct Face<'a> {
    rows: &'a [Row],
    bodies: BTreeMap<Key, TokenStream>,
    needs: BTreeMap<Key, BTreeSet<String>>,
}

impl<'a> Face<'a> {
    fn read(root: &Path, rows: &'a [Row]) -> Result<Self> {
        let mut face = Self { rows, bodies: BTreeMap::new(), needs: BTreeMap::new() };
        for path in face_files(&root.join("src"))? {
            for item in source::parse_file(&path)?.items {
                face.add(item);
            }
        }
        Ok(face)
    }

    fn add(&mut self, item: syn::Item) {
        match item {
            syn::Item::Fn(item) => {
                self.bodies.insert((None, item.sig.ident.to_string()), item.block.to_token_stream());
            }
            syn::Item::Impl(item) => {
                let syn::Type::Path(kind) = &*item.self_ty else { return };
                let Some(owner) = kind.path.segments.last().map(|segment| segment.ident.to_string()) else {
                    return;
                };
                for item in item.items {
                    if let syn::ImplItem::Fn(method) = item {
                        let key = (Some(owner.clone()), method.sig.ident.to_string());
                        self.bodies.insert(key, method.block.to_token_stream());
                    }
                }
            }
            _ => {}
        }
    }

    fn entry_point(&mut self, item: &syn::ItemFn) -> Result<EntryPoint> {
        let name = item.sig.ident.to_string();
        let body = item.block.to_token_stream();
        let mut arguments = BTreeMap::new();
        closure_arguments(body.clone(), &mut arguments);
        let mut reached = BTreeSet::new();
        let mut found = Vec::new();
        calls(body, &mut found);
        let modify = |call: &Call| matches!(call, Call::Path { name, .. } if name.starts_with("modify"));
        let modifies = found.iter().any(modify);
        for call in found {
            let key = match call {
                Call::Method { receiver: Some(receiver), name } => match arguments.get(&receiver) {
                    Some(kind) => (Some(kind.clone()), name),
                    None => continue,
                },
                Call::Path { owner, name } => (owner, name),
                Call::Method { .. } => continue,
            };
            if self.bodies.contains_key(&key) {
                reached.extend(self.needs(&key));
            } else if matches!(&key, (Some(kind), method) if arguments.values().any(|a| a == kind) && !GIVEN.contains(&method.as_str()))
            {
                bail!("{name} calls {}::{}, which the face does not have", key.0.unwrap_or_default(), key.1);
            }
        }
        let own = self.rows.iter().filter(|row| row.function == name).map(|row| row.method.clone());
        let own: BTreeSet<_> = own.collect();
        // What the function is named after is what it can't do without; the rest prepares or adds.
        let methods = if own.is_empty() { reached.clone() } else { own };
        let traits = self.rows.iter().filter(|row| methods.contains(&row.method));
        let signature = item.sig.to_token_stream().into_iter();
        Ok(EntryPoint {
            traits: traits.map(|row| row.subject.clone()).collect(),
            has_handle: has_handle(signature.collect()),
            modifies,
            reached,
            methods,
            name,
        })
    }

    /// The methods of drivers that a function of the face can't do without.
    fn needs(&mut self, key: &Key) -> BTreeSet<String> {
        if let Some(known) = self.needs.get(key) {
            return known.clone();
        }
        // Whoever comes here again by a circle adds nothing.
        self.needs.insert(key.clone(), BTreeSet::new());
        let mut needs = BTreeSet::new();
        let mut found = Vec::new();
        calls(self.bodies.get(key).cloned().unwrap_or_default(), &mut found);
        for call in found {
            let next = match call {
                Call::Method { receiver: Some(receiver), name } if receiver == "self" => {
                    (key.0.clone(), name)
                }
                Call::Method { name, .. } if self.rows.iter().any(|row| row.method == name) => {
                    needs.insert(name);
                    continue;
                }
                Call::Method { name, .. } => match self.only_owner(&name) {
                    Some(owner) => (Some(owner), name),
                    None => continue,
                },
                Call::Path { owner, name } => match owner {
                    Some(owner) if owner == "Self" => (key.0.clone(), name),
                    owner => (owner, name),
                },
            };
            if self.bodies.contains_key(&next) {
                needs.extend(self.needs(&next));
            }
        }
        self.needs.insert(key.clone(), needs.clone());
        needs
    }

    /// The one type that has a method of this name.
    fn only_owner(&self, name: &str) -> Option<String> {
        let mut owners = self.bodies.keys().filter(|(owner, method)| owner.is_some() && method == name);
        let owner = owners.next()?.0.clone();
        if owners.next().is_some() { None } else { owner }
    }
}

/// What the `object!` macro gives every object.
const GIVEN: [&str; 4] = ["connection", "address", "id", "clone"];

/// The types of objects: a pointer to one is a handle.
fn has_handle(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_handle(group.stream()),
        TokenTree::Ident(name) => {
            let name = name.to_string();
            name.starts_with("vir") && name.ends_with("Ptr")
        }
        _ => false,
    })
}

/// The files of the face: those of `src/` that belong to no crate of their own, without tests.
fn face_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && !path.join("Cargo.toml").exists() {
            files.extend(face_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn calls_are_found_by_their_spelling() {
        let mut found = Vec::new();
        calls(
            quote! { domain.create(text(xml)?); Domain::list(or_if_unsupported(self.host().uri(), ours)); },
            &mut found,
        );
        let method = |receiver: &str, name: &str| Call::Method {
            receiver: Some(receiver.to_owned()),
            name: name.to_owned(),
        };
        let path = |owner: Option<&str>, name: &str| Call::Path {
            owner: owner.map(str::to_owned),
            name: name.to_owned(),
        };
        assert_eq!(
            found,
            [
                method("domain", "create"),
                path(None, "text"),
                path(Some("Domain"), "list"),
                path(None, "or_if_unsupported")
            ]
        );
    }

    #[test]
    fn closures_tell_the_types_of_their_arguments() {
        let mut found = BTreeMap::new();
        closure_arguments(quote! { modify(conn, |conn: &Connection| conn.define(x)) }, &mut found);
        closure_arguments(quote! { modify_with(dom, || x(), |dom: &Domain, x| dom.define(x)) }, &mut found);
        assert_eq!(found.remove("dom").as_deref(), Some("Domain"));
        assert_eq!(found, BTreeMap::from([("conn".to_owned(), "Connection".to_owned())]));
    }
}
