//! `<graphics>`: how the guest's screens are looked at.

use super::context::Builder;
use super::general::{sealed_secret, tls_credentials};
use super::line::{Parts, on_off};
use super::sound::backend_id;
use super::surroundings::SecretUse;
use ferrovirt_conf::domain::{
    DbusGraphics, Graphics, GraphicsListen, ListenType, SdlGraphics, SecretReference, SpiceChannelMode,
    SpiceGraphics, SpiceMouseMode, VncGraphics, VncSharePolicy,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::YesNo;
use std::ops::RangeInclusive;

/// VNC counts screens from here.
const FIRST_VNC_PORT: i32 = 5900;
const VNC_PORTS: RangeInclusive<i32> = FIRST_VNC_PORT..=65535;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    refuse_twins(&b.model().devices.graphics)?;
    for (at, graphics) in b.model().devices.graphics.iter().enumerate() {
        match graphics {
            Graphics::Vnc(vnc) => self::vnc(b, at, vnc)?,
            Graphics::Spice(spice) => self::spice(b, spice)?,
            Graphics::Sdl(sdl) => self::sdl(b, sdl),
            Graphics::EglHeadless(egl) => {
                let mut parts = Parts::new("egl-headless");
                parts.maybe("rendernode", egl.render_node.as_deref());
                b.line.option("-display", parts);
            }
            Graphics::Dbus(dbus) => self::dbus(b, dbus)?,
            // Served by a program that reads D-Bus.
            Graphics::Rdp(_) => {}
            Graphics::Desktop(_) => {
                return Err(Error::config_unsupported("QEMU has no display of type 'desktop'"));
            }
        }
    }
    Ok(())
}

/// A guest has one display of each type, as with libvirt.
fn refuse_twins(all: &[Graphics]) -> Result<()> {
    let kinds = all.iter().map(Graphics::kind).enumerate();
    match kinds.into_iter().find(|(at, kind)| all[..*at].iter().any(|other| other.kind() == *kind)) {
        Some((_, kind)) => {
            let text = format!("a guest can have one display of type '{kind}', not several");
            Err(Error::config_unsupported(text))
        }
        None => Ok(()),
    }
}

fn first(listens: &[GraphicsListen]) -> Result<&GraphicsListen> {
    listens.first().ok_or_else(|| Error::internal("a display has no <listen> yet"))
}

fn vnc(b: &mut Builder<'_>, at: usize, vnc: &VncGraphics) -> Result<()> {
    let listen = first(&vnc.listens)?;
    let mut parts = match listen.kind {
        ListenType::Socket => {
            let path = listen.socket.as_deref().unwrap_or_default();
            Parts::new(format_args!("vnc=unix:{}", super::line::escape(path)))
        }
        ListenType::None => Parts::new("none"),
        ListenType::Address | ListenType::Network => {
            let port = vnc.port.unwrap_or(FIRST_VNC_PORT);
            if !vnc.is_autoport() && !VNC_PORTS.contains(&port) {
                let text = format!("the VNC port {port} is not between {FIRST_VNC_PORT} and 65535");
                return Err(Error::config_unsupported(text));
            }
            let address = listen.address.as_deref().unwrap_or_default();
            let host = if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
            let mut parts = Parts::new(format_args!("{host}:{}", port - FIRST_VNC_PORT));
            parts.maybe("websocket", vnc.websocket);
            parts
        }
    };
    parts.maybe("share", (vnc.share_policy != VncSharePolicy::Default).then_some(vnc.share_policy));
    let settings = &b.host().settings.vnc;
    if vnc.auth.password.is_some() || settings.password {
        parts.add("password=on");
    }
    if let Some(tls) = &settings.tls {
        let id = format!("vnc-tls-creds{at}");
        let mut key = None;
        if let Some(secret) = tls.secret {
            let sealed = b.host().secrets.seal(SecretUse::Tls, &SecretReference::Uuid(secret))?;
            let name = format!("{id}-secret0");
            b.line.object(&sealed_secret(name.clone(), sealed));
            key = Some(name);
        }
        b.line.object(&tls_credentials(&id, &tls.folder, true, tls.verify, key));
        parts.set("tls-creds", id);
    }
    if settings.sasl {
        parts.add("sasl=on");
        sasl_folder(b, settings.sasl_folder.as_deref());
    }
    parts.maybe("power-control", vnc.power_control.map(|on| on_off(on.is_set())));
    parts.set("audiodev", backend_id(b.model(), vnc.audio_id)?);
    b.line.option("-vnc", parts);
    keymap(b, vnc.keymap.as_deref());
    Ok(())
}

fn sasl_folder(b: &mut Builder<'_>, folder: Option<&std::path::Path>) {
    if let Some(folder) = folder {
        b.line.env("SASL_CONF_PATH", folder.to_string_lossy());
    }
}

fn keymap(b: &mut Builder<'_>, keymap: Option<&str>) {
    if let Some(keymap) = keymap {
        b.line.option("-k", keymap);
    }
}

fn spice(b: &mut Builder<'_>, spice: &SpiceGraphics) -> Result<()> {
    let listen = first(&spice.listens)?;
    let mut parts = Parts::default();
    let port = |port: Option<i32>| port.filter(|port| *port > 0);
    let (plain, secure) = match listen.kind {
        ListenType::Socket => {
            parts.add("unix=on").set("addr", listen.socket.as_deref().unwrap_or_default());
            (true, false)
        }
        // SPICE wants a port at any rate.
        ListenType::None => {
            parts.add("port=0");
            (true, false)
        }
        ListenType::Address | ListenType::Network => {
            let (plain, secure) = (port(spice.port), port(spice.tls_port));
            parts.maybe("port", plain).maybe("tls-port", secure);
            if plain.is_some() || secure.is_some() {
                parts.maybe("addr", listen.address.as_deref());
            }
            (plain.is_some(), secure.is_some())
        }
    };
    let settings = &b.host().settings.spice;
    if settings.sasl {
        parts.add("sasl=on");
        sasl_folder(b, settings.sasl_folder.as_deref());
    }
    parts.maybe("agent-mouse", spice.mouse.map(|mode| on_off(mode == SpiceMouseMode::Client)));
    // Passwords go over the monitor, where no list of processes shows them.
    if spice.auth.password.is_none() && !settings.password {
        parts.add("disable-ticketing=on");
    }
    if secure {
        let folder = settings.tls.as_ref().map(|tls| tls.folder.to_string_lossy().into_owned());
        let text = "this guest's SPICE has a TLS port, but the driver has no TLS for SPICE";
        parts.set("x509-dir", folder.ok_or_else(|| Error::config_unsupported(text))?);
    }
    channels(&mut parts, spice, plain, secure)?;
    spice_quality(&mut parts, spice);
    parts.add("seamless-migration=on");
    b.line.option("-spice", parts);
    keymap(b, spice.keymap.as_deref());
    Ok(())
}

/// Which channels must, or must not, be encrypted.
fn channels(parts: &mut Parts, spice: &SpiceGraphics, plain: bool, secure: bool) -> Result<()> {
    let named = spice.channels.iter().map(|channel| (channel.name.to_string(), channel.mode));
    for (name, mode) in [("default".to_owned(), spice.default_mode)].into_iter().chain(named) {
        let (option, available, port) = match mode {
            SpiceChannelMode::Any => continue,
            SpiceChannelMode::Secure => ("tls-channel", secure, "tlsPort"),
            SpiceChannelMode::Insecure => ("plaintext-channel", plain, "port"),
        };
        if !available {
            let text = format!("SPICE channel '{name}' shall be '{mode}', but the display has no '{port}'");
            return Err(Error::config_unsupported(text));
        }
        parts.set(option, name);
    }
    Ok(())
}

fn spice_quality(parts: &mut Parts, spice: &SpiceGraphics) {
    parts.maybe("image-compression", spice.image).maybe("jpeg-wan-compression", spice.jpeg);
    parts.maybe("zlib-glz-wan-compression", spice.zlib);
    parts.maybe("playback-compression", spice.playback).maybe("streaming-video", spice.streaming);
    if spice.copy_paste == Some(YesNo::No) {
        parts.add("disable-copy-paste=on");
    }
    if spice.file_transfer == Some(YesNo::No) {
        parts.add("disable-agent-file-xfer=on");
    }
    if spice.gl == Some(YesNo::Yes) {
        parts.add("gl=on").maybe("rendernode", spice.render_node.as_deref());
    }
}

/// A window on the host.
fn sdl(b: &mut Builder<'_>, sdl: &SdlGraphics) {
    if let Some(authority) = &sdl.xauth {
        b.line.env("XAUTHORITY", authority);
    }
    if let Some(display) = &sdl.display {
        b.line.env("DISPLAY", display);
    }
    if sdl.fullscreen == Some(YesNo::Yes) {
        b.line.flag("-full-screen");
    }
    let mut parts = Parts::new("sdl");
    parts.maybe("gl", sdl.gl.map(|gl| on_off(gl.is_set())));
    b.line.option("-display", parts);
}

fn dbus(b: &mut Builder<'_>, dbus: &DbusGraphics) -> Result<()> {
    let mut parts = Parts::new("dbus");
    match dbus.p2p {
        Some(YesNo::Yes) => _ = parts.add("p2p=on"),
        _ => _ = parts.maybe("addr", dbus.address.as_deref()),
    }
    parts.maybe("gl", dbus.gl.map(|gl| on_off(gl.is_set())));
    parts.maybe("rendernode", dbus.render_node.as_deref());
    if dbus.audio_id.is_some() {
        parts.set("audiodev", backend_id(b.model(), dbus.audio_id)?);
    }
    b.line.option("-display", parts);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_guest_has_one_display_of_a_type() {
        let displays = |text: &str| sample::fill("pc", "", text).unwrap().devices.graphics;
        refuse_twins(&displays("<graphics type='vnc'/><graphics type='egl-headless'/>")).unwrap();
        let twins = displays("<graphics type='vnc'/><graphics type='egl-headless'/><graphics type='vnc'/>");
        assert_eq!(refuse_twins(&twins).unwrap_err().code(), ferrovirt_core::ErrorCode::ConfigUnsupported);
    }
}
