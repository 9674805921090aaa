//! What came of a line, and what of it must be the same.

use anyhow::{Context, Result};
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// What virsh said.
#[derive(Debug)]
pub struct Answer {
    out: String,
    err: String,
    code: String,
}

impl Answer {
    pub fn read(folder: &Path, number: usize) -> Result<Self> {
        let part = |ending: &str| {
            let path = folder.join(format!("{number}.{ending}"));
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            Ok::<_, anyhow::Error>(String::from_utf8_lossy(&bytes).into_owned())
        };
        Ok(Self { out: part("out")?, err: part("err")?, code: part("code")? })
    }
}

/// What of an answer is compared, line by line.
#[derive(Debug, PartialEq, Eq)]
pub struct Normal(Vec<String>);

impl Normal {
    /// The lines of `other` (`+`) that stand in place of lines of this one (`-`); `None` where all are the same.
    pub fn difference(&self, other: &Self) -> Option<String> {
        const SHOWN: usize = 12;
        let (mine, others) = (&self.0[..], &other.0[..]);
        let before = mine.iter().zip(others).take_while(|(a, b)| a == b).count();
        let (mine, others) = (&mine[before..], &others[before..]);
        if mine.is_empty() && others.is_empty() {
            return None;
        }
        let behind = mine.iter().rev().zip(others.iter().rev()).take_while(|(a, b)| a == b).count();
        let part = |sign: char, lines: &[String]| {
            let more = lines.len().saturating_sub(SHOWN);
            let shown: String = lines.iter().take(SHOWN).map(|line| format!("  {sign} {line}\n")).collect();
            if more > 0 { format!("{shown}  {sign} … and {more} more\n") } else { shown }
        };
        let (mine, others) = (&mine[..mine.len() - behind], &others[..others.len() - behind]);
        Some(part('-', mine) + &part('+', others))
    }
}

/// The table of error codes.
const CODES: &str = "src/core/src/error/codes.rs";

/// What stands before the detail, and what stands without one, in the rows of the table.
fn prefixes(codes: &str) -> Vec<String> {
    let rows = codes.lines().filter(|line| line.trim_start().starts_with("VIR_ERR_"));
    let texts = rows.flat_map(|row| row.split('"').skip(1).step_by(2).take(2));
    let parts = texts.map(|text| text.split("{}").next().unwrap_or_default().trim_end_matches([' ', ':']));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Beginnings of lines by which virsh announces the library's error.
const ANNOUNCEMENTS: &[&str] =
    &["Failed", "failed", "Unable", "unable", "Cannot", "cannot", "Couldn't", "couldn't", "Could not"];

/// Words of lines that tell of a moment or of numbers that no two runs share.
const MOVING: &[&str] = &[
    "CPU time",
    "Time:",
    "_time",
    "creationTime",
    "atime>",
    "mtime>",
    "ctime>",
    "btime>",
    "Creation Time",
    ".time=",
    "rd_",
    "wr_",
    "rx_",
    "tx_",
    "number of",
    "Time elapsed",
    "processed",
    "remaining",
    "Memory bandwidth",
    "rss",
    "last_update",
    "last-update",
    "usable",
    "unused",
    "available",
    "minor_fault",
    "major_fault",
    "disk_caches",
    "Allocation",
    "allocation",
    "physical",
    "Available",
    "haltpoll",
    "cpu.",
    "halt",
    "exits",
    "Physical",
    "Iteration",
    "Expiry",
];

/// How errors of the system end, of which each library says in its own words where they happened.
const SYSTEM: &[&str] = &["No such file or directory", "Permission denied", "Is a directory", "File exists"];

/// Numbers that a program gives things as they come, behind these texts.
const NUMBERED: &[&str] = &["\"id\":\"libvirt-", "\"id\": \"libvirt-", "\"fd\":\"", "/dev/pts/"];

/// A line with `N` in place of the numbers behind `before`.
fn numbered(line: &str, before: &str) -> String {
    let mut parts = line.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + before + "N" + part.trim_start_matches(|letter: char| letter.is_ascii_digit())
    })
}

/// Whether a line has a moment in it, as in `2026-11-27 06:58:42`.
fn has_date(line: &str) -> bool {
    line.split_whitespace().any(|word| word.len() == 10 && word.split('-').map(str::len).eq([4, 2, 2]))
}

/// How answers are made comparable.
pub struct Form {
    /// What belongs to the documents, and so is no accident of a run.
    known: HashSet<String>,
    /// Fixed texts of error codes that libvirt puts before what it says. What follows is each library's own.
    prefixes: Vec<String>,
}

impl Form {
    pub fn of_documents(folder: &Path) -> Result<Self> {
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        let texts = files.filter_map(|entry| fs::read_to_string(entry.path()).ok());
        let known = texts.flat_map(|text| keys(&text).into_iter().map(str::to_owned).collect::<Vec<_>>());
        let codes = fs::read_to_string(crate::root().join(CODES)).context(CODES)?;
        Ok(Self { known: known.collect(), prefixes: prefixes(&codes) })
    }

    /// What must be the same: the texts without what chance has made, the fixed parts of errors, the exit code; and no
    /// numbers where the command begins with `~`.
    pub fn normal(&self, answer: &Answer, command: &str) -> Normal {
        let out = answer.out.lines().map(|line| self.line(line));
        let mut lines: Vec<_> = match command.starts_with('~') {
            true => out.map(|line| without_numbers(&line)).collect(),
            false => out.collect(),
        };
        if command.trim_start_matches('~').starts_with("domstats") {
            // libvirt has domains in no order.
            lines = sorted_parts(&lines);
        }
        lines.extend(self.errors(&answer.err));
        lines.push(format!("exit code {}", answer.code.trim()));
        Normal(lines)
    }

    fn line(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for key in keys(&line.clone()) {
            if !self.known.contains(key) {
                line = line.replace(key, "KEY");
            }
        }
        for before in NUMBERED {
            line = numbered(&line, before);
        }
        if MOVING.iter().any(|word| line.contains(word)) || has_date(&line) {
            line = without_numbers(&line);
        }
        // Columns are as wide as what chance has put into them.
        line.split_whitespace()
            .filter(|word| !word.bytes().all(|byte| byte == b'-'))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The fixed text that an error begins with. Of arguments that contradict each other, and of documents, libvirt says so
    /// without one.
    fn prefix(&self, said: &str) -> Option<&str> {
        let is_place =
            |text: &str| text.starts_with("at line ") || text.starts_with('(') && text.contains("):");
        if is_place(said) {
            return Some("parser error");
        }
        const OF_ARGUMENTS: [&str; 5] = [
            "unsupported flags (",
            "are mutually exclusive",
            "must not be zero",
            "must be a valid UUID",
            "Invalid cpuNum",
        ];
        if OF_ARGUMENTS.iter().any(|words| said.contains(words)) {
            return Some("invalid argument");
        }
        if let Some(what) = SYSTEM.iter().find(|what| said.ends_with(**what)) {
            return Some(what);
        }
        let fitting = self.prefixes.iter().filter(|prefix| said.starts_with(prefix.as_str()));
        fitting.max_by_key(|prefix| prefix.len()).map(String::as_str)
    }

    fn errors(&self, text: &str) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let Some(said) = line.strip_prefix("error: ") else {
                // Errors go on over several lines.
                if lines.last().is_none_or(|last| !last.ends_with('*')) {
                    lines.push(format!("error: {}", self.line(line)));
                }
                continue;
            };
            let announced = lines
                .last()
                .and_then(|last| last.strip_prefix("error: "))
                .is_some_and(|last| ANNOUNCEMENTS.iter().any(|word| last.starts_with(word)));
            lines.push(match self.prefix(said) {
                Some(prefix) => format!("error: {prefix} *"),
                None if announced => "error: what the system says *".to_owned(),
                None => format!("error: {}", self.line(said)),
            });
        }
        lines
    }
}

/// The parts of a text that empty lines part, in order.
fn sorted_parts(lines: &[String]) -> Vec<String> {
    let mut parts: Vec<_> = lines.split(|line| line.is_empty()).filter(|part| !part.is_empty()).collect();
    parts.sort();
    parts.concat()
}

/// UUIDs and addresses of interfaces in a text.
fn keys(text: &str) -> Vec<&str> {
    let is_of_key = |letter: char| letter.is_ascii_hexdigit() || letter == '-' || letter == ':';
    let words = text.split(|letter| !is_of_key(letter));
    words.filter(|word| is_uuid(word) || is_mac(word)).collect()
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

fn is_mac(word: &str) -> bool {
    word.len() == 17 && word.split(':').map(str::len).eq([2; 6])
}

/// A line with a `0` for each number.
fn without_numbers(line: &str) -> String {
    let mut text = String::new();
    for letter in line.chars() {
        match letter {
            '0'..='9' if text.ends_with('0') => {}
            '0'..='9' => text.push('0'),
            '.' | ',' if text.ends_with('0') => {}
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let codes =
            "VIR_ERR_INTERNAL_ERROR = 1 => Internal, \"internal error\", \"internal error: {}\", since";
        let known = ["11111111-2222-3333-4444-000000000001".to_owned()].into();
        Form { known, prefixes: prefixes(codes) }
    }

    #[test]
    fn what_chance_has_made_is_not_compared() {
        let line = |text: &str| form().line(text);
        assert_eq!(
            line("uuid 11111111-2222-3333-4444-000000000001"),
            "uuid 11111111-2222-3333-4444-000000000001"
        );
        assert_eq!(line("uuid 21111111-2222-3333-4444-000000000001 x"), "uuid KEY x");
        assert_eq!(line("CPU time:       1.35s"), line("CPU time: 12.1s"));
        assert_ne!(line("Id: 1"), line("Id: 2"));
    }

    #[test]
    fn only_the_lines_that_differ_are_shown() {
        let normal = |lines: &[&str]| Normal(lines.iter().map(|line| (*line).to_owned()).collect());
        let (mine, others) = (normal(&["a", "b", "c"]), normal(&["a", "x", "y", "c"]));
        assert_eq!(mine.difference(&others).unwrap(), "  - b\n  + x\n  + y\n");
        assert_eq!(mine.difference(&mine), None);
    }

    #[test]
    fn of_errors_what_virsh_says_and_the_codes_are_compared() {
        let errors =
            form().errors("error: Failed to start domain 'x'\nerror: internal error: this\nand that\n");
        assert_eq!(errors, ["error: Failed to start domain 'x'", "error: internal error *"]);
        let errors = form().errors("error: Cannot open\nerror: No such file\n");
        assert_eq!(errors, ["error: Cannot open", "error: what the system says *"]);
    }
}
