//! `<bandwidth>`: how fast traffic may flow, of a network, a port group, or a guest's interface.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::XmlElement;
use serde::{Deserialize, Serialize};

/// Limits in the two directions, as seen by the guest: inbound is what comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "bandwidth", block)]
pub struct Bandwidth {
    /// The traffic class that a plugged-in port was given on its bridge.
    #[xml(attr = "classID", error = "XmlDetail")]
    pub class_id: Option<u32>,
    #[xml(child = "inbound")]
    pub inbound: Option<BandwidthRate>,
    #[xml(child = "outbound")]
    pub outbound: Option<BandwidthRate>,
}

/// The limit of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct BandwidthRate {
    /// In KiB/s.
    #[xml(attr)]
    pub average: Option<u64>,
    /// In KiB/s, for as long as a burst lasts.
    #[xml(attr)]
    pub peak: Option<u64>,
    /// What is guaranteed, in KiB/s.
    #[xml(attr)]
    pub floor: Option<u64>,
    /// In KiB, what may go at peak speed.
    #[xml(attr)]
    pub burst: Option<u64>,
}

/// What a place where `<bandwidth>` stands allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BandwidthUse {
    pub floor: bool,
    pub class_id: bool,
}

impl Bandwidth {
    /// Drops what stands for "no limit". `None` where nothing is left.
    pub fn filled(mut self) -> Option<Self> {
        self.inbound = self.inbound.and_then(BandwidthRate::filled);
        self.outbound = self.outbound.and_then(BandwidthRate::filled);
        (self.inbound.is_some() || self.outbound.is_some()).then_some(self)
    }

    /// Must be asked before [`Bandwidth::filled`], which drops what this looks at.
    pub fn validate(&self, place: BandwidthUse) -> Result<()> {
        self.check(place).map_err(|err| err.settle(ErrorDomain::None))
    }

    fn check(&self, place: BandwidthUse) -> Result<()> {
        if self.class_id.is_some() && !place.class_id {
            let text = "attribute 'classID' of <bandwidth> is only for ports that are plugged in";
            return Err(Error::new(ErrorCode::XmlDetail, text));
        }
        for (rate, name, floor) in
            [(&self.inbound, "inbound", place.floor), (&self.outbound, "outbound", false)]
        {
            if let Some(rate) = rate {
                rate.validate(name, floor)?;
            }
        }
        Ok(())
    }

    /// Refuses numbers that the kernel can't take (`VIR_ERR_OVERFLOW`).
    pub fn check_limits(&self) -> Result<()> {
        let rates = [&self.inbound, &self.outbound];
        let mut rates = rates.into_iter().flatten();
        rates.try_for_each(BandwidthRate::check_limits).map_err(|err| err.settle(ErrorDomain::None))
    }

    /// The guaranteed inbound rate, if there is one.
    pub fn floor(&self) -> Option<u64> {
        self.inbound.and_then(|rate| rate.floor).filter(|floor| *floor > 0)
    }

    /// Takes out what only a plugged-in port has.
    pub fn strip_live(&mut self) {
        self.class_id = None;
    }
}

impl BandwidthRate {
    fn filled(self) -> Option<Self> {
        let nonzero = |value: Option<u64>| value.filter(|number| *number > 0);
        let average = nonzero(self.average);
        // Bursts are measured against the average.
        let burst = |value| nonzero(value).filter(|_| average.is_some());
        let rate =
            Self { average, peak: burst(self.peak), floor: nonzero(self.floor), burst: burst(self.burst) };
        (rate.average.is_some() || rate.floor.is_some()).then_some(rate)
    }

    fn validate(&self, name: &str, floor: bool) -> Result<()> {
        if self.average.is_none() && self.floor.is_none() {
            let text = format!("<{name}> in <bandwidth> needs the attribute 'average' or 'floor'");
            return Err(Error::new(ErrorCode::XmlDetail, text));
        }
        if self.average.is_none() && (self.peak.is_some() || self.burst.is_some()) {
            return Err(Error::config_unsupported(format!(
                "'peak' and 'burst' of <{name}> in <bandwidth> need 'average' beside them"
            )));
        }
        if self.floor.is_some() && !floor {
            return Err(Error::config_unsupported(format!(
                "<{name}> in <bandwidth> can't have 'floor' here: it can only be guaranteed to an interface on a \
                 network with a bridge of its own"
            )));
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<()> {
        const SPEED: u64 = 1 << 54;
        const SIZE: u64 = (u32::MAX >> 10) as u64;
        let limits = [
            ("average", self.average, SPEED),
            ("peak", self.peak, SPEED),
            ("burst", self.burst, SIZE),
            ("floor", self.floor, SPEED),
        ];
        for (name, value, limit) in limits {
            if let Some(value) = value.filter(|value| *value > limit) {
                let text =
                    format!("bandwidth '{name}' of {value} is more than the kernel's limit of {limit}");
                return Err(Error::new(ErrorCode::Overflow, text));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_xml::check::check_same;
    use ferrovirt_xml::from_str;

    fn refused(xml: &str, place: BandwidthUse) -> ErrorCode {
        from_str::<Bandwidth>(xml, "test").unwrap().validate(place).unwrap_err().code()
    }

    #[test]
    fn prints_back() {
        check_same::<Bandwidth>(
            "<bandwidth>\n  <inbound average='1000' peak='5000' floor='200' burst='1024'/>\n  \
             <outbound average='128'/>\n</bandwidth>",
        );
    }

    #[test]
    fn what_a_place_does_not_allow_is_refused() {
        let nowhere = BandwidthUse::default();
        let port = BandwidthUse { floor: true, class_id: true };
        let xml = "<bandwidth><inbound peak='1'/></bandwidth>";
        assert_eq!(refused(xml, port), ErrorCode::XmlDetail);
        let xml = "<bandwidth><inbound floor='1' burst='5'/></bandwidth>";
        assert_eq!(refused(xml, port), ErrorCode::ConfigUnsupported);
        let xml = "<bandwidth><inbound floor='1'/></bandwidth>";
        assert_eq!(refused(xml, nowhere), ErrorCode::ConfigUnsupported);
        let xml = "<bandwidth><outbound floor='1'/></bandwidth>";
        assert_eq!(refused(xml, port), ErrorCode::ConfigUnsupported);
        assert_eq!(refused("<bandwidth classID='3'/>", nowhere), ErrorCode::XmlDetail);
    }

    #[test]
    fn zero_is_no_limit() {
        let xml = "<bandwidth><inbound average='0'/><outbound average='5' peak='0'/></bandwidth>";
        let filled = from_str::<Bandwidth>(xml, "test").unwrap().filled().unwrap();
        assert_eq!(filled.inbound, None);
        assert_eq!(filled.outbound, Some(BandwidthRate { average: Some(5), ..Default::default() }));
        assert_eq!(from_str::<Bandwidth>("<bandwidth/>", "test").unwrap().filled(), None);
    }

    #[test]
    fn numbers_beyond_the_kernel_are_refused() {
        let rate = BandwidthRate { burst: Some(u64::from(u32::MAX >> 10) + 1), ..Default::default() };
        let bandwidth = Bandwidth { inbound: Some(rate), ..Default::default() };
        assert_eq!(bandwidth.check_limits().unwrap_err().code(), ErrorCode::Overflow);
    }
}
