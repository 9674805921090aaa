//! Compiles and runs programs against the prefix that `cargo xtask test` has laid out.
#![allow(dead_code)] // each test binary uses its part

pub mod daemon;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The prefix to test; without it the test is skipped, aloud.
pub fn prefix() -> Option<PathBuf> {
    let found = std::env::var_os("FERROVIRT_PREFIX").map(PathBuf::from);
    if found.is_none() {
        println!("SKIPPED: FERROVIRT_PREFIX is not set; run cargo xtask test");
    }
    found
}

/// Kernel and initial file system of the test guest.
pub fn guest_files() -> Option<(String, String)> {
    let kernel = std::env::var("FERROVIRT_GUEST_KERNEL");
    let initrd = std::env::var("FERROVIRT_GUEST_INITRD");
    match (kernel, initrd) {
        (Ok(kernel), Ok(initrd)) => Some((kernel, initrd)),
        _ => {
            println!("SKIPPED: FERROVIRT_GUEST_KERNEL and _INITRD are not set; run cargo xtask test");
            None
        }
    }
}

/// A folder of its own for a driver, gone afterwards.
pub struct Scratch(TempDir);

impl Scratch {
    /// `None`, aloud, for who may not make network namespaces.
    pub fn new() -> Option<Self> {
        let allowed =
            Command::new("unshare").args(["-n", "true"]).output().is_ok_and(|out| out.status.success());
        if !allowed {
            println!("SKIPPED: this test needs a network namespace of its own, and so root");
            return None;
        }
        Some(Self(tempfile::tempdir().expect("a temporary folder")))
    }

    pub fn root(&self) -> String {
        self.0.path().display().to_string()
    }

    /// Runs the program several times in one network namespace, each run with its arguments. All but the last may end
    /// as they like: they are killed on purpose.
    pub fn in_one_namespace(&self, program: &Program, runs: &[&[&str]]) {
        let quote = |word: &str| format!("'{word}'");
        let lines = runs.iter().map(|arguments| {
            let words: Vec<_> = arguments.iter().map(|word| quote(word)).collect();
            format!("{} {}", quote(&program.path.display().to_string()), words.join(" "))
        });
        let script = format!("ip link set lo up; {}", lines.collect::<Vec<_>>().join("; "));
        Finished(in_namespace(&program.prefix).args(["sh", "-c", &script]).output().expect("unshare runs"))
            .succeeds();
    }
}

impl Scratch {
    /// Runs a script in a network namespace, with the folder, our daemon, and the program with its arguments.
    pub fn run_script(&self, program: &Program, script: &str, arguments: &[&str]) -> String {
        let script = format!("ip link set lo up; {script}");
        let output = in_namespace(&program.prefix)
            .args(["sh", "-c", &script, "sh", &self.root()])
            .arg(program.prefix.join("sbin/libvirtd"))
            .arg(&program.path)
            .args(["--root", &self.root()])
            .args(arguments)
            .output()
            .expect("unshare runs");
        Finished(output).succeeds()
    }
}

/// A compiled C program.
pub struct Program {
    path: PathBuf,
    prefix: PathBuf,
    _folder: TempDir,
}

impl Program {
    /// Compiles a program of `tests/c` against the prefix, warnings being errors.
    pub fn compile(source: &str) -> Option<Self> {
        Self::compile_with(source, &["--cflags", "--libs"])
    }

    /// The same for a program that loads the library itself.
    pub fn compile_unlinked(source: &str) -> Option<Self> {
        Self::compile_with(source, &["--cflags"])
    }

    fn compile_with(source: &str, wanted: &[&str]) -> Option<Self> {
        let prefix = prefix()?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("program");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c").join(source);
        let flags = Command::new("pkg-config")
            .args(wanted)
            .args(["libvirt", "libvirt-qemu", "libvirt-lxc"])
            .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"))
            .output()
            .expect("pkg-config runs");
        assert!(flags.status.success(), "{}", String::from_utf8_lossy(&flags.stderr));
        let flags = String::from_utf8(flags.stdout).expect("flags are text");
        let compiled = Command::new("cc")
            .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-o"])
            .arg(&path)
            .arg(&source)
            .args(flags.split_whitespace())
            .output()
            .expect("cc runs");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        Some(Self { path, prefix, _folder: folder })
    }

    /// Runs it in a network namespace of its own.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.run_after("true", arguments)
    }

    /// Runs it on the libraries of a folder, with nothing of the user's around it.
    pub fn run_on(&self, library: &Path) -> Finished {
        self.run_with(library, &[])
    }

    /// The same, with these variables in its environment.
    pub fn run_with(&self, library: &Path, variables: &[(&str, &str)]) -> Finished {
        let home = self._folder.path();
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", "300"]).arg(&self.path).env("LD_LIBRARY_PATH", library);
        command.env("HOME", home).env("XDG_CONFIG_HOME", home).env("XDG_RUNTIME_DIR", home).current_dir(home);
        command.envs(variables.iter().copied());
        Finished(command.output().expect("timeout runs"))
    }

    /// The folder of our libraries.
    pub fn library(&self) -> PathBuf {
        self.prefix.join("lib")
    }

    /// Runs it after a shell command that changes its view of the host; its mounts are its own, too.
    pub fn run_after(&self, change: &str, arguments: &[&str]) -> Finished {
        let mut command = in_namespace(&self.prefix);
        let script = format!("ip link set lo up; {change}; exec \"$@\"");
        command.args(["-m", "sh", "-c", &script, "sh"]).arg(&self.path).args(arguments);
        Finished(command.output().expect("unshare runs"))
    }
}

/// A command line that goes on in a new network namespace, with the prefix's libraries.
pub fn in_namespace(prefix: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "600", "unshare", "-n"]).env("LD_LIBRARY_PATH", prefix.join("lib"));
    command
}

/// How a program ended.
pub struct Finished(pub Output);

impl Finished {
    pub fn succeeds(self) -> String {
        let (out, err) = (String::from_utf8_lossy(&self.0.stdout), String::from_utf8_lossy(&self.0.stderr));
        assert!(self.0.status.success(), "{}\n--- stdout\n{out}\n--- stderr\n{err}", self.0.status);
        out.into_owned()
    }
}
