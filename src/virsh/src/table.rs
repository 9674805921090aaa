//! Tables: columns as wide as their content, for people; lists of objects, for programs.

use crate::output::{Cell, key};
use serde_json::Value;
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A table with its header.
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub fn new(header: &[&'static str]) -> Self {
        Self { header: header.to_vec(), rows: Vec::new() }
    }

    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.push(cells.into());
    }

    pub fn push(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.header.len(), "a row has a cell a column");
        self.rows.push(cells);
    }

    /// Each column two blanks behind the widest cell of the one before.
    pub fn text(&self, with_header: bool) -> String {
        let header: Vec<String> = self.header.iter().map(|title| (*title).to_owned()).collect();
        let rows: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(|cell| printable(&cell.text)).collect()).collect();
        let mut widths = vec![0; self.header.len()];
        for row in rows.iter().chain(with_header.then_some(&header)) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let mut text = String::new();
        if with_header {
            write_row(&mut text, &header, &widths);
            text.push_str(&"-".repeat(widths.iter().map(|width| width + 3).sum()));
            text.push('\n');
        }
        for row in &rows {
            write_row(&mut text, row, &widths);
        }
        text
    }

    /// An array with an object a row.
    pub fn json(&self) -> Value {
        let keys: Vec<String> = self.header.iter().map(|title| key(title)).collect();
        let object = |row: &Vec<Cell>| {
            Value::Object(keys.iter().cloned().zip(row.iter().map(|cell| cell.json.clone())).collect())
        };
        Value::Array(self.rows.iter().map(object).collect())
    }
}

fn write_row(text: &mut String, row: &[String], widths: &[usize]) {
    for (at, cell) in row.iter().enumerate() {
        let fill = if at + 1 < row.len() { widths[at] - cell.width() + 2 } else { 0 };
        let _ = write!(text, " {cell}{:fill$}", "");
    }
    text.push('\n');
}

/// Control characters, whose width nobody knows, as `\x1b`.
fn printable(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter.is_control() || (letter == '\\' && rest.peek() == Some(&'x')) || letter.width().is_none() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let _ = write!(plain, "\\x{byte:02x}");
            }
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_follow_their_widest_cell() {
        let mut table = Table::new(&["Id", "Name"]);
        table.row([1.into(), "a".into()]);
        table.row([Cell::none(), "bücher\t".into()]);
        let expected = " Id   Name\n------------------\n 1    a\n -    bücher\\x09\n";
        assert_eq!(table.text(true), expected);
        assert_eq!(table.text(false), " 1   a\n -   bücher\\x09\n");
        assert_eq!(
            table.json(),
            serde_json::json!([{ "id": 1, "name": "a" }, { "id": null, "name": "bücher\t" }])
        );
    }
}
