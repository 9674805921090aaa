//! `<bandwidth>`: limits on the traffic of a network, a port group or an interface.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Node, Shape, Writer, XmlContent, XmlElement};
use serde::{Deserialize, Serialize};

/// Limits for both directions, as the guest (or the network's users) see them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "bandwidth", block)]
pub struct Bandwidth {
    /// Of a port: the class that its guarantee has on the bridge.
    #[xml(attr = "classID")]
    pub class_id: Option<u32>,
    #[xml(child = "inbound")]
    pub inbound: Option<BandwidthRate>,
    #[xml(child = "outbound")]
    pub outbound: Option<BandwidthRate>,
}

/// One direction; 0: not limited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BandwidthRate {
    /// KiB a second.
    pub average: u64,
    /// KiB a second that bursts may reach.
    pub peak: u64,
    /// KiB a second that are guaranteed.
    pub floor: u64,
    /// KiB that may be sent at peak speed.
    pub burst: u64,
}

/// `tc` counts bytes a second in 64 bits, and takes KiB here.
const SPEED_LIMIT: u64 = 1 << 54;
/// `tc` counts bytes in 32 bits.
const SIZE_LIMIT: u64 = (u32::MAX >> 10) as u64;

impl Bandwidth {
    /// Whether nothing is limited or guaranteed.
    pub fn is_empty(&self) -> bool {
        self.inbound.is_none() && self.outbound.is_none()
    }

    /// Refuses what is too large, or a guarantee where none can be given. Outbound there never is one.
    pub fn validate(&self, floor_allowed: bool) -> Result<()> {
        for (rate, floor_allowed) in [(&self.inbound, floor_allowed), (&self.outbound, false)] {
            let Some(rate) = rate else { continue };
            if rate.floor != 0 && !floor_allowed {
                return Err(Error::config_unsupported("'floor' of <bandwidth> can't be guaranteed here"));
            }
            rate.check_limits()?;
        }
        Ok(())
    }
}

impl BandwidthRate {
    fn check_limits(&self) -> Result<()> {
        let values = [
            ("average", self.average, SPEED_LIMIT),
            ("peak", self.peak, SPEED_LIMIT),
            ("burst", self.burst, SIZE_LIMIT),
            ("floor", self.floor, SPEED_LIMIT),
        ];
        match values.iter().find(|(_, value, limit)| value > limit) {
            Some((name, value, limit)) => Err(Error::new(
                ErrorCode::Overflow,
                format!("'{name}' of <bandwidth> is {value}, and can't be more than {limit}"),
            )),
            None => Ok(()),
        }
    }
}

#[derive(XmlElement)]
struct RateXml {
    #[xml(attr)]
    average: Option<u64>,
    #[xml(attr)]
    peak: Option<u64>,
    #[xml(attr)]
    floor: Option<u64>,
    #[xml(attr)]
    burst: Option<u64>,
}

impl XmlContent for BandwidthRate {
    fn parse(node: &Node<'_>) -> Result<Self> {
        let RateXml { average, peak, floor, burst } = RateXml::parse(node)?;
        if average.is_none() && floor.is_none() {
            let text = format!("<{}> of <bandwidth> needs an 'average' or a 'floor'", node.name());
            return Err(node.error(ErrorCode::XmlDetail, text));
        }
        if average.is_none() && (peak.is_some() || burst.is_some()) {
            let text = format!("'peak' and 'burst' of <{}> need an 'average' beside them", node.name());
            return Err(node.error(ErrorCode::ConfigUnsupported, text));
        }
        let number = |value: Option<u64>| value.unwrap_or(0);
        Ok(Self { average: number(average), peak: number(peak), floor: number(floor), burst: number(burst) })
    }

    fn write_attrs(&self, w: &mut Writer) {
        let values =
            [("average", self.average), ("peak", self.peak), ("floor", self.floor), ("burst", self.burst)];
        for (name, value) in values.iter().filter(|(_, value)| *value != 0) {
            w.attr(name, value);
        }
    }

    fn shape() -> &'static Shape {
        RateXml::shape()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn both_directions_print_back() {
        check_same::<Bandwidth>(
            "<bandwidth classID='3'>
  <inbound average='1000' peak='5000' floor='200' burst='1024'/>
  <outbound average='128' burst='256'/>
</bandwidth>",
        );
    }

    #[test]
    fn rates_that_make_no_sense_are_refused() {
        check_error::<Bandwidth>("<bandwidth><inbound peak='1'/></bandwidth>", ErrorCode::XmlDetail);
        let text = "<bandwidth><inbound floor='1' peak='1'/></bandwidth>";
        check_error::<Bandwidth>(text, ErrorCode::ConfigUnsupported);
        let code = |text: &str, allowed| {
            from_str::<Bandwidth>(text, "test").unwrap().validate(allowed).map_err(|err| err.code())
        };
        let floor = "<bandwidth><inbound floor='1'/></bandwidth>";
        assert_eq!(code(floor, false), Err(ErrorCode::ConfigUnsupported));
        assert_eq!(code(floor, true), Ok(()));
        let burst = "<bandwidth><outbound average='1' burst='4194304'/></bandwidth>";
        assert_eq!(code(burst, true), Err(ErrorCode::Overflow));
    }
}
