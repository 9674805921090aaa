//! What is needed of Debian: says what is missing, and installs it once.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// A tool, the file that shows it is there, and the package that brings it.
struct Need {
    file: &'static str,
    package: &'static str,
}

const fn need(file: &'static str, package: &'static str) -> Need {
    Need { file, package }
}

/// What building, the demo and the tests need.
const NEEDS: &[Need] = &[
    need("/usr/bin/cc", "gcc"),
    need("/usr/include/stdlib.h", "libc6-dev"),
    need("/usr/bin/pkg-config", "pkg-config"),
    need("/usr/bin/qemu-system-x86_64", "qemu-system-x86"),
    need("/usr/sbin/dnsmasq", "dnsmasq-base"),
    need("/usr/sbin/nft", "nftables"),
    need("/usr/bin/busybox", "busybox-static"),
    need("/sbin/ip", "iproute2"),
    need("/bin/ping", "iputils-ping"),
];

/// What the tests need besides: a client that Debian built against libvirt.
const TEST_NEEDS: &[Need] = &[
    need("/usr/lib/python3/dist-packages/libvirt.py", "python3-libvirt"),
    need("/usr/bin/python3", "python3"),
    // Reads libvirt's schemas.
    need("/usr/bin/xmllint", "libxml2-utils"),
];

/// What tests make use of where this release of Debian has it; without, they are skipped aloud.
const TEST_WISHES: &[Need] = &[need("/usr/share/libvirt/schemas/nodedev.rng", "libvirt-common")];

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
    Bench,
}

/// Installs whatever is missing; says nothing where nothing is.
pub fn ensure(purpose: Purpose) -> Result<()> {
    let extra = match purpose {
        Purpose::Demo => &[],
        Purpose::Tests => TEST_NEEDS,
        Purpose::Bench => BENCH_NEEDS,
    };
    let missing: Vec<_> = NEEDS.iter().chain(extra).filter(|need| !Path::new(need.file).exists()).collect();
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
    match missing.iter().find(|need| !Path::new(need.file).exists()) {
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
