//! Where a domain's screen and console are, and pictures of the screen.

use super::xml_of;
use crate::args::Args;
use crate::command::{Command, arg, flag, number, text};
use crate::complete;
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::output::extra;
use crate::shell::Shell;
use crate::{find, transfer, xml};
use ferrovirt::Domain;
use ferrovirt_core::abi::*;
use roxmltree::Node;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "domdisplay",
        "show where a domain's display can be reached",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("include-password", "with the password, where it is known"),
            text("type", "only this kind, such as vnc or spice").positional(),
            flag("all", "all displays, not only the first"),
        ],
        domdisplay,
    ),
    Command::new(
        "domdisplay-reload",
        "have the display read its certificates again",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::domains),
            number("type", "which kind"),
        ],
        domdisplay_reload,
    )
    .changing(),
    Command::new(
        "screenshot",
        "take a picture of a guest's screen",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            text("file", "file to write the picture to").also_positional().completed_by(complete::paths),
            number("screen", "number of the screen").also_positional(),
        ],
        screenshot,
    )
    .changing(),
    Command::new(
        "ttyconsole",
        "show the device of a domain's console",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        ttyconsole,
    ),
    Command::new(
        "vncdisplay",
        "show a domain's VNC display",
        &[arg("domain", "its name, number or UUID").completed_by(complete::active_domains)],
        vncdisplay,
    ),
];

const SCHEMES: [&str; 4] = ["vnc", "spice", "rdp", "dbus"];

fn must_run(domain: &Domain) -> Outcome {
    if domain.is_active().unwrap_or(true) { Ok(()) } else { fail!("Domain is not running") }
}

fn domdisplay(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("all", "type")?;
    let domain = find::domain(shell, args)?;
    must_run(&domain)?;
    if args.flag("include-password") {
        shell.may_change(args)?;
    }
    let kind = args.text("type")?;
    let text = xml_of(&domain, args.bits(&[("include-password", VIR_DOMAIN_XML_SECURE)]))?;
    let document = xml::parse(&text, "domain description xml")?;
    let all = args.flag("all");
    let uri = shell.connection()?.uri().unwrap_or_default();
    let mut found = Vec::new();
    for scheme in SCHEMES.iter().filter(|scheme| all || kind.is_none_or(|kind| kind == **scheme)) {
        found.extend(display(document.root_element(), scheme, &uri)?);
    }
    if !all {
        found.truncate(1);
    }
    match (found.is_empty(), kind) {
        (true, Some(kind)) => fail!("No graphical display with type '{kind}' found"),
        (true, None) => fail!("No graphical display found"),
        _ => {}
    }
    let shown: String =
        found.iter().map(|display| format!("{display}{}", if all { "\n" } else { "" })).collect();
    shell.out.document(format_args!("{shown}"), found.into());
    Ok(())
}

/// The URI of the first display of this kind, if it can be reached.
fn display(domain: Node<'_, '_>, scheme: &str, connection: &str) -> Outcome<Option<String>> {
    let all = xml::all(domain, "devices/graphics");
    let Some(graphics) = all.into_iter().find(|node| node.attribute("type") == Some(scheme)) else {
        return Ok(None);
    };
    let value = |path: &str| xml::value(graphics, path);
    if scheme == "dbus" {
        return match value("@address") {
            Some(address) => match address.strip_prefix("unix:path=") {
                Some(path) => Ok(Some(format!("dbus+unix://{path}"))),
                None => fail!("'{address}' D-Bus address is not handled"),
            },
            None => Ok(None),
        };
    }
    let port = |name: &str| value(name).and_then(|text| text.parse::<i32>().ok()).unwrap_or_default();
    let (port, tls_port) = (port("@port"), port("@tlsPort"));
    let socket = value("listen/@socket").filter(|_| value("listen/@type").as_deref() == Some("socket"));
    if port == 0 && tls_port == 0 && socket.is_none() {
        return Ok(None);
    }
    let password = value("@passwd").map(|password| xml::escape(&password));
    let mut uri = match &socket {
        Some(_) => format!("{scheme}+unix://"),
        None => format!("{scheme}://"),
    };
    if let Some(password) = password.as_ref().filter(|_| scheme == "vnc") {
        uri += &format!(":{password}@");
    }
    let listen = match value("@listen") {
        Some(address) if is_wildcard(&address) => server_of(connection),
        Some(address) => Some(address),
        None => value("listen/@address"),
    };
    uri += &match (socket, listen) {
        (Some(socket), _) => socket,
        (None, None) => "localhost".into(),
        (None, Some(address)) if address.contains(':') => format!("[{address}]"),
        (None, Some(address)) => address,
    };
    if port != 0 {
        uri += &format!(":{}", if scheme == "vnc" { port - 5900 } else { port });
    }
    let mut query = Vec::new();
    if tls_port != 0 {
        query.push(format!("tls-port={tls_port}"));
    }
    if let Some(password) = password.filter(|_| scheme == "spice") {
        query.push(format!("password={password}"));
    }
    if !query.is_empty() {
        uri += &format!("?{}", query.join("&"));
    }
    Ok(Some(uri))
}

/// All addresses of the host.
fn is_wildcard(address: &str) -> bool {
    address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified())
}

/// The host that a connection's URI names.
fn server_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_owned())
}

fn vncdisplay(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    must_run(&domain)?;
    let text = xml_of(&domain, 0)?;
    let document = xml::parse(&text, "domain description xml")?;
    let all = xml::all(document.root_element(), "devices/graphics");
    let graphics = all.into_iter().find(|node| node.attribute("type") == Some("vnc"));
    let port = graphics.and_then(|node| node.attribute("port")?.parse::<i32>().ok());
    let (Some(graphics), Some(port)) = (graphics, port) else {
        fail!("Failed to get VNC port. Is this domain using VNC?")
    };
    let listen = xml::value(graphics, "@listen").or_else(|| xml::value(graphics, "listen/@address"));
    let listen = listen.filter(|address| address != "0.0.0.0").unwrap_or_default();
    let display = format!("{listen}:{}", port - 5900);
    shell.out.document(format_args!("{display}\n"), display.as_str().into());
    Ok(())
}

fn ttyconsole(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    let text = xml_of(&domain, 0)?;
    let document = xml::parse(&text, "domain description xml")?;
    let Some(tty) = xml::value(document.root_element(), "devices/console/@tty") else {
        return Err(Failure::silent());
    };
    shell.out.document(format_args!("{tty}\n"), tty.as_str().into());
    Ok(())
}

fn domdisplay_reload(shell: &mut Shell, args: &Args) -> Outcome {
    let domain = find::domain(shell, args)?;
    Ok(domain.graphics_reload(args.number::<u32>("type")?.unwrap_or_default(), 0)?)
}

fn screenshot(shell: &mut Shell, args: &Args) -> Outcome {
    let file = args.text("file")?;
    let screen = args.number::<u32>("screen")?.unwrap_or_default();
    let domain = find::domain(shell, args)?;
    let name = args.need("domain")?;
    let stream = shell.connection()?.new_stream(0)?;
    let mime =
        domain.screenshot(&stream, screen, 0).or_say(|| format!("could not take a screenshot of {name}"))?;
    let path = file.map_or_else(|| invented_name(&domain, &mime), str::to_owned);
    let existed = std::path::Path::new(&path).exists();
    let received = transfer::create(&path).and_then(|mut file| {
        transfer::receive(&stream, &mut file, || format!("could not receive data from domain '{name}'"))
    });
    if received.is_err() && !existed {
        // Half a picture is worse than none.
        let _ = std::fs::remove_file(&path);
    }
    received?;
    extra!(shell, "Screenshot saved to {path}, with type of {mime}");
    Ok(())
}

fn invented_name(domain: &Domain, mime: &str) -> String {
    let end = match mime {
        "image/x-portable-pixmap" => ".ppm",
        "image/png" => ".png",
        _ => "",
    };
    format!("{}-{}{end}", domain.name(), crate::values::time::for_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_its_server() {
        assert_eq!(server_of("qemu+ssh://root@host.example:22/system").as_deref(), Some("host.example"));
        assert_eq!(server_of("qemu+tls://[::1]/system").as_deref(), Some("::1"));
        assert_eq!(server_of("test:///default"), None);
    }

    #[test]
    fn displays_have_uris() {
        let xml = "<domain><devices><graphics type='vnc' port='5901' listen='127.0.0.1' passwd='x'/>\
                   <graphics type='spice' port='5900' tlsPort='5902' listen='::'/></devices></domain>";
        let document = roxmltree::Document::parse(xml).unwrap();
        let uri = |scheme| display(document.root_element(), scheme, "qemu+tcp://far/system").unwrap();
        assert_eq!(uri("vnc").as_deref(), Some("vnc://:x@127.0.0.1:1"));
        assert_eq!(uri("spice").as_deref(), Some("spice://far:5900?tls-port=5902"));
        assert_eq!(uri("rdp"), None);
    }
}
