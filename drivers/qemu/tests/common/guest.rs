//! A QEMU started with its monitor on a socket that only the test has.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use ferrovirt_driver_qemu::qmp::{Client, EventStream, Options, QmpError};
use ferrovirt_host::process::Command;

use crate::common::qemu;

#[path = "reaped.rs"]
mod reaped;
pub use reaped::Reaped;

pub struct Guest {
    pub process: Reaped,
    pub client: Client,
    pub events: EventStream,
}

impl Guest {
    pub async fn start(args: &[&str], options: Options) -> Option<Self> {
        Self::try_start(args, options).await.map(|started| started.expect("the monitor answers"))
    }

    pub async fn try_start(args: &[&str], options: Options) -> Option<Result<Self, QmpError>> {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut command = Command::new(qemu()?);
        command.args(["-S", "-no-user-config", "-nodefaults", "-display", "none"]).args(args);
        let fd = command.pass_fd(OwnedFd::from(theirs)).expect("passed");
        command.args([
            "-chardev",
            &format!("socket,id=monitor,fd={fd}"),
            "-mon",
            "chardev=monitor,mode=control",
        ]);
        let process = Reaped(command.spawn().expect("QEMU starts"));
        drop(command);
        let connected = Client::from_socket(ours, options).await;
        Some(connected.map(|(client, events)| Self { process, client, events }))
    }
}
