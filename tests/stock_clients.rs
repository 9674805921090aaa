//! Programs that were built against libvirt itself, run on our library unchanged.

mod support;

use std::path::Path;
use std::process::Command;
use support::daemon::Daemon;
use support::{Finished, Scratch, in_namespace};

/// Drives a guest through Debian's Python binding, which was compiled against libvirt.
const SCRIPT: &str = r#"
import sys, threading, libvirt

maps = open('/proc/self/maps').read()
assert sys.argv[2] in maps, 'the library under test is not the one that is loaded'
libvirt.virEventRegisterDefaultImpl()
def turn():
    while True:
        libvirt.virEventRunDefaultImpl()
threading.Thread(target=turn, daemon=True).start()

conn = libvirt.open('qemu:///embed?root=' + sys.argv[1])
assert conn.getType() == 'QEMU' and conn.getLibVersion() == 11003000, conn.getLibVersion()
assert '<capabilities>' in conn.getCapabilities() and '<domainCapabilities>' in conn.getDomainCapabilities()
told, all_told = [], threading.Condition()
def on_lifecycle(conn, domain, event, detail, opaque):
    with all_told:
        told.append((domain.name(), event, detail))
        all_told.notify()
conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, on_lifecycle, None)

net = conn.networkDefineXML("<network><name>net</name><bridge name='fvpy0' macTableManager='libvirt'/>"
                            "<ip address='192.168.88.1' netmask='255.255.255.0'><dhcp><range start='192.168.88.2' end='192.168.88.9'/></dhcp></ip></network>")
net.create()
dom = conn.defineXML("""<domain type='qemu'><name>snake</name><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <metadata><app:note xmlns:app='urn:example'>kept</app:note></metadata>
  <devices><interface type='network'><source network='net'/><model type='virtio'/></interface></devices></domain>""")
assert "urn:example" in dom.XMLDesc()
dom.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
assert dom.state() == [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER], dom.state()
assert dom.info()[1] == 65536 and dom.isActive()
stats = conn.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)[0][1]
assert stats['state.state'] == libvirt.VIR_DOMAIN_PAUSED, stats
try:
    conn.lookupByName('nobody')
    raise SystemExit('found nobody')
except libvirt.libvirtError as err:
    assert err.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN and 'nobody' in str(err)
dom.resume()
dom.destroy()
with all_told:
    assert all_told.wait_for(lambda: ('snake', libvirt.VIR_DOMAIN_EVENT_STOPPED, libvirt.VIR_DOMAIN_EVENT_STOPPED_DESTROYED) in told, 120), told
dom.undefine()
net.destroy()
net.undefine()
print('done')
"#;

#[test]
fn debians_python_binding_drives_a_guest() {
    let Some(prefix) = support::prefix() else { return };
    let Some(scratch) = Scratch::new() else { return };
    let binding = "/usr/lib/python3/dist-packages/libvirt.py";
    if !Path::new(binding).exists() {
        println!("SKIPPED: python3-libvirt is not installed");
        return;
    }
    let library = prefix.join("lib").display().to_string();
    let output = in_namespace(&prefix)
        .args(["sh", "-c", "ip link set lo up; exec /usr/bin/python3 -c \"$@\"", "sh", SCRIPT])
        .args([&scratch.root(), &library])
        .output()
        .expect("unshare runs");
    assert!(Finished(output).succeeds().contains("done"));
}

#[test]
fn virt_install_makes_a_guest_through_our_daemon() {
    let Some(prefix) = support::prefix() else { return };
    if !Path::new("/usr/bin/virt-install").exists() {
        return println!("SKIPPED: virt-install (virtinst) is not installed");
    }
    let Some(daemon) = Daemon::start() else { return };
    let instance = if rustix::process::geteuid().is_root() { "system" } else { "session" };
    let uri = daemon.uri("qemu", instance);
    let ours = prefix.join("lib");
    // It keeps a log there.
    let cache = tempfile::tempdir().expect("a temporary folder");
    for (name, library) in [("stock", None), ("ours", Some(&ours))] {
        let mut command = Command::new("timeout");
        command.args([
            "--kill-after=5",
            "600",
            "virt-install",
            "--connect",
            &uri,
            "--import",
            "--name",
            name,
        ]);
        command.args(["--memory", "64", "--virt-type", "qemu", "--disk", "none", "--network", "none"]);
        command.args(["--graphics", "none", "--osinfo", "detect=off,require=off", "--noautoconsole"]);
        command.env("XDG_CACHE_HOME", cache.path());
        command.envs(library.map(|library| ("LD_LIBRARY_PATH", library)));
        let said = Finished(command.output().expect("timeout runs")).succeeds();
        assert!(said.contains("Domain creation completed"), "{said}");
    }
    let connection = ferrovirt::Connection::open(Some(&uri)).unwrap();
    for name in ["stock", "ours"] {
        let domain = connection.lookup_domain_by_name(name).unwrap();
        assert!(domain.is_active().unwrap() && domain.is_persistent().unwrap());
        domain.destroy(0).unwrap();
    }
}

/// The stock library and its headers, where they are installed.
fn has_stock_headers() -> bool {
    Path::new("/usr/include/libvirt/libvirt.h").exists()
        && Command::new("pkg-config")
            .args(["--exists", "libvirt"])
            .status()
            .is_ok_and(|status| status.success())
}

#[test]
fn a_program_built_with_the_stock_headers_and_library_runs_on_ours() {
    let Some(prefix) = support::prefix() else { return };
    let Some(scratch) = Scratch::new() else { return };
    if !has_stock_headers() {
        println!("SKIPPED: libvirt-dev is not installed");
        return;
    }
    let program = Path::new(&scratch.root()).join("program");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/guest_life.c");
    let compiled = Command::new("cc")
        .args(["-std=gnu11", "-O1", "-pthread", "-I/usr/include", "-o"])
        .args([program.as_os_str(), source.as_os_str()])
        .args(["-lvirt", "-lvirt-qemu"])
        .output()
        .expect("cc runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let output = in_namespace(&prefix)
        .args(["sh", "-c", "ip link set lo up; exec \"$@\"", "sh"])
        .arg(&program)
        .arg(scratch.root())
        .output()
        .expect("unshare runs");
    Finished(output).succeeds();
}
