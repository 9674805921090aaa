//! `libvirtd.conf`: its settings, each with its type and what holds without it.

use crate::auth::Scheme;
use ferrovirt_core::{ConfigFile, Result};
use std::path::Path;

/// A value that a setting can have.
trait Setting: Sized {
    const WANTED: &'static str;
    /// `None` where the file does not say.
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>>;
}

impl Setting for bool {
    const WANTED: &'static str = "0 or 1";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        match file.number(name)? {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(file.wrong(name, Self::WANTED)),
        }
    }
}

impl Setting for u32 {
    const WANTED: &'static str = "a number from 0 to 4294967295";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        let number = file.number(name)?;
        number.map(|number| number.try_into().map_err(|_| file.wrong(name, Self::WANTED))).transpose()
    }
}

impl Setting for i32 {
    const WANTED: &'static str = "a number from -2147483648 to 2147483647";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        let number = file.number(name)?;
        number.map(|number| number.try_into().map_err(|_| file.wrong(name, Self::WANTED))).transpose()
    }
}

impl Setting for String {
    const WANTED: &'static str = "a string";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        Ok(file.text(name)?.map(str::to_owned))
    }
}

impl Setting for Option<String> {
    const WANTED: &'static str = "a string";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        Ok(file.text(name)?.map(|text| Some(text.to_owned())))
    }
}

impl Setting for Option<bool> {
    const WANTED: &'static str = bool::WANTED;
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        Ok(bool::read(file, name)?.map(Some))
    }
}

impl Setting for Option<u32> {
    const WANTED: &'static str = u32::WANTED;
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        Ok(u32::read(file, name)?.map(Some))
    }
}

impl Setting for Vec<String> {
    const WANTED: &'static str = "a list of strings";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        let present = file.get(name).is_some();
        let texts = file.texts(name)?.into_iter().map(str::to_owned).collect();
        Ok(present.then_some(texts))
    }
}

/// Permissions of a socket, which the file has as a string of octal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions(pub u32);

impl Setting for Permissions {
    const WANTED: &'static str = "a string of octal digits, such as \"0770\"";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        let Some(text) = file.text(name)? else { return Ok(None) };
        let bits = u32::from_str_radix(text, 8).ok().filter(|bits| *bits <= 0o777);
        bits.map(|bits| Some(Self(bits))).ok_or_else(|| file.wrong(name, Self::WANTED))
    }
}

impl Setting for Scheme {
    const WANTED: &'static str = "\"none\", \"sasl\" or \"polkit\"";
    fn read(file: &ConfigFile, name: &str) -> Result<Option<Self>> {
        Ok(Some(match file.text(name)? {
            None => return Ok(None),
            Some("none") => Self::None,
            Some("sasl") => Self::Sasl,
            Some("polkit") => Self::Polkit,
            Some(_) => return Err(file.wrong(name, Self::WANTED)),
        }))
    }
}

/// Declares the settings: `name: type = what holds where the file does not say`.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $ty:ty = $default:expr;)*) => {
        /// What `libvirtd.conf` says.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Config {
            $($(#[$doc])* pub $name: $ty,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Config {
            /// The names of all settings there are.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            fn read(file: &ConfigFile) -> Result<Self> {
                let defaults = Self::default();
                Ok(Self { $($name: Setting::read(file, stringify!($name))?.unwrap_or(defaults.$name),)* })
            }
        }
    };
}

settings! {
    listen_tls: bool = true;
    listen_tcp: bool = false;
    tls_port: String = "16514".to_owned();
    tcp_port: String = "16509".to_owned();
    listen_addr: Option<String> = None;

    /// Whose the sockets are, beside root; their permissions are octal.
    unix_sock_group: Option<String> = None;
    unix_sock_ro_perms: Permissions = Permissions(0o777);
    unix_sock_rw_perms: Permissions = Permissions(0o700);
    unix_sock_admin_perms: Permissions = Permissions(0o700);
    unix_sock_dir: Option<String> = None;

    auth_unix_ro: Scheme = Scheme::None;
    auth_unix_rw: Scheme = Scheme::None;
    auth_tcp: Scheme = Scheme::Sasl;
    auth_tls: Scheme = Scheme::None;
    access_drivers: Vec<String> = Vec::new();
    tcp_min_ssf: u32 = 112;

    key_file: Option<String> = None;
    cert_file: Option<String> = None;
    ca_file: Option<String> = None;
    crl_file: Option<String> = None;
    tls_no_sanity_certificate: bool = false;
    tls_no_verify_certificate: bool = false;
    tls_allowed_dn_list: Vec<String> = Vec::new();
    tls_priority: Option<String> = None;
    sasl_allowed_username_list: Vec<String> = Vec::new();

    max_clients: u32 = 5000;
    max_queued_clients: u32 = 1000;
    max_anonymous_clients: u32 = 20;
    min_workers: u32 = 5;
    max_workers: u32 = 20;
    prio_workers: u32 = 5;
    /// Calls of one client that workers have at once.
    max_client_requests: u32 = 5;

    admin_min_workers: u32 = 1;
    admin_max_workers: u32 = 5;
    admin_max_clients: u32 = 5;
    admin_max_queued_clients: u32 = 5;
    admin_max_client_requests: u32 = 5;

    /// 1 debug, 2 information, 3 warnings, 4 errors.
    log_level: Option<u32> = None;
    log_filters: Option<String> = None;
    log_outputs: Option<String> = None;

    audit_level: u32 = 1;
    audit_logging: bool = false;
    host_uuid: Option<String> = None;
    host_uuid_source: Option<String> = None;

    /// Seconds of silence after which a client is probed; negative for never.
    keepalive_interval: i32 = 5;
    keepalive_count: u32 = 5;
    keepalive_required: Option<bool> = None;
    admin_keepalive_interval: i32 = 5;
    admin_keepalive_count: u32 = 5;
    admin_keepalive_required: Option<bool> = None;
    ovs_timeout: u32 = 5;
    /// Ours: seconds within which a guest's monitor has to answer.
    monitor_timeout: u32 = 30;
}

impl Config {
    /// Reads a file; one that is not there says nothing.
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_file(&ConfigFile::load(path)?)
    }

    /// Reads the text of a file; `name` is what errors call it.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        Self::from_file(&ConfigFile::parse(name, text)?)
    }

    fn from_file(file: &ConfigFile) -> Result<Self> {
        for name in file.names().filter(|name| !Self::NAMES.contains(name)) {
            tracing::warn!(setting = name, "the daemon has no such setting");
        }
        let config = Self::read(file)?;
        config.check(file)?;
        Ok(config)
    }

    fn check(&self, file: &ConfigFile) -> Result<()> {
        for (name, value) in [
            ("max_clients", self.max_clients),
            ("max_workers", self.max_workers),
            ("monitor_timeout", self.monitor_timeout),
            ("max_client_requests", self.max_client_requests),
            ("admin_max_clients", self.admin_max_clients),
            ("admin_max_workers", self.admin_max_workers),
            ("admin_max_client_requests", self.admin_max_client_requests),
        ] {
            if value == 0 {
                return Err(file.wrong(name, "more than 0"));
            }
        }
        match self.log_level {
            Some(level) if !(1..=4).contains(&level) => Err(file.wrong("log_level", "from 1 to 4")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn settings_are_read_by_their_types() {
        let text = "unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = '0770'\nauth_unix_rw = \"none\"\n\
                    max_clients = 7\nlisten_tls = 0\ntls_allowed_dn_list = [\"CN=a\", \"CN=b\"]\nkeepalive_interval = -1\n";
        let config = Config::parse("t", text).unwrap();
        assert_eq!(config.unix_sock_group.as_deref(), Some("libvirt"));
        assert_eq!(config.unix_sock_rw_perms, Permissions(0o770));
        assert_eq!((config.max_clients, config.listen_tls, config.keepalive_interval), (7, false, -1));
        assert_eq!(config.tls_allowed_dn_list, ["CN=a", "CN=b"]);
        assert_eq!(Config { max_workers: 20, ..Config::default() }, Config::parse("t", "").unwrap());
    }

    #[test]
    fn a_wrong_value_names_its_setting() {
        for text in [
            "max_clients = \"many\"",
            "max_clients = -1",
            "max_workers = 0",
            "listen_tls = 2",
            "unix_sock_ro_perms = \"rwx\"",
            "unix_sock_ro_perms = 511",
            "auth_unix_rw = \"magic\"",
            "tls_allowed_dn_list = \"CN=a\"",
            "log_level = 9",
        ] {
            let err = Config::parse("t", text).unwrap_err();
            assert_eq!(err.code(), ErrorCode::ConfSyntax, "{text}");
            assert!(err.message().contains(text.split(' ').next().unwrap()), "{err}");
        }
    }
}
