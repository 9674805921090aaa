//! `<clock>`: what time the guest sees, and its timers.

use ferrovirt_core::{ErrorCode, Result};
use ferrovirt_xml::{Item, Node, Shape, ValueKind, Writer, XmlContent, XmlElement, XmlEnum, XmlValue, YesNo};
use serde::{Deserialize, Serialize};

/// `<clock>`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "clock")]
pub struct Clock {
    #[xml(flatten)]
    pub offset: ClockOffset,
    #[xml(child)]
    pub timers: Vec<Timer>,
}

/// What the guest's clock starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "offset", rename_all = "lowercase")]
pub enum ClockOffset {
    /// UTC at every boot; with `reset`, what the guest has changed is forgotten.
    Utc {
        #[serde(default)]
        reset: bool,
    },
    /// The host's time zone at every boot.
    LocalTime {
        #[serde(default)]
        reset: bool,
    },
    /// Seconds away from the basis, following what the guest does to its clock.
    Variable {
        adjustment: i64,
        basis: ClockBasis,
        /// The adjustment at boot, of running guests.
        initial: Option<i64>,
    },
    Timezone {
        timezone: String,
    },
    /// Seconds since the epoch at every boot.
    Absolute {
        start: u64,
    },
}

impl Default for ClockOffset {
    fn default() -> Self {
        Self::Utc { reset: false }
    }
}

impl Clock {
    /// Takes out what the clock was when the guest began to run.
    pub fn strip_live(&mut self) {
        if let ClockOffset::Variable { initial, .. } = &mut self.offset {
            *initial = None;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum ClockBasis {
    #[default]
    Utc,
    #[xml(name = "localtime")]
    LocalTime,
}

impl ClockOffset {
    const NAMES: &[&str] = &["utc", "localtime", "variable", "timezone", "absolute"];
    const KIND: ValueKind = ValueKind::OneOf(Self::NAMES);

    /// `utc` and `localtime` with an adjustment in seconds are another spelling of `variable`.
    fn fixed(node: &Node<'_>, basis: ClockBasis) -> Result<Self> {
        let text = node.attr("adjustment").filter(|text| !text.is_empty());
        let adjustment = match text {
            None | Some("reset") => None,
            Some(text) => {
                let kind = ValueKind::Named("'reset' or a number of seconds");
                let bad = || node.bad_attr("adjustment", kind, ErrorCode::XmlError);
                Some(i64::from_text(text).ok_or_else(bad)?)
            }
        };
        Ok(match (adjustment, basis) {
            (Some(adjustment), basis) => Self::Variable { adjustment, basis, initial: None },
            (None, ClockBasis::Utc) => Self::Utc { reset: text.is_some() },
            (None, ClockBasis::LocalTime) => Self::LocalTime { reset: text.is_some() },
        })
    }

    fn variable(node: &Node<'_>) -> Result<Self> {
        // The peer takes what is no number for zero.
        let seconds = |name| node.attr(name).and_then(i64::from_text);
        let basis = match node.attr("basis").filter(|text| !text.is_empty()) {
            None => ClockBasis::Utc,
            Some(text) => ClockBasis::from_text(text)
                .ok_or_else(|| node.bad_attr("basis", ClockBasis::KIND, ErrorCode::ConfigUnsupported))?,
        };
        let initial = seconds("adjustment0").filter(|s| *s != 0);
        Ok(Self::Variable { adjustment: seconds("adjustment").unwrap_or(0), basis, initial })
    }
}

impl XmlContent for ClockOffset {
    fn parse(node: &Node<'_>) -> Result<Self> {
        match node.attr("offset").filter(|text| !text.is_empty()) {
            None | Some("utc") => Self::fixed(node, ClockBasis::Utc),
            Some("localtime") => Self::fixed(node, ClockBasis::LocalTime),
            Some("variable") => Self::variable(node),
            Some("timezone") => {
                let timezone = node.attr("timezone").filter(|text| !text.is_empty());
                let timezone = timezone.ok_or_else(|| node.missing_attr("timezone", ErrorCode::Internal))?;
                Ok(Self::Timezone { timezone: timezone.to_owned() })
            }
            Some("absolute") => {
                let start = node.attr("start").and_then(u64::from_text);
                Ok(Self::Absolute {
                    start: start.ok_or_else(|| node.missing_attr("start", ErrorCode::Internal))?,
                })
            }
            Some(_) => Err(node.bad_attr("offset", Self::KIND, ErrorCode::ConfigUnsupported)),
        }
    }

    fn write_attrs(&self, w: &mut Writer) {
        let mut fixed = |name, reset: bool| {
            w.attr_str("offset", name);
            if reset {
                w.attr_str("adjustment", "reset");
            }
        };
        match self {
            Self::Utc { reset } => fixed("utc", *reset),
            Self::LocalTime { reset } => fixed("localtime", *reset),
            Self::Variable { adjustment, basis, initial } => {
                w.attr_str("offset", "variable");
                w.attr("adjustment", adjustment);
                w.attr("basis", basis);
                if let Some(initial) = initial {
                    w.attr("adjustment0", initial);
                }
            }
            Self::Timezone { timezone } => {
                w.attr_str("offset", "timezone");
                w.attr_str("timezone", timezone);
            }
            Self::Absolute { start } => {
                w.attr_str("offset", "absolute");
                w.attr("start", start);
            }
        }
    }

    fn shape() -> &'static Shape {
        const fn attr(name: &'static str, kind: ValueKind, valid: fn(&str) -> bool) -> Item {
            Item::Attr { name, kind, valid, required: false }
        }
        const SECONDS: fn(&str) -> bool = |text| i64::from_text(text).is_some();
        const SHAPE: &Shape = &Shape {
            items: &[
                attr("offset", ClockOffset::KIND, |text| ClockOffset::NAMES.contains(&text)),
                attr("adjustment", ValueKind::Text, |text| text == "reset" || SECONDS(text)),
                attr("adjustment0", i64::KIND, SECONDS),
                attr("basis", ClockBasis::KIND, |text| ClockBasis::from_text(text).is_some()),
                attr("timezone", ValueKind::Text, |_| true),
                attr("start", u64::KIND, |text| u64::from_text(text).is_some()),
            ],
        };
        SHAPE
    }
}

/// `<timer>`: one of the guest's clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "timer")]
pub struct Timer {
    #[xml(attr)]
    pub name: TimerName,
    #[xml(attr)]
    pub present: Option<YesNo>,
    #[xml(attr = "tickpolicy")]
    pub tick_policy: Option<TickPolicy>,
    #[xml(attr)]
    pub track: Option<TimerTrack>,
    /// In Hz; TSC only.
    #[xml(attr)]
    pub frequency: Option<u64>,
    #[xml(attr)]
    pub mode: Option<TimerMode>,
    #[xml(flatten = "catchup")]
    pub catchup: CatchUp,
}

/// `<catchup>`: how ticks that were missed come later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct CatchUp {
    #[xml(attr)]
    pub threshold: Option<u64>,
    #[xml(attr)]
    pub slew: Option<u64>,
    #[xml(attr)]
    pub limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TimerName {
    Platform,
    Pit,
    Rtc,
    Hpet,
    Tsc,
    #[xml(name = "kvmclock")]
    KvmClock,
    #[xml(name = "hypervclock")]
    HypervClock,
    #[xml(name = "armvtimer")]
    ArmVtimer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TickPolicy {
    Delay,
    #[xml(name = "catchup")]
    CatchUp,
    Merge,
    Discard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TimerTrack {
    Boot,
    Guest,
    Wall,
    #[xml(name = "realtime")]
    RealTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum TimerMode {
    Auto,
    Native,
    Emulate,
    Paravirt,
    #[xml(name = "smpsafe")]
    SmpSafe,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check, check_error, check_same};

    #[test]
    fn offsets_print_back() {
        for text in [
            "<clock offset='utc'/>",
            "<clock offset='localtime' adjustment='reset'/>",
            "<clock offset='variable' adjustment='-3600' basis='localtime'/>",
            "<clock offset='timezone' timezone='Europe/Paris'/>",
            "<clock offset='absolute' start='1234567890'/>",
            "<clock offset='utc'>\n  <timer name='rtc' tickpolicy='catchup'>\n    <catchup threshold='123' \
             slew='120' limit='10000'/>\n  </timer>\n  <timer name='tsc' frequency='3' mode='native'/>\n</clock>",
        ] {
            check_same::<Clock>(text);
        }
    }

    #[test]
    fn an_adjusted_clock_is_a_variable_one() {
        check::<Clock>(
            "<clock offset='localtime' adjustment='5'/>",
            "<clock offset='variable' adjustment='5' basis='localtime'/>",
        );
        check_error::<Clock>("<clock offset='moon'/>", ErrorCode::ConfigUnsupported);
        check_error::<Clock>("<clock offset='utc' adjustment='x'/>", ErrorCode::XmlError);
        check_error::<Clock>("<clock offset='timezone'/>", ErrorCode::Internal);
    }
}
