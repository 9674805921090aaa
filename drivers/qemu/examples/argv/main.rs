//! Compares the command lines of fixtures with those that we build: `argv --fixtures FOLDER [--show N] [NAME…]`.

mod compare;
mod recorded;

use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_driver_qemu::capabilities::{Answers, Capabilities};
use ferrovirt_driver_qemu::command::{CommandLine, Context, arguments, prepare};
use ferrovirt_driver_qemu::{addresses, aliases};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const SUFFIX: &str = ".x86_64-latest";
const CAPABILITIES: &str = "qemucapabilitiesdata/caps_10.0.0_x86_64.replies";

struct Options {
    fixtures: PathBuf,
    show: usize,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("usage: argv --fixtures FOLDER [--show N] [NAME...]");
        return ExitCode::FAILURE;
    };
    let replies =
        std::fs::read_to_string(options.fixtures.join(CAPABILITIES)).expect("recorded capabilities");
    let mut sessions = Answers::from_recording(&replies).expect("a recording");
    let tcg = (sessions.len() > 1).then(|| sessions.remove(1));
    let capabilities = Capabilities::from_answers(&sessions[0], tcg.as_ref()).expect("a usable QEMU");
    let (mut same, mut different, mut refused, mut shown) = (0, Vec::new(), Vec::new(), 0);
    for name in names(&options) {
        let base = options.fixtures.join("qemuxmlconfdata").join(format!("{name}{SUFFIX}"));
        let expected = compare::read(&with(&base, "args"));
        match build(&with(&base, "xml"), &capabilities) {
            Ok(line) => {
                let difference = compare::difference(&expected, &line);
                if difference.is_empty() {
                    same += 1;
                    continue;
                }
                if shown < options.show {
                    shown += 1;
                    println!("== {name}");
                    difference.iter().take(12).for_each(|line| println!("  {line}"));
                }
                different.push(name);
            }
            Err(err) => {
                if shown < options.show {
                    shown += 1;
                    println!("== {name}\n  refused: {err}");
                }
                refused.push(name);
            }
        }
    }
    println!("{same} identical, {} different, {} refused", different.len(), refused.len());
    ExitCode::SUCCESS
}

fn options() -> Option<Options> {
    let mut options = Options { fixtures: PathBuf::new(), show: 0, names: Vec::new() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--fixtures" => options.fixtures = args.next()?.into(),
            "--show" => options.show = args.next()?.parse().ok()?,
            name => options.names.push(name.to_owned()),
        }
    }
    (!options.fixtures.as_os_str().is_empty()).then_some(options)
}

/// All fixtures that have a command line, unless some are named.
fn names(options: &Options) -> Vec<String> {
    if !options.names.is_empty() {
        return options.names.clone();
    }
    let folder = std::fs::read_dir(options.fixtures.join("qemuxmlconfdata")).expect("fixtures");
    let files = folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.strip_suffix(&format!("{SUFFIX}.args"))?.to_owned())).collect();
    names.sort();
    names
}

fn with(base: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", base.display()))
}

/// The command line of a definition in which all defaults are filled in.
fn build(path: &Path, capabilities: &Capabilities) -> Result<CommandLine, String> {
    let text = std::fs::read_to_string(path).map_err(|err| err.to_string())?;
    let parsed = Domain::parse(&text, ParseFlags { inactive: true, ..ParseFlags::default() });
    let mut model = parsed.map_err(|err| format!("parse: {err}"))?;
    addresses::assign(&mut model, capabilities, true).map_err(|err| format!("addresses: {err}"))?;
    aliases::assign(&mut model);
    recorded::as_in_the_tests(&mut model);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    recorded::with_surroundings(name, &model.clone(), |host| {
        prepare(&mut model, host);
        let context = Context { model: &model, capabilities, host };
        arguments(context, &mut recorded::Numbers::of(&model)).map_err(|err| err.to_string())
    })
}
