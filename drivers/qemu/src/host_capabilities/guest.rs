//! `<guest>` of the host's capabilities: an architecture with its emulator and machines.

use std::path::Path;

use ferrovirt_conf::capabilities::{
    FeatureSwitch, GuestArch, GuestCapabilities, GuestDomain, GuestFeatures, GuestMachine, GuestRunner,
};
use ferrovirt_conf::cpu::Arch;
use ferrovirt_xml::YesNo;

use super::VirtType;
use crate::capabilities::{Accel, Capabilities};
use crate::qmp::types::MachineInfo;

/// Guests of an architecture, run by `binary`.
pub fn guest_capabilities(arch: Arch, binary: &Path, capabilities: &Capabilities) -> GuestCapabilities {
    let domain = |kind: VirtType| {
        capabilities
            .accelerator(kind.accel())
            .map(|_| GuestDomain { kind: kind.name().into(), runner: GuestRunner::default() })
    };
    let runner = GuestRunner {
        emulator: Some(binary.display().to_string()),
        loader: None,
        machines: machines(capabilities),
    };
    let domains = [VirtType::Qemu, VirtType::Kvm].into_iter().filter_map(domain).collect();
    GuestCapabilities {
        os_type: "hvm".into(),
        arch: GuestArch { name: arch, word_size: arch.bits(), runner, domains },
        features: Some(features(arch)),
    }
}

/// Each machine, those with an alias twice; the preferred one first.
fn machines(capabilities: &Capabilities) -> Vec<GuestMachine> {
    let Some(accelerator) = capabilities.accelerators().first() else { return Vec::new() };
    let first = preferred_machine(capabilities, accelerator.kind);
    let others =
        usable(&accelerator.machines).filter(|machine| first.is_none_or(|first| first.name != machine.name));
    let entries = |machine: &MachineInfo| {
        let named = GuestMachine {
            canonical: None,
            max_cpus: Some(machine.cpu_max).filter(|max| *max > 0),
            deprecated: machine.deprecated.then_some(YesNo::Yes),
            name: machine.name.clone(),
        };
        let alias = machine.alias.as_ref().map(|alias| GuestMachine {
            canonical: Some(machine.name.clone()),
            name: alias.clone(),
            ..named.clone()
        });
        std::iter::once(named).chain(alias)
    };
    first.into_iter().chain(others).flat_map(entries).collect()
}

/// The machine `none` is no machine.
fn usable(machines: &[MachineInfo]) -> impl Iterator<Item = &MachineInfo> {
    machines.iter().filter(|machine| machine.name != "none")
}

/// The machine for guests that ask for none.
pub(super) fn preferred_machine(capabilities: &Capabilities, accel: Accel) -> Option<&MachineInfo> {
    let machines = &capabilities.accelerator(accel)?.machines;
    let preferred = super::arch_of(&capabilities.arch).and_then(crate::defaults::preferred_machine);
    let named =
        |name: &str| usable(machines).filter(|m| m.name == name || m.alias.as_deref() == Some(name)).last();
    let preferred = preferred.and_then(named);
    preferred.or_else(|| capabilities.default_machine(accel)).or_else(|| usable(machines).next())
}

fn features(arch: Arch) -> GuestFeatures {
    let acpi = arch.is_x86() || matches!(arch, Arch::Aarch64 | Arch::Loongarch64);
    GuestFeatures {
        pae: arch == Arch::I686,
        non_pae: arch == Arch::I686,
        acpi: acpi.then(|| FeatureSwitch::on(true)),
        apic: arch.is_x86().then(|| FeatureSwitch::on(false)),
        cpu_selection: true,
        device_boot: true,
        disk_snapshot: Some(FeatureSwitch::on(false)),
        external_snapshot: true,
        ..GuestFeatures::default()
    }
}
