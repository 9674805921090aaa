//! Where the emulators are: the binary that serves an architecture.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ferrovirt_conf::cpu::Arch;

use super::{is_native, qemu_name};

/// What some distributions have as their only binary, outside of the path.
const UNUSUAL: &str = "usr/libexec/qemu-kvm";

/// The places where programs are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPath {
    root: PathBuf,
    folders: Vec<PathBuf>,
}

impl SearchPath {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self::new("/", std::env::var_os("PATH").as_deref().unwrap_or(OsStr::new("/usr/bin:/bin")))
    }

    /// The folders of a `PATH`; `root` is where the binaries outside of it are looked for.
    pub fn new(root: impl Into<PathBuf>, path: &OsStr) -> Self {
        // Relative folders would depend on where the caller happens to be.
        let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
        Self { root: root.into(), folders: folders.collect() }
    }

    /// A program by its name.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(program)).find(|path| is_program(path))
    }

    /// The binary for guests of an architecture on a host.
    pub fn emulator(&self, host: Arch, guest: Arch) -> Option<PathBuf> {
        // Only the 64-bit binary can run 32-bit ARM guests on the CPU itself.
        let first = if host == Arch::Aarch64 && guest == Arch::Armv7l { host } else { guest };
        let target = match guest {
            Arch::Ppc64 | Arch::Ppc64le => Arch::Ppc64,
            guest if is_native(host, guest) => host,
            guest => guest,
        };
        let candidates = [first, guest, target];
        let found =
            candidates.iter().find_map(|arch| self.find(&format!("qemu-system-{}", qemu_name(*arch))));
        found.or_else(|| {
            let unusual = self.root.join(UNUSUAL);
            (is_native(host, guest) && is_program(&unusual)).then_some(unusual)
        })
    }

    /// The architectures that there is a binary for, in libvirt's order.
    pub fn emulators(&self, host: Arch) -> Vec<(Arch, PathBuf)> {
        Arch::ALL.iter().filter_map(|guest| Some((*guest, self.emulator(host, *guest)?))).collect()
    }
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_programs(names: &[&str]) -> (tempfile::TempDir, SearchPath) {
        let root = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, "").expect("written");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("changed");
        }
        let path = SearchPath::new(root.path(), root.path().join("bin").as_os_str());
        (root, path)
    }

    fn name(path: Option<PathBuf>) -> Option<String> {
        path.map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
    }

    #[test]
    fn an_architectures_own_binary_goes_first() {
        let (_root, path) =
            with_programs(&["bin/qemu-system-x86_64", "bin/qemu-system-i386", "bin/qemu-system-arm"]);
        assert_eq!(name(path.emulator(Arch::X86_64, Arch::I686)).as_deref(), Some("qemu-system-i386"));
        assert_eq!(name(path.emulator(Arch::Aarch64, Arch::Armv7l)).as_deref(), Some("qemu-system-arm"));
        assert_eq!(name(path.emulator(Arch::X86_64, Arch::S390x)), None);
        let found = path.emulators(Arch::X86_64);
        assert_eq!(
            found.iter().map(|(arch, _)| *arch).collect::<Vec<_>>(),
            [Arch::Armv6l, Arch::Armv7l, Arch::I686, Arch::X86_64]
        );
    }

    #[test]
    fn a_relative_runs_what_has_no_binary_of_its_own() {
        let (_root, path) = with_programs(&["bin/qemu-system-x86_64", "bin/qemu-system-ppc64"]);
        assert_eq!(name(path.emulator(Arch::X86_64, Arch::I686)).as_deref(), Some("qemu-system-x86_64"));
        assert_eq!(name(path.emulator(Arch::X86_64, Arch::Ppc64le)).as_deref(), Some("qemu-system-ppc64"));
        let (_root, path) = with_programs(&["usr/libexec/qemu-kvm"]);
        assert_eq!(name(path.emulator(Arch::X86_64, Arch::X86_64)).as_deref(), Some("qemu-kvm"));
        assert_eq!(name(path.emulator(Arch::X86_64, Arch::Aarch64)), None);
    }
}
