//! What commands print: text for people and for scripts, or one JSON document a command.

use crate::failure::Failure;
use crate::table::Table;
use crate::values::params;
use ferrovirt::TypedParams;
use serde_json::{Map, Value};
use std::fmt;
use std::io::{self, Write};

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// libvirt's, which scripts read.
    #[default]
    Text,
    Json,
}

/// A value as text and as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub text: String,
    pub json: Value,
}

impl Cell {
    /// Nothing: `-` for people.
    pub fn none() -> Self {
        Self::absent("-")
    }

    /// Nothing, with a word for people.
    pub fn absent(word: &str) -> Self {
        Self { text: word.to_owned(), json: Value::Null }
    }

    /// A number with a unit, or otherwise dressed up for people.
    pub fn dressed(text: impl Into<String>, json: impl Into<Value>) -> Self {
        Self { text: text.into(), json: json.into() }
    }

    pub fn yes_no(value: bool) -> Self {
        Self::dressed(if value { "yes" } else { "no" }, value)
    }

    pub fn enabled(value: bool) -> Self {
        Self::dressed(if value { "enable" } else { "disable" }, value)
    }
}

macro_rules! cells_from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Cell {
            fn from(value: $number) -> Self {
                Self { text: value.to_string(), json: value.into() }
            }
        }
    )*};
}
cells_from_numbers!(i32, u32, i64, u64, usize, u16);

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), json: text.into() }
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { json: text.as_str().into(), text }
    }
}

impl From<uuid::Uuid> for Cell {
    fn from(uuid: uuid::Uuid) -> Self {
        uuid.to_string().into()
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::yes_no(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::none, Into::into)
    }
}

/// The one place that output goes through.
#[derive(Default)]
pub struct Output {
    pub format: Format,
    pub quiet: bool,
    /// The documents of the command that runs.
    documents: Vec<Value>,
    /// What was printed as plain text while a document is awaited.
    text: String,
}

impl Output {
    /// What a script waits for.
    pub fn print(&mut self, text: fmt::Arguments<'_>) {
        match self.format {
            Format::Text => write(text),
            Format::Json => self.text.push_str(&text.to_string()),
        }
    }

    /// What only a person misses.
    pub fn extra(&mut self, text: fmt::Arguments<'_>) {
        if !self.quiet && self.format == Format::Text {
            write(text);
        }
    }

    /// To the standard error output, behind all that was printed before.
    pub fn error(&mut self, line: &str) {
        flush();
        // There is nobody else to tell.
        let _ = writeln!(io::stderr(), "error: {line}");
    }

    /// What a failure has to say, and the library's words below it.
    pub fn report(&mut self, failure: &Failure) {
        for line in failure.all_lines() {
            self.error(&line);
        }
    }

    pub fn table(&mut self, table: &Table) {
        match self.format {
            Format::Text => write(format_args!("{}", table.text(!self.quiet))),
            Format::Json => self.documents.push(table.json()),
        }
    }

    /// Lines `Label:   value`, the label padded to `width`.
    pub fn fields(&mut self, width: usize, fields: &[(&str, Cell)]) {
        match self.format {
            Format::Text => {
                for (label, cell) in fields {
                    write(format_args!("{label:<width$} {}\n", cell.text));
                }
            }
            Format::Json => self.member(fields.iter().map(|(label, cell)| (key(label), cell.json.clone()))),
        }
    }

    /// Parameters one a line: the name padded to `width`, `separator`, the value.
    pub fn params(&mut self, width: usize, separator: &str, all: &TypedParams) {
        for (name, value) in all.iter() {
            let cell = params::cell(value);
            match self.format {
                Format::Text => write(format_args!("{name:<width$}{separator} {}\n", cell.text)),
                Format::Json => self.member([(name.to_owned(), cell.json)]),
            }
        }
    }

    /// Adds members to the object that the command is about.
    pub fn member(&mut self, members: impl IntoIterator<Item = (String, Value)>) {
        if self.format == Format::Text {
            return;
        }
        if !matches!(self.documents.last(), Some(Value::Object(_))) {
            self.documents.push(Value::Object(Map::new()));
        }
        if let Some(Value::Object(object)) = self.documents.last_mut() {
            object.extend(members);
        }
    }

    /// A result that is more than its text.
    pub fn document(&mut self, text: fmt::Arguments<'_>, json: Value) {
        match self.format {
            Format::Text => write(text),
            Format::Json => self.documents.push(json),
        }
    }

    /// One of a stream of documents, in a line of its own, at once.
    pub fn stream(&mut self, json: &Value) {
        write(format_args!("{json}\n"));
    }

    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Ends a command: its documents are shown, or its text as one.
    pub fn end_command(&mut self, succeeded: bool) {
        let text = std::mem::take(&mut self.text);
        let mut documents = std::mem::take(&mut self.documents);
        if self.format == Format::Text {
            return;
        }
        let shown = match documents.len() {
            0 if text.is_empty() || !succeeded => return,
            0 => serde_json::json!({ "text": text }),
            1 => documents.remove(0),
            _ => Value::Array(documents),
        };
        write(format_args!("{shown:#}\n"));
    }
}

/// `Max memory:` becomes `max_memory`.
pub fn key(label: &str) -> String {
    let words = label.trim().trim_end_matches(':').replace("(s)", "s");
    let plain: String =
        words.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    plain.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// A closed pipe ends the program without a word, as it ends others.
fn write(text: fmt::Arguments<'_>) {
    if let Err(err) = io::stdout().write_fmt(text)
        && err.kind() == io::ErrorKind::BrokenPipe
    {
        std::process::exit(141);
    }
}

pub fn flush() {
    let _ = io::stdout().flush();
}

/// Prints what scripts wait for.
macro_rules! say {
    ($shell:expr, $($arg:tt)*) => { $shell.out.print(format_args!($($arg)*)) };
}

/// Prints what only a person misses.
macro_rules! extra {
    ($shell:expr, $($arg:tt)*) => { $shell.out.extra(format_args!($($arg)*)) };
}

pub(crate) use {extra, say};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_keys() {
        assert_eq!(key("Max memory:"), "max_memory");
        assert_eq!(key("CPU(s):"), "cpus");
        assert_eq!(key("MAC address"), "mac_address");
    }
}
