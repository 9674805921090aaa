//! A daemon in this process, with the test driver and nothing else, and clients that send it anything.

use crate::frames::{self, Part, check};
use crate::{Source, Target};
use ferrovirt::{LocalHost, Subjects};
use ferrovirt_daemon::daemon::Sockets;
use ferrovirt_daemon::{Config, Daemon, Kind, Places};
use ferrovirt_rpc::frame::{FrameReader, Header, Message, MessageKind, Status};
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::program::remote::ConnectOpen;
use ferrovirt_rpc::samples::Check;
use ferrovirt_rpc::values::WireError;
use ferrovirt_rpc::xdr::{Decoder, Encoder, Xdr};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Whole connections: one that has opened the test driver, and one that has not come so far. There is one daemon for all.
pub fn targets() -> [Target; 2] {
    let calls = || frames::samples(Part::Calls, 3, is_harmless);
    let target = |name: &str, run: fn(&[u8])| Target {
        name: name.to_owned(),
        source: Source::Mutations { seeds: calls(), mutate: frames::mutate },
        run: Box::new(move |input| {
            run(input);
            true
        }),
    };
    [target("connection", |input| converse(input, true)), target("stranger", |input| converse(input, false))]
}

/// Whether a call may well mean what it says: the test driver, too, writes files where it is told to.
fn is_harmless(check: &Check) -> bool {
    const WRITE_FILES: [&str; 6] = [
        "DomainSave",
        "DomainSaveFlags",
        "DomainSaveParams",
        "DomainCoreDump",
        "DomainCoreDumpWithFormat",
        "DomainSaveImageDefineXml",
    ];
    check.row.program != Program::Admin && !WRITE_FILES.contains(&check.row.name)
}

/// How long an answer may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

struct Running {
    daemon: Arc<Daemon>,
    socket: PathBuf,
}

/// Panics of the daemon's own threads: it would answer them with an error and go on.
static PANICS: AtomicUsize = AtomicUsize::new(0);

static RUNNING: LazyLock<Running> = LazyLock::new(start);

/// Starts the daemon in a folder that is also the current one, for files whose names say no folder.
fn start() -> Running {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        if thread
            .name()
            .is_some_and(|name| ["worker", "reactor", "streams"].iter().any(|part| name.contains(part)))
        {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        before(info);
    }));
    let folder = std::env::temp_dir().join(format!("ferrovirt-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    std::env::set_current_dir(&folder).expect("it can be entered");
    let kind = Kind { name: "libvirtd", sockets: "libvirt", subjects: Subjects::Only("test") };
    let places = Places::new(&kind, false, Some(&folder)).expect("there are places");
    let socket = places.sockets.join("libvirt-sock");
    let config = Config { max_anonymous_clients: 1000, ..Config::default() };
    let sockets =
        Sockets::open(&kind, &places, &config, false, false, Vec::new()).expect("sockets can be made");
    let host =
        LocalHost::start(places.layout.clone(), false, kind.subjects, None).expect("there are drivers");
    let daemon = Daemon::new(kind, places, &config, host, 0);
    let (running, (ready, is_ready)) = (daemon.clone(), std::sync::mpsc::channel());
    let serve = move || {
        running.run(sockets, &config, || ready.send(()).expect("somebody waits")).expect("the daemon runs");
        // Somebody has interrupted this program: the signal came to the daemon.
        std::process::exit(1);
    };
    std::thread::Builder::new().name("reactor".to_owned()).spawn(serve).expect("a thread starts");
    is_ready.recv().expect("clients can come");
    Running { daemon, socket }
}

/// Removes what the daemon has left in the temporary folder.
pub fn clean_up() {
    let _ =
        std::fs::remove_dir_all(std::env::temp_dir().join(format!("ferrovirt-fuzz-{}", std::process::id())));
}

/// Sends these bytes and looks at what comes back: each call has one answer, as its row has it, or an error.
fn converse(input: &[u8], opened: bool) {
    let mut client = Conversation::new();
    if opened {
        let mut arguments = Encoder::new();
        let open = ConnectOpen { name: Some("test:///default".to_owned()), flags: 0 };
        open.encode(&mut arguments).expect("a URI has a form");
        let header = Header::call(Program::Remote, 1, u32::MAX);
        client.say(&frames::frame(&header, &arguments.into_bytes()));
    }
    client.say(input);
    client.end();
    let end = Instant::now() + PATIENCE;
    while RUNNING.daemon.servers().iter().any(|server| server.count().0 > 0) {
        assert!(Instant::now() < end, "the daemon keeps a client that is gone");
        std::thread::sleep(Duration::from_micros(50));
    }
    assert_eq!(PANICS.swap(0, Ordering::SeqCst), 0, "the daemon panics");
}

struct Conversation {
    stream: UnixStream,
    reader: FrameReader,
    closed: bool,
}

impl Conversation {
    fn new() -> Self {
        let stream = UnixStream::connect(&RUNNING.socket).expect("the daemon runs");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket has a timeout");
        Self { stream, reader: FrameReader::new(), closed: false }
    }

    /// Sends these bytes, and waits for the answers to the calls among them.
    fn say(&mut self, input: &[u8]) {
        let mut expected = calls(input);
        let mut writer = self.stream.try_clone().expect("a descriptor is free");
        std::thread::scope(|scope| {
            // A daemon that has heard enough hears no more.
            scope.spawn(move || writer.write_all(input));
            while !self.closed && !expected.is_empty() {
                if let Some(message) = self.receive() {
                    judge(&message, &mut expected);
                }
            }
        });
    }

    fn receive(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.reader.next_message().expect("a daemon keeps to the protocol") {
                return Some(message);
            }
            match self.stream.read(self.reader.space()) {
                Ok(0) => break,
                Ok(count) => self.reader.filled(count, None).expect("no descriptors come"),
                Err(err) if err.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(err) => panic!("the daemon does not answer: {err}"),
            }
        }
        self.closed = true;
        None
    }

    fn end(&mut self) {
        // It may be closed already.
        let _ = self.stream.shutdown(Shutdown::Write);
        while self.receive().is_some() {}
    }
}

/// The calls among some bytes that a daemon has to answer, by their serial numbers.
fn calls(input: &[u8]) -> HashMap<u32, Vec<Header>> {
    let mut reader = FrameReader::new();
    let mut calls: HashMap<u32, Vec<Header>> = HashMap::new();
    for piece in input.chunks(4096) {
        let space = reader.space();
        let count = piece.len().min(space.len());
        space[..count].copy_from_slice(&piece[..count]);
        let _ = reader.filled(count, None);
        while let Ok(Some(message)) = reader.next_message() {
            if matches!(message.header.kind, MessageKind::Call | MessageKind::CallWithFds) {
                calls.entry(message.header.serial).or_default().push(message.header);
            }
        }
    }
    calls
}

/// A reply belongs to one of the calls, and has its form.
fn judge(message: &Message, expected: &mut HashMap<u32, Vec<Header>>) {
    let header = &message.header;
    if !matches!(header.kind, MessageKind::Reply | MessageKind::ReplyWithFds) {
        return;
    }
    let waiting = expected.get_mut(&header.serial).expect("a reply answers a call");
    let same = |call: &Header| (call.program, call.procedure) == (header.program, header.procedure);
    let at = waiting.iter().position(same).expect("a reply is one to the call with its number");
    waiting.remove(at);
    if waiting.is_empty() {
        expected.remove(&header.serial);
    }
    if header.status == Status::Error {
        WireError::decode(&mut Decoder::strict(&message.payload)).expect("an error has its form");
        return;
    }
    let check = check(header.program, header.procedure).expect("only what exists is answered well");
    if let Err(err) = (check.is_reply)(&message.payload) {
        panic!("{} is answered otherwise than it should be: {err}", check.row.name);
    }
}
