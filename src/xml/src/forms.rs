//! Combinations of attributes and elements that exclude each other, as rules declare them.

use crate::{Node, Span};

/// A part of a combination: `@name`, `@name=one|two`, `name`, `name=type`, `name@attribute=value` or `#`, and how often.
#[derive(Clone, Copy)]
struct Part {
    name: &'static str,
    values: Option<&'static str>,
    least: usize,
    most: usize,
}

impl Part {
    fn read(text: &'static str) -> Self {
        let (rest, least, most) = match text.as_bytes().last() {
            Some(b'?') => (&text[..text.len() - 1], 0, 1),
            Some(b'*') => (&text[..text.len() - 1], 0, usize::MAX),
            Some(b'+') => (&text[..text.len() - 1], 1, usize::MAX),
            _ => match text.split_once(':') {
                Some((name, count)) => {
                    let count = count.parse().expect("a number behind ':'");
                    (name, count, count)
                }
                None => (text, 1, 1),
            },
        };
        let (name, values) = match rest.split_once('=').filter(|_| rest.starts_with('@')) {
            Some((name, values)) => (name, Some(values)),
            None => (rest, None),
        };
        Self { name, values, least, most }
    }

    /// How it is called in a sentence.
    fn noun(&self) -> String {
        let named = noun(self.name);
        match self.values {
            Some(values) => format!("{named} ({})", values.replace('|', " or ")),
            None => named,
        }
    }
}

fn noun(name: &str) -> String {
    match (name.strip_prefix('@'), name.split_once('=')) {
        (Some(attribute), _) => format!("attribute '{attribute}'"),
        (None, _) if name == "#" => "text".into(),
        (None, None) => format!("element <{name}>"),
        (None, Some((element, value))) => match element.split_once('@') {
            Some((element, attribute)) => format!("element <{element} {attribute}='{value}'>"),
            None => format!("element <{element} type='{value}'>"),
        },
    }
}

fn parts(form: &'static str) -> impl Iterator<Item = Part> {
    form.split(' ').filter(|part| !part.is_empty()).map(Part::read)
}

/// Where `name` stands in the element.
fn places(node: &Node<'_>, name: &'static str) -> Vec<Span> {
    match name.strip_prefix('@') {
        Some(attribute) => node.attr(attribute).map(|_| node.attr_span(attribute)).into_iter().collect(),
        None if name == "#" => {
            let mut texts = node.tree().children().filter(|n| n.is_text()).filter_map(|n| n.text());
            texts.any(|text| !text.trim().is_empty()).then(|| node.span()).into_iter().collect()
        }
        None => node.children().filter(|child| is_named(child, name)).map(|child| child.span()).collect(),
    }
}

/// Whether a child is meant by `name`, `name=type` or `name@attribute=value`.
pub(crate) fn is_named(child: &Node<'_>, name: &str) -> bool {
    match name.split_once('=') {
        None => child.name() == name,
        Some((element, value)) => {
            let (element, attribute) = element.split_once('@').unwrap_or((element, "type"));
            child.name() == element && child.attr(attribute) == Some(value)
        }
    }
}

/// Something that speaks against a form, and how much.
struct Fault {
    weight: usize,
    at: Span,
    text: String,
}

/// What is wrong if the element is meant to be of this form. A value that belongs to another form says most, what is
/// missing least.
fn faults(node: &Node<'_>, form: &'static str, all: &[&'static str]) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut fault = |weight, at, text: String| {
        found.push(Fault { weight, at, text: format!("{text} <{}>", node.name()) })
    };
    for part in parts(form) {
        let places = places(node, part.name);
        if places.len() < part.least {
            fault(1, node.span(), format!("{} is missing in", part.noun()));
        }
        let value = node.attr(part.name.trim_start_matches('@')).unwrap_or("");
        if let (Some(values), Some(place)) = (part.values, places.first())
            && !values.split('|').any(|known| known == value)
        {
            let (noun, values) = (noun(part.name), values.replace('|', " or "));
            fault(5, *place, format!("invalid value '{value}' for {noun}, {values} is expected, in"));
        }
        if let Some(extra) = places.get(part.most) {
            fault(2, *extra, format!("{} may stand only {} in", noun(part.name), times(part.most)));
        }
    }
    for name in all.iter().filter(|name| !parts(form).any(|part| part.name == **name)) {
        if let Some(place) = places(node, name).first() {
            let wanted: Vec<_> = parts(form).filter(|part| part.least > 0).map(|part| part.noun()).collect();
            let with = if wanted.is_empty() { String::new() } else { format!(" with {}", wanted.join(", ")) };
            let weight = if name.starts_with('@') { 3 } else { 2 };
            fault(weight, *place, format!("{} does not go{with} in", noun(name)));
        }
    }
    found
}

fn times(most: usize) -> String {
    if most == 1 { "once".into() } else { format!("{most} times") }
}

/// The first fault of the form that fits best, if none fits.
pub(crate) fn fault(node: &Node<'_>, forms: &'static [&'static str]) -> Option<(Span, String)> {
    let mut all: Vec<&'static str> =
        forms.iter().flat_map(|form| parts(form)).map(|part| part.name).collect();
    all.sort_unstable();
    all.dedup();
    let judged = forms.iter().map(|form| faults(node, form, &all));
    let best = judged.min_by_key(|faults| faults.iter().map(|fault| fault.weight).sum::<usize>())?;
    best.into_iter().next().map(|fault| (fault.at, fault.text))
}
