//! A MAC address as a plain value.

use std::fmt;
use std::str::FromStr;

use crate::error::NetError;

/// An Ethernet address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// Whether the address names a group (multicast or broadcast) and not one station.
    pub fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// The address that the tap of a guest with this address carries: the kernel must not take the guest's frames
    /// for the host's own, and a bridge without an address of its own must not choose it as the smallest.
    pub fn for_host_side(self) -> Self {
        let mut bytes = self.0;
        bytes[0] = 0xfe;
        // The guest's address may itself begin with fe; then another locally administered one will do.
        if self.0[0] == 0xfe {
            bytes[0] = 0xfa;
        }
        Self(bytes)
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl From<[u8; 6]> for MacAddr {
    fn from(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for MacAddr {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        let bad = || NetError::BadMac { text: text.to_owned() };
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().ok_or_else(bad)?;
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
            *byte = digits.then(|| u8::from_str_radix(part, 16).ok()).flatten().ok_or_else(bad)?;
        }
        if parts.next().is_some() { Err(bad()) } else { Ok(Self(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let mac: MacAddr = "52:54:0:Ab:cd:ef".parse().unwrap();
        assert_eq!(mac.to_string(), "52:54:00:ab:cd:ef");
        for bad in ["", "52:54:00:ab:cd", "52:54:00:ab:cd:ef:00", "52:54:00:ab:cd:+1", "52-54-00-ab-cd-ef"] {
            assert!(bad.parse::<MacAddr>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_host_side_address_differs_and_is_local() {
        for first in [0x52, 0xfe] {
            let guest = MacAddr([first, 0x54, 0, 1, 2, 3]);
            let host = guest.for_host_side();
            assert_ne!(guest, host);
            assert!(!host.is_group());
        }
    }
}
