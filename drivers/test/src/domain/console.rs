//! The screen and the keyboard.

use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_core::driver::{DomainConsole, Received, Screenshot, StreamDriver};
use ferrovirt_core::{DomainId, Result, abi};
use parking_lot::Mutex;

/// What every screen shows.
const PICTURE: &[u8] = include_bytes!("screen.png");

impl DomainConsole for TestDriver {
    fn domain_screenshot(&self, _domain: &DomainId, _screen: u32, flags: u32) -> Result<Screenshot> {
        refuse::flags(flags, 0, "virDomainScreenshot")?;
        Ok(Screenshot { mime_type: "image/png".to_owned(), data: Box::new(Picture(Mutex::new(PICTURE))) })
    }

    fn domain_send_key(
        &self,
        domain: &DomainId,
        codeset: u32,
        _: u32,
        keycodes: &[u32],
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, 0, "virDomainSendKey")?;
        self.host.guest(domain)?.view().check_active()?;
        if codeset >= abi::VIR_KEYCODE_SET_LAST {
            return Err(refuse::internal(format!("there is no set of key codes number {codeset}")));
        }
        match keycodes.iter().find(|code| **code > MAX_KEY_CODE) {
            Some(code) => Err(refuse::internal(format!("{code} is the code of no key"))),
            None => Ok(()),
        }
    }

    fn domain_send_process_signal(&self, domain: &DomainId, pid: i64, signal: u32, flags: u32) -> Result<()> {
        refuse::flags(flags, 0, "virDomainSendProcessSignal")?;
        if pid != 1 {
            return Err(refuse::invalid_arg(format!("only the process 1 can be sent signals, not {pid}")));
        }
        if signal >= abi::VIR_DOMAIN_PROCESS_SIGNAL_LAST {
            return Err(refuse::invalid_arg(format!("there is no signal number {signal}")));
        }
        self.host.guest(domain).map(|_| ())
    }
}

/// Beyond this no set of key codes has any.
const MAX_KEY_CODE: u32 = 0xffff;

/// What is still to be read of a picture.
struct Picture(Mutex<&'static [u8]>);

impl StreamDriver for Picture {
    fn stream_recv(&self, buffer: &mut [u8], _flags: u32, _nonblock: bool) -> Result<Received> {
        let mut left = self.0.lock();
        let (now, later) = left.split_at(buffer.len().min(left.len()));
        buffer[..now.len()].copy_from_slice(now);
        *left = later;
        Ok(Received::Data(now.len()))
    }

    fn stream_finish(&self) -> Result<()> {
        Ok(())
    }

    fn stream_abort(&self) -> Result<()> {
        Ok(())
    }
}
