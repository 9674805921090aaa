//! `<bond>`: several cards as one.

use super::HostInterface;
use ferrovirt_xml::{XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// Cards that work together. Only one of the monitors is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "bond", block)]
pub struct Bond {
    #[xml(attr)]
    pub mode: Option<BondMode>,
    #[xml(child)]
    pub miimon: Option<MiiMonitor>,
    #[xml(child)]
    pub arpmon: Option<ArpMonitor>,
    #[xml(child = "interface")]
    pub interfaces: Vec<HostInterface>,
}

/// Which card sends what, in the kernel's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum BondMode {
    BalanceRr,
    ActiveBackup,
    BalanceXor,
    Broadcast,
    #[xml(name = "802.3ad")]
    Ieee8023Ad,
    BalanceTlb,
    BalanceAlb,
}

/// `<miimon>`: cards are asked for their cables. Milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "miimon")]
pub struct MiiMonitor {
    #[xml(attr)]
    pub freq: i32,
    #[xml(attr = "downdelay", default, skip_if = "not_positive")]
    #[serde(default)]
    pub down_delay: i32,
    #[xml(attr = "updelay", default, skip_if = "not_positive")]
    #[serde(default)]
    pub up_delay: i32,
    #[xml(attr)]
    pub carrier: Option<MiiCarrier>,
}

fn not_positive(delay: &i32) -> bool {
    *delay <= 0
}

/// How a card is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum MiiCarrier {
    Ioctl,
    Netif,
}

/// `<arpmon>`: a host is asked for its address every so many milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "arpmon")]
pub struct ArpMonitor {
    #[xml(attr)]
    pub interval: i32,
    #[xml(attr)]
    pub target: String,
    #[xml(attr)]
    pub validate: Option<ArpValidate>,
}

/// Which cards' answers are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum ArpValidate {
    Active,
    Backup,
    All,
}
