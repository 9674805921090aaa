//! What a text must be before it is parsed: not too big, not too deep, not a bomb. The parser recurses and
//! compares attributes pairwise, so hostile input has to be stopped in front of it.

use std::ops::Range;

/// libxml's own limit; deeper documents are refused by libvirt too.
const MAX_DEPTH: usize = 256;
/// libvirt reads no file above 10 MiB; strings may be somewhat bigger there.
const MAX_SIZE: usize = 64 << 20;
/// The parser compares each attribute of an element with all before it.
const MAX_ATTRIBUTES: usize = 1024;
/// Every declaration copies the ones around it.
const MAX_NAMESPACES: usize = 2048;
/// How many bytes the entities of a document may grow to, at the very most.
const MAX_EXPANSION: usize = 16 << 20;
/// A declaration block that deserves the name is short; its `<` also bound the depth of what entities hold.
const MAX_DOCTYPE: usize = 64 << 10;
const MAX_DOCTYPE_TAGS: usize = 256;

/// Why a text is not parsed, and where.
pub(crate) struct Refusal {
    pub offset: usize,
    pub reason: String,
}

fn refuse(offset: usize, reason: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal { offset, reason: reason.into() })
}

/// Refuses what would hurt the parser. Well-formedness is the parser's business: what is malformed may pass.
pub(crate) fn admit(text: &str) -> Result<(), Refusal> {
    if text.len() > MAX_SIZE {
        return refuse(0, format!("the document is bigger than {} MiB", MAX_SIZE >> 20));
    }
    // Below that size not even a document of nothing but declarations has many.
    if text.len() > 16 * MAX_NAMESPACES && text.matches("xmlns").count() > MAX_NAMESPACES {
        return refuse(0, format!("there are more than {MAX_NAMESPACES} namespace declarations"));
    }
    Scan::new(text).run()
}

/// Whether the document may have entities of its own.
pub(crate) fn has_doctype(text: &str) -> bool {
    text.contains("<!DOCTYPE")
}

/// Whether the depth is within bounds once entities are resolved.
pub(crate) fn is_shallow(tree: &roxmltree::Document<'_>) -> bool {
    let (mut node, mut depth) = (tree.root(), 0);
    loop {
        // Depth first without recursion, counting the way down.
        if let Some(child) = node.first_child() {
            (node, depth) = (child, depth + 1);
        } else {
            while node.next_sibling().is_none() {
                let Some(parent) = node.parent() else { return true };
                (node, depth) = (parent, depth - 1);
            }
            if let Some(next) = node.next_sibling() {
                node = next;
            }
        }
        if depth > MAX_DEPTH + 1 {
            return false;
        }
    }
}

/// Goes through the tags of a text. What is malformed may be taken for something else.
pub(crate) struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagKind {
    Open,
    /// Opens and closes an element.
    Whole,
    Close,
}

impl<'t> Scan<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0 }
    }

    fn run(&mut self) -> Result<(), Refusal> {
        let mut depth = 0_usize;
        while let Some((kind, place)) = self.next_tag()? {
            match kind {
                TagKind::Open => depth += 1,
                TagKind::Whole => {}
                TagKind::Close => depth = depth.saturating_sub(1),
            }
            if depth > MAX_DEPTH {
                return refuse(place.start, format!("elements are nested more than {MAX_DEPTH} deep"));
            }
        }
        Ok(())
    }

    /// The next tag, and where it is: from `<` on to behind `>`.
    pub fn next_tag(&mut self) -> Result<Option<(TagKind, Range<usize>)>, Refusal> {
        while let Some(start) = self.find(b'<') {
            self.at = start + 1;
            let kind = match self.text.get(self.at) {
                None => break,
                Some(b'/') => {
                    self.at = self.find(b'>').map_or(self.text.len(), |end| end + 1);
                    TagKind::Close
                }
                Some(b'?') => {
                    self.skip_past(b"?>");
                    continue;
                }
                Some(b'!') => {
                    self.declaration(start)?;
                    continue;
                }
                Some(_) if self.start_tag()? => TagKind::Open,
                Some(_) => TagKind::Whole,
            };
            return Ok(Some((kind, start..self.at)));
        }
        Ok(None)
    }

    fn find(&self, byte: u8) -> Option<usize> {
        self.text[self.at..].iter().position(|b| *b == byte).map(|n| self.at + n)
    }

    fn skip_past(&mut self, end: &[u8]) {
        let found = self.text[self.at..].windows(end.len()).position(|w| w == end);
        self.at = found.map_or(self.text.len(), |n| self.at + n + end.len());
    }

    /// Walks to the end of a start tag; true if it opens an element that has to be closed later.
    fn start_tag(&mut self) -> Result<bool, Refusal> {
        let (start, mut attributes) = (self.at, 0);
        while let Some(byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'>' => return Ok(self.text[self.at - 2] != b'/'),
                b'<' => return Ok(true), // malformed: the parser stops here
                quote @ (b'"' | b'\'') => {
                    attributes += 1;
                    if attributes > MAX_ATTRIBUTES {
                        refuse(start - 1, format!("an element has more than {MAX_ATTRIBUTES} attributes"))?;
                    }
                    self.at = self.find(*quote).map_or(self.text.len(), |n| n + 1);
                }
                _ => {}
            }
        }
        Ok(true)
    }

    fn declaration(&mut self, start: usize) -> Result<(), Refusal> {
        let rest = &self.text[self.at..];
        if rest.starts_with(b"!--") {
            self.at += 3;
            self.skip_past(b"-->");
            Ok(())
        } else if rest.starts_with(b"![CDATA[") {
            self.skip_past(b"]]>");
            Ok(())
        } else {
            self.doctype(start)
        }
    }

    /// Entities may hold markup, and may be referred to often: bounds both, from above.
    fn doctype(&mut self, start: usize) -> Result<(), Refusal> {
        let (mut quote, mut brackets, mut tags) = (None, 0_i32, 0);
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            tags += usize::from(byte == b'<');
            match (quote, byte) {
                (Some(q), b) if q == b => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'[') => brackets += 1,
                (None, b']') => brackets -= 1,
                (None, b'>') if brackets <= 0 => break,
                _ => {}
            }
        }
        let size = self.at - start;
        if size > MAX_DOCTYPE || tags > MAX_DOCTYPE_TAGS {
            return refuse(start, "the document type declaration is too big");
        }
        if !self.text[start..self.at].windows(7).any(|w| w == b"!ENTITY") {
            return Ok(());
        }
        // Each reference in the document makes the parser follow up to 255 others, none longer than the block.
        let references = self.text[self.at..].iter().filter(|b| **b == b'&').count();
        if references.saturating_mul(256).saturating_mul(size) > MAX_EXPANSION {
            return refuse(start, "the entities of the document might grow beyond all measure");
        }
        Ok(())
    }
}
