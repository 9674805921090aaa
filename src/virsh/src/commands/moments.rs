//! What snapshots and checkpoints have in common: names, parents, lists and trees.

use crate::args::Args;
use crate::failure::{Outcome, fail};
use crate::output::{Cell, say};
use crate::shell::Shell;
use crate::table::Table;
use crate::tree::{Entry, draw};
use crate::values::time;
use crate::xml;
use crate::xml::Writer;
use serde_json::json;

/// A moment in a domain's life, as lists show it.
pub struct Moment {
    pub name: String,
    pub parent: Option<String>,
    /// Since 1970; a moment without a time is left out of tables.
    pub created: Option<i64>,
    /// Only snapshots have one.
    pub state: Option<String>,
}

impl Moment {
    /// Reads what lists show from the moment's XML.
    pub fn of_xml(name: &str, text: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(text).ok()?;
        let value = |path| xml::value(document.root_element(), path);
        Some(Self {
            name: name.to_owned(),
            parent: value("parent/name"),
            created: value("creationTime").and_then(|text| text.parse().ok()),
            state: value("state"),
        })
    }
}

/// The bits of filters, which a tree has no use for.
pub fn filters(args: &Args, flags: &[(&str, u32)]) -> Outcome<u32> {
    for (name, _) in flags {
        if args.flag(name) && args.flag("tree") {
            fail!("--{name} and --tree are mutually exclusive")
        }
    }
    Ok(args.bits(flags))
}

/// Shows a list as the options say: as a tree, as names, or as a table.
pub fn show(shell: &mut Shell, args: &Args, moments: &[Moment], with_state: bool) -> Outcome {
    if args.flag("tree") {
        return show_tree(shell, moments);
    }
    let parents = args.flag("parent");
    if args.flag("name") {
        for moment in moments {
            let parent = moment.parent.as_ref().filter(|_| parents);
            let parent = parent.map(|parent| format!("\t{parent}")).unwrap_or_default();
            say!(shell, "{}{parent}\n", moment.name);
        }
        if shell.out.is_json() {
            let names: Vec<&str> = moments.iter().map(|moment| moment.name.as_str()).collect();
            shell.out.document(format_args!(""), json!(names));
        }
        return Ok(());
    }
    let mut header = vec!["Name", "Creation Time"];
    header.extend(with_state.then_some("State"));
    header.extend(parents.then_some("Parent"));
    let mut table = Table::new(&header);
    for moment in moments {
        let Some(created) = moment.created else { continue };
        let mut row: Vec<Cell> = vec![(&moment.name).into(), time::local_with_offset(created).into()];
        if with_state {
            let Some(state) = &moment.state else { continue };
            row.push(state.into());
        }
        if parents {
            row.push(moment.parent.as_ref().map_or_else(|| Cell::absent(""), Cell::from));
        }
        table.push(row);
    }
    shell.out.table(&table);
    Ok(())
}

fn show_tree(shell: &mut Shell, moments: &[Moment]) -> Outcome {
    let entry = |moment: &Moment| Entry { name: moment.name.clone(), parent: moment.parent.clone() };
    let entries: Vec<Entry> = moments.iter().map(entry).collect();
    for (at, _) in entries.iter().enumerate().filter(|(_, entry)| entry.parent.is_none()) {
        say!(shell, "{}", draw(&entries, at));
    }
    if shell.out.is_json() {
        let all: Vec<_> =
            entries.iter().map(|entry| json!({ "name": entry.name, "parent": entry.parent })).collect();
        shell.out.document(format_args!(""), all.into());
    }
    Ok(())
}

/// `vda,snapshot=external,file=/x`: the name and the values of the known keys.
pub fn disk_spec<'a, const N: usize>(
    parts: &'a [String],
    keys: [&str; N],
    text: &str,
) -> Outcome<(&'a str, [Option<&'a str>; N])> {
    let unreadable = || format!("unable to parse diskspec: {text}");
    let Some((name, rest)) = parts.split_first() else { fail!("{}", unreadable()) };
    let mut values = [None; N];
    for part in rest {
        let assigned = part.split_once('=').and_then(|(key, value)| {
            let at = keys.iter().position(|known| *known == key)?;
            values[at].is_none().then(|| values[at] = Some(value))
        });
        if assigned.is_none() {
            fail!("{}", unreadable())
        }
    }
    Ok((name, values))
}

/// A moment's XML of its name, its description and what `body` adds.
pub fn document(args: &Args, element: &str, body: impl FnOnce(&mut Writer) -> Outcome) -> Outcome<String> {
    let mut xml = Writer::default();
    xml.open(element, &[]);
    xml.text("name", args.text("name")?);
    xml.text("description", args.text("description")?);
    body(&mut xml)?;
    xml.close(element);
    Ok(xml.finish())
}
