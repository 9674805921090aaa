//! QEMU's stream of a guest's state, to a file and from one.

use crate::driver::Shared;
use crate::live::Live;
use crate::qmp::types::MigrationInfo;
use crate::qmp::{
    Getfd, Migrate, MigrateCancel, MigrateIncoming, MigrateSetParameters, Properties, QueryMigrate,
};
use ferrovirt_core::{Error, ErrorCode, Job, Result};
use rustix::pipe::{PipeFlags, pipe_with};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often QEMU is asked how far it has come.
const PACE: Duration = Duration::from_millis(20);

/// As fast as it can be: nobody runs meanwhile.
const UNLIMITED: u64 = (i64::MAX as u64 >> 20) << 20;

fn pipe() -> Result<(File, OwnedFd)> {
    let (read, write) =
        pipe_with(PipeFlags::CLOEXEC).map_err(|err| Error::system(err, "cannot make a pipe for QEMU"))?;
    Ok((read.into(), write))
}

/// A thread that moves bytes from one place to the other until there are no more.
fn mover(mut from: File, mut to: File) -> Result<JoinHandle<std::io::Result<u64>>> {
    thread::Builder::new()
        .name("qemu-state".into())
        .spawn(move || std::io::copy(&mut from, &mut to))
        .map_err(|err| Error::system(err, "cannot start a thread"))
}

fn lend(shared: &Shared, live: &Live, name: &str, fd: OwnedFd) -> Result<()> {
    let (monitor, command) = (live.monitor.clone(), Getfd { fdname: name.to_owned() });
    shared.reactor.call(async move { Ok(monitor.execute_with_fds(&command, vec![fd]).await.map(drop)?) })
}

fn to(uri: &str) -> Properties {
    let mut properties = Properties::new();
    properties.insert("uri".into(), uri.into());
    properties
}

/// Has QEMU write the guest's state to a file, from where that is at.
pub fn write(shared: &Shared, live: &Live, job: &Job<'_>, file: &File) -> Result<()> {
    let mut speed = Properties::new();
    speed.insert("max-bandwidth".into(), UNLIMITED.into());
    live.ask(&shared.reactor, MigrateSetParameters(speed))?;
    let (read, fd) = pipe()?;
    let target = file.try_clone().map_err(|err| Error::system(err, "cannot use the file twice"))?;
    lend(shared, live, "state", fd)?;
    let moving = mover(read, target)?;
    let written = live.ask(&shared.reactor, Migrate(to("fd:state"))).and_then(|_| finish(shared, live, job));
    let moved =
        moving.join().map_err(|_| Error::internal("the thread that moves a guest's state panicked"))?;
    written?;
    moved.map(drop).map_err(|err| Error::system(err, "cannot write the guest's state"))
}

/// Waits until QEMU is done, or somebody wants it to stop.
fn finish(shared: &Shared, live: &Live, job: &Job<'_>) -> Result<()> {
    let mut cancelled = false;
    loop {
        let info = live.ask(&shared.reactor, QueryMigrate {})?;
        match info.status.as_deref() {
            Some("completed") => return Ok(()),
            Some("cancelled") => {
                return Err(Error::new(ErrorCode::OperationAborted, "the client has ended the job"));
            }
            Some("failed") => return Err(refusal(info)),
            _ => {}
        }
        if job.is_cancelled() && !cancelled {
            live.ask(&shared.reactor, MigrateCancel {})?;
            cancelled = true;
        }
        thread::sleep(PACE);
    }
}

fn refusal(info: MigrationInfo) -> Error {
    let why = info.error_desc.unwrap_or_else(|| info.blocked_reasons.join("; "));
    let why = if why.is_empty() { "QEMU does not say why".to_owned() } else { why };
    Error::operation_failed(format!("the guest's state can't be moved: {why}"))
}

/// Has a QEMU that waits for it read a guest's state from a file, from where that is at.
pub fn read(shared: &Shared, live: &Live, file: File) -> Result<()> {
    let (read, write) = pipe()?;
    lend(shared, live, "state", read.into())?;
    let moving = mover(file, write.into())?;
    live.ask(&shared.reactor, MigrateIncoming(to("fd:state")))?;
    loop {
        let info = live.ask(&shared.reactor, QueryMigrate {})?;
        match info.status.as_deref() {
            Some("completed") => break,
            Some("failed") => return Err(refusal(info)),
            _ => thread::sleep(PACE),
        }
    }
    // What QEMU does not read of the file's end is not missed.
    drop(moving);
    Ok(())
}
