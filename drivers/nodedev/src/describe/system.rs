//! The root of the tree: the host itself, as its firmware describes it.

use crate::sysfs::Tree;
use ferrovirt_conf::nodedev::{CapabilityBuilder, NodeDevice};
use ferrovirt_host::{KernelFiles, dmi};
use uuid::Uuid;

/// The name of the root.
pub const ROOT: &str = "computer";

pub fn system(tree: &Tree) -> NodeDevice {
    let folder = tree.join("sys/devices/virtual/dmi/id");
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).ok()?;
        let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
        (!text.is_empty()).then_some(text)
    };
    // Without firmware that tells anything, nothing is told.
    let uuid = match folder.exists() {
        true => dmi::host_uuid(&KernelFiles::at(tree.join("/"))).ok().flatten(),
        false => None,
    };
    let hardware = CapabilityBuilder::element("hardware")
        .maybe("vendor", read("sys_vendor"))
        .maybe("version", read("product_version"))
        .maybe("serial", read("product_serial"))
        .text("uuid", uuid.unwrap_or(Uuid::nil()));
    let firmware = CapabilityBuilder::element("firmware")
        .maybe("vendor", read("bios_vendor"))
        .maybe("version", read("bios_version"))
        .maybe("release_date", read("bios_date"));
    let capability = CapabilityBuilder::capability("system").maybe("product", read("product_name"));
    let capability = capability.child(hardware).child(firmware).finish();
    NodeDevice { name: ROOT.to_owned(), capabilities: vec![capability], ..NodeDevice::default() }
}
