//! Every public function, called in the right way and in many wrong ones: a C program made from the API description, run on the
//! stock library and on ours, and how the answers compare.

mod compare;
mod description;
mod generate;
mod values;

pub use compare::{Known, Report, compare};

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian has the stock library.
pub const PEER: &str = "/usr/lib/x86_64-linux-gnu";

/// What Valgrind is to pass over, each with its reason.
pub const SUPPRESSIONS: &str = "tests/c/valgrind.supp";

/// How Valgrind is run: it ends with a failure where memory is misused or lost.
pub const MEMCHECK: &[&str] = &[
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect",
    "--errors-for-leak-kinds=definite,indirect",
    "--num-callers=24",
];

/// How much is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// One wrong argument a call.
    Single,
    /// Two of them, too.
    Pairs,
}

/// The names of all public functions, from the descriptions of a folder.
pub fn functions(folder: &Path) -> Result<Vec<String>> {
    Ok(description::read(folder)?.into_iter().map(|function| function.name).collect())
}

/// The compiled program.
pub struct Program {
    path: PathBuf,
    folder: tempfile::TempDir,
}

impl Program {
    /// Makes it from the descriptions, headers and libraries of a prefix.
    pub fn build(prefix: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let source = folder.path().join("calls.c");
        let functions = description::read(&prefix.join("share/libvirt/api"))?;
        std::fs::write(&source, generate::program(&functions))?;
        let path = folder.path().join("calls");
        let libraries = ["libvirt", "libvirt-qemu", "libvirt-lxc", "libvirt-admin"];
        let mut cc = Command::new("cc");
        cc.args(["-std=gnu11", "-w", "-o"]).arg(&path).arg(&source);
        cc.arg("-I").arg(prefix.join("include")).arg("-I").arg(crate::root().join("tests/c/calls"));
        cc.arg("-L").arg(prefix.join("lib"));
        cc.args(libraries.map(|name| name.replace("lib", "-l")));
        let output = cc.output().context("cannot run cc")?;
        if !output.status.success() {
            bail!("the calls do not compile: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(Self { path, folder })
    }

    /// Runs it on the libraries of a folder; the answers, a line each.
    pub fn run(&self, library: &Path, depth: Depth, words: &[&str]) -> Result<String> {
        let mut words = words.to_vec();
        words.extend((depth == Depth::Pairs).then_some("pairs"));
        self.run_with(&[], library, &words)
    }

    /// Makes the calls with one wrong argument, each function's in one process, under Valgrind: an error is what it
    /// complains of.
    pub fn memcheck(&self, library: &Path, words: &[&str]) -> Result<()> {
        let suppressions = format!("--suppressions={}", crate::root().join(SUPPRESSIONS).display());
        let valgrind = [&["valgrind"], MEMCHECK, &[&*suppressions]].concat();
        let words = [&["kept"], words].concat();
        self.run_with(&valgrind, library, &words).map(drop)
    }

    fn run_with(&self, tool: &[&str], library: &Path, words: &[&str]) -> Result<String> {
        let parts = std::thread::available_parallelism().map_or(1, usize::from);
        let children: Vec<_> =
            (0..parts).map(|part| self.start(tool, library, words, (part, parts))).collect::<Result<_>>()?;
        // Each part's output is drained by a thread: a full pipe would stop it.
        let outputs: Vec<_> = std::thread::scope(|scope| {
            let readers: Vec<_> =
                children.into_iter().map(|child| scope.spawn(|| child.wait_with_output())).collect();
            readers.into_iter().map(|reader| reader.join().expect("reading does not panic")).collect()
        });
        let mut text = String::new();
        for output in outputs {
            let output = output?;
            if !output.status.success() {
                bail!("the calls stopped: {}", String::from_utf8_lossy(&output.stderr));
            }
            text.push_str(&String::from_utf8_lossy(&output.stdout));
        }
        Ok(text)
    }

    fn start(
        &self,
        tool: &[&str],
        library: &Path,
        words: &[&str],
        (part, parts): (usize, usize),
    ) -> Result<std::process::Child> {
        let place = tempfile::tempdir_in(self.folder.path())?.keep();
        let path = self.path.to_string_lossy();
        let line = [tool, &[&*path]].concat();
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).arg(part.to_string()).arg(parts.to_string()).args(words);
        command
            .env("LD_LIBRARY_PATH", library)
            .env("LIBVIRT_DEFAULT_URI", "test:///default")
            // Nothing of the user's: neither aliases nor sockets of a daemon.
            .env("HOME", &place)
            .env("XDG_CONFIG_HOME", &place)
            .env("XDG_RUNTIME_DIR", &place)
            .current_dir(&place);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().context("cannot run the calls")
    }
}
