//! UUIDs on their way in as text, and out as bytes or text.

use super::args::{out, text};
use ferrovirt::{Error, Result};
use std::ffi::{c_char, c_uchar};
use uuid::Uuid;

/// What C calls `VIR_UUID_STRING_BUFLEN`: 36 characters and the final NUL.
const TEXT_LENGTH: usize = 37;

/// A UUID in text form. As libvirt has it: spaces around it, and hyphens or spaces between any two bytes.
pub fn uuid_text(pointer: *const c_char, name: &str) -> Result<Uuid> {
    let given = text(pointer, name)?;
    parse(given).ok_or_else(|| {
        Error::invalid_arg(format!("{name} must be a UUID of 32 hexadecimal digits, not '{given}'"))
    })
}

fn parse(given: &str) -> Option<Uuid> {
    let mut rest = given.trim_ascii();
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        rest = rest.trim_start_matches(['-', ' ']);
        let pair = rest.get(..2).filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
        rest = &rest[2..];
    }
    rest.is_empty().then(|| Uuid::from_bytes(bytes))
}

/// Writes the 16 bytes of a UUID.
pub fn write_uuid(place: *mut c_uchar, uuid: Uuid) -> Result<()> {
    out(place.cast::<[c_uchar; 16]>(), "uuid")?.set(uuid.into_bytes());
    Ok(())
}

/// Writes a UUID as text, with the final NUL.
pub fn write_uuid_text(place: *mut c_char, uuid: Uuid) -> Result<()> {
    let mut text = [0; TEXT_LENGTH];
    uuid.hyphenated().encode_lower(&mut text);
    out(place.cast::<[u8; TEXT_LENGTH]>(), "buf")?.set(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    const UUID: &str = "11111111-2222-3333-4444-555555555555";

    #[test]
    fn hyphens_and_spaces_may_stand_between_bytes_only() {
        let expected = Uuid::parse_str(UUID).ok();
        for text in [UUID, "11111111222233334444555555555555", "  1111-1111 22223333-4444-5555 55555555\n"] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in ["", "1-111111122223333444455555555555", "11111111-2222-3333-4444-5555555555556", "x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn both_forms_go_out() {
        let uuid = Uuid::parse_str(UUID).unwrap();
        let (mut bytes, mut buffer) = ([0; 16], [1 as c_char; TEXT_LENGTH]);
        write_uuid(bytes.as_mut_ptr(), uuid).unwrap();
        assert_eq!(bytes, uuid.into_bytes());
        write_uuid_text(buffer.as_mut_ptr(), uuid).unwrap();
        // SAFETY: `write_uuid_text` ends with a NUL.
        assert_eq!(unsafe { CStr::from_ptr(buffer.as_ptr()) }.to_str().unwrap(), UUID);
        assert!(write_uuid(std::ptr::null_mut(), uuid).is_err());
    }
}
