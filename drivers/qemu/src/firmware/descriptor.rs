//! The firmware that is installed for guests, as its descriptor files tell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ferrovirt_conf::cpu::Arch;
use serde::Deserialize;

use crate::host_capabilities::arch_of;

/// The places for descriptors below the root of a host: first what comes with the firmware, then the host's own.
pub fn folders(root: &Path) -> Vec<PathBuf> {
    ["usr/share/qemu/firmware", "etc/qemu/firmware"].iter().map(|folder| root.join(folder)).collect()
}

/// What guests can boot with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    pub interfaces: Vec<Interface>,
    pub mapping: Mapping,
    features: Vec<Feature>,
    targets: Vec<(Arch, Vec<String>)>,
}

/// How a guest's system and the firmware speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interface {
    Bios,
    OpenFirmware,
    Uboot,
    Uefi,
}

/// What a descriptor promises, and what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    AcpiS3,
    AcpiS4,
    AmdSev,
    AmdSevEs,
    AmdSevSnp,
    EnrolledKeys,
    RequiresSmm,
    SecureBoot,
    /// Nothing that matters here.
    #[serde(other)]
    Unknown,
}

/// How QEMU is given the firmware.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "device", rename_all = "lowercase")]
pub enum Mapping {
    Flash {
        #[serde(default)]
        mode: FlashMode,
        executable: FlashFile,
        /// What the guest's variables start as; only of split ones.
        #[serde(rename = "nvram-template")]
        template: Option<FlashFile>,
    },
    Kernel {
        filename: String,
    },
    Memory {
        filename: String,
    },
}

/// Where the variables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlashMode {
    /// In a file of their own.
    #[default]
    Split,
    /// Beside the program.
    Combined,
    /// Nowhere.
    Stateless,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FlashFile {
    pub filename: String,
    pub format: String,
}

impl Firmware {
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    pub fn speaks(&self, interface: Interface) -> bool {
        self.interfaces.contains(&interface)
    }

    /// The image that QEMU maps; none if it is a kernel.
    pub fn image(&self) -> Option<&Path> {
        match &self.mapping {
            Mapping::Flash { executable, .. } => Some(Path::new(&executable.filename)),
            Mapping::Memory { filename } => Some(Path::new(filename)),
            Mapping::Kernel { .. } => None,
        }
    }

    /// Whether it is made for a machine.
    pub fn fits(&self, arch: Arch, machine: &str) -> bool {
        let machines =
            self.targets.iter().filter(|(target, _)| *target == arch).flat_map(|(_, machines)| machines);
        machines.into_iter().any(|pattern| matches(pattern, machine))
    }
}

/// All firmware, in the order in which its makers want it to be preferred. A file hides the one of its name in an
/// earlier folder, an empty one hides it for good. Files that can't be read are passed over.
pub fn firmwares(folders: &[PathBuf]) -> Vec<Firmware> {
    let mut files: BTreeMap<_, PathBuf> = BTreeMap::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                files.insert(entry.file_name(), path);
            }
        }
    }
    files.values().filter_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Option<Firmware> {
    let text = std::fs::read(path)
        .inspect_err(
            |error| tracing::warn!(path = %path.display(), %error, "firmware descriptor can't be read"),
        )
        .ok()?;
    if text.is_empty() {
        return None;
    }
    let descriptor: Descriptor = serde_json::from_slice(&text)
        .inspect_err(
            |error| tracing::warn!(path = %path.display(), %error, "firmware descriptor is malformed"),
        )
        .ok()?;
    descriptor.into_firmware()
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Descriptor {
    interface_types: Vec<Interface>,
    mapping: Mapping,
    targets: Vec<Target>,
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Target {
    architecture: String,
    machines: Vec<String>,
}

impl Descriptor {
    /// None if it is of no use here.
    fn into_firmware(self) -> Option<Firmware> {
        let Self { interface_types, mapping, targets, features } = self;
        if matches!(&mapping, Mapping::Flash { mode: FlashMode::Split, template: None, .. }) {
            return None;
        }
        let targets =
            targets.into_iter().map(|target| Some((arch_of(&target.architecture)?, target.machines)));
        Some(Firmware {
            interfaces: interface_types,
            mapping,
            features,
            targets: targets.collect::<Option<_>>()?,
        })
    }
}

/// Whether a text is what a pattern with `*` and `?` stands for.
fn matches(pattern: &str, text: &str) -> bool {
    let mut rest = text.chars();
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .any(|at| matches(pattern.as_str(), &text[at..])),
        Some('?') => rest.next().is_some() && matches(pattern.as_str(), rest.as_str()),
        Some(letter) => rest.next() == Some(letter) && matches(pattern.as_str(), rest.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_machines() {
        assert!(matches("pc-q35-*", "pc-q35-10.0") && matches("*", "") && matches("v?rt", "virt"));
        assert!(!matches("pc-q35-*", "pc-i440fx-10.0") && !matches("virt", "virt-9") && !matches("a?", "a"));
    }

    #[test]
    fn later_folders_hide_and_mask() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        };
        let descriptor = |file: &str| {
            format!(
                r#"{{"interface-types": ["uefi"], "features": ["requires-smm"],
                    "mapping": {{"device": "flash", "executable": {{"filename": "{file}", "format": "raw"}},
                    "nvram-template": {{"filename": "/vars", "format": "raw"}}}},
                    "targets": [{{"architecture": "x86_64", "machines": ["pc-q35-*"]}}]}}"#
            )
        };
        write("usr/share/qemu/firmware/10-a.json", &descriptor("/a"));
        write("usr/share/qemu/firmware/20-b.json", &descriptor("/b"));
        write("usr/share/qemu/firmware/30-c.json", &descriptor("/c"));
        write("usr/share/qemu/firmware/40-d.json", "{");
        write("etc/qemu/firmware/10-a.json", &descriptor("/own"));
        write("etc/qemu/firmware/20-b.json", "");
        let found = firmwares(&folders(root.path()));
        let images: Vec<_> = found.iter().filter_map(|firmware| firmware.image()).collect();
        assert_eq!(images, [Path::new("/own"), Path::new("/c")]);
        assert!(found[0].speaks(Interface::Uefi) && !found[0].speaks(Interface::Bios));
        assert!(found[0].has(Feature::RequiresSmm) && !found[0].has(Feature::SecureBoot));
        assert!(found[0].fits(Arch::X86_64, "pc-q35-9.0") && !found[0].fits(Arch::Aarch64, "pc-q35-9.0"));
    }
}
