//! Programs that do the work: run to their end, with what they complain of as the error.

use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_host::process::{Command, Output};
use std::time::Duration;

/// Copying a large image takes hours. Nobody who asks for something else waits for it.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// Runs a program; its output comes back.
pub fn run(command: &mut Command) -> Result<Output> {
    let output = run_whatever(command)?;
    match output.status.success() {
        true => Ok(output),
        false => Err(failed(command, &output)),
    }
}

/// Runs a program whose failure is not an error yet.
pub fn run_whatever(command: &mut Command) -> Result<Output> {
    command.env("LC_ALL", "C").env_pass(["PATH"]);
    // A program that can't be started is nobody's error in libvirt.
    command.output(PATIENCE).map_err(|err| err.settle(ErrorDomain::None))
}

/// The error of a program that failed.
pub fn failed(command: &Command, output: &Output) -> Error {
    let args = command.arguments().iter().map(|arg| arg.to_string_lossy().into_owned());
    let line: Vec<_> = std::iter::once(command.program().display().to_string()).chain(args).collect();
    let text = format!("'{}' failed ({}): {}", line.join(" "), output.status, output.complaint());
    Error::internal(text).settle(ErrorDomain::None)
}
