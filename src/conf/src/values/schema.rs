//! What values schemas know, for the rules of the strict check.

use super::{is_absolute_path, is_digits};
use ferrovirt_xml::Values;

/// All of a text is of these characters, and there is at least one.
fn all(text: &str, known: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(known)
}

fn is_hex(text: &str, longest: usize) -> bool {
    text.len() <= longest && all(text, |byte| byte.is_ascii_hexdigit())
}

/// Hexadecimal, with `0x` or without.
pub(crate) fn is_any_hex(text: &str, longest: usize) -> bool {
    is_hex(text.strip_prefix("0x").unwrap_or(text), longest)
}

/// Hexadecimal, with `0x`.
pub(crate) fn is_marked_hex(text: &str, longest: usize) -> bool {
    text.strip_prefix("0x").is_some_and(|digits| is_hex(digits, longest))
}

/// Decimal, as a schema's own types know numbers: blanks around and a sign do not matter.
fn number(text: &str) -> Option<i128> {
    let text = text.trim_ascii();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    is_digits(digits).then(|| text.parse().ok()).flatten()
}

pub(crate) fn within(text: &str, least: i128, most: i128) -> bool {
    number(text).is_some_and(|number| (least..=most).contains(&number))
}

/// The same without a sign.
pub(crate) fn plain(text: &str, least: i128, most: i128) -> bool {
    is_digits(text.trim_ascii()) && within(text, least, most)
}

macro_rules! values {
    ($($name:ident: $noun:literal, |$text:ident| $valid:expr;)*) => {$(
        pub(crate) const $name: Values = Values::named($noun, |$text| $valid);
    )*};
}

const U32: i128 = u32::MAX as i128;
const U64: i128 = u64::MAX as i128;

values! {
    TEXT: "a text", |_text| true;
    UINT: "an integer from 0 to 4294967295", |text| plain(text, 0, U32);
    ULONG: "an integer from 0 to 18446744073709551615", |text| plain(text, 0, U64);
    // With a sign, if somebody likes one.
    SIGNED_UINT: "an integer from 0 to 4294967295", |text| within(text, 0, U32);
    SIGNED_ULONG: "an integer from 0 to 18446744073709551615", |text| within(text, 0, U64);
    LONG: "an integer", |text| within(text, i64::MIN as i128, i64::MAX as i128);
    INT: "an integer", |text| within(text, i32::MIN as i128, i32::MAX as i128);
    INTEGER: "an integer", |text| number(text).is_some();
    POSITIVE: "an integer from 1", |text| is_digits(text) && text.bytes().any(|digit| digit != b'0');
    USHORT: "an integer from 0 to 65535", |text| within(text, 0, 65535);
    PLAIN_USHORT: "an integer from 0 to 65535", |text| plain(text, 0, 65535);
    COUNT: "an integer from 1 to 65535", |text| plain(text, 1, 65535);
    PORT: "a port from -1 to 65535", |text| within(text, -1, 65535);
    UINT8: "a number from 0 to 255", |text| is_marked_hex(text, 2) || within(text, 0, 255);
    UINT16: "a number from 0 to 65535", |text| is_any_hex(text, 4) || within(text, 0, 65535);
    UINT24: "a number from 0 to 16777215", |text| is_marked_hex(text, 6) || within(text, 0, 0xff_ffff);
    UINT32: "a number from 0 to 4294967295", |text| is_any_hex(text, 8) || within(text, 0, U32);
    HEX: "a hexadecimal number", |text| {
        all(text.strip_prefix("0x").unwrap_or(text), |byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
    };
    UUID: "a UUID", |text| is_uuid(text);
    UUID_OR_EMPTY: "a UUID", |text| text.is_empty() || is_uuid(text);
    MAC: "a MAC address", |text| is_mac(text);
    UNICAST_MAC: "a MAC address that is no group's", |text| {
        is_mac(text) && b"02468aAcCeE".contains(&text.as_bytes()[1])
    };
    IPV4: "an IPv4 address", |text| is_ipv4(text);
    IPV6: "an IPv6 address", |text| is_ip(text) && !is_ipv4(text);
    IP: "an IP address", |text| is_ip(text);
    IP_PREFIX: "an integer from 0 to 128", |text| within(text, 0, 128);
    FAMILY: "ipv4 or ipv6", |text| matches!(text, "ipv4" | "ipv6");
    IP_OR_NAME: "an IP address or a name", |text| is_ip(text) || is_dns_name(text);
    DNS_NAME: "a name of letters, digits, '.' and '-'", |text| is_dns_name(text);
    PATH: "an absolute path", |text| is_absolute_path(text);
    FOLDER: "a path that begins with '/'", |text| text.starts_with('/') && !text.contains('\n');
    ANY_PATH: "a path", |text| !text.is_empty() && !text.contains('\n');
    PATH_OR_EMPTY: "an absolute path or nothing", |text| text.is_empty() || is_absolute_path(text);
    PATH_OR_STORE: "an absolute path, or one in a store as in '[store] path'", |text| {
        is_absolute_path(text) || is_in_store(text)
    };
    LINE: "one line of text", |text| !text.is_empty() && !text.contains('\n');
    OBJECT_NAME: "a name without '/'", |text| !text.is_empty() && !text.contains(['/', '\n']);
    VOLUME_NAME: "a name without '/'", |text| !text.is_empty() && !text.contains('/') && text != "." && text != "..";
    NAME: "letters, digits, '_', '+' and '-'", |text| {
        all(text, |byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
    };
    WORD: "letters, digits and '_'", |text| all(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    WORDS: "letters, digits and _.:", |text| all(text, |byte| byte.is_ascii_alphanumeric() || b"_.:".contains(&byte));
    XML_NAME: "a name that begins with a letter or '_', without blanks and ':'", |text| is_xml_name(text.trim_ascii());
    DATE_TIME: "a time such as 2035-04-09T15:51:00", |text| is_date_time(text.trim_ascii());
    DEVICE_NAME: "a device's name: letters, digits and _.-\\:/", |text| {
        all(text, |byte| byte.is_ascii_alphanumeric() || b"_.-\\:/".contains(&byte))
    };
    PLAIN_NAME: "letters, digits, '_', '-' and '.'", |text| {
        all(text, |byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    UNIT: "a unit such as KiB or MB", |text| is_unit(text);
    CPUS: "a list of numbers such as 0-3,^2,8", |text| is_cpus(text);
    WWN: "a world wide name of 16 hexadecimal digits", |text| {
        is_any_hex(text, 16) && text.len() - text.strip_prefix("0x").map_or(0, |_| 2) == 16
    };
    PCI_SLOT: "a number from 0 to 31", |text| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        is_hex(digits, 1) || is_hex(digits, 2) && matches!(digits.as_bytes()[0], b'0' | b'1') || within(text, 0, 31)
    };
    PCI_FUNCTION: "a number from 0 to 7", |text| {
        matches!(text.strip_prefix("0x").unwrap_or(text).as_bytes(), [b'0'..=b'7']) || within(text, 0, 7)
    };
    USB_NUMBER: "up to three hexadecimal digits", |text| is_any_hex(text, 3);
    USB_ID: "up to four hexadecimal digits", |text| is_any_hex(text, 4);
    USB_PORT: "up to four ports parted by '.'", |text| {
        text.split('.').count() <= 4 && text.split('.').all(|port| is_any_hex(port, 3))
    };
    DIGITS_2: "one or two digits", |text| is_digits(text) && text.len() <= 2;
    DIGITS_5: "up to five digits", |text| is_digits(text) && text.len() <= 5;
    DIGITS_10: "up to ten digits", |text| is_digits(text) && text.len() <= 10;
    DIGITS_20: "up to twenty digits", |text| is_digits(text) && text.len() <= 20;
    YES_NO: "yes or no", |text| matches!(text, "yes" | "no");
    ON_OFF: "on or off", |text| matches!(text, "on" | "off");
}

fn is_xml_name(text: &str) -> bool {
    let known = |c: char| c.is_alphanumeric() || ".-_".contains(c);
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(known)
}

/// Of days, months and hours that there are; whether a month has that many days does not count.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone);
    let numbers = |text: &str, limits: &[(i128, i128)], mark: char| {
        let parts: Vec<_> = text.split(mark).collect();
        let fits = |(part, limit): (&&str, &(i128, i128))| part.len() == 2 && plain(part, limit.0, limit.1);
        parts.len() == limits.len() && parts.iter().zip(limits).all(fits)
    };
    let (year, day) = date.split_at(date.len().saturating_sub(6));
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_year = year.len() >= 4 && is_digits(year.trim_start_matches('-'));
    let is_day = day.strip_prefix('-').is_some_and(|day| numbers(day, &[(1, 12), (1, 31)], '-'));
    let is_zone = zone.is_empty() || zone == "Z" || numbers(&zone[1..], &[(0, 14), (0, 59)], ':');
    is_year && is_day && numbers(time, &[(0, 24), (0, 59), (0, 59)], ':') && is_digits(fraction) && is_zone
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    let known = matches!(*lengths, [32] | [8, 4, 4, 4, 12]);
    known && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn is_mac(text: &str) -> bool {
    text.len() == 17
        && text.split(':').count() == 6
        && text.split(':').all(|byte| byte.len() == 2 && is_hex(byte, 2))
}

/// Four decimal numbers, none of them with a zero in front.
fn is_ipv4(text: &str) -> bool {
    let is_part =
        |part: &str| within(part, 0, 255) && is_digits(part) && (part == "0" || !part.starts_with('0'));
    text.split('.').count() == 4 && text.split('.').all(is_part)
}

/// As schemas spell addresses; what the last four bytes of an IPv6 address may look like depends on what is before them.
pub(crate) fn is_ip(text: &str) -> bool {
    is_ipv4(text) || is_ipv6(text)
}

fn is_ipv6(text: &str) -> bool {
    let is_group = |group: &str| is_hex(group, 4);
    let groups = |text: &str| match text.is_empty() {
        true => Some(0),
        false => text.split(':').all(is_group).then(|| text.split(':').count()),
    };
    if let Some((before, last)) = text.rsplit_once(':')
        && is_ipv4(last)
    {
        // All six groups, some and a gap, or a gap and some.
        return match (before.strip_prefix("::"), before.strip_suffix(':')) {
            _ if before.is_empty() => true,
            (Some(rest), _) => groups(rest).is_some_and(|count| (1..=5).contains(&count)),
            (None, Some(rest)) => groups(rest).is_some_and(|count| count <= 5),
            (None, None) => groups(before) == Some(6),
        };
    }
    match text.split_once("::") {
        None => groups(text) == Some(8),
        Some((before, behind)) => match (groups(before), groups(behind)) {
            (Some(before), Some(behind)) => before + behind <= 7,
            _ => false,
        },
    }
}

fn is_dns_name(text: &str) -> bool {
    all(text, |byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
}

/// VMware's way: a store in brackets, a blank, a path.
fn is_in_store(text: &str) -> bool {
    let store = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    store.is_some_and(|(name, path)| !name.is_empty() && path.starts_with(' ') && path.len() > 1)
}

fn is_unit(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    match lower.as_bytes() {
        [b'b'] => true,
        [b'k' | b'm' | b'g' | b't' | b'p' | b'e'] => true,
        // The letter of bytes is either; the one that makes powers of two as well.
        [b'k' | b'm' | b'g' | b't' | b'p' | b'e', rest @ ..] => matches!(rest, b"b" | b"ib"),
        _ => matches!(&*lower, "byte" | "bytes"),
    }
}

fn is_cpus(text: &str) -> bool {
    text.split(',').all(|part| match (part.strip_prefix('^'), part.split_once('-')) {
        (Some(number), _) => is_digits(number),
        (None, Some((first, last))) => is_digits(first) && is_digits(last),
        (None, None) => is_digits(part),
    })
}

/// Tables that other tables refer to: `fn name [rule, …]`.
macro_rules! tables {
    ($($(#[$doc:meta])* fn $name:ident [$($rule:expr),* $(,)?])*) => {$(
        $(#[$doc])*
        pub(crate) fn $name() -> &'static [ferrovirt_xml::Rule] {
            const RULES: &[ferrovirt_xml::Rule] = &[$($rule),*];
            RULES
        }
    )*};
}

pub(crate) use tables;
