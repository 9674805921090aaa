//! Whether the models make of documents what libvirt's own tests expect: `xml_pairs FIXTURES [--suite NAME]
//! [--show N]`. Prints a line `SUITE SAME ALL` for each suite, and before it what differs and why.
//!
//! An input without an output is to come back unchanged, or to be refused.

use ferrovirt_conf::documents::{DocumentKind, kind_named};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Inputs, the folder with what is expected of them, and their kind.
struct Suite {
    name: &'static str,
    inputs: &'static str,
    outputs: &'static str,
    kind: &'static str,
}

const fn suite(name: &'static str, inputs: &'static str, outputs: &'static str, kind: &'static str) -> Suite {
    Suite { name, inputs, outputs, kind }
}

const SUITES: &[Suite] = &[
    suite("generic domains", "genericxml2xmlindata", "genericxml2xmloutdata", "domain"),
    suite("networks", "networkxml2xmlin", "networkxml2xmlout", "network"),
    suite("network ports", "virnetworkportxml2xmldata", "virnetworkportxml2xmldata", "network-port"),
    suite("network updates", "networkxml2xmlupdateout", "networkxml2xmlupdateout", "network"),
    suite("network filters", "nwfilterxml2xmlin", "nwfilterxml2xmlout", "filter"),
    suite("network filters, printed", "nwfilterxml2xmlout", "nwfilterxml2xmlout", "filter"),
    suite(
        "filter bindings",
        "virnwfilterbindingxml2xmldata",
        "virnwfilterbindingxml2xmldata",
        "filter-binding",
    ),
    suite("secrets", "secretxml2xmlin", "secretxml2xmlin", "secret"),
    suite("storage pools", "storagepoolxml2xmlin", "storagepoolxml2xmlout", "pool"),
    suite("storage pools, printed", "storagepoolxml2xmlout", "storagepoolxml2xmlout", "pool"),
    suite("storage volumes", "storagevolxml2xmlin", "storagevolxml2xmlout", "volume"),
    suite("storage volumes, printed", "storagevolxml2xmlout", "storagevolxml2xmlout", "volume"),
    suite("pool capabilities", "storagepoolcapsschemadata", "storagepoolcapsschemadata", "pool-capabilities"),
    suite("node devices", "nodedevschemadata", "nodedevxml2xmlout", "node-device"),
    suite("interfaces", "interfaceschemadata", "interfaceschemadata", "interface"),
    suite("domain capabilities", "domaincapsdata", "domaincapsdata", "domain-capabilities"),
];

struct Options {
    fixtures: PathBuf,
    suite: Option<String>,
    show: usize,
}

fn options() -> Option<Options> {
    let mut args = std::env::args().skip(1);
    let mut options = Options { fixtures: args.next()?.into(), suite: None, show: usize::MAX };
    while let Some(name) = args.next() {
        let value = args.next()?;
        match name.as_str() {
            "--suite" => options.suite = Some(value),
            "--show" => options.show = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(options)
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("usage: xml_pairs FIXTURES [--suite NAME] [--show N]");
        return ExitCode::FAILURE;
    };
    for suite in SUITES.iter().filter(|suite| options.suite.as_deref().is_none_or(|name| suite.name == name))
    {
        let inputs = documents(&options.fixtures.join(suite.inputs));
        let judged: Vec<_> = inputs.iter().filter_map(|path| judge(suite, path, &options.fixtures)).collect();
        let failures: Vec<_> = judged.iter().filter_map(|verdict| verdict.as_ref().err()).collect();
        failures.iter().take(options.show).for_each(|failure| println!("  {failure}"));
        println!("{}\t{}\t{}", suite.name, judged.len() - failures.len(), judged.len());
    }
    ExitCode::SUCCESS
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|kind| kind == "xml")).collect();
    paths.sort();
    paths
}

/// Why a document does not come out as it should; `None` where nothing can be expected of it.
fn judge(suite: &Suite, input: &Path, fixtures: &Path) -> Option<Result<(), String>> {
    let name = input.file_stem().unwrap_or_default().to_string_lossy();
    if EXCEPTIONS.iter().any(|(folder, exception, _)| *folder == suite.inputs && *exception == name) {
        return None;
    }
    let text = std::fs::read_to_string(input).unwrap_or_default();
    let wanted = std::fs::read_to_string(fixtures.join(suite.outputs).join(format!("{name}.xml")));
    let outcome = match ((kind_of(suite, &name).print_back)(&text), &wanted) {
        (Ok(printed), Ok(wanted)) => compare(wanted, &printed, &text),
        // Equal, or to be refused: the folder does not say which.
        (Ok(printed), Err(_)) => compare(&text, &printed, &text),
        (Err(err), Ok(_)) => Err(format!("refused: {err}")),
        (Err(_), Err(_)) => Ok(()),
    };
    Some(outcome.map_err(|why| format!("{name}: {why}")))
}

/// Documents that are not what their folder is for, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("nwfilterxml2xmlout", "ipv6-test", "was never printed: its rule has no priority"),
    ("storagepoolxml2xmlin", "pool-netfs-gluster-without-slash", "is the input of another test only"),
    ("storagevolxml2xmlin", "vol-file-qcow2", "is the input of another test only"),
    ("storagevolxml2xmlin", "vol-qcow2-luks-convert", "is the input of another test only"),
    ("nodedevschemadata", "DVD_with_media", "its test adds sizes that are not read from documents"),
    ("nodedevschemadata", "mdev_cc000052_9b13_9b13_9b13_cc23009b1326", "is the input of another test only"),
];

/// Of volumes, the name tells what pool they are in.
fn kind_of(suite: &Suite, name: &str) -> &'static DocumentKind {
    let kind = match suite.kind {
        "volume" if name.contains("partition") => "partition",
        "volume" if name.contains("logical") => "logical-volume",
        kind => kind,
    };
    kind_named(kind).expect("the table above names kinds that there are")
}

/// The first lines that differ. Comments, empty lines, and what is made up anew each time do not count.
fn compare(wanted: &str, printed: &str, input: &str) -> Result<(), String> {
    let (wanted, printed) = (without_comments(wanted), without_comments(printed));
    let made_up = |line: &&str| {
        ["<uuid>", "<creationTime>", "<mac address="]
            .iter()
            .any(|start| line.trim_start().starts_with(start) && !input.contains(line.trim()))
    };
    let lines = |text: &'_ str| -> Vec<String> {
        let kept = text.lines().filter(|line| !line.trim().is_empty() && !made_up(line));
        kept.map(|line| line.trim_end().to_owned()).collect()
    };
    let (wanted, printed) = (lines(&wanted), lines(&printed));
    let longest = wanted.len().max(printed.len());
    let at = |lines: &[String], number: usize| lines.get(number).cloned().unwrap_or_default();
    match (0..longest).find(|number| wanted.get(*number) != printed.get(*number)) {
        None => Ok(()),
        Some(number) => {
            Err(format!("expected {:?}, not {:?}", at(&wanted, number).trim(), at(&printed, number).trim()))
        }
    }
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
