//! The screen and the keyboard.

use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_core::driver::{DomainConsole, Screenshot};
use ferrovirt_core::{DomainId, Error, ErrorCode, Result, abi, keycode};
use ferrovirt_host::FdStream;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use std::fs::File;
use std::io::{Seek, Write};

/// What every screen shows.
const PICTURE: &[u8] = include_bytes!("screen.png");

impl DomainConsole for TestDriver {
    fn domain_screenshot(&self, _domain: &DomainId, _screen: u32, flags: u32) -> Result<Screenshot> {
        refuse::flags(flags, 0, "virDomainScreenshot")?;
        Ok(Screenshot { mime_type: "image/png".to_owned(), data: Box::new(picture()?) })
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
        match keycodes.iter().find(|code| keycode::translate(**code, codeset, codeset).is_none()) {
            Some(code) => Err(refuse::internal(format!("{code} is the code of no key in set {codeset}"))),
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

/// A stream on a file in memory: one that a program can wait for in its event loop, and can't write to.
fn picture() -> Result<FdStream> {
    let failed = |err| refuse::error(ErrorCode::SystemError, format!("cannot make a picture: {err}"));
    let file = memfd_create("screen", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).map_err(failed)?;
    let mut file = File::from(file);
    file.write_all(PICTURE)
        .and_then(|()| file.rewind())
        .map_err(|err| Error::system(err, "cannot make a picture"))?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK).map_err(failed)?;
    FdStream::new(file.into())
}
