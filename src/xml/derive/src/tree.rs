//! The elements that the paths of fields name: fields of the same element share it.

use crate::field::{Field, Kind};

/// An element that fields stand in; the outermost is the model's own.
pub struct Element<'f> {
    /// Number for the variable that holds its node.
    pub id: usize,
    pub name: String,
    pub parts: Vec<Part<'f>>,
}

pub enum Part<'f> {
    Field(&'f Field),
    Element(Element<'f>),
}

impl<'f> Element<'f> {
    /// Sorts the fields into their elements. An element stands where its first field stands.
    pub fn build(fields: &'f [Field]) -> Self {
        let mut root = Self { id: 0, name: String::new(), parts: Vec::new() };
        let mut count = 1;
        for field in fields.iter().filter(|f| !matches!(f.kind, Kind::Skip | Kind::Span)) {
            let mut at = &mut root;
            for step in &field.path {
                at = at.step(step, &mut count);
            }
            at.parts.push(Part::Field(field));
        }
        root
    }

    fn step(&mut self, name: &str, count: &mut usize) -> &mut Self {
        let is_it = |part: &Part<'f>| matches!(part, Part::Element(e) if e.name == name);
        let at = match self.parts.iter().position(is_it) {
            Some(at) => at,
            None => {
                self.parts.push(Part::Element(Self { id: *count, name: name.to_owned(), parts: Vec::new() }));
                *count += 1;
                self.parts.len() - 1
            }
        };
        match &mut self.parts[at] {
            Part::Element(element) => element,
            Part::Field(_) => unreachable!("the position is an element's"),
        }
    }

    pub fn fields(&self) -> impl Iterator<Item = &'f Field> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field(field) => Some(*field),
            Part::Element(_) => None,
        })
    }

    /// Whether a field inside can't lack.
    pub fn is_needed(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Field(field) => {
                field.is_needed() && !matches!(field.kind, Kind::Flag(_) | Kind::Flatten | Kind::Custom)
            }
            Part::Element(element) => element.is_needed(),
        })
    }
}
