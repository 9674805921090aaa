//! What reads what strangers write, and what must hold whatever they write.

use crate::corpus;
use ferrovirt_conf::documents::{DocumentKind, KINDS, Root};
use ferrovirt_core::ConfigFile;
use ferrovirt_xml::{Document, Node, RawElement};

/// A reader.
pub struct Target {
    pub name: String,
    pub source: Source,
    /// Reads, and panics where something does not hold; says whether the input was accepted.
    pub run: Box<Read>,
}

/// Where a target's inputs come from.
pub enum Source {
    /// Mutations of these texts.
    Mutations(Vec<Vec<u8>>),
    /// Whatever the model allows in this element.
    Model(Root),
}

type Read = dyn Fn(&[u8]) -> bool + std::panic::RefUnwindSafe;

/// All readers: one or two a kind of document, the XML reader itself, settings, and URIs.
pub fn targets() -> Vec<Target> {
    let mut targets: Vec<Target> = KINDS.iter().map(document).collect();
    targets.extend(KINDS.iter().filter_map(made_up));
    let all_documents = KINDS.iter().flat_map(|kind| corpus(kind.name)).collect();
    targets.push(target("xml", all_documents, xml));
    targets.push(target("settings", lines(SETTINGS), settings));
    targets.push(target("uri", lines(URIS), uri));
    targets
}

fn target(name: &str, seeds: Vec<Vec<u8>>, run: fn(&[u8]) -> bool) -> Target {
    Target { name: name.to_owned(), source: Source::Mutations(seeds), run: Box::new(run) }
}

fn document(kind: &'static DocumentKind) -> Target {
    let run = Box::new(move |input: &[u8]| print_back(kind, input));
    Target { name: kind.name.to_owned(), source: Source::Mutations(corpus(kind.name)), run }
}

fn made_up(kind: &'static DocumentKind) -> Option<Target> {
    let source = Source::Model(kind.root?);
    let run = Box::new(move |input: &[u8]| print_back(kind, input));
    Some(Target { name: format!("model-{}", kind.name), source, run })
}

/// What is printed of a document is read again, and then printed the same: at the latest in the second round, since
/// some values stand for themselves only as long as they are not printed, as in libvirt (`heads='0'` of a video card).
fn print_back(kind: &DocumentKind, input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let Ok(printed) = (kind.print_back)(text) else { return false };
    let again = |text: &str| match (kind.print_back)(text) {
        Ok(printed) => printed,
        Err(err) => panic!("what was printed is refused: {err}\n{text}"),
    };
    let second = again(&printed);
    if second != printed {
        let third = again(&second);
        assert_eq!(third, second, "it changes each time that it is printed");
    }
    true
}

/// A document can be walked through, whatever it is.
fn xml(input: &[u8]) -> bool {
    let Ok(document) = Document::parse_bytes(input, "fuzz") else { return false };
    fn walk(node: &Node<'_>) -> usize {
        let here = node.text().len() + node.span().line as usize + node.attrs().count();
        here + node.children().map(|child| walk(&child)).sum::<usize>()
    }
    walk(&document.root());
    let kept = RawElement::from_node(&document.root());
    let again = RawElement::parse(&kept.to_xml(), "fuzz").expect("what was printed is well-formed");
    assert_eq!(again.to_xml(), kept.to_xml());
    true
}

const SETTINGS: &[&str] = &[
    "uri_default = \"qemu:///system\"\nuri_aliases = [\n  \"hail=qemu+ssh://root@hail.example.com/system\",\n]\n",
    "# a comment\nmax_clients = 5000\nlisten_tls = 0\nname = 'it''s'\nlist = [ 1, 2, \"three\" ]\n",
];

fn settings(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let Ok(file) = ConfigFile::parse("fuzz.conf", text) else { return false };
    let _ = (file.text("uri_default"), file.texts("uri_aliases"), file.texts("list"));
    true
}

const URIS: &[&str] = &[
    "qemu:///embed?root=/var/tmp/a%20b",
    "qemu+ssh://root@[2001:db8::1]:22/system?keyfile=/k&no_verify=1#x",
    "test:///default",
    "xen://host/",
];

fn uri(input: &[u8]) -> bool {
    std::str::from_utf8(input).is_ok_and(|text| {
        ferrovirt::fuzzing::read_uri(text);
        true
    })
}

fn lines(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
