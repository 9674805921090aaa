//! The C interface as a model, read from the Rust sources, and what is written from it.
//!
//! The sources are `src/core/src/abi/` (constants, structures, callbacks), the tables of error codes, `capi/headers/`
//! (macros with parameters) and the entry points in `capi/src/`. From them come the C headers ([`header`]), the API
//! description that the bindings are generated from ([`description`]), the version scripts ([`symbols`]), the
//! pkg-config files ([`pkgconfig`]) and the small libraries ([`forward`]).
//!
//! cbindgen was considered and can't serve: it writes one header, not eighteen; it does not see constants that a macro
//! declares, nor enumerations whose members share values; and it knows nothing of the API description, which would
//! then need a model of its own.

mod ctype;
pub mod description;
mod docs;
pub mod entry;
pub mod forward;
mod fragment;
pub mod header;
pub mod layout;
pub mod model;
pub mod pkgconfig;
pub mod source;
pub mod symbols;

use std::{collections::HashSet, path::Path};

use anyhow::Result;

use layout::Library;
use model::{Api, Function, Item};
use symbols::Symbols;

/// Reads the whole interface from the source tree at `root`.
pub fn load(root: &Path) -> Result<Api> {
    let mut headers = Vec::new();
    for layout in layout::HEADERS {
        let mut items = source::read(root, layout)?;
        items.extend(fragment::read(root, layout)?.macros.into_iter().map(Item::Macro));
        headers.push(model::Header { layout, items });
    }
    let mut api = Api { headers };
    entry::read(root, &mut api)?;
    api.resolve();
    for library in layout::LIBRARIES {
        date_functions(&mut api, library, &Symbols::read(root, library)?);
    }
    Ok(api)
}

/// A function is as old as its version node says.
fn date_functions(api: &mut Api, library: &Library, symbols: &Symbols) {
    for header in api.headers.iter_mut().filter(|header| header.layout.library == library.name) {
        for item in &mut header.items {
            if let Item::Function(Function { name, doc, .. }) = item {
                doc.since = symbols.release_of(name).map(str::to_owned);
            }
        }
    }
}

/// Where the entry points and the lists of symbols differ.
#[derive(Debug, Default)]
pub struct Gaps {
    /// Symbols without an entry point.
    pub missing: Vec<String>,
    /// Entry points that no list has.
    pub unlisted: Vec<String>,
}

/// Compares the entry points with the lists of symbols of their libraries.
pub fn gaps(root: &Path, api: &Api) -> Result<Gaps> {
    let mut gaps = Gaps::default();
    for library in layout::LIBRARIES {
        let symbols = Symbols::read(root, library)?;
        let functions = api.functions().map(|(layout, item)| (layout, item.name.as_str()));
        let variables = api.variables().map(|(layout, item)| (layout, item.name.as_str()));
        let present: HashSet<&str> = functions
            .chain(variables)
            .filter(|(layout, _)| layout.library == library.name)
            .map(|(_, name)| name)
            .collect();
        let listed: HashSet<&str> = symbols.iter().map(|(_, symbol)| symbol.name.as_str()).collect();
        gaps.missing.extend(listed.difference(&present).map(|name| (*name).to_owned()));
        gaps.unlisted.extend(present.difference(&listed).map(|name| (*name).to_owned()));
    }
    gaps.missing.sort();
    gaps.unlisted.sort();
    Ok(gaps)
}
