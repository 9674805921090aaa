//! Puts the answers of two libraries side by side.

use std::collections::BTreeMap;

/// Calls whose answers are not compared, and why: lines `FUNCTION [ARGUMENT=VALUE…]: REASON`. A function alone stands for
/// all its calls; `*` at the end of a word for whatever follows. After a `~` only the error is compared, not the result.
pub struct Known(Vec<Row>);

struct Row {
    function: String,
    arguments: Vec<String>,
    /// The result may be another, not the error.
    error_only: bool,
}

#[derive(Debug, Default)]
pub struct Report {
    pub equal: usize,
    pub left_out: usize,
    pub differences: Vec<String>,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Answer<'a> {
    result: &'a str,
    /// `code/domain`
    error: &'a str,
    message: &'a str,
}

impl Known {
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.filter_map(|line| line.split_once(": ")).map(|(call, _)| Row::parse(call)).collect())
    }

    /// The row for a call.
    fn find(&self, call: &str) -> Option<&Row> {
        let Row { function, arguments, .. } = Row::parse(call);
        let fits = |row: &Row| {
            let named = row.function == function
                || row.function.strip_suffix('*').is_some_and(|beginning| function.starts_with(beginning));
            named && row.arguments.iter().all(|wanted| arguments.iter().any(|given| one_of(wanted, given)))
        };
        self.0.iter().find(|row| fits(row))
    }
}

impl Row {
    fn parse(call: &str) -> Self {
        let error_only = call.starts_with('~');
        let mut words = call.trim_start_matches('~').split(' ').map(str::to_owned);
        Self { function: words.next().unwrap_or_default(), arguments: words.collect(), error_only }
    }
}

fn one_of(wanted: &str, given: &str) -> bool {
    let any = wanted.strip_suffix('*').is_some_and(|beginning| given.starts_with(beginning));
    any || wanted == given
}

/// Compares result, error code and domain of each call.
pub fn compare(peer: &str, ours: &str, known: &Known) -> Report {
    let (peer, ours) = (answers(peer), answers(ours));
    let mut report = Report::default();
    for (call, expected) in &peer {
        let Some(found) = ours.get(call) else {
            report.differences.push(format!("{call}\n    ours: no answer"));
            continue;
        };
        let known = known.find(call);
        if known.is_some_and(|row| !row.error_only) {
            report.left_out += 1;
            continue;
        }
        // Of what crashes the peer we learn only that ours must not.
        let lost = matches!(found.result, "CRASH" | "HANG");
        if expected.result == "CRASH" && !lost {
            report.left_out += 1;
        } else if lost || found.error != expected.error || known.is_none() && found.result != expected.result
        {
            report.differences.push(format!(
                "{call}\n    peer: {}\n    ours: {}",
                expected.text(),
                found.text()
            ));
        } else {
            report.equal += 1;
        }
    }
    report
}

impl<'a> Answer<'a> {
    fn parse(line: &'a str) -> Option<(&'a str, Self)> {
        let mut parts = line.split('\t');
        let call = parts.next()?;
        Some((call, Self { result: parts.next()?, error: parts.next()?, message: parts.next()? }))
    }

    fn text(self) -> String {
        format!("{} {} {}", self.result, self.error, self.message)
    }
}

fn answers(text: &str) -> BTreeMap<&str, Answer<'_>> {
    text.lines().filter_map(Answer::parse).collect()
}
