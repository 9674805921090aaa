//! The lists of exported symbols, `capi/LIBRARY.syms`, and the linker's version scripts made from them.
//!
//! A list has a line a version node, `NODE` or `NODE : PARENT`, and below it, indented, its symbols. `data` behind a
//! symbol marks a variable. Lines that begin with `#` are comments.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, bail};

use super::layout::{Library, RELEASE};

/// The symbols of a library, in the order of its version nodes.
#[derive(Debug, PartialEq, Eq)]
pub struct Symbols {
    pub nodes: Vec<Node>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub parent: Option<String>,
    pub symbols: Vec<Symbol>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub data: bool,
}

impl Symbols {
    /// Reads the list of a library.
    pub fn read(root: &Path, library: &Library) -> Result<Self> {
        let path = root.join(format!("capi/{}.syms", library.name));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let mut nodes: Vec<Node> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            if line.starts_with(' ') {
                let node = nodes
                    .last_mut()
                    .with_context(|| format!("line {}: a symbol before any node", number + 1))?;
                let mut words = line.split_whitespace();
                let name = words.next().expect("the line is not empty").to_owned();
                let data = match words.next() {
                    None => false,
                    Some("data") => true,
                    Some(word) => {
                        bail!("line {}: '{word}' behind {name}, expected 'data' or nothing", number + 1)
                    }
                };
                node.symbols.push(Symbol { name, data });
            } else {
                let (name, parent) = match line.split_once(" : ") {
                    Some((name, parent)) => (name, Some(parent.trim().to_owned())),
                    None => (line.trim(), None),
                };
                if let Some(parent) = &parent
                    && !nodes.iter().any(|node| node.name == *parent)
                {
                    bail!("line {}: {name} follows {parent}, which does not stand before it", number + 1);
                }
                nodes.push(Node { name: name.to_owned(), parent, symbols: Vec::new() });
            }
        }
        Ok(Self { nodes })
    }

    /// Every symbol with its node.
    pub fn iter(&self) -> impl Iterator<Item = (&Node, &Symbol)> {
        self.nodes.iter().flat_map(|node| node.symbols.iter().map(move |symbol| (node, symbol)))
    }

    /// The release that a symbol came with: the end of its node's name.
    pub fn release_of(&self, name: &str) -> Option<&str> {
        let (node, _) = self.iter().find(|(_, symbol)| symbol.name == name)?;
        node.name.rsplit_once('_').map(|(_, release)| release)
    }

    /// The linker's version script. `private` go into a node of their own that promises nothing to anybody.
    pub fn version_script(&self, private: &[String]) -> String {
        let mut script = String::new();
        for (position, node) in self.nodes.iter().enumerate() {
            let names = node.symbols.iter().map(|symbol| symbol.name.as_str());
            let catch_all = private.is_empty() && position + 1 == self.nodes.len();
            write_node(&mut script, &node.name, names, node.parent.as_deref(), catch_all);
        }
        if !private.is_empty() {
            write_node(&mut script, &private_node(), private.iter().map(String::as_str), None, true);
        }
        script
    }
}

/// The node of the symbols that only the sibling libraries use.
pub fn private_node() -> String {
    format!("LIBVIRT_PRIVATE_{RELEASE}")
}

fn write_node<'a>(
    script: &mut String,
    name: &str,
    symbols: impl Iterator<Item = &'a str>,
    parent: Option<&str>,
    catch_all: bool,
) {
    let mut put = |text: std::fmt::Arguments<'_>| script.write_fmt(text).expect("a string takes everything");
    put(format_args!("{name} {{\n    global:\n"));
    symbols.for_each(|symbol| put(format_args!("        {symbol};\n")));
    if catch_all {
        put(format_args!("    local:\n        *;\n"));
    }
    match parent {
        Some(parent) => put(format_args!("}} {parent};\n")),
        None => put(format_args!("}};\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# a comment\nV_1.0.0\n    one\n\nV_1.2.0 : V_1.0.0\n    two data\n";

    #[test]
    fn a_list_is_read() {
        let symbols = Symbols::parse(LIST).unwrap();
        assert_eq!(symbols.release_of("two"), Some("1.2.0"));
        assert_eq!(symbols.release_of("three"), None);
        assert!(symbols.nodes[1].symbols[0].data);
        assert_eq!(symbols.nodes[1].parent.as_deref(), Some("V_1.0.0"));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let error = |text| Symbols::parse(text).unwrap_err().to_string();
        assert_eq!(error("    one\n"), "line 1: a symbol before any node");
        assert_eq!(error("B : A\n"), "line 1: B follows A, which does not stand before it");
        assert!(error("A\n    one date\n").contains("line 2"));
    }

    #[test]
    fn the_last_node_hides_the_rest() {
        let symbols = Symbols::parse(LIST).unwrap();
        let script = symbols.version_script(&[]);
        assert!(
            script.ends_with("V_1.2.0 {\n    global:\n        two;\n    local:\n        *;\n} V_1.0.0;\n"),
            "{script}"
        );
        let script = symbols.version_script(&["inner".to_owned()]);
        assert!(
            script.ends_with(
                "LIBVIRT_PRIVATE_11.3.0 {\n    global:\n        inner;\n    local:\n        *;\n};\n"
            ),
            "{script}"
        );
    }
}
