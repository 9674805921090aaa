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

/// A document of that element.
pub fn generate(random: &mut Random, tag: Tag, shape: &'static Shape) -> String {
    let mut text = String::new();
    let mut generator = Generator { random, text: &mut text };
    generator.element(tag, &[shape.items], 0);
    text
}

struct Generator<'a> {
    random: &'a mut Random,
    text: &'a mut String,
}

/// What an element is made of.
#[derive(Default)]
struct Parts {
    attrs: Vec<(&'static str, String)>,
    words: Option<String>,
    children: Vec<(Tag, &'static [Item])>,
}

impl Generator<'_> {
    fn element(&mut self, tag: Tag, items: &[&'static [Item]], depth: usize) {
        let mut parts = Parts::default();
        for items in items {
            self.choose(items, &mut parts, depth);
        }
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
        for (tag, items) in parts.children {
            self.element(tag, &[items], depth + 1);
        }
        let _ = writeln!(self.text, "</{name}>");
    }

    /// Adds some of the items; few of many.
    fn choose(&mut self, items: &'static [Item], parts: &mut Parts, depth: usize) {
        let rarity = 2 + items.len() / 3;
        for item in items {
            match item {
                Item::Attr { name, kind, valid, required } => {
                    if (*required || self.one_in(rarity))
                        && parts.attrs.iter().all(|(known, _)| known != name)
                    {
                        parts.attrs.extend(self.value(*kind, *valid).map(|value| (*name, value)));
                    }
                }
                Item::Text { kind, valid, required } => {
                    if *required || self.one_in(2) {
                        parts.words = self.value(*kind, *valid);
                    }
                }
                Item::Child { tag, cardinality, shape } => {
                    self.children(*tag, *cardinality, shape().items, parts, (rarity, depth));
                }
                Item::Group { tag, cardinality, items } => {
                    self.children(*tag, *cardinality, items, parts, (rarity, depth));
                }
                Item::Choice { cardinality, shape } => {
                    for _ in 0..self.count(*cardinality, rarity, depth) {
                        let options = shape().items;
                        let at = self.random.below(options.len());
                        self.choose_one(&options[at..=at], parts, depth);
                    }
                }
                Item::Flatten(shape) => self.choose(shape().items, parts, depth),
                Item::Tagged { attr, default, names, variants } => {
                    let at = self.random.below(names.len());
                    let at = if self.one_in(2) { default.unwrap_or(at) } else { at };
                    if parts.attrs.iter().all(|(known, _)| known != attr) {
                        parts.attrs.push((attr, names[at].to_owned()));
                        self.choose(variants[at], parts, depth);
                    }
                }
                Item::Any => {}
            }
        }
    }

    /// One of a choice stands there, whatever it says of itself.
    fn choose_one(&mut self, option: &'static [Item], parts: &mut Parts, depth: usize) {
        match option {
            [Item::Child { tag, shape, .. }] => parts.children.push((*tag, shape().items)),
            [Item::Group { tag, items, .. }] => parts.children.push((*tag, *items)),
            _ => self.choose(option, parts, depth),
        }
    }

    fn children(
        &mut self,
        tag: Tag,
        cardinality: Cardinality,
        items: &'static [Item],
        parts: &mut Parts,
        (rarity, depth): (usize, usize),
    ) {
        // A model may mention an element twice, for two parts of its content.
        if parts.children.iter().any(|(known, _)| *known == tag) {
            return;
        }
        for _ in 0..self.count(cardinality, rarity, depth) {
            parts.children.push((tag, items));
        }
    }

    fn count(&mut self, cardinality: Cardinality, rarity: usize, depth: usize) -> usize {
        if depth >= DEPTH {
            return usize::from(cardinality == Cardinality::One && depth < 2 * DEPTH);
        }
        match cardinality {
            Cardinality::One => 1,
            Cardinality::Some => 1 + self.random.below(2),
            Cardinality::Optional => usize::from(self.one_in(rarity)),
            Cardinality::Many => usize::from(self.one_in(rarity)) * (1 + self.random.below(2)),
        }
    }

    fn one_in(&mut self, rarity: usize) -> bool {
        self.random.below(rarity) == 0
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
