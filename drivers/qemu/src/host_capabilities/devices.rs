//! `<devices>` of domain capabilities: what each kind of device can be, as questions to the binary.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain_capabilities::{DeviceSupport, Support};

use super::HostFacts;
use super::domain::Programs;
use crate::capabilities::{Capabilities, Fact};

/// A value and what must be there for it, one of it being enough; nothing means that it is always there.
type Row<'a> = (&'static str, &'a [Fact<'static>]);

/// The values that the binary has.
fn having<'a>(capabilities: &Capabilities, rows: &[Row<'a>]) -> Vec<&'static str> {
    let there = |facts: &[Fact<'_>]| facts.is_empty() || facts.iter().any(|fact| capabilities.answers(fact));
    rows.iter().filter(|(_, facts)| there(facts)).map(|(value, _)| *value).collect()
}

const TRANSITIONAL: &[Fact<'static>] = &[
    Fact::Device("virtio-blk-pci-transitional"),
    Fact::Device("virtio-net-pci-transitional"),
    Fact::Device("virtio-rng-pci-transitional"),
];

pub(super) fn device_support(
    capabilities: &Capabilities,
    facts: &HostFacts,
    programs: &Programs,
    arch: Arch,
    machine: &str,
) -> DeviceSupport {
    DeviceSupport {
        disk: Some(disk(capabilities, arch, machine)),
        graphics: Some(graphics(capabilities, programs)),
        video: Some(video(capabilities)),
        hostdev: Some(hostdev(capabilities, facts)),
        rng: Some(rng(capabilities)),
        filesystem: Some(filesystem(capabilities)),
        tpm: Some(tpm(capabilities, programs)),
        redirdev: Some(if capabilities.has_device("usb-redir") {
            Support::yes().choice("bus", ["usb"])
        } else {
            Support::no()
        }),
        channel: Some(Support::yes().choice(
            "type",
            having(capabilities, &[("pty", &[]), ("unix", &[]), ("spicevmc", &[Fact::Option("spice")])]),
        )),
        crypto: Some(crypto(capabilities)),
        interface: Some(Support::yes().choice(
            "backendType",
            having(
                capabilities,
                &[
                    ("default", &[Fact::Schema("netdev_add/arg-type/+user")]),
                    ("passt", &[Fact::Schema("netdev_add/arg-type/+stream")]),
                ],
            ),
        )),
        panic: Some(panic(capabilities, arch, machine)),
    }
}

fn disk(capabilities: &Capabilities, arch: Arch, machine: &str) -> Support {
    let floppy = !is_pseries(arch, machine);
    let ide = is_i440fx(arch, machine) || ["malta", "sun4u", "g3beige"].contains(&machine);
    let mut devices = vec!["disk", "cdrom"];
    devices.extend(floppy.then_some("floppy"));
    devices.push("lun");
    let mut buses = Vec::new();
    buses.extend(ide.then_some("ide"));
    buses.extend(floppy.then_some("fdc"));
    buses.extend(having(
        capabilities,
        &[
            ("scsi", &[]),
            ("virtio", &[]),
            ("usb", &[Fact::Device("usb-storage")]),
            ("sata", &[Fact::Device("ich9-ahci")]),
        ],
    ));
    let models = having(
        capabilities,
        &[("virtio", &[]), ("virtio-transitional", TRANSITIONAL), ("virtio-non-transitional", TRANSITIONAL)],
    );
    Support::yes().choice("diskDevice", devices).choice("bus", buses).choice("model", models)
}

fn graphics(capabilities: &Capabilities, programs: &Programs) -> Support {
    let dbus = Fact::Schema("query-display-options/ret-type/+dbus");
    let mut types = having(
        capabilities,
        &[
            ("sdl", &[Fact::Schema("query-display-options/ret-type/+sdl")]),
            ("vnc", &[Fact::Command("query-vnc")]),
            ("rdp", &[dbus]),
            ("spice", &[Fact::Option("spice")]),
            ("egl-headless", &[Fact::Schema("query-display-options/ret-type/+egl-headless")]),
            ("dbus", &[dbus]),
        ],
    );
    types.retain(|kind| *kind != "rdp" || programs.rdp_server);
    Support::yes().choice("type", types)
}

fn video(capabilities: &Capabilities) -> Support {
    let models = having(
        capabilities,
        &[
            ("vga", &[Fact::Device("VGA")]),
            ("cirrus", &[Fact::Device("cirrus-vga")]),
            ("vmvga", &[Fact::Device("vmware-svga")]),
            ("qxl", &[Fact::Device("qxl")]),
            ("virtio", &[Fact::Device("virtio-gpu-pci"), Fact::Device("virtio-gpu-ccw")]),
            ("none", &[]),
            ("bochs", &[Fact::Device("bochs-display")]),
            ("ramfb", &[Fact::Device("ramfb")]),
        ],
    );
    Support::yes().choice("modelType", models)
}

fn hostdev(capabilities: &Capabilities, facts: &HostFacts) -> Support {
    let controllers: Vec<Fact<'static>> = [
        "piix3-usb-uhci",
        "piix4-usb-uhci",
        "usb-ehci",
        "ich9-usb-ehci1",
        "vt82c686b-usb-uhci",
        "pci-ohci",
        "nec-usb-xhci",
        "qemu-xhci",
    ]
    .map(Fact::Device)
    .into();
    let kinds = having(capabilities, &[("usb", &controllers), ("pci", &[]), ("scsi", &[])]);
    let vfio = facts.vfio && capabilities.has_device("vfio-pci");
    let backends: &[&str] = if vfio { &["default", "vfio"] } else { &[] };
    Support::yes()
        .choice("mode", ["subsystem"])
        .choice("startupPolicy", ["default", "mandatory", "requisite", "optional"])
        .choice("subsysType", kinds)
        .choice("capsType", [] as [&str; 0])
        .choice("pciBackend", backends)
}

fn rng(capabilities: &Capabilities) -> Support {
    const VIRTIO: &[Fact<'static>] =
        &[Fact::Device("virtio-rng-pci"), Fact::Device("virtio-rng-ccw"), Fact::Device("virtio-rng-device")];
    let models = having(
        capabilities,
        &[
            ("virtio", VIRTIO),
            ("virtio-transitional", TRANSITIONAL),
            ("virtio-non-transitional", TRANSITIONAL),
        ],
    );
    let backends = having(
        capabilities,
        &[
            ("random", &[Fact::Device("rng-random")]),
            ("egd", &[Fact::Device("rng-egd")]),
            ("builtin", &[Fact::Device("rng-builtin")]),
        ],
    );
    Support::yes().choice("model", models).choice("backendModel", backends)
}

fn filesystem(capabilities: &Capabilities) -> Support {
    let virtiofs: &[Fact<'static>] = &[Fact::Device("vhost-user-fs-device")];
    let drivers = having(capabilities, &[("path", &[]), ("handle", &[]), ("virtiofs", virtiofs)]);
    Support::yes().choice("driverType", drivers)
}

fn tpm(capabilities: &Capabilities, programs: &Programs) -> Support {
    let models: Vec<&str> = ["tpm-tis", "tpm-crb", "tpm-spapr", "spapr-tpm-proxy"]
        .into_iter()
        .filter(|model| {
            capabilities.tpm_models.iter().any(|known| known == model) || capabilities.has_device(model)
        })
        .collect();
    if models.is_empty() {
        return Support::no();
    }
    let has = |kind: &str| capabilities.tpm_types.iter().any(|known| known == kind);
    let mut backends = Vec::new();
    backends.extend(has("passthrough").then_some("passthrough"));
    if has("emulator") && programs.has_tpm_emulator() {
        backends.extend(["emulator", "external"]);
    }
    let support = Support::yes().choice("model", models).choice("backendModel", backends);
    match programs.tpm_versions.as_slice() {
        [] => support,
        versions => support.choice("backendVersion", versions),
    }
}

fn crypto(capabilities: &Capabilities) -> Support {
    let models: &[Fact<'static>] = &[Fact::Device("virtio-crypto-device"), Fact::Device("virtio-crypto-pci")];
    let backends: &[Fact<'static>] = &[Fact::Device("cryptodev-backend-lkcf")];
    Support::yes()
        .choice("model", having(capabilities, &[("virtio", models)]))
        .choice("type", ["qemu"])
        .choice("backendModel", having(capabilities, &[("builtin", &[]), ("lkcf", backends)]))
}

fn panic(capabilities: &Capabilities, arch: Arch, machine: &str) -> Support {
    let models: Vec<&str> = [
        ("isa", capabilities.has_device("pvpanic")),
        ("pseries", is_pseries(arch, machine)),
        ("hyperv", arch.is_x86()),
        ("s390", arch.is_s390()),
        ("pvpanic", capabilities.has_device("pvpanic-pci")),
    ]
    .into_iter()
    .filter_map(|(model, there)| there.then_some(model))
    .collect();
    if models.is_empty() { Support::no() } else { Support::yes().choice("model", models) }
}

pub(super) fn is_i440fx(arch: Arch, machine: &str) -> bool {
    arch.is_x86()
        && (machine == "pc"
            || ["pc-i440fx-", "pc-0.", "pc-1.", "rhel"].iter().any(|p| machine.starts_with(p)))
}

fn is_pseries(arch: Arch, machine: &str) -> bool {
    arch.is_ppc64() && (machine == "pseries" || machine.starts_with("pseries-"))
}
