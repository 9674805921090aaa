//! Trees drawn with letters: snapshots below snapshots, devices below devices.

/// Something with a name and perhaps a parent's name.
pub struct Entry {
    pub name: String,
    pub parent: Option<String>,
}

/// Draws the tree below `entries[root]`.
pub fn draw(entries: &[Entry], root: usize) -> String {
    let mut drawing = Drawing { entries, text: String::new(), indent: String::new() };
    drawing.branch(root, true, true);
    drawing.text
}

struct Drawing<'a> {
    entries: &'a [Entry],
    text: String,
    indent: String,
}

impl Drawing<'_> {
    fn line(&mut self, rest: &str) {
        self.text.push_str(&self.indent);
        self.text.push_str(rest);
        self.text.push('\n');
    }

    fn branch(&mut self, at: usize, is_root: bool, is_last: bool) {
        let name = &self.entries[at].name;
        self.line(&format!("{}{name}", if is_root { "" } else { "+- " }));
        let before = self.indent.len();
        if !is_root {
            self.indent.push_str(if is_last { "  " } else { "| " });
        }
        let is_child = |entry: &&usize| self.entries[**entry].parent.as_ref() == Some(name);
        let all: Vec<usize> = (0..self.entries.len()).collect();
        let children: Vec<usize> = all.iter().filter(is_child).copied().collect();
        if !children.is_empty() {
            self.line("  |");
        }
        self.indent.push_str("  ");
        for child in &children {
            self.branch(*child, false, Some(child) == children.last());
        }
        self.indent.truncate(self.indent.len() - 2);
        if children.is_empty() && is_last {
            self.line("");
        }
        self.indent.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_hang_below_their_parent() {
        let entry =
            |name: &str, parent: Option<&str>| Entry { name: name.into(), parent: parent.map(str::to_owned) };
        let entries = [entry("a", None), entry("b", Some("a")), entry("c", Some("a")), entry("d", Some("b"))];
        let expected = "a\n  |\n  +- b\n  |   |\n  |   +- d\n  |     \n  +- c\n    \n";
        assert_eq!(draw(&entries, 0), expected);
    }
}
