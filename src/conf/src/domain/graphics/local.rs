//! Displays that nobody reaches over a network.

use std::num::NonZeroU32;

use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

use super::{check_gl, is_not_yes};

/// A window, drawn by SDL.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(check = "check_gl")]
pub struct SdlGraphics {
    /// Of X11, such as `:0`.
    #[xml(attr)]
    pub display: Option<String>,
    /// Of X11: the file with the keys.
    #[xml(attr)]
    pub xauth: Option<String>,
    #[xml(attr, skip_if = "is_not_yes")]
    pub fullscreen: Option<YesNo>,
    #[xml(attr = "gl/@enable")]
    pub gl: Option<YesNo>,
}

/// A window of VirtualBox.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DesktopGraphics {
    /// Of X11, such as `:0`.
    #[xml(attr)]
    pub display: Option<String>,
    #[xml(attr, skip_if = "is_not_yes")]
    pub fullscreen: Option<YesNo>,
}

/// OpenGL for another display.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct EglHeadlessGraphics {
    /// The host's graphics device.
    #[xml(attr = "gl/@rendernode")]
    pub render_node: Option<String>,
}

/// A display on D-Bus.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(check = "check_gl")]
pub struct DbusGraphics {
    /// Whether viewers connect without a bus.
    #[xml(attr, skip_if = "is_not_yes")]
    pub p2p: Option<YesNo>,
    /// The bus; none: libvirt's own.
    #[xml(attr)]
    pub address: Option<String>,
    #[xml(attr = "gl/@enable")]
    pub gl: Option<YesNo>,
    /// The host's graphics device.
    #[xml(attr = "gl/@rendernode")]
    pub render_node: Option<String>,
    /// The number of the sound system that viewers hear.
    #[xml(attr = "audio/@id")]
    pub audio_id: Option<NonZeroU32>,
}
