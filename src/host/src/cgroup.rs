//! Control groups, version 1: a guest's own group in each controller's hierarchy, and groups of its threads below.
//!
//! Paths are libvirt's: `machine/NAME` below each controller's mount. A controller that is not mounted, or in which
//! nothing can be made, is not there; callers ask with [`Cgroup::has`].

use crate::KernelFiles;
use ferrovirt_core::{Error, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a hierarchy controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    Cpu,
    CpuAcct,
    CpuSet,
    Memory,
    Blkio,
}

impl Controller {
    pub const ALL: [Self; 5] = [Self::Cpu, Self::CpuAcct, Self::CpuSet, Self::Memory, Self::Blkio];
    /// Those in which single threads can be in groups of their own.
    const OF_THREADS: [Self; 3] = [Self::Cpu, Self::CpuAcct, Self::CpuSet];

    /// The kernel's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::CpuAcct => "cpuacct",
            Self::CpuSet => "cpuset",
            Self::Memory => "memory",
            Self::Blkio => "blkio",
        }
    }
}

/// A group, in all hierarchies in which it could be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cgroup {
    folders: Vec<(Controller, PathBuf)>,
}

/// The partition below which all guests are.
const PARTITION: &str = "machine";

impl Cgroup {
    /// Makes the group of a guest; one that is there already is taken as it is.
    pub fn make(files: &KernelFiles, name: &str) -> Self {
        let mut folders = Vec::new();
        for (controller, mount) in mounts(files) {
            let partition = mount.join(PARTITION);
            let folder = partition.join(name);
            let made = make_folder(controller, &partition).and_then(|()| make_folder(controller, &folder));
            match made {
                Ok(()) => folders.push((controller, folder)),
                Err(err) => {
                    tracing::debug!(controller = controller.name(), %err, "no groups can be made here");
                }
            }
        }
        Self { folders }
    }

    /// The group of a guest where it is there.
    pub fn find(files: &KernelFiles, name: &str) -> Option<Self> {
        let places = mounts(files).into_iter();
        let folders: Vec<_> =
            places.map(|(controller, mount)| (controller, mount.join(PARTITION).join(name))).collect();
        let folders: Vec<_> = folders.into_iter().filter(|(_, folder)| folder.is_dir()).collect();
        (!folders.is_empty()).then_some(Self { folders })
    }

    pub fn has(&self, controller: Controller) -> bool {
        self.folder(controller).is_some()
    }

    fn folder(&self, controller: Controller) -> Option<&Path> {
        self.folders.iter().find(|(known, _)| *known == controller).map(|(_, folder)| folder.as_path())
    }

    /// Makes a group for some threads of the guest, in the hierarchies in which threads can have one.
    pub fn make_child(&self, name: &str) -> Result<Self> {
        let mut folders = Vec::new();
        for (controller, folder) in &self.folders {
            if Controller::OF_THREADS.contains(controller) {
                let folder = folder.join(name);
                make_folder(*controller, &folder).map_err(|err| failed(err, "make", &folder))?;
                folders.push((*controller, folder));
            }
        }
        Ok(Self { folders })
    }

    /// Moves a process, with all its threads, into the group.
    pub fn add_process(&self, pid: u32) -> Result<()> {
        if let Some(memory) = self.folder(Controller::Memory) {
            // What it has taken before counts from now on, too. A kernel that can't do that any more says so.
            let _ = fs::write(memory.join("memory.move_charge_at_immigrate"), "3");
        }
        self.write_all("cgroup.procs", pid)
    }

    /// Moves one thread into the group.
    pub fn add_thread(&self, tid: u32) -> Result<()> {
        self.write_all("tasks", tid)
    }

    fn write_all(&self, file: &str, number: u32) -> Result<()> {
        for (_, folder) in &self.folders {
            let path = folder.join(file);
            fs::write(&path, number.to_string()).map_err(|err| failed(err, "write", &path))?;
        }
        Ok(())
    }

    /// Whether nothing runs in the group.
    pub fn is_vacant(&self) -> bool {
        self.folders.iter().all(|(_, folder)| {
            fs::read_to_string(folder.join("cgroup.procs")).is_ok_and(|text| text.trim().is_empty())
        })
    }

    /// Whether this process is in the group, or in one below it.
    pub fn holds(&self, pid: u32) -> bool {
        let Some((_, folder)) = self.folders.first() else { return false };
        let below = fs::read_dir(folder).into_iter().flatten().filter_map(std::result::Result::ok);
        let all = below.map(|entry| entry.path()).filter(|path| path.is_dir()).chain([folder.clone()]);
        let number = pid.to_string();
        let mut lists = all.filter_map(|folder| fs::read_to_string(folder.join("tasks")).ok());
        lists.any(|list| list.lines().any(|line| line == number))
    }

    /// Whether a setting is there: kernels differ.
    pub fn knows(&self, controller: Controller, file: &str) -> bool {
        self.folder(controller).is_some_and(|folder| folder.join(file).exists())
    }

    /// Changes a setting.
    pub fn set(&self, controller: Controller, file: &str, value: &str) -> Result<()> {
        let path = self.path(controller, file)?;
        fs::write(&path, value)
            .map_err(|err| Error::system(err, format_args!("cannot write '{value}' to '{}'", path.display())))
    }

    /// The value of a setting.
    pub fn get(&self, controller: Controller, file: &str) -> Result<String> {
        let path = self.path(controller, file)?;
        let text = fs::read_to_string(&path).map_err(|err| failed(err, "read", &path))?;
        Ok(text.trim().to_owned())
    }

    /// A setting that is a number.
    pub fn number<T: std::str::FromStr>(&self, controller: Controller, file: &str) -> Result<T> {
        let text = self.get(controller, file)?;
        text.parse().map_err(|_| Error::internal(format!("'{file}' of a control group holds '{text}'")))
    }

    fn path(&self, controller: Controller, file: &str) -> Result<PathBuf> {
        let folder = self.folder(controller).ok_or_else(|| {
            let text = format!("the cgroup controller '{}' is not mounted", controller.name());
            Error::operation_invalid(text)
        })?;
        Ok(folder.join(file))
    }

    /// Removes the group and those below it; nothing may run there any more.
    pub fn remove(&self) -> Result<()> {
        let mut outcome = Ok(());
        for (_, folder) in &self.folders {
            let below = fs::read_dir(folder).into_iter().flatten().filter_map(std::result::Result::ok);
            let below = below.map(|entry| entry.path()).filter(|path| path.is_dir());
            for folder in below.chain([folder.clone()]) {
                match fs::remove_dir(&folder) {
                    Err(err) if err.kind() != ErrorKind::NotFound => {
                        outcome = Err(failed(err, "remove", &folder));
                    }
                    _ => {}
                }
            }
        }
        outcome
    }
}

fn failed(err: std::io::Error, what: &str, path: &Path) -> Error {
    Error::system(err, format_args!("cannot {what} '{}'", path.display()))
}

/// Makes a group's folder. One for CPU sets can hold nothing before it has the sets of the one above.
fn make_folder(controller: Controller, folder: &Path) -> std::io::Result<()> {
    match fs::create_dir(folder) {
        Err(err) if err.kind() == ErrorKind::AlreadyExists => return Ok(()),
        outcome => outcome?,
    }
    if controller == Controller::CpuSet
        && let Some(above) = folder.parent()
    {
        for file in ["cpuset.cpus", "cpuset.mems"] {
            fs::write(folder.join(file), fs::read(above.join(file))?)?;
        }
    }
    if controller == Controller::Memory {
        // Kernels that always count so have no such file, or refuse to change it.
        let _ = fs::write(folder.join("memory.use_hierarchy"), "1");
    }
    Ok(())
}

/// Where the hierarchies are.
fn mounts(files: &KernelFiles) -> Vec<(Controller, PathBuf)> {
    let text = files.find_text("proc/self/mountinfo").ok().flatten().unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines() {
        let Some((place, kind)) = line.split_once(" - ") else { continue };
        let mut kind = kind.split(' ');
        let (Some("cgroup"), Some(options)) = (kind.next(), kind.nth(1)) else { continue };
        let Some(mount) = place.split(' ').nth(4) else { continue };
        for controller in Controller::ALL {
            let known = |(other, _): &(Controller, PathBuf)| *other == controller;
            if options.split(',').any(|option| option == controller.name()) && !found.iter().any(known) {
                found.push((controller, files.path(mount.trim_start_matches('/'))));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;

    const MOUNTS: &str = "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n\
        31 25 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n\
        32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn a_guest_has_a_group_in_each_hierarchy_and_leaves_none() {
        let (root, files) = tree(&[
            ("proc/self/mountinfo", MOUNTS),
            ("sys/fs/cgroup/cpu,cpuacct/tasks", ""),
            ("sys/fs/cgroup/cpuset/cpuset.cpus", "0-1"),
            ("sys/fs/cgroup/cpuset/cpuset.mems", "0"),
        ]);
        let group = Cgroup::make(&files, "qemu-1-web.libvirt-qemu");
        assert!(group.has(Controller::Cpu) && group.has(Controller::CpuAcct));
        assert!(!group.has(Controller::Memory));
        assert_eq!(group.get(Controller::CpuSet, "cpuset.cpus").unwrap(), "0-1");
        group.set(Controller::Cpu, "cpu.shares", "512").unwrap();
        assert_eq!(group.number::<u64>(Controller::Cpu, "cpu.shares").unwrap(), 512);
        assert!(group.get(Controller::Memory, "memory.limit_in_bytes").is_err());
        assert_eq!(Cgroup::find(&files, "qemu-1-web.libvirt-qemu"), Some(group.clone()));
        assert_eq!(Cgroup::find(&files, "other"), None);
        let folder = root.path().join("sys/fs/cgroup/cpu,cpuacct/machine/qemu-1-web.libvirt-qemu");
        assert!(folder.is_dir());
    }
}
