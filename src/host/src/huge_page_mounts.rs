//! Where the kernel gives out huge pages as files: mounts of `hugetlbfs`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use ferrovirt_core::{Error, Result};

use crate::kernel_files::{KernelFiles, labelled_number};

/// A mount, with pages of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HugePageMount {
    pub path: PathBuf,
    /// In KiB.
    pub page_size: u64,
    /// Whether the kernel takes this size where none is asked for.
    pub default: bool,
}

/// All mounts that this process sees.
pub fn huge_page_mounts(files: &KernelFiles) -> Result<Vec<HugePageMount>> {
    let table = files.find_text("proc/mounts")?.unwrap_or_default();
    let memory = files.find_text("proc/meminfo")?.unwrap_or_default();
    let default = labelled_number(&memory, "Hugepagesize");
    let mounts = mount_points(&table).map(|path| {
        let page_size = huge_page_size(&path)?;
        Ok(HugePageMount { path, page_size, default: default == Some(page_size) })
    });
    mounts.collect()
}

/// The size of the pages behind the files in a folder, in KiB.
pub fn huge_page_size(folder: &Path) -> Result<u64> {
    let found = rustix::fs::statfs(folder)
        .map_err(|err| Error::system(err, format_args!("cannot examine the mount '{}'", folder.display())))?;
    u64::try_from(found.f_bsize)
        .map(|bytes| bytes / 1024)
        .map_err(|_| Error::internal(format!("the pages of the mount '{}' have no size", folder.display())))
}

fn mount_points(table: &str) -> impl Iterator<Item = PathBuf> {
    table.lines().filter_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (place, kind) = (fields.next()?, fields.next()?);
        (kind == "hugetlbfs").then(|| PathBuf::from(unescape(place)))
    })
}

/// Blanks and backslashes stand in the table by their octal numbers.
fn unescape(field: &str) -> OsString {
    let (mut out, mut rest) = (Vec::new(), field.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        let code = || after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (*byte == b'\\').then(code).flatten().and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[3..];
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;

    #[test]
    fn mounts_are_found_by_their_kind_and_their_names_are_decoded() {
        let table =
            "none /dev/hugepages hugetlbfs rw 0 0\ntmpfs /run tmpfs rw 0 0\nx /mnt/a\\040b hugetlbfs rw 0 0";
        let places: Vec<_> = mount_points(table).collect();
        assert_eq!(places, [Path::new("/dev/hugepages"), Path::new("/mnt/a b")]);
        assert_eq!(unescape("a\\9"), "a\\9");
    }

    #[test]
    fn a_host_without_mounts_has_none() {
        let (_root, files) = tree(&[("proc/mounts", "tmpfs /run tmpfs rw 0 0\n")]);
        assert_eq!(huge_page_mounts(&files).expect("readable"), []);
    }
}
