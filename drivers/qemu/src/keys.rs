//! Keys by the numbers that QEMU has for them, from those of Linux and of old keyboards.

use ferrovirt_core::abi;

/// The keys that Linux numbers beyond those of the first keyboards, with QEMU's numbers.
const LATER: [(u32, u32); 32] = [
    (85, 0x76),
    (86, 0x56),
    (87, 0x57),
    (88, 0x58),
    (89, 0x73),
    (90, 0x78),
    (91, 0x77),
    (92, 0x79),
    (93, 0x70),
    (94, 0x7b),
    (95, 0x5c),
    (96, 0x9c),
    (97, 0x9d),
    (98, 0xb5),
    (99, 0x54),
    (100, 0xb8),
    (102, 0xc7),
    (103, 0xc8),
    (104, 0xc9),
    (105, 0xcb),
    (106, 0xcd),
    (107, 0xcf),
    (108, 0xd0),
    (109, 0xd1),
    (110, 0xd2),
    (111, 0xd3),
    (113, 0xa0),
    (114, 0xae),
    (115, 0xb0),
    (116, 0xde),
    (117, 0x59),
    (119, 0xc6),
];
const MORE: [(u32, u32); 4] = [(121, 0x7e), (125, 0xdb), (126, 0xdc), (127, 0xdd)];

/// QEMU's number of a key; `None` where the set or the key is not known.
pub fn number(set: u32, code: u32) -> Option<u32> {
    match set {
        abi::VIR_KEYCODE_SET_QNUM => Some(code),
        // Both begin with the numbers that the keys of the first keyboards sent.
        abi::VIR_KEYCODE_SET_LINUX | abi::VIR_KEYCODE_SET_XT | abi::VIR_KEYCODE_SET_ATSET1
            if (1..=83).contains(&code) =>
        {
            Some(code)
        }
        abi::VIR_KEYCODE_SET_LINUX => {
            LATER.iter().chain(&MORE).find(|(linux, _)| *linux == code).map(|(_, number)| *number)
        }
        // Their keys with a prefix have it in the second byte.
        abi::VIR_KEYCODE_SET_XT | abi::VIR_KEYCODE_SET_ATSET1 if code & 0xff80 == 0xe000 => {
            Some(code & 0x7f | 0x80)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_the_same_and_arrows_have_a_prefix() {
        assert_eq!(number(abi::VIR_KEYCODE_SET_LINUX, 30), Some(30));
        assert_eq!(number(abi::VIR_KEYCODE_SET_LINUX, 103), Some(0xc8));
        assert_eq!(number(abi::VIR_KEYCODE_SET_ATSET1, 0xe048), Some(0xc8));
        assert_eq!(number(abi::VIR_KEYCODE_SET_LINUX, 500), None);
        assert_eq!(number(abi::VIR_KEYCODE_SET_USB, 4), None);
    }
}
