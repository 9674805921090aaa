//! How what stands in a capability is read and put into the form in which it is told.

use std::fmt::Display;

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{Node, RawAttribute, RawElement, RawNode, ValueKind};

/// An element on its way from what was written to what is told: only what is asked for gets over.
pub(super) struct Form<'n> {
    node: Node<'n>,
    pub(super) out: RawElement,
}

/// How the digits of a number are to be understood.
#[derive(Clone, Copy)]
pub(super) enum Digits {
    Ten,
    Sixteen,
    /// The prefix says.
    Any,
}

impl Digits {
    pub(super) fn read(self, text: &str) -> Option<u32> {
        let text = text.trim_start();
        let text = text.strip_prefix('+').unwrap_or(text);
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let (radix, digits) = match (self, hex) {
            (Self::Ten, _) => (10, text),
            (Self::Sixteen | Self::Any, Some(hex)) => (16, hex),
            (Self::Sixteen, None) => (16, text),
            (Self::Any, None) if text.len() > 1 && text.starts_with('0') => (8, &text[1..]),
            (Self::Any, None) => (10, text),
        };
        // The standard library would take a second sign.
        if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
    }
}

/// An element of that name that holds nothing yet.
pub(super) fn element(name: &str) -> RawElement {
    RawElement { name: name.to_owned(), ..RawElement::default() }
}

impl<'n> Form<'n> {
    pub(super) fn new(node: Node<'n>, name: &str) -> Self {
        Self { node, out: element(name) }
    }

    /// Of a capability: its type is taken over.
    pub(super) fn capability(node: Node<'n>) -> Self {
        let mut form = Self::new(node, "capability");
        form.set("type", node.attr("type").unwrap_or_default());
        form
    }

    pub(super) fn node(&self) -> Node<'n> {
        self.node
    }

    pub(super) fn set(&mut self, name: &str, value: impl Display) {
        self.out.attributes.push(RawAttribute { name: name.to_owned(), value: value.to_string() });
    }

    pub(super) fn push(&mut self, element: RawElement) {
        self.out.children.push(RawNode::Element(element));
    }

    pub(super) fn put(&mut self, name: &str, text: impl Display) {
        let text = RawNode::Text(text.to_string());
        self.push(RawElement { children: vec![text], ..element(name) });
    }

    /// An error of the device's, not of the reader's.
    pub(super) fn refuse(&self, code: ErrorCode, sentence: impl Display) -> Error {
        self.node.error(code, sentence).domain(ErrorDomain::Nodedev)
    }

    /// The text of a child; `None` where there is none in it.
    pub(super) fn read(&self, name: &'static str) -> Option<String> {
        self.node.child(name).map(|child| child.text().into_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn require(&self, name: &'static str, code: ErrorCode) -> Result<String> {
        self.read(name).ok_or_else(|| self.node.missing_child(name, code).domain(ErrorDomain::Nodedev))
    }

    /// A text that may be missing.
    pub(super) fn text(&mut self, name: &'static str) {
        if let Some(text) = self.read(name) {
            self.put(name, text);
        }
    }

    pub(super) fn texts(&mut self, names: &[&'static str]) {
        names.iter().for_each(|name| self.text(name));
    }

    /// A text that must be there.
    pub(super) fn needed(&mut self, name: &'static str, code: ErrorCode) -> Result<()> {
        let text = self.require(name, code)?;
        self.put(name, text);
        Ok(())
    }

    /// A text that is one of some words, if it is there.
    pub(super) fn word(&mut self, name: &'static str, words: &[&str], code: ErrorCode) -> Result<()> {
        match self.read(name) {
            Some(text) if !words.contains(&text.as_str()) => {
                Err(self.refuse(code, format_args!("'{text}' is unknown as <{name}>")))
            }
            Some(text) => {
                self.put(name, text);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A number that must be there, not yet told.
    pub(super) fn number(&self, name: &'static str, digits: Digits, code: ErrorCode) -> Result<u32> {
        let text = self.require(name, code)?;
        digits.read(&text).ok_or_else(|| self.no_number(name, &text, code))
    }

    pub(super) fn no_number(&self, name: &str, text: &str, code: ErrorCode) -> Error {
        self.refuse(code, format_args!("'{text}' in <{name}> is not a whole number that fits"))
    }

    /// Decimal numbers that must be there.
    pub(super) fn numbers(&mut self, names: &[&'static str]) -> Result<()> {
        for name in names {
            let number = self.number(name, Digits::Ten, ErrorCode::Internal)?;
            self.put(name, number);
        }
        Ok(())
    }

    /// A size that must be there.
    pub(super) fn size(&mut self, name: &'static str) -> Result<()> {
        let text = self.require(name, ErrorCode::Internal)?;
        let size = text.trim_start().parse::<u64>();
        let size = size.map_err(|_| self.no_number(name, &text, ErrorCode::Internal))?;
        self.put(name, size);
        Ok(())
    }

    /// `<vendor id='0x8086'>name</vendor>`
    pub(super) fn id(&mut self, name: &'static str) -> Result<()> {
        let code = ErrorCode::Internal;
        let text = self.node.child(name).and_then(|child| child.attr("id")).unwrap_or_default();
        let id = Digits::Sixteen.read(text).ok_or_else(|| self.no_number(name, text, code))?;
        self.push(RawElement {
            attributes: vec![RawAttribute { name: "id".into(), value: format!("0x{id:04x}") }],
            children: self.read(name).map(RawNode::Text).into_iter().collect(),
            ..element(name)
        });
        Ok(())
    }

    /// The capabilities inside; of the first of each type.
    pub(super) fn inner(&self, kind: &str) -> Option<Node<'n>> {
        self.node.children_named("capability").find(|node| node.attr("type") == Some(kind))
    }

    /// Refuses capabilities inside that have no type, or one that is not among `known`.
    pub(super) fn check_inner(&self, known: Option<&[&str]>, code: ErrorCode) -> Result<()> {
        for node in self.node.children_named("capability") {
            let kind = node.attr("type");
            let kind = kind.ok_or_else(|| node.missing_attr("type", code).domain(ErrorDomain::Nodedev))?;
            if known.is_some_and(|known| !known.contains(&kind)) {
                let text = format!("'{kind}' is not the type of a capability inside of this one");
                return Err(node.error(code, text).domain(ErrorDomain::Nodedev));
            }
        }
        Ok(())
    }

    /// An attribute that is a number; a bad one is the reader's error.
    pub(super) fn attr_number(&self, name: &str, digits: Digits) -> Result<Option<u32>> {
        let Some(text) = self.node.attr(name) else { return Ok(None) };
        let bad = || {
            self.node.bad_attr(name, ValueKind::Integer { min: 0, max: u32::MAX.into() }, ErrorCode::XmlError)
        };
        digits.read(text).map(Some).ok_or_else(bad)
    }

    /// As above, of one that must be there.
    pub(super) fn needed_attr(&self, name: &str, digits: Digits) -> Result<u32> {
        self.attr_number(name, digits)?.ok_or_else(|| self.node.missing_attr(name, ErrorCode::XmlError))
    }
}
