//! The files in which the kernel tells about the host: from the real root, or from a tree that a test has made.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, Result};

/// A root with `/sys` and `/proc` below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelFiles {
    root: PathBuf,
}

impl KernelFiles {
    /// Those of this host.
    pub fn host() -> Self {
        Self::at("/")
    }

    /// Those below another root.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `path` below the root; it is given without its first slash.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// A file's text without the blanks at its ends.
    pub fn text(&self, path: &str) -> Result<String> {
        let text = self.find_text(path)?;
        text.ok_or_else(|| {
            let text = format!("there is no '{}'", self.path(path).display());
            Error::system(std::io::Error::from(ErrorKind::NotFound), text)
        })
    }

    /// The same; `None` if there is no such file, or the thing that it is about is gone (an offline CPU's files
    /// can't be read).
    pub fn find_text(&self, path: &str) -> Result<Option<String>> {
        let path = self.path(path);
        match fs::read(&path) {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).trim().to_owned())),
            Err(err) if is_absence(&err) => Ok(None),
            Err(err) => Err(Error::system(err, format_args!("cannot read '{}'", path.display()))),
        }
    }

    /// A number that a file holds; `None` if there is no such file.
    pub fn find_number<T: FromStr>(&self, path: &str) -> Result<Option<T>> {
        let Some(text) = self.find_text(path)? else { return Ok(None) };
        let number = text.parse().map_err(|_| self.unexpected(path, &text, "a number"))?;
        Ok(Some(number))
    }

    /// A list of CPUs or nodes that a file holds, such as `0-3,8`; `None` if there is no such file.
    pub fn find_set(&self, path: &str) -> Result<Option<CpuSet>> {
        let Some(text) = self.find_text(path)? else { return Ok(None) };
        if text.is_empty() {
            return Ok(Some(CpuSet::new()));
        }
        let set = text.parse().map_err(|_| self.unexpected(path, &text, "a list such as 0-3,8"))?;
        Ok(Some(set))
    }

    /// The names in a folder, sorted; none if there is no such folder.
    pub fn names(&self, path: &str) -> Result<Vec<String>> {
        let path = self.path(path);
        let failed = |err| Error::system(err, format_args!("cannot list '{}'", path.display()));
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(err) if is_absence(&err) => return Ok(Vec::new()),
            Err(err) => return Err(failed(err)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// The numbers behind `prefix` of names in a folder, ascending: the 0 of `node0`.
    pub fn numbered(&self, path: &str, prefix: &str) -> Result<Vec<u32>> {
        let names = self.names(path)?;
        let mut numbers: Vec<u32> =
            names.iter().filter_map(|name| name.strip_prefix(prefix)?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn unexpected(&self, path: &str, text: &str, wanted: &str) -> Error {
        let path = self.path(path);
        Error::internal(format!("'{}' holds '{text}', which is not {wanted}", path.display()))
    }
}

impl AsRef<Path> for KernelFiles {
    fn as_ref(&self) -> &Path {
        &self.root
    }
}

/// Whether an error means that the file, or what it is about, is not there.
fn is_absence(err: &std::io::Error) -> bool {
    let gone = [rustix::io::Errno::NXIO, rustix::io::Errno::NODEV].map(rustix::io::Errno::raw_os_error);
    matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        || err.raw_os_error().is_some_and(|code| gone.contains(&code))
}

/// The number behind `name` in a text of lines such as `MemTotal:  13 kB` or `Node 0 MemTotal:  13 kB`.
pub(crate) fn labelled_number(text: &str, name: &str) -> Option<u64> {
    let of_line = |line: &str| {
        let (label, value) = line.split_once(':')?;
        let last = label.split_ascii_whitespace().next_back()?;
        (last == name).then(|| value.split_ascii_whitespace().next()?.parse().ok())?
    };
    text.lines().find_map(of_line)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A root with these files.
    pub(crate) fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, KernelFiles) {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        let files = KernelFiles::at(root.path());
        (root, files)
    }

    #[test]
    fn what_is_not_there_is_told_from_what_is_wrong() {
        let (_root, files) = tree(&[("sys/a", "7\n"), ("sys/list", "0-2,5\n"), ("sys/empty", "\n")]);
        assert_eq!(files.find_number::<u32>("sys/a").expect("readable"), Some(7));
        assert_eq!(files.find_number::<u32>("sys/b").expect("absent"), None);
        assert!(files.find_number::<u32>("sys/list").is_err() && files.text("sys/b").is_err());
        assert_eq!(files.find_set("sys/list").expect("readable").expect("there").len(), 4);
        assert!(files.find_set("sys/empty").expect("readable").expect("there").is_empty());
        assert_eq!(files.names("sys").expect("listed"), ["a", "empty", "list"]);
        assert!(files.names("proc").expect("absent").is_empty());
    }

    #[test]
    fn labels_may_stand_behind_other_words() {
        let text = "Node 0 MemTotal:       12 kB\nMemFree:  7 kB\nSwapFree: x\n";
        assert_eq!(labelled_number(text, "MemTotal"), Some(12));
        assert_eq!(labelled_number(text, "MemFree"), Some(7));
        assert_eq!(labelled_number(text, "SwapFree"), None);
        assert_eq!(labelled_number(text, "Free"), None);
    }
}
