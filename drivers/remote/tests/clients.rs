//! Programs on the built library, and behind it a stock libvirtd: one in C, and Debian's Python binding.

#[path = "../../../src/rpc/tests/common/mod.rs"]
mod common;
#[path = "../../../tests/support/mod.rs"]
mod support;

use common::Daemon;
use std::path::Path;
use support::{Finished, Program, in_namespace};

fn uri(daemon: &Daemon) -> String {
    format!("test+unix:///default?socket={}", daemon.socket("libvirt-sock").display())
}

#[test]
fn a_c_program_works_through_a_daemon_to_its_end() {
    let Some(program) = Program::compile("daemon.c") else { return };
    let Some(daemon) = Daemon::start() else { return };
    program.run(&[&uri(&daemon), &daemon.pid().to_string()]).succeeds();
}

const SCRIPT: &str = r#"
import sys, threading, libvirt

assert sys.argv[2] in open('/proc/self/maps').read(), 'the library under test is not the one that is loaded'
libvirt.virEventRegisterDefaultImpl()
def turn():
    while True:
        libvirt.virEventRunDefaultImpl()
threading.Thread(target=turn, daemon=True).start()
conn = libvirt.open(sys.argv[1])
assert conn.getURI() == sys.argv[1] and conn.getType() == 'TEST'
told = threading.Event()
def on_lifecycle(conn, domain, event, detail, opaque):
    if (domain.name(), event) == ('snake', libvirt.VIR_DOMAIN_EVENT_STARTED):
        told.set()
conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, on_lifecycle, None)
dom = conn.defineXML("<domain type='test'><name>snake</name><memory>1024</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>")
dom.create()
assert told.wait(120)
assert sorted(d.name() for d in conn.listAllDomains()) == ['snake', 'test']
assert conn.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE)[0][1]['state.state'] == libvirt.VIR_DOMAIN_RUNNING
assert len(dom.vcpus()[0]) == 2 and len(dom.vcpuPinInfo()) == 2, dom.vcpus()
assert dom.memoryParameters() is not None and dom.schedulerType()[0] == 'fair'
snapshot = dom.snapshotCreateXML("<domainsnapshot><name>s</name></domainsnapshot>")
assert dom.revertToSnapshot(snapshot) == 0 and dom.ID() > 0
assert conn.networkLookupByName('default').isActive() and conn.listAllStoragePools()[0].name() == 'default-pool'
try:
    conn.lookupByName('nobody')
    raise SystemExit('found nobody')
except libvirt.libvirtError as err:
    assert (err.get_error_code(), err.get_error_domain()) == (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_FROM_TEST)
read_only = libvirt.openReadOnly(sys.argv[1])
try:
    read_only.lookupByName('snake').destroy()
    raise SystemExit('a read-only connection destroys')
except libvirt.libvirtError as err:
    assert err.get_error_code() == libvirt.VIR_ERR_OPERATION_DENIED
dom.destroy()
print('done')
"#;

#[test]
fn debians_python_binding_works_through_a_daemon() {
    let Some(prefix) = support::prefix() else { return };
    if !Path::new("/usr/lib/python3/dist-packages/libvirt.py").exists() {
        println!("SKIPPED: python3-libvirt is not installed");
        return;
    }
    let Some(daemon) = Daemon::start() else { return };
    let library = prefix.join("lib").display().to_string();
    let output = in_namespace(&prefix)
        .args(["/usr/bin/python3", "-c", SCRIPT, &uri(&daemon), &library])
        .output()
        .expect("unshare runs");
    assert!(Finished(output).succeeds().contains("done"));
}
