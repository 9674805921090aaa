//! `auth.conf`: which names and passwords to log in with, by host.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Groups of keys and values.
#[derive(Debug, Default)]
pub(crate) struct AuthFile {
    name: String,
    groups: HashMap<String, HashMap<String, String>>,
}

impl AuthFile {
    pub fn load(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path)
            .map_err(|err| Error::system(err, format!("cannot read '{name}'")).domain(ErrorDomain::Auth))?;
        Self::parse(&name, &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self> {
        let mut this = Self { name: name.to_owned(), ..Self::default() };
        let mut group = None;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                this.groups.entry(header.to_owned()).or_default();
                group = Some(header.to_owned());
                continue;
            }
            let keys = group.as_ref().and_then(|group| this.groups.get_mut(group));
            let (Some(keys), Some((key, value))) = (keys, line.split_once('=')) else {
                let place = number + 1;
                let detail = format!(
                    "{name}:{place}: neither a group such as '[credentials-x]' nor 'key=value' in one"
                );
                return Err(Error::new(ErrorCode::ConfSyntax, detail).domain(ErrorDomain::Auth));
            };
            keys.insert(key.trim_end().to_owned(), unescaped(value.trim_start()));
        }
        Ok(this)
    }

    /// What to answer when a daemon on `host` wants to know `item`, such as `password`.
    pub fn find(&self, host: Option<&str>, item: &str) -> Result<Option<&str>> {
        let of_host = format!("auth-libvirt-{}", host.unwrap_or("localhost"));
        let found = [of_host.as_str(), "auth-libvirt-default"].into_iter().find_map(|name| {
            let group = self.groups.get(name)?;
            Some((name, group))
        });
        let Some((name, group)) = found else { return Ok(None) };
        let wrong = |detail: String| {
            let detail = format!("{}: {detail}", self.name);
            Error::new(ErrorCode::ConfSyntax, detail).domain(ErrorDomain::Auth)
        };
        let credentials = group
            .get("credentials")
            .ok_or_else(|| wrong(format!("the group '{name}' does not say which credentials it takes")))?;
        let group = format!("credentials-{credentials}");
        let values = self
            .groups
            .get(&group)
            .ok_or_else(|| wrong(format!("there is no group '{group}', which '{name}' refers to")))?;
        Ok(values.get(item).map(String::as_str))
    }
}

/// A value may have escapes, as in other files of this kind.
fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        match escaped {
            None => plain.push(c),
            Some('s') => plain.push(' '),
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('\\') => plain.push('\\'),
            Some(other) => plain.extend(['\\', other]),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# who I am where\n[credentials-test]\nusername = fred\npassword=a\\sb=c\n\n\
        [auth-libvirt-far]\ncredentials=test\n[auth-libvirt-default]\ncredentials=none\n[auth-libvirt-odd]\n";

    #[test]
    fn answers_are_found_by_host() {
        let file = AuthFile::parse("auth.conf", FILE).unwrap();
        assert_eq!(file.find(Some("far"), "username").unwrap(), Some("fred"));
        assert_eq!(file.find(Some("far"), "password").unwrap(), Some("a b=c"));
        assert_eq!(file.find(Some("far"), "realm").unwrap(), None);
        let code = |host| file.find(host, "username").unwrap_err().code();
        assert_eq!(code(None), ErrorCode::ConfSyntax, "the default's credentials are not there");
        assert_eq!(code(Some("odd")), ErrorCode::ConfSyntax);
        assert_eq!(AuthFile::default().find(Some("far"), "username").unwrap(), None);
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_its_place() {
        for text in ["key=value\n", "[group]\nnonsense\n"] {
            let err = AuthFile::parse("auth.conf", text).unwrap_err();
            assert_eq!(err.code(), ErrorCode::ConfSyntax);
            assert!(err.message().contains("auth.conf:"), "{err}");
        }
    }
}
