//! Messages for syslog, by its local socket (RFC 3164, as every local daemon reads it).

use super::Message;
use parking_lot::Mutex;
use std::{io, os::unix::net::UnixDatagram, process};
use time::{OffsetDateTime, macros::format_description};

const SOCKET: &str = "/dev/log";

/// Messages of system daemons.
const FACILITY: u8 = 3;

pub struct Syslog {
    name: String,
    /// Connected when first needed, and again after the receiver was restarted.
    socket: Mutex<Option<UnixDatagram>>,
}

impl Syslog {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), socket: Mutex::new(None) }
    }

    pub fn send(&self, message: &Message<'_>) {
        let packet = self.packet(message);
        let mut socket = self.socket.lock();
        for _ in 0..2 {
            if socket.is_none() {
                *socket = connect().ok();
            }
            match &*socket {
                Some(connected) if connected.send(packet.as_bytes()).is_ok() => return,
                _ => *socket = None,
            }
        }
    }

    fn packet(&self, message: &Message<'_>) -> String {
        let format = format_description!("[month repr:short] [day padding:space] [hour]:[minute]:[second]");
        let time = OffsetDateTime::now_utc().format(format).unwrap_or_default();
        let priority = FACILITY << 3 | message.level.severity();
        format!("<{priority}>{time} {}[{}]: {}", self.name, process::id(), message.without_time())
    }
}

fn connect() -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(SOCKET)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Level;

    #[test]
    fn a_packet_says_priority_name_and_process() {
        let message = Message { level: Level::Warning, category: "net", file: "a.rs", line: 7, text: "odd" };
        let packet = Syslog::new("mine").packet(&message);
        assert!(packet.starts_with("<28>"), "{packet}");
        assert!(packet.contains(&format!(" mine[{}]: ", process::id())), "{packet}");
        assert!(packet.ends_with(": warning : net:7 : odd"), "{packet}");
    }
}
