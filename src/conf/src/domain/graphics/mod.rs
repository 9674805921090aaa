//! `<graphics>`: how people see the guest's screen.

mod auth;
mod listen;
mod local;
mod rdp;
mod spice;
mod vnc;

pub use auth::{ConnectedPolicy, GraphicsAuth};
pub use listen::{GraphicsListen, ListenType};
pub use local::{DbusGraphics, DesktopGraphics, EglHeadlessGraphics, SdlGraphics};
pub use rdp::RdpGraphics;
pub use spice::{
    SpiceChannel, SpiceChannelMode, SpiceChannelName, SpiceCompression, SpiceGraphics, SpiceImageCompression,
    SpiceMouseMode, SpiceStreaming,
};
pub use vnc::{VncGraphics, VncSharePolicy};

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Node, XmlElement, YesNo};
use serde::{Deserialize, Serialize};

use super::{Context, Device};

/// A display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[xml(name = "graphics", tag = "type")]
pub enum Graphics {
    Vnc(Box<VncGraphics>),
    Spice(Box<SpiceGraphics>),
    Sdl(SdlGraphics),
    Rdp(RdpGraphics),
    Desktop(DesktopGraphics),
    /// OpenGL without a screen.
    EglHeadless(EglHeadlessGraphics),
    Dbus(DbusGraphics),
}

impl Graphics {
    /// What the `type` attribute says.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Vnc(_) => "vnc",
            Self::Spice(_) => "spice",
            Self::Sdl(_) => "sdl",
            Self::Rdp(_) => "rdp",
            Self::Desktop(_) => "desktop",
            Self::EglHeadless(_) => "egl-headless",
            Self::Dbus(_) => "dbus",
        }
    }

    /// Where it listens; nothing for local displays.
    pub fn listens(&self) -> &[GraphicsListen] {
        match self {
            Self::Vnc(vnc) => &vnc.listens,
            Self::Spice(spice) => &spice.listens,
            Self::Rdp(rdp) => &rdp.listens,
            _ => &[],
        }
    }

    /// Where it listens, to be filled in.
    pub fn listens_mut(&mut self) -> Option<&mut Vec<GraphicsListen>> {
        match self {
            Self::Vnc(vnc) => Some(&mut vnc.listens),
            Self::Spice(spice) => Some(&mut spice.listens),
            Self::Rdp(rdp) => Some(&mut rdp.listens),
            _ => None,
        }
    }

    pub(super) fn auth(&self) -> Option<&GraphicsAuth> {
        match self {
            Self::Vnc(vnc) => Some(&vnc.auth),
            Self::Spice(spice) => Some(&spice.auth),
            Self::Rdp(rdp) => Some(&rdp.auth),
            _ => None,
        }
    }

    pub(super) fn auth_mut(&mut self) -> Option<&mut GraphicsAuth> {
        match self {
            Self::Vnc(vnc) => Some(&mut vnc.auth),
            Self::Spice(spice) => Some(&mut spice.auth),
            Self::Rdp(rdp) => Some(&mut rdp.auth),
            _ => None,
        }
    }

    /// Repeats the first address in the attribute `listen`, for old readers; after addresses have changed.
    pub fn repeat_listen(&mut self) {
        // Without <listen>, the attribute is all there is.
        if self.listens().is_empty() {
            return;
        }
        match self {
            Self::Vnc(vnc) => vnc.repeat_listen(),
            Self::Spice(spice) => spice.repeat_listen(),
            Self::Rdp(rdp) => rdp.listen = listen::repeated(&rdp.listens),
            _ => {}
        }
    }

    /// Whether [`Self::strip_status`] would take out anything.
    pub fn has_status(&self) -> bool {
        let generated = matches!(self, Self::Vnc(vnc) if vnc.websocket_generated.is_some());
        generated || self.listens().iter().any(GraphicsListen::has_status)
    }

    /// Takes out what only libvirt's own status documents have.
    pub fn strip_status(&mut self) {
        if let Self::Vnc(vnc) = self {
            vnc.websocket_generated = None;
        }
        for listen in self.listens_mut().into_iter().flatten() {
            listen.strip_status();
        }
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        match self {
            Self::Vnc(vnc) => vnc.strip_live(),
            Self::Spice(spice) => spice.strip_live(),
            Self::Rdp(rdp) => rdp.strip_live(),
            _ => {}
        }
        self.strip_status();
        for listen in self.listens_mut().into_iter().flatten() {
            listen.strip_live();
        }
        // What else the attribute says may be all that an older document has.
        if self.listens().first().is_some_and(|first| first.kind == ListenType::Network) {
            self.forget_listen();
        }
    }

    fn forget_listen(&mut self) {
        match self {
            Self::Vnc(vnc) => vnc.listen = None,
            Self::Spice(spice) => spice.listen = None,
            Self::Rdp(rdp) => rdp.listen = None,
            _ => {}
        }
    }
}

impl Device for Graphics {
    /// Ports of running guests are left alone: [`Graphics::strip_live`] comes first where they are not wanted.
    fn fill_defaults(&mut self, _context: &Context) {
        match self {
            Self::Vnc(vnc) => vnc.fill_defaults(),
            Self::Spice(spice) => spice.fill_defaults(),
            Self::Rdp(rdp) => rdp.fill_defaults(),
            _ => {}
        }
        if let Some(auth) = self.auth_mut() {
            auth.fill_defaults();
        }
    }

    /// Whether the sound systems are there is for the domain to see.
    fn validate(&self, _context: &Context) -> Result<()> {
        let kind = self.kind();
        for listen in self.listens() {
            listen.validate(kind)?;
        }
        match self {
            Self::Vnc(vnc) => vnc.validate(),
            Self::Spice(spice) => listen::check_repeated(&spice.listen, &spice.listens),
            Self::Rdp(rdp) => listen::check_repeated(&rdp.listen, &rdp.listens),
            Self::Dbus(dbus) if dbus.p2p == Some(YesNo::Yes) && dbus.address.is_some() => {
                Err(Error::xml("D-Bus display takes p2p='yes' or an 'address', not both"))
            }
            _ => Ok(()),
        }
    }
}

/// Where `<gl>` is an answer, it has one; a display that is nothing but OpenGL does not need to be asked.
fn check_gl(node: &Node<'_>) -> Result<()> {
    match node.child("gl").filter(|gl| gl.attr("enable").is_none()) {
        Some(gl) => Err(gl.missing_attr("enable", ErrorCode::XmlError)),
        None => Ok(()),
    }
}

/// For attributes that are written only if they say yes.
fn is_not_yes(value: &Option<YesNo>) -> bool {
    *value != Some(YesNo::Yes)
}

#[cfg(test)]
mod tests;
