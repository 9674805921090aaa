//! Programs that a test writes itself.

use std::path::Path;
use std::process::Command;

/// Writes a script, by another process: were it open for writing in this one, a child that another test is just starting
/// could have it open as well, and a file that is being written can't be executed.
pub fn write_script(path: &Path, text: &str) {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"printf %s "$1" >"$2" && chmod 755 "$2""#, "sh", text]).arg(path);
    assert!(shell.status().expect("the shell runs").success(), "{} can't be written", path.display());
}
