//! `docs/status.md`: what of the C interface works, found in the code and not kept by hand.
//!
//! A driver lists only what it can do: the methods that it overrides ([`drivers`]). Which methods a C function needs
//! is followed from its entry point through the Rust face ([`calls`]).

mod calls;
mod drivers;
mod page;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Result, bail};

use crate::conformance::xml::{self, Count};
use calls::EntryPoint;
use drivers::Implementations;

/// Where the page lies in the source tree.
pub const PAGE: &str = "docs/status.md";

/// Who serves a C function.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Served {
    /// Nobody is asked, or a part that all drivers share answers.
    Library,
    /// These drivers; without one, the function answers `VIR_ERR_NO_SUPPORT`.
    By(BTreeSet<String>),
}

impl Served {
    fn is_missing(&self) -> bool {
        matches!(self, Self::By(drivers) if drivers.is_empty())
    }
}

struct Function {
    name: String,
    served: Served,
    /// The drivers that have its subject, whether or not they can do this.
    asked: BTreeSet<String>,
}

/// The functions of one file of entry points.
struct Subject {
    title: String,
    functions: Vec<Function>,
}

struct Status {
    drivers: Vec<String>,
    subjects: Vec<Subject>,
    /// How libvirt's own documents come out.
    documents: Vec<Count>,
}

/// The page as the code says it should be.
pub fn write(root: &Path) -> Result<String> {
    Ok(page::write(&load(root)?))
}

fn load(root: &Path) -> Result<Status> {
    let rows = drivers::rows(root)?;
    let shared = drivers::shared(root)?;
    let drivers = drivers::drivers(root)?;
    let mut subjects = Vec::new();
    let entry_points = calls::entry_points(root, &rows)?;
    let gaps = calls::access_gaps(entry_points.iter().flat_map(|(_, entries)| entries), &rows);
    if !gaps.is_empty() {
        bail!("C and Rust do not refuse the same on read-only connections: {}", gaps.join("; "));
    }
    for (title, entry_points) in entry_points {
        let judge = |entry: &EntryPoint| Function {
            name: entry.name.clone(),
            served: served(entry, &shared, &drivers),
            asked: asked(entry, &drivers),
        };
        let mut functions: Vec<_> = entry_points.iter().map(judge).collect();
        withdraw_handles(&mut functions, &entry_points);
        subjects.push(Subject { title, functions });
    }
    Ok(Status { drivers: drivers.into_keys().collect(), subjects, documents: xml::kept(root) })
}

fn served(
    entry: &EntryPoint,
    shared: &Implementations,
    drivers: &BTreeMap<String, Implementations>,
) -> Served {
    let needs: Vec<_> = entry.methods.difference(&shared.methods).collect();
    if needs.is_empty() {
        return Served::Library;
    }
    let able = |(_, driver): &(&String, &Implementations)| needs.iter().all(|m| driver.methods.contains(*m));
    Served::By(drivers.iter().filter(able).map(|(name, _)| name.clone()).collect())
}

fn asked(entry: &EntryPoint, drivers: &BTreeMap<String, Implementations>) -> BTreeSet<String> {
    let has = |(_, driver): &(&String, &Implementations)| !driver.traits.is_disjoint(&entry.traits);
    drivers.iter().filter(has).map(|(name, _)| name.clone()).collect()
}

/// Where no driver serves a subject, there is no object of its kind to name, to count or to free.
fn withdraw_handles(functions: &mut [Function], entry_points: &[EntryPoint]) {
    let mut asking =
        functions.iter().zip(entry_points).filter(|(_, entry)| !entry.methods.is_empty()).peekable();
    if asking.peek().is_none() || asking.any(|(function, _)| !function.served.is_missing()) {
        return;
    }
    for (function, _) in functions.iter_mut().zip(entry_points).filter(|(_, entry)| entry.has_handle) {
        function.served = Served::By(BTreeSet::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root;

    fn of(status: &Status, name: &str) -> Served {
        let mut functions = status.subjects.iter().flat_map(|subject| &subject.functions);
        functions.find(|function| function.name == name).expect("it is a public function").served.clone()
    }

    #[test]
    fn a_function_is_served_by_those_that_override_what_it_needs() {
        let status = load(&root()).unwrap();
        let qemu = |name| matches!(of(&status, name), Served::By(drivers) if drivers.contains("qemu"));
        // By its own row, and by that of the function that it is the old name of.
        assert!(qemu("virDomainCreateWithFlags") && qemu("virDomainCreate"));
        assert!(matches!(of(&status, "virNetworkGetXMLDesc"), Served::By(who) if who.contains("network")));
        assert!(
            of(&status, "virStoragePoolGetName").is_missing()
                == of(&status, "virStoragePoolCreate").is_missing()
        );
        for library in
            ["virGetLastError", "virTypedParamsAddInt", "virEventRunDefaultImpl", "virDomainGetName"]
        {
            assert_eq!(of(&status, library), Served::Library, "{library}");
        }
    }

    #[test]
    fn every_public_function_is_counted_once() {
        let status = load(&root()).unwrap();
        let mut names: Vec<_> =
            status.subjects.iter().flat_map(|subject| &subject.functions).map(|f| f.name.as_str()).collect();
        names.sort_unstable();
        let api = crate::api::load(&root()).unwrap();
        let mut expected: Vec<_> = api.functions().map(|(_, function)| function.name.as_str()).collect();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}
