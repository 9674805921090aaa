//! MAC addresses.

use ferrovirt_core::ErrorCode;
use ferrovirt_xml::{Fault, xml_value_from_str};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The address of a network interface; printed in lower case with colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The vendor part that QEMU and KVM guests get where nothing else is asked for.
    pub const QEMU_PREFIX: [u8; 3] = [0x52, 0x54, 0x00];

    /// A random address with this vendor part.
    pub fn generate(prefix: [u8; 3]) -> Self {
        let random = uuid::Uuid::new_v4().into_bytes();
        Self([prefix[0], prefix[1], prefix[2], random[0], random[1], random[2]])
    }

    /// Whether frames to it go to a group.
    pub fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = String;

    /// Six hexadecimal bytes of one or two digits, with colons between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("'{text}' is not a MAC address such as 52:54:00:12:34:56");
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|p| (1..=2).contains(&p.len())).ok_or_else(wrong)?;
            if !part.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(wrong());
            }
            *byte = u8::from_str_radix(part, 16).map_err(|_| wrong())?;
        }
        if parts.next().is_some() { Err(wrong()) } else { Ok(Self(bytes)) }
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> Self {
        mac.to_string()
    }
}

impl TryFrom<String> for Mac {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

xml_value_from_str! { Mac: "a MAC address such as 52:54:00:12:34:56", Fault::of_object(ErrorCode::XmlError); }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_bytes_are_read_and_long_ones_refused() {
        assert_eq!("52:54:0:A:b:c".parse::<Mac>().unwrap().to_string(), "52:54:00:0a:0b:0c");
        for wrong in ["", "52:54:00:12:34", "52:54:00:12:34:56:78", "52:54:00:12:34:+5", "52:54:00:12:34:567"]
        {
            assert!(wrong.parse::<Mac>().is_err(), "{wrong}");
        }
    }
}
