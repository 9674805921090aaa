//! What the kernel says of its interfaces, in files.

use ferrovirt_core::{Error, ErrorCode, InterfaceId, Result};
use std::fs;
use std::path::PathBuf;

/// The interfaces of the host.
#[derive(Debug, Clone)]
pub struct InterfaceState {
    /// `/`, but for tests.
    root: PathBuf,
}

impl Default for InterfaceState {
    fn default() -> Self {
        Self::at("/")
    }
}

/// An interface.
pub struct Interface {
    pub name: String,
    folder: PathBuf,
}

impl InterfaceState {
    pub(crate) fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// All interfaces, by name.
    pub(crate) fn all(&self) -> Result<Vec<Interface>> {
        let folder = self.root.join("sys/class/net");
        let failed = |err| Error::system(err, "cannot list the host's interfaces");
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Others than directories are settings, such as those of bonds.
            if let Some(name) = entry.file_name().to_str().filter(|_| entry.path().is_dir()) {
                found.push(Interface { name: name.to_owned(), folder: entry.path() });
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    pub(crate) fn find(&self, name: &str) -> Result<Interface> {
        let folder = self.root.join("sys/class/net").join(name);
        let usable = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
        match usable && folder.is_dir() {
            true => Ok(Interface { name: name.to_owned(), folder }),
            false => {
                Err(Error::new(ErrorCode::NoInterface, format!("couldn't find interface named '{name}'")))
            }
        }
    }

    /// What the kernel says of a VLAN.
    pub(crate) fn vlan(&self, name: &str) -> Result<String> {
        let path = self.root.join("proc/net/vlan").join(name);
        fs::read_to_string(path)
            .map_err(|err| Error::system(err, format_args!("cannot ask the kernel for the VLAN of '{name}'")))
    }
}

impl Interface {
    /// The content of one of its files, without the end of the line.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.folder.join(name)).ok()?;
        Some(text.trim_end_matches('\n').to_owned())
    }

    /// As [`Interface::attribute`], of what must be there and is a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        let number = self.attribute(name).and_then(|text| text.trim().parse().ok());
        number.ok_or_else(|| Error::internal(format!("the kernel does not tell '{name}' of '{}'", self.name)))
    }

    /// The kernel's word for what kind of interface it is, if it has one.
    pub fn kind(&self) -> Option<String> {
        let text = self.attribute("uevent")?;
        text.lines().find_map(|line| line.strip_prefix("DEVTYPE=").map(str::to_owned))
    }

    /// The names in one of its folders, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries =
            fs::read_dir(self.folder.join(folder)).into_iter().flatten().filter_map(|entry| entry.ok());
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    pub fn is_active(&self) -> bool {
        self.attribute("operstate").as_deref() == Some("up")
    }

    /// Whether a bridge has it.
    pub fn is_port(&self) -> bool {
        self.folder.join("brport").exists()
    }

    pub fn id(&self) -> InterfaceId {
        InterfaceId {
            name: self.name.as_str().into(),
            mac: self.attribute("address").unwrap_or_default().into(),
        }
    }
}
