//! The QMP client against a monitor that is played: out of order, chatty, silent, hostile, or gone.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::time::Duration;

use ferrovirt_core::{Error, ErrorCode};
use ferrovirt_driver_qemu::qmp::types::RunState;
use ferrovirt_driver_qemu::qmp::{
    AddFd, Balloon, Client, EventStream, GuestEvent, LostReason, Options, QmpError, QueryBalloon,
    QueryStatus, Quit, Stop,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

const GREETING: &str = r#"{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": "fake"}, "capabilities": ["oob"]}}"#;

/// The other end of the wire.
struct Fake {
    stream: UnixStream,
    unread: Vec<u8>,
}

impl Fake {
    /// The next command, whole; the client ends its commands with nothing at all.
    async fn command(&mut self) -> Option<Value> {
        loop {
            let mut values = serde_json::Deserializer::from_slice(&self.unread).into_iter();
            if let Some(Ok(value)) = values.next() {
                let used = values.byte_offset();
                self.unread.drain(..used);
                return Some(value);
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(n) => self.unread.extend_from_slice(&buffer[..n]),
            }
        }
    }

    async fn expect(&mut self, name: &str) -> Value {
        let command = self.command().await.expect("a command");
        assert_eq!(command["execute"], name);
        command["id"].clone()
    }

    async fn say(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.expect("the client reads");
    }

    async fn answer(&mut self, id: &Value, result: Value) {
        self.say(&json!({"return": result, "id": id}).to_string()).await;
    }
}

async fn connected(options: Options) -> (Client, EventStream, Fake) {
    let (ours, theirs) = StdStream::pair().expect("a pair");
    theirs.set_nonblocking(true).expect("nonblocking");
    let mut fake = Fake { stream: UnixStream::from_std(theirs).expect("registered"), unread: Vec::new() };
    let play = async {
        fake.say(GREETING).await;
        let command = fake.command().await.expect("a command");
        assert_eq!(command["execute"], "qmp_capabilities");
        let id = command["id"].clone();
        fake.answer(&id, json!({})).await;
        command
    };
    let (client, command) = tokio::join!(Client::from_socket(ours, options.clone()), play);
    let enabled = command["arguments"]["enable"].as_array().is_some_and(|e| e.contains(&json!("oob")));
    assert_eq!(enabled, options.out_of_band);
    let (client, events) = client.expect("negotiated");
    (client, events, fake)
}

async fn plain() -> (Client, EventStream, Fake) {
    connected(Options::default()).await
}

fn lost(error: QmpError) -> LostReason {
    match error {
        QmpError::Lost { reason, .. } => reason,
        other => panic!("the connection is not lost: {other}"),
    }
}

#[tokio::test]
async fn replies_find_their_commands_in_any_order_among_events() {
    let (client, mut events, mut fake) = plain().await;
    let status = client.submit(&QueryStatus {});
    let balloon = client.submit(&QueryBalloon {});
    let stop = client.submit(&Stop {});
    let first = fake.expect("query-status").await;
    let second = fake.expect("query-balloon").await;
    let third = fake.expect("stop").await;
    fake.say(r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}"#).await;
    fake.answer(&third, json!({})).await;
    fake.say(r#"{"event": "BALLOON_CHANGE", "data": {"actual": 77}}"#).await;
    fake.answer(&second, json!({"actual": 77})).await;
    fake.answer(&first, json!({"status": "paused", "running": false, "future": 1})).await;
    assert_eq!(status.await.expect("answered").status, RunState::Paused);
    assert_eq!(balloon.await.expect("answered").actual, 77);
    stop.await.expect("answered");
    assert_eq!(events.recv().await.expect("an event").name, "STOP");
    let change = events.recv().await.expect("an event").typed().expect("decoded");
    assert!(matches!(change, GuestEvent::BalloonChange(b) if b.actual == 77));
}

#[tokio::test]
async fn out_of_band_is_asked_for_where_it_is_wanted_and_offered() {
    connected(Options { out_of_band: true, ..Options::default() }).await;
}

#[tokio::test]
async fn a_refusal_carries_qemus_words_and_leaves_the_connection() {
    let (client, _events, mut fake) = plain().await;
    let pending = client.submit(&Balloon { value: 1 });
    let id = fake.expect("balloon").await;
    fake.say(
        &json!({"error": {"class": "DeviceNotActive", "desc": "No balloon device"}, "id": id}).to_string(),
    )
    .await;
    let error = pending.await.expect_err("refused");
    assert_eq!(error.class(), Some("DeviceNotActive"));
    assert!(!error.is_fatal());
    let error = Error::from(error);
    assert_eq!(error.code(), ErrorCode::Internal);
    assert_eq!(
        error.message(),
        "internal error: unable to execute QEMU command 'balloon': No balloon device"
    );
    assert_eq!(client.lost(), None);
}

#[tokio::test(start_paused = true)]
async fn a_hung_monitor_is_told_by_the_deadline_and_late_replies_do_no_harm() {
    let (client, _events, mut fake) = plain().await;
    let limit = Duration::from_millis(40);
    let error = client.with_deadline(limit).execute(&QueryStatus {}).await.expect_err("nobody answers");
    assert!(
        matches!(&error, QmpError::Timeout { command, limit: l } if command == "query-status" && *l == limit)
    );
    assert_eq!(Error::from(error).code(), ErrorCode::OperationTimeout);
    let late = fake.expect("query-status").await;
    fake.answer(&late, json!({"status": "running", "running": true})).await;
    let pending = client.submit(&QueryBalloon {});
    let id = fake.expect("query-balloon").await;
    fake.answer(&id, json!({"actual": 1})).await;
    assert_eq!(pending.await.expect("the connection still works").actual, 1);
}

#[tokio::test(start_paused = true)]
async fn a_monitor_that_stops_reading_does_not_fill_our_memory() {
    let (client, _events, _fake) = plain().await;
    let big = Balloon { value: u64::MAX };
    let mut pending = Vec::new();
    for _ in 0..100_000 {
        pending.push(client.submit(&big));
        tokio::task::yield_now().await;
    }
    let last = pending.pop().expect("many").await.expect_err("refused at once");
    assert!(matches!(last, QmpError::Hung { .. }), "{last}");
}

#[tokio::test]
async fn a_closed_socket_fails_everything_at_once() {
    let (client, mut events, mut fake) = plain().await;
    let first = client.submit(&QueryStatus {});
    let second = client.submit(&Quit {});
    let id = fake.expect("query-status").await;
    fake.expect("quit").await;
    fake.answer(&id, json!({"status": "shutdown", "running": false})).await;
    fake.say(r#"{"event": "SHUTDOWN", "data": {"guest": true}}"#).await;
    drop(fake);
    assert_eq!(first.await.expect("answered before the end").status, RunState::Shutdown);
    assert_eq!(lost(second.await.expect_err("in flight")), LostReason::Closed);
    assert_eq!(client.closed().await, LostReason::Closed);
    assert_eq!(lost(client.execute(&QueryStatus {}).await.expect_err("after the end")), LostReason::Closed);
    assert_eq!(events.recv().await.expect("the last event is kept").name, "SHUTDOWN");
    assert!(events.recv().await.is_none());
}

#[tokio::test]
async fn an_end_before_the_greeting_is_an_error_at_once() {
    let (ours, theirs) = StdStream::pair().expect("a pair");
    drop(theirs);
    let error = Client::from_socket(ours, Options::default()).await.expect_err("nobody there");
    assert_eq!(lost(error), LostReason::Closed);
}

#[tokio::test]
async fn a_missing_socket_is_named() {
    let path = std::path::Path::new("/nonexistent/monitor.sock");
    let error = Client::connect(path, Options::default()).await.expect_err("not there");
    assert!(Error::from(error).message().contains("/nonexistent/monitor.sock"));
}

#[tokio::test]
async fn whatever_is_not_qmp_ends_the_connection() {
    let deep = format!(r#"{{"return": {}"#, "[".repeat(1 << 20));
    let broken =
        ["hello", "[1,2]", "{}", r#"{"error": {"desc": "JSON parse error"}}"#, r#"{"return": {}"#, &deep];
    for garbage in broken {
        let (client, _events, mut fake) = plain().await;
        let pending = client.submit(&QueryStatus {});
        fake.expect("query-status").await;
        fake.say(garbage).await;
        let reason = lost(pending.await.expect_err("not an answer"));
        assert!(matches!(reason, LostReason::Protocol(_)), "{reason}");
        // Our end is closed too: the guest can't go on as if nothing had happened.
        assert!(fake.command().await.is_none());
    }
}

#[tokio::test]
async fn replies_to_nobody_and_blank_lines_are_passed_over() {
    let (client, _events, mut fake) = plain().await;
    let pending = client.submit(&QueryBalloon {});
    let id = fake.expect("query-balloon").await;
    for stray in [
        "",
        "  ",
        r#"{"return": {}, "id": 999}"#,
        r#"{"return": {}, "id": [1]}"#,
        r#"{"return": 1}"#,
        GREETING,
    ] {
        fake.say(stray).await;
    }
    fake.answer(&id, json!({"actual": 5})).await;
    assert_eq!(pending.await.expect("answered").actual, 5);
}

#[tokio::test]
async fn a_message_without_end_is_cut_off_at_the_limit() {
    let (client, _events, mut fake) = connected(Options { max_message: 1 << 16, ..Options::default() }).await;
    let pending = client.submit(&QueryStatus {});
    fake.expect("query-status").await;
    // The client stops reading, so not all of this can be written.
    let flood = async { while fake.stream.write_all(&[b'['; 4096]).await.is_ok() {} };
    let (error, ()) = tokio::join!(pending, flood);
    assert!(matches!(lost(error.expect_err("no answer")), LostReason::Protocol(_)));
}

#[tokio::test]
async fn a_reply_of_the_wrong_kind_is_the_commands_error_alone() {
    let (client, _events, mut fake) = plain().await;
    let pending = client.submit(&QueryBalloon {});
    let id = fake.expect("query-balloon").await;
    fake.answer(&id, json!(["not", "an", "object"])).await;
    assert!(matches!(pending.await, Err(QmpError::Reply { .. })));
    assert_eq!(client.lost(), None);
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_holds_up_the_guest_not_our_memory() {
    let (client, mut events, mut fake) = plain().await;
    const MANY: usize = 20_000;
    let flood = tokio::spawn(async move {
        for n in 0..MANY {
            fake.say(&json!({"event": "RTC_CHANGE", "data": {"offset": n}}).to_string()).await;
        }
        fake
    });
    for n in 0..MANY {
        let event = events.recv().await.expect("none is lost").typed().expect("decoded");
        assert!(matches!(event, GuestEvent::RtcChange(ref c) if c.offset == n as i64), "{event:?}");
    }
    let mut fake = flood.await.expect("played");
    // Without any subscriber events are dropped and replies still come.
    drop(events);
    let pending = client.submit(&QueryBalloon {});
    fake.say(r#"{"event": "STOP"}"#).await;
    let id = fake.expect("query-balloon").await;
    fake.answer(&id, json!({"actual": 5})).await;
    assert_eq!(pending.await.expect("answered").actual, 5);
}

#[tokio::test]
async fn descriptors_travel_with_their_own_command() {
    let (client, _events, fake) = plain().await;
    let (read, write) = rustix::pipe::pipe().expect("a pipe");
    let before = client.submit(&QueryStatus {});
    let pending = client.submit_with_fds(&AddFd::default(), vec![write]);
    let after = client.submit(&QueryStatus {});
    // Received byte by byte, as QEMU does it: the descriptor comes with the first byte of its command.
    let socket = fake.stream;
    let mut text = String::new();
    let mut arrived: Option<(usize, OwnedFd)> = None;
    while text.matches("\"id\"").count() < 3 || !text.ends_with('}') {
        let received = socket.async_io(Interest::READABLE, || receive_byte(&socket)).await;
        let (byte, fd) = received.expect("a byte");
        if let Some(fd) = fd {
            arrived = Some((text.len(), fd));
        }
        text.push(byte as char);
    }
    let (at, fd) = arrived.expect("the descriptor");
    assert!(text[at..].starts_with(r#"{"execute":"add-fd""#), "it came at byte {at} of {text}");
    // Ours was closed after it was sent, so with QEMU's gone the pipe ends.
    rustix::io::write(&fd, b"through").expect("written");
    drop(fd);
    let mut got = [0; 16];
    assert_eq!(rustix::io::read(&read, &mut got).expect("read"), 7);
    assert_eq!(rustix::io::read(&read, &mut got).expect("read"), 0);
    drop((before, pending, after));

    let too_many = (0..17).map(|_| rustix::pipe::pipe().expect("a pipe").0).collect();
    let error = client.execute_with_fds(&AddFd::default(), too_many).await.expect_err("too many");
    assert!(matches!(error, QmpError::TooManyDescriptors { count: 17, .. }));
}

fn receive_byte(socket: &UnixStream) -> std::io::Result<(u8, Option<OwnedFd>)> {
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    let mut byte = [0];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    recvmsg(socket, &mut [std::io::IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = control.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(fds) => fds.collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    Ok((byte[0], fds.next()))
}

#[tokio::test]
async fn a_users_own_json_is_passed_through_with_the_reply_as_it_came() {
    let (client, _events, mut fake) = plain().await;
    let ask = r#" { "execute" : "qom-get", "arguments": {"path": "/", "property": "x"}, "id": "mine" } "#;
    let play = async {
        let command = fake.command().await.expect("a command");
        assert_eq!(command["arguments"]["path"], "/");
        let id = command["id"].as_str().expect("textual").to_string();
        assert!(id.starts_with("libvirt-"), "{id}");
        fake.say(&format!(r#"{{"error": {{"class": "GenericError", "desc": "no"}}, "id": "{id}"}}"#)).await;
        id
    };
    let (reply, id) = tokio::join!(client.execute_raw(ask), play);
    let expected = format!(r#"{{"error": {{"class": "GenericError", "desc": "no"}}, "id": "{id}"}}"#);
    assert_eq!(reply.expect("QEMU's words"), expected);
    for bad in ["", "nonsense", "[]", "{}", r#"{"execute": 7}"#] {
        let error = client.execute_raw(bad).await.expect_err(bad);
        assert_eq!(Error::from(error).code(), ErrorCode::InvalidArg);
    }
}

#[tokio::test]
async fn the_connection_is_closed_with_its_last_client() {
    let (client, mut events, mut fake) = plain().await;
    let clone = client.clone();
    drop(client);
    let pending = clone.submit(&Quit {});
    drop(clone);
    // What is under way is still sent and answered.
    let id = fake.expect("quit").await;
    fake.answer(&id, json!({})).await;
    pending.await.expect("answered");
    assert!(fake.command().await.is_none());
    assert!(events.recv().await.is_none());
}
