//! Puts the answers of two libraries side by side.

use std::collections::BTreeMap;

/// Calls whose answers are not compared, and why: lines `FUNCTION [ARGUMENT=VALUE…]: REASON`. A function alone stands for
/// all its calls; `*` at the end of a word for whatever follows. After a `~` only the error is compared, not the result;
/// after a `^` both, but not who was told of the error.
pub struct Known(Vec<Row>);

struct Row {
    function: String,
    arguments: Vec<String>,
    reason: String,
    /// The result may be another, not the error.
    error_only: bool,
    /// Our library tells more of an error: the connection, or the application's function.
    wherever_told: bool,
}

#[derive(Debug, Default)]
pub struct Report {
    pub equal: usize,
    /// How many calls were not compared, by the reason.
    pub left_out: BTreeMap<String, usize>,
    pub differences: Vec<String>,
}

impl Report {
    fn leave_out(&mut self, reason: &str) {
        *self.left_out.entry(reason.to_owned()).or_default() += 1;
    }
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Answer<'a> {
    result: &'a str,
    /// `code/domain`, and who was told: `/code at the connection/calls of the application's function`.
    error: &'a str,
    message: &'a str,
}

impl Known {
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let rows = lines.filter_map(|line| line.split_once(": "));
        Self(rows.map(|(call, reason)| Row::parse(call, reason)).collect())
    }

    /// The row for a call.
    fn find(&self, call: &str) -> Option<&Row> {
        let Row { function, arguments, .. } = Row::parse(call, "");
        let fits = |row: &Row| {
            let named = row.function == function
                || row.function.strip_suffix('*').is_some_and(|beginning| function.starts_with(beginning));
            named && row.arguments.iter().all(|wanted| arguments.iter().any(|given| one_of(wanted, given)))
        };
        self.0.iter().find(|row| fits(row))
    }
}

impl Row {
    fn parse(call: &str, reason: &str) -> Self {
        let error_only = call.starts_with('~');
        let wherever_told = call.starts_with('^');
        let mut words = call.trim_start_matches(['~', '^']).split(' ').map(str::to_owned);
        let function = words.next().unwrap_or_default();
        let (arguments, reason) = (words.collect(), reason.to_owned());
        Self { function, arguments, reason, error_only, wherever_told }
    }

    /// Whether two answers agree in what the row leaves to be compared.
    fn alike(&self, peer: Answer<'_>, ours: Answer<'_>) -> bool {
        let same_error =
            if self.wherever_told { peer.code() == ours.code() } else { peer.error == ours.error };
        same_error && (self.error_only || peer.result == ours.result)
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
        if let Some(row) = known.filter(|row| !row.error_only && !row.wherever_told) {
            report.leave_out(&row.reason);
            continue;
        }
        // Of what crashes the peer we learn only that ours must not.
        let lost = matches!(found.result, "CRASH" | "HANG");
        let alike = match known {
            Some(row) => row.alike(*expected, *found),
            None => (expected.result, expected.error) == (found.result, found.error),
        };
        if expected.result == "CRASH" && !lost {
            report.leave_out("the stock library crashes");
        } else if lost || !alike {
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

    /// Its code and domain.
    fn code(self) -> (Option<&'a str>, Option<&'a str>) {
        let mut parts = self.error.split('/');
        (parts.next(), parts.next())
    }

    fn text(self) -> String {
        format!("{} {} {}", self.result, self.error, self.message)
    }
}

fn answers(text: &str) -> BTreeMap<&str, Answer<'_>> {
    text.lines().filter_map(Answer::parse).collect()
}
