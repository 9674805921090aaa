//! Our own documents: each comes back as it was, strictly checked, through JSON too, and the peer's schema takes it.

use ferrovirt_conf::backup::DomainBackup;
use ferrovirt_conf::domain::{Domain, ParseFlags};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn documents() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "xml")).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Reads strictly, without what is filled in.
fn read(path: &Path, text: &str) -> Domain {
    let flags = ParseFlags { schema: true, ..ParseFlags::LOAD };
    Domain::parse(text, flags).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

#[test]
fn documents_come_back_as_they_were() {
    for (path, text) in documents() {
        let printed = read(&path, &text).format();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, printed).unwrap();
        } else {
            assert_eq!(printed, text, "{}", path.display());
        }
    }
}

#[test]
fn json_holds_all_that_xml_holds() {
    for (path, text) in documents() {
        let model = read(&path, &text);
        let json = serde_json::to_string_pretty(&model).unwrap();
        let back: Domain =
            serde_json::from_str(&json).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        assert!(back == model, "{} is another domain after JSON", path.display());
        assert_eq!(back.format(), text, "{}", path.display());
    }
}

#[test]
fn what_is_filled_in_survives_json_and_xml() {
    for (path, text) in documents() {
        let mut model = read(&path, &text);
        model.fill_defaults(ParseFlags::LOAD).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        let json = serde_json::to_value(&model).unwrap();
        let back: Domain = serde_json::from_value(json).unwrap();
        assert_eq!(back.format(), model.format(), "{}", path.display());
        let mut again = read(&path, &model.format());
        again.fill_defaults(ParseFlags::LOAD).unwrap();
        assert_eq!(again.format(), model.format(), "{}", path.display());
    }
}

#[test]
fn the_peers_schema_takes_our_documents() {
    let schema = Path::new("/usr/share/libvirt/schemas/domain.rng");
    if !schema.exists() || Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("SKIPPED: xmllint (libxml2-utils) or the schemas (libvirt-daemon) are not installed");
        return;
    }
    for (path, _) in documents() {
        let output =
            Command::new("xmllint").args(["--noout", "--relaxng"]).args([schema, &path]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn secrets_are_only_told_when_asked_for() {
    for (path, text) in documents() {
        let model = read(&path, &text);
        let mut stripped = model.clone();
        stripped.strip_secrets();
        assert_eq!(model.has_secrets(), stripped != model, "{}", path.display());
        let printed = model.public_xml();
        assert_eq!(printed, stripped.format(), "{}", path.display());
        for secret in ["passwd=", "<cookie", "<dhCert>SECRET"] {
            assert!(!printed.contains(secret), "{} tells {secret}", path.display());
        }
    }
}

#[test]
fn a_backup_goes_through_json() {
    let text = "<domainbackup mode='pull'><server name='localhost'/><disks><disk name='vda' type='file'>\
                <scratch file='/s'/></disk></disks></domainbackup>";
    let backup = DomainBackup::from_xml(text).unwrap();
    let json = serde_json::to_string(&backup).unwrap();
    assert_eq!(serde_json::from_str::<DomainBackup>(&json).unwrap().to_xml(), backup.to_xml());
}
