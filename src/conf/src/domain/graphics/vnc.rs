//! VNC displays.

use std::num::NonZeroU32;

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::{GraphicsAuth, GraphicsListen, listen};

/// A VNC display.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct VncGraphics {
    /// The first `<listen>`'s socket, for old readers.
    #[xml(attr)]
    pub socket: Option<String>,
    /// TCP; -1: to be chosen.
    #[xml(attr, error = "Internal")]
    pub port: Option<i32>,
    #[xml(attr, ignore = "bad")]
    pub autoport: Option<YesNo>,
    /// TCP port for browsers; -1: to be chosen.
    #[xml(attr)]
    pub websocket: Option<i32>,
    /// Whether it was chosen. Only in status documents.
    #[xml(attr)]
    pub websocket_generated: Option<YesNo>,
    /// The first `<listen>`'s address, for old readers.
    #[xml(attr)]
    pub listen: Option<String>,
    #[xml(attr)]
    pub keymap: Option<String>,
    /// Whether several viewers may look at once.
    #[xml(attr, default, skip_default)]
    pub share_policy: VncSharePolicy,
    /// Whether viewers may shut the guest down.
    #[xml(attr)]
    pub power_control: Option<YesNo>,
    #[xml(flatten)]
    pub auth: GraphicsAuth,
    /// At least one, once defaults are filled in.
    #[xml(child)]
    pub listens: Vec<GraphicsListen>,
    /// The number of the sound system that viewers hear.
    #[xml(attr = "audio/@id")]
    pub audio_id: Option<NonZeroU32>,
}

/// Whether several viewers may look at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum VncSharePolicy {
    #[default]
    Default,
    AllowExclusive,
    ForceShared,
    Ignore,
}

impl VncGraphics {
    /// Whether the hypervisor's driver chooses the port.
    pub fn is_autoport(&self) -> bool {
        self.autoport == Some(YesNo::Yes)
    }

    pub(super) fn fill_defaults(&mut self) {
        let socket = self.socket.take();
        listen::complete(&mut self.listens, self.listen.as_deref(), socket.as_deref());
        let first = &self.listens[0];
        if !first.has_ports() {
            self.socket = match (&socket, &first.socket) {
                // What contradicts is left for `validate` to find.
                (Some(said), Some(path)) if said != path => socket,
                (_, path) => path.clone(),
            };
            (self.port, self.autoport, self.websocket, self.listen) = (None, None, None, None);
            return;
        }
        let chosen = matches!(self.port, None | Some(-1));
        if *self.autoport.get_or_insert(YesNo::from(chosen)) == YesNo::Yes {
            self.port = self.port.filter(|port| *port > 0).or(Some(-1));
        } else {
            self.port = self.port.filter(|port| *port != 0 && *port != -1);
        }
        self.websocket = self.websocket.filter(|port| *port != 0);
        self.listen = listen::reconciled(self.listen.take(), &self.listens);
    }

    pub(super) fn repeat_listen(&mut self) {
        self.listen = listen::repeated(&self.listens);
        self.socket = match self.listens.first() {
            Some(first) if !first.has_ports() => first.socket.clone(),
            _ => None,
        };
    }

    pub(super) fn strip_live(&mut self) {
        if self.is_autoport() && self.port.is_some() {
            self.port = Some(-1);
        }
        if self.websocket_generated == Some(YesNo::Yes) {
            self.websocket = Some(-1);
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        listen::check_repeated(&self.listen, &self.listens)?;
        let path = self.listens.first().and_then(|listen| listen.socket.as_ref());
        if let (Some(said), Some(path)) = (&self.socket, path)
            && said != path
        {
            return Err(Error::config_unsupported(format!(
                "'socket' of <graphics> is '{said}', but the first <listen> has the socket '{path}'"
            )));
        }
        self.auth.validate_vnc()
    }
}
