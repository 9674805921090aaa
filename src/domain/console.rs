//! Consoles, channels, screenshots, keys, graphics.

use super::Domain;
use crate::Stream;
use crate::flags::not_zero;
use ferrovirt_core::abi::{VIR_DOMAIN_SEND_KEY_MAX_KEYS, VIR_KEYCODE_SET_LAST};
use ferrovirt_core::{Error, Result};
use std::fs::File;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;

impl Domain {
    /// Opens a console of the guest on `stream`: the one with this alias, or the first.
    pub fn open_console(&self, device: Option<&str>, stream: &Stream, flags: u32) -> Result<()> {
        self.same_connection(stream)?;
        stream.attach(self.driver().domain_open_console(&self.id(), device, flags)?);
        Ok(())
    }

    /// Opens a channel of the guest on `stream`: the one with this alias or target name, or the first.
    pub fn open_channel(&self, name: Option<&str>, stream: &Stream, flags: u32) -> Result<()> {
        self.same_connection(stream)?;
        stream.attach(self.driver().domain_open_channel(&self.id(), name, flags)?);
        Ok(())
    }

    /// Hands a connected socket to a display of the guest, which serves it as one more client.
    pub fn open_graphics(&self, index: u32, socket: BorrowedFd<'_>, flags: u32) -> Result<()> {
        must_be_socket(socket)?;
        self.driver().domain_open_graphics(&self.id(), index, socket, flags)
    }

    /// A socket that is connected to a display of the guest.
    pub fn open_graphics_fd(&self, index: u32, flags: u32) -> Result<OwnedFd> {
        self.driver().domain_open_graphics_fd(&self.id(), index, flags)
    }

    /// Opens a picture of a screen on `stream`; its MIME type comes back.
    pub fn screenshot(&self, stream: &Stream, screen: u32, flags: u32) -> Result<String> {
        self.same_connection(stream)?;
        let picture = self.driver().domain_screenshot(&self.id(), screen, flags)?;
        stream.attach(picture.data);
        Ok(picture.mime_type)
    }

    /// Presses keys of a `virKeycodeSet` all at once and lets go of them after `hold_time` milliseconds.
    pub fn send_key(&self, codeset: u32, hold_time: u32, keycodes: &[u32], flags: u32) -> Result<()> {
        if codeset >= VIR_KEYCODE_SET_LAST {
            let most = VIR_KEYCODE_SET_LAST - 1;
            return Err(Error::invalid_arg(format!(
                "there is no set of keycodes {codeset}: known are 0 to {most}"
            )));
        }
        match keycodes.len() {
            0 => return Err(Error::invalid_arg("no keys were given to press")),
            count if count > VIR_DOMAIN_SEND_KEY_MAX_KEYS => {
                let detail =
                    format!("{count} keys can't be pressed at once, {VIR_DOMAIN_SEND_KEY_MAX_KEYS} can");
                return Err(Error::invalid_arg(detail));
            }
            _ => {}
        }
        self.driver().domain_send_key(&self.id(), codeset, hold_time, keycodes, flags)
    }

    /// Sends a signal to a process in the guest, or to a group if `pid` is negative.
    pub fn send_process_signal(&self, pid: i64, signal: u32, flags: u32) -> Result<()> {
        not_zero(pid, "pid_value")?;
        self.driver().domain_send_process_signal(&self.id(), pid, signal, flags)
    }

    fn same_connection(&self, stream: &Stream) -> Result<()> {
        if stream.connection().address() == self.connection().address() {
            return Ok(());
        }
        let name = self.name();
        Err(Error::invalid_arg(format!("the stream is not on the connection of domain '{name}'")))
    }
}

fn must_be_socket(fd: BorrowedFd<'_>) -> Result<()> {
    let unusable = |err| Error::system(err, "cannot look at the file descriptor for a display");
    let file = File::from(fd.try_clone_to_owned().map_err(unusable)?);
    if file.metadata().map_err(unusable)?.file_type().is_socket() {
        return Ok(());
    }
    Err(Error::invalid_arg("a display can only talk over a socket, the file descriptor is something else"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessMode;
    use crate::connection::{test_connection, test_domain};
    use ferrovirt_core::ErrorCode;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_display_gets_sockets_only() {
        let (end, _other) = UnixStream::pair().unwrap();
        must_be_socket(end.as_fd()).unwrap();
        let file = File::open("/dev/null").unwrap();
        assert_eq!(must_be_socket(file.as_fd()).unwrap_err().code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn keys_are_counted_and_their_codes_known() {
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |codeset, count| domain.send_key(codeset, 0, &vec![30; count], 0).unwrap_err().code();
        assert_eq!(code(VIR_KEYCODE_SET_LAST, 1), ErrorCode::InvalidArg);
        assert_eq!(code(0, 0), ErrorCode::InvalidArg);
        assert_eq!(code(0, VIR_DOMAIN_SEND_KEY_MAX_KEYS + 1), ErrorCode::InvalidArg);
        assert_eq!(code(VIR_KEYCODE_SET_LAST - 1, VIR_DOMAIN_SEND_KEY_MAX_KEYS), ErrorCode::NoSupport);
        assert_eq!(domain.send_process_signal(0, 15, 0).unwrap_err().code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn a_stream_of_another_connection_is_refused() {
        let domain = test_domain(AccessMode::ReadWrite);
        let code = |stream: Stream| domain.open_console(None, &stream, 0).unwrap_err().code();
        assert_eq!(code(test_connection().new_stream(0).unwrap()), ErrorCode::InvalidArg);
        assert_eq!(code(domain.connection().new_stream(0).unwrap()), ErrorCode::NoSupport);
    }

    #[test]
    fn descriptors_reach_every_driver() {
        let err = test_domain(AccessMode::ReadWrite).open_graphics_fd(0, 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::NoSupport);
    }
}
