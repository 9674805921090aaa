//! `cargo xtask demo`: from nothing to a guest on a network whose MAC table the library manages, and back.

mod daemon;
mod kernel_view;
mod screen;

use crate::packages::{self, Purpose};
use crate::{dist, guest};
use anyhow::{Context, Result, bail};
use daemon::Daemon;
use screen::Screen;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

#[derive(clap::Args)]
pub struct Args {
    /// Use the prefix laid out there instead of building one
    #[arg(long)]
    prefix: Option<PathBuf>,
    /// Have our daemon do the work, and kill it while the guest runs
    #[arg(long)]
    daemon: bool,
}

pub fn run(args: &Args) -> Result<()> {
    let begin = Instant::now();
    let screen = Screen::new();
    screen.title("what is needed");
    packages::ensure(Purpose::Demo)?;
    screen.title("the libraries");
    let prefix = match &args.prefix {
        Some(prefix) => std::path::absolute(prefix)?,
        None => dist::build(None, true)?,
    };
    screen.title("the guest and the program");
    let target = crate::target();
    let guest = guest::prepare(&target)?;
    let program = compile(&prefix, &target)?;
    let built = begin.elapsed();

    let root = tempfile::Builder::new().prefix("ferrovirt-demo-").tempdir()?;
    let before = kernel_view::Traces::now()?;
    let mut daemon = args.daemon.then(|| Daemon::start(&prefix, root.path())).transpose()?;
    play(&screen, &program, &prefix, &guest, root.path(), daemon.as_mut())?;
    drop(daemon);
    screen.title("what is left on the host");
    before.compare(&kernel_view::Traces::now()?)?;
    screen.good("no tap, bridge, dnsmasq, nftables table or QEMU of the demo is left");
    screen.note(&format!(
        "the demo took {:.1} s, {:.1} s of it building and preparing",
        begin.elapsed().as_secs_f64(),
        built.as_secs_f64()
    ));
    Ok(())
}

/// Compiles the example as a user would: by pkg-config, against the prefix.
fn compile(prefix: &Path, target: &Path) -> Result<PathBuf> {
    let source = crate::root().join("examples/c/boot-guest.c");
    let program = target.join("guest/boot-guest");
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "libvirt"])
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"))
        .output()
        .context("cannot run pkg-config")?;
    if !flags.status.success() {
        bail!("pkg-config does not find libvirt in {}", prefix.display());
    }
    let flags = String::from_utf8(flags.stdout)?;
    let status = Command::new("cc")
        .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-o"])
        .arg(&program)
        .arg(&source)
        .args(flags.split_whitespace())
        .status()
        .context("cannot run cc")?;
    if !status.success() {
        bail!("{} does not compile", source.display());
    }
    Ok(program)
}

/// Runs the program, and looks at the host whenever it has finished a step.
fn play(
    screen: &Screen,
    program: &Path,
    prefix: &Path,
    guest: &guest::Guest,
    root: &Path,
    mut daemon: Option<&mut Daemon>,
) -> Result<()> {
    screen.title("examples/c/boot-guest.c");
    let mut command = Command::new(program);
    if let Some(daemon) = &daemon {
        command.arg("--uri").arg(daemon.uri());
    }
    let mut child = command
        .arg("--root")
        .arg(root)
        .arg("--kernel")
        .arg(&guest.kernel)
        .arg("--initrd")
        .arg(&guest.initrd)
        .arg("--step")
        .env("LD_LIBRARY_PATH", prefix.join("lib"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run the program")?;
    let mut input = child.stdin.take();
    let output = BufReader::new(child.stdout.take().context("the program has an output")?);
    let mut seen = Ok(());
    for line in output.lines() {
        let line = line?;
        let Some(step) = line.strip_prefix('@') else {
            screen.line(&line);
            continue;
        };
        seen = seen.and_then(|()| look(screen, step));
        let is_time = seen.is_ok() && step.starts_with("guest ");
        if let Some(daemon) = daemon.take_if(|_| is_time) {
            screen.title("the daemon is killed, and started again");
            seen = daemon.kill_and_restart();
        }
        match (&seen, &mut input) {
            (Ok(()), Some(input)) => input.write_all(b"\n")?,
            // Without an input the program goes on by itself, and takes away what it has made.
            _ => input = None,
        }
    }
    let status = child.wait()?;
    seen?;
    if !status.success() {
        bail!("the program failed ({status})");
    }
    Ok(())
}

/// Shows what the kernel says of the step that has just been finished: `name key=value ...`.
fn look(screen: &Screen, step: &str) -> Result<()> {
    let mut words = step.split_whitespace();
    let name = words.next().unwrap_or_default();
    let facts: HashMap<&str, &str> = words.filter_map(|word| word.split_once('=')).collect();
    let fact = |key: &str| facts.get(key).copied().with_context(|| format!("the program did not say {key}"));
    match name {
        "network" => kernel_view::show_bridge(screen, fact("bridge")?),
        "guest" => {
            let (tap, bridge) = (fact("tap")?, fact("bridge")?);
            kernel_view::show_port(screen, tap, bridge)?;
            kernel_view::show_entry(screen, tap, bridge, fact("mac")?)?;
            kernel_view::show_answer(screen, fact("address")?)
        }
        other => bail!("the program speaks of a step '{other}' that is not known"),
    }
}
