//! Consoles, channels, screenshots, keys, graphics.

use crate::RemoteDriver;
use crate::forward::{forward, one_descriptor, text};
use ferrovirt_core::driver::{DomainConsole, Screenshot, StreamDriver};
use ferrovirt_core::{DomainId, Result};
use ferrovirt_rpc::program::remote::*;
use std::os::fd::{BorrowedFd, OwnedFd};

impl DomainConsole for RemoteDriver {
    forward! {
        fn domain_send_key(
            domain: &DomainId,
            codeset: u32,
            hold_time: u32,
            keycodes: &[u32],
            flags: u32,
        ) -> () = DomainSendKey {
            dom: domain.clone(),
            codeset,
            holdtime: hold_time,
            keycodes: keycodes.to_vec().into(),
            flags,
        };
        fn domain_send_process_signal(domain: &DomainId, pid: i64, signal: u32, flags: u32) -> () =
            DomainSendProcessSignal { dom: domain.clone(), pid_value: pid, signum: signal, flags };
    }

    fn domain_open_console(
        &self,
        domain: &DomainId,
        device: Option<&str>,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        let call = DomainOpenConsole { dom: domain.clone(), dev_name: text(device), flags };
        Ok(Box::new(self.open_stream(&call)?.1))
    }

    fn domain_open_channel(
        &self,
        domain: &DomainId,
        name: Option<&str>,
        flags: u32,
    ) -> Result<Box<dyn StreamDriver>> {
        let call = DomainOpenChannel { dom: domain.clone(), name: text(name), flags };
        Ok(Box::new(self.open_stream(&call)?.1))
    }

    fn domain_screenshot(&self, domain: &DomainId, screen: u32, flags: u32) -> Result<Screenshot> {
        let (mime_type, stream) =
            self.open_stream(&DomainScreenshot { dom: domain.clone(), screen, flags })?;
        Ok(Screenshot { mime_type: mime_type.unwrap_or_default(), data: Box::new(stream) })
    }

    fn domain_open_graphics(
        &self,
        domain: &DomainId,
        index: u32,
        socket: BorrowedFd<'_>,
        flags: u32,
    ) -> Result<()> {
        let call = DomainOpenGraphics { dom: domain.clone(), idx: index, flags };
        self.call_with_fds(&call, &[socket]).map(|_| ())
    }

    fn domain_open_graphics_fd(&self, domain: &DomainId, index: u32, flags: u32) -> Result<OwnedFd> {
        let call = DomainOpenGraphicsFd { dom: domain.clone(), idx: index, flags };
        one_descriptor(self.call_with_fds(&call, &[])?.1)
    }
}
