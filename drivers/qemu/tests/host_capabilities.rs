//! Capabilities made from recorded probes, compared with what libvirt makes of the same recordings.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use ferrovirt_conf::capabilities::GuestCapabilities;
use ferrovirt_conf::cpu::{Arch, NativeCpu};
use ferrovirt_conf::domain_capabilities::{Choices, CpuModeSupport, DomainCapabilities};
use ferrovirt_driver_qemu::capabilities::{Answers, Capabilities};
use ferrovirt_driver_qemu::cpu::Native;
use ferrovirt_driver_qemu::host_capabilities::{
    Asked, HostFacts, Programs, VirtType, arch_of, domain_capabilities, guest_capabilities, host_capabilities,
};
use ferrovirt_host::KernelFiles;
use ferrovirt_xml::{from_str, to_string};

fn fixtures() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let root = std::env::var_os("FERROVIRT_FIXTURES").map_or(default, PathBuf::from);
    if root.join("domaincapsdata").is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED: no fixtures at '{}'; set FERROVIRT_FIXTURES", root.display());
    None
}

fn decoded(replies: &str) -> Capabilities {
    let sessions = Answers::from_recording(replies).expect("a recording");
    Capabilities::from_answers(&sessions[0], sessions.get(1)).expect("a usable QEMU")
}

/// A host with everything that the recorded ones had.
fn facts(arch: Arch) -> HostFacts {
    let files = KernelFiles::at("/nonexistent");
    let cpu = arch.is_ppc64().then_some(NativeCpu::Power(0x004d_0200));
    let native = Native { arch: Some(arch), cpu, tsc: None, physical_bits: NonZeroU32::new(64) };
    let mut facts = HostFacts::read(&files, native.into()).expect("nothing is no error");
    (facts.vfio, facts.kvm_vcpus) = (true, None);
    facts
}

fn programs() -> Programs {
    Programs { tpm_versions: vec!["2.0".into()], rdp_server: true }
}

/// What libvirt has, with the recording that it was made from.
fn pairs() -> Vec<(String, DomainCapabilities, Capabilities)> {
    let Some(root) = fixtures() else { return Vec::new() };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join("domaincapsdata")).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        // qemu_VERSION[-VARIANT].ARCH[+HOST]
        let Some((version, arch)) = name.strip_prefix("qemu_").and_then(|name| name.rsplit_once('.')) else {
            continue;
        };
        let version = version.split('-').next().expect("something");
        let replies = root.join(format!("qemucapabilitiesdata/caps_{version}_{arch}.replies"));
        // Other accelerators are none of ours.
        if !replies.exists() || arch.ends_with("+hvf") {
            continue;
        }
        let theirs = std::fs::read_to_string(&path).expect("readable");
        let theirs = from_str(&theirs, "fixture").expect("a document");
        found.push((name, theirs, decoded(&std::fs::read_to_string(replies).expect("readable"))));
    }
    assert!(found.len() > 15, "only {} pairs", found.len());
    found
}

fn ours(theirs: &DomainCapabilities, capabilities: &Capabilities) -> DomainCapabilities {
    let asked = Asked {
        emulator: Path::new(theirs.path.as_deref().expect("one")),
        arch: theirs.arch,
        virt: if theirs.domain == "kvm" { VirtType::Kvm } else { VirtType::Qemu },
        machine: theirs.machine.as_deref().expect("one"),
        without_deprecated: false,
    };
    domain_capabilities(asked, capabilities, &facts(theirs.arch), &programs(), &[])
}

#[test]
fn devices_and_features_are_those_that_libvirt_tells() {
    for (name, mut theirs, capabilities) in pairs() {
        let mut ours = ours(&theirs, &capabilities);
        // How many guests can be encrypted is known to CPUID only.
        if let Some(sev) = &mut theirs.features.sev {
            (sev.max_guests, sev.max_es_guests) = (None, None);
        }
        // The recorded hosts have VFIO in libvirt's eyes whatever the binary says.
        if let Some(hostdev) =
            theirs.devices.hostdev.as_mut().filter(|_| !capabilities.has_device("vfio-pci"))
        {
            hostdev.choices.retain(|choices| choices.name != "pciBackend");
            hostdev.choices.push(Choices::new("pciBackend", [] as [&str; 0]));
        }
        // Firmware and CPUs have tests of their own.
        (theirs.os, ours.os) = (None, None);
        (theirs.cpu, ours.cpu) = Default::default();
        let (ours, theirs) = (to_string(&ours), to_string(&theirs));
        let differing = ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs);
        assert_eq!(differing, None, "{name}\n{ours}");
        assert_eq!(ours.len(), theirs.len(), "{name}");
    }
}

#[test]
fn cpus_are_those_that_libvirt_tells() {
    let mut wrong = Vec::new();
    let pairs = pairs();
    for (name, theirs, capabilities) in &pairs {
        let mut ours = ours(theirs, capabilities);
        for mode in ours.cpu.modes.iter_mut() {
            // POWER hosts of libvirt's tests have no vendor.
            if let (CpuModeSupport::HostModel(model), true) = (mode, theirs.arch.is_ppc64()) {
                model.vendor = None;
            }
        }
        // All but the CPUs has tests of its own.
        let theirs = DomainCapabilities { cpu: theirs.cpu.clone(), ..ours.clone() };
        let (ours, theirs) = (to_string(&ours), to_string(&theirs));
        if ours != theirs {
            let differing = ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs);
            wrong.push(format!("{name}: {differing:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), pairs.len(), wrong.join("\n"));
}

#[test]
fn guests_of_the_hosts_capabilities_are_those_that_libvirt_tells() {
    let Some(root) = fixtures() else { return };
    for (file, version) in [
        ("aarch64", "9.2.0"),
        ("s390x", "10.0.0"),
        ("sparc", "9.0.0"),
        ("loongarch64", "8.2.0"),
        ("armv7l", "8.2.0"),
    ] {
        let theirs = std::fs::read_to_string(root.join(format!("qemucaps2xmloutdata/caps.{file}.xml")));
        let replies =
            std::fs::read_to_string(root.join(format!("qemucapabilitiesdata/caps_{version}_{file}.replies")));
        let (Ok(theirs), Ok(replies)) = (theirs, replies) else { continue };
        let theirs: ferrovirt_conf::capabilities::Capabilities =
            from_str(&theirs, "fixture").expect("a document");
        let capabilities = decoded(&replies);
        let arch = arch_of(&capabilities.arch).expect("known");
        let binary = theirs.guests[0].arch.runner.emulator.clone().expect("one");
        let mut ours: GuestCapabilities = guest_capabilities(arch, Path::new(&binary), &capabilities);
        assert!(ours.arch.runner.machines.iter().all(|machine| machine.name != "none"));
        // These fixtures are made without machines.
        ours.arch.runner.machines.clear();
        assert_eq!(ours, theirs.guests[0], "{file}");
    }
}

#[test]
fn this_projects_own_recording_tells_machines_with_their_aliases() {
    let capabilities = decoded(include_str!("data/qemu-10.0.2-x86_64.replies"));
    let guest = guest_capabilities(Arch::X86_64, Path::new("/opt/qemu"), &capabilities);
    let machines: Vec<_> =
        guest.arch.runner.machines.iter().map(|m| (m.name.as_str(), m.canonical.as_deref())).collect();
    // The default machine is the first.
    assert_eq!(
        machines,
        [
            ("pc-i440fx-10.0", None),
            ("pc", Some("pc-i440fx-10.0")),
            ("pc-q35-10.0", None),
            ("q35", Some("pc-q35-10.0"))
        ]
    );
    let domains: Vec<_> = guest.arch.domains.iter().map(|domain| domain.kind.as_str()).collect();
    assert_eq!(domains, ["qemu", "kvm"]);
}

#[test]
fn a_host_without_anything_still_has_capabilities() {
    let host = host_capabilities(&facts(Arch::X86_64), (7, 8));
    assert_eq!(host.cpu.cpu.model, None);
    assert_eq!(host.security_models[1].base_labels[0].label, "+7:+8");
    assert_eq!(host.topology.map(|topology| topology.cells.len()), Some(1));
}
