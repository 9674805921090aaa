//! Asks the check against the schemas alone, for comparisons in bulk: reads `KIND LENGTH` lines, each followed by that many bytes of a document, and says per document
//! `ok`, `malformed`, or what is wrong.

use ferrovirt_conf::documents::kind_named;
use ferrovirt_xml::Document;
use std::io::{BufRead, Read, Write};

fn verdict(kind: &str, text: &str) -> String {
    let Some(kind) = kind_named(kind) else { return "malformed: no kind".into() };
    let Ok(document) = Document::parse(text, "document") else { return "malformed".into() };
    match (kind.check)(&document) {
        Ok(()) => "ok".into(),
        Err(err) => err.to_string().replace('\n', " "),
    }
}

fn main() -> std::io::Result<()> {
    let (mut input, mut output) =
        (std::io::stdin().lock(), std::io::BufWriter::new(std::io::stdout().lock()));
    let mut header = String::new();
    while input.read_line(&mut header)? > 0 {
        let (kind, length) = header.trim().split_once(' ').expect("a kind and a length");
        let mut text = vec![0; length.parse().expect("a length")];
        input.read_exact(&mut text)?;
        writeln!(output, "{}", verdict(kind, &String::from_utf8_lossy(&text)))?;
        header.clear();
    }
    output.flush()
}
