//! Clients that do not keep to the protocol, or keep the daemon busy: they leave it well, and do not disturb others.

mod common;

use common::Daemon;
use ferrovirt_core::ErrorCode;
use ferrovirt_rpc::frame::{FrameReader, Header, Message, OutgoingMessage, Status};
use ferrovirt_rpc::program::Program;
use ferrovirt_rpc::program::remote::*;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;

const TEST: &str = "test:///default";

/// Whether the daemon closes the connection, whatever it sends before.
fn is_closed(stream: &mut UnixStream) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(err) if err.kind() == ErrorKind::ConnectionReset => return true,
            Err(err) if err.kind() == ErrorKind::Interrupted => {}
            Err(err) => panic!("the connection is still open: {err}"),
        }
    }
}

fn call<P: ferrovirt_rpc::procedure::Procedure>(serial: u32, arguments: &P) -> Vec<u8> {
    let header = Header::call(P::ROW.program, P::ROW.number, serial);
    OutgoingMessage::new(header, arguments).unwrap().bytes().to_vec()
}

fn next_message(stream: &mut UnixStream, reader: &mut FrameReader) -> Message {
    loop {
        if let Some(message) = reader.next_message().unwrap() {
            return message;
        }
        let count = match stream.read(reader.space()) {
            // A wait with a limit may be interrupted for nothing.
            Err(err) if err.kind() == ErrorKind::Interrupted => continue,
            read => read.unwrap(),
        };
        assert!(count > 0, "the connection is closed");
        reader.filled(count, None).unwrap();
    }
}

fn works(daemon: &Daemon) {
    let (client, _) = daemon.client(TEST);
    assert_eq!(client.call(&DomainLookupByName { name: "test".into() }).unwrap().id, 1);
}

#[test]
fn what_is_no_message_ends_the_connection() {
    let daemon = Daemon::start();
    let header = |kind: u32, status: u32| {
        let words = [28, Program::Remote as u32, 1, 1, kind, 1, status];
        words.iter().flat_map(|word: &u32| word.to_be_bytes()).collect::<Vec<u8>>()
    };
    for bytes in [
        vec![0xff; 64],         // longer than the protocol allows
        vec![0, 0, 0, 4, 0, 0], // too short for a header
        vec![0; 28],            // no length at all
        header(9, 0),           // of a kind that there is not
        header(0, 9),           // of a status that there is not
        header(1, 0),           // a reply to nothing
        header(2, 0),           // an event from a client
    ] {
        let mut stream = daemon.raw();
        stream.write_all(&bytes).unwrap();
        assert!(is_closed(&mut stream), "{bytes:?}");
    }
    works(&daemon);
}

#[test]
fn what_can_be_answered_is() {
    let daemon = Daemon::start();
    let mut stream = daemon.raw();
    let mut reader = FrameReader::new();
    let mut ask = |bytes: &[u8]| {
        stream.write_all(bytes).unwrap();
        next_message(&mut stream, &mut reader)
    };
    let header = |program: u32, procedure: i32| {
        let header = Header { program, ..Header::call(Program::Remote, procedure, 7) };
        OutgoingMessage::new(header, &()).unwrap().bytes().to_vec()
    };
    for bytes in [header(4711, 1), header(Program::Remote as u32, 9999), header(Program::Remote as u32, -1)] {
        let answer = ask(&bytes);
        assert_eq!((answer.header.serial, answer.header.status), (7, Status::Error));
    }
    // Arguments that are cut off, of a call that needs no connection.
    let cut_off = header(Program::Remote as u32, 1);
    assert_eq!(ask(&cut_off).error().code(), ErrorCode::Rpc);
    let answer = ask(&call(8, &AuthList {}));
    assert_eq!((answer.header.serial, answer.header.status), (8, Status::Ok));
    works(&daemon);
}

#[test]
fn a_packet_of_no_stream_is_of_no_consequence() {
    let daemon = Daemon::start();
    let mut stream = daemon.raw();
    let header = Header::call(Program::Remote, 201, 99).stream(Status::Continue);
    stream.write_all(OutgoingMessage::stream(header, b"late").unwrap().bytes()).unwrap();
    stream.write_all(&call(1, &AuthList {})).unwrap();
    assert_eq!(next_message(&mut stream, &mut FrameReader::new()).header.serial, 1);
}

#[test]
fn half_a_message_and_half_a_connection_disturb_nobody() {
    let daemon = Daemon::start();
    let mut slow: Vec<_> = (0..50).map(|_| daemon.raw()).collect();
    let whole = call(1, &AuthList {});
    for stream in &mut slow {
        stream.write_all(&whole[..10]).unwrap();
    }
    works(&daemon);
    // The rest may come whenever it likes.
    slow[0].write_all(&whole[10..]).unwrap();
    assert_eq!(next_message(&mut slow[0], &mut FrameReader::new()).header.serial, 1);
    for stream in &mut slow[1..] {
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(is_closed(stream));
    }
    works(&daemon);
}

#[test]
fn a_client_that_does_not_read_is_given_no_more_than_it_takes() {
    let daemon = Daemon::start();
    let mut deaf = daemon.raw();
    deaf.set_nonblocking(true).unwrap();
    deaf.write_all(&call(1, &ConnectOpen { name: Some(TEST.into()), flags: 0 })).unwrap();
    let ask: Vec<u8> = (2..2000).flat_map(|serial| call(serial, &ConnectGetCapabilities {})).collect();
    let mut written = 0;
    // Until the daemon takes no more of it, or has all of it.
    while written < ask.len() {
        match deaf.write(&ask[written..]) {
            Ok(count) => written += count,
            Err(err) if err.kind() == ErrorKind::WouldBlock => break,
            Err(err) => panic!("{err}"),
        }
    }
    works(&daemon);
    drop(deaf);
    works(&daemon);
}

#[test]
fn two_hundred_clients_at_once_lose_nothing() {
    let daemon = Daemon::with("max_anonymous_clients = 300\n");
    // The test driver's host is gone with its last connection.
    let (client, _) = daemon.client(TEST);
    let (done, all_done) = channel();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (daemon, done) = (&daemon, done.clone());
            scope.spawn(move || {
                let clients: Vec<_> = (0..25).map(|_| daemon.client(TEST)).collect();
                for (at, (client, _)) in clients.iter().enumerate() {
                    let name = format!("guest-{number}-{at}");
                    let xml = format!("<domain type='test'><name>{name}</name><memory>1</memory><os><type>hvm</type></os></domain>");
                    let dom = client.call(&DomainDefineXmlFlags { xml, flags: 0 }).unwrap();
                    assert_eq!(client.call(&DomainGetXmlDesc { dom, flags: 0 }).unwrap().matches(&name).count(), 1);
                }
                done.send(clients.len()).unwrap();
            });
        }
    });
    drop(done);
    assert_eq!(all_done.iter().sum::<usize>(), 200);
    assert_eq!(client.call(&ConnectListAllDomains { need_results: 1, flags: 0 }).unwrap().domains.len(), 201);
}

#[test]
fn too_many_clients_wait_outside() {
    let daemon = Daemon::with("max_clients = 2\n");
    let (one, other) = (daemon.client(TEST), daemon.client(TEST));
    let mut waiting = daemon.raw();
    waiting.write_all(&call(1, &AuthList {})).unwrap();
    waiting.set_nonblocking(true).unwrap();
    one.0.call(&ConnectGetHostname {}).unwrap();
    assert_eq!(waiting.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(other);
    waiting.set_nonblocking(false).unwrap();
    assert_eq!(next_message(&mut waiting, &mut FrameReader::new()).header.serial, 1);
}

#[test]
fn calls_beyond_the_limit_are_answered_all_the_same() {
    let daemon =
        Daemon::with("max_client_requests = 1\nmax_workers = 1\nmin_workers = 0\nprio_workers = 0\n");
    let mut stream = daemon.raw();
    stream.write_all(&call(1, &ConnectOpen { name: Some(TEST.into()), flags: 0 })).unwrap();
    let mut reader = FrameReader::new();
    assert_eq!(next_message(&mut stream, &mut reader).header.status, Status::Ok);
    let calls: Vec<u8> = (2..102).flat_map(|serial| call(serial, &ConnectGetCapabilities {})).collect();
    stream.write_all(&calls).unwrap();
    let serials: Vec<_> = (2..102).map(|_| next_message(&mut stream, &mut reader).header.serial).collect();
    assert_eq!(serials, (2..102).collect::<Vec<_>>(), "one worker does them in their order");
}
