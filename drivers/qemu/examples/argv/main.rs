//! Compares the command lines of fixtures with those that we build: `argv --fixtures FOLDER [--show N] [NAME…]`.

mod compare;
mod recorded;

use ferrovirt_driver_qemu::capabilities::{Answers, Capabilities};
use std::path::PathBuf;
use std::process::ExitCode;

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
    for name in recorded::names(&options.fixtures) {
        if !options.names.is_empty() && !options.names.contains(&name) {
            continue;
        }
        let base = options.fixtures.join("qemuxmlconfdata").join(format!("{name}{}", recorded::SUFFIX));
        let expected = compare::read(&recorded::with(&base, "args"));
        match recorded::build(&recorded::with(&base, "xml"), &capabilities) {
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
