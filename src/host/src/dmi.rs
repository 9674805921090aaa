//! What the firmware tells about the host (SMBIOS), as the kernel passes it on.

use ferrovirt_core::Result;
use uuid::Uuid;

use crate::kernel_files::KernelFiles;

const FOLDER: &str = "sys/class/dmi/id";

/// A part of the host and what is told of it: names and values, in libvirt's order and by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmiPart {
    /// Such as `bios`.
    pub name: &'static str,
    pub entries: Vec<(&'static str, String)>,
}

/// Each part, and each entry with the kernel's file that holds it.
const PARTS: &[(&str, &[(&str, &str)])] = &[
    (
        "bios",
        &[
            ("vendor", "bios_vendor"),
            ("version", "bios_version"),
            ("date", "bios_date"),
            ("release", "bios_release"),
        ],
    ),
    (
        "system",
        &[
            ("manufacturer", "sys_vendor"),
            ("product", "product_name"),
            ("version", "product_version"),
            ("serial", "product_serial"),
            ("uuid", "product_uuid"),
            ("sku", "product_sku"),
            ("family", "product_family"),
        ],
    ),
    (
        "baseBoard",
        &[
            ("manufacturer", "board_vendor"),
            ("product", "board_name"),
            ("version", "board_version"),
            ("serial", "board_serial"),
            ("asset", "board_asset_tag"),
        ],
    ),
    (
        "chassis",
        &[
            ("manufacturer", "chassis_vendor"),
            ("version", "chassis_version"),
            ("serial", "chassis_serial"),
            ("asset", "chassis_asset_tag"),
        ],
    ),
];

/// The parts of which anything is told; none if the host has no SMBIOS. What only root may read is left out for others.
pub fn parts(files: &KernelFiles) -> Vec<DmiPart> {
    let value = |file: &str| {
        let told = files.find_text(&format!("{FOLDER}/{file}")).ok().flatten();
        told.filter(|text| !text.is_empty())
    };
    let part = |(name, entries): &(&'static str, &'static [(&'static str, &'static str)])| {
        let told = entries.iter().filter_map(|(entry, file)| Some((*entry, value(file)?)));
        DmiPart { name, entries: told.collect() }
    };
    PARTS.iter().map(part).filter(|part| !part.entries.is_empty()).collect()
}

/// The UUID by which a host is known: the firmware's, or else the one made at installation.
pub fn host_uuid(files: &KernelFiles) -> Result<Option<Uuid>> {
    let firmware = files.find_text(&format!("{FOLDER}/product_uuid")).ok().flatten();
    let firmware = firmware.and_then(|text| Uuid::parse_str(&text).ok()).filter(is_usable);
    if firmware.is_some() {
        return Ok(firmware);
    }
    let installed = files.find_text("etc/machine-id")?;
    Ok(installed.and_then(|text| Uuid::parse_str(&text).ok()).filter(is_usable))
}

/// Careless makers give all their hosts the same digit throughout.
fn is_usable(uuid: &Uuid) -> bool {
    let digits = uuid.as_simple().to_string();
    let first = digits.chars().next();
    digits.chars().any(|digit| Some(digit) != first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;

    #[test]
    fn parts_with_nothing_to_tell_are_left_out() {
        let (_root, files) = tree(&[
            ("sys/class/dmi/id/bios_vendor", "Somebody\n"),
            ("sys/class/dmi/id/bios_date", "04/01/2014\n"),
            ("sys/class/dmi/id/product_name", "Thing & Co\n"),
            ("sys/class/dmi/id/product_serial", "\n"),
        ]);
        let parts = parts(&files);
        assert_eq!(parts.iter().map(|part| part.name).collect::<Vec<_>>(), ["bios", "system"]);
        assert_eq!(parts[0].entries, [("vendor", "Somebody".into()), ("date", "04/01/2014".into())]);
        assert_eq!(parts[1].entries, [("product", "Thing & Co".into())]);
    }

    #[test]
    fn a_uuid_that_all_hosts_have_is_none() {
        let id = "6c0ef4a2f8a04a0f9d6b1b1f9d3b2c11";
        let firmware = "sys/class/dmi/id/product_uuid";
        let (_root, files) =
            tree(&[("etc/machine-id", id), (firmware, "ffffffff-ffff-ffff-ffff-ffffffffffff")]);
        assert_eq!(host_uuid(&files).expect("readable"), Uuid::parse_str(id).ok());
        let (_root, files) = tree(&[(firmware, "6C0EF4A2-F8A0-4A0F-9D6B-1B1F9D3B2C12")]);
        let uuid = host_uuid(&files).expect("readable").expect("there");
        assert_eq!(uuid.to_string(), "6c0ef4a2-f8a0-4a0f-9d6b-1b1f9d3b2c12");
        let (_root, files) = tree(&[]);
        assert_eq!(host_uuid(&files).expect("readable"), None);
    }
}
