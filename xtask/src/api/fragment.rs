//! `capi/headers/NAME.h.in`: the part of a header that Rust can't say, macros with parameters above all.
//!
//! It is copied into the header as it is. A macro below a `/** ... */` comment is public and goes into the API
//! description; any other is the header's own affair.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::{
    docs,
    layout::HeaderLayout,
    model::{Body, Macro},
};

#[derive(Default)]
pub struct Fragment {
    /// What the header gets.
    pub text: String,
    /// Its public macros.
    pub macros: Vec<Macro>,
}

/// The fragment of a header; empty if it has none.
pub fn read(root: &Path, layout: &HeaderLayout) -> Result<Fragment> {
    let path = root.join(format!("capi/headers/{}.h.in", layout.name));
    if !path.exists() {
        return Ok(Fragment::default());
    }
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let macros = macros(&text);
    Ok(Fragment { text, macros })
}

fn macros(text: &str) -> Vec<Macro> {
    let joined = text.replace("\\\n", " ");
    let mut macros = Vec::new();
    let mut rest = joined.as_str();
    while let Some(start) = rest.find("/**") {
        let Some((comment, after)) = rest[start + 3..].split_once("*/") else { break };
        rest = after;
        let line = after.trim_start().lines().next().unwrap_or_default();
        if let Some(definition) =
            line.strip_prefix('#').map(str::trim_start).and_then(|line| line.strip_prefix("define "))
        {
            macros.push(definition_of(comment, definition.trim()));
        }
    }
    macros
}

fn definition_of(comment: &str, definition: &str) -> Macro {
    let comment: Vec<_> = comment.split_whitespace().filter(|word| *word != "*").collect();
    let end = definition
        .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .unwrap_or(definition.len());
    let (name, rest) = definition.split_at(end);
    let (params, body) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((params, body)) => {
            (Some(params.split(',').map(|param| param.trim().to_owned()).collect()), body)
        }
        None => (None, rest),
    };
    Macro {
        name: name.to_owned(),
        doc: docs::line(&comment.join(" ")),
        params,
        body: Body::Raw(body.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_macros_are_found() {
        let found = macros(
            "/* mine */\n#define HIDDEN 1\n/**\n * Adds. Since 1.2.3.\n */\n# define ADD(a, b) \\\n   ((a) + (b))\n",
        );
        let [add] = &found[..] else { panic!("{found:?}") };
        assert_eq!(add.name, "ADD");
        assert_eq!(add.params.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert_eq!(add.doc.since.as_deref(), Some("1.2.3"));
        assert!(matches!(&add.body, Body::Raw(body) if body == "((a) + (b))"));
    }
}
