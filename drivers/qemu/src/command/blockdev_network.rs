//! Images that other machines hold.

use super::blockdev::Image;
use super::context::{Builder, Context};
use super::general::{sealed_secret, tls_credentials};
use super::props::Props;
use super::surroundings::{SecretUse, TlsSettings};
use ferrovirt_conf::domain::{
    EncryptionEngine, HostTransport, NetworkHost, NetworkProtocol, NetworkSource, SecretReference,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::YesNo;
use serde_json::{Value, json};
use std::net::Ipv6Addr;

/// Secrets and certificates for reaching the image.
pub fn objects(b: &mut Builder<'_>, image: &Image<'_>, source: &NetworkSource) -> Result<()> {
    if let Some(auth) = image.auth.as_ref().filter(|_| source.protocol != NetworkProtocol::Ssh) {
        let usage = SecretUse::of_login(source.protocol);
        let sealed = b.host().secrets.seal(usage, &auth.secret.reference)?;
        let id = image.secret_id(b.context, "auth-secret0");
        b.line.object(&sealed_secret(id, sealed));
    }
    if !source.cookies.is_empty() {
        let text: Vec<String> =
            source.cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let sealed = b.host().secrets.seal_text(&text.join("; "))?;
        let id = image.secret_id(b.context, "httpcookie-secret0");
        b.line.object(&sealed_secret(id, sealed));
    }
    if source.tls == Some(YesNo::Yes) {
        let Some(settings) = tls_settings(b, source.protocol) else {
            let text = format!("connections of protocol '{}' have no TLS", source.protocol);
            return Err(Error::config_unsupported(text));
        };
        let id = tls_id(image);
        let mut key = None;
        if let Some(secret) = settings.secret {
            let sealed = b.host().secrets.seal(SecretUse::Tls, &SecretReference::Uuid(secret))?;
            let name = image.secret_id(b.context, "tlskey-secret0");
            b.line.object(&sealed_secret(name.clone(), sealed));
            key = Some(name);
        }
        // Servers are always checked.
        b.line.object(&tls_credentials(&id, &settings.folder, false, true, key));
    }
    Ok(())
}

fn tls_settings<'a>(b: &Builder<'a>, protocol: NetworkProtocol) -> Option<&'a TlsSettings> {
    match protocol {
        NetworkProtocol::Nbd => Some(&b.host().settings.nbd_tls),
        NetworkProtocol::Vxhs => Some(&b.host().settings.vxhs_tls),
        _ => None,
    }
}

fn tls_id(image: &Image<'_>) -> String {
    format!("obj{}-storage_tls0", image.prefix)
}

/// The properties of the node that reaches the image.
pub fn network(context: Context<'_>, image: &Image<'_>, source: &NetworkSource) -> Result<Props> {
    let mut props = Props::device(&source.protocol.to_string());
    match source.protocol {
        NetworkProtocol::Nbd => nbd(image, source, &mut props)?,
        NetworkProtocol::Rbd => rbd(context, image, source, &mut props)?,
        NetworkProtocol::Gluster => gluster(source, &mut props)?,
        NetworkProtocol::Iscsi => iscsi(context, image, source, &mut props)?,
        NetworkProtocol::Ssh => ssh(image, source, &mut props)?,
        NetworkProtocol::Nfs => nfs(source, &mut props)?,
        NetworkProtocol::Vxhs => {
            props.maybe("tls-creds", (source.tls == Some(YesNo::Yes)).then(|| tls_id(image)));
            props.text("vdisk-id", source.name.as_deref()).set("server", inet(single(source)?)?);
        }
        NetworkProtocol::Http
        | NetworkProtocol::Https
        | NetworkProtocol::Ftp
        | NetworkProtocol::Ftps
        | NetworkProtocol::Tftp => url(context, image, source, &mut props)?,
        NetworkProtocol::Sheepdog => {
            return Err(Error::config_unsupported("QEMU does not speak 'sheepdog' any more"));
        }
    }
    Ok(props)
}

/// Most protocols know one server.
fn single(source: &NetworkSource) -> Result<&NetworkHost> {
    match source.hosts.as_slice() {
        [host] => Ok(host),
        hosts => Err(Error::internal(format!(
            "images of protocol '{}' have one <host>, not {}",
            source.protocol,
            hosts.len()
        ))),
    }
}

fn name_of(host: &NetworkHost) -> &str {
    host.name.as_deref().unwrap_or_default()
}

fn inet(host: &NetworkHost) -> Result<Value> {
    match host.transport {
        HostTransport::Tcp => Ok(json!({ "host": name_of(host), "port": host.port.to_string() })),
        other => Err(transport(other)),
    }
}

/// A server that may be a socket on the host.
fn socket(host: &NetworkHost) -> Result<Value> {
    match host.transport {
        HostTransport::Tcp => {
            Ok(json!({ "type": "inet", "host": name_of(host), "port": host.port.to_string() }))
        }
        HostTransport::Unix => {
            Ok(json!({ "type": "unix", "path": host.socket.as_deref().unwrap_or_default() }))
        }
        other => Err(transport(other)),
    }
}

fn transport(transport: HostTransport) -> Error {
    Error::internal(format!("images can't be reached over transport '{transport}'"))
}

fn nbd(image: &Image<'_>, source: &NetworkSource, props: &mut Props) -> Result<()> {
    props.set("server", socket(single(source)?)?).text("export", source.name.as_deref());
    props.maybe("tls-creds", (source.tls == Some(YesNo::Yes)).then(|| tls_id(image)));
    props
        .text("tls-hostname", source.tls_hostname.as_deref())
        .positive("reconnect-delay", source.reconnect_delay);
    Ok(())
}

/// Pool and image, with the slash between them.
fn split(source: &NetworkSource) -> (&str, &str) {
    let name = source.name.as_deref().unwrap_or_default();
    name.split_once('/').unwrap_or(("", name))
}

fn rbd(context: Context<'_>, image: &Image<'_>, source: &NetworkSource, props: &mut Props) -> Result<()> {
    let (pool, name) = split(source);
    props.set("pool", pool).set("image", name).text("snapshot", source.snapshot.as_deref());
    props.text("conf", source.config.as_deref());
    if !source.hosts.is_empty() {
        props.set("server", source.hosts.iter().map(inet).collect::<Result<Vec<_>>>()?);
    }
    let librbd = image.encryption.as_ref().filter(|e| e.engine == Some(EncryptionEngine::Librbd));
    if let Some(encryption) = librbd {
        let mut inner: Option<Value> = None;
        for index in (0..encryption.secrets.len()).rev() {
            let mut layer = Props::new();
            layer.set("format", encryption.format.to_string());
            layer.set("key-secret", image.secret_id(context, &format!("encryption-secret{index}")));
            layer.maybe("parent", inner.take());
            inner = Some(layer.into());
        }
        props.maybe("encrypt", inner);
    }
    if let Some(auth) = &image.auth {
        props.set("user", auth.username.as_str()).set("auth-client-required", json!(["cephx", "none"]));
        props.set("key-secret", image.secret_id(context, "auth-secret0"));
    }
    Ok(())
}

fn gluster(source: &NetworkSource, props: &mut Props) -> Result<()> {
    let (volume, path) = split(source);
    props.set("volume", volume).set("path", path);
    props.set("server", source.hosts.iter().map(socket).collect::<Result<Vec<_>>>()?);
    // What the driver has always asked for.
    props.set("debug", 4);
    Ok(())
}

fn iscsi(context: Context<'_>, image: &Image<'_>, source: &NetworkSource, props: &mut Props) -> Result<()> {
    props.extend(iscsi_target(source)?);
    if let Some(auth) = &image.auth {
        props.set("user", auth.username.as_str());
        props.set("password-secret", image.secret_id(context, "auth-secret0"));
    }
    props.text("initiator-name", source.initiator.as_deref());
    Ok(())
}

/// Portal, target and unit.
pub fn iscsi_target(source: &NetworkSource) -> Result<Props> {
    let host = single(source)?;
    let name = source.name.as_deref().unwrap_or_default();
    let (target, unit) = name.split_once('/').unwrap_or((name, "0"));
    let unit: u32 = unit
        .parse()
        .map_err(|_| Error::internal(format!("'{unit}' in the iSCSI name '{name}' is no logical unit")))?;
    let mut props = Props::new();
    props.set("portal", host_and_port(host)).set("target", target).set("lun", unit).set("transport", "tcp");
    Ok(props)
}

fn host_and_port(host: &NetworkHost) -> String {
    let name = name_of(host);
    match name.parse::<Ipv6Addr>() {
        Ok(_) => format!("[{name}]:{}", host.port),
        Err(_) => format!("{name}:{}", host.port),
    }
}

fn ssh(image: &Image<'_>, source: &NetworkSource, props: &mut Props) -> Result<()> {
    if image.auth.is_some() {
        let text = "QEMU itself takes no password for ssh: nbdkit is needed";
        return Err(Error::config_unsupported(text));
    }
    props.set("path", source.name.as_deref().unwrap_or_default()).set("server", inet(single(source)?)?);
    // Keys QEMU finds by itself, where its user has them.
    props.text("user", source.ssh_identity.as_ref().map(|identity| identity.username.as_str()));
    Ok(())
}

fn nfs(source: &NetworkSource, props: &mut Props) -> Result<()> {
    props.set("server", json!({ "host": name_of(single(source)?), "type": "inet" }));
    props.text("path", source.name.as_deref());
    if let Some(identity) = &source.nfs_identity {
        for (key, text) in [("user", &identity.user), ("group", &identity.group)] {
            let Some(text) = text else { continue };
            let number: u32 = text.trim_start_matches('+').parse().map_err(|_| {
                Error::config_unsupported(format!(
                    "'{text}' must be a number: NFS images take no {key} by name"
                ))
            })?;
            props.set(key, number);
        }
    }
    Ok(())
}

fn url(context: Context<'_>, image: &Image<'_>, source: &NetworkSource, props: &mut Props) -> Result<()> {
    let host = single(source)?;
    let path = source.name.as_deref().unwrap_or_default();
    let slash = if path.starts_with('/') { "" } else { "/" };
    let query = source.query.as_deref().map_or(String::new(), |query| format!("?{query}"));
    let scheme = match host.transport {
        HostTransport::Tcp => source.protocol.to_string(),
        other => format!("{}+{other}", source.protocol),
    };
    props.set("url", format!("{scheme}://{}{slash}{path}{query}", host_and_port(host)));
    if let Some(auth) = &image.auth {
        props.set("username", auth.username.as_str());
        props.set("password-secret", image.secret_id(context, "auth-secret0"));
    }
    props.switch("sslverify", source.ssl_verify);
    if !source.cookies.is_empty() {
        props.set("cookie-secret", image.secret_id(context, "httpcookie-secret0"));
    }
    props.positive("timeout", source.timeout).positive("readahead", source.readahead);
    Ok(())
}
