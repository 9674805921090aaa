//! Numbers as libvirt reads them: leading white space and a sign are fine, anything behind the digits is not.

/// How the digits are to be understood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Ten,
    /// With or without `0x`.
    Sixteen,
    /// `0x` makes it hexadecimal, a leading 0 octal.
    Auto,
}

/// The sign and the magnitude.
pub(crate) fn parse(text: &str, base: Base) -> Option<(bool, u64)> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (radix, digits) = match (base, hex) {
        (Base::Ten, _) => (10, digits),
        (Base::Sixteen | Base::Auto, Some(hex)) => (16, hex),
        (Base::Sixteen, None) => (16, digits),
        (Base::Auto, None) if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        (Base::Auto, None) => (10, digits),
    };
    // from_str_radix would take a second sign.
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().map(|magnitude| (negative, magnitude))
}

/// An integer type that values can be.
pub trait Integer: Copy + Sized {
    const MIN: i64;
    const MAX: u64;

    /// The value of that sign and size; unsigned types take no minus at all, not even before 0.
    fn from_parts(negative: bool, magnitude: u64) -> Option<Self>;

    /// Sign and size.
    fn parts(self) -> (bool, u64);
}

macro_rules! unsigned {
    ($($type:ty)*) => {$(
        impl Integer for $type {
            const MIN: i64 = 0;
            const MAX: u64 = <$type>::MAX as u64;
            fn from_parts(negative: bool, magnitude: u64) -> Option<Self> {
                if negative { None } else { magnitude.try_into().ok() }
            }
            fn parts(self) -> (bool, u64) {
                (false, self as u64)
            }
        }
    )*};
}

macro_rules! signed {
    ($($type:ty)*) => {$(
        impl Integer for $type {
            const MIN: i64 = <$type>::MIN as i64;
            const MAX: u64 = <$type>::MAX as u64;
            fn from_parts(negative: bool, magnitude: u64) -> Option<Self> {
                let wide = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
                wide.try_into().ok()
            }
            fn parts(self) -> (bool, u64) {
                (self < 0, self.unsigned_abs() as u64)
            }
        }
    )*};
}

unsigned!(u8 u16 u32 u64 usize);
signed!(i8 i16 i32 i64 isize);

macro_rules! non_zero {
    ($($type:ident $inner:ty),*) => {$(
        impl Integer for std::num::$type {
            const MIN: i64 = 1;
            const MAX: u64 = <$inner>::MAX as u64;
            fn from_parts(negative: bool, magnitude: u64) -> Option<Self> {
                Self::new(<$inner>::from_parts(negative, magnitude)?)
            }
            fn parts(self) -> (bool, u64) {
                (false, self.get() as u64)
            }
        }
    )*};
}

non_zero!(NonZeroU8 u8, NonZeroU16 u16, NonZeroU32 u32, NonZeroU64 u64);
