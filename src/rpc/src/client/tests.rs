//! The client against a daemon of the test's own, at the other end of a pair of sockets.

use super::*;
use crate::frame::{FrameReader, MessageKind, Status, UnixTransport};
use crate::program::remote::{
    DomainFdAssociate, DomainLookupById, DomainLookupByName, DomainOpenGraphicsFd, NodeGetFreeMemory,
};
use ferrovirt_core::DomainId;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use uuid::Uuid;

fn client() -> (Client, Peer, Receiver<Notice>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (sender, notices) = channel();
    let sink = Box::new(move |notice| drop(sender.send(notice)));
    let client = Client::new(Box::new(UnixTransport::new(ours.into())), sink).unwrap();
    (client, Peer { transport: UnixTransport::new(theirs.into()), reader: FrameReader::new() }, notices)
}

/// The daemon's end.
struct Peer {
    transport: UnixTransport,
    reader: FrameReader,
}

impl Peer {
    fn next(&mut self) -> Message {
        loop {
            if let Some(message) = self.reader.next_message().unwrap() {
                return message;
            }
            let mut fds = [rustix::event::PollFd::from_borrowed_fd(
                self.transport.descriptor(),
                rustix::event::PollFlags::IN,
            )];
            rustix::event::poll(&mut fds, None).unwrap();
            let received = self.transport.receive(self.reader.space()).unwrap();
            self.reader.filled(received.bytes, received.fds).unwrap();
        }
    }

    fn send(&self, message: OutgoingMessage) {
        assert_eq!(self.transport.send(message.bytes()).unwrap(), message.bytes().len());
        message.fds().iter().for_each(|fd| self.transport.send_fd(fd.as_fd()).unwrap());
    }

    fn reply<T: crate::xdr::Xdr>(&self, call: &Message, value: &T) {
        self.send(OutgoingMessage::new(call.header.reply(Status::Ok), value).unwrap());
    }
}

fn domain(id: i32) -> DomainId {
    DomainId { name: format!("d{id}").into(), uuid: Uuid::from_u128(id as u128), id }
}

#[test]
fn answers_find_their_callers_in_whatever_order_they_come() {
    let (client, mut peer, _notices) = client();
    std::thread::scope(|scope| {
        let client = &client;
        let callers: Vec<_> = (0..6)
            .map(|id| scope.spawn(move || (id, client.call(&DomainLookupById { id }).unwrap())))
            .collect();
        let mut calls: Vec<_> = (0..6).map(|_| peer.next()).collect();
        calls.sort_by_key(|call| std::cmp::Reverse(call.header.serial));
        for call in &calls {
            let arguments: DomainLookupById = call.arguments().unwrap();
            peer.reply(call, &domain(arguments.id));
        }
        for caller in callers {
            let (id, found) = caller.join().unwrap();
            assert_eq!(found, domain(id));
        }
    });
}

#[test]
fn descriptors_go_along_in_both_directions() {
    let (client, mut peer, _notices) = client();
    let file = || std::fs::File::open("/dev/null").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let call = peer.next();
            assert_eq!((call.header.kind, call.fds.len()), (MessageKind::CallWithFds, 2));
            peer.reply(&call, &());
            let call = peer.next();
            assert_eq!(call.header.kind, MessageKind::Call);
            let reply = call.header.reply(Status::Ok);
            peer.send(OutgoingMessage::with_fds(reply, &(), vec![file().into()]).unwrap());
        });
        let lend = DomainFdAssociate { dom: domain(1), name: "disk".into(), flags: 0 };
        let (one, two) = (file(), file());
        client.call_with_fds(&lend, &[one.as_fd(), two.as_fd()]).unwrap();
        let open = DomainOpenGraphicsFd { dom: domain(1), idx: 0, flags: 0 };
        let ((), fds) = client.call_with_fds(&open, &[]).unwrap();
        assert_eq!(fds.len(), 1);
    });
}

#[test]
fn a_silent_daemon_is_given_up_by_a_caller_that_waits() {
    let (client, _peer, notices) = client();
    client.set_keepalive(Some(Duration::from_millis(10)), 2).unwrap();
    let err = client.call(&NodeGetFreeMemory {}).unwrap_err();
    assert!(err.message().contains("keepalive"), "{err}");
    assert!(matches!(notices.try_recv().unwrap(), Notice::Closed(CloseReason::Keepalive)));
}

#[test]
fn what_nobody_has_read_yet_is_a_sign_of_life() {
    let (client, peer, _notices) = client();
    let minute = Duration::from_secs(60);
    let late = || Some(Keepalive::new(minute, 0, Instant::now() - 2 * minute));
    peer.send(crate::keepalive::message(crate::keepalive::PING).unwrap());
    let mut state = client.0.state.lock();
    state.keepalive = late();
    assert!(client.0.keepalive(&mut state).is_some_and(|wait| wait > Duration::ZERO));
    assert!(state.closed.is_none());
    state.keepalive = late();
    client.0.keepalive(&mut state);
    assert!(state.closed.is_some(), "nothing more has come");
}

#[test]
fn probes_are_answered_while_a_caller_waits() {
    let (client, mut peer, _notices) = client();
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| client.call(&NodeGetFreeMemory {}).unwrap());
        let call = peer.next();
        peer.send(crate::keepalive::message(crate::keepalive::PING).unwrap());
        let answer = peer.next();
        assert_eq!(answer.header.program, crate::program::Program::Keepalive as u32);
        assert_eq!(answer.header.procedure, crate::keepalive::PONG);
        peer.reply(&call, &5u64);
        assert_eq!(caller.join().unwrap(), 5);
    });
}

#[test]
fn nonsense_ends_the_connection_for_all_who_wait() {
    let (client, mut peer, notices) = client();
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| client.call(&DomainLookupByName { name: "x".into() }).unwrap_err()))
            .collect();
        (0..3).for_each(|_| drop(peer.next()));
        peer.transport.send(&[0xff; 64]).unwrap();
        for caller in callers {
            assert_eq!(caller.join().unwrap().code(), ferrovirt_core::ErrorCode::Rpc);
        }
    });
    assert!(matches!(notices.try_recv().unwrap(), Notice::Closed(CloseReason::Error)));
    assert!(notices.try_recv().is_err(), "it ends once");
}

#[test]
fn closing_wakes_who_waits() {
    let (client, mut peer, notices) = client();
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| client.call(&NodeGetFreeMemory {}).unwrap_err());
        drop(peer.next());
        client.close();
        assert!(caller.join().unwrap().message().contains("closed by this program"));
    });
    assert!(notices.try_recv().is_err(), "who closes knows");
}
