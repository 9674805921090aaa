//! The open files that QEMU gets with its command line, and how they are named in it.

use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::Command;
use std::collections::HashMap;
use std::os::fd::OwnedFd;

/// What a descriptor is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Passed {
    /// The listening socket of the monitor.
    Monitor,
    /// One queue of the tap of an interface, by the interface's place in the definition.
    Tap { interface: usize, queue: usize },
    /// The same queue's way through the kernel.
    Vhost { interface: usize, queue: usize },
    /// The end of passt, vDPA or another backend of an interface.
    NetworkBackend { interface: usize },
    /// The listening socket of a character device, by the device's alias.
    Socket { alias: String },
    /// The file that a character device writes to.
    File { alias: String },
    /// The file that a character device is logged to.
    Log { alias: String },
    /// The device behind a block node.
    Image { node: String },
    /// The host's end of a vsock.
    Vsock,
    /// What else a device needs open, by its alias.
    Device { alias: String },
}

/// Where the builder gets descriptors from: real ones for a process, made-up ones for a text.
pub trait Descriptors {
    /// Whether this is opened for QEMU. If not, QEMU gets its path and opens it itself.
    fn opens(&self, _what: &Passed) -> bool {
        true
    }

    /// Under which number QEMU finds it, or in a running guest under which name.
    fn pass(&mut self, what: Passed) -> Result<String>;

    /// How many queues of this interface are open: its tap's descriptors, then vhost's.
    fn queues(&self, interface: usize) -> (usize, usize);
}

/// The real descriptors of a start.
#[derive(Debug)]
pub struct Open<'a> {
    files: HashMap<Passed, OwnedFd>,
    command: &'a mut Command,
}

impl<'a> Open<'a> {
    pub fn new(files: HashMap<Passed, OwnedFd>, command: &'a mut Command) -> Self {
        Self { files, command }
    }
}

impl Descriptors for Open<'_> {
    fn pass(&mut self, what: Passed) -> Result<String> {
        match self.files.remove(&what) {
            Some(file) => Ok(self.command.pass_fd(file)?.to_string()),
            None => Err(Error::internal(format!("the start has opened no descriptor for {what:?}"))),
        }
    }

    fn queues(&self, interface: usize) -> (usize, usize) {
        let count = |of: fn(usize, usize) -> Passed| {
            (0..).take_while(|queue| self.files.contains_key(&of(interface, *queue))).count()
        };
        (
            count(|interface, queue| Passed::Tap { interface, queue }),
            count(|interface, queue| Passed::Vhost { interface, queue }),
        )
    }
}

/// Numbers for a command line that is only shown.
#[derive(Debug, Clone, Default)]
pub struct Pretend {
    next: i32,
}

impl Descriptors for Pretend {
    fn pass(&mut self, _what: Passed) -> Result<String> {
        self.next = self.next.max(2) + 1;
        Ok(self.next.to_string())
    }

    fn queues(&self, _interface: usize) -> (usize, usize) {
        (1, 0)
    }
}
