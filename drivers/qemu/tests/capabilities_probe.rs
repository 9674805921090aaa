//! Probing this machine's QEMU, and keeping what was learned.

mod common;
#[path = "../../../tests/support/script.rs"]
mod script;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ferrovirt_core::ErrorCode;
use ferrovirt_driver_qemu::capabilities::{Accel, CapabilityCache, ProbeOptions, probe};
use ferrovirt_driver_qemu::reactor::Reactor;
use script::write_script;

fn reactor() -> Reactor {
    Reactor::new("qemu-events")
}

/// A program that runs QEMU and writes a line for each time that it does.
struct Counted {
    directory: tempfile::TempDir,
    program: PathBuf,
}

impl Counted {
    fn new(qemu: &Path) -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let program = directory.path().join("emulator");
        let script = "#!/bin/sh\necho run >>COUNT\nexec QEMU \"$@\"\n"
            .replace("COUNT", &directory.path().join("count").display().to_string())
            .replace("QEMU", &qemu.display().to_string());
        write_script(&program, &script);
        Self { directory, program }
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.directory.path().join("count")).map_or(0, |text| text.lines().count())
    }

    fn cache(&self) -> CapabilityCache {
        // Without KVM one run is one probe.
        let options = ProbeOptions { with_kvm: false, ..ProbeOptions::default() };
        CapabilityCache::new(self.directory.path().join("cache"), options)
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.directory.path().join("cache")).expect("made by now");
        entries.map(|entry| entry.expect("readable").path()).collect()
    }
}

#[test]
fn this_machines_qemu_is_probed() {
    let Some(qemu) = common::qemu() else { return };
    let found = probe(&reactor(), &qemu, &ProbeOptions::default()).expect("probed");
    assert!(found.version.major >= 6);
    assert!(found.has_device("virtio-blk-pci") && found.device_has_property("virtio-blk-pci", "iothread"));
    assert!(found.supports_command("blockdev-add") && found.has_object("memory-backend-ram"));
    let tcg = found.accelerator(Accel::Tcg).expect("always there");
    assert!(tcg.cpus.len() > 10 && tcg.machines.len() > 3);
    assert_eq!(found.accelerator(Accel::Kvm).is_some(), found.kvm);
    // With KVM the host's own CPU can be had, without it it can't.
    assert!(found.cpu(Accel::Tcg, "host").is_none_or(|host| host.unavailable_features != Some(Vec::new())));
    if found.kvm {
        let host = found.cpu(Accel::Kvm, "host").expect("listed");
        assert_eq!(host.unavailable_features, Some(Vec::new()));
    }
}

#[test]
fn a_binary_is_probed_once_and_then_known() {
    let Some(qemu) = common::qemu() else { return };
    let (counted, reactor) = (Counted::new(&qemu), reactor());
    let cache = counted.cache();
    assert!(cache.peek(&counted.program).is_none());
    let first = cache.get(&reactor, &counted.program).expect("probed");
    let again = cache.get(&reactor, &counted.program).expect("known");
    assert!(Arc::ptr_eq(&first, &again));
    assert!(Arc::ptr_eq(&first, &cache.peek(&counted.program).expect("known")));
    // Another run of the program finds it on disk, the same to the last detail.
    let stored = counted.cache().get(&reactor, &counted.program).expect("read");
    assert_eq!(*stored, *first);
    assert_eq!(counted.runs(), 1);
    assert_eq!(counted.files().len(), 1, "one file, and no temporary one");
}

#[test]
fn many_askers_share_one_probe() {
    let Some(qemu) = common::qemu() else { return };
    let (counted, reactor) = (Counted::new(&qemu), reactor());
    let cache = counted.cache();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| cache.get(&reactor, &counted.program).expect("known"));
        }
    });
    assert_eq!(counted.runs(), 1);
}

#[test]
fn a_changed_binary_is_probed_anew() {
    let Some(qemu) = common::qemu() else { return };
    let (counted, reactor) = (Counted::new(&qemu), reactor());
    let cache = counted.cache();
    cache.get(&reactor, &counted.program).expect("probed");
    let mut script = std::fs::read_to_string(&counted.program).expect("read");
    script.push_str("# a newer version\n");
    write_script(&counted.program, &script);
    cache.get(&reactor, &counted.program).expect("probed anew");
    assert_eq!(counted.runs(), 2);
    counted.cache().get(&reactor, &counted.program).expect("the file is the new one's");
    assert_eq!(counted.runs(), 2);
}

#[test]
fn a_spoilt_file_is_replaced() {
    let Some(qemu) = common::qemu() else { return };
    let (counted, reactor) = (Counted::new(&qemu), reactor());
    counted.cache().get(&reactor, &counted.program).expect("probed");
    let file = counted.files().remove(0);
    let good = std::fs::read(&file).expect("read");
    let mut other_version = String::from_utf8(good.clone()).expect("text");
    other_version = other_version.replacen("\"format\":", "\"format\":9", 1);
    let spoilt: [&[u8]; 4] = [b"", &good[..good.len() / 2], b"{}", other_version.as_bytes()];
    for (bad, runs) in spoilt.iter().zip(2..) {
        std::fs::write(&file, bad).expect("spoilt");
        counted.cache().get(&reactor, &counted.program).expect("probed anew");
        assert_eq!(counted.runs(), runs);
        assert_eq!(std::fs::read(&file).expect("read"), good, "and it is right again");
    }
}

#[test]
fn a_cache_that_cant_be_written_is_done_without() {
    let Some(qemu) = common::qemu() else { return };
    let (counted, reactor) = (Counted::new(&qemu), reactor());
    let options = ProbeOptions { with_kvm: false, ..ProbeOptions::default() };
    let cache = CapabilityCache::new("/dev/null/cache", options);
    cache.get(&reactor, &counted.program).expect("probed");
    cache.get(&reactor, &counted.program).expect("known");
    assert_eq!(counted.runs(), 1);
}

#[test]
fn what_is_no_qemu_is_an_error_with_its_own_words() {
    let directory = tempfile::tempdir().expect("directory");
    let reactor = reactor();
    let fails = |name: &str, script: &str| {
        let program = directory.path().join(name);
        write_script(&program, script);
        probe(&reactor, &program, &ProbeOptions::default()).expect_err(name)
    };
    let crash = fails("crash", "#!/bin/sh\necho no such library >&2\nexit 127\n");
    assert!(crash.message().contains("no such library"), "{crash}");
    assert!(crash.message().contains("crash"), "{crash}");
    let silent = fails("silent", "#!/bin/sh\nexit 0\n");
    assert!(silent.message().contains("silent"), "{silent}");
    let missing = directory.path().join("missing");
    let missing = CapabilityCache::new(directory.path(), ProbeOptions::default()).get(&reactor, &missing);
    assert_eq!(missing.expect_err("not there").code(), ErrorCode::SystemError);
}
