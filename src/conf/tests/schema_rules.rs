//! What the check against the schema accepts and refuses, beyond names: tables of documents in `tests/schema/`, one file a kind
//! of document. A line is
//!
//! * `@ TEXT`: the document for the lines below, with `%` where their text goes;
//! * `+ TEXT`: is right there;
//! * `- TEXT | WORDS`: is refused, with these words.
//!
//! Where libvirt's own schemas and `xmllint` are installed, they are asked as well: the tables say what is so.

use ferrovirt_conf::documents::{DocumentKind, KINDS};
use ferrovirt_core::ErrorCode;
use ferrovirt_xml::Document;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCHEMAS: &str = "/usr/share/libvirt/schemas";

/// A document, and the words it is refused with.
struct Row {
    place: String,
    text: String,
    refusal: Option<String>,
}

fn rows(kind: &DocumentKind) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/schema/{}.txt", kind.name));
    let Ok(table) = fs::read_to_string(&path) else { return Vec::new() };
    let (mut rows, mut frame) = (Vec::new(), "%");
    for (number, line) in table.lines().enumerate() {
        let place = format!("{}:{}", path.display(), number + 1);
        let Some((mark, rest)) = line.split_once(' ') else { continue };
        let (text, refusal) = match mark {
            "@" => {
                frame = rest;
                continue;
            }
            "+" => (rest, None),
            "-" => {
                let (text, words) = rest.rsplit_once(" | ").unwrap_or_else(|| panic!("{place}: no words"));
                (text, Some(words.to_owned()))
            }
            _ => panic!("{place}: what is '{mark}'?"),
        };
        rows.push(Row { place, text: frame.replace('%', text), refusal });
    }
    rows
}

#[test]
fn documents_are_accepted_and_refused_as_the_tables_say() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for kind in KINDS {
        for Row { place, text, refusal } in rows(kind) {
            count += 1;
            let document = Document::parse(&text, "test").unwrap_or_else(|err| panic!("{place}: {err}"));
            match ((kind.check)(&document), refusal) {
                (Ok(()), None) => {}
                (Ok(()), Some(words)) => wrong.push(format!("{place}: accepted, not refused with '{words}'")),
                (Err(err), None) => wrong.push(format!("{place}: {err}")),
                (Err(err), Some(words)) => {
                    assert_eq!(err.code(), ErrorCode::XmlInvalidSchema, "{place}: {err}");
                    if !err.to_string().contains(&words) {
                        wrong.push(format!("{place}: not with '{words}': {err}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 300, "{count} documents");
}

#[test]
fn libvirts_schemas_say_the_same() {
    for needed in [SCHEMAS, "/usr/bin/xmllint"] {
        if !Path::new(needed).exists() {
            println!("SKIPPED: {needed} is not there; packages libvirt-common and libxml2-utils have it");
            return;
        }
    }
    let node_devices = fs::read_to_string(Path::new(SCHEMAS).join("nodedev.rng")).unwrap_or_default();
    if !node_devices.contains("ccwgroup_member") {
        println!("SKIPPED: the schemas in {SCHEMAS} are older than libvirt 11.3");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let wrong: Vec<_> = KINDS.iter().flat_map(|kind| against_schema(kind, folder)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rows of a kind that its schema judges otherwise.
fn against_schema(kind: &DocumentKind, folder: &Path) -> Vec<String> {
    let rows = rows(kind);
    let path = |number: usize| -> PathBuf { folder.join(format!("{}-{number}.xml", kind.name)) };
    for (number, row) in rows.iter().enumerate() {
        fs::write(path(number), &row.text).unwrap();
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let schema = Path::new(SCHEMAS).join(kind.schema);
    let mut xmllint = Command::new("/usr/bin/xmllint");
    xmllint.arg("--noout").arg("--relaxng").arg(schema).args((0..rows.len()).map(path));
    let said = String::from_utf8_lossy(&xmllint.output().unwrap().stderr).into_owned();
    let judged = rows.iter().enumerate().filter_map(|(number, row)| {
        let is_valid = said.lines().any(|line| *line == format!("{} validates", path(number).display()));
        match (is_valid, &row.refusal) {
            (true, Some(_)) => Some(format!("{}: the schema accepts it", row.place)),
            (false, None) => Some(format!("{}: the schema refuses it", row.place)),
            _ => None,
        }
    });
    judged.collect()
}
