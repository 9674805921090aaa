//! Taking a network down: everything in reverse, whatever fails on the way.

use crate::driver::NetworkState;
use crate::paths::Paths;
use crate::{dnsmasq, firewall, undo};
use ferrovirt_conf::network::{ForwardMode, Network};
use ferrovirt_core::{Error, Result, persist};
use ferrovirt_net::{bridge, link, qos};
use std::fs;
use std::io::ErrorKind;

/// Takes an active network down. What can't be undone is told, after all the rest was. The caller holds the job.
pub fn stop(state: &NetworkState, network: &Network) -> Result<()> {
    let paths = &state.paths;
    let (status, pending) = (paths.status(&network.name), paths.pending(&network.name));
    let mut failures = Vec::new();
    // Whoever opens the driver after a crash takes down what is pending.
    if let Err(err) = fs::rename(&status, &pending)
        && err.kind() != ErrorKind::NotFound
    {
        let what = format!("cannot note in '{}' that the network stops", pending.display());
        failures.push(Error::system(err, what));
        failures.extend(persist::remove(&status).err());
    }
    failures.extend(take_down(state, network));
    if failures.is_empty() {
        failures.extend(persist::remove(&pending).err());
    }
    undo::combine(failures)
}

/// Removes all that a network may have on the host.
pub fn take_down(state: &NetworkState, network: &Network) -> Vec<Error> {
    let mut failures = match network.mode() {
        mode if mode.owns_bridge() => remove_bridge(state, network),
        ForwardMode::Bridge if network.bridge_name().is_some() => {
            return_bridge(state, network).err().into_iter().collect()
        }
        _ => Vec::new(),
    };
    failures.extend(forget_ports(&state.paths, &network.name).err());
    failures
}

fn remove_bridge(state: &NetworkState, network: &Network) -> Vec<Error> {
    let mut failures = Vec::new();
    let name = &network.name;
    let mut keep = |outcome: Result<()>| failures.extend(outcome.err());
    // It ends while the rest is taken down.
    let daemon = dnsmasq::stop(&state.paths, name).unwrap_or_else(|err| {
        keep(Err(err));
        None
    });
    if let Some(bridge) = network.bridge_name() {
        // The kernel waits for a quiet moment before a bridge is gone; meanwhile the rules can go.
        let delete = || state.netlink().and_then(|netlink| Ok(bridge::delete(netlink, bridge)?));
        let (deleted, released) = std::thread::scope(|scope| {
            let deletion = std::thread::Builder::new().spawn_scoped(scope, delete);
            let released = state.firewall.release(&firewall::of(network)).map_err(Error::from);
            let deleted = match deletion {
                Ok(thread) => thread.join().unwrap_or_else(|panic| Err(Error::from_panic(&*panic))),
                Err(_) => delete(),
            };
            (deleted, released)
        });
        keep(deleted);
        keep(released);
    }
    if let Some(daemon) = daemon {
        keep(dnsmasq::wait(&daemon));
    }
    failures.extend(dnsmasq::remove_files(&state.paths, name));
    failures
}

/// The host's bridge stays, without what the network had set.
fn return_bridge(state: &NetworkState, network: &Network) -> Result<()> {
    if network.bandwidth.is_none() {
        return Ok(());
    }
    let netlink = state.netlink()?;
    match link::lookup(netlink, network.bridge_name().unwrap_or_default())? {
        Some(bridge) => Ok(qos::clear(netlink, bridge.index)?),
        None => Ok(()),
    }
}

/// Removes the files of all ports.
pub fn forget_ports(paths: &Paths, network: &str) -> Result<()> {
    let folder = paths.ports(network);
    // With what interrupted writes may have left.
    for extension in ["xml", "new"] {
        persist::list(&folder, extension)?.iter().try_for_each(|path| persist::remove(path))?;
    }
    for folder in [Some(folder.as_path()), folder.parent()].into_iter().flatten() {
        match fs::remove_dir(folder) {
            Err(err) if !matches!(err.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {
                return Err(Error::system(err, format!("cannot remove '{}'", folder.display())));
            }
            _ => {}
        }
    }
    Ok(())
}
