//! Adding and removing the parts of a device in QEMU: all of them, or none.

use crate::command::Part;
use crate::qmp::{
    BlockdevAdd, BlockdevDel, Client, Closefd, DeviceAdd, DeviceDel, Done, Getfd, NetdevAdd, NetdevDel,
    ObjectAdd, ObjectDel, Pending, QmpError, SetLink,
};
use std::os::fd::OwnedFd;

/// What is plugged in at once.
#[derive(Debug, Default)]
pub struct Plugging {
    /// Descriptors that QEMU gets, by the names that the parts have for them.
    pub descriptors: Vec<(String, OwnedFd)>,
    pub parts: Vec<Part>,
    /// The card whose link is down from the start.
    pub link_down: Option<String>,
}

/// Adds all parts. The commands are under way together: each depends on those before it, so after a failure the rest
/// fails by itself; then what was added is removed again.
pub async fn plug(monitor: &Client, plugging: Plugging) -> Result<(), QmpError> {
    let mut names = Vec::new();
    let mut lent = Vec::new();
    for (name, descriptor) in plugging.descriptors {
        lent.push(monitor.submit_with_fds(&Getfd { fdname: name.clone() }, vec![descriptor]));
        names.push(name);
    }
    let added: Vec<_> = plugging.parts.into_iter().map(|part| (add(monitor, &part), part)).collect();
    let link = plugging.link_down.map(|name| monitor.submit(&SetLink { name, up: false }));
    let mut failure = None;
    for lent in lent {
        note(&mut failure, lent.await);
    }
    let mut there = Vec::new();
    for (pending, part) in added {
        if note(&mut failure, pending.await) {
            there.push(part);
        }
    }
    if let Some(link) = link {
        note(&mut failure, link.await);
    }
    let Some(failure) = failure else { return Ok(()) };
    remove(monitor, &there).await;
    for fdname in names {
        // A descriptor that was used is not under its name any more.
        let _ = monitor.execute(&Closefd { fdname }).await;
    }
    Err(failure)
}

fn note(failure: &mut Option<QmpError>, outcome: Result<Done, QmpError>) -> bool {
    match outcome {
        Ok(Done) => true,
        Err(err) => {
            failure.get_or_insert(err);
            false
        }
    }
}

fn add(monitor: &Client, part: &Part) -> Pending<Done> {
    match part {
        Part::Object(properties) => monitor.submit(&ObjectAdd(properties.clone())),
        Part::Netdev(properties) => monitor.submit(&NetdevAdd(properties.clone())),
        Part::Blockdev(properties) => monitor.submit(&BlockdevAdd(properties.clone())),
        Part::Device(properties) => monitor.submit(&DeviceAdd(properties.clone())),
    }
}

/// Removes parts, the last one first. What fails is only logged: there is nothing better left to do.
pub async fn remove(monitor: &Client, parts: &[Part]) {
    for part in parts.iter().rev() {
        let name = part.name().to_owned();
        let outcome = match part {
            Part::Object(_) => monitor.execute(&ObjectDel { id: name.clone() }).await,
            Part::Netdev(_) => monitor.execute(&NetdevDel { id: name.clone() }).await,
            Part::Blockdev(_) => monitor.execute(&BlockdevDel { node_name: name.clone() }).await,
            Part::Device(_) => monitor.execute(&DeviceDel { id: name.clone() }).await,
        };
        if let Err(err) = outcome.map(drop)
            && !err.is_fatal()
            && !err.is_device_not_found()
        {
            tracing::warn!(part = name, %err, "a part of a device was left behind in QEMU");
        }
    }
}
