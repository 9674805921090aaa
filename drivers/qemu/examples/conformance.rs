//! How many definitions come out as libvirt's own tests expect them: `conformance --fixtures FOLDER [--show N]
//! [--only NAME] [--arch ARCH] [--peer FOLDER]` reads `qemuxmlconfdata/NAME.xml`, fills it in, and compares with
//! `NAME.ARCH-latest.xml`, or with the expected refusal where there is a `.err`. `--peer` names a folder with what the
//! libvirt of this host made of the same documents (`NAME.xml` or `NAME.err`), and `capabilities.replies` of its QEMU.

use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_core::layout::Layout;
use ferrovirt_driver_qemu::capabilities::{Answers, Capabilities};
use ferrovirt_driver_qemu::command::Settings;
use ferrovirt_driver_qemu::layout::{Paths, Site};
use ferrovirt_driver_qemu::validate;
use ferrovirt_driver_qemu::{defaults, firmware};
use ferrovirt_xml::{from_str, to_string};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to compare, and how much to say.
struct Options {
    fixtures: PathBuf,
    show: usize,
    only: Option<String>,
    arch: String,
    /// Where else the expected documents are, of guests that are defined anew on this host.
    peer: Option<PathBuf>,
}

impl Options {
    fn read() -> Option<Self> {
        let mut options =
            Self { fixtures: PathBuf::new(), show: 10, only: None, arch: "x86_64".into(), peer: None };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let value = args.next()?;
            match name.as_str() {
                "--fixtures" => options.fixtures = value.into(),
                "--show" => options.show = value.parse().ok()?,
                "--only" => options.only = Some(value),
                "--arch" => options.arch = value,
                "--peer" => options.peer = Some(value.into()),
                _ => return None,
            }
        }
        (!options.fixtures.as_os_str().is_empty()).then_some(options)
    }

    /// The recording that `latest` means.
    fn recording(&self) -> Option<PathBuf> {
        if let Some(peer) = &self.peer {
            return Some(peer.join("capabilities.replies"));
        }
        let folder = self.fixtures.join("qemucapabilitiesdata");
        let end = format!("_{}.replies", self.arch);
        let version = |name: &str| -> Vec<u32> {
            name.trim_start_matches("caps_").trim_end_matches(&end).split('.').flat_map(str::parse).collect()
        };
        let names =
            std::fs::read_dir(&folder).ok()?.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
        let last = names.filter(|name| name.ends_with(&end)).max_by_key(|name| version(name))?;
        Some(folder.join(last))
    }
}

/// What came of one fixture.
enum Outcome {
    Same,
    /// A refusal, as expected.
    Refused,
    /// The expected document has elements that no model knows yet.
    NotModelled,
    Differs(String),
}

fn main() -> ExitCode {
    let Some(options) = Options::read() else {
        eprintln!(
            "usage: conformance --fixtures FOLDER [--show N] [--only NAME] [--arch ARCH] [--peer FOLDER]"
        );
        return ExitCode::FAILURE;
    };
    let Some(capabilities) = options.recording().and_then(|path| capabilities(&path, options.peer.is_none()))
    else {
        eprintln!("SKIPPED: there are no recorded capabilities of {} in the fixtures", options.arch);
        return ExitCode::SUCCESS;
    };
    let mut counts = [0_usize; 4];
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for (name, expected) in cases(&options) {
        let outcome = compare(&options, &name, &expected, &capabilities);
        counts[match &outcome {
            Outcome::Same => 0,
            Outcome::Refused => 1,
            Outcome::NotModelled => 2,
            Outcome::Differs(difference) => {
                if counts[3] < options.show {
                    println!("{name}\n{difference}");
                }
                for line in difference.lines() {
                    *lines.entry(line.trim().to_owned()).or_default() += 1;
                }
                3
            }
        }] += 1;
    }
    let mut frequent: Vec<_> = lines.into_iter().collect();
    frequent.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    println!("most frequent differences:");
    frequent.iter().take(options.show).for_each(|(line, count)| println!("{count:5} {line}"));
    let [same, refused, strange, differ] = counts;
    println!(
        "{same} identical, {refused} refused as expected, {differ} differ, {strange} with elements not modelled yet"
    );
    if differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Base names, and the files with what is expected.
fn cases(options: &Options) -> Vec<(String, PathBuf)> {
    let own = options.fixtures.join("qemuxmlconfdata");
    let folder = options.peer.clone().unwrap_or(own);
    let end = if options.peer.is_some() { String::new() } else { format!(".{}-latest", options.arch) };
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = [".xml", ".err", ".abi-update.xml", ".abi-update.err"]
            .iter()
            .find_map(|kind| name.strip_suffix(&format!("{end}{kind}")));
        let Some(stem) = stem.filter(|stem| options.only.as_deref().is_none_or(|only| only == *stem)) else {
            continue;
        };
        cases.push((stem.to_owned(), entry.path()));
    }
    cases.sort();
    cases
}

/// The recorded capabilities, with machines called by their aliases, as the expected documents have them.
fn capabilities(recording: &Path, by_alias: bool) -> Option<Capabilities> {
    let sessions = Answers::from_recording(&std::fs::read_to_string(recording).ok()?).ok()?;
    let capabilities = Capabilities::from_answers(&sessions[0], sessions.get(1)).ok()?;
    if !by_alias {
        return Some(capabilities);
    }
    let mut value = serde_json::to_value(&capabilities).ok()?;
    for accelerator in value.get_mut("accelerators")?.as_array_mut()? {
        for machine in accelerator.get_mut("machines")?.as_array_mut()?.iter_mut() {
            if let Some(alias) = machine.as_object_mut()?.remove("alias").filter(|alias| !alias.is_null()) {
                machine["name"] = alias;
            }
        }
    }
    serde_json::from_value::<Capabilities>(Value::clone(&value)).ok()
}

fn compare(options: &Options, name: &str, expected: &Path, capabilities: &Capabilities) -> Outcome {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let input = read(&options.fixtures.join(format!("qemuxmlconfdata/{name}.xml")));
    let is_error = expected.extension().is_some_and(|kind| kind == "err");
    let is_new = options.peer.is_some() || expected.to_string_lossy().contains(".abi-update.");
    let wanted = without_comments(&read(expected));
    if !is_error {
        let same =
            from_str::<Domain>(&wanted, "file").is_ok_and(|model| to_string(&model).trim() == wanted.trim());
        if !same {
            return Outcome::NotModelled;
        }
    }
    let flags = ParseFlags { abi_update: is_new, ..ParseFlags::DEFINE };
    match (filled(options, &input, capabilities, flags), is_error) {
        (Err(error), true) => match (prefix(&error.to_string()), prefix(&wanted)) {
            (ours, theirs) if ours == theirs => Outcome::Refused,
            (_, theirs) => Outcome::Differs(format!("  refused with another code than {theirs:?}: {error}")),
        },
        (Err(error), false) => Outcome::Differs(format!("  refused: {error}")),
        (Ok(_), true) => {
            Outcome::Differs(format!("  taken, but expected: {}", wanted.lines().next().unwrap_or("")))
        }
        (Ok(model), false) => {
            let written = to_string(&model);
            let (wanted, written): (Vec<_>, Vec<_>) =
                (wanted.trim().lines().collect(), written.trim().lines().collect());
            if wanted == written { Outcome::Same } else { Outcome::Differs(difference(&wanted, &written)) }
        }
    }
}

fn filled(
    options: &Options,
    input: &str,
    capabilities: &Capabilities,
    flags: ParseFlags,
) -> ferrovirt_core::Result<Domain> {
    let firmware = firmware::folders(&options.fixtures.join("qemufirmwaredata"));
    let settings = Settings { firmware_folders: firmware, ..Settings::default() };
    let site = Site { paths: &Paths::new(Layout::system()), settings: &settings, secrets: None };
    let mut model = Domain::parse(input, flags)?;
    defaults::emulator(&mut model).or_else(|error| model.devices.emulator.clone().ok_or(error))?;
    defaults::fill(&mut model, capabilities, site, flags)?;
    validate::validate(&model, capabilities, &settings, flags)?;
    Ok(model)
}

/// The words that stand for the code of an error; other codes have none.
fn prefix(text: &str) -> Option<&'static str> {
    const KNOWN: [&str; 6] = [
        "unsupported configuration:",
        "XML error:",
        "internal error:",
        "invalid argument:",
        "operation failed:",
        "Requested operation is not valid:",
    ];
    KNOWN.into_iter().find(|known| text.starts_with(known))
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, behind)| behind);
    }
    kept + rest
}

/// The lines of either side that the other lacks, by the longest sequence that both have.
fn difference(wanted: &[&str], written: &[&str]) -> String {
    let (rows, columns) = (wanted.len(), written.len());
    let mut common = vec![vec![0_u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            common[row][column] = match wanted[row] == written[column] {
                true => common[row + 1][column + 1] + 1,
                false => common[row + 1][column].max(common[row][column + 1]),
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut shown = Vec::new();
    while row < rows || column < columns {
        if row < rows && column < columns && wanted[row] == written[column] {
            (row, column) = (row + 1, column + 1);
        } else if column == columns || (row < rows && common[row + 1][column] >= common[row][column + 1]) {
            shown.push(format!("  -{}", wanted[row]));
            row += 1;
        } else {
            shown.push(format!("  +{}", written[column]));
            column += 1;
        }
    }
    shown.join("\n")
}
