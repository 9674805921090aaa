//! What is needed of Debian: says what is missing, and installs it once.

use anyhow::{Context, Result, bail};
use std::fs::DirEntry;
use std::path::Path;
use std::process::Command;

/// A tool, the file that shows it is there, and the package that brings it. One `*` in the file's path stands for any
/// version.
struct Need {
    file: &'static str,
    package: &'static str,
}

const fn need(file: &'static str, package: &'static str) -> Need {
    Need { file, package }
}

impl Need {
    fn is_met(&self) -> bool {
        let Some((before, after)) = self.file.split_once('*') else { return Path::new(self.file).exists() };
        let Some((folder, name)) = before.rsplit_once('/') else { return false };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let fits = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(name);
        entries.filter(fits).any(|entry| Path::new(&format!("{}{after}", entry.path().display())).exists())
    }
}

/// What building, the demo and the tests need.
const NEEDS: &[Need] = &[
    need("/usr/bin/cc", "gcc"),
    need("/usr/include/stdlib.h", "libc6-dev"),
    need("/usr/bin/pkg-config", "pkg-config"),
    need("/usr/bin/qemu-system-x86_64", "qemu-system-x86"),
    need("/usr/bin/qemu-img", "qemu-utils"),
    need("/usr/sbin/dnsmasq", "dnsmasq-base"),
    need("/usr/sbin/nft", "nftables"),
    // The package 'busybox' has the same file, which needs a library that the guest does not have.
    need("/var/lib/dpkg/info/busybox-static.list", "busybox-static"),
    need("/sbin/ip", "iproute2"),
    need("/bin/ping", "iputils-ping"),
];

/// What the tests need besides: a client that Debian built against libvirt and what builds another one, and libvirt's own
/// daemon with ways to it.
const TEST_NEEDS: &[Need] = &[
    need("/usr/sbin/libvirtd", "libvirt-daemon"),
    need("/usr/sbin/saslpasswd2", "sasl2-bin"),
    need("/usr/lib/x86_64-linux-gnu/sasl2/libdigestmd5.so", "libsasl2-modules"),
    need("/usr/bin/nc", "netcat-openbsd"),
    need("/usr/bin/virt-install", "virtinst"),
    // A bus for the test of polkit.
    need("/usr/bin/dbus-daemon", "dbus-daemon"),
    need("/usr/lib/python3/dist-packages/libvirt.py", "python3-libvirt"),
    need("/usr/bin/python3", "python3"),
    need("/usr/bin/python3-config", "python3-dev"),
    need("/usr/lib/python3*/ensurepip/__init__.py", "python3-venv"),
    need("/usr/lib/python3/dist-packages/pytest/__init__.py", "python3-pytest"),
    need("/usr/lib/python3/dist-packages/lxml/__init__.py", "python3-lxml"),
    // Partitions and file systems for storage pools.
    need("/usr/sbin/parted", "parted"),
    need("/usr/sbin/mkfs.ext4", "e2fsprogs"),
    need("/usr/bin/valgrind", "valgrind"),
    // Emulated TPMs, and what makes their states.
    need("/usr/bin/swtpm", "swtpm"),
    need("/usr/bin/swtpm_setup", "swtpm-tools"),
    // Reads libvirt's schemas.
    need("/usr/bin/xmllint", "libxml2-utils"),
];

/// What tests make use of where this release of Debian has it; without, they are skipped aloud.
const TEST_WISHES: &[Need] = &[need("/usr/share/libvirt/schemas/nodedev.rng", "libvirt-common")];

/// What the suites of others need besides what their scripts install themselves.
const SUITE_NEEDS: &[Need] = &[need("/usr/bin/cpio", "cpio")];

/// What the benchmarks compare us with.
const BENCH_NEEDS: &[Need] = &[
    need("/usr/sbin/libvirtd", "libvirt-daemon"),
    need(
        "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so",
        "libvirt-daemon-driver-qemu",
    ),
];

/// What is needed for what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Demo,
    Tests,
    Suites,
    Bench,
}

/// Installs whatever is missing; says nothing where nothing is.
pub fn ensure(purpose: Purpose) -> Result<()> {
    let extra = match purpose {
        Purpose::Demo => &[],
        Purpose::Tests => TEST_NEEDS,
        Purpose::Suites => SUITE_NEEDS,
        Purpose::Bench => BENCH_NEEDS,
    };
    let missing: Vec<_> = NEEDS.iter().chain(extra).filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    if purpose == Purpose::Tests {
        let wished =
            TEST_WISHES.iter().filter(|need| !Path::new(need.file).exists() && is_offered(need.package));
        packages.extend(wished.map(|need| need.package));
    }
    println!("installing from Debian, once: {}", packages.join(" "));
    if !rustix::process::geteuid().is_root() {
        bail!("not root: run this as root, or install by hand: apt-get install {}", packages.join(" "));
    }
    install(&packages)?;
    match missing.iter().find(|need| !need.is_met()) {
        Some(need) => bail!("package {} was installed, but {} is still not there", need.package, need.file),
        None => Ok(()),
    }
}

/// Whether apt knows the package.
fn is_offered(package: &str) -> bool {
    let shown = Command::new("apt-cache").args(["show", package]).output();
    shown.is_ok_and(|output| output.status.success())
}

fn install(packages: &[&str]) -> Result<()> {
    let release = qemu_suite()?;
    if let Some(suite) = &release {
        offer_suite(suite)?;
    }
    apt(&["update", "-q"])?;
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    if let Some(suite) = &release {
        arguments.extend(["-t", suite]);
    }
    arguments.extend(packages);
    apt(&arguments)
}

/// The suite that QEMU must come from: where a QEMU package is installed from backports already, the others must
/// match its version.
fn qemu_suite() -> Result<Option<String>> {
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${Status} ${Version}\n", "qemu-utils", "qemu-system-common", "qemu-block-extra"])
        .output()
        .context("dpkg-query: is this Debian?")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let backported =
        text.lines().any(|line| line.starts_with("install ok installed") && line.contains("~bpo"));
    Ok(if backported { Some(format!("{}-backports", codename()?)) } else { None })
}

fn codename() -> Result<String> {
    let text = std::fs::read_to_string("/etc/os-release")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    line.map(|name| name.trim_matches('"').to_owned()).context("/etc/os-release has no VERSION_CODENAME")
}

/// Makes the suite known to apt, from the mirror that the machine uses already.
fn offer_suite(suite: &str) -> Result<()> {
    let policy = Command::new("apt-cache").arg("policy").output()?;
    // Archives go by their codename here; as a suite the same one is 'oldstable-backports', say.
    if String::from_utf8_lossy(&policy.stdout).contains(&format!("n={suite}")) {
        return Ok(());
    }
    let file = format!("/etc/apt/sources.list.d/{suite}.sources");
    let mirror = mirror()?;
    println!("adding the suite {suite} ({file})");
    let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let text =
        format!("Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\nSigned-By: {keyring}\n");
    std::fs::write(&file, text).with_context(|| format!("cannot write {file}"))
}

/// The address of the Debian archive that apt is set up with.
fn mirror() -> Result<String> {
    let mut arguments = vec!["indextargets", "--format", "$(SITE) $(RELEASE)"];
    arguments.push("Created-By: Packages");
    let output = Command::new("apt-get").args(&arguments).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let wanted = codename()?;
    let site = text.lines().filter_map(|line| line.split_once(' ')).find(|(_, release)| *release == wanted);
    site.map(|(site, _)| site.to_owned()).context("apt knows no archive of this Debian release")
}

fn apt(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(std::process::Stdio::null())
        .status()
        .context("cannot run apt-get")?;
    if !status.success() {
        bail!("apt-get {} failed ({status})", arguments.join(" "));
    }
    Ok(())
}
