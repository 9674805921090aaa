//! An output that has been opened.

use super::{Destination, Output, journal::Journal, syslog::Syslog};
use crate::level::Level;
use ferrovirt_core::{Error, ErrorCode, Result};
use parking_lot::Mutex;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use time::OffsetDateTime;
use time::macros::format_description;

/// One message, as every output needs it.
pub struct Message<'a> {
    pub level: Level,
    /// The part of the library, such as `qemu.monitor`.
    pub category: &'a str,
    pub file: &'a str,
    pub line: u32,
    pub text: &'a str,
}

impl Message<'_> {
    /// Everything but the time, as libvirt arranges it.
    pub fn without_time(&self) -> String {
        let thread = rustix::thread::gettid().as_raw_nonzero();
        let (level, category, line) = (self.level.name(), self.category, self.line);
        format!("{thread}: {level} : {category}:{line} : {}", self.text)
    }

    fn with_time(&self) -> String {
        let format =
            format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]+0000");
        let time = OffsetDateTime::now_utc().format(format).unwrap_or_default();
        format!("{time}: {}\n", self.without_time())
    }
}

/// What cannot be written is lost: there is nobody left to tell.
pub struct Sink {
    pub output: Output,
    kind: Kind,
    /// Whether it has been said yet who writes here.
    introduced: Mutex<bool>,
}

enum Kind {
    Stderr,
    File(File),
    Syslog(Syslog),
    Journal(Journal),
}

impl Sink {
    pub fn open(output: Output) -> Result<Self> {
        let kind = match &output.destination {
            Destination::Stderr => Kind::Stderr,
            Destination::File(path) => {
                let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
                Kind::File(file.map_err(|err| system(&format!("cannot open {}", path.display()), &err))?)
            }
            Destination::Syslog(name) => Kind::Syslog(Syslog::new(name)),
            Destination::Journald => {
                Kind::Journal(Journal::new().map_err(|err| system("cannot reach the journal", &err))?)
            }
        };
        Ok(Self { output, kind, introduced: Mutex::new(false) })
    }

    pub fn write(&self, message: &Message<'_>) {
        if message.level < self.output.level {
            return;
        }
        // Messages of several threads do not run into each other.
        let mut introduced = self.introduced.lock();
        if !std::mem::replace(&mut *introduced, true) {
            self.introduce();
        }
        self.put(message);
    }

    fn introduce(&self) {
        let host = rustix::system::uname();
        let lines = [
            format!("ferrovirt version: {}", env!("CARGO_PKG_VERSION")),
            format!("hostname: {}", host.nodename().to_string_lossy()),
        ];
        for text in &lines {
            let level = Level::Info;
            self.put(&Message { level, category: "util.log", file: file!(), line: line!(), text });
        }
    }

    fn put(&self, message: &Message<'_>) {
        match &self.kind {
            Kind::Stderr => _ = io::stderr().write_all(message.with_time().as_bytes()),
            Kind::File(file) => _ = (&mut &*file).write_all(message.with_time().as_bytes()),
            Kind::Syslog(syslog) => syslog.send(message),
            Kind::Journal(journal) => journal.send(message),
        }
    }
}

fn system(what: &str, err: &io::Error) -> Error {
    Error::new(ErrorCode::SystemError, format!("{what}: {err}"))
}
