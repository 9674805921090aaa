//! Puts files below a prefix, and leaves alone those that are there already.

use std::{fs, io, os::unix::fs::symlink, path::Path};

use anyhow::{Context, Result};

/// Writes a text unless the file has it; says whether it wrote.
pub fn text(path: &Path, text: &str) -> Result<bool> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    write(path, text).with_context(|| path.display().to_string())?;
    Ok(true)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Copies `libX.so.0.N` into a folder, with the links `libX.so.0` for programs and `libX.so` for the linker.
pub fn library(library: &Path, folder: &Path) -> Result<()> {
    let name = library.file_name().and_then(|name| name.to_str()).context("a library has a name")?;
    let end = name.find(".so.0").context("a library's name has .so.0 in it")?;
    copy(library, &folder.join(name)).with_context(|| folder.join(name).display().to_string())?;
    let (soname, plain) = (&name[..end + ".so.0".len()], &name[..end + ".so".len()]);
    for (link, target) in [(soname, name), (plain, soname)] {
        let link = folder.join(link);
        point(&link, target).with_context(|| link.display().to_string())?;
    }
    Ok(())
}

/// Copies a program into a folder, with links under its further names.
pub fn program(program: &Path, folder: &Path, names: &[&str]) -> Result<()> {
    let name = program.file_name().and_then(|name| name.to_str()).context("a program has a name")?;
    copy(program, &folder.join(name)).with_context(|| folder.join(name).display().to_string())?;
    for link in names {
        let link = folder.join(link);
        point(&link, name).with_context(|| link.display().to_string())?;
    }
    Ok(())
}

/// Copies beside the target and renames, so that programs that run with the old library keep it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let source = fs::metadata(from)?;
    if let Ok(old) = fs::metadata(to)
        && old.len() == source.len()
        && old.modified()? >= source.modified()?
    {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = to.with_extension("new");
    fs::copy(from, &new)?;
    fs::rename(new, to)
}

fn point(link: &Path, target: &str) -> io::Result<()> {
    if fs::read_link(link).is_ok_and(|old| old.as_os_str() == target) {
        return Ok(());
    }
    match fs::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(target, link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_gets_its_links_and_is_copied_once() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("libx.so.0.1.0");
        fs::write(&source, "elf").unwrap();
        let target = folder.path().join("lib");
        library(&source, &target).unwrap();
        let copied = fs::metadata(target.join("libx.so.0.1.0")).unwrap().modified().unwrap();
        library(&source, &target).unwrap();
        assert_eq!(fs::metadata(target.join("libx.so.0.1.0")).unwrap().modified().unwrap(), copied);
        assert_eq!(fs::read_to_string(target.join("libx.so")).unwrap(), "elf");
        assert_eq!(fs::read_link(target.join("libx.so")).unwrap().as_os_str(), "libx.so.0");
    }
}
