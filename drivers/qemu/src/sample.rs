//! For tests: guests as users write them, and a QEMU that has what tests ask for.

use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_core::Result;
use ferrovirt_core::layout::Layout;
use serde_json::json;

use crate::capabilities::Capabilities;
use crate::command::Settings;
use crate::layout::{Paths, Site};
use crate::{defaults, validate};

/// A QEMU for x86 with these devices besides the usual ones.
pub fn capabilities() -> Capabilities {
    let devices = [
        "ich9-ahci",
        "piix3-usb-uhci",
        "qemu-xhci",
        "i8042",
        "cirrus-vga",
        "VGA",
        "virtio-gpu-pci",
        "rtl8139",
        "lsi53c895a",
        "virtio-scsi-pci",
        "pcie-root-port",
        "pcie-pci-bridge",
        "usb-kbd",
        "usb-storage",
        "intel-iommu",
        "ich9-usb-ehci1",
        "ich9-usb-uhci1",
        "ich9-usb-uhci2",
        "ich9-usb-uhci3",
        "pvpanic",
    ];
    let types: serde_json::Map<_, _> = devices.iter().map(|name| (name.to_string(), json!(null))).collect();
    let machine = |name: &str, alias: &str| json!({"name": name, "alias": alias, "cpu-max": 288, "acpi": true, "default-cpu-type": "qemu64-x86_64-cpu"});
    let value = json!({
        "version": {"major": 10, "minor": 0, "micro": 0},
        "package": "", "arch": "x86_64", "kvm": false,
        "accelerators": [{
            "kind": "tcg",
            "machines": [machine("pc-i440fx-10.0", "pc"), machine("pc-q35-10.0", "q35")],
            "cpus": [{"name": "qemu64", "typename": "qemu64-x86_64-cpu"}],
            "host_cpu": null,
        }],
        "types": types,
        "properties": {"intel-iommu": {"intremap": {"kind": "OnOffAuto"}, "eim": {"kind": "OnOffAuto"}}},
        "options": {},
        "schema": serde_json::to_value(crate::capabilities::Schema::default()).expect("a plain value"),
        "tpm_models": [], "tpm_types": [], "migration_capabilities": [], "gic": [], "sev": null, "sgx": null,
    });
    serde_json::from_value(value).expect("the sample has all fields")
}

/// A definition with that machine type, more inside `<domain>`, and devices.
pub fn definition(machine: &str, inside: &str, devices: &str) -> String {
    format!(
        "<domain type='qemu'><name>sample</name><memory unit='MiB'>64</memory>{inside}<os><type arch='x86_64' \
         machine='{machine}'>hvm</type></os><devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{devices}\
         </devices></domain>"
    )
}

/// The definition, completed.
pub fn fill(machine: &str, inside: &str, devices: &str) -> Result<Domain> {
    fill_text(&definition(machine, inside, devices))
}

fn fill_text(text: &str) -> Result<Domain> {
    let mut model = Domain::parse(text, ParseFlags::DEFINE)?;
    let site = Site { paths: &Paths::new(Layout::system()), settings: &Settings::default(), secrets: None };
    defaults::fill(&mut model, &capabilities(), site, ParseFlags::DEFINE)?;
    Ok(model)
}

/// What becomes of it when a user defines it.
pub fn define(machine: &str, inside: &str, devices: &str) -> Result<Domain> {
    define_text(&definition(machine, inside, devices))
}

/// The same for any definition.
pub fn define_text(text: &str) -> Result<Domain> {
    let capabilities = capabilities();
    let model = fill_text(text)?;
    validate::validate(&model, &capabilities, &Settings::default(), ParseFlags::DEFINE)?;
    Ok(model)
}
