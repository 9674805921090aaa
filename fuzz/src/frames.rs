//! Messages of the protocol: samples of all of them, and what a hostile hand might make of a row of them.

use crate::Random;
use ferrovirt_rpc::frame::{Header, MessageKind, Status};
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::samples::{Check, Known, Source, checks};
use ferrovirt_rpc::xdr::{Encoder, Xdr};
use std::sync::LazyLock;
use uuid::{Uuid, uuid};

/// What there is on `test:///default`, and documents for what there could be.
static KNOWN: Known = Known {
    texts: &[
        "test",
        "default",
        "default-pool",
        "virbr0",
        "vda",
        "hda",
        "eth1",
        "computer",
        "test:///default",
        "x86_64",
        "",
        "snap",
        "check",
        "vol",
        "<domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os></domain>",
        "<domain type='test'><name>test</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid><memory>8388608</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices><disk type='file'><source file='/nowhere/d'/><target dev='vda'/></disk></devices></domain>",
        "<disk type='file'><source file='/nowhere/e'/><target dev='vdb' bus='virtio'/></disk>",
        "<domainsnapshot><name>snap</name></domainsnapshot>",
        "<domaincheckpoint><name>check</name></domaincheckpoint>",
        "<network><name>lan</name><ip address='192.0.2.1' netmask='255.255.255.0'/></network>",
        "<host mac='52:54:00:00:00:01' ip='192.168.122.9'/>",
        "<pool type='dir'><name>files</name><target><path>/nowhere</path></target></pool>",
        "<volume><name>vol</name><capacity>1048576</capacity></volume>",
        "<interface type='ethernet' name='eth7'><start mode='none'/><protocol family='ipv4'><dhcp/></protocol></interface>",
        "<device><name>mine</name><parent>test-scsi-host-vport</parent><capability type='scsi_host'><capability type='fc_host'><wwnn>2000000012341234</wwnn><wwpn>1000000012341234</wwpn></capability></capability></device>",
        "<secret ephemeral='no' private='no'><description>x</description></secret>",
        "/default-pool/vol",
        "6695eb01-f6a4-8304-79aa-97f2502e193f",
        "52:54:00:12:34:56",
        "bandwidth",
        "read_bytes_sec",
        "vcpu_quota",
        "1-3,^2",
    ],
    uuids: &[
        uuid!("6695eb01-f6a4-8304-79aa-97f2502e193f"),
        uuid!("dd8fe884-6c02-601e-7551-cca97df1c5df"),
        uuid!("dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566"),
        Uuid::nil(),
    ],
};

/// The rows of all programs, by their numbers.
pub fn check(program: u32, procedure: i32) -> Option<&'static Check> {
    static ALL: LazyLock<Vec<&'static Check>> = LazyLock::new(|| {
        let mut all: Vec<_> = checks().collect();
        all.sort_by_key(|check| (check.row.program as u32, check.row.number));
        all
    });
    let at =
        ALL.binary_search_by_key(&(program, procedure), |check| (check.row.program as u32, check.row.number));
    at.ok().map(|at| ALL[at])
}

/// What to take samples of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Calls,
    /// What a daemon sends: replies and events.
    Answers,
}

/// So many different samples of each row, a message each.
pub fn samples(part: Part, times: u64, wanted: impl Fn(&Check) -> bool) -> Vec<Vec<u8>> {
    use ferrovirt_rpc::procedure::Kind;
    let of = |check: &'static Check| {
        let row = check.row;
        let call = Header::call(row.program, row.number, 7);
        let (header, make) = match (part, row.kind) {
            (Part::Calls, _) => (call, check.arguments),
            (Part::Answers, Kind::Call) => (call.reply(Status::Ok), check.reply),
            (Part::Answers, Kind::Event) => (Header::message(row.program, row.number), check.arguments),
        };
        (0..times).map(move |seed| frame(&header, &make(&mut Source::knowing(seed, &KNOWN))))
    };
    checks().filter(|check| wanted(check)).flat_map(of).collect()
}

/// A message, whole.
pub fn frame(header: &Header, payload: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new();
    header.encode(&mut out).expect("a header has a form");
    let mut bytes = ((out.len() + payload.len() + 4) as u32).to_be_bytes().to_vec();
    bytes.extend(out.into_bytes());
    bytes.extend(payload);
    bytes
}

/// Words that stand for something else than they should.
const WORDS: &[u32] =
    &[0, 1, 2, 3, 4, 5, 6, 16, 64, 255, 256, 1024, 16384, 65536, 1 << 24, 1 << 31, i32::MAX as u32, u32::MAX];

/// A few messages of both, some of them changed.
pub fn mutate(random: &mut Random, text: &[u8], other: &[u8]) -> Vec<u8> {
    let mut frames = split(text);
    for _ in 0..random.below(8) {
        frames.push(other.to_vec());
        frames.extend(split(text));
    }
    frames.truncate(8);
    for (at, frame) in frames.iter_mut().enumerate() {
        renumber(frame, at as u32 + 1);
        match random.below(8) {
            0..=3 => {}
            4 => stream_packet(random, frame),
            _ => change(random, frame),
        }
    }
    let mut bytes = frames.concat();
    if random.below(16) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

/// The messages of a row of whole ones.
fn split(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some((word, _)) = bytes.split_first_chunk() {
        let (frame, rest) = bytes.split_at(bytes.len().min(u32::from_be_bytes(*word) as usize).max(1));
        frames.push(frame.to_vec());
        bytes = rest;
    }
    frames
}

const SERIAL: std::ops::Range<usize> = 20..24;

/// Callers number their calls; some number is used twice, now and then, by a change.
fn renumber(frame: &mut [u8], serial: u32) {
    if let Some(place) = frame.get_mut(SERIAL) {
        place.copy_from_slice(&serial.to_be_bytes());
    }
}

/// A packet of a stream that one of the earlier calls may have opened.
fn stream_packet(random: &mut Random, frame: &mut Vec<u8>) {
    let openers = [209, 208, 201, 211, 148, 274, 303, 273];
    let status = [Status::Continue, Status::Continue, Status::Ok, Status::Error][random.below(4)];
    let header =
        Header::call(Program::Remote, openers[random.below(openers.len())], 1 + random.below(4) as u32);
    let (kind, payload) = match random.below(4) {
        0 => (MessageKind::StreamHole, [&[0; 6][..], &[random.below(256) as u8, 0], &[0; 4]].concat()),
        _ => (MessageKind::Stream, vec![random.below(256) as u8; random.below(2000)]),
    };
    *frame = self::frame(&Header { kind, status, ..header }, &payload);
}

fn change(random: &mut Random, frame: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let body = 28.min(frame.len());
        let place = body + random.below(frame.len() - body) / 4 * 4;
        match random.below(8) {
            // A length, a number or a part of a text becomes another.
            0..=2 => put(frame, place, WORDS[random.below(WORDS.len())]),
            3 => {
                if let Some(byte) = frame.get_mut(place) {
                    *byte ^= 1 << random.below(8);
                }
            }
            4 => frame.truncate(place),
            5 => {
                let piece = frame[place.min(frame.len())..].to_vec();
                frame.splice(place.min(frame.len())..place.min(frame.len()), piece);
            }
            6 => put(frame, 4 + random.below(6) * 4, WORDS[random.below(WORDS.len())]),
            // Another procedure is to make something of the arguments.
            _ => put(frame, 12, 1 + random.below(460) as u32),
        }
        frame.truncate(1 << 16);
    }
    if random.below(16) > 0 {
        let length = frame.len() as u32;
        put(frame, 0, length);
    }
}

fn put(frame: &mut [u8], place: usize, word: u32) {
    if let Some(at) = frame.get_mut(place..place + 4) {
        at.copy_from_slice(&word.to_be_bytes());
    }
}
