//! Arguments that no driver could make sense of, refused before one is asked.

use ferrovirt_core::abi::VIR_TYPED_PARAM_STRING_OKAY;
use ferrovirt_core::{Error, Result, TypedParams};
use std::path::{Component, Path, PathBuf};

/// A list of parameters to be set must set something.
pub(crate) fn non_empty_params(params: &TypedParams) -> Result<()> {
    if params.is_empty() { Err(Error::invalid_arg("no parameters were given to set")) } else { Ok(()) }
}

/// `flags` for a driver: all of ours deal in string parameters, so nobody needs to be told that the caller does.
pub(crate) fn without_string_okay(flags: u32) -> u32 {
    flags & !VIR_TYPED_PARAM_STRING_OKAY
}

/// The path as a driver in another process sees it: from the root on, with `.` and `..` resolved by their
/// spelling alone, as no driver's symbolic links are known here. An empty one is the current folder.
pub(crate) fn absolute_path(path: &str) -> Result<String> {
    let full = std::path::absolute(if path.is_empty() { "." } else { path })
        .map_err(|err| Error::internal(format!("cannot make the path '{path}' absolute: {err}")))?;
    let plain = without_dots(&full);
    plain.into_os_string().into_string().map_err(|odd| {
        Error::internal(format!("cannot use the path {odd:?}: the working directory is not UTF-8 text"))
    })
}

fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_by_their_spelling() {
        assert_eq!(absolute_path("/var/./lib//x/../save.img").unwrap(), "/var/lib/save.img");
        assert_eq!(absolute_path("/../a/").unwrap(), "/a");
        let here = std::env::current_dir().unwrap();
        assert_eq!(absolute_path("x/../y").unwrap(), here.join("y").to_str().unwrap());
    }

    #[test]
    fn an_empty_path_is_the_current_folder() {
        assert_eq!(absolute_path("").unwrap(), std::env::current_dir().unwrap().to_str().unwrap());
    }
}
