//! The peer's own expected definitions: each must come back as it was, by itself and through all steps, and pass the
//! strict check.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_xml::{from_str, to_string};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder with the peer's files, if it is beside the project.
fn fixtures() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = here.ancestors().map(|folder| folder.join("shared/fixtures")).find(|path| path.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: the peer's fixtures are not beside the project");
    }
    folder
}

/// The documents that the peer has written: those of `genericxml2xmloutdata`, and in `qemuxmlconfdata` those whose
/// names tell architecture and version.
fn outputs(fixtures: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for (folder, all) in [("genericxml2xmloutdata", true), ("qemuxmlconfdata", false)] {
        let Ok(files) = fs::read_dir(fixtures.join(folder)) else { continue };
        for path in files.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_output = name.ends_with(".xml") && (all || names_target(name));
            if is_output && let Ok(text) = fs::read_to_string(&path) {
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 100, "the fixtures are incomplete");
    found
}

/// Whether it is `NAME.ARCHITECTURE-VERSION.xml`.
fn names_target(name: &str) -> bool {
    let after_dot = name.split('.').nth(1);
    after_dot.and_then(|target| target.split_once('-')).is_some_and(|(arch, _)| arch.parse::<Arch>().is_ok())
}

/// Documents of running guests say so in their first line.
fn is_live(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("<domain ") && line.contains(" id='"))
}

fn assert_none(failures: &[String]) {
    assert!(failures.is_empty(), "{} files differ:\n{failures:#?}", failures.len());
}

#[test]
fn outputs_come_back_as_they_were() {
    let Some(fixtures) = fixtures() else { return };
    let mut failures = Vec::new();
    for (path, text) in outputs(&fixtures) {
        match from_str::<Domain>(&text, "fixture") {
            Ok(domain) if to_string(&domain).trim() == text.trim() => {}
            Ok(_) => failures.push(path.display().to_string()),
            Err(err) => failures.push(format!("{}: {err}", path.display())),
        }
    }
    assert_none(&failures);
}

#[test]
fn outputs_pass_the_strict_check_and_all_steps() {
    let Some(fixtures) = fixtures() else { return };
    let mut failures = Vec::new();
    // Those that the schema refuses say so in their names.
    let valid = |path: &Path| !path.to_string_lossy().contains("-invalid.");
    for (path, text) in outputs(&fixtures).into_iter().filter(|(path, _)| valid(path)) {
        let flags = ParseFlags { schema: true, inactive: !is_live(&text), ..ParseFlags::STATUS };
        match Domain::read(&text, flags) {
            Ok(domain) if domain.format().trim() == text.trim() => {}
            Ok(_) => failures.push(path.display().to_string()),
            Err(err) => failures.push(format!("{}: {err}", path.display())),
        }
    }
    assert_none(&failures);
}

/// Inputs that the peer refuses have one of these in their names.
const REFUSED: &[&str] = &["-invalid-mode", "-missing-", "-colliding-", "-multiple-source"];
/// The input whose output has a random part.
const RANDOM: &str = "network-interface-mac-clear.xml";

/// What the peer's generic test makes of its inputs, without any hypervisor's defaults.
#[test]
fn generic_inputs_become_the_outputs() {
    let Some(fixtures) = fixtures() else { return };
    let (inputs, outputs) = (fixtures.join("genericxml2xmlindata"), fixtures.join("genericxml2xmloutdata"));
    let mut failures = Vec::new();
    for input in fs::read_dir(&inputs).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let Some(name) = input.file_name() else { continue };
        let name = name.to_string_lossy();
        if name == RANDOM {
            continue;
        }
        // A file that the output does not differ from is there only once.
        let output =
            Some(outputs.join(&*name)).filter(|path| path.is_file()).unwrap_or_else(|| input.clone());
        let (Ok(text), Ok(expected)) = (fs::read_to_string(&input), fs::read_to_string(&output)) else {
            continue;
        };
        let flags = ParseFlags { inactive: !is_live(&expected), ..ParseFlags::default() };
        let refused = REFUSED.iter().any(|part| name.contains(part));
        match Domain::read(&text, flags) {
            Ok(_) if refused => failures.push(format!("{name}: accepted")),
            Err(_) if refused => {}
            Ok(domain) if domain.format().trim() == expected.trim() => {}
            Ok(domain) => {
                let got = domain.format();
                let differs = got.lines().zip(expected.lines()).find(|(a, b)| a != b);
                failures.push(format!("{}: {differs:?}", name));
            }
            Err(err) => failures.push(format!("{}: {err}", name)),
        }
    }
    assert_none(&failures);
}
