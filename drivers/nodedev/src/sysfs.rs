//! A device in the kernel's tree: its properties, its attributes, and what udev has noted of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The file system that devices are read from; `/`, but for tests.
#[derive(Debug, Clone)]
pub struct Tree(PathBuf);

/// A device.
#[derive(Debug, Clone)]
pub struct Device {
    root: PathBuf,
    /// Its place, such as `/sys/devices/virtual/net/lo`.
    pub path: String,
    pub subsystem: String,
    properties: BTreeMap<String, String>,
    /// The links below `/dev` that udev has made.
    pub links: Vec<String>,
}

/// Subsystems that have nothing that is told, and much of it.
const IGNORED: &[&str] = &["acpi", "tty", "vc", "i2c"];

impl Tree {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self(root.into())
    }

    /// A path below the root.
    pub fn join(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    /// All devices, those that others are on before those others.
    pub fn devices(&self) -> Vec<Device> {
        let Ok(root) = self.0.canonicalize() else { return Vec::new() };
        let mut paths = BTreeSet::new();
        for (folder, inside) in [("sys/bus", Some("devices")), ("sys/class", None)] {
            let subsystems = entries(&root.join(folder)).into_iter();
            for subsystem in subsystems.filter(|path| !IGNORED.iter().any(|ignored| path.ends_with(ignored)))
            {
                let folder = inside.map_or(subsystem.clone(), |inside| subsystem.join(inside));
                let links = entries(&folder).into_iter();
                paths.extend(links.filter_map(|link| target(&root, &folder, &link)));
            }
        }
        paths.into_iter().filter_map(|path| Self::read(&root, &path)).collect()
    }

    /// The device at a place that the kernel names, such as `/devices/virtual/net/lo`.
    pub fn device(&self, kernel_path: &str) -> Option<Device> {
        let root = self.0.canonicalize().ok()?;
        let path = self.join("sys").join(kernel_path.trim_start_matches('/')).canonicalize().ok()?;
        Self::read(&root, &path)
    }

    /// The device at a place without links on the way.
    fn read(root: &Path, path: &Path) -> Option<Device> {
        let shown = format!("/{}", path.strip_prefix(root).ok()?.to_str()?);
        let text = fs::read_to_string(path.join("uevent")).ok()?;
        let mut properties = BTreeMap::new();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            properties.insert(name.to_owned(), value.to_owned());
        }
        let subsystem = fs::read_link(path.join("subsystem")).ok();
        let subsystem = subsystem.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        let subsystem = subsystem.unwrap_or_default().to_owned();
        let mut device =
            Device { root: root.to_owned(), path: shown, subsystem, properties, links: Vec::new() };
        device.read_udev();
        Some(device)
    }
}

/// Where a subsystem's link leads, below the root: the kernel's go straight to a device, up first and then down, and
/// there are thousands. What is no link is the subsystem's own.
fn target(root: &Path, folder: &Path, link: &Path) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for part in fs::read_link(link).ok()?.components() {
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::RootDir => path = PathBuf::from("/"),
            Component::Prefix(_) => return None,
        }
    }
    path.starts_with(root).then_some(path)
}

/// What is in a folder, sorted; nothing where it can't be read.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let found =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut found: Vec<_> = found.collect();
    found.sort();
    found
}

impl Device {
    /// Its name in the kernel, the last part of its place.
    pub fn name(&self) -> String {
        self.path.rsplit('/').next().unwrap_or_default().replace('!', "/")
    }

    /// Where it is in the tree that was read.
    pub fn folder(&self) -> PathBuf {
        self.root.join(self.path.trim_start_matches('/'))
    }

    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    /// Its node below `/dev`.
    pub fn node(&self) -> Option<String> {
        let name = self.property("DEVNAME")?;
        Some(if name.starts_with('/') { name.to_owned() } else { format!("/dev/{name}") })
    }

    /// A text that the kernel has in a file, without control characters; nothing for an empty one.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let bytes = fs::read(self.folder().join(name)).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
        (!text.is_empty()).then_some(text)
    }

    /// As [`Device::attribute`], a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// As [`Device::number`], in hexadecimal digits, with `0x` before them or not.
    pub fn hexadecimal(&self, name: &str) -> Option<u32> {
        let text = self.attribute(name)?;
        let text = text.trim();
        u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
    }

    /// The last part of what a link in its folder points to.
    pub fn link(&self, name: &str) -> Option<String> {
        let target = fs::read_link(self.folder().join(name)).ok()?;
        Some(target.file_name()?.to_str()?.to_owned())
    }

    /// The driver that it has now.
    pub fn driver(&self) -> Option<String> {
        self.link("driver")
    }

    /// What udev has noted: properties, and links.
    fn read_udev(&mut self) {
        let Some(id) = self.udev_id() else { return };
        let Ok(text) = fs::read_to_string(self.root.join("run/udev/data").join(id)) else { return };
        for line in text.lines() {
            match line.split_once(':') {
                Some(("S", link)) => self.links.push(format!("/dev/{link}")),
                Some(("E", pair)) => {
                    if let Some((name, value)) = pair.split_once('=') {
                        self.properties.insert(name.to_owned(), value.to_owned());
                    }
                }
                _ => {}
            }
        }
        self.links.sort();
    }

    /// The name of udev's file about it.
    fn udev_id(&self) -> Option<String> {
        if let (Some(major), Some(minor)) = (self.property("MAJOR"), self.property("MINOR")) {
            let kind = if self.subsystem == "block" { 'b' } else { 'c' };
            return Some(format!("{kind}{major}:{minor}"));
        }
        match (&*self.subsystem, self.property("IFINDEX")) {
            ("", _) => None,
            ("net", Some(index)) => Some(format!("n{index}")),
            (subsystem, _) => Some(format!("+{subsystem}:{}", self.name())),
        }
    }
}
