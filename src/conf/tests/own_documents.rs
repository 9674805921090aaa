//! Documents of our own, one folder a kind: each is printed as it stands there, survives JSON where its model does, and
//! is valid by libvirt's schema. `UPDATE_EXPECT=1` writes what is printed now.

use ferrovirt_conf::documents::{DocumentKind, KINDS};
use ferrovirt_xml::{Document, check_shape};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn documents(kind: &DocumentKind) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents").join(kind.name);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|err| panic!("{}: {err}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_document_is_printed_as_it_stands_there() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    for (kind, (path, text)) in
        KINDS.iter().flat_map(|kind| documents(kind).into_iter().map(move |d| (kind, d)))
    {
        let printed = (kind.print_back)(&text).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        if update {
            fs::write(&path, &printed).unwrap();
            continue;
        }
        for (number, (got, wanted)) in printed.lines().zip(text.lines()).enumerate() {
            assert_eq!(got, wanted, "{}:{}", path.display(), number + 1);
        }
        assert_eq!(printed, text, "{}", path.display());
    }
}

#[test]
fn every_document_survives_json() {
    for kind in KINDS {
        for (path, text) in documents(kind) {
            let told = (kind.through_json)(&text).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
            assert_eq!(told, text, "{}", path.display());
        }
    }
}

#[test]
fn what_models_say_of_their_shape_is_what_they_read() {
    for kind in KINDS {
        let Some((_, shape)) = kind.root else { continue };
        for (path, text) in documents(kind) {
            let document = Document::parse(&text, "test").unwrap();
            check_shape(&document, shape()).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        }
    }
}

/// Where Debian's `libvirt-common` has the schemas.
const SCHEMAS: &str = "/usr/share/libvirt/schemas";

#[test]
fn every_document_is_valid_by_libvirts_schema() {
    for needed in [SCHEMAS, "/usr/bin/xmllint"] {
        if !Path::new(needed).exists() {
            println!(
                "SKIPPED: {needed} is not there; packages libvirt-common and libxml2-utils have what is needed"
            );
            return;
        }
    }
    // Of the version whose documents ours are: older schemas know less.
    let node_devices = fs::read_to_string(Path::new(SCHEMAS).join("nodedev.rng")).unwrap_or_default();
    if !node_devices.contains("ccwgroup_member") {
        println!("SKIPPED: the schemas in {SCHEMAS} are older than libvirt 11.3");
        return;
    }
    let mut wrong = Vec::new();
    for kind in KINDS {
        let paths: Vec<PathBuf> = documents(kind).into_iter().map(|(path, _)| path).collect();
        let schema = Path::new(SCHEMAS).join(kind.schema);
        let mut xmllint = Command::new("xmllint");
        let output = xmllint.args(["--noout", "--relaxng"]).arg(&schema).args(&paths).output().unwrap();
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            let told = told.lines().filter(|line| !line.ends_with(" validates"));
            wrong.extend(told.map(|line| format!("{}: {line}", kind.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
