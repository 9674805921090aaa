//! Connections whose work a daemon does: from a URI to the way to it, and to what it is to open.

mod parameters;
mod sockets;
mod ssh;

use super::address;
use super::drivers::Drivers;
use ferrovirt_core::driver::Authenticator;
use ferrovirt_core::{ConfigFile, Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_driver_remote::{Acting, Certificates, Files, RemoteDriver, Target, Way};
use fluent_uri::Uri;
use parameters::Parameters;
use sockets::{Mode, Sockets};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// The daemon's ports where the URI names none.
const TCP_PORT: u16 = 16_509;
const TLS_PORT: u16 = 16_514;

/// What was asked for.
pub(super) struct Asked<'a> {
    /// `None` leaves the choice to the daemon.
    pub uri: Option<&'a Uri<&'a str>>,
    pub read_only: bool,
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// The user's `libvirt.conf`.
    pub config: &'a ConfigFile,
    /// Of a daemon that asks another one: for whom. It is asked when there is something to ask.
    pub on_behalf: Option<Acting>,
}

/// What comes behind the driver's name in a URI: `qemu+ssh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Tls,
    Unix,
    Ssh,
    Libssh,
    Libssh2,
    Ext,
    Tcp,
}

impl FromStr for Transport {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "tls" => Self::Tls,
            "unix" => Self::Unix,
            "ssh" => Self::Ssh,
            "libssh" => Self::Libssh,
            "libssh2" => Self::Libssh2,
            "ext" => Self::Ext,
            "tcp" => Self::Tcp,
            _ => {
                return Err(wrong(format!(
                    "'{name}' is no way to a daemon; there are unix, tcp, tls, ssh and ext, as in 'qemu+ssh://host/system'"
                )));
            }
        })
    }
}

/// Opens a connection to a daemon.
pub(super) fn open(asked: Asked<'_>) -> Result<Drivers> {
    let driver = Arc::new(RemoteDriver::open(target(asked)?)?);
    Ok(Drivers {
        hypervisor: driver.clone(),
        network: driver.clone(),
        interface: driver.clone(),
        nodedev: driver.clone(),
        nwfilter: driver.clone(),
        secret: driver.clone(),
        storage: driver,
    })
}

/// The parts of a URI that matter here.
struct Parts<'a> {
    /// Without the way: `qemu`.
    driver: &'a str,
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    path: &'a str,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a Uri<&'a str>) -> Result<Self> {
        let authority = uri.authority();
        let host = authority.map_or("", |authority| authority.host());
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = match authority.and_then(|authority| authority.port()).map(|port| port.as_str()) {
            None | Some("" | "0") => None,
            Some(port) => Some(port.parse().map_err(|_| wrong(format!("'{uri}': {port} is no port")))?),
        };
        let user = authority.and_then(|authority| authority.userinfo());
        let scheme = uri.scheme().as_str();
        Ok(Self {
            driver: scheme.split_once('+').map_or(scheme, |(driver, _)| driver),
            host: (!host.is_empty()).then(|| host.to_owned()),
            port,
            user: user.map(|user| user.decode().to_string_lossy().into_owned()),
            path: uri.path().as_str(),
        })
    }

    /// Where a URI says nothing of the way, a host's name means TLS.
    fn transport(&self, scheme: &str) -> Result<Transport> {
        let transport = match scheme.split_once('+') {
            Some((_, way)) => way.parse()?,
            None if self.host.is_some() => Transport::Tls,
            None => Transport::Unix,
        };
        match &self.host {
            Some(host) if transport == Transport::Unix => {
                Err(wrong(format!("a UNIX socket is on this host; there is none on '{host}'")))
            }
            _ => Ok(transport),
        }
    }
}

fn target(asked: Asked<'_>) -> Result<Target> {
    let Some(uri) = asked.uri else { return default_target(asked) };
    let parts = Parts::of(uri)?;
    let transport = parts.transport(uri.scheme().as_str())?;
    let parameters = Parameters::of(uri, asked.config)?;
    let query = |pairs: &str| if pairs.is_empty() { String::new() } else { format!("?{pairs}") };
    let fragment = uri.fragment().map_or_else(String::new, |fragment| format!("#{fragment}"));
    let named = |pairs: &str| format!("{}://{}{}{fragment}", parts.driver, parts.path, query(pairs));
    // 'remote' is no driver: the daemon chooses.
    let opened = match &parameters.name {
        Some(name) => name.clone(),
        None if parts.driver == "remote" => String::new(),
        None => named(&parameters.for_driver),
    };
    let for_helper = if parameters.name.is_none() && parts.driver != "remote" {
        named(&parameters.for_helper)
    } else {
        opened.clone()
    };
    let own_daemon = is_users_own(parts.path, uri.scheme().as_str());
    let sockets = Sockets {
        driver: Some(parts.driver),
        local: transport == Transport::Unix,
        own_daemon,
        read_only: asked.read_only,
        autostart: own_daemon && parts.host.is_none() && transport == Transport::Unix,
    };
    let way = match transport {
        Transport::Unix => match &parameters.socket {
            Some(socket) => Way::Unix { socket: socket.into(), daemon: None },
            None => sockets.choose(parameters.mode)?,
        },
        Transport::Tcp => Way::Tcp { host: host_or_here(&parts), port: parts.port.unwrap_or(TCP_PORT) },
        Transport::Tls => tls(&parts, &parameters),
        Transport::Ssh => ssh::way(&parts, &parameters, &sockets, &for_helper)?,
        Transport::Ext => ext(&parameters)?,
        Transport::Libssh | Transport::Libssh2 => {
            return Err(Error::config_unsupported(format!(
                "'{uri}': this library speaks SSH through the program 'ssh'; '{}+ssh://' does the same",
                parts.driver
            ))
            .domain(ErrorDomain::Remote));
        }
    };
    Ok(Target {
        asked: Some(uri.as_str().to_owned()),
        uri: opened,
        way,
        read_only: asked.read_only,
        host: parts.host.clone(),
        login: parameters.auth,
        auth_file: address::auth_file(parameters.auth_file.as_deref()),
        authenticator: asked.authenticator,
        reconnect: parameters.reconnect,
        on_behalf: asked.on_behalf,
    })
}

/// The daemon of this host opens what it finds best.
fn default_target(asked: Asked<'_>) -> Result<Target> {
    let own_daemon = !rustix::process::geteuid().is_root();
    let sockets =
        Sockets { driver: None, local: true, own_daemon, read_only: asked.read_only, autostart: own_daemon };
    Ok(Target {
        asked: None,
        uri: String::new(),
        way: sockets.choose(Mode::of(asked.config.text("remote_mode")?)?)?,
        read_only: asked.read_only,
        host: None,
        login: None,
        auth_file: address::auth_file(None),
        authenticator: asked.authenticator,
        reconnect: false,
        on_behalf: None,
    })
}

/// Users but root have a daemon of their own for what is theirs, and for the test driver if a way is given.
fn is_users_own(path: &str, scheme: &str) -> bool {
    (path == "/session" || scheme.starts_with("test+")) && !rustix::process::geteuid().is_root()
}

fn host_or_here(parts: &Parts<'_>) -> String {
    parts.host.clone().unwrap_or_else(|| "localhost".to_owned())
}

fn tls(parts: &Parts<'_>, parameters: &Parameters) -> Way {
    if let Some(priority) = &parameters.tls_priority {
        tracing::warn!(
            priority,
            "a priority of TLS ciphers is a wish that only GnuTLS understands; it is left out"
        );
    }
    let folder = parameters.pki_path.as_deref().map(Path::new);
    let files = Files::locate(folder, rustix::process::geteuid().is_root(), "client");
    Way::Tls {
        host: host_or_here(parts),
        port: parts.port.unwrap_or(TLS_PORT),
        certificates: Certificates { files, verify: !parameters.no_verify },
    }
}

fn ext(parameters: &Parameters) -> Result<Way> {
    let program = parameters.command.clone().ok_or_else(|| {
        wrong("the way 'ext' needs a program that leads to the daemon, as in 'command=/some/program'".into())
    })?;
    // Nobody knows what the program does.
    Ok(Way::Command { program, arguments: Vec::new(), secure: false })
}

/// What is wrong with a URI.
fn wrong(detail: String) -> Error {
    Error::new(ErrorCode::InvalidArg, detail).domain(ErrorDomain::Remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target_of(uri: &str, read_only: bool) -> Result<Target> {
        let config = ConfigFile::default();
        let parsed = address::parse(uri)?;
        target(Asked { uri: Some(&parsed), read_only, authenticator: None, config: &config, on_behalf: None })
    }

    fn code(uri: &str) -> ErrorCode {
        let err = target_of(uri, false).err().unwrap();
        assert_eq!(err.error_domain(), ErrorDomain::Remote, "{err}");
        err.code()
    }

    #[test]
    fn the_daemon_is_told_what_is_not_about_the_way_to_it() {
        let opened = |uri: &str| target_of(uri, false).unwrap().uri;
        assert_eq!(opened("qemu:///system?socket=/s"), "qemu:///system");
        assert_eq!(opened("qemu+tcp://u@host:99/system"), "qemu:///system");
        assert_eq!(opened("test+unix:///default?mode=direct"), "test:///default");
        assert_eq!(opened("vpx+tcp://h/dc/srv?no_verify=1&auto_answer=1"), "vpx:///dc/srv?auto_answer=1");
        assert_eq!(opened("a+tcp:///x?authfile=/f&b=c%20d&tls_priority=x"), "a:///x?b=c%20d");
        assert_eq!(opened("qemu+tcp:///system?name=other:///x"), "other:///x");
        assert_eq!(opened("remote+tcp://host/"), "");
    }

    #[test]
    fn a_host_without_a_way_means_tls_and_a_socket_is_where_it_is_said_to_be() {
        let way = |uri: &str| target_of(uri, false).map(|target| target.way);
        let unix = |path: &str| Way::Unix { socket: Path::new(path).to_owned(), daemon: None };
        assert_eq!(way("qemu:///system?socket=/a%20b").unwrap(), unix("/a b"));
        assert_eq!(way("qemu+TCP:///x").unwrap(), Way::Tcp { host: "localhost".into(), port: 16_509 });
        assert_eq!(way("qemu+tcp://[::1]:7/x").unwrap(), Way::Tcp { host: "::1".into(), port: 7 });
        let Way::Tls { host, port: 16_514, certificates } = way("qemu://far/system?pkipath=/p").unwrap()
        else {
            panic!("a host without a way is reached by TLS")
        };
        assert!(host == "far" && certificates.verify);
        assert_eq!(certificates.files.ca_certificate, Path::new("/p/cacert.pem"));
        let ext = Way::Command { program: "/bin/p".into(), arguments: Vec::new(), secure: false };
        assert_eq!(way("qemu+ext:///system?command=/bin/p").unwrap(), ext);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        assert_eq!(code("qemu+unix://host/system"), ErrorCode::InvalidArg);
        assert_eq!(code("qemu+carrier:///system"), ErrorCode::InvalidArg);
        assert_eq!(code("qemu+ext:///system"), ErrorCode::InvalidArg);
        assert_eq!(code("qemu:///system?mode=odd"), ErrorCode::InvalidArg);
        assert_eq!(code("qemu+tcp:///system?no_verify=maybe"), ErrorCode::InvalidArg);
        assert_eq!(code("qemu+ssh://h/system?mode=direct"), ErrorCode::OperationUnsupported);
        assert_eq!(code("qemu+libssh2://h/system"), ErrorCode::ConfigUnsupported);
    }
}
