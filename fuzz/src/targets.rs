//! What reads what strangers write, and what must hold whatever they write.

use crate::frames::{self, Part, check};
use crate::{Model, Random, corpus, mutate};
use ferrovirt_conf::documents::{DocumentKind, KINDS};
use ferrovirt_core::ConfigFile;
use ferrovirt_rpc::frame::FrameReader;
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
    /// Mutations of these texts, perhaps with a piece of another.
    Mutations { seeds: Vec<Vec<u8>>, mutate: fn(&mut Random, &[u8], &[u8]) -> Vec<u8> },
    /// Whatever a model allows.
    Model(Model),
}

type Read = dyn Fn(&[u8]) -> bool + Send + Sync + std::panic::RefUnwindSafe;

/// All readers: one or two a kind of document, the XML reader itself, settings, URIs, and the protocol.
pub fn targets() -> Vec<Target> {
    let mut targets: Vec<Target> = KINDS.iter().map(document).collect();
    targets.extend(KINDS.iter().filter_map(made_up));
    let all_documents = KINDS.iter().flat_map(|kind| corpus(kind.name)).collect();
    targets.push(target("xml", all_documents, xml));
    targets.push(target("settings", lines(SETTINGS), settings));
    targets.push(target("uri", lines(URIS), uri));
    targets.push(wire());
    targets
}

fn target(name: &str, seeds: Vec<Vec<u8>>, run: fn(&[u8]) -> bool) -> Target {
    Target { name: name.to_owned(), source: Source::Mutations { seeds, mutate }, run: Box::new(run) }
}

fn document(kind: &'static DocumentKind) -> Target {
    let run = Box::new(move |input: &[u8]| print_back(kind, input));
    Target { name: kind.name.to_owned(), source: Source::Mutations { seeds: corpus(kind.name), mutate }, run }
}

/// What the models leave to checks that look at more than one element.
type Given = &'static [(&'static str, &'static str)];

const NOTHING: Given = &[];
const GIVEN: &[(&str, Given)] = &[(
    "domain",
    &[("memory", "<memory>65536</memory>"), ("os", "<os><type>hvm</type></os>"), ("devices", "")],
)];

fn made_up(kind: &'static DocumentKind) -> Option<Target> {
    let (tag, shape) = kind.root?;
    let given = GIVEN.iter().find(|(name, _)| *name == kind.name).map_or(NOTHING, |(_, given)| *given);
    let source = Source::Model(Model { tag, shape, given });
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

/// Whatever a client or a daemon sends is cut into messages, and those are decoded, in pieces as in whole.
fn wire() -> Target {
    let mut seeds = frames::samples(Part::Calls, 2, |_| true);
    seeds.extend(frames::samples(Part::Answers, 2, |_| true));
    let source = Source::Mutations { seeds, mutate: frames::mutate };
    Target { name: "wire".to_owned(), source, run: Box::new(decode) }
}

fn decode(input: &[u8]) -> bool {
    let pieces = 1 + input.len() % 7 * 97;
    let (whole, cut) = (messages(input, 4096), messages(input, pieces));
    assert_eq!(whole, cut, "it matters in which pieces messages come");
    !whole.is_empty()
}

/// What is cut out of bytes that come in pieces of this size, up to what is no message.
fn messages(input: &[u8], piece: usize) -> Vec<(u32, i32, Vec<u8>)> {
    let (mut reader, mut found) = (FrameReader::new(), Vec::new());
    for piece in input.chunks(piece) {
        let mut piece = piece;
        while !piece.is_empty() {
            let space = reader.space();
            let count = piece.len().min(space.len());
            space[..count].copy_from_slice(&piece[..count]);
            piece = &piece[count..];
            if reader.filled(count, None).is_err() {
                return found;
            }
            loop {
                match reader.next_message() {
                    Ok(Some(message)) => {
                        let (program, procedure) = (message.header.program, message.header.procedure);
                        if let Some(check) = check(program, procedure) {
                            (check.decode)(&message.payload);
                        }
                        found.push((program, procedure, message.payload));
                    }
                    Ok(None) => break,
                    Err(_) => return found,
                }
            }
        }
    }
    found
}
