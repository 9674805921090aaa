//! Consoles, channels, screenshots, keys, graphics.

use super::super::StreamDriver;
use crate::DomainId;
use std::os::fd::{BorrowedFd, OwnedFd};

/// A picture of a guest's screen, and what kind of picture.
pub struct Screenshot {
    /// Such as `image/x-portable-pixmap`.
    pub mime_type: String,
    pub data: Box<dyn StreamDriver>,
}

driver_trait! {
    /// Consoles, channels, screenshots, keys, graphics.
    pub trait DomainConsole in Domain {
        /// Both directions of a console; `device` is its alias, the first one if absent.
        fn domain_open_console(
            &self,
            domain: &DomainId,
            device: Option<&str>,
            flags: u32,
        ) -> Box<dyn StreamDriver> = "virDomainOpenConsole" writes;
        /// Both directions of a channel; `name` is its alias or target name, the first one if absent.
        fn domain_open_channel(
            &self,
            domain: &DomainId,
            name: Option<&str>,
            flags: u32,
        ) -> Box<dyn StreamDriver> = "virDomainOpenChannel" writes;
        /// Hands a connected socket to the guest's display number `index`; the driver duplicates it.
        fn domain_open_graphics(
            &self,
            domain: &DomainId,
            index: u32,
            socket: BorrowedFd<'_>,
            flags: u32,
        ) -> () = "virDomainOpenGraphics" writes;
        /// The client's end of a socket to the guest's display number `index`.
        fn domain_open_graphics_fd(&self, domain: &DomainId, index: u32, flags: u32) -> OwnedFd = "virDomainOpenGraphicsFD" writes;
        fn domain_screenshot(&self, domain: &DomainId, screen: u32, flags: u32) -> Screenshot = "virDomainScreenshot" writes;
        /// Presses all keys at once and holds them for `hold_time` milliseconds; `codeset` is a `virKeycodeSet`.
        fn domain_send_key(
            &self,
            domain: &DomainId,
            codeset: u32,
            hold_time: u32,
            keycodes: &[u32],
            flags: u32,
        ) -> () = "virDomainSendKey" writes;
        /// `pid` is the guest's own number for the process, negative for a group; `signal` is a `virDomainProcessSignal`.
        fn domain_send_process_signal(
            &self,
            domain: &DomainId,
            pid: i64,
            signal: u32,
            flags: u32,
        ) -> () = "virDomainSendProcessSignal" writes;
    }
}
