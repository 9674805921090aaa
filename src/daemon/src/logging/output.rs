//! The places that a log can go to.

use super::{Priority, parse_priority};
use ferrovirt_core::{Error, Result};
use parking_lot::Mutex;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

const JOURNAL: &str = "/run/systemd/journal/socket";
const SYSLOG: &str = "/dev/log";
/// Of system services.
const FACILITY: u32 = 3;

/// What the journal knows this program by.
static PROGRAM: OnceLock<&'static str> = OnceLock::new();

pub fn set_program(name: &'static str) {
    // Of several daemons in a process, the first has its name there.
    let _ = PROGRAM.set(name);
}

/// A place, and from which priority on it is told.
pub struct Output {
    pub priority: Priority,
    place: Place,
}

enum Place {
    Stderr,
    File(String, Mutex<File>),
    /// With the name that lines begin with.
    Syslog(String, UnixDatagram),
    Journal(UnixDatagram),
}

fn bad(text: &str) -> Error {
    let detail = format!(
        "'{text}' is no log output: it must be 'N:stderr', 'N:journald', 'N:file:/a/path' or 'N:syslog:NAME', with 1 to 4 \
         for N"
    );
    Error::invalid_arg(detail)
}

impl Output {
    pub fn parse(text: &str) -> Result<Self> {
        let (priority, place) = text.split_once(':').ok_or_else(|| bad(text))?;
        let priority = parse_priority(priority).ok_or_else(|| bad(text))?;
        let (kind, argument) = place.split_once(':').unwrap_or((place, ""));
        let place = match (kind, argument) {
            ("stderr", "") => Place::Stderr,
            ("journald", "") => Place::Journal(connected(JOURNAL)?),
            ("file", path) if path.starts_with('/') => {
                Place::File(path.to_owned(), Mutex::new(opened(path)?))
            }
            ("syslog", name) if !name.is_empty() => Place::Syslog(name.to_owned(), connected(SYSLOG)?),
            _ => return Err(bad(text)),
        };
        Ok(Self { priority, place })
    }

    pub fn text(&self) -> String {
        let priority = self.priority;
        match &self.place {
            Place::Stderr => format!("{priority}:stderr"),
            Place::Journal(_) => format!("{priority}:journald"),
            Place::File(path, _) => format!("{priority}:file:{path}"),
            Place::Syslog(name, _) => format!("{priority}:syslog:{name}"),
        }
    }

    /// Writes a line. A log that can't be written has no place to complain.
    pub fn write(&self, priority: Priority, line: &str) {
        let _ = match &self.place {
            Place::Stderr => std::io::stderr().write_all(stamped(priority, line).as_bytes()),
            Place::File(_, file) => file.lock().write_all(stamped(priority, line).as_bytes()),
            Place::Syslog(name, socket) => {
                let (code, pid) = (FACILITY * 8 + severity(priority), std::process::id());
                socket.send(format!("<{code}>{name}[{pid}]: {line}").as_bytes()).map(drop)
            }
            Place::Journal(socket) => {
                let program = PROGRAM.get().copied().unwrap_or("libvirtd");
                // The journal ends a field at its newline.
                let (severity, line) = (severity(priority), line.replace('\n', " "));
                let entry = format!("PRIORITY={severity}\nSYSLOG_IDENTIFIER={program}\nMESSAGE={line}\n");
                socket.send(entry.as_bytes()).map(drop)
            }
        };
    }
}

/// What syslog calls a priority of ours.
fn severity(priority: Priority) -> u32 {
    match priority {
        4 => 3,
        3 => 4,
        2 => 6,
        _ => 7,
    }
}

fn connected(path: &str) -> Result<UnixDatagram> {
    let socket = UnixDatagram::unbound().and_then(|socket| {
        socket.connect(path)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    });
    socket.map_err(|err| Error::system(err, format!("cannot reach the log at '{path}'")))
}

fn opened(path: &str) -> Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.map_err(|err| Error::system(err, format!("cannot open the log file '{path}'")))
}

/// A line with its time (UTC), the process and its priority.
fn stamped(priority: Priority, line: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, pid) = (now.as_secs(), std::process::id());
    let (date, time) = (date(seconds / 86_400), seconds % 86_400);
    let (hour, minute, second, milli) = (time / 3600, time / 60 % 60, time % 60, now.subsec_millis());
    let word = ["debug", "info", "warning", "error"][priority.clamp(1, 4) as usize - 1];
    format!("{date} {hour:02}:{minute:02}:{second:02}.{milli:03}+0000: {pid}: {word} : {line}\n")
}

/// The date of a day since 1970, by the rules of the Gregorian calendar, with years that begin in March.
fn date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_783), "2026-11-26");
    }

    #[test]
    fn outputs_are_read_and_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("3:file:{}/log", folder.path().display());
        let output = Output::parse(&text).unwrap();
        assert_eq!(output.text(), text);
        output.write(4, "qemu : something");
        let written = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(written.ends_with(": error : qemu : something\n"), "{written}");
        assert_eq!(Output::parse("1:stderr").unwrap().text(), "1:stderr");
        for wrong in ["stderr", "9:stderr", "1:file", "1:file:relative", "1:nowhere", "1:syslog"] {
            assert!(Output::parse(wrong).is_err(), "{wrong}");
        }
    }
}
