//! Which URI to open: what was asked for, what the environment or `libvirt.conf` say, or what is found on the host.

use ferrovirt_core::{ConfigFile, Error, ErrorCode, ErrorDomain, Result};
use fluent_uri::pct_enc::EStr;
use fluent_uri::pct_enc::encoder::Query;
use fluent_uri::{Uri, UriRef};
use std::env;
use std::path::{Path, PathBuf};

/// The user's settings for clients: `libvirt.conf`, or that of the administration interface.
pub(crate) fn client_config(name: &str) -> Result<ConfigFile> {
    config_path(name).map_or_else(|| Ok(ConfigFile::default()), |path| ConfigFile::load(&path))
}

/// Root's are the host's, everybody else has their own.
fn config_path(name: &str) -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(Path::new(SYSTEM_CONFIG).join(name));
    }
    user_config_path(name)
}

const SYSTEM_CONFIG: &str = "/etc/libvirt";

fn user_config_path(name: &str) -> Option<PathBuf> {
    Some(user_folder("XDG_CONFIG_HOME", ".config")?.join("libvirt").join(name))
}

/// A folder of the user's, by the variable that names it or by its place in the home.
fn user_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(in_home));
    absolute(variable).or_else(home)
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Where the daemons of a user that is not root listen.
pub(crate) fn user_runtime_directory() -> PathBuf {
    let base = absolute("XDG_RUNTIME_DIR").or_else(|| user_folder("XDG_CACHE_HOME", ".cache"));
    base.unwrap_or_default().join("libvirt")
}

/// The file with the user's passwords: that of the environment, of the URI, of the user, of the host.
pub(crate) fn auth_file(named: Option<&str>) -> Option<PathBuf> {
    let given = env::var_os("LIBVIRT_AUTH_FILE").map(PathBuf::from).or_else(|| named.map(PathBuf::from));
    let readable = |path: &PathBuf| std::fs::File::open(path).is_ok();
    given
        .or_else(|| user_config_path("auth.conf").filter(readable))
        .or_else(|| Some(Path::new(SYSTEM_CONFIG).join("auth.conf")).filter(readable))
}

/// The URI that is meant by `asked`, with aliases resolved; `None` leaves it to probing.
pub(crate) fn choose(
    asked: Option<&str>,
    environment: Option<&str>,
    config: &ConfigFile,
    use_aliases: bool,
) -> Result<Option<String>> {
    let asked = asked.filter(|uri| !uri.is_empty());
    let chosen = match asked {
        // Two old spellings that are no URIs.
        Some(uri) if uri.eq_ignore_ascii_case("xen") || uri == "xen://" => Some("xen:///system"),
        Some(uri) => Some(uri),
        None => match environment.filter(|uri| !uri.is_empty()) {
            Some(uri) => Some(uri),
            None => config.text("uri_default")?,
        },
    };
    let Some(chosen) = chosen else { return Ok(None) };
    let resolved = if use_aliases { resolve_alias(chosen, config)? } else { None };
    Ok(Some(resolved.unwrap_or(chosen).to_owned()))
}

fn resolve_alias<'a>(wanted: &str, config: &'a ConfigFile) -> Result<Option<&'a str>> {
    for entry in config.texts("uri_aliases")? {
        let malformed = |why: &str| {
            let detail = format!("the entry '{entry}' of 'uri_aliases' {why}");
            Error::new(ErrorCode::ConfSyntax, detail).domain(ErrorDomain::Uri)
        };
        let (alias, uri) =
            entry.split_once('=').ok_or_else(|| malformed("must look like 'alias=uri://host/path'"))?;
        if !alias.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            return Err(malformed("has other characters in its alias than a-z, A-Z, 0-9, '_' and '-'"));
        }
        if alias == wanted {
            return Ok(Some(uri));
        }
    }
    Ok(None)
}

/// Takes a URI apart, and tells of the mistakes that are easily made.
pub(crate) fn parse(text: &str) -> Result<Uri<&str>> {
    let unreadable = |why: String| {
        Error::internal(format!("cannot read the connection URI '{text}': {why}")).domain(ErrorDomain::Uri)
    };
    let reference = UriRef::parse(text).map_err(|err| unreadable(err.to_string()))?;
    if reference.scheme().is_none() {
        let detail = format!("'{text}': a URI begins with the name of a driver, as in 'qemu:///system'");
        return Err(Error::new(ErrorCode::NoConnect, detail));
    }
    let uri = Uri::parse(text).map_err(|err| unreadable(err.to_string()))?;
    let scheme = uri.scheme().as_str();
    let host = uri.authority().map_or("", |authority| authority.host());
    if matches!(scheme, "qemu" | "vbox" | "vz") && matches!(host, "system" | "session") {
        let detail = format!("the URI '{text}' names a host '{host}'; '{scheme}:///{host}' may be meant");
        return Err(Error::internal(detail));
    }
    Ok(uri)
}

/// The URI as connections tell it: with the `//` of the host, even if there is none.
pub(crate) fn canonical(uri: &Uri<&str>) -> String {
    match uri.as_str().split_once(':') {
        Some((scheme, rest)) if uri.authority().is_none() && rest.starts_with('/') => {
            format!("{scheme}://{rest}")
        }
        _ => uri.as_str().to_owned(),
    }
}

/// The path, decoded.
pub(crate) fn path(uri: &Uri<&str>) -> String {
    uri.path().decode().to_string_lossy().into_owned()
}

/// The value of a query parameter, decoded.
pub(crate) fn parameter(uri: &Uri<&str>, name: &str) -> Option<String> {
    parameters(uri).find(|(key, _, _)| key == name).map(|(_, value, _)| value)
}

/// The query's parameters: name and value, decoded, and the pair as it was written.
pub(crate) fn parameters<'a>(uri: &'a Uri<&str>) -> impl Iterator<Item = (String, String, &'a str)> {
    let query = uri.query().map_or("", |query| query.as_str());
    query.split(['&', ';']).filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text| Some(EStr::<Query>::new(text)?.decode().to_string_lossy().into_owned());
        (!name.is_empty()).then_some(())?;
        Some((decoded(name)?, decoded(value)?, pair))
    })
}

/// A driver that is to run in this process needs a place for its files.
pub(crate) fn check_embedded(uri: &Uri<&str>, root: Option<&str>) -> Result<()> {
    if uri.path().as_str() != "/embed" {
        return Ok(());
    }
    let Some(root) = root else {
        let detail =
            format!("'{uri}': an embedded driver needs the parameter 'root', as in '{uri}?root=/some/dir'");
        return Err(Error::invalid_arg(detail).domain(ErrorDomain::Uri));
    };
    if !root.starts_with('/') {
        return Err(Error::config_unsupported(format!(
            "'{uri}': the root '{root}' must be an absolute path"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> ConfigFile {
        ConfigFile::parse("libvirt.conf", text).unwrap()
    }

    #[test]
    fn what_is_asked_for_comes_before_the_environment_and_the_file() {
        let file = config("uri_default = 'test:///file'");
        let pick = |asked, environment| choose(asked, environment, &file, true).unwrap().unwrap();
        assert_eq!(pick(Some("test:///asked"), Some("test:///env")), "test:///asked");
        assert_eq!(pick(Some(""), Some("test:///env")), "test:///env");
        assert_eq!(pick(None, Some("")), "test:///file");
        assert_eq!(pick(Some("XEN"), None), "xen:///system");
        assert_eq!(choose(None, None, &config(""), true).unwrap(), None);
    }

    #[test]
    fn aliases_are_resolved_unless_forbidden() {
        let file = config("uri_aliases = ['hail=test:///default']");
        let pick = |aliases| choose(Some("hail"), None, &file, aliases).unwrap().unwrap();
        assert_eq!(pick(true), "test:///default");
        assert_eq!(pick(false), "hail");
        for broken in ["['no-uri']", "['a b=test:///']", "'hail=test:///'"] {
            let file = config(&format!("uri_aliases = {broken}"));
            let err = choose(Some("hail"), None, &file, true).unwrap_err();
            assert_eq!(err.code(), ErrorCode::ConfSyntax, "{broken}");
        }
    }

    #[test]
    fn wrong_uris_are_told_apart() {
        let code = |text| parse(text).unwrap_err().code();
        assert_eq!(code("default"), ErrorCode::NoConnect);
        assert_eq!(code("qemu://system"), ErrorCode::Internal);
        assert_eq!(code("test:///a b"), ErrorCode::Internal);
        assert!(parse("qemu:///system").is_ok());
        assert!(parse("test://system/default").is_ok());
    }

    #[test]
    fn an_embedded_driver_needs_an_absolute_root() {
        let check = |text| {
            let uri = parse(text).unwrap();
            check_embedded(&uri, parameter(&uri, "root").as_deref()).map_err(|err| err.code())
        };
        assert_eq!(check("qemu:///embed"), Err(ErrorCode::InvalidArg));
        assert_eq!(check("qemu:///embed?root=x"), Err(ErrorCode::ConfigUnsupported));
        assert_eq!(check("qemu:///embed?root=%2Fx"), Ok(()));
        assert_eq!(check("qemu:///system"), Ok(()));
    }
}
