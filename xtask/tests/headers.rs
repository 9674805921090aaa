//! The committed C headers: current, valid C and C++, and of the same numbers as libvirt 11.3.0's.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, process::Command};

use xtask::{
    api::{
        self,
        model::{Body, Item},
    },
    codegen, root,
};

/// What a program includes to have everything.
const EVERYTHING: &str = "#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt-lxc.h>
#include <libvirt/libvirt-admin.h>
";

#[test]
fn committed_files_are_current() {
    let stale: Vec<_> = codegen::stale(&root()).unwrap().into_iter().map(|(name, _)| name).collect();
    assert!(stale.is_empty(), "stale: {stale:?}; run `cargo xtask codegen`");
}

#[test]
fn headers_are_valid_in_c_and_in_cpp() {
    let folder = tempfile::tempdir().unwrap();
    for (compiler, language, standards) in [("cc", "c", ["c99", "gnu17"]), ("c++", "c++", ["c++11", "c++20"])]
    {
        if !is_there(compiler) {
            eprintln!(
                "SKIPPED: no {compiler} here, so nothing says whether the headers are valid {language}"
            );
            continue;
        }
        for standard in standards {
            let flags =
                ["-x", language, &format!("-std={standard}"), "-Wall", "-Wextra", "-Werror", "-fsyntax-only"];
            compile(compiler, folder.path(), EVERYTHING, &flags);
            compile(compiler, folder.path(), &format!("#define VIR_ENUM_SENTINELS\n{EVERYTHING}"), &flags);
        }
    }
}

#[test]
fn a_part_is_not_included_by_itself() {
    if !is_there("cc") {
        eprintln!("SKIPPED: no cc here to include a part of libvirt.h with");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output =
        run("cc", folder.path(), "#include <libvirt/libvirt-domain.h>\n", &["-x", "c", "-fsyntax-only"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("include <libvirt/libvirt.h> instead"));
}

#[test]
fn the_compiler_sees_libvirts_numbers() {
    if !is_there("cc") || cfg!(not(target_pointer_width = "64")) {
        eprintln!("SKIPPED: the facts need a C compiler for a machine with 64-bit pointers");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let facts = facts();
    let mut program = format!(
        "#define VIR_ENUM_SENTINELS\n#include <stddef.h>\n#include <stdio.h>\n{EVERYTHING}int main(void) {{\n"
    );
    for (kind, name, _) in &facts {
        let statement = match kind.as_str() {
            "constant" | "number" => format!("printf(\"%lld\\n\", (long long) {name});"),
            "string" => format!("printf(\"%s\\n\", {name});"),
            "size" => format!("printf(\"%zu\\n\", sizeof({name}));"),
            "field" => {
                let (item, field) = name.split_once('.').unwrap();
                format!("printf(\"%zu %zu\\n\", offsetof({item}, {field}), sizeof((({item} *) 0)->{field}));")
            }
            kind => panic!("{kind} is no kind of fact"),
        };
        writeln!(program, "{statement}").unwrap();
    }
    let executable = folder.path().join("facts");
    // virError's deprecated fields are looked at on purpose.
    compile(
        "cc",
        folder.path(),
        &(program + "return 0; }\n"),
        &["-x", "c", "-w", "-o", executable.to_str().unwrap()],
    );
    let output = String::from_utf8(Command::new(&executable).output().unwrap().stdout).unwrap();
    let found: Vec<_> = output.lines().collect();
    assert_eq!(found.len(), facts.len());
    for ((_, name, value), found) in facts.iter().zip(found) {
        assert_eq!(found, value, "{name}");
    }
}

#[test]
fn no_name_is_lost_or_made_up() {
    let facts: BTreeSet<_> = facts()
        .into_iter()
        .filter(|(kind, ..)| matches!(kind.as_str(), "constant" | "number" | "string"))
        .map(|(_, name, _)| name)
        .collect();
    let api = api::load(&root()).unwrap();
    let mut ours = BTreeSet::new();
    for item in api.headers.iter().flat_map(|header| &header.items) {
        match item {
            Item::Enum(item) => {
                ours.extend(item.members.iter().chain(&item.sentinels).map(|member| member.name.clone()))
            }
            Item::Macro(item) if item.params.is_none() && !item.name.starts_with('_') => {
                assert!(matches!(&item.body, Body::Text(_) | Body::Raw(_)));
                ours.insert(item.name.clone());
            }
            _ => {}
        }
    }
    let different: Vec<_> = facts.symmetric_difference(&ours).collect();
    assert!(different.is_empty(), "{different:?}");
}

#[test]
fn everything_public_has_a_comment_and_a_release() {
    let api = api::load(&root()).unwrap();
    let mut bare = Vec::new();
    let mut check = |name: &str, doc: &api::model::Doc, dated: bool| {
        if doc.since.is_none() && dated || doc.lines.is_empty() && name != "VIR_FROM_NONE" {
            bare.push(name.to_owned());
        }
    };
    for item in api.headers.iter().flat_map(|header| &header.items) {
        match item {
            Item::Enum(item) => {
                check(&item.name, &item.doc, true);
                let members = item.members.iter().chain(&item.sentinels);
                members.for_each(|member| check(&member.name, &member.doc, true));
            }
            Item::Struct(item) => {
                check(&item.name, &item.doc, true);
                item.fields.iter().for_each(|field| check(&field.name, &field.doc, false));
            }
            Item::Typedef(item) => check(&item.name, &item.doc, true),
            Item::Callback(item) => check(&item.name, &item.doc, true),
            Item::Macro(item) => check(&item.name, &item.doc, true),
            Item::Variable(item) => check(&item.name, &item.doc, true),
            Item::Function(item) => check(&item.name, &item.doc, true),
        }
    }
    assert!(bare.is_empty(), "{bare:?}");
}

/// The rows of `capi/abi-facts.txt`: kind, name, value.
fn facts() -> Vec<(String, String, String)> {
    let text = fs::read_to_string(root().join("capi/abi-facts.txt")).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        (words.next().unwrap(), words.next().unwrap(), words.next().unwrap())
    });
    rows.collect()
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn compile(compiler: &str, folder: &Path, source: &str, flags: &[&str]) {
    let output = run(compiler, folder, source, flags);
    assert!(output.status.success(), "{compiler} {flags:?}:\n{}", String::from_utf8_lossy(&output.stderr));
}

fn run(compiler: &str, folder: &Path, source: &str, flags: &[&str]) -> std::process::Output {
    let path = folder.join("source");
    fs::write(&path, source).unwrap();
    Command::new(compiler).args(flags).arg("-I").arg(root().join("include")).arg(&path).output().unwrap()
}
