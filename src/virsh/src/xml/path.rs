//! XPath 1.0, as much of it as picking parts of libvirt's documents takes: all axes but the namespace one, predicates,
//! and the functions about nodes, strings and positions.

mod parse;
mod value;

use crate::failure::{Outcome, fail};
use parse::{Axis, Expr, Step, Test};
use roxmltree::{Document, Node};
use value::Value;

/// Something that a path leads to.
#[derive(Clone, Copy, PartialEq)]
pub enum Item<'a, 'i> {
    Node(Node<'a, 'i>),
    /// An attribute, by its place in its element.
    Attribute(Node<'a, 'i>, usize),
}

impl<'a, 'i> Item<'a, 'i> {
    /// The item as it would stand in a document.
    pub fn text(&self) -> String {
        match self {
            Self::Node(node) => super::pretty(*node),
            Self::Attribute(node, at) => {
                let attribute = node.attributes().nth(*at).expect("the item was found there");
                format!(
                    " {}=\"{}\"",
                    attribute.name(),
                    super::escape(attribute.value()).replace("&apos;", "'")
                )
            }
        }
    }

    /// What it means as a string: all text in it.
    fn string(&self) -> String {
        match self {
            Self::Node(node) => super::text(*node),
            Self::Attribute(node, at) => {
                node.attributes().nth(*at).map(|attribute| attribute.value().to_owned()).unwrap_or_default()
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Node(node) => node.tag_name().name().to_owned(),
            Self::Attribute(node, at) => {
                node.attributes().nth(*at).map(|attribute| attribute.name().to_owned()).unwrap_or_default()
            }
        }
    }

    /// Where it comes in the document.
    fn order(&self) -> (u32, usize) {
        match self {
            Self::Node(node) => (node.id().get(), 0),
            Self::Attribute(node, at) => (node.id().get(), at + 1),
        }
    }
}

/// What `xpath` leads to, in the document's order.
pub fn select<'a, 'i>(document: &'a Document<'i>, xpath: &str) -> Outcome<Vec<Item<'a, 'i>>> {
    let expression = match parse::parse(xpath) {
        Ok(expression) => expression,
        Err(at) => fail!("XPath error: invalid expression '{xpath}' at character {}", at + 1),
    };
    let context = Context { item: Item::Node(document.root()), position: 1, size: 1 };
    match evaluate(&expression, context) {
        Some(Value::Items(items)) => Ok(items),
        _ => fail!("internal error: Incorrect xpath '{xpath}'"),
    }
}

#[derive(Clone, Copy)]
struct Context<'a, 'i> {
    item: Item<'a, 'i>,
    position: usize,
    size: usize,
}

/// Nothing comes back where a function is unknown or gets what it can't use.
fn evaluate<'a, 'i>(expression: &Expr, context: Context<'a, 'i>) -> Option<Value<'a, 'i>> {
    Some(match expression {
        Expr::Number(number) => Value::Number(*number),
        Expr::Literal(text) => Value::Text(text.clone()),
        Expr::Or(one, other) => {
            Value::Truth(evaluate(one, context)?.truth() || evaluate(other, context)?.truth())
        }
        Expr::And(one, other) => {
            Value::Truth(evaluate(one, context)?.truth() && evaluate(other, context)?.truth())
        }
        Expr::Compare(one, how, other) => {
            Value::Truth(value::compare(&evaluate(one, context)?, *how, &evaluate(other, context)?))
        }
        Expr::Arithmetic(one, how, other) => {
            value::arithmetic(evaluate(one, context)?.number(), *how, evaluate(other, context)?.number())
        }
        Expr::Negative(one) => Value::Number(-evaluate(one, context)?.number()),
        Expr::Union(one, other) => {
            let (Value::Items(mut items), Value::Items(more)) =
                (evaluate(one, context)?, evaluate(other, context)?)
            else {
                return None;
            };
            items.extend(more);
            Value::Items(in_order(items))
        }
        Expr::Call(name, arguments) => call(name, arguments, context)?,
        Expr::Filter(base, predicates) => {
            let Value::Items(items) = evaluate(base, context)? else { return None };
            Value::Items(filter(items, predicates)?)
        }
        Expr::Path { base, steps } => {
            let start = match base {
                Some(base) => match evaluate(base, context)? {
                    Value::Items(items) => items,
                    _ => return None,
                },
                None => vec![context.item],
            };
            Value::Items(walk(start, steps)?)
        }
        Expr::Root => Value::Items(vec![root(context.item)]),
    })
}

fn root<'a, 'i>(item: Item<'a, 'i>) -> Item<'a, 'i> {
    match item {
        Item::Node(node) | Item::Attribute(node, _) => Item::Node(node.document().root()),
    }
}

fn walk<'a, 'i>(start: Vec<Item<'a, 'i>>, steps: &[Step]) -> Option<Vec<Item<'a, 'i>>> {
    let mut items = start;
    for step in steps {
        let mut found = Vec::new();
        for item in items {
            found.extend(filter(on_axis(item, step), &step.predicates)?);
        }
        items = in_order(found);
    }
    Some(items)
}

fn filter<'a, 'i>(mut items: Vec<Item<'a, 'i>>, predicates: &[Expr]) -> Option<Vec<Item<'a, 'i>>> {
    for predicate in predicates {
        let size = items.len();
        let mut kept = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let keep = match evaluate(predicate, Context { item, position: at + 1, size })? {
                Value::Number(number) => number == (at + 1) as f64,
                value => value.truth(),
            };
            if keep {
                kept.push(item);
            }
        }
        items = kept;
    }
    Some(items)
}

/// What the step's axis reaches and its test lets pass, nearest first.
fn on_axis<'a, 'i>(item: Item<'a, 'i>, step: &Step) -> Vec<Item<'a, 'i>> {
    let node = match item {
        Item::Node(node) => node,
        Item::Attribute(node, _) => {
            return match step.axis {
                Axis::Parent => vec![Item::Node(node)],
                Axis::Own => vec![item],
                Axis::Ancestor | Axis::AncestorOrSelf => node.ancestors().map(Item::Node).collect(),
                _ => Vec::new(),
            };
        }
    };
    let nodes: Vec<Node<'a, 'i>> = match step.axis {
        Axis::Attribute => return attributes(node, &step.test),
        Axis::Child => node.children().collect(),
        Axis::Descendant => node.descendants().skip(1).collect(),
        Axis::DescendantOrSelf => node.descendants().collect(),
        Axis::Own => vec![node],
        Axis::Parent => node.parent().into_iter().collect(),
        Axis::Ancestor => node.ancestors().skip(1).collect(),
        Axis::AncestorOrSelf => node.ancestors().collect(),
        Axis::FollowingSibling => node.next_siblings().skip(1).collect(),
        Axis::PrecedingSibling => node.prev_siblings().skip(1).collect(),
    };
    nodes.into_iter().filter(|node| passes(*node, &step.test)).map(Item::Node).collect()
}

fn attributes<'a, 'i>(node: Node<'a, 'i>, test: &Test) -> Vec<Item<'a, 'i>> {
    let passes = |name: &str| match test {
        Test::Name(wanted) => name == wanted,
        Test::Any | Test::Node => true,
        Test::Text | Test::Comment => false,
    };
    let all = node.attributes().enumerate();
    all.filter(|(_, attribute)| passes(attribute.name())).map(|(at, _)| Item::Attribute(node, at)).collect()
}

fn passes(node: Node<'_, '_>, test: &Test) -> bool {
    match test {
        Test::Name(name) => node.is_element() && node.tag_name().name() == name,
        Test::Any => node.is_element(),
        Test::Text => node.is_text(),
        Test::Comment => node.is_comment(),
        Test::Node => true,
    }
}

fn in_order<'a, 'i>(mut items: Vec<Item<'a, 'i>>) -> Vec<Item<'a, 'i>> {
    items.sort_by_key(Item::order);
    items.dedup();
    items
}

fn call<'a, 'i>(name: &str, arguments: &[Expr], context: Context<'a, 'i>) -> Option<Value<'a, 'i>> {
    let values: Option<Vec<Value<'a, 'i>>> =
        arguments.iter().map(|argument| evaluate(argument, context)).collect();
    let values = values?;
    let own = || Value::Items(vec![context.item]);
    let one = || values.first().cloned().unwrap_or_else(own);
    let texts: Vec<String> = values.iter().map(Value::string).collect();
    Some(match (name, values.as_slice()) {
        ("position", []) => Value::Number(context.position as f64),
        ("last", []) => Value::Number(context.size as f64),
        ("count", [Value::Items(items)]) => Value::Number(items.len() as f64),
        ("not", [value]) => Value::Truth(!value.truth()),
        ("true", []) => Value::Truth(true),
        ("false", []) => Value::Truth(false),
        ("boolean", [value]) => Value::Truth(value.truth()),
        ("number", [] | [_]) => Value::Number(one().number()),
        ("string", [] | [_]) => Value::Text(one().string()),
        ("name" | "local-name", [] | [Value::Items(_)]) => match one() {
            Value::Items(items) => Value::Text(items.first().map(Item::name).unwrap_or_default()),
            _ => return None,
        },
        ("contains", [_, _]) => Value::Truth(texts[0].contains(&texts[1])),
        ("starts-with", [_, _]) => Value::Truth(texts[0].starts_with(&texts[1])),
        ("concat", [_, _, ..]) => Value::Text(texts.concat()),
        ("string-length", [] | [_]) => Value::Number(one().string().chars().count() as f64),
        ("normalize-space", [] | [_]) => {
            Value::Text(one().string().split_whitespace().collect::<Vec<_>>().join(" "))
        }
        ("substring-before", [_, _]) => {
            Value::Text(texts[0].split_once(&texts[1]).map_or(String::new(), |(before, _)| before.into()))
        }
        ("substring-after", [_, _]) => {
            Value::Text(texts[0].split_once(&texts[1]).map_or(String::new(), |(_, after)| after.into()))
        }
        ("sum", [Value::Items(items)]) => {
            Value::Number(items.iter().map(|item| value::to_number(&item.string())).sum())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<domain type='test'><name>web</name><devices><disk type='file' device='disk'><target dev='vda'/>\
                       </disk><disk type='block' device='cdrom'><target dev='hda'/></disk><memory unit='KiB'>4</memory>\
                       </devices></domain>";

    fn select(xpath: &str) -> Vec<String> {
        let document = Document::parse(XML).unwrap();
        super::select(&document, xpath).unwrap().iter().map(Item::text).collect()
    }

    #[test]
    fn paths_lead_to_parts() {
        assert_eq!(select("/domain/name/text()"), ["web"]);
        assert_eq!(select("//disk/@type"), [" type=\"file\"", " type=\"block\""]);
        assert_eq!(select("//disk[@device='cdrom']/target/@dev"), [" dev=\"hda\""]);
        assert_eq!(
            select("//disk[target/@dev = 'vda']"),
            ["<disk type=\"file\" device=\"disk\">\n  <target dev=\"vda\"/>\n</disk>"]
        );
        assert_eq!(select("//target[@dev='hda']/../@type"), [" type=\"block\""]);
        assert_eq!(select("//disk[2]/target/@dev | //name/text()"), ["web", " dev=\"hda\""]);
        assert_eq!(select("//disk[last()]/@device"), [" device=\"cdrom\""]);
        assert_eq!(select("(//disk)[1]/@device"), [" device=\"disk\""]);
        assert_eq!(select("//*[contains(@dev, 'h') and not(@type)]"), ["<target dev=\"hda\"/>"]);
        assert_eq!(
            select("//memory[. > 3]/ancestor::devices/child::memory"),
            ["<memory unit=\"KiB\">4</memory>"]
        );
        assert!(select("//nothing").is_empty());
    }

    #[test]
    fn what_leads_to_no_part_is_refused() {
        let document = Document::parse(XML).unwrap();
        assert!(super::select(&document, "count(//disk)").is_err());
        assert!(super::select(&document, "//[").is_err());
        assert!(super::select(&document, &"(".repeat(100_000)).is_err());
    }
}
