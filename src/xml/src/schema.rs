//! What a model allows, as static data, and the strict check that `VIR_DOMAIN_DEFINE_VALIDATE` and its like ask for.

use ferrovirt_core::{Error, ErrorCode, Result};

use crate::document::error_at;
use crate::forms;
use crate::order;
use crate::rules::{Dues, Presence, Rule};
use crate::{Document, Node, Span, Tag, ValueKind, XmlElement};

/// What may stand inside an element.
#[derive(Debug)]
pub struct Shape {
    pub items: &'static [Item],
}

impl Shape {
    /// Anything goes.
    pub const ANY: &'static Shape = &Shape { items: &[Item::Any] };
    /// Nothing may stand there.
    pub const EMPTY: &'static Shape = &Shape { items: &[] };
}

/// How often a child element may stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    One,
    Optional,
    Many,
    Some,
}

/// One thing that may stand inside an element. Items of the same name are united.
#[derive(Debug)]
pub enum Item {
    Attr {
        name: &'static str,
        kind: ValueKind,
        valid: fn(&str) -> bool,
        required: bool,
    },
    Text {
        kind: ValueKind,
        valid: fn(&str) -> bool,
        required: bool,
    },
    /// A child whose content another type describes.
    Child {
        tag: Tag,
        cardinality: Cardinality,
        shape: fn() -> &'static Shape,
    },
    /// A child whose content is described here.
    Group {
        tag: Tag,
        cardinality: Cardinality,
        items: &'static [Item],
    },
    /// One of the children of another type (a choice).
    Choice {
        cardinality: Cardinality,
        shape: fn() -> &'static Shape,
    },
    /// Another type's content in the same element.
    Flatten(fn() -> &'static Shape),
    /// What else is allowed depends on an attribute: per value, its items. `default` counts where it lacks.
    Tagged {
        attr: &'static str,
        default: Option<usize>,
        names: &'static [&'static str],
        variants: &'static [&'static [Item]],
    },
    /// Anything goes.
    Any,
    /// What the schema says beyond all that.
    Rules(&'static [Rule]),
}

/// Refuses what the model of `T` does not know: unknown elements and attributes, missing ones, values of the wrong
/// kind, and what its rules refuse (`VIR_ERR_XML_INVALID_SCHEMA`). The order of elements is free where no rule says it.
pub fn check_strict<T: XmlElement>(document: &Document<'_>) -> Result<()> {
    document.expect_root(T::TAG)?;
    check_shape(document, T::shape())
}

/// The same for a document that is read by hand.
pub fn check_shape(document: &Document<'_>, shape: &'static Shape) -> Result<()> {
    check_part(&document.root(), shape)
}

/// The same for an element of one.
pub fn check_part(node: &Node<'_>, shape: &'static Shape) -> Result<()> {
    check(node, &[shape.items], Dues::default())
}

fn refuse(at: Span, sentence: String) -> Error {
    error_at(at, ErrorCode::XmlInvalidSchema, sentence)
}

/// All that is allowed in one element, from all the types that share it.
#[derive(Default)]
struct Allowed {
    attrs: Vec<Attr>,
    texts: Vec<Text>,
    children: Vec<Child>,
    any: bool,
    rules: Dues,
}

struct Attr {
    name: &'static str,
    kind: ValueKind,
    /// None where the kind says it all.
    valid: Option<fn(&str) -> bool>,
    required: bool,
}

impl Attr {
    fn fits(&self, value: &str) -> bool {
        match (self.valid, self.kind) {
            (Some(valid), _) => valid(value),
            (None, ValueKind::OneOf(names)) => names.contains(&value),
            (None, _) => true,
        }
    }
}

struct Text {
    kind: ValueKind,
    valid: fn(&str) -> bool,
    required: bool,
}

struct Child {
    tag: Tag,
    cardinality: Cardinality,
    items: &'static [Item],
}

impl Allowed {
    fn add(&mut self, items: &'static [Item], node: &Node<'_>) {
        for item in items {
            match item {
                Item::Attr { name, kind, valid, required } => {
                    self.attrs.push(Attr { name, kind: *kind, valid: Some(*valid), required: *required });
                }
                Item::Text { kind, valid, required } => {
                    self.texts.push(Text { kind: *kind, valid: *valid, required: *required })
                }
                Item::Child { tag, cardinality, shape } => {
                    self.add_child(*tag, *cardinality, shape().items);
                }
                Item::Group { tag, cardinality, items } => self.add_child(*tag, *cardinality, items),
                Item::Choice { cardinality, shape } => self.add_choice(shape().items, *cardinality),
                Item::Flatten(shape) => self.add(shape().items, node),
                Item::Tagged { attr, default, names, variants } => {
                    let kind = ValueKind::OneOf(names);
                    self.attrs.push(Attr { name: attr, kind, valid: None, required: default.is_none() });
                    let chosen = match node.attr(attr) {
                        Some(value) => names.iter().position(|n| *n == value),
                        None => *default,
                    };
                    if let Some(at) = chosen {
                        self.add(variants[at], node);
                    }
                }
                Item::Any => self.any = true,
                Item::Rules(rules) => self.rules.add(rules),
            }
        }
    }

    /// The names of all attributes that may be there.
    fn attr_names(&self) -> impl Iterator<Item = &'static str> {
        let ruled = self.rules.names().filter_map(|name| name.strip_prefix('@'));
        let all = self.attrs.iter().map(|a| a.name).chain(ruled);
        all.filter(|name| self.rules.presence(&format!("@{name}")) != Some(Presence::Refused))
    }

    /// The names of all elements that may be there.
    fn child_names(&self) -> impl Iterator<Item = &'static str> {
        let ruled = self.rules.names().filter(|name| !name.starts_with('@'));
        let all = self.children.iter().map(|c| c.tag.name).chain(ruled);
        all.filter(|name| self.rules.presence(name) != Some(Presence::Refused))
    }

    fn add_child(&mut self, tag: Tag, cardinality: Cardinality, items: &'static [Item]) {
        self.children.push(Child { tag, cardinality, items });
    }

    /// The parts of a choice are all optional: that one of them is there is for the parser to see.
    fn add_choice(&mut self, items: &'static [Item], cardinality: Cardinality) {
        let each = match cardinality {
            Cardinality::One | Cardinality::Optional => Cardinality::Optional,
            Cardinality::Many | Cardinality::Some => Cardinality::Many,
        };
        for item in items {
            match item {
                Item::Child { tag, shape, .. } => self.add_child(*tag, each, shape().items),
                Item::Group { tag, items, .. } => self.add_child(*tag, each, items),
                Item::Choice { shape, .. } | Item::Flatten(shape) => {
                    self.add_choice(shape().items, cardinality);
                }
                _ => self.any = true,
            }
        }
    }
}

fn check(node: &Node<'_>, parts: &[&'static [Item]], rules: Dues) -> Result<()> {
    let mut allowed = Allowed { rules, ..Allowed::default() };
    for items in parts {
        allowed.add(items, node);
    }
    allowed.rules.settle(node);
    allowed.any = (allowed.any || allowed.rules.is_any()) && !allowed.rules.is_closed();
    check_attrs(node, &allowed)?;
    check_text(node, &allowed)?;
    check_children(node, &allowed)?;
    let rules = &allowed.rules;
    let disorder = rules
        .orders()
        .find_map(|order| order::disorder(node, order))
        .or_else(|| rules.together().find_map(|names| order::apart(node, names)))
        .or_else(|| rules.uncrossed().find_map(|groups| order::crossing(node, groups)));
    match disorder.or_else(|| rules.forms().find_map(|forms| forms::fault(node, forms))) {
        Some((at, text)) => Err(refuse(at, text)),
        None => Ok(()),
    }
}

fn check_attrs(node: &Node<'_>, allowed: &Allowed) -> Result<()> {
    for (ns, name, value) in node.attrs() {
        if !ns.is_empty() {
            continue;
        }
        let (known, at_name) = (allowed.attrs.iter().filter(|a| a.name == name), format!("@{name}"));
        let presence = allowed.rules.presence(&at_name);
        let mut known = known.peekable();
        let unknown = known.peek().is_none() && !allowed.rules.names_it(&at_name) && !allowed.any;
        if unknown || presence == Some(Presence::Refused) {
            let advice = advice(name, allowed.attr_names());
            let text = format!("attribute '{name}' is not known in <{}>; {advice}", node.name());
            return Err(refuse(node.attr_span(name), text));
        }
        let wrong = match allowed.rules.attr(name) {
            Some(values) => (!values.fit(value)).then_some(values.kind),
            None => known.find(|a| !a.fits(value)).map(|a| a.kind),
        };
        if let Some(kind) = wrong {
            return Err(node.bad_attr(name, kind, ErrorCode::XmlInvalidSchema));
        }
    }
    let of_model = allowed.attrs.iter().filter(|a| a.required).map(|a| a.name);
    let of_model = of_model.filter(|name| allowed.rules.presence(&format!("@{name}")).is_none());
    let of_rules = allowed.rules.needed().filter_map(|name| name.strip_prefix('@'));
    match of_model.chain(of_rules).find(|name| node.attr(name).is_none()) {
        Some(missing) => Err(node.missing_attr(missing, ErrorCode::XmlInvalidSchema)),
        None => Ok(()),
    }
}

fn check_text(node: &Node<'_>, allowed: &Allowed) -> Result<()> {
    if let Some(values) = allowed.rules.text() {
        return match values.fit(&node.text()) {
            true => Ok(()),
            false => Err(node.bad_text(values.kind, ErrorCode::XmlInvalidSchema)),
        };
    }
    if allowed.any {
        return Ok(());
    }
    if allowed.texts.is_empty() {
        let own = node.tree().children().filter(|n| n.is_text()).filter_map(|n| n.text());
        return match own.map(str::trim).find(|t| !t.is_empty()) {
            Some(text) => {
                Err(refuse(node.span(), format!("text '{text}' is not allowed in <{}>", node.name())))
            }
            None => Ok(()),
        };
    }
    let text = node.text();
    for Text { kind, valid, required } in &allowed.texts {
        if text.is_empty() && *required {
            return Err(refuse(node.span(), format!("<{}> is empty: {kind} is expected", node.name())));
        }
        if !text.is_empty() && !valid(&text) {
            return Err(node.bad_text(*kind, ErrorCode::XmlInvalidSchema));
        }
    }
    Ok(())
}

fn check_children(node: &Node<'_>, allowed: &Allowed) -> Result<()> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for child in node.children() {
        let name = child.name();
        let known: Vec<_> = allowed.children.iter().filter(|c| child.is(c.tag)).collect();
        let presence = allowed.rules.presence(name);
        if known.is_empty() && !allowed.rules.names_it(name) || presence == Some(Presence::Refused) {
            if allowed.any {
                continue;
            }
            let advice = advice(name, allowed.child_names());
            let text = format!("element <{name}> is not known in <{}>; {advice}", node.name());
            return Err(refuse(child.span(), text));
        }
        let single = known.iter().all(|c| matches!(c.cardinality, Cardinality::One | Cardinality::Optional));
        let single = match allowed.rules.repeats(name) {
            Some(repeats) => !repeats,
            None if known.is_empty() => allowed.rules.names().any(|ruled| ruled == name),
            None => single,
        };
        if single && seen.contains(&(name, child.ns())) {
            let text = format!("element <{name}> may stand only once in <{}>", node.name());
            return Err(refuse(child.span(), text));
        }
        seen.push((name, child.ns()));
        let parts: Vec<_> = known.iter().map(|c| c.items).collect();
        check(&child, &parts, allowed.rules.of_child(name))?;
    }
    let needed = |c: &&Child| matches!(c.cardinality, Cardinality::One | Cardinality::Some);
    let of_model =
        allowed.children.iter().filter(needed).filter(|c| allowed.rules.presence(c.tag.name).is_none());
    let missing = of_model.filter(|c| !seen.contains(&(c.tag.name, c.tag.uri()))).map(|c| c.tag.name);
    let of_rules = allowed.rules.needed().filter(|name| !name.starts_with('@'));
    let mut missing = missing.chain(of_rules.filter(|name| seen.iter().all(|(seen, _)| seen != name)));
    match missing.next() {
        Some(missing) => Err(node.missing_child(missing, ErrorCode::XmlInvalidSchema)),
        None => Ok(()),
    }
}

/// What to write instead: the name that is nearly the same, or all of them.
fn advice(wrong: &str, known: impl Iterator<Item = &'static str>) -> String {
    let mut names: Vec<_> = known.collect();
    names.sort_unstable();
    names.dedup();
    let near = names.iter().map(|n| (distance(wrong, n), n)).min();
    match near {
        None => "none is allowed there".into(),
        Some((steps, name)) if steps <= 2 => format!("did you mean '{name}'?"),
        Some(_) => format!("known there: {}", names.join(", ")),
    }
}

/// How many letters have to be changed, added or dropped.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
