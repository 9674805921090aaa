//! Whether files come back as they were: `identity KIND FILE...` reads each file as that kind of model, writes it, and
//! shows where the two differ. White space at both ends and comments don't count.

use ferrovirt_conf::{capabilities, cpu, domain, domain_capabilities, network};
use ferrovirt_xml::{XmlElement, from_str, to_string};
use std::process::ExitCode;

/// Reads and writes a text once.
type Round = fn(&str) -> Result<String, String>;

/// Every kind there is; a new model is a new line.
const KINDS: &[(&str, Round)] = &[
    ("domain", round::<domain::Domain>),
    ("domain-steps", all_steps),
    ("guest-cpu", round::<cpu::GuestCpu>),
    ("host-cpu", round::<cpu::HostCpu>),
    ("network", round::<network::Network>),
    ("network-port", round::<network::NetworkPort>),
    ("capabilities", round::<capabilities::Capabilities>),
    ("domain-capabilities", round::<domain_capabilities::DomainCapabilities>),
];

/// How many differing lines are shown of a file.
const SHOWN: usize = 6;

fn round<T: XmlElement>(text: &str) -> Result<String, String> {
    from_str::<T>(text, "file").map(|value| to_string(&value)).map_err(|err| err.to_string())
}

/// Reads a definition with its defaults and checks, strictly.
fn all_steps(text: &str) -> Result<String, String> {
    let start = text.split_once("<domain").map_or("", |(_, rest)| rest.split('>').next().unwrap_or(""));
    let live = start.contains(" id='");
    let flags = domain::ParseFlags { schema: true, inactive: !live, ..domain::ParseFlags::STATUS };
    domain::Domain::read(text, flags).map(|domain| domain.format()).map_err(|err| err.to_string())
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let kind = args.next().unwrap_or_default();
    let Some((_, round)) = KINDS.iter().find(|(name, _)| *name == kind) else {
        let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: identity KIND FILE...\nKIND is one of {}", names.join(", "));
        return ExitCode::FAILURE;
    };
    let (mut same, mut all) = (0, 0);
    for path in args {
        all += 1;
        match compare(&path, *round) {
            Ok(()) => same += 1,
            Err(difference) => println!("{path}\n{difference}"),
        }
    }
    println!("{same} of {all} files came back as they were");
    if same == all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compare(path: &str, round: Round) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|err| format!("  {err}"))?;
    let text = without_comments(&text);
    let written = round(&text).map_err(|err| format!("  {err}"))?;
    let (wanted, written) = (lines(&text), lines(&written));
    if wanted == written { Ok(()) } else { Err(difference(&wanted, &written)) }
}

fn lines(text: &str) -> Vec<&str> {
    text.trim().lines().filter(|line| !line.trim().is_empty()).collect()
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

/// The lines of either side that the other lacks, found by walking both and looking ahead for the next common line.
fn difference(wanted: &[&str], written: &[&str]) -> String {
    let (mut a, mut b) = (0, 0);
    let mut shown = Vec::new();
    while (a < wanted.len() || b < written.len()) && shown.len() < SHOWN {
        if a < wanted.len() && b < written.len() && wanted[a] == written[b] {
            (a, b) = (a + 1, b + 1);
            continue;
        }
        let (skip_a, skip_b) = next_common(&wanted[a..], &written[b..]);
        shown.extend(
            wanted[a..a + skip_a].iter().enumerate().map(|(i, line)| format!("  -{:4} {line}", a + i + 1)),
        );
        shown.extend(written[b..b + skip_b].iter().map(|line| format!("  +     {line}")));
        (a, b) = (a + skip_a, b + skip_b);
    }
    shown.truncate(SHOWN);
    shown.join("\n")
}

/// How many lines of each side to skip to come to a line that both have.
fn next_common(a: &[&str], b: &[&str]) -> (usize, usize) {
    for total in 1..a.len() + b.len() {
        for skip_a in 0..=total.min(a.len()) {
            let skip_b = total - skip_a;
            if skip_b <= b.len() && a.get(skip_a).is_some() && a.get(skip_a) == b.get(skip_b) {
                return (skip_a, skip_b);
            }
        }
    }
    (a.len(), b.len())
}
