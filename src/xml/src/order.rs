//! The order of elements, where rules ask for one.

use crate::forms::is_named;
use crate::{Node, Span};

/// An element that stands behind one that belongs behind it, or twice where once is all (`?`).
pub(crate) fn disorder(node: &Node<'_>, order: &'static str) -> Option<(Span, String)> {
    let mut latest: Option<usize> = None;
    for child in node.children() {
        let named = |name: &str| is_named(&child, name.trim_end_matches('?'));
        let Some((at, name)) = order.split(' ').enumerate().find(|(_, name)| named(name)) else { continue };
        if latest.is_some_and(|latest| at < latest || at == latest && name.ends_with('?')) {
            let order = order.replace('?', "");
            let text =
                format!("element <{}> is too late in <{}>: the order is {order}", child.name(), node.name());
            return Some((child.span(), text));
        }
        latest = Some(at);
    }
    None
}

/// An element that others part from those that it belongs to.
pub(crate) fn apart(node: &Node<'_>, names: &'static str) -> Option<(Span, String)> {
    let belongs = |child: &Node<'_>| names.split(' ').any(|name| name == child.name());
    let behind = node.children().skip_while(|child| !belongs(child)).skip_while(belongs);
    let stray = behind.into_iter().find(belongs)?;
    let text =
        format!("element <{}> in <{}> stands apart: {names} belong together", stray.name(), node.name());
    Some((stray.span(), text))
}

/// An element that makes two groups alternate, the earlier one first. The other way round libxml does not mind.
pub(crate) fn crossing(node: &Node<'_>, groups: &'static [&'static str]) -> Option<(Span, String)> {
    let belongs = |child: &Node<'_>, group: &str| group.split(' ').any(|name| name == child.name());
    let pairs = groups
        .iter()
        .enumerate()
        .flat_map(|(at, first)| groups[at + 1..].iter().map(move |second| (first, second)));
    for (first, second) in pairs {
        let mut wanted = [first, second, first, second].into_iter().peekable();
        for child in node.children() {
            if wanted.next_if(|group| belongs(&child, group)).is_some() && wanted.peek().is_none() {
                let text = format!(
                    "element <{}> in <{}> stands apart from the others of {second}",
                    child.name(),
                    node.name()
                );
                return Some((child.span(), text));
            }
        }
    }
    None
}
