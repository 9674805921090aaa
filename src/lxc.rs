//! What only containers have: entering their namespaces, their security label, their control groups.

use crate::Domain;
use ferrovirt_core::driver::read_only_refusal;
use ferrovirt_core::{Error, ErrorCode, Result};
use rustix::io::Errno;
use std::fs;
use std::io::ErrorKind;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

impl Domain {
    /// The namespaces of the running container.
    pub fn lxc_open_namespace(&self, flags: u32) -> Result<Vec<OwnedFd>> {
        self.driver().domain_lxc_open_namespace(&self.id(), flags)
    }

    /// Moves the calling process into the container's control groups.
    pub fn lxc_enter_cgroup(&self, flags: u32) -> Result<()> {
        // No driver is asked that could refuse it.
        if self.connection().is_read_only() {
            return Err(read_only_refusal("entering a container's control groups"));
        }
        no_flags(flags)?;
        let id = self.numeric_id();
        if id <= 0 {
            return Err(Error::operation_invalid(format!("domain '{}' is not running", self.name())));
        }
        enter_cgroups_of(id)
    }
}

/// Moves the calling process into the control groups of another one.
pub fn enter_cgroups_of(process: i32) -> Result<()> {
    let path = format!("/proc/{process}/cgroup");
    let groups =
        fs::read_to_string(&path).map_err(|err| Error::system(err, format!("cannot read '{path}'")))?;
    let own = std::process::id().to_string();
    for file in process_files(&groups, Path::new("/sys/fs/cgroup")) {
        match fs::write(&file, &own) {
            // A hierarchy that is not mounted holds nobody.
            Err(err) if err.kind() == ErrorKind::NotFound => {}
            other => other.map_err(|err| {
                Error::system(err, format!("cannot move process {own} to '{}'", file.display()))
            })?,
        }
    }
    Ok(())
}

/// The files that take in processes, one a hierarchy of `/proc/PID/cgroup`; those without a controller are left out.
fn process_files(groups: &str, root: &Path) -> Vec<PathBuf> {
    let file = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/');
        if controllers.is_empty() {
            let unified = root.join("unified");
            let base = if unified.is_dir() { unified } else { root.to_owned() };
            return Some(base.join(path).join("cgroup.procs"));
        }
        let named = controllers.strip_prefix("name=").unwrap_or(controllers);
        Some(root.join(named).join(path).join("tasks"))
    };
    groups.lines().filter_map(file).collect()
}

/// The calling thread's own namespaces, to come back to.
pub fn open_own_namespaces() -> Result<Vec<OwnedFd>> {
    let mut namespaces = Vec::new();
    for name in ["user", "ipc", "uts", "net", "pid", "mnt"] {
        match fs::File::open(format!("/proc/thread-self/ns/{name}")) {
            Ok(file) => namespaces.push(file.into()),
            // A kernel without this kind.
            Err(err) if err.kind() == ErrorKind::NotFound => {}
            Err(err) => return Err(Error::system(err, format!("cannot open the own {name} namespace"))),
        }
    }
    Ok(namespaces)
}

/// Has the calling thread join all of these namespaces.
pub fn enter_namespaces(namespaces: &[BorrowedFd<'_>], flags: u32) -> Result<()> {
    no_flags(flags)?;
    for namespace in namespaces {
        match rustix::thread::move_into_link_name_space(*namespace, None) {
            // The thread is in it already.
            Ok(()) | Err(Errno::INVAL) => {}
            Err(err) => return Err(Error::system(err, "cannot join the domain's namespace")),
        }
    }
    Ok(())
}

/// Changes the label that the calling thread runs (AppArmor) or will run programs (SELinux) under. Where `report_old`
/// is set, SELinux' former label comes back, and whether labels are enforced.
pub fn enter_security_label(
    model: &str,
    label: &str,
    report_old: bool,
    flags: u32,
) -> Result<Option<(String, bool)>> {
    no_flags(flags)?;
    match model {
        "none" => Ok(None),
        "selinux" => {
            let old = if report_old { Some(selinux_state()?) } else { None };
            let file = "/proc/thread-self/attr/exec";
            fs::write(file, label)
                .map_err(|err| Error::system(err, format!("cannot set the context '{label}'")))?;
            Ok(old)
        }
        "apparmor" => {
            let own = Path::new("/proc/thread-self/attr/apparmor/current");
            let file = if own.exists() { own } else { Path::new("/proc/thread-self/attr/current") };
            fs::write(file, format!("changeprofile {label}"))
                .map_err(|err| Error::system(err, format!("cannot change the profile to '{label}'")))?;
            Ok(None)
        }
        other => Err(Error::new(
            ErrorCode::ArgumentUnsupported,
            format!(
                "a label of the security model '{other}' can't be entered; selinux, apparmor and none can"
            ),
        )),
    }
}

fn selinux_state() -> Result<(String, bool)> {
    let read = |file: &str| {
        fs::read_to_string(file).map_err(|err| Error::system(err, format!("cannot read '{file}'")))
    };
    let context = read("/proc/thread-self/attr/current")?;
    let enforced = read("/sys/fs/selinux/enforce")?;
    Ok((context.trim_end_matches(['\0', '\n']).to_owned(), enforced.trim() == "1"))
}

fn no_flags(flags: u32) -> Result<()> {
    if flags != 0 {
        return Err(Error::invalid_arg(format!("unsupported flags (0x{flags:x}): there are none here")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_hierarchy_have_their_file() {
        let groups = "12:cpu,cpuacct:/machine/lxc-1\n1:name=systemd:/init.scope\n0::/machine\n";
        let files = process_files(groups, Path::new("/nowhere"));
        let wanted = ["cpu,cpuacct/machine/lxc-1/tasks", "systemd/init.scope/tasks", "machine/cgroup.procs"];
        assert_eq!(files, wanted.map(|file| Path::new("/nowhere").join(file)));
    }

    #[test]
    fn the_own_namespaces_can_be_joined_again() {
        let own = open_own_namespaces().unwrap();
        assert!(!own.is_empty());
        // Joining the user namespace that one is in is refused as invalid, which counts as done.
        let user: Vec<_> = own.iter().take(1).map(std::os::fd::AsFd::as_fd).collect();
        enter_namespaces(&user, 0).unwrap();
        assert_eq!(enter_namespaces(&[], 1).unwrap_err().code(), ErrorCode::InvalidArg);
    }

    #[test]
    fn only_known_models_can_be_entered() {
        assert_eq!(enter_security_label("none", "x", true, 0).unwrap(), None);
        let err = enter_security_label("dac", "x", false, 0).unwrap_err();
        assert_eq!(err.code(), ErrorCode::ArgumentUnsupported);
        assert!(enter_security_label("none", "x", false, 1).is_err());
    }
}
