//! What a start costs at the least: from spawning QEMU to its monitor answering, through this crate and without it, and
//! what parts of a command line add to it. `measure_start [ROUNDS]`; the rounds of all variants take turns.

use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use ferrovirt_core::Result;
use ferrovirt_driver_qemu::capabilities::{CapabilityCache, ProbeOptions, probe};
use ferrovirt_driver_qemu::qmp::{Client, Options, QueryStatus};
use ferrovirt_driver_qemu::reactor::Reactor;
use ferrovirt_host::process::{Command, Signal};

const QEMU: &str = "/usr/bin/qemu-system-x86_64";
const BASE: &[&str] = &["-S", "-no-user-config", "-display", "none"];

/// Name, arguments, and whether they come on top of the plain q35 guest or in its place.
const VARIANTS: &[(&str, &[&str])] = &[
    ("q35, TCG, 128 MiB", &["-nodefaults", "-machine", "q35,accel=tcg"]),
    ("  without -nodefaults", &["-machine", "q35,accel=tcg"]),
    (
        "  with -sandbox",
        &[
            "-nodefaults",
            "-machine",
            "q35,accel=tcg",
            "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        ],
    ),
    ("  with KVM", &["-nodefaults", "-machine", "q35,accel=kvm"]),
    ("  with 4 GiB", &["-nodefaults", "-machine", "q35,accel=tcg", "-m", "4096"]),
    (
        "  with 4 GiB of memfd",
        &[
            "-nodefaults",
            "-machine",
            "q35,accel=tcg,memory-backend=ram",
            "-m",
            "4096",
            "-object",
            r#"{"qom-type":"memory-backend-memfd","id":"ram","size":4294967296}"#,
        ],
    ),
    ("  with 8 vCPUs", &["-nodefaults", "-machine", "q35,accel=tcg", "-smp", "8"]),
    ("  with -cpu max", &["-nodefaults", "-machine", "q35,accel=tcg", "-cpu", "max"]),
    ("  with VGA", &["-nodefaults", "-machine", "q35,accel=tcg", "-device", r#"{"driver":"VGA"}"#]),
    (
        "  with virtio-net-pci and its ROM",
        &["-nodefaults", "-machine", "q35,accel=tcg", "-device", r#"{"driver":"virtio-net-pci"}"#],
    ),
    (
        "  with virtio-net-pci without ROM",
        &[
            "-nodefaults",
            "-machine",
            "q35,accel=tcg",
            "-device",
            r#"{"driver":"virtio-net-pci","romfile":""}"#,
        ],
    ),
    (
        "  with 8 root ports",
        &[
            "-nodefaults",
            "-machine",
            "q35,accel=tcg",
            "-device",
            "pcie-root-port,chassis=1",
            "-device",
            "pcie-root-port,chassis=2",
            "-device",
            "pcie-root-port,chassis=3",
            "-device",
            "pcie-root-port,chassis=4",
            "-device",
            "pcie-root-port,chassis=5",
            "-device",
            "pcie-root-port,chassis=6",
            "-device",
            "pcie-root-port,chassis=7",
            "-device",
            "pcie-root-port,chassis=8",
        ],
    ),
    ("  with a user netdev", &["-nodefaults", "-machine", "q35,accel=tcg", "-netdev", "user,id=n"]),
    ("  with a VNC server", &["-nodefaults", "-machine", "q35,accel=tcg", "-vnc", "none"]),
    ("i440fx, TCG", &["-nodefaults", "-machine", "pc,accel=tcg"]),
    ("no machine", &["-nodefaults", "-machine", "none"]),
];

fn main() -> Result<()> {
    let rounds: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(15);
    let reactor = Reactor::new("qemu-events");
    reactor.handle()?;
    let options = Options::default();
    let out_of_band = Options { out_of_band: true, ..Options::default() };

    let mut ways: Vec<(String, Vec<Duration>)> = Vec::new();
    let mut note = |name: &str, took: Duration| match ways.iter_mut().find(|(n, _)| n == name) {
        Some((_, times)) => times.push(took),
        None => ways.push((name.into(), vec![took])),
    };
    for _ in 0..rounds {
        note("bare launcher, q35 TCG", bare(VARIANTS[0].1));
        note("this crate, q35 TCG", ours(&reactor, VARIANTS[0].1, &options)?);
        note("this crate, q35 TCG, out-of-band", ours(&reactor, VARIANTS[0].1, &out_of_band)?);
        for (name, arguments) in VARIANTS.iter().skip(1) {
            note(name, ours(&reactor, arguments, &options)?);
        }
        let start = Instant::now();
        probe(&reactor, QEMU.as_ref(), &ProbeOptions::default())?;
        note("cold probe, KVM and TCG", start.elapsed());
        let start = Instant::now();
        probe(&reactor, QEMU.as_ref(), &ProbeOptions { with_kvm: false, ..ProbeOptions::default() })?;
        note("cold probe, TCG only", start.elapsed());
    }
    let directory = std::env::temp_dir().join(format!("ferrovirt-measure-{}", std::process::id()));
    CapabilityCache::new(&directory, ProbeOptions::default()).get(&reactor, QEMU.as_ref())?;
    for _ in 0..rounds {
        let cache = CapabilityCache::new(&directory, ProbeOptions::default());
        let start = Instant::now();
        cache.get(&reactor, QEMU.as_ref())?;
        note("capabilities from disk", start.elapsed());
        let start = Instant::now();
        cache.get(&reactor, QEMU.as_ref())?;
        note("capabilities from memory", start.elapsed());
    }
    let _ = std::fs::remove_dir_all(&directory);
    for (name, times) in &mut ways {
        times.sort_unstable();
        println!("{name:40} median {:>9.3?}  best {:>9.3?}", times[times.len() / 2], times[0]);
    }
    Ok(())
}

/// Through the process and monitor code of this project: until the second command is answered.
fn ours(reactor: &Reactor, arguments: &[&str], options: &Options) -> Result<Duration> {
    let start = Instant::now();
    let (socket, theirs) = UnixStream::pair().expect("a pair");
    let mut command = Command::new(QEMU);
    command.args(BASE).args(arguments).env("LC_ALL", "C").new_session();
    let fd = command.pass_fd(OwnedFd::from(theirs))?;
    command.args(["-chardev", &format!("socket,id=monitor,fd={fd}"), "-mon", "chardev=monitor,mode=control"]);
    let process = command.spawn()?;
    drop(command);
    let options = options.clone();
    let client = reactor.call(async move {
        let (client, _events) = Client::from_socket(socket, options).await?;
        client.execute(&QueryStatus {}).await?;
        Ok(client)
    })?;
    let took = start.elapsed();
    drop(client);
    process.kill(Signal::KILL)?;
    process.wait()?;
    Ok(took)
}

/// With nothing but the standard library, blocking.
fn bare(arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let (mut socket, theirs) = UnixStream::pair().expect("a pair");
    rustix::io::fcntl_setfd(&theirs, rustix::io::FdFlags::empty()).expect("inherited");
    let mut command = std::process::Command::new(QEMU);
    command.args(BASE).args(arguments).env_clear().env("LC_ALL", "C");
    let fd = theirs.as_raw_fd();
    command.args(["-chardev", &format!("socket,id=monitor,fd={fd}"), "-mon", "chardev=monitor,mode=control"]);
    let mut process = command.spawn().expect("started");
    drop(theirs);
    let mut reader = BufReader::new(socket.try_clone().expect("dup"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("the greeting");
    for say in [r#"{"execute":"qmp_capabilities"}"#, r#"{"execute":"query-status"}"#] {
        socket.write_all(say.as_bytes()).expect("sent");
        line.clear();
        reader.read_line(&mut line).expect("answered");
    }
    let took = start.elapsed();
    process.kill().expect("killed");
    process.wait().expect("reaped");
    took
}
