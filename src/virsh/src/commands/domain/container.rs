//! What only containers have: running a program inside of one.
//!
//! A process can't leave the namespaces of others alone and join those of a container in one of its threads: virsh starts
//! itself once more, that one joins the container, and what it then starts is inside.

use crate::args::Args;
use crate::command::{Command, arg, flag, list};
use crate::complete;
use crate::failure::{Outcome, fail};
use crate::find;
use crate::shell::Shell;
use ferrovirt::{Error, Result, enter_cgroups_of, enter_namespaces, enter_security_label};
use rustix::io::{FdFlags, fcntl_setfd};
use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Command as Program, ExitCode};

pub const COMMANDS: &[Command] = &[Command::new(
    "lxc-enter-namespace",
    "run a program inside of a container",
    &[
        arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
        flag("noseclabel", "not under the container's security label"),
        list("cmd", "the program by its path in the container, and its arguments").required().positional(),
    ],
    lxc_enter_namespace,
)
.changing()];

/// The first argument of the virsh that joins the container.
const INSIDE: &str = "--inside-container";
/// What that one ends with where it could not come so far, as a program that is not there or can't be run.
const CANCELLED: u8 = 125;
const CANNOT_RUN: u8 = 126;
const NOT_THERE: u8 = 127;

fn lxc_enter_namespace(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let namespaces = domain.lxc_open_namespace(0)?;
    let (model, label) = match args.flag("noseclabel") {
        true => (String::new(), String::new()),
        false => (shell.connection()?.node_security_model()?.model, domain.security_label()?.label),
    };
    let numbers: Vec<_> = namespaces.iter().map(|namespace| namespace.as_raw_fd().to_string()).collect();
    for namespace in &namespaces {
        // The other virsh inherits it.
        fcntl_setfd(namespace, FdFlags::empty())
            .map_err(|err| Error::system(err, "cannot hand over a namespace of the container"))?;
    }
    let status = Program::new("/proc/self/exe")
        .args([INSIDE, &numbers.join(","), &domain.numeric_id().to_string(), &model, &label])
        .args(args.list("cmd"))
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => fail!("internal error: the program in the container ended with {status}"),
        Err(err) => fail!("cannot start virsh once more: {err}"),
    }
}

/// The other virsh: joins the container that its arguments name, and runs the program. `None` for one that is an ordinary
/// virsh.
pub fn inside(arguments: &[OsString]) -> Option<ExitCode> {
    let [mark, namespaces, leader, model, label, program, rest @ ..] = arguments else { return None };
    if mark != INSIDE {
        return None;
    }
    let joined = join(&namespaces.to_string_lossy(), leader, model, label);
    if let Err(err) = joined {
        eprintln!("error: {err}");
        return Some(CANCELLED.into());
    }
    // Only what is started from here on is in the container's process namespace.
    Some(match Program::new(program).args(rest).status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(CANNOT_RUN).into(),
        Err(err) if err.kind() == ErrorKind::NotFound => NOT_THERE.into(),
        Err(_) => CANNOT_RUN.into(),
    })
}

fn join(namespaces: &str, leader: &OsString, model: &OsString, label: &OsString) -> Result<()> {
    let model = model.to_string_lossy();
    if !model.is_empty() {
        enter_security_label(&model, &label.to_string_lossy(), false, 0)?;
    }
    let leader =
        leader.to_string_lossy().parse().map_err(|_| Error::internal("the container has no number"))?;
    enter_cgroups_of(leader)?;
    let open = |number: &str| {
        let file = File::open(format!("/proc/self/fd/{number}"));
        file.map_err(|err| Error::system(err, "a namespace of the container was not handed over"))
    };
    let files = namespaces.split(',').map(open).collect::<Result<Vec<_>>>()?;
    let namespaces: Vec<_> = files.iter().map(File::as_fd).collect();
    enter_namespaces(&namespaces, 0)
}
