//! RDP displays.

use ferrovirt_xml::{XmlElement, YesNo};
use serde::{Deserialize, Serialize};

use super::{GraphicsAuth, GraphicsListen, is_not_yes, listen};

/// An RDP display.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct RdpGraphics {
    /// TCP; 0 or -1: to be chosen.
    #[xml(attr, error = "Internal")]
    pub port: Option<i32>,
    #[xml(attr, skip_if = "is_not_yes", ignore = "bad")]
    pub autoport: Option<YesNo>,
    /// Whether a new viewer takes the place of the old one.
    #[xml(attr, skip_if = "is_not_yes")]
    pub replace_user: Option<YesNo>,
    /// Whether several viewers may look at once.
    #[xml(attr, skip_if = "is_not_yes")]
    pub multi_user: Option<YesNo>,
    /// The first `<listen>`'s address, for old readers.
    #[xml(attr)]
    pub listen: Option<String>,
    #[xml(flatten)]
    pub auth: GraphicsAuth,
    /// At least one, once defaults are filled in.
    #[xml(child)]
    pub listens: Vec<GraphicsListen>,
}

impl RdpGraphics {
    pub(super) fn fill_defaults(&mut self) {
        listen::complete(&mut self.listens, self.listen.as_deref(), None);
        if matches!(self.port, None | Some(-1)) {
            self.autoport = Some(YesNo::Yes);
        }
        let auto = self.autoport == Some(YesNo::Yes);
        self.port = self.port.filter(|port| *port > 0).or(auto.then_some(0));
        self.listen = listen::reconciled(self.listen.take(), &self.listens);
    }

    pub(super) fn strip_live(&mut self) {
        if self.autoport == Some(YesNo::Yes) {
            self.port = Some(0);
        }
    }
}
