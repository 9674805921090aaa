//! What README.md and the guide promise: the examples are those that compile, and links lead somewhere.

use std::{fs, path::Path, process::Command};

use xtask::root;

/// The pages that link to one another.
const PAGES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "docs/daemon.md",
    "docs/embedded.md",
    "docs/errors.md",
    "docs/mac-table.md",
    "docs/remote.md",
    "docs/status.md",
    "docs/xml-models.md",
];

#[test]
fn the_examples_shown_are_the_files() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for (language, path) in [("c", "examples/c/list.c"), ("rust", "examples/list.rs")] {
        let source = fs::read_to_string(root().join(path)).unwrap();
        assert!(readme.contains(&format!("```{language}\n{source}```\n")), "README.md shows another {path}");
    }
}

#[test]
fn the_c_example_compiles_without_a_warning() {
    if Command::new("cc").arg("--version").output().is_err() {
        eprintln!("SKIPPED: no cc here to compile the example with");
        return;
    }
    let output = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I"])
        .arg(root().join("include"))
        .arg(root().join("examples/c/list.c"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn links_lead_somewhere() {
    for page in PAGES {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let folder = Path::new(page).parent().unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") || link.starts_with('#') {
                continue;
            }
            assert!(root().join(folder).join(link).exists(), "{page} links to {link}");
        }
    }
}
