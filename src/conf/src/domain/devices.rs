//! `<devices>`: all devices of a guest, in the order of output.

use crate::domain::*;
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// `<devices>`
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "devices", block)]
pub struct Devices {
    /// The program that runs the guest.
    #[xml(value)]
    pub emulator: Option<String>,
    #[xml(child)]
    pub disks: Vec<Disk>,
    #[xml(child)]
    pub controllers: Vec<Controller>,
    #[xml(child)]
    pub serials: Vec<Serial>,
    #[xml(child)]
    pub parallels: Vec<Parallel>,
    #[xml(child)]
    pub consoles: Vec<Console>,
    #[xml(child)]
    pub channels: Vec<Channel>,
    #[xml(child)]
    pub inputs: Vec<Input>,
    #[xml(child)]
    pub sounds: Vec<Sound>,
    #[xml(child)]
    pub audios: Vec<Audio>,
    #[xml(child)]
    pub videos: Vec<Video>,
    #[xml(child)]
    pub watchdogs: Vec<Watchdog>,
    #[xml(child)]
    pub memballoon: Option<Memballoon>,
    #[xml(child)]
    pub rngs: Vec<Rng>,
}
