//! `libvirtd`: the process around the daemon.
#![forbid(unsafe_code)]

use clap::Parser;
use ferrovirt::{LocalHost, Neighbours, Subjects};
use ferrovirt_core::{Error, Result, abi};
use ferrovirt_daemon::access::policy;
use ferrovirt_daemon::activation::{handed_over, notify};
use ferrovirt_daemon::daemon::{Sockets, start_logging};
use ferrovirt_daemon::memory::share_one_arena;
use ferrovirt_daemon::options::Options;
use ferrovirt_daemon::{Config, Daemon, Kind, Places};
use ferrovirt_host::process::PidFile;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

fn main() -> ExitCode {
    share_one_arena();
    let program = std::env::args_os().next().unwrap_or_default();
    let kind = Kind::of_program(Path::new(&program));
    let options = Options::parse();
    if options.version {
        let number = abi::LIBVIR_VERSION_NUMBER;
        let (major, minor, release) = (number / 1_000_000, number / 1000 % 1000, number % 1000);
        println!("{} (libvirt) {major}.{minor}.{release}", kind.name);
        return ExitCode::SUCCESS;
    }
    match options.policy.as_deref() {
        Some("unix") => return print(&policy::unix()),
        Some("api") => return print(&policy::api()),
        _ => {}
    }
    let outcome = if options.daemon && !options.detached { detach() } else { serve(kind, &options) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("{}: {err}", kind.name);
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

/// Starts this program once more, in the background, and waits until that one can be used.
fn detach() -> Result<()> {
    let failed = |err| Error::system(err, "cannot start the process in the background");
    let program = std::env::current_exe().map_err(failed)?;
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    let mut command = Command::new(program);
    std::os::unix::process::CommandExt::arg0(&mut command, name);
    let mut child = command
        .args(arguments)
        .arg("--detached")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut said = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut said).map_err(failed)?;
    }
    if said == READY {
        return Ok(());
    }
    child.wait().map_err(failed)?;
    Err(Error::internal("the process in the background has ended before clients could come"))
}

/// What the process in the background says once clients can come.
const READY: &str = "ready";

fn serve(kind: Kind, options: &Options) -> Result<()> {
    let handed = handed_over();
    let privileged = rustix::process::geteuid().is_root();
    if options.detached {
        // In a session of its own it survives the terminal that it was started from.
        rustix::process::setsid().map_err(|err| Error::system(err, "cannot leave the terminal"))?;
    }
    let mut places = Places::new(&kind, privileged, options.root.as_deref())?;
    if let Some(path) = &options.config {
        if !path.exists() {
            return Err(Error::internal(format!("the configuration file '{}' is not there", path.display())));
        }
        places.config.clone_from(path);
    }
    if let Some(path) = &options.pid_file {
        places.pid_file.clone_from(path);
    }
    let config = Config::load(&places.config)?;
    start_logging(&config, options.verbose)?;
    let _pid_file = lock(&places.pid_file)?;
    let sockets = Sockets::open(&kind, &places, &config, privileged, options.listen, handed)?;
    let folder = config.unix_sock_dir.as_ref().map_or(places.sockets.clone(), PathBuf::from);
    let neighbours = (kind.subjects != Subjects::All).then_some(Neighbours { folder });
    if neighbours.is_some() {
        // What neighbours tell unasked comes by it.
        ferrovirt_daemon::run_event_loop()?;
    }
    LocalHost::set_monitor_deadline(Duration::from_secs(config.monitor_timeout.into()));
    let host = LocalHost::start(places.layout.clone(), privileged, kind.subjects, neighbours)?;
    let daemon = Daemon::new(kind, places, &config, host, options.timeout.unwrap_or(0));
    daemon.run(sockets, &config, || ready(options))?;
    Ok(())
}

fn ready(options: &Options) {
    notify("READY=1");
    if !options.detached {
        return;
    }
    let mut output = std::io::stdout();
    let told = output.write_all(READY.as_bytes()).and_then(|()| output.flush());
    // Whoever waits for this process waits for the end of its output.
    let nowhere = File::options().read(true).write(true).open("/dev/null");
    let closed = nowhere.and_then(|nowhere| {
        rustix::stdio::dup2_stdout(&nowhere)?;
        Ok(rustix::stdio::dup2_stderr(&nowhere)?)
    });
    if let Err(err) = told.and(closed) {
        tracing::error!(%err, "whoever started the daemon can't be told that it is ready");
    }
}

fn lock(path: &Path) -> Result<PidFile> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|err| Error::system(err, format!("cannot make the folder of '{}'", path.display())))?;
    }
    PidFile::acquire(path)?.ok_or_else(|| {
        Error::operation_failed(format!("a daemon is running already: it has '{}' locked", path.display()))
    })
}
