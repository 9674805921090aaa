//! The daemons under load: many domains, clients and calls, with the stock client library; both daemons beside each other.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

#[derive(clap::Args)]
pub struct Load {
    /// Measure the daemons under load instead: so many domains, clients at once, and calls
    #[arg(long)]
    pub load: bool,
    /// Measure the daemons while the monitor of a guest does not answer
    #[arg(long, conflicts_with = "load")]
    pub hung: bool,
    #[arg(long, default_value_t = 200)]
    clients: usize,
    #[arg(long, default_value_t = 10_000)]
    domains: usize,
    #[arg(long, default_value_t = 100_000)]
    calls: usize,
}

/// Look-ups among all domains may take so much longer than among a tenth of them, for noise.
const LOOKUP_GROWTH: f64 = 1.5;
/// Memory may be so many times that of a tenth of the domains, less what the daemon has without any.
const MEMORY_GROWTH: f64 = 10.5;

/// A median and a ninety-ninth of a hundred, by work.
type Numbers = BTreeMap<String, (f64, f64)>;

/// Everything that a daemon keeps is on file systems that end with it. The program learns where the daemon is, and which
/// process, by its last options.
const SCRIPT: &str = "daemon=$1; shift
for dir in /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
    mount -t tmpfs -o mode=755 tmpfs $dir || exit
done
ip link set lo up
echo 'max_anonymous_clients = 300' >/etc/libvirt/libvirtd.conf
echo 'stdio_handler = \"file\"' >/etc/libvirt/qemu.conf
$daemon >/dev/null & pid=$!
for turn in $(seq 600); do [ -S /run/libvirt/libvirt-sock ] && break; sleep 0.1; done
\"$@\" --uri qemu:///system --pid $pid; code=$?
kill $pid; wait $pid 2>/dev/null
exit $code";

/// How long a monitor that does not answer is measured: queries of each kind.
const ROUNDS: &str = "500";

pub fn run(load: &Load, prefix: &Path, client: &Path) -> Result<()> {
    let program = super::compile(prefix, "load")?;
    let count = |number: usize| number.to_string();
    let (clients, domains, calls) = (count(load.clients), count(load.domains), count(load.calls));
    let options = ["--clients", &clients, "--domains", &domains, "--calls", &calls];
    println!("== {} domains, {} clients at once, {} calls", load.domains, load.clients, load.calls);
    let ours = beside(prefix, client, &program, &options)?;
    judge(&ours)
}

/// What others wait for while a guest's monitor does not answer.
pub fn run_hung(prefix: &Path, client: &Path) -> Result<()> {
    let program = super::compile(prefix, "hung")?;
    println!("== first while all is well, then while a guest's QEMU is stopped and four clients ask for it");
    beside(prefix, client, &program, &["--rounds", ROUNDS]).map(drop)
}

/// Runs a program on both daemons, and prints its numbers beside each other; ours come back.
fn beside(prefix: &Path, client: &Path, program: &Path, options: &[&str]) -> Result<Numbers> {
    let measure = |daemon: &Path| -> Result<Numbers> {
        let output = Command::new("unshare")
            .args(["-m", "-n", "sh", "-c", SCRIPT, "sh"])
            .args([daemon, program])
            .args(options)
            .env("LD_LIBRARY_PATH", client)
            .output()
            .context("cannot run unshare")?;
        if !output.status.success() {
            bail!("{}: {}", daemon.display(), String::from_utf8_lossy(&output.stderr).trim());
        }
        read(&String::from_utf8(output.stdout)?)
    };
    let ours = measure(&prefix.join("sbin/libvirtd"))?;
    let peer = measure(Path::new("/usr/sbin/libvirtd"))?;
    println!("{:<22} {:>22} {:>22}", "", "peer p50 / p99", "ours p50 / p99");
    let both = |name: &str, (median, most): (f64, f64)| match name {
        _ if name.starts_with("memory") => format!("{:.1} MiB", median / 1024.0),
        "calls-a-second" => format!("{median:.0}"),
        _ => format!("{median:.0} / {most:.0} µs"),
    };
    for (name, numbers) in peer.iter().filter(|(name, _)| !ours.contains_key(*name)) {
        println!("{name:<22} {:>22}", both(name, *numbers));
    }
    for (name, numbers) in &ours {
        let peer = peer.get(name).map_or(String::new(), |numbers| both(name, *numbers));
        println!("{name:<22} {peer:>22} {:>22}", both(name, *numbers));
    }
    Ok(ours)
}

fn read(text: &str) -> Result<Numbers> {
    let mut numbers = Numbers::new();
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, median, most] = words[..] else { bail!("cannot read '{line}'") };
        numbers.insert(name.to_owned(), (median.parse()?, most.parse()?));
    }
    Ok(numbers)
}

/// Nothing grows faster than the number of domains, and look-ups not at all.
fn judge(ours: &Numbers) -> Result<()> {
    let of = |name: &str| ours.get(name).map_or(f64::NAN, |(median, _)| *median);
    // The slow ones are looked at: the median of calls that wake sleeping processors hops from run to run.
    let slow = |name: &str| ours.get(name).map_or(f64::NAN, |(_, most)| *most);
    let lookup = slow("lookup-many") / slow("lookup-few");
    let memory = (of("memory-many") - of("memory-empty")) / (of("memory-few") - of("memory-empty")).max(1.0);
    let kept = of("memory-after") / of("memory-many");
    println!("look-ups among ten times the domains take {lookup:.2} of the time (at most {LOOKUP_GROWTH})");
    println!("ten times the domains take {memory:.1} times the memory (at most {MEMORY_GROWTH})");
    println!("after all calls the daemon has {kept:.2} of the memory that it had before");
    if lookup > LOOKUP_GROWTH || memory > MEMORY_GROWTH {
        bail!("something grows faster than it may");
    }
    Ok(())
}
