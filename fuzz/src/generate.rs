//! Documents made up from what a model allows: every attribute and element it knows, in combinations that nobody would
//! think of.

use crate::mutate::Random;
use ferrovirt_xml::{Cardinality, Item, Shape, Tag, ValueKind};
use std::fmt::Write;

/// Values of all kinds; of those that an attribute takes, one is used.
const VALUES: &[&str] = &[
    "0",
    "1",
    "2",
    "7",
    "64",
    "1000",
    "65536",
    "1048576",
    "4294967295",
    "0x0",
    "0x1",
    "0x1f",
    "0x8086",
    "yes",
    "no",
    "on",
    "off",
    "default",
    "a",
    "name-1",
    "vda",
    "sda",
    "hdc",
    "vnet0",
    "/dev/null",
    "/var/lib/images/a b.img",
    "52:54:00:12:34:56",
    "00:16:3e:00:00:0a",
    "192.168.122.1",
    "10.0.0.0",
    "255.255.255.0",
    "2001:db8::1",
    "fe80::1",
    "example.org",
    "6695eb01-f6a4-8304-79aa-97f2502e193f",
    "2030-12-31T23:59:59",
    "0-3,^2",
    "1-2",
    "0700",
    "iqn.2013-07.org.example:target",
    "5001a4aaf3ca174b",
    "x & y < z",
    "KiB",
    "MiB",
    "1.5",
    "hvm",
    "x86_64",
];

/// Deeper than any model goes that holds itself.
const DEPTH: usize = 7;

/// How many of the things that need not be there stand in the first element, at most; fewer further in.
const WISHES: usize = 5;

/// What a document is made up from.
pub struct Model {
    pub tag: Tag,
    pub shape: fn() -> &'static Shape,
    /// Children of the first element that no document can do without, by name, as they stand there. One without text is
    /// made up as well.
    pub given: &'static [(&'static str, &'static str)],
}

/// A document of that model.
pub fn generate(random: &mut Random, model: &Model) -> String {
    let mut text = String::new();
    let mut generator = Generator { random, text: &mut text, model };
    generator.element(model.tag, (model.shape)().items, 0);
    text
}

struct Generator<'a> {
    random: &'a mut Random,
    text: &'a mut String,
    model: &'a Model,
}

/// What an element is made of.
#[derive(Default)]
struct Parts {
    attrs: Vec<(&'static str, String)>,
    words: Option<String>,
    children: Vec<(Tag, &'static [Item])>,
}

impl Parts {
    /// A model may mention an element twice, for two parts of its content.
    fn add(&mut self, tag: Tag, count: usize, items: &'static [Item]) {
        if self.children.iter().all(|(known, _)| *known != tag) {
            self.children.extend(std::iter::repeat_n((tag, items), count));
        }
    }
}

impl Generator<'_> {
    fn element(&mut self, tag: Tag, items: &'static [Item], depth: usize) {
        let mut parts = Parts::default();
        self.choose(items, &mut parts, depth);
        let name = match tag.ns {
            None => tag.name.to_owned(),
            Some(ns) => format!("{}:{}", ns.prefix, tag.name),
        };
        let _ = write!(self.text, "<{name}");
        if let Some(ns) = tag.ns {
            let _ = write!(self.text, " xmlns:{}='{}'", ns.prefix, ns.uri);
        }
        for (name, value) in &parts.attrs {
            let _ = write!(self.text, " {name}='{}'", escaped(value));
        }
        self.text.push('>');
        if let Some(words) = &parts.words {
            self.text.push_str(&escaped(words));
        }
        if !parts.children.is_empty() {
            self.text.push('\n');
        }
        let given = if depth == 0 { self.model.given } else { &[] };
        given.iter().for_each(|(_, text)| self.text.push_str(text));
        for (tag, items) in parts.children {
            if given.iter().all(|(name, text)| *name != tag.name || text.is_empty()) {
                self.element(tag, items, depth + 1);
            }
        }
        let _ = writeln!(self.text, "</{name}>");
    }

    /// Adds what must be there, and a few of the other items.
    fn choose(&mut self, items: &'static [Item], parts: &mut Parts, depth: usize) {
        let wishes = self.random.below((WISHES + 1).saturating_sub(depth).max(2));
        let wished: Vec<usize> = (0..wishes).map(|_| self.random.below(items.len())).collect();
        for (at, item) in items.iter().enumerate() {
            let wished = (wished.contains(&at) || self.is_given(item, depth)) && depth < DEPTH;
            match item {
                Item::Attr { name, kind, valid, required } => {
                    if (*required || wished) && parts.attrs.iter().all(|(known, _)| known != name) {
                        parts.attrs.extend(self.value(*kind, *valid).map(|value| (*name, value)));
                    }
                }
                Item::Text { kind, valid, required } => {
                    if *required || wished {
                        parts.words = self.value(*kind, *valid);
                    }
                }
                Item::Child { tag, cardinality, shape } => {
                    let count = self.count(*cardinality, wished, depth);
                    parts.add(*tag, count, shape().items);
                }
                Item::Group { tag, cardinality, items } => {
                    let count = self.count(*cardinality, wished, depth);
                    parts.add(*tag, count, items);
                }
                Item::Choice { cardinality, shape } => {
                    for _ in 0..self.count(*cardinality, wished, depth) {
                        let options = shape().items;
                        let at = self.random.below(options.len());
                        self.choose_one(&options[at..=at], parts, depth);
                    }
                }
                Item::Flatten(shape) => self.choose(shape().items, parts, depth),
                Item::Tagged { attr, default, names, variants } => {
                    let at = default.filter(|_| !wished).unwrap_or_else(|| self.random.below(names.len()));
                    if parts.attrs.iter().all(|(known, _)| known != attr) {
                        parts.attrs.push((attr, names[at].to_owned()));
                        self.choose(variants[at], parts, depth);
                    }
                }
                Item::Any | Item::Rules(_) => {}
            }
        }
    }

    fn is_given(&self, item: &Item, depth: usize) -> bool {
        let tag = match item {
            Item::Child { tag, .. } | Item::Group { tag, .. } => tag,
            _ => return false,
        };
        depth == 0 && self.model.given.iter().any(|(name, _)| *name == tag.name)
    }

    /// One of a choice stands there, whatever it says of itself.
    fn choose_one(&mut self, option: &'static [Item], parts: &mut Parts, depth: usize) {
        match option {
            [Item::Child { tag, shape, .. }] => parts.children.push((*tag, shape().items)),
            [Item::Group { tag, items, .. }] => parts.children.push((*tag, *items)),
            _ => self.choose(option, parts, depth),
        }
    }

    fn count(&mut self, cardinality: Cardinality, wished: bool, depth: usize) -> usize {
        match cardinality {
            Cardinality::One => usize::from(depth < 2 * DEPTH),
            Cardinality::Some => 1 + usize::from(wished),
            Cardinality::Optional => usize::from(wished),
            Cardinality::Many if wished => 1 + self.random.below(2),
            Cardinality::Many => 0,
        }
    }

    /// A value that the model takes; none where we know none.
    fn value(&mut self, kind: ValueKind, valid: fn(&str) -> bool) -> Option<String> {
        let names = match kind {
            ValueKind::OneOf(names) => names,
            _ => VALUES,
        };
        let start = self.random.below(names.len());
        let all = names[start..].iter().chain(&names[..start]);
        all.copied().find(|value| valid(value)).map(str::to_owned)
    }
}

fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")
}
