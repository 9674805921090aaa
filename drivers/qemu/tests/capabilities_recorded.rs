//! Recorded probes of many versions and architectures, read back and compared with what libvirt made of them.

use std::path::{Path, PathBuf};

use ferrovirt_driver_qemu::capabilities::{Accel, Answers, Capabilities, Fact};
use roxmltree::{Document, Node};

/// The fixtures' folder; says aloud where it is missing.
fn fixtures() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let root = std::env::var_os("FERROVIRT_FIXTURES").map_or(default, PathBuf::from);
    let folder = root.join("qemucapabilitiesdata");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no fixtures at '{}'; set FERROVIRT_FIXTURES", folder.display());
    None
}

/// Each recorded conversation with libvirt's own account of it.
fn recordings() -> Vec<(String, Capabilities, String)> {
    let Some(folder) = fixtures() else { return Vec::new() };
    let entries = std::fs::read_dir(&folder).expect("readable");
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("readable").path()) {
        if path.extension().is_none_or(|extension| extension != "replies") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let replies = std::fs::read_to_string(&path).expect("readable");
        let xml = std::fs::read_to_string(path.with_extension("xml")).expect("its companion");
        found.push((name, decoded(&replies), xml));
    }
    assert!(found.len() > 10, "only {} recordings in '{}'", found.len(), folder.display());
    found
}

fn decoded(replies: &str) -> Capabilities {
    let sessions = Answers::from_recording(replies).expect("a recording");
    Capabilities::from_answers(&sessions[0], sessions.get(1)).expect("a usable QEMU")
}

fn children<'a>(root: Node<'a, 'a>, name: &'static str, kind: Accel) -> impl Iterator<Item = Node<'a, 'a>> {
    let kind = if kind == Accel::Kvm { "kvm" } else { "tcg" };
    root.children().filter(move |node| node.has_tag_name(name) && node.attribute("type") == Some(kind))
}

fn yes(node: &Node<'_, '_>, name: &str) -> bool {
    node.attribute(name) == Some("yes")
}

#[test]
fn versions_machines_and_cpus_are_those_that_libvirt_reads() {
    for (name, ours, xml) in recordings() {
        let document = Document::parse(&xml).expect("XML");
        let root = document.root_element();
        let text =
            |tag| root.children().find(|n| n.has_tag_name(tag)).and_then(|n| n.text()).unwrap_or_default();
        assert_eq!(ours.version.as_number().to_string(), text("version"), "{name}");
        assert_eq!(ours.package, text("package"), "{name}");
        // libvirt has its own spelling of 32-bit ARM.
        let arch = if ours.arch == "arm" { "armv7l" } else { &ours.arch };
        assert_eq!(arch, text("arch"), "{name}");
        for accelerator in ours.accelerators() {
            let kind = accelerator.kind;
            let theirs: Vec<_> = children(root, "machine", kind).collect();
            // libvirt passes over the machine that is none, and puts the aliased ones first.
            assert_eq!(
                accelerator.machines.iter().filter(|m| m.name != "none").count(),
                theirs.len(),
                "{name}"
            );
            for node in theirs {
                let wanted = node.attribute("name").expect("a name");
                let machine = ours.machine(kind, wanted).unwrap_or_else(|| panic!("{name}: no {wanted}"));
                assert_eq!(machine.alias.as_deref(), node.attribute("alias"), "{name} {wanted}");
                assert_eq!(
                    machine.cpu_max.to_string(),
                    node.attribute("maxCpus").unwrap_or("0"),
                    "{name} {wanted}"
                );
                assert_eq!(machine.hotpluggable_cpus, yes(&node, "hotplugCpus"), "{name} {wanted}");
                assert_eq!(machine.numa_mem_supported, yes(&node, "numaMemSupported"), "{name} {wanted}");
                assert_eq!(machine.deprecated, yes(&node, "deprecated"), "{name} {wanted}");
                assert_eq!(machine.is_default, yes(&node, "default"), "{name} {wanted}");
                assert_eq!(
                    machine.default_cpu_type.as_deref(),
                    node.attribute("defaultCPU"),
                    "{name} {wanted}"
                );
                assert_eq!(
                    machine.default_ram_id.as_deref(),
                    node.attribute("defaultRAMid"),
                    "{name} {wanted}"
                );
                let acpi = machine.acpi.map(|acpi| if acpi { "yes" } else { "no" });
                assert_eq!(acpi, node.attribute("acpi"), "{name} {wanted}");
            }
            for node in children(root, "cpu", kind) {
                let wanted = node.attribute("name").expect("a name");
                // libvirt writes the names of POWER models in capitals; QEMU does not mind.
                let cpu = ours.cpu(kind, wanted).or_else(|| ours.cpu(kind, &wanted.to_lowercase()));
                let cpu = cpu.unwrap_or_else(|| panic!("{name}: no {wanted}"));
                assert_eq!(cpu.typename, node.attribute("typename").unwrap_or_default(), "{name} {wanted}");
                assert_eq!(cpu.deprecated, yes(&node, "deprecated"), "{name} {wanted}");
                let usable =
                    cpu.unavailable_features.as_ref().map(|f| if f.is_empty() { "yes" } else { "no" });
                assert_eq!(usable, node.attribute("usable"), "{name} {wanted}");
                let blockers: Vec<_> = node.children().filter_map(|b| b.attribute("name")).collect();
                assert_eq!(cpu.unavailable_features.clone().unwrap_or_default(), blockers, "{name} {wanted}");
            }
        }
    }
}

#[test]
fn the_hosts_cpu_expands_as_libvirt_has_it() {
    let mut compared = 0;
    for (name, ours, xml) in recordings() {
        let document = Document::parse(&xml).expect("XML");
        for accelerator in ours.accelerators() {
            let theirs = children(document.root_element(), "hostCPU", accelerator.kind).next();
            let Some(theirs) = theirs else { continue };
            let host = accelerator.host_cpu.as_ref().unwrap_or_else(|| panic!("{name}: no CPU of the host"));
            assert_eq!(Some(host.model.as_str()), theirs.attribute("model"), "{name}");
            for node in theirs.children().filter(|node| node.has_tag_name("property")) {
                let wanted = node.attribute("name").expect("a name");
                let property = host.property(wanted).unwrap_or_else(|| panic!("{name}: no {wanted}"));
                let value = match &property.value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(Some(value.as_str()), node.attribute("value"), "{name} {wanted}");
                let migratable = property.migratable.map(|m| if m { "yes" } else { "no" });
                assert_eq!(migratable, node.attribute("migratable"), "{name} {wanted}");
                compared += 1;
            }
            let deprecated: Vec<_> = theirs
                .descendants()
                .filter(|node| node.has_tag_name("deprecatedFeatures"))
                .flat_map(|node| node.children().filter_map(|p| p.attribute("name")))
                .collect();
            if !deprecated.is_empty() {
                assert_eq!(host.deprecated, deprecated, "{name}");
            }
        }
    }
    assert!(compared > 1000 || fixtures().is_none());
}

/// libvirt's names for facts that are asked here in QEMU's own terms.
const FLAGS: &[(&str, Fact<'_>)] = &[
    ("VGA", Fact::Device("VGA")),
    ("am53c974", Fact::Device("am53c974")),
    ("intel-iommu", Fact::Device("intel-iommu")),
    ("pcie-root-port", Fact::Device("pcie-root-port")),
    ("virtio-mem-pci", Fact::Device("virtio-mem-pci")),
    ("virtio-sound", Fact::Device("virtio-sound-device")),
    ("vmgenid", Fact::Device("vmgenid")),
    ("zpci", Fact::Device("zpci")),
    ("VGA.vgamem_mb", Fact::Property("VGA", "vgamem_mb")),
    ("intel-iommu.aw-bits", Fact::Property("intel-iommu", "aw-bits")),
    ("intel-iommu.dma-translation", Fact::Property("intel-iommu", "dma-translation")),
    ("mch.extended-tseg-mbytes", Fact::Property("mch", "extended-tseg-mbytes")),
    ("memory-backend-file.pmem", Fact::Property("memory-backend-file", "pmem")),
    ("pcie-root-port.hotplug", Fact::Property("pcie-root-port", "hotplug")),
    ("piix4.acpi-root-pci-hotplug", Fact::Property("PIIX4_PM", "acpi-root-pci-hotplug")),
    ("qxl.vram64_size_mb", Fact::Property("qxl", "vram64_size_mb")),
    ("virtio-blk-pci.scsi", Fact::Property("virtio-blk-pci", "scsi")),
    ("virtio-mem-pci.dynamic-memslots", Fact::Property("virtio-mem-pci", "dynamic-memslots")),
    ("virtio-net.rss", Fact::Property("virtio-net-pci", "rss")),
    ("machine-i8042-opt", Fact::Property("generic-pc-machine", "i8042")),
    ("machine.virt.iommu", Fact::MachineProperty("virt", "iommu")),
    ("machine.virt.ras", Fact::MachineProperty("virt", "ras")),
    ("machine.virt.aia", Fact::MachineProperty("virt", "aia")),
    ("machine-hpet", Fact::Parameter("machine", "hpet")),
    ("run-with.async-teardown", Fact::Parameter("run-with", "async-teardown")),
    ("spice", Fact::Option("spice")),
    ("seccomp-sandbox", Fact::Option("sandbox")),
    ("blockdev-set-active", Fact::Command("blockdev-set-active")),
    ("query-cpu-model-baseline", Fact::Command("query-cpu-model-baseline")),
    ("sev-inject-launch-secret", Fact::Command("sev-inject-launch-secret")),
    ("aio.io_uring", Fact::Schema("blockdev-add/arg-type/+file/aio/^io_uring")),
    ("chardev-reconnect-miliseconds", Fact::Schema("chardev-add/arg-type/backend/+socket/data/reconnect-ms")),
    ("device.json+hotplug", Fact::Schema("device_add/$json-cli-hotplug")),
    ("migrate-incoming.exit-on-error", Fact::Schema("migrate-incoming/arg-type/exit-on-error")),
    ("netdev.json", Fact::Schema("netdev_add/arg-type/type/^dgram")),
    ("netdev.stream.reconnect", Fact::Schema("netdev_add/arg-type/+stream/reconnect")),
    ("qcow2-discard-no-unref", Fact::Schema("blockdev-add/arg-type/+qcow2/discard-no-unref")),
    ("rbd-encryption-layering", Fact::Schema("blockdev-add/arg-type/+rbd/encrypt/parent")),
    ("rbd-encryption-luks-any", Fact::Schema("blockdev-add/arg-type/+rbd/encrypt/format/^luks-any")),
    ("virtio-blk-vhost-vdpa", Fact::Schema("blockdev-add/arg-type/+virtio-blk-vhost-vdpa/$fdset")),
];

#[test]
fn facts_hold_where_libvirt_has_a_flag_for_them() {
    let mut both_ways = FLAGS.iter().map(|_| (false, false)).collect::<Vec<_>>();
    for (name, ours, xml) in recordings() {
        let document = Document::parse(&xml).expect("XML");
        let flags: Vec<_> = document
            .root_element()
            .children()
            .filter(|node| node.has_tag_name("flag"))
            .filter_map(|node| node.attribute("name"))
            .collect();
        for ((flag, fact), seen) in FLAGS.iter().zip(&mut both_ways) {
            let told = ours.answers(fact);
            assert_eq!(told, flags.contains(flag), "{name}: {flag}, asked as {fact:?}");
            if told { seen.0 = true } else { seen.1 = true }
        }
    }
    if fixtures().is_some() {
        let decided = both_ways.iter().filter(|(yes, no)| *yes && *no).count();
        assert!(decided > 25, "only {decided} of these facts differ between the recordings");
        assert!(both_ways.iter().all(|(yes, _)| *yes), "a fact that never holds is misspelled");
    }
}

#[test]
fn this_projects_own_recording_is_read() {
    let ours = decoded(include_str!("data/qemu-10.0.2-x86_64.replies"));
    assert_eq!((ours.version.to_string().as_str(), ours.arch.as_str(), ours.kvm), ("10.0.2", "x86_64", true));
    assert_eq!(ours.accelerators().iter().map(|a| a.kind).collect::<Vec<_>>(), [Accel::Kvm, Accel::Tcg]);
    assert_eq!(ours.canonical_machine("q35"), "pc-q35-10.0");
    assert_eq!(ours.canonical_machine("pc-q35-10.0"), "pc-q35-10.0");
    assert_eq!(ours.default_machine(Accel::Kvm).expect("one").name, "pc-i440fx-10.0");
    assert!(ours.has_device("virtio-net-pci") && !ours.has_device("virtio-net-ccw"));
    assert!(ours.device_has_property("virtio-net-pci", "mac"));
    assert!(!ours.device_has_property("virtio-net-pci", "no-such-property"));
    assert!(ours.machine_has_property("q35", "i8042") && ours.machine_has_property("pc-q35-10.0", "i8042"));
    assert!(ours.supports_command("device_add") && !ours.supports_command("no-such-command"));
    assert!(ours.schema_has("device_add/$json-cli-hotplug"));
    assert!(ours.option_has_parameter("sandbox", "elevateprivileges"));
    let host = ours.accelerator(Accel::Kvm).and_then(|a| a.host_cpu.as_ref()).expect("expanded");
    assert_eq!(host.property("invtsc").and_then(|p| p.migratable), Some(false));
    // What is kept on disk is the same thing.
    let text = serde_json::to_string(&ours).expect("written");
    assert_eq!(serde_json::from_str::<Capabilities>(&text).expect("read"), ours);
}

#[test]
fn recordings_that_are_none_are_refused() {
    for broken in [
        "{",
        r#"{"return": {}}"#,
        r#"{"execute": "a"} {"execute": "b"}"#,
        r#"{"execute": "a"} {"return": 1}"#,
    ] {
        assert!(Answers::from_recording(broken).is_err(), "{broken}");
    }
    // A QEMU that answers nothing is an error, not a panic.
    let silent =
        Answers::from_recording(r#"{"execute": "qmp_capabilities"} {"return": {}}"#).expect("a recording");
    assert!(Capabilities::from_answers(&silent[0], None).is_err());
}
