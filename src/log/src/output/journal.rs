//! Messages for systemd's journal, by its native protocol.

use super::Message;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, sendmsg_addr};
use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;

const SOCKET: &str = "/run/systemd/journal/socket";

pub struct Journal {
    socket: UnixDatagram,
}

impl Journal {
    pub fn new() -> io::Result<Self> {
        Ok(Self { socket: UnixDatagram::unbound()? })
    }

    pub fn send(&self, message: &Message<'_>) {
        let packet = packet(message);
        let sent = self.socket.send_to(&packet, SOCKET);
        let too_large = [rustix::io::Errno::MSGSIZE, rustix::io::Errno::NOBUFS];
        if sent.is_err_and(|err| too_large.iter().any(|code| err.raw_os_error() == Some(code.raw_os_error())))
        {
            // Lost like any other message that cannot be written.
            _ = self.send_as_file(&packet);
        }
    }

    /// What does not fit into a datagram goes as a sealed file in memory.
    fn send_as_file(&self, packet: &[u8]) -> io::Result<()> {
        let mut file = File::from(memfd_create("message", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC)?);
        file.write_all(packet)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL)?;
        let files = [file.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&files));
        let address = SocketAddrUnix::new(SOCKET)?;
        sendmsg_addr(&self.socket, &address, &[], &mut control, SendFlags::NOSIGNAL)?;
        Ok(())
    }
}

fn packet(message: &Message<'_>) -> Vec<u8> {
    let mut packet = Vec::new();
    add(&mut packet, "MESSAGE", message.text);
    add(&mut packet, "PRIORITY", &message.level.severity().to_string());
    // System daemons, as a bare number here.
    add(&mut packet, "SYSLOG_FACILITY", "3");
    add(&mut packet, "LIBVIRT_SOURCE", message.category);
    add(&mut packet, "CODE_FILE", message.file);
    add(&mut packet, "CODE_LINE", &message.line.to_string());
    packet
}

/// `NAME=value`, or name, length and value where the value has several lines.
fn add(packet: &mut Vec<u8>, name: &str, value: &str) {
    packet.extend(name.as_bytes());
    if value.contains('\n') {
        packet.push(b'\n');
        packet.extend((value.len() as u64).to_le_bytes());
    } else {
        packet.push(b'=');
    }
    packet.extend(value.as_bytes());
    packet.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Level;

    #[test]
    fn lines_of_a_value_are_counted() {
        let message =
            Message { level: Level::Error, category: "qemu", file: "a.rs", line: 7, text: "one\ntwo" };
        let packet = packet(&message);
        assert!(packet.starts_with(b"MESSAGE\n\x07\0\0\0\0\0\0\0one\ntwo\nPRIORITY=3\n"));
        assert!(packet.ends_with(b"LIBVIRT_SOURCE=qemu\nCODE_FILE=a.rs\nCODE_LINE=7\n"));
    }
}
