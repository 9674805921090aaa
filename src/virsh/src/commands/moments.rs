//! What snapshots and checkpoints have in common: names, parents, lists and trees.

use crate::args::Args;
use crate::command::{Opt, flag, text};
use crate::failure::{OrSay, Outcome, fail};
use crate::output::{Cell, extra, say};
use crate::shell::Shell;
use crate::table::Table;
use crate::tree::{Entry, draw};
use crate::values::time;
use crate::xml;
use crate::xml::Writer;
use ferrovirt::{DomainCheckpoint, DomainSnapshot, ErrorCode, Result};
use ferrovirt_core::abi::*;
use serde_json::json;

/// What is deleted with one.
pub const DELETE_OPTIONS: &[Opt] = &[
    flag("children", "those below it too"),
    flag("children-only", "only those below it"),
    flag("metadata", "only what is noted of it, not the data"),
];

/// What is shown of its XML.
pub const XPATH_OPTIONS: &[Opt] =
    &[text("xpath", "only what this XPath finds"), flag("wrap", "put what is found into one element")];

/// Which are listed by their place among the others.
pub const PLACE_OPTIONS: &[Opt] = &[
    flag("parent", "show each one's parent"),
    flag("roots", "those without a parent"),
    flag("leaves", "those without any below"),
    flag("no-leaves", "those with others below"),
];

/// How a list looks.
pub const LOOK_OPTIONS: &[Opt] = &[
    flag("descendants", "with --from, all below and not only the next ones"),
    flag("name", "only names"),
    flag("topological", "parents before children"),
];

/// A snapshot or a checkpoint.
pub trait Kept: Clone {
    const NOUN: &'static str;
    /// Where there is none.
    const NONE: ErrorCode;

    fn label(&self) -> &str;
    /// Enough XML for lists.
    fn brief(&self) -> Result<String>;
    fn above(&self) -> Result<Self>;
    fn below(&self, flags: u32) -> Result<Vec<Self>>;
    fn remove(&self, flags: u32) -> Result<()>;
}

macro_rules! kept {
    ($($object:ident: $noun:literal, without $none:ident, $xml_flags:expr;)*) => {$(
        impl Kept for $object {
            const NOUN: &'static str = $noun;
            const NONE: ErrorCode = ErrorCode::$none;

            fn label(&self) -> &str {
                self.name()
            }

            fn brief(&self) -> Result<String> {
                self.xml_desc($xml_flags)
            }

            fn above(&self) -> Result<Self> {
                self.parent(0)
            }

            fn below(&self, flags: u32) -> Result<Vec<Self>> {
                self.list_all_children(flags)
            }

            fn remove(&self, flags: u32) -> Result<()> {
                self.delete(flags)
            }
        }
    )*};
}

kept! {
    DomainSnapshot: "snapshot", without NoDomainSnapshot, 0;
    DomainCheckpoint: "checkpoint", without NoDomainCheckpoint, VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN;
}

// Snapshots and checkpoints have the same numbers for these.
const DELETE_FLAGS: &[(&str, u32)] = &[
    ("children", VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN),
    ("children-only", VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY),
    ("metadata", VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY),
];
pub const DESCENDANTS: u32 = VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS;

/// The name of what it goes back to, if it does.
pub fn parent_of<T: Kept>(one: &T) -> Outcome<Option<String>> {
    match one.above() {
        Ok(parent) => Ok(Some(parent.label().to_owned())),
        Err(err) if err.code() == T::NONE => Ok(None),
        Err(err) => Err(err).or_say(|| format!("unable to determine if {} has parent", T::NOUN)),
    }
}

/// `snapshot-parent` and `checkpoint-parent`.
pub fn show_parent<T: Kept>(shell: &mut Shell, one: &T) -> Outcome {
    let Some(parent) = parent_of(one)? else { fail!("{} '{}' has no parent", T::NOUN, one.label()) };
    shell.out.document(format_args!("{parent}"), parent.as_str().into());
    Ok(())
}

/// `snapshot-delete` and `checkpoint-delete`.
pub fn delete<T: Kept>(shell: &mut Shell, args: &Args, one: &T) -> Outcome {
    let (noun, name) = (T::NOUN, one.label());
    one.remove(args.bits(DELETE_FLAGS)).or_say(|| format!("Failed to delete {noun} {name}"))?;
    let what = if args.flag("children-only") { "children deleted" } else { "deleted" };
    extra!(shell, "Domain {noun} {name} {what}\n");
    Ok(())
}

/// Says that one has been made, and of which file.
pub fn say_created<T: Kept>(shell: &mut Shell, one: &T, file: Option<&str>) {
    let from = file.map(|file| format!(" from '{file}'")).unwrap_or_default();
    extra!(shell, "Domain {} {} created{from}", T::NOUN, one.label());
}

/// How many are below it, for the basics.
pub fn count_below<T: Kept>(one: &T, fields: &mut Vec<(&'static str, Cell)>) -> Outcome<bool> {
    let Ok(children) = one.below(0) else { return Ok(false) };
    fields.push(("Children:", children.len().into()));
    fields.push(("Descendants:", one.below(DESCENDANTS)?.len().into()));
    Ok(true)
}

/// Which of them to show: all, or those below `start`, which a tree begins with.
pub fn chosen<T: Kept>(
    args: &Args,
    start: Option<&T>,
    flags: u32,
    all: impl FnOnce() -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    let tree = args.flag("tree");
    let mut found = match start {
        Some(start) => start.below(if tree { flags | DESCENDANTS } else { flags })?,
        None => all()?,
    };
    if tree {
        found.extend(start.cloned());
    }
    if !args.flag("topological") {
        found.sort_by_key(|one| one.label().to_lowercase());
    }
    Ok(found)
}

/// Shows them as the options say.
pub fn show_all<T: Kept>(
    shell: &mut Shell,
    args: &Args,
    all: &[T],
    start: Option<&T>,
    with_state: bool,
) -> Outcome {
    let mut moments = Vec::new();
    for one in all {
        // One that has gone meanwhile is not listed.
        let text = one.brief().ok();
        let Some(mut moment) = text.and_then(|text| Moment::of_xml(one.label(), &text)) else { continue };
        if args.flag("tree") && start.is_some_and(|start| start.label() == one.label()) {
            moment.parent = None;
        }
        moments.push(moment);
    }
    show(shell, args, &moments, with_state)
}

/// A moment in a domain's life, as lists show it.
struct Moment {
    name: String,
    parent: Option<String>,
    /// Since 1970; a moment without a time is left out of tables.
    created: Option<i64>,
    /// Only snapshots have one.
    state: Option<String>,
}

impl Moment {
    /// Reads what lists show from the moment's XML.
    fn of_xml(name: &str, text: &str) -> Option<Self> {
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
fn show(shell: &mut Shell, args: &Args, moments: &[Moment], with_state: bool) -> Outcome {
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
