//! The state of one run: the connection, how things are shown, and running commands on it.

use crate::args::Args;
use crate::auth::TerminalAuthenticator;
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::{Output, extra, say};
use crate::program::{Debug, Options};
use ferrovirt::{Connection, Error, ErrorCode, ErrorDomain, OpenOptions, event_loop};
use ferrovirt_core::abi::{
    VIR_CONNECT_CLOSE_REASON_CLIENT, VIR_CONNECT_CLOSE_REASON_EOF, VIR_CONNECT_CLOSE_REASON_ERROR,
    VIR_CONNECT_CLOSE_REASON_KEEPALIVE,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// One run of the program.
pub struct Shell {
    pub out: Output,
    pub debug: Debug,
    pub read_only: bool,
    /// The byte that leaves a console.
    pub escape: u8,
    /// Whether lines are read until somebody quits.
    pub interactive: bool,
    pub timing: bool,
    /// The last URI asked for; none for the default.
    uri: Option<String>,
    connection: Option<Connection>,
    keepalive_interval: Option<i32>,
    keepalive_count: Option<u32>,
    disconnected: Arc<AtomicBool>,
    /// The token that the close callback is known by.
    next_token: usize,
}

/// `^]`, as telnet has it.
const TELNET_ESCAPE: u8 = 0x1d;

impl Shell {
    pub fn new(options: Options) -> Self {
        let mut out = Output::default();
        (out.format, out.quiet) = (options.format, options.quiet);
        Self {
            out,
            debug: options.debug,
            read_only: options.read_only,
            escape: options.escape.unwrap_or(TELNET_ESCAPE),
            interactive: options.words.is_empty(),
            timing: options.timing,
            uri: options.uri,
            connection: None,
            keepalive_interval: options.keepalive_interval,
            keepalive_count: options.keepalive_count,
            disconnected: Arc::default(),
            next_token: 1,
        }
    }

    /// The URI that was named on the command line, which must be good before anything is done.
    pub fn named_uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    pub fn set_default_uri(&mut self, uri: Option<String>) {
        self.uri = self.uri.take().or(uri);
    }

    /// The connection; commands that say that they connect have one.
    pub fn connection(&self) -> Outcome<Connection> {
        self.connection.clone().ok_or_else(|| Failure::say("no valid connection"))
    }

    /// Connects, or connects again where the other side went away.
    pub fn ensure_connection(&mut self) -> Outcome {
        if self.connection.is_none() || self.disconnected.load(Ordering::Relaxed) {
            self.connect(None, false, false)?;
        }
        match self.connection()?.is_alive() {
            Ok(false) => fail!("no valid connection"),
            _ => Ok(()),
        }
    }

    /// Opens `uri`, or the last one again. A connection that was `asked` for needs no announcement.
    pub fn connect(&mut self, uri: Option<&str>, read_only: bool, asked: bool) -> Outcome {
        let read_only = read_only || (uri.is_none() && self.read_only);
        let had_one = self.connection.take().is_some();
        let opened = self.open(uri, read_only).or_say(|| {
            if self.disconnected.load(Ordering::Relaxed) {
                "Failed to reconnect to the hypervisor"
            } else {
                "failed to connect to the hypervisor"
            }
        })?;
        if let Some(uri) = uri {
            self.uri = Some(uri.to_owned());
        }
        if self.uri.is_none() {
            self.uri = opened.uri().ok();
        }
        self.read_only = read_only;
        self.watch(&opened);
        self.connection = Some(opened);
        if had_one && !asked {
            self.out.error("Reconnected to the hypervisor");
        }
        self.disconnected.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn open(&mut self, uri: Option<&str>, read_only: bool) -> Outcome<Connection> {
        let connection = open_quietly(uri.or(self.uri.as_deref()), read_only)?;
        let forced = self.keepalive_interval.is_some() || self.keepalive_count.is_some();
        let (interval, count) = (self.keepalive_interval.unwrap_or(5), self.keepalive_count.unwrap_or(6));
        if interval > 0 && !matches!(connection.set_keep_alive(interval, count), Ok(true)) {
            if forced {
                fail!("Cannot setup keepalive on connection as requested, disconnecting")
            }
            self.debug.info(|| "Failed to setup keepalive on connection".into());
        }
        Ok(connection)
    }

    /// Connects to another hypervisor besides, as for a migration.
    pub fn open_another(&mut self, uri: &str) -> Outcome<Connection> {
        self.open(Some(uri), false)
    }

    /// Notices when the other side goes away.
    fn watch(&mut self, connection: &Connection) {
        let (disconnected, uri) = (self.disconnected.clone(), self.uri.clone().unwrap_or_default());
        let token = self.next_token;
        self.next_token += 1;
        let notice = move |_: &Connection, reason: i32| {
            let why = match reason as u32 {
                VIR_CONNECT_CLOSE_REASON_CLIENT => return,
                VIR_CONNECT_CLOSE_REASON_ERROR => "I/O error",
                VIR_CONNECT_CLOSE_REASON_EOF => "end of file",
                VIR_CONNECT_CLOSE_REASON_KEEPALIVE => "keepalive timeout",
                _ => "unknown reason",
            };
            Output::default().error(&format!("Disconnected from {uri} due to {why}"));
            disconnected.store(true, Ordering::Relaxed);
            crate::waiting::interrupt();
        };
        if connection.register_close_callback(token, Arc::new(notice)).is_err() {
            self.out.error("Unable to register disconnect callback");
        }
    }

    /// Whether the other side has gone away since the last command.
    pub fn is_disconnected(&self) -> bool {
        self.disconnected.load(Ordering::Relaxed)
    }

    /// Prints what a failure has to say.
    pub fn report(&mut self, failure: &Failure) {
        for line in failure.all_lines() {
            self.debug.note("ERROR", &line);
            self.out.error(&line);
        }
    }

    /// Runs the commands of a line; whether the last one succeeded comes back.
    pub fn run(&mut self, commands: Vec<Args>) -> bool {
        let mut succeeded = true;
        for args in commands {
            let begin = Instant::now();
            let outcome = self.run_one(&args);
            let elapsed = begin.elapsed();
            succeeded = outcome.is_ok();
            self.out.end_command(succeeded);
            if let Err(failure) = outcome {
                self.notice_disconnection(&failure);
                self.report(&failure);
            }
            if matches!(args.command.name, "quit" | "exit") {
                return succeeded;
            }
            if self.timing {
                say!(self, "\n(Time: {:.3} ms)\n\n", elapsed.as_secs_f64() * 1000.0);
            } else {
                extra!(self, "\n");
            }
        }
        succeeded
    }

    fn run_one(&mut self, args: &Args) -> Outcome {
        if args.command.connects {
            self.ensure_connection()?;
        }
        if args.command.changes && !args.knows_and_has("print-xml") {
            self.may_change(args)?;
        }
        (args.command.body)(self, args)
    }

    /// Refuses to change anything over a read-only connection.
    pub fn may_change(&self, args: &Args) -> Outcome {
        if self.connection()?.is_read_only() {
            let what = format!("read only access prevents virsh {}", args.command.name);
            return Err(Error::new(ErrorCode::OperationDenied, what).into());
        }
        Ok(())
    }

    /// Some errors mean that the connection is no good any more.
    fn notice_disconnection(&self, failure: &Failure) {
        let Some(cause) = &failure.cause else { return };
        let lost = match cause.code() {
            ErrorCode::SystemError => cause.error_domain() == ErrorDomain::Remote,
            code => matches!(code, ErrorCode::Rpc | ErrorCode::NoConnect | ErrorCode::InvalidConn),
        };
        if lost {
            self.disconnected.store(true, Ordering::Relaxed);
        }
    }
}

fn open_quietly(uri: Option<&str>, read_only: bool) -> Outcome<Connection> {
    start_event_loop()?;
    let options = OpenOptions::new().authenticator(Arc::new(TerminalAuthenticator));
    let options = if read_only { options.read_only() } else { options };
    Ok(options.open(uri)?)
}

/// Registers the default event loop and has a thread run it; once.
fn start_event_loop() -> Outcome {
    if event_loop::current().is_some() {
        return Ok(());
    }
    event_loop::register_default()?;
    let turn = || {
        loop {
            if event_loop::run_default().is_err() {
                // A loop that can't be run must not spin.
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
        }
    };
    if let Err(err) = std::thread::Builder::new().name("events".into()).spawn(turn) {
        fail!("cannot start the thread for events: {err}")
    }
    Ok(())
}
