//! The host's ends of character devices: `-chardev`, which has no JSON syntax yet.

use super::context::Builder;
use super::descriptors::Passed;
use super::general::{sealed_secret, tls_credentials};
use super::line::{Parts, on_off};
use super::surroundings::SecretUse;
use ferrovirt_conf::domain::{
    ChardevKind, ChardevSource, ChardevTcp, ChardevUdp, MouseMode, Reconnect, SecretReference, SocketMode,
    TcpProtocol,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};

/// Which of QEMU's backends a device file is, and what SPICE's channel of a kind of device is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Serial,
    Parallel,
    Channel,
    Redirection,
    Smartcard,
}

/// Adds the host's end of the device `alias`.
pub fn build(b: &mut Builder<'_>, alias: &str, source: &ChardevSource, purpose: Purpose) -> Result<()> {
    let id = format!("char{alias}");
    let start = |backend: &str| Parts::new(format_args!("{backend},id={id}"));
    let mut parts = match &source.kind {
        ChardevKind::Null => start("null"),
        ChardevKind::Vc => start("vc"),
        ChardevKind::Pty { .. } => start("pty"),
        ChardevKind::Stdio => start("stdio"),
        ChardevKind::Dev { source } => {
            let mut parts = start(if purpose == Purpose::Parallel { "parallel" } else { "serial" });
            parts.maybe("path", source.path.as_deref());
            parts
        }
        ChardevKind::Pipe { source } => {
            let mut parts = start("pipe");
            parts.maybe("path", source.path.as_deref());
            parts
        }
        ChardevKind::File { source } => {
            let mut parts = start("file");
            let (path, append) = (source.path.as_deref(), source.append);
            let file = Passed::File { alias: alias.to_owned() };
            output(b, &mut parts, file, &format!("{alias}-source"), ["path", "append"], (path, append))?;
            parts
        }
        ChardevKind::Unix { source } if source.mode == SocketMode::Bind => {
            let socket = Passed::Socket { alias: alias.to_owned() };
            let mut parts = start("socket");
            match b.descriptors.opens(&socket) {
                true => parts.set("fd", b.descriptors.pass(socket)?),
                false => parts.maybe("path", source.path.as_deref()),
            };
            parts.add("server=on").add("wait=off");
            parts
        }
        ChardevKind::Unix { source } => {
            let mut parts = start("socket");
            parts.maybe("path", source.path.as_deref());
            reconnect(b, &mut parts, source.reconnect.as_ref());
            parts
        }
        ChardevKind::Tcp { source, protocol } => {
            let mut parts = start("socket");
            tcp(b, alias, source, *protocol, &mut parts)?;
            parts
        }
        ChardevKind::Udp(addresses) => udp(start("udp"), addresses),
        ChardevKind::Spicevmc => {
            let mut parts = start("spicevmc");
            parts.set(
                "name",
                match purpose {
                    Purpose::Redirection => "usbredir",
                    Purpose::Smartcard => "smartcard",
                    _ => "vdagent",
                },
            );
            parts
        }
        ChardevKind::Spiceport { channel } => {
            let mut parts = start("spiceport");
            parts.maybe("name", channel.as_deref());
            parts
        }
        ChardevKind::Dbus { channel } => {
            let mut parts = start("dbus");
            parts.maybe("name", channel.as_deref());
            parts
        }
        ChardevKind::QemuVdagent { source } => {
            let mut parts = start("qemu-vdagent");
            parts.add("name=vdagent");
            let clipboard = source.clipboard.as_ref().map(|clipboard| clipboard.copy_paste == YesNo::Yes);
            parts.maybe("clipboard", clipboard.map(on_off));
            let mouse = source.mouse.as_ref().map(|mouse| mouse.mode == MouseMode::Client);
            parts.maybe("mouse", mouse.map(on_off));
            parts
        }
        ChardevKind::Nmdm { .. } => {
            let text = format!("device '{alias}': QEMU has no null modem devices");
            return Err(Error::config_unsupported(text));
        }
    };
    if let Some(log) = &source.log
        && log.file.is_some()
    {
        let file = Passed::Log { alias: alias.to_owned() };
        let names = ["logfile", "logappend"];
        output(b, &mut parts, file, &format!("{alias}-log"), names, (log.file.as_deref(), log.append))?;
    }
    b.line.option("-chardev", parts);
    Ok(())
}

/// A file that is written to. What is open already has been emptied if it was to be.
fn output(
    b: &mut Builder<'_>,
    parts: &mut Parts,
    file: Passed,
    purpose: &str,
    [path_name, append_name]: [&str; 2],
    (path, append): (Option<&str>, Option<OnOff>),
) -> Result<()> {
    if b.descriptors.opens(&file) {
        let path = b.descriptor_path(file, purpose)?;
        parts.set(path_name, path).set(append_name, "on");
    } else {
        parts.maybe(path_name, path).maybe(append_name, append);
    }
    Ok(())
}

/// A socket that another program listens on, by its path.
pub fn client_socket(b: &mut Builder<'_>, id: &str, path: &str, again: Option<&Reconnect>) -> Result<()> {
    let mut parts = Parts::new(format_args!("socket,id={id}"));
    parts.set("path", path);
    reconnect(b, &mut parts, again);
    b.line.option("-chardev", parts);
    Ok(())
}

/// A socket that is connected already, by its descriptor.
pub fn connected_socket(b: &mut Builder<'_>, id: &str, what: Passed) -> Result<()> {
    let fd = b.descriptors.pass(what)?;
    b.line.option("-chardev", format_args!("socket,id={id},fd={fd}"));
    Ok(())
}

/// How soon a lost connection is made again.
pub fn reconnect(b: &Builder<'_>, parts: &mut Parts, reconnect: Option<&Reconnect>) {
    let Some(reconnect) = reconnect else { return };
    let seconds = match reconnect.enabled {
        Some(YesNo::Yes) => u64::from(reconnect.timeout.unwrap_or(0)),
        Some(YesNo::No) | None => 0,
    };
    let path = "chardev-add/arg-type/backend/+socket/data/reconnect-ms";
    match b.context.capabilities.schema_has(path) {
        true => parts.set("reconnect-ms", seconds * 1000),
        false => parts.set("reconnect", seconds),
    };
}

fn tcp(
    b: &mut Builder<'_>,
    alias: &str,
    source: &ChardevTcp,
    protocol: TcpProtocol,
    parts: &mut Parts,
) -> Result<()> {
    let listens = source.mode == SocketMode::Bind;
    parts.maybe("host", source.host.as_deref()).maybe("port", source.service.as_deref());
    match protocol {
        TcpProtocol::Raw => {}
        TcpProtocol::Telnet => _ = parts.add("telnet=on"),
        TcpProtocol::Telnets | TcpProtocol::Tls => {
            let text = format!(
                "device '{alias}': QEMU has no connections of protocol '{protocol}'; there is tls='yes'"
            );
            return Err(Error::config_unsupported(text));
        }
    }
    if listens {
        parts.add("server=on").add("wait=off");
    }
    reconnect(b, parts, source.reconnect.as_ref());
    let settings = b.host().settings;
    if source.tls.map_or(settings.chardev_tls_by_default, |tls| tls.is_set()) {
        let tls = &settings.chardev_tls;
        let id = format!("objchar{alias}_tls0");
        let mut key = None;
        if let Some(secret) = tls.secret {
            let sealed = b.host().secrets.seal(SecretUse::Tls, &SecretReference::Uuid(secret))?;
            let name = format!("char{alias}-secret0");
            b.line.object(&sealed_secret(name.clone(), sealed));
            key = Some(name);
        }
        b.line.object(&tls_credentials(&id, &tls.folder, listens, !listens || tls.verify, key));
        parts.set("tls-creds", id);
    }
    Ok(())
}

fn udp(mut parts: Parts, addresses: &ChardevUdp) -> Parts {
    let host = |of: &Option<ferrovirt_conf::domain::UdpAddress>| {
        of.as_ref().and_then(|address| address.host.clone()).unwrap_or_default()
    };
    let service =
        |of: &Option<ferrovirt_conf::domain::UdpAddress>| of.as_ref().and_then(|a| a.service.clone());
    parts.set("host", host(&addresses.connect)).maybe("port", service(&addresses.connect));
    parts.set("localaddr", host(&addresses.bind));
    parts.set("localport", service(&addresses.bind).unwrap_or_else(|| "0".to_owned()));
    parts
}
