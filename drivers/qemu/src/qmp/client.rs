//! One monitor connection as its users see it: commands in, replies out, as many under way at once as they like.

use std::borrow::Cow;
use std::future::Future;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::commands::{Command, QmpCapabilities};
use super::connection::{Answer, MAX_DESCRIPTORS, Outgoing, Shared, serve};
use super::error::{LostReason, QmpError};
use super::message::{EventStream, Incoming, command_text, textual_id};

/// Commands that wait to be written; a monitor that has not read this many is hung.
const QUEUE: usize = 1024;
/// Events that wait for their subscriber before reading stops.
const EVENT_BACKLOG: usize = 4096;

/// How a monitor is used.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a reply may take.
    pub deadline: Duration,
    /// A longer message than this ends the connection.
    pub max_message: usize,
    /// Asks for out-of-band execution, which also lets QEMU take several commands off the socket at once.
    pub out_of_band: bool,
}

/// How long replies may take by default, in milliseconds.
static DEADLINE: AtomicU64 = AtomicU64::new(30_000);

/// Has replies take so long at most, on all monitors that are opened from now on.
pub fn set_deadline(deadline: Duration) {
    DEADLINE.store(deadline.as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(DEADLINE.load(Ordering::Relaxed)),
            max_message: 16 << 20,
            out_of_band: false,
        }
    }
}

/// A connection to a monitor; clones share it, and it is closed when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Outgoing>,
    deadline: Duration,
}

impl Client {
    /// Connects to a monitor's socket and gets it ready for commands. To be called on a reactor.
    pub async fn connect(path: &Path, options: Options) -> Result<(Self, EventStream), QmpError> {
        let stream = UnixStream::connect(path).await;
        let stream = stream.map_err(|source| QmpError::Connect { path: path.to_path_buf(), source })?;
        Self::negotiate(stream, options).await
    }

    /// Takes over a connected socket, such as one end of a pair whose other end QEMU was given.
    pub async fn from_socket(socket: StdStream, options: Options) -> Result<(Self, EventStream), QmpError> {
        let stream = socket.set_nonblocking(true).and_then(|()| UnixStream::from_std(socket));
        Self::negotiate(stream.map_err(|source| QmpError::Socket { source })?, options).await
    }

    async fn negotiate(stream: UnixStream, options: Options) -> Result<(Self, EventStream), QmpError> {
        let (tell_greeting, greeting) = oneshot::channel();
        let (commands, queue) = mpsc::channel(QUEUE);
        let (tell_event, events) = mpsc::channel(EVENT_BACKLOG);
        let shared = Arc::new(Shared::new(tell_greeting));
        tokio::spawn(serve(stream, shared.clone(), queue, tell_event, options.max_message));
        let client = Self { shared, commands, deadline: options.deadline };
        // Unless its content depends on the greeting, the first command need not wait for it.
        let early = (!options.out_of_band).then(|| client.submit(&QmpCapabilities::default()));
        let oob = client.greeting(greeting, options.deadline).await?;
        match early {
            Some(pending) => pending.await?,
            None => {
                let enable = oob.then(|| vec!["oob".to_string()]);
                client.execute(&QmpCapabilities { enable }).await?
            }
        };
        Ok((client, events))
    }

    /// Waits for QEMU's first words; whether they offer out-of-band execution.
    async fn greeting(&self, greeting: oneshot::Receiver<Answer>, limit: Duration) -> Result<bool, QmpError> {
        let command = Cow::Borrowed("greeting");
        match tokio::time::timeout(limit, greeting).await {
            Err(_) => Err(QmpError::Timeout { command, limit }),
            Ok(Ok(Ok(Incoming::Greeting { oob }))) => Ok(oob),
            Ok(Ok(Ok(_))) => Err(QmpError::Lost {
                command,
                reason: LostReason::Protocol("the first message is not a greeting".into()),
            }),
            Ok(Ok(Err(reason))) => Err(QmpError::Lost { command, reason }),
            Ok(Err(_)) => Err(QmpError::Lost { command, reason: LostReason::Dropped }),
        }
    }

    /// The same connection with another deadline for its commands.
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// Sends a command and waits for its reply.
    pub async fn execute<C: Command>(&self, command: &C) -> Result<C::Reply, QmpError> {
        self.submit(command).await
    }

    /// Sends a command with descriptors, for `getfd` and `add-fd`, and waits for its reply.
    pub async fn execute_with_fds<C: Command>(
        &self,
        command: &C,
        descriptors: Vec<OwnedFd>,
    ) -> Result<C::Reply, QmpError> {
        self.submit_with_fds(command, descriptors).await
    }

    /// Queues a command at once; what is returned waits for the reply. Commands are sent in the order of submission,
    /// so several can be under way.
    pub fn submit<C: Command>(&self, command: &C) -> Pending<C::Reply> {
        self.submit_with_fds(command, Vec::new())
    }

    /// As [`Client::submit`], with descriptors that QEMU gets along; ours are closed once they are sent.
    pub fn submit_with_fds<C: Command>(&self, command: &C, descriptors: Vec<OwnedFd>) -> Pending<C::Reply> {
        let arguments = if C::HAS_ARGUMENTS { Some(to_json(command)) } else { None };
        self.queue(Cow::Borrowed(C::NAME), descriptors, decode_return::<C::Reply>, |id| {
            // `{}` is what no arguments mean as well, in more bytes.
            command_text(C::NAME, arguments.as_deref().filter(|a| *a != "{}"), id)
        })
    }

    /// Sends a command that this client has no type for; the reply is QEMU's JSON.
    pub fn submit_untyped(&self, name: &str, arguments: Option<&RawValue>) -> Pending<Box<RawValue>> {
        let quoted = to_json(name);
        let name: Cow<'static, str> = Cow::Owned(name.to_string());
        self.queue(name, Vec::new(), decode_return, |id| {
            command_text(&quoted[1..quoted.len() - 1], arguments.map(RawValue::get), id)
        })
    }

    /// Passes a user's own JSON on and gives back QEMU's whole message, a refusal too.
    ///
    /// The message has an `id` of ours in place of the user's, in the shape that libvirt gives it.
    pub async fn execute_raw(&self, json: &str) -> Result<String, QmpError> {
        let not_a_command = |reason: String| QmpError::NotACommand { reason };
        let mut command: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(json).map_err(|e| not_a_command(e.to_string()))?;
        let name = ["execute", "exec-oob"].iter().find_map(|key| command.get(*key));
        let name = name.and_then(|name| name.as_str()).map(str::to_string);
        let name = name.ok_or_else(|| not_a_command("it has no member 'execute' that is a string".into()))?;
        self.queue(Cow::Owned(name), Vec::new(), decode_line, |id| {
            command.insert("id".into(), textual_id(id).into());
            to_json(&command)
        })
        .await
    }

    /// Runs a command of the human monitor and gives back what it prints.
    pub async fn execute_human(&self, command_line: &str) -> Result<String, QmpError> {
        self.execute(&super::HumanMonitorCommand { command_line: command_line.into(), cpu_index: None }).await
    }

    /// Why the connection has ended; `None` while it lives.
    pub fn lost(&self) -> Option<LostReason> {
        self.shared.lost()
    }

    /// Waits for the end of the connection.
    pub async fn closed(&self) -> LostReason {
        let mut end = self.shared.watch_end();
        let reason = end.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        reason.unwrap_or(LostReason::Dropped)
    }

    fn queue<R>(
        &self,
        command: Cow<'static, str>,
        descriptors: Vec<OwnedFd>,
        decode: Decode<R>,
        text: impl FnOnce(u64) -> String,
    ) -> Pending<R> {
        let state = self.enqueue(command.clone(), descriptors, text);
        Pending { command, client: self.clone(), state, decode }
    }

    fn enqueue(
        &self,
        command: Cow<'static, str>,
        descriptors: Vec<OwnedFd>,
        text: impl FnOnce(u64) -> String,
    ) -> State {
        if descriptors.len() > MAX_DESCRIPTORS {
            return State::Failed(Some(QmpError::TooManyDescriptors {
                command,
                count: descriptors.len(),
                limit: MAX_DESCRIPTORS,
            }));
        }
        let lost = |reason| State::Failed(Some(QmpError::Lost { command: command.clone(), reason }));
        // The id and the place in the queue need not be taken together: replies are matched, not counted.
        let (id, answer) = match self.shared.expect_reply() {
            Ok(expected) => expected,
            Err(reason) => return lost(reason),
        };
        match self.commands.try_send(Outgoing { text: text(id), descriptors }) {
            Ok(()) => State::Waiting { id, answer, since: Instant::now(), timer: None },
            Err(error) => {
                self.shared.forget(id);
                match error {
                    mpsc::error::TrySendError::Full(_) => State::Failed(Some(QmpError::Hung { command })),
                    mpsc::error::TrySendError::Closed(_) => lost(self.lost().unwrap_or(LostReason::Dropped)),
                }
            }
        }
    }
}

type Decode<R> = fn(Cow<'static, str>, Incoming) -> Result<R, QmpError>;

/// A reply that is still to come; dropping it forgets the reply, not the command.
#[derive(Debug)]
#[must_use = "the command is sent, but its outcome is lost"]
pub struct Pending<R> {
    command: Cow<'static, str>,
    /// Keeps the connection open until the reply is there.
    client: Client,
    state: State,
    decode: Decode<R>,
}

#[derive(Debug)]
enum State {
    Failed(Option<QmpError>),
    Waiting {
        id: u64,
        answer: oneshot::Receiver<Answer>,
        since: Instant,
        timer: Option<Pin<Box<tokio::time::Sleep>>>,
    },
}

impl<R> Future for Pending<R> {
    type Output = Result<R, QmpError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let (answer, since, timer) = match &mut this.state {
            State::Failed(error) => {
                return Poll::Ready(Err(error.take().expect("a future is not polled after its end")));
            }
            State::Waiting { answer, since, timer, .. } => (answer, *since, timer),
        };
        if let Poll::Ready(answer) = Pin::new(answer).poll(context) {
            let lost = |reason| QmpError::Lost { command: this.command.clone(), reason };
            return Poll::Ready(match answer {
                Ok(Ok(message)) => (this.decode)(this.command.clone(), message),
                Ok(Err(reason)) => Err(lost(reason)),
                Err(_) => Err(lost(LostReason::Dropped)),
            });
        }
        let limit = this.client.deadline;
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(since + limit)));
        timer.as_mut().poll(context).map(|()| Err(QmpError::Timeout { command: this.command.clone(), limit }))
    }
}

impl<R> Drop for Pending<R> {
    fn drop(&mut self) {
        if let State::Waiting { id, .. } = &self.state {
            self.client.shared.forget(*id);
        }
    }
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("commands are plain structs with string keys")
}

/// The reply's `return`, or QEMU's refusal as an error.
fn decode_return<R: serde::de::DeserializeOwned>(
    command: Cow<'static, str>,
    message: Incoming,
) -> Result<R, QmpError> {
    match message {
        Incoming::Reply { result: Ok(value), .. } => {
            serde_json::from_str(value.get()).map_err(|source| QmpError::Reply { command, source })
        }
        Incoming::Reply { result: Err(refusal), .. } => {
            Err(QmpError::Command { command, class: refusal.class, desc: refusal.desc })
        }
        _ => unreachable!("only replies are delivered by id"),
    }
}

fn decode_line(_: Cow<'static, str>, message: Incoming) -> Result<String, QmpError> {
    match message {
        Incoming::Reply { line: Some(line), .. } => Ok(line),
        _ => Err(QmpError::NotACommand { reason: "QEMU's reply has not the id that was sent".into() }),
    }
}
