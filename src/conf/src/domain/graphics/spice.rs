//! SPICE displays.

use ferrovirt_xml::{OnOff, XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::{GraphicsAuth, GraphicsListen, ListenType, check_gl, listen};

/// A SPICE display.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(check = "check_gl")]
pub struct SpiceGraphics {
    /// TCP; -1: to be chosen.
    #[xml(attr)]
    pub port: Option<i32>,
    /// TCP, encrypted; -1: to be chosen.
    #[xml(attr)]
    pub tls_port: Option<i32>,
    #[xml(attr)]
    pub autoport: Option<YesNo>,
    /// The first `<listen>`'s address, for old readers.
    #[xml(attr)]
    pub listen: Option<String>,
    #[xml(attr)]
    pub keymap: Option<String>,
    /// Which port channels take that are not named.
    #[xml(attr, default, skip_default)]
    pub default_mode: SpiceChannelMode,
    #[xml(flatten)]
    pub auth: GraphicsAuth,
    /// At least one, once defaults are filled in.
    #[xml(child)]
    pub listens: Vec<GraphicsListen>,
    #[xml(child)]
    pub channels: Vec<SpiceChannel>,
    #[xml(attr = "image/@compression")]
    pub image: Option<SpiceImageCompression>,
    #[xml(attr = "jpeg/@compression")]
    pub jpeg: Option<SpiceCompression>,
    #[xml(attr = "zlib/@compression")]
    pub zlib: Option<SpiceCompression>,
    #[xml(attr = "playback/@compression")]
    pub playback: Option<OnOff>,
    #[xml(attr = "streaming/@mode")]
    pub streaming: Option<SpiceStreaming>,
    /// Who keeps the pointer.
    #[xml(attr = "mouse/@mode")]
    pub mouse: Option<SpiceMouseMode>,
    #[xml(attr = "clipboard/@copypaste")]
    pub copy_paste: Option<YesNo>,
    #[xml(attr = "filetransfer/@enable")]
    pub file_transfer: Option<YesNo>,
    #[xml(attr = "gl/@enable")]
    pub gl: Option<YesNo>,
    /// The host's graphics device.
    #[xml(attr = "gl/@rendernode")]
    pub render_node: Option<String>,
}

/// Which port a channel takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "channel")]
pub struct SpiceChannel {
    #[xml(attr)]
    pub name: SpiceChannelName,
    #[xml(attr)]
    pub mode: SpiceChannelMode,
}

/// A channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, XmlEnum)]
pub enum SpiceChannelName {
    Main,
    Display,
    Inputs,
    Cursor,
    Playback,
    Record,
    Smartcard,
    #[xml(name = "usbredir")]
    UsbRedir,
}

/// Whether a channel is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum SpiceChannelMode {
    #[default]
    Any,
    Secure,
    Insecure,
}

/// How images are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SpiceImageCompression {
    #[xml(name = "auto_glz")]
    AutoGlz,
    #[xml(name = "auto_lz")]
    AutoLz,
    Quic,
    Glz,
    Lz,
    Off,
}

/// Whether something is compressed further on slow lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SpiceCompression {
    Auto,
    Never,
    Always,
}

/// Which parts of the screen become films.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SpiceStreaming {
    Filter,
    All,
    Off,
}

/// Who keeps the pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SpiceMouseMode {
    Server,
    Client,
}

impl SpiceGraphics {
    /// Whether the hypervisor's driver chooses the ports.
    pub fn is_autoport(&self) -> bool {
        self.autoport == Some(YesNo::Yes)
    }

    pub(super) fn fill_defaults(&mut self) {
        listen::complete(&mut self.listens, self.listen.as_deref(), None);
        if self.port == Some(-1) && self.tls_port == Some(-1) {
            self.autoport = Some(YesNo::Yes);
        }
        let auto = self.is_autoport();
        for port in [&mut self.port, &mut self.tls_port] {
            *port = port.filter(|port| *port != 0 && !(auto && *port == -1));
        }
        let silent = self.port.is_none() && self.tls_port.is_none() && !auto;
        let first = &mut self.listens[0];
        if first.kind == ListenType::Address && silent {
            *first = GraphicsListen::new(ListenType::None);
        }
        if first.has_ports() {
            self.autoport = Some(YesNo::from(auto));
            self.listen = listen::reconciled(self.listen.take(), &self.listens);
        } else {
            (self.port, self.tls_port, self.autoport, self.listen) = (None, None, None, None);
        }
        self.sort_channels();
    }

    /// The last word on a channel counts.
    fn sort_channels(&mut self) {
        let mut channels: Vec<SpiceChannel> = Vec::new();
        for channel in self.channels.drain(..) {
            channels.retain(|other| other.name != channel.name);
            channels.push(channel);
        }
        channels.retain(|channel| channel.mode != SpiceChannelMode::Any);
        channels.sort_by_key(|channel| channel.name);
        self.channels = channels;
    }

    pub(super) fn repeat_listen(&mut self) {
        self.listen = listen::repeated(&self.listens);
    }

    pub(super) fn strip_live(&mut self) {
        if self.is_autoport() {
            self.port = None;
            self.tls_port = None;
        }
    }
}
