//! What the host offers beside CPUs and memory: its name, an IOMMU, VFIO, ways to sleep.

use ferrovirt_core::Result;

use crate::kernel_files::KernelFiles;

/// The host's name; fully qualified where `/etc/hosts` knows it so.
pub fn hostname(files: &KernelFiles) -> Result<String> {
    let uname = rustix::system::uname();
    let name = uname.nodename().to_string_lossy().into_owned();
    if name.contains('.') || name == "localhost" {
        return Ok(name);
    }
    let hosts = files.find_text("etc/hosts")?.unwrap_or_default();
    Ok(qualified(&hosts, &name).map_or(name, str::to_owned))
}

/// The canonical name of the line of `/etc/hosts` that has a name. A name for the loopback is nobody else's.
fn qualified<'a>(hosts: &'a str, name: &str) -> Option<&'a str> {
    hosts.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_ascii_whitespace().skip(1);
        let canonical = words.next()?;
        let found = canonical == name || words.any(|word| word == name);
        (found && canonical.contains('.') && !canonical.starts_with("localhost")).then_some(canonical)
    })
}

/// Whether devices can be kept from reaching all of memory.
pub fn has_iommu(files: &KernelFiles) -> Result<bool> {
    Ok(!files.names("sys/kernel/iommu_groups")?.is_empty())
}

/// Whether devices can be given to guests.
pub fn has_vfio(files: &KernelFiles) -> Result<bool> {
    Ok(has_iommu(files)? && files.exists("dev/vfio/vfio"))
}

/// The ways in which a host can sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sleep {
    /// To RAM.
    pub mem: bool,
    /// To disk.
    pub disk: bool,
    /// To disk, but staying in RAM.
    pub hybrid: bool,
}

/// How the kernel can put the host to sleep. Who asks for it decides whether there is swap to sleep in.
pub fn sleep(files: &KernelFiles) -> Result<Sleep> {
    let words = |path: &str| -> Result<Vec<String>> {
        let text = files.find_text(path)?.unwrap_or_default();
        Ok(text.split_ascii_whitespace().map(|word| word.trim_matches(['[', ']']).to_owned()).collect())
    };
    let states = words("sys/power/state")?;
    let modes = words("sys/power/disk")?;
    let has = |words: &[String], wanted: &str| words.iter().any(|word| word == wanted);
    let disk = has(&states, "disk") && modes.iter().any(|mode| mode != "disabled");
    Ok(Sleep { mem: has(&states, "mem"), disk, hybrid: disk && has(&modes, "suspend") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;

    #[test]
    fn a_name_is_qualified_only_by_a_line_of_its_own() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.1 no.example web\n10.0.0.2  web.example.org web # here\n";
        assert_eq!(qualified(hosts, "web"), Some("web.example.org"));
        assert_eq!(qualified(hosts, "localhost"), None);
        assert_eq!(qualified("10.0.0.2 web", "web"), None);
    }

    #[test]
    fn sleep_needs_the_kernels_word() {
        let (_root, files) = tree(&[
            ("sys/power/state", "freeze mem disk\n"),
            ("sys/power/disk", "[platform] shutdown suspend\n"),
        ]);
        assert_eq!(sleep(&files).expect("readable"), Sleep { mem: true, disk: true, hybrid: true });
        let (_root, files) =
            tree(&[("sys/power/state", "freeze disk\n"), ("sys/power/disk", "[disabled]\n")]);
        assert_eq!(sleep(&files).expect("readable"), Sleep::default());
        let (_root, files) = tree(&[]);
        assert_eq!(sleep(&files).expect("readable"), Sleep::default());
    }

    #[test]
    fn groups_make_an_iommu() {
        let (_root, files) = tree(&[("sys/kernel/iommu_groups/0/devices/x", ""), ("dev/vfio/vfio", "")]);
        assert!(has_iommu(&files).expect("readable") && has_vfio(&files).expect("readable"));
        let (_root, files) = tree(&[("dev/vfio/vfio", "")]);
        assert!(!has_vfio(&files).expect("readable"));
    }
}
