//! What a binary is asked, in which order: the tables behind a probe.

use super::answers::{Answers, Plan};
use crate::qmp::types::CpuModel;
use crate::qmp::*;

/// Devices whose properties some command line or some fact depends on. Those that a binary has not cost it
/// microseconds.
pub(super) const DEVICES: &[&str] = &[
    "ICH9-LPC",
    "PIIX4_PM",
    "VGA",
    "bochs-display",
    "cxl-type3",
    "ide-hd",
    "intel-iommu",
    "ioh3420",
    "kvm-pit",
    "mch",
    "nvdimm",
    "pci-bridge",
    "pcie-root-port",
    "pc-dimm",
    "qxl",
    "ramfb",
    "scsi-block",
    "scsi-hd",
    "scsi-generic",
    "spapr-pci-host-bridge",
    "usb-host",
    "usb-redir",
    "usb-storage",
    "vfio-pci",
    "vhost-user-fs-device",
    "vhost-user-fs-pci",
    "vhost-vsock-pci",
    "vhost-vsock-ccw",
    "virtio-balloon-ccw",
    "virtio-balloon-device",
    "virtio-balloon-pci",
    "virtio-blk-ccw",
    "virtio-blk-pci",
    "virtio-crypto-pci",
    "virtio-gpu-ccw",
    "virtio-gpu-device",
    "virtio-gpu-pci",
    "virtio-iommu-pci",
    "virtio-mem-pci",
    "virtio-net-ccw",
    "virtio-net-pci",
    "virtio-rng-pci",
    "virtio-scsi-ccw",
    "virtio-scsi-pci",
    "virtio-serial-pci",
    "virtio-sound-pci",
    "virtio-vga",
    "vmware-svga",
    "zpci",
];

/// Objects that are not devices.
const OBJECTS: &[&str] = &[
    "memory-backend-file",
    "memory-backend-memfd",
    "memory-backend-ram",
    "max-x86_64-cpu",
    "max-arm-cpu",
    "none-machine",
    "generic-pc-machine",
];

/// Machines whose own type, found by their alias, tells the properties of the family.
const FAMILIES: &[&str] = &["virt", "pseries", "s390-ccw-virtio"];

/// Whether a probe asks for the properties of this device.
pub(super) fn is_asked(device: &str) -> bool {
    DEVICES.contains(&device) || OBJECTS.contains(&device)
}

/// The first volley, which depends on nothing.
pub(super) fn first(plan: &mut Plan) {
    plan.ask(&QueryTarget {});
    plan.ask(&QueryKvm {});
    plan.ask(&QueryVersion {});
    plan.ask(&QuerySchema {});
    plan.ask(&QomListTypes::default());
    for device in DEVICES {
        plan.ask(&DeviceListProperties { typename: device.to_string() });
    }
    for object in OBJECTS {
        plan.ask(&QomListProperties { typename: object.to_string() });
    }
    plan.ask(&QueryTpmModels {});
    plan.ask(&QueryTpmTypes {});
    plan.ask(&QueryCommandLineOptions {});
    plan.ask(&QueryMigrateCapabilities {});
    plan.ask(&QueryGicCapabilities {});
    plan.ask(&QuerySevCapabilities {});
    plan.ask(&QuerySgxCapabilities {});
    accelerator(plan);
}

/// Whether the first process runs with KVM.
pub(super) fn has_kvm(answers: &Answers) -> bool {
    answers.get(&QueryKvm {}).is_some_and(|kvm| kvm.enabled)
}

/// What a second process is asked that runs without KVM.
pub(super) fn accelerator(plan: &mut Plan) {
    plan.ask(&QueryTarget {});
    plan.ask(&QueryKvm {});
    plan.ask(&QueryMachines {});
    plan.ask(&QueryCpuDefinitions {});
}

/// The second volley, which depends on the architecture and the machines.
pub(super) fn second(answers: &Answers, plan: &mut Plan) {
    let arch = answers.get(&QueryTarget {}).map(|target| target.arch).unwrap_or_default();
    let kvm = has_kvm(answers);
    for expansion in HostCpuQueries::for_target(&arch, kvm).all() {
        plan.ask(expansion);
    }
    if answers.has(&QomListTypes::default()) {
        for typename in family_types(answers) {
            plan.ask(&QomListProperties { typename });
        }
    }
}

/// The type names of the machines that stand for their families.
pub(super) fn family_types(answers: &Answers) -> Vec<String> {
    let machines = answers.get(&QueryMachines {}).unwrap_or_default();
    let of_family = |family: &&str| {
        let machine = machines.iter().find(|m| m.alias.as_deref() == Some(*family) || m.name == *family);
        machine.map(|machine| format!("{}-machine", machine.name))
    };
    FAMILIES.iter().filter_map(of_family).collect()
}

/// All objects whose properties are asked for in the first volley but devices.
pub(super) fn objects() -> &'static [&'static str] {
    OBJECTS
}

/// How the host's CPU is asked for; architectures differ in what they answer.
pub(super) struct HostCpuQueries {
    /// With what keeps the guest migratable only; the first that is answered counts.
    pub(super) main: Vec<QueryCpuModelExpansion>,
    /// With everything.
    pub(super) not_migratable: Option<QueryCpuModelExpansion>,
    /// For the properties that are on their way out.
    pub(super) full: Option<QueryCpuModelExpansion>,
    pub(super) hyperv: Option<QueryCpuModelExpansion>,
}

impl HostCpuQueries {
    pub(super) fn for_target(arch: &str, kvm: bool) -> Self {
        let expansion = |kind: &str, model| QueryCpuModelExpansion { r#type: kind.into(), model };
        let model = || CpuModel::named(if kvm { "host" } else { "max" });
        let all_of_it = || model().with("migratable", false);
        let x86 = matches!(arch, "x86_64" | "i386");
        // ARM has no static models; of the others some have, depending on QEMU's version.
        let kinds: &[&str] = match arch {
            "x86_64" | "i386" | "s390x" => &["static"],
            "aarch64" | "arm" => &["full"],
            _ => &["static", "full"],
        };
        Self {
            main: kinds.iter().map(|kind| expansion(kind, model())).collect(),
            not_migratable: x86.then(|| expansion("static", all_of_it())),
            full: (arch == "s390x").then(|| expansion("full", model())),
            hyperv: (x86 && kvm).then(|| expansion("full", all_of_it().with("hv-passthrough", true))),
        }
    }

    fn all(&self) -> impl Iterator<Item = &QueryCpuModelExpansion> {
        let further = [self.not_migratable.as_ref(), self.full.as_ref(), self.hyperv.as_ref()];
        self.main.iter().chain(further.into_iter().flatten())
    }
}
