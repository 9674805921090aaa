//! Links the shared libraries with the C compiler, which takes a version script; rustc's own cdylib would replace it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Context, Result, bail};

use super::install;
use crate::api::{
    forward,
    layout::{LIBRARIES, Library, MINOR},
    model::Api,
    symbols::Symbols,
};

/// Links into the folder `work`.
pub struct Linker<'a> {
    pub root: &'a Path,
    pub api: &'a Api,
    pub work: &'a Path,
    /// The folder that has `libvirt/libvirt.h`.
    pub include: &'a Path,
}

/// What all libraries are linked with: resolved at load, never unloaded (threads may run in them), nothing left undefined.
const FLAGS: &[&str] = &[
    "-shared",
    "-fPIC",
    "-Wl,-z,now",
    "-Wl,-z,nodelete",
    "-Wl,-z,defs",
    "-Wl,--gc-sections",
    "-Wl,--build-id",
];
/// What Rust's standard library needs of the system.
const SYSTEM: &[&str] = &["-Wl,--as-needed", "-lgcc_s", "-lpthread", "-ldl", "-lm", "-lc"];

impl Linker<'_> {
    /// Links `libvirt.so.0` from the archive of all Rust code.
    pub fn main(&self, archive: &Path) -> Result<PathBuf> {
        let library = &LIBRARIES[0];
        // The small libraries' bodies are hidden under their own names and exported under private ones.
        let inner: Vec<&str> = LIBRARIES[1..]
            .iter()
            .flat_map(|library| forward::functions(self.api, library))
            .map(|function| function.name.as_str())
            .collect();
        let private: Vec<_> = inner.iter().map(|name| format!("{}{name}", forward::PREFIX)).collect();
        let script = self.script(library, &private)?;
        let mut command = self.command(library, &script);
        command.arg("-Wl,--whole-archive").arg(archive).arg("-Wl,--no-whole-archive");
        for (name, private) in inner.iter().zip(&private) {
            command.arg(format!("-Wl,--undefined={name}")).arg(format!("-Wl,--defsym={private}={name}"));
        }
        command.args(SYSTEM);
        self.run(library, command, &[archive, &script])
    }

    /// Links a library that forwards to `main`.
    pub fn small(&self, library: &Library, main: &Path) -> Result<PathBuf> {
        let script = self.script(library, &[])?;
        let source = self.work.join(format!("{}.c", library.name));
        install::text(&source, &forward::write(self.api, library))?;
        let mut command = self.command(library, &script);
        command.args([
            "-O2",
            "-fno-plt",
            "-fvisibility=default",
            "-Wno-deprecated-declarations",
            "-Wl,--no-as-needed",
        ]);
        command.arg("-I").arg(self.include).arg(&source).arg(main);
        self.run(library, command, &[main, &script, &source])
    }

    fn script(&self, library: &Library, private: &[String]) -> Result<PathBuf> {
        let path = self.work.join(format!("{}.map", library.name));
        install::text(&path, &Symbols::read(self.root, library)?.version_script(private))?;
        Ok(path)
    }

    fn output(&self, library: &Library) -> PathBuf {
        self.work.join(format!("{}.so.0.{MINOR}", library.name))
    }

    fn command(&self, library: &Library, script: &Path) -> Command {
        let mut command = Command::new("cc");
        command.args(FLAGS).arg("-o").arg(self.output(library));
        command.arg(format!("-Wl,-soname,{}.so.0", library.name));
        command.arg(format!("-Wl,--version-script={}", script.display()));
        command
    }

    /// Runs a command unless its output is newer than all inputs and came from the same command.
    fn run(&self, library: &Library, mut command: Command, inputs: &[&Path]) -> Result<PathBuf> {
        let output = self.output(library);
        let record = self.work.join(format!("{}.command", library.name));
        let line = format!("{command:?}\n");
        let same = fs::read_to_string(&record).is_ok_and(|old| old == line);
        if same && is_newest(&output, inputs)? {
            return Ok(output);
        }
        let result = command.output().context("cannot run cc, the C compiler")?;
        if !result.status.success() {
            bail!("linking {} failed:\n{}", library.name, String::from_utf8_lossy(&result.stderr));
        }
        install::text(&record, &line)?;
        Ok(output)
    }
}

fn is_newest(output: &Path, inputs: &[&Path]) -> Result<bool> {
    let changed = |path: &Path| -> Result<SystemTime> {
        fs::metadata(path).and_then(|meta| meta.modified()).with_context(|| path.display().to_string())
    };
    if !output.exists() {
        return Ok(false);
    }
    let made = changed(output)?;
    for input in inputs {
        if changed(input)? > made {
            return Ok(false);
        }
    }
    Ok(true)
}
