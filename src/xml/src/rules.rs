//! What a schema says beyond a model, for the strict check: rules that are laid over a [`Shape`](crate::Shape).
//!
//! A model reads generously and says what it understands; a schema may want an attribute that has a default, refuse two
//! that exclude each other, or know fewer values. A rule names a place and a demand:
//! `Rule::needs("target/@dev")`, `Rule::is("source/@file", ABSOLUTE_PATH)`,
//! `Rule::forms("secret", &["@uuid", "@usage"])`.

use crate::{Node, ValueKind};

/// A demand on what stands at a place.
#[derive(Debug)]
pub struct Rule {
    /// Paths of local names from the element that has the rule, parted by blanks; `*` is any element; empty: the element itself.
    at: &'static str,
    demand: Demand,
}

/// What values are right.
#[derive(Debug, Clone, Copy)]
pub struct Values {
    pub kind: ValueKind,
    pub valid: fn(&str) -> bool,
}

impl Values {
    /// Those for which `valid` says so; `noun` is what an error calls them.
    pub const fn named(noun: &'static str, valid: fn(&str) -> bool) -> Self {
        Self { kind: ValueKind::Named(noun), valid }
    }

    /// These and no others.
    pub const fn one_of(names: &'static [&'static str]) -> Self {
        // The check itself looks into the list.
        Self { kind: ValueKind::OneOf(names), valid: |_| true }
    }

    pub(crate) fn fit(&self, text: &str) -> bool {
        match self.kind {
            ValueKind::OneOf(names) => names.contains(&text),
            _ => (self.valid)(text),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Demand {
    /// The attribute's value, or the element's text, is one of these: instead of what the model says.
    Is(Values),
    /// The attribute or element must be there.
    Needs,
    /// It may be there, and need not.
    May,
    /// It may not be there.
    No,
    /// The element stands there once at the most.
    Once,
    /// The element may stand there several times.
    Many,
    /// Exactly one of these combinations stands there.
    Forms(&'static [&'static str]),
    /// Nothing but these stands there.
    Only(&'static str),
    /// These elements come in this order.
    Order(&'static str),
    /// Nothing stands between these elements.
    Together(&'static str),
    /// Groups of elements that do not alternate: one of an earlier group, one of a later, and again.
    Uncrossed(&'static [&'static str]),
    /// Anything goes in there.
    Any,
    /// If the attribute or text at this path has one of these values (an empty one: if it is not there), these rules hold, too.
    When(&'static str, &'static [&'static str], &'static [Rule]),
    /// If it has none of these values.
    Unless(&'static str, &'static [&'static str], &'static [Rule]),
    /// These rules hold there, too.
    Part(fn() -> &'static [Rule]),
}

impl Demand {
    /// Whether it speaks of what the path ends with as a part of the element before.
    fn is_of_parent(&self) -> bool {
        matches!(self, Self::Needs | Self::May | Self::No | Self::Once | Self::Many)
    }
}

/// Names of attributes begin with `@`.
impl Rule {
    pub const fn is(at: &'static str, values: Values) -> Self {
        Self { at, demand: Demand::Is(values) }
    }

    pub const fn needs(at: &'static str) -> Self {
        Self { at, demand: Demand::Needs }
    }

    pub const fn may(at: &'static str) -> Self {
        Self { at, demand: Demand::May }
    }

    pub const fn no(at: &'static str) -> Self {
        Self { at, demand: Demand::No }
    }

    pub const fn once(at: &'static str) -> Self {
        Self { at, demand: Demand::Once }
    }

    pub const fn many(at: &'static str) -> Self {
        Self { at, demand: Demand::Many }
    }

    /// Combinations of `@attribute`, `@attribute=one|two`, `element`, `element=type`, `element@attribute=value` and `#` (text), each of them with `?` (may lack), `*` (as many as
    /// there are), `+` (at least one) or `:3` (so many) behind it. What no combination names may stand there all the same.
    pub const fn forms(at: &'static str, forms: &'static [&'static str]) -> Self {
        Self { at, demand: Demand::Forms(forms) }
    }

    /// Names parted by blanks; `*` is any element.
    pub const fn only(at: &'static str, names: &'static str) -> Self {
        Self { at, demand: Demand::Only(names) }
    }

    /// Names as combinations have them; with `?` it stands there once at the most.
    pub const fn order(at: &'static str, names: &'static str) -> Self {
        Self { at, demand: Demand::Order(names) }
    }

    pub const fn together(at: &'static str, names: &'static str) -> Self {
        Self { at, demand: Demand::Together(names) }
    }

    pub const fn uncrossed(at: &'static str, groups: &'static [&'static str]) -> Self {
        Self { at, demand: Demand::Uncrossed(groups) }
    }

    pub const fn any(at: &'static str) -> Self {
        Self { at, demand: Demand::Any }
    }

    pub const fn when(
        at: &'static str,
        attr: &'static str,
        values: &'static [&'static str],
        rules: &'static [Self],
    ) -> Self {
        Self { at, demand: Demand::When(attr, values, rules) }
    }

    pub const fn unless(
        at: &'static str,
        path: &'static str,
        values: &'static [&'static str],
        rules: &'static [Self],
    ) -> Self {
        Self { at, demand: Demand::Unless(path, values, rules) }
    }

    pub const fn part(at: &'static str, rules: fn() -> &'static [Self]) -> Self {
        Self { at, demand: Demand::Part(rules) }
    }
}

/// A rule with what is left of the way to its place.
#[derive(Clone, Copy)]
pub(crate) struct Due {
    rest: &'static str,
    demand: &'static Demand,
}

/// The rules that hold at an element.
#[derive(Default)]
pub(crate) struct Dues(Vec<Due>);

/// The value of an attribute, or the text of an element, on the way from `node`; empty where there is none.
fn value_at(node: &Node<'_>, path: &'static str) -> String {
    if let Some(attribute) = path.strip_prefix('@') {
        return node.attr(attribute).unwrap_or("").to_owned();
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match node.child(first) {
        Some(child) if rest.is_empty() => child.text().trim().to_owned(),
        Some(child) => value_at(&child, rest),
        None => String::new(),
    }
}

/// How often something may stand in an element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Needed,
    Free,
    Refused,
}

impl Dues {
    /// Adds rules of the element itself.
    pub fn add(&mut self, rules: &'static [Rule]) {
        for rule in rules {
            if rule.at.is_empty() {
                self.0.push(Due { rest: "", demand: &rule.demand });
            }
            self.0.extend(
                rule.at.split(' ').filter(|at| !at.is_empty()).map(|rest| Due { rest, demand: &rule.demand }),
            );
        }
    }

    /// Puts what the rules that hold here bring along in their place. What comes later is what counts.
    pub fn settle(&mut self, node: &Node<'_>) {
        let mut all = Self::default();
        std::mem::take(&mut self.0).into_iter().for_each(|due| all.take(due, node));
        *self = all;
    }

    fn take(&mut self, due: Due, node: &Node<'_>) {
        let mut more = Self::default();
        match due.demand {
            Demand::Part(rules) if due.rest.is_empty() => more.add(rules()),
            Demand::When(path, values, rules) if due.rest.is_empty() => {
                if values.contains(&&*value_at(node, path)) {
                    more.add(rules);
                }
            }
            Demand::Unless(path, values, rules) if due.rest.is_empty() => {
                if !values.contains(&&*value_at(node, path)) {
                    more.add(rules);
                }
            }
            _ => return self.0.push(due),
        }
        more.0.into_iter().for_each(|due| self.take(due, node));
    }

    /// Those that are meant for what is in a child.
    pub fn of_child(&self, name: &str) -> Self {
        let below = self.0.iter().filter_map(|due| {
            let (first, rest) = match due.rest.split_once('/') {
                Some(parts) => parts,
                None if due.rest.is_empty() || due.demand.is_of_parent() => return None,
                None => (due.rest, ""),
            };
            (first == "*" || first == name).then_some(Due { rest, demand: due.demand })
        });
        Self(below.collect())
    }

    fn here(&self) -> impl Iterator<Item = &'static Demand> {
        self.0.iter().filter(|due| due.rest.is_empty()).map(|due| due.demand)
    }

    /// What the text is to be.
    pub fn text(&self) -> Option<&'static Values> {
        self.values(|rest| rest.is_empty())
    }

    /// What an attribute's value is to be.
    pub fn attr(&self, name: &str) -> Option<&'static Values> {
        self.values(|rest| rest.strip_prefix('@') == Some(name))
    }

    fn values(&self, wanted: impl Fn(&str) -> bool) -> Option<&'static Values> {
        let found = self.0.iter().rev().filter(|due| wanted(due.rest));
        found.into_iter().find_map(|due| match due.demand {
            Demand::Is(values) => Some(values),
            _ => None,
        })
    }

    /// Whether something (`@name` for an attribute) must, may or can't be there; `None`: the model knows.
    pub fn presence(&self, name: &str) -> Option<Presence> {
        let said = self.0.iter().rev().filter(|due| due.rest == name).find_map(|due| match due.demand {
            Demand::Needs => Some(Presence::Needed),
            Demand::May => Some(Presence::Free),
            Demand::No => Some(Presence::Refused),
            _ => None,
        });
        let listed =
            |list: &str| list.split(' ').any(|known| known == name || known == "*" && !name.starts_with('@'));
        let mut lists = self.here().filter_map(|demand| match demand {
            Demand::Only(list) => Some(*list),
            _ => None,
        });
        if lists.any(|list| !listed(list)) { Some(Presence::Refused) } else { said }
    }

    /// Whether an element may stand there several times.
    pub fn repeats(&self, name: &str) -> Option<bool> {
        self.0.iter().rev().filter(|due| due.rest == name || due.rest == "*").find_map(|due| {
            match due.demand {
                Demand::Many => Some(true),
                Demand::Once => Some(false),
                _ => None,
            }
        })
    }

    /// Whether nothing may be there but what rules name.
    pub fn is_closed(&self) -> bool {
        self.here().any(|demand| matches!(demand, Demand::Only(_)))
    }

    pub fn is_any(&self) -> bool {
        self.here().any(|demand| matches!(demand, Demand::Any))
    }

    /// The names that must be there: of attributes with `@`.
    pub fn needed(&self) -> impl Iterator<Item = &'static str> {
        let needed =
            self.0.iter().filter(|due| matches!(due.demand, Demand::Needs) && !due.rest.contains('/'));
        needed.map(|due| due.rest).filter(|name| self.presence(name) == Some(Presence::Needed))
    }

    /// The names that rules bring in: of attributes with `@`.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let said =
            self.0.iter().filter(|due| matches!(due.demand, Demand::Needs | Demand::May | Demand::Is(_)));
        let said = said.filter(|due| !matches!(due.demand, Demand::Is(_)) || due.rest.starts_with('@'));
        let said = said.map(|due| due.rest).filter(|rest| !rest.is_empty() && !rest.contains('/'));
        let listed = self.here().filter_map(|demand| match demand {
            Demand::Only(list) => Some(list.split(' ').filter(|name| *name != "*")),
            _ => None,
        });
        said.chain(listed.flatten())
    }

    /// Whether rules bring something in, by its name or among others.
    pub fn names_it(&self, name: &str) -> bool {
        self.names().any(|known| known == name) || self.names_any_element() && !name.starts_with('@')
    }

    fn names_any_element(&self) -> bool {
        self.here()
            .any(|demand| matches!(demand, Demand::Only(list) if list.split(' ').any(|name| name == "*")))
    }

    pub fn orders(&self) -> impl Iterator<Item = &'static str> {
        self.here().filter_map(|demand| match demand {
            Demand::Order(names) => Some(*names),
            _ => None,
        })
    }

    pub fn together(&self) -> impl Iterator<Item = &'static str> {
        self.here().filter_map(|demand| match demand {
            Demand::Together(names) => Some(*names),
            _ => None,
        })
    }

    pub fn uncrossed(&self) -> impl Iterator<Item = &'static [&'static str]> {
        self.here().filter_map(|demand| match demand {
            Demand::Uncrossed(groups) => Some(*groups),
            _ => None,
        })
    }

    pub fn forms(&self) -> impl Iterator<Item = &'static [&'static str]> {
        self.here().filter_map(|demand| match demand {
            Demand::Forms(forms) => Some(*forms),
            _ => None,
        })
    }
}
