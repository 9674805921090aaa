//! IP addresses as the C library reads and prints them, which is how libvirt does it.
//!
//! `10.1` and `0x7f.0.0.1` are addresses to it; the standard library takes four decimal numbers only.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address of one to four numbers, each decimal, octal or hexadecimal; the last fills what is left.
pub fn read_ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let bits_left = 32 - 8 * first.len() as u32;
    if bits_left < 32 && last >> bits_left != 0 {
        return None;
    }
    let head = first.iter().zip([24, 16, 8]).fold(0, |address, (part, shift)| address | (part << shift));
    Some(Ipv4Addr::from(head | last))
}

fn number(text: &str) -> Option<u32> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (radix, digits) = match hex {
        Some(digits) => (16, digits),
        None if text.len() > 1 && text.starts_with('0') => (8, &text[1..]),
        None => (10, text),
    };
    // The standard library would take a sign.
    if digits.bytes().all(|b| b.is_ascii_hexdigit()) { u32::from_str_radix(digits, radix).ok() } else { None }
}

/// Either kind.
pub fn read_ip(text: &str) -> Option<IpAddr> {
    read_ipv4(text).map(IpAddr::V4).or_else(|| text.parse().ok().map(IpAddr::V6))
}

/// Prints an IPv6 address; one that holds an IPv4 address shows it.
pub struct Ipv6Text(pub Ipv6Addr);

impl fmt::Display for Ipv6Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.segments() {
            [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                write!(f, "::{}", Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
            }
            _ => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_hexadecimal_forms_are_addresses() {
        for (text, address) in [
            ("192.168.122.1", "192.168.122.1"),
            ("10.1", "10.0.0.1"),
            ("0x10", "0.0.0.16"),
            ("0177.0.0.1", "127.0.0.1"),
            ("1.2.65535", "1.2.255.255"),
            ("4294967295", "255.255.255.255"),
        ] {
            assert_eq!(read_ipv4(text).map(|ip| ip.to_string()).as_deref(), Some(address), "{text}");
        }
        for wrong in
            ["", "1.2.3.4.5", "256.1", "1.2.3.256", "+1.2.3.4", "1..2", "08", "4294967296", "1.2.3.4 "]
        {
            assert_eq!(read_ipv4(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ipv6_shows_an_ipv4_address_inside() {
        let printed = |text: &str| Ipv6Text(text.parse().unwrap()).to_string();
        assert_eq!(printed("::102:304"), "::1.2.3.4");
        assert_eq!(printed("::ffff:102:304"), "::ffff:1.2.3.4");
        assert_eq!(printed("::1"), "::1");
        assert_eq!(printed("2001:DB8::0"), "2001:db8::");
    }
}
