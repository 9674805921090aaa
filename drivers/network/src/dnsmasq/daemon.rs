//! The process: started until it answers, told of new hosts, found again, stopped.

use super::config::{self, Files};
use crate::paths::Paths;
use crate::undo;
use ferrovirt_conf::network::Network;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Error, Result};
use ferrovirt_host::process::{Command, PidFile, Process, Signal};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long dnsmasq may take to be ready, or to end when asked to.
const PATIENCE: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(5);

/// Writes the network's files and starts dnsmasq where the network needs one. When this returns, it is bound to its
/// ports: the program that we start ends only after the daemon that it leaves behind has got that far.
pub fn start(paths: &Paths, network: &Network) -> Result<()> {
    if !config::is_needed(network) {
        return Ok(());
    }
    let name = &network.name;
    write_hosts(paths, network)?;
    let (pid_file, dhcp_hosts, dns_hosts) =
        (paths.pid_file(name), paths.dhcp_hosts(name), paths.dns_hosts(name));
    let files = Files { pid_file: Some(&pid_file), dhcp_hosts: &dhcp_hosts, dns_hosts: &dns_hosts };
    let text = config::config(network, files)?;
    persist::write_atomic(&paths.dnsmasq_config(name), text.as_bytes(), 0o600, Durability::Process)?;
    let mut command = Command::new("dnsmasq");
    command.arg(config_argument(paths, name));
    command.arg(format!("--dhcp-leasefile={}", paths.leases(name).display()));
    if !reachable_by_all(&paths.dnsmasq()) {
        tracing::warn!(
            folder = %paths.dnsmasq().display(),
            "only its owner can enter the folder, so that dnsmasq must keep its privileges to read its files there"
        );
        command.arg("--user=root");
    }
    let output =
        command.output(PATIENCE).map_err(|err| err.context(format!("dnsmasq of network '{name}'")))?;
    if !output.status.success() {
        return Err(Error::internal(format!(
            "dnsmasq of network '{name}' {}: {}",
            output.status,
            output.complaint()
        )));
    }
    Ok(())
}

/// Brings the hosts that dnsmasq knows up to date; starts it where it does not run.
pub fn refresh(paths: &Paths, network: &Network) -> Result<()> {
    match find(paths, &network.name)? {
        Some(process) => {
            write_hosts(paths, network)?;
            process.kill(Signal::HUP).map(|_| ())
        }
        None => start(paths, network),
    }
}

/// Brings dnsmasq from one definition of a network to another: told of new hosts where that does, else started anew.
pub fn change(paths: &Paths, from: &Network, to: &Network) -> Result<()> {
    let (name, path) = (&to.name, Path::new(""));
    let files = Files { pid_file: None, dhcp_hosts: path, dns_hosts: path };
    let running = find(paths, name)?;
    if running.is_some()
        && config::is_needed(to)
        && config::config(from, files)? == config::config(to, files)?
    {
        return refresh(paths, to);
    }
    if let Some(process) = running {
        process.kill(Signal::TERM)?;
        wait(&process)?;
    }
    if !config::is_needed(to) {
        return undo::combine(remove_files(paths, name));
    }
    start(paths, to)
}

/// Asks the network's dnsmasq to end; the answer is for [`wait`].
pub fn stop(paths: &Paths, name: &str) -> Result<Option<Process>> {
    let process = find(paths, name)?;
    if let Some(process) = &process {
        process.kill(Signal::TERM)?;
    }
    Ok(process)
}

/// Waits for a dnsmasq that was asked to end; kills it if it does not.
pub fn wait(process: &Process) -> Result<()> {
    if process.wait_until(Some(Instant::now() + END))?.is_none() {
        tracing::warn!(pid = process.pid(), "dnsmasq does not end when asked to; it is killed");
        process.kill(Signal::KILL)?;
        process.wait()?;
    }
    Ok(())
}

/// The network's dnsmasq, if it runs. A process that only has the same number is not taken for it.
pub fn find(paths: &Paths, name: &str) -> Result<Option<Process>> {
    match PidFile::read(&paths.pid_file(name))? {
        Some(pid) => attach(paths, name, pid),
        None => Ok(None),
    }
}

/// Ends all processes that serve the network, also those that did not come to note their number.
pub fn end_strays(paths: &Paths, name: &str) -> Result<()> {
    loop {
        let strays = find_strays(paths, name)?;
        if strays.is_empty() {
            return Ok(());
        }
        for process in strays {
            process.kill(Signal::TERM)?;
            wait(&process)?;
        }
        // One that was just becoming a daemon may have left another one, which was not there yet.
    }
}

fn find_strays(paths: &Paths, name: &str) -> Result<Vec<Process>> {
    let entries =
        fs::read_dir("/proc").map_err(|err| Error::system(err, "cannot list the host's processes"))?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| attach(paths, name, pid).transpose()).collect()
}

fn attach(paths: &Paths, name: &str, pid: u32) -> Result<Option<Process>> {
    // While the process is held its number is not given to another, so what is read next is about the same one.
    let Some(process) = Process::attach(pid)? else { return Ok(None) };
    let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else { return Ok(None) };
    let wanted = config_argument(paths, name);
    let serves = line.split(|byte| *byte == 0).any(|argument| argument == wanted.as_bytes());
    Ok(serves.then_some(process))
}

/// Removes what is written anew at each start; the leases stay.
pub fn remove_files(paths: &Paths, name: &str) -> Vec<Error> {
    let files =
        [paths.pid_file(name), paths.dnsmasq_config(name), paths.dhcp_hosts(name), paths.dns_hosts(name)];
    files.iter().filter_map(|path| persist::remove(path).err()).collect()
}

fn config_argument(paths: &Paths, name: &str) -> String {
    format!("--conf-file={}", paths.dnsmasq_config(name).display())
}

/// dnsmasq reads these after it has given up its privileges.
fn write_hosts(paths: &Paths, network: &Network) -> Result<()> {
    make_folder(&paths.dnsmasq())?;
    for (path, text) in [
        (paths.dhcp_hosts(&network.name), config::dhcp_hosts(network)),
        (paths.dns_hosts(&network.name), config::dns_hosts(network)),
    ] {
        persist::write_atomic(&path, text.as_bytes(), 0o644, Durability::Process)?;
        open_to_all(&path, 0o644)?;
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let describe = |err| Error::system(err, format!("cannot make the folder '{}'", folder.display()));
    fs::create_dir_all(folder).map_err(describe)?;
    open_to_all(folder, 0o755)
}

/// The program's umask may have taken away more than is meant.
fn open_to_all(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(|err| Error::system(err, format!("cannot set the permissions of '{}'", path.display())))
}

fn reachable_by_all(folder: &Path) -> bool {
    const SEARCH_BY_OTHERS: u32 = 0o001;
    folder.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()).all(|ancestor| {
        fs::metadata(ancestor).is_ok_and(|found| found.permissions().mode() & SEARCH_BY_OTHERS != 0)
    })
}
