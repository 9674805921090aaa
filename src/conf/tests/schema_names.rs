//! Every element and attribute that the peer's schema of a domain knows has a place in the model.

use ferrovirt_conf::domain::{Capability, Domain};
use ferrovirt_xml::{Document, Item, Node, Shape, XmlContent, XmlElement};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

const SCHEMAS: &str = "/usr/share/libvirt/schemas";

/// `element/child` and `element/@attribute`, by the names of elements.
type Names = BTreeSet<String>;

/// What the schema allows but nobody can use, or what the model reads in another way, with the reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("adapter", "the schema shares it with storage pools; a host device has only a name"),
    ("parentaddr", "the same"),
    ("disk/privateData", "the driver's own, in status documents"),
    ("source/privateData", "the same"),
    ("launchSecurity/handle", "of older versions; libvirt does not read it any more"),
    ("parallel/@tty", "only consoles have it"),
    ("serial/@tty", "the same"),
    ("smartcard/target", "nothing reads it"),
    ("/domain", "the root"),
];

/// The definitions of a schema and of all that it includes.
struct Schema {
    texts: Vec<String>,
}

impl Schema {
    fn load(file: &str) -> Self {
        let (mut texts, mut seen, mut wanted) = (Vec::new(), HashSet::new(), vec![file.to_owned()]);
        while let Some(file) = wanted.pop() {
            if !seen.insert(file.clone()) {
                continue;
            }
            let text = fs::read_to_string(Path::new(SCHEMAS).join(&file)).unwrap();
            let document = Document::parse(&text, "schema").unwrap();
            let includes = document.root().children().filter(|child| child.name() == "include");
            wanted.extend(includes.filter_map(|include| include.attr("href").map(str::to_owned)));
            drop(document);
            texts.push(text);
        }
        Self { texts }
    }

    /// All pairs that are reached from the definition `start`.
    fn names(&self, start: &str) -> Names {
        let documents: Vec<_> =
            self.texts.iter().map(|text| Document::parse(text, "schema").unwrap()).collect();
        let mut definitions: HashMap<&str, Vec<Node<'_>>> = HashMap::new();
        for document in &documents {
            for define in document.root().children().filter(|child| child.name() == "define") {
                definitions.entry(define.attr("name").unwrap()).or_default().push(define);
            }
        }
        let mut walk = Walk { definitions, names: Names::new(), seen: HashSet::new() };
        walk.definition(start, "");
        walk.names
    }
}

struct Walk<'a> {
    definitions: HashMap<&'a str, Vec<Node<'a>>>,
    names: Names,
    /// Definitions by the element they were reached in.
    seen: HashSet<(String, String)>,
}

impl<'a> Walk<'a> {
    fn definition(&mut self, name: &str, element: &str) {
        if !self.seen.insert((name.to_owned(), element.to_owned())) {
            return;
        }
        for node in self.definitions.get(name).cloned().unwrap_or_default() {
            self.children(&node, element);
        }
    }

    fn children(&mut self, node: &Node<'a>, element: &str) {
        for child in node.children() {
            match (child.name(), child.attr("name")) {
                ("ref", Some(name)) => self.definition(name, element),
                ("attribute", Some(name)) => _ = self.names.insert(format!("{element}/@{name}")),
                ("element", Some(name)) => {
                    let name = name.rsplit(':').next().unwrap_or(name);
                    self.names.insert(format!("{element}/{name}"));
                    self.children(&child, name);
                }
                // What applications keep in namespaces of their own is kept as it is.
                ("element", None) => {}
                _ => self.children(&child, element),
            }
        }
    }
}

fn of_model() -> Names {
    let mut names = Names::new();
    let mut seen = HashSet::new();
    shape(<Domain as XmlContent>::shape(), Domain::TAG.name, &mut names, &mut seen);
    names
}

fn shape(shape: &'static Shape, element: &str, names: &mut Names, seen: &mut HashSet<(usize, String)>) {
    if seen.insert((std::ptr::from_ref(shape) as usize, element.to_owned())) {
        items(shape.items, element, names, seen);
    }
}

fn items(items_: &'static [Item], element: &str, names: &mut Names, seen: &mut HashSet<(usize, String)>) {
    for item in items_ {
        match item {
            Item::Attr { name, .. } => _ = names.insert(format!("{element}/@{name}")),
            Item::Child { tag, shape: inner, .. } => {
                names.insert(format!("{element}/{}", tag.name));
                shape(inner(), tag.name, names, seen);
            }
            Item::Group { tag, items: inner, .. } => {
                names.insert(format!("{element}/{}", tag.name));
                items(inner, tag.name, names, seen);
            }
            Item::Choice { shape: inner, .. } | Item::Flatten(inner) => shape(inner(), element, names, seen),
            Item::Tagged { attr, variants, .. } => {
                names.insert(format!("{element}/@{attr}"));
                variants.iter().for_each(|variant| items(variant, element, names, seen));
            }
            // Whatever stands there, the model has a reader for it by hand.
            Item::Any => _ = names.insert(format!("{element}/*")),
            Item::Text { .. } | Item::Rules(_) => {}
        }
    }
}

#[test]
fn nothing_of_the_schema_is_unknown_to_the_model() {
    if !Path::new(SCHEMAS).join("domaincommon.rng").exists() {
        eprintln!("SKIPPED: the peer's schemas (libvirt-daemon) are not installed");
        return;
    }
    let (schema, model) = (Schema::load("domain.rng").names("domain"), of_model());
    let open = |pair: &str| model.contains(&format!("{}/*", pair.split('/').next().unwrap_or_default()));
    let listed = |pair: &str| {
        let element = pair.split('/').next().unwrap_or_default();
        ELSEWHERE.iter().any(|(known, _)| *known == pair || *known == element)
            || pair.ends_with("/@state")
                && Capability::ALL.iter().any(|capability| capability.as_str() == element)
    };
    let unknown: Vec<&String> =
        schema.iter().filter(|pair| !model.contains(*pair) && !open(pair) && !listed(pair)).collect();
    assert!(unknown.is_empty(), "{} of {} have no place: {unknown:#?}", unknown.len(), schema.len());
}
