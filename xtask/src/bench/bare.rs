//! The floor: QEMU by itself, from exec until its monitor answers.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The median of `count` starts, in microseconds.
pub fn qmp_ready(count: usize) -> Result<f64> {
    let mut times = (0..=count).map(|_| once()).collect::<Result<Vec<_>>>()?;
    // The first one warms the caches.
    times.remove(0);
    Ok(super::median(&mut times))
}

fn once() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("qmp");
    let listener = UnixListener::bind(&socket)?;
    let begin = Instant::now();
    let mut qemu = Command::new("/usr/bin/qemu-system-x86_64")
        .args([
            "-S",
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-machine",
            "q35,accel=tcg",
            "-m",
            "64",
        ])
        .arg("-qmp")
        .arg(format!("unix:{},server=off", socket.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("cannot run QEMU")?;
    let (mut stream, _) = listener.accept()?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    lines.next().context("QEMU did not greet")??;
    stream.write_all(b"{\"execute\":\"qmp_capabilities\"}{\"execute\":\"query-status\"}")?;
    // The second reply comes when the machine is complete.
    lines.next().context("QEMU did not answer")??;
    lines.next().context("QEMU did not answer")??;
    let time = begin.elapsed().as_secs_f64() * 1e6;
    stream.write_all(b"{\"execute\":\"quit\"}")?;
    qemu.wait()?;
    Ok(time)
}
