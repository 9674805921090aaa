//! The firmware that is installed for guests, as its descriptor files tell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ferrovirt_conf::cpu::Arch;
use serde::Deserialize;

/// Less particular folders first: a file hides the one of its name in an earlier folder, an empty one hides it for good.
pub const FOLDERS: &[&str] = &["usr/share/qemu/firmware", "etc/qemu/firmware"];

/// What guests can boot with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    pub bios: bool,
    pub uefi: bool,
    /// It keeps its secrets in system management mode.
    pub needs_smm: bool,
    /// The image that QEMU maps; none if it is a kernel.
    pub image: Option<PathBuf>,
    targets: Vec<(Arch, Vec<String>)>,
}

impl Firmware {
    /// Whether it is made for a machine.
    pub fn fits(&self, arch: Arch, machine: &str) -> bool {
        let machines =
            self.targets.iter().filter(|(target, _)| *target == arch).flat_map(|(_, machines)| machines);
        machines.into_iter().any(|pattern| matches(pattern, machine))
    }
}

/// All firmware, in the order in which its makers want it to be preferred. Files that can't be read are passed over.
pub fn firmwares(root: &Path) -> Vec<Firmware> {
    let mut files: BTreeMap<_, PathBuf> = BTreeMap::new();
    for folder in FOLDERS {
        for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
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
    Some(descriptor.into())
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Descriptor {
    interface_types: Vec<String>,
    mapping: Mapping,
    targets: Vec<Target>,
    features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Mapping {
    device: String,
    filename: Option<PathBuf>,
    executable: Option<Executable>,
}

#[derive(Deserialize)]
struct Executable {
    filename: PathBuf,
}

#[derive(Deserialize)]
struct Target {
    architecture: String,
    machines: Vec<String>,
}

impl From<Descriptor> for Firmware {
    fn from(descriptor: Descriptor) -> Self {
        let Descriptor { interface_types, mapping, targets, features } = descriptor;
        let has = |kind: &str| interface_types.iter().any(|known| known == kind);
        let image = match mapping.device.as_str() {
            "flash" => mapping.executable.map(|executable| executable.filename),
            "memory" => mapping.filename,
            _ => None,
        };
        let targets = targets
            .into_iter()
            .filter_map(|target| Some((super::arch_of(&target.architecture)?, target.machines)))
            .collect();
        Self {
            bios: has("bios"),
            uefi: has("uefi"),
            needs_smm: features.iter().any(|feature| feature == "requires-smm"),
            image,
            targets,
        }
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
                    "mapping": {{"device": "flash", "executable": {{"filename": "{file}", "format": "raw"}}}},
                    "targets": [{{"architecture": "x86_64", "machines": ["pc-q35-*"]}}]}}"#
            )
        };
        write("usr/share/qemu/firmware/10-a.json", &descriptor("/a"));
        write("usr/share/qemu/firmware/20-b.json", &descriptor("/b"));
        write("usr/share/qemu/firmware/30-c.json", &descriptor("/c"));
        write("usr/share/qemu/firmware/40-d.json", "{");
        write("etc/qemu/firmware/10-a.json", &descriptor("/own"));
        write("etc/qemu/firmware/20-b.json", "");
        let found = firmwares(root.path());
        let images: Vec<_> = found.iter().filter_map(|firmware| firmware.image.as_deref()).collect();
        assert_eq!(images, [Path::new("/own"), Path::new("/c")]);
        assert!(found[0].uefi && found[0].needs_smm && !found[0].bios);
        assert!(found[0].fits(Arch::X86_64, "pc-q35-9.0") && !found[0].fits(Arch::Aarch64, "pc-q35-9.0"));
    }
}
