//! Values: what an attribute or the text of an element can hold, to and from text.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use uuid::Uuid;

use ferrovirt_core::{ErrorCode, ErrorDomain};

use crate::integer::{self, Base, Integer};
use crate::ip::{self, Ipv6Text};
use crate::{Fault, TextWriter, XmlEnum as DeriveXmlEnum};

/// A value that is one text.
pub trait XmlValue: Sized {
    /// What is expected, for errors and the schema.
    const KIND: ValueKind;

    /// What an error about a bad text says to programs where the field says nothing else.
    const FAULT: Fault = Fault::of(ErrorCode::XmlError, ErrorDomain::Xml);

    /// Reads the text; `None` if it is not of that kind.
    fn from_text(text: &str) -> Option<Self>;

    /// Writes the text. The writer escapes.
    fn write_text(&self, out: &mut TextWriter<'_>);
}

/// A value as it stands in a document, but for the escaping.
pub fn value_text<T: XmlValue>(value: &T) -> String {
    let mut text = String::new();
    value.write_text(&mut TextWriter::new(&mut text));
    text
}

/// An enum with one fixed text a variant; `derive(XmlEnum)` implements it.
pub trait XmlEnum: Copy + Eq + Sized + 'static {
    const ALL: &'static [Self];
    const NAMES: &'static [&'static str];

    fn as_str(self) -> &'static str;

    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().position(|n| *n == name).map(|at| Self::ALL[at])
    }
}

/// What sort of text a value is; displayed, it reads well before "is expected".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// Any text at all.
    Text,
    /// An integer in this range.
    Integer { min: i64, max: u64 },
    /// One of these.
    OneOf(&'static [&'static str]),
    /// What a noun phrase says: `a MAC address`.
    Named(&'static str),
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("a text"),
            Self::Integer { min, max } => write!(f, "an integer from {min} to {max}"),
            Self::OneOf([one]) => write!(f, "'{one}'"),
            Self::OneOf(names) => write!(f, "one of {}", names.join(", ")),
            Self::Named(noun) => f.write_str(noun),
        }
    }
}

impl XmlValue for String {
    const KIND: ValueKind = ValueKind::Text;

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        out.push(self);
    }
}

macro_rules! integer_values {
    ($($type:ty)*) => {$(
        impl XmlValue for $type {
            const KIND: ValueKind =
                ValueKind::Integer { min: <$type as Integer>::MIN, max: <$type as Integer>::MAX };

            fn from_text(text: &str) -> Option<Self> {
                let (negative, magnitude) = integer::parse(text, Base::Ten)?;
                Self::from_parts(negative, magnitude)
            }

            fn write_text(&self, out: &mut TextWriter<'_>) {
                let (negative, magnitude) = self.parts();
                out.integer(negative, magnitude);
            }
        }
    )*};
}

integer_values!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize
    std::num::NonZeroU8 std::num::NonZeroU16 std::num::NonZeroU32 std::num::NonZeroU64);

macro_rules! float_values {
    ($($type:ty)*) => {$(
        impl XmlValue for $type {
            const KIND: ValueKind = ValueKind::Named("a number");

            fn from_text(text: &str) -> Option<Self> {
                text.trim_ascii_start().parse().ok()
            }

            fn write_text(&self, out: &mut TextWriter<'_>) {
                out.display(self);
            }
        }
    )*};
}

float_values!(f32 f64);

/// Makes types with `FromStr` and `Display` into values: `xml_value_from_str! { MacAddr: "a MAC address"; }`. A second
/// expression is the [`Fault`] of a bad text.
#[macro_export]
macro_rules! xml_value_from_str {
    ($($type:ty: $noun:literal $(, $fault:expr)?;)*) => {$(
        impl $crate::XmlValue for $type {
            const KIND: $crate::ValueKind = $crate::ValueKind::Named($noun);
            $(const FAULT: $crate::Fault = $fault;)?

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn write_text(&self, out: &mut $crate::TextWriter<'_>) {
                out.display(self);
            }
        }
    )*};
}

impl XmlValue for Ipv4Addr {
    const KIND: ValueKind = ValueKind::Named("an IPv4 address");

    fn from_text(text: &str) -> Option<Self> {
        ip::read_ipv4(text)
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        out.display(self);
    }
}

impl XmlValue for Ipv6Addr {
    const KIND: ValueKind = ValueKind::Named("an IPv6 address");

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        out.display(Ipv6Text(*self));
    }
}

impl XmlValue for IpAddr {
    const KIND: ValueKind = ValueKind::Named("an IP address");

    fn from_text(text: &str) -> Option<Self> {
        ip::read_ip(text)
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        match self {
            Self::V4(address) => address.write_text(out),
            Self::V6(address) => address.write_text(out),
        }
    }
}

/// `yes` or `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, DeriveXmlEnum)]
pub enum YesNo {
    Yes,
    No,
}

/// `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, DeriveXmlEnum)]
pub enum OnOff {
    On,
    Off,
}

macro_rules! two_valued {
    ($type:ident $yes:ident $no:ident) => {
        impl From<bool> for $type {
            fn from(value: bool) -> Self {
                if value { Self::$yes } else { Self::$no }
            }
        }

        impl From<$type> for bool {
            fn from(value: $type) -> Self {
                value == $type::$yes
            }
        }

        impl $type {
            pub fn is_set(self) -> bool {
                self == Self::$yes
            }
        }
    };
}

two_valued!(YesNo Yes No);
two_valued!(OnOff On Off);

/// A `bool` is `yes` or `no`; where it is `on` or `off`, say [`OnOff`].
impl XmlValue for bool {
    const KIND: ValueKind = YesNo::KIND;

    fn from_text(text: &str) -> Option<Self> {
        YesNo::from_text(text).map(YesNo::is_set)
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        YesNo::from(*self).write_text(out);
    }
}

impl XmlValue for Uuid {
    const KIND: ValueKind = ValueKind::Named("a UUID");

    /// As lenient as libvirt: hyphens may stand or lack before any byte, white space around is ignored.
    fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 16];
        let mut rest = text.trim_ascii().bytes().peekable();
        for byte in &mut bytes {
            while rest.next_if_eq(&b'-').is_some() {}
            let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
            *byte = (digit()? << 4 | digit()?) as u8;
        }
        rest.next().is_none().then(|| Uuid::from_bytes(bytes))
    }

    fn write_text(&self, out: &mut TextWriter<'_>) {
        out.push(self.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }
}

macro_rules! number_newtype {
    ($(#[$doc:meta])* $name:ident<T $(, const $width:ident)?>, $base:ident, $noun:literal, $write:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<T $(, const $width: usize)?>(pub T);

        impl<T: Integer $(, const $width: usize)?> XmlValue for $name<T $(, $width)?> {
            const KIND: ValueKind = ValueKind::Named($noun);

            fn from_text(text: &str) -> Option<Self> {
                let (negative, magnitude) = integer::parse(text, Base::$base)?;
                T::from_parts(negative, magnitude).map(Self)
            }

            fn write_text(&self, out: &mut TextWriter<'_>) {
                let write: fn(&mut TextWriter<'_>, (bool, u64), usize) = $write;
                write(out, self.0.parts(), 0 $(+ $width)?);
            }
        }

        impl<T $(, const $width: usize)?> From<T> for $name<T $(, $width)?> {
            fn from(value: T) -> Self {
                Self(value)
            }
        }

        impl<T: fmt::Debug $(, const $width: usize)?> fmt::Debug for $name<T $(, $width)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<T: serde::Serialize $(, const $width: usize)?> serde::Serialize for $name<T $(, $width)?> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de, T: serde::Deserialize<'de> $(, const $width: usize)?> serde::Deserialize<'de>
            for $name<T $(, $width)?>
        {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                T::deserialize(deserializer).map(Self)
            }
        }
    };
}

number_newtype! {
    /// Read in any base (`0x1f`, `037`, `31`), written as `0x` and at least `WIDTH` hexadecimal digits.
    Hex<T, const WIDTH>, Auto, "a number, decimal or hexadecimal,",
    |out, (_, magnitude), width| out.display(format_args!("0x{magnitude:0width$x}"))
}

number_newtype! {
    /// Read as hexadecimal with or without `0x`, written without, at least `WIDTH` digits long.
    HexDigits<T, const WIDTH>, Sixteen, "a hexadecimal number",
    |out, (_, magnitude), width| out.display(format_args!("{magnitude:0width$x}"))
}

number_newtype! {
    /// Read as hexadecimal with or without `0x`, written as `0x` and at least `WIDTH` hexadecimal digits.
    BareHex<T, const WIDTH>, Sixteen, "a hexadecimal number",
    |out, (_, magnitude), width| out.display(format_args!("0x{magnitude:0width$x}"))
}

number_newtype! {
    /// Read in any base (`0x1f`, `037`, `31`), written in decimal.
    AutoBase<T>, Auto, "a number, decimal or hexadecimal,",
    |out, (negative, magnitude), _| out.integer(negative, magnitude)
}
