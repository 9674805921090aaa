//! Keys of a keyboard by number, in each of the sets of numbers that callers may use (`virKeycodeSet`).

use crate::abi::{
    VIR_KEYCODE_SET_ATSET1, VIR_KEYCODE_SET_ATSET2, VIR_KEYCODE_SET_ATSET3, VIR_KEYCODE_SET_LINUX,
    VIR_KEYCODE_SET_OSX, VIR_KEYCODE_SET_QNUM, VIR_KEYCODE_SET_USB, VIR_KEYCODE_SET_WIN32,
    VIR_KEYCODE_SET_XT, VIR_KEYCODE_SET_XT_KBD,
};

/// Keys that other sets than Linux's have, too; the columns are named at its top.
const KEYS: &str = include_str!("keycodes.tsv");

/// Keys that are Linux's alone.
const LINUX_ONLY: &[std::ops::RangeInclusive<u32>] = &[
    170..=170,
    174..=175,
    240..=254,
    261..=265,
    272..=279,
    288..=299,
    303..=318,
    320..=327,
    330..=337,
    352..=352,
    354..=363,
    365..=371,
    373..=439,
    448..=451,
    465..=484,
    497..=506,
    512..=524,
];

/// What the key `code` of one set is in another, 0 where that has no such key; `None` where the first has none.
pub fn translate(code: u32, from: u32, to: u32) -> Option<u32> {
    let mut rows = KEYS.lines().filter(|line| !line.starts_with('#'));
    if let Some(row) = rows.find(|row| in_set(row, from) == Some(code)) {
        return in_set(row, to);
    }
    let bare = from == VIR_KEYCODE_SET_LINUX && LINUX_ONLY.iter().any(|run| run.contains(&code));
    bare.then_some(if to == VIR_KEYCODE_SET_LINUX { code } else { 0 })
}

/// A key's code in a set; `None` for what is no set.
fn in_set(row: &str, set: u32) -> Option<u32> {
    let column = |at: usize| row.split('\t').nth(at)?.parse().ok();
    match set {
        VIR_KEYCODE_SET_LINUX => column(0),
        VIR_KEYCODE_SET_XT | VIR_KEYCODE_SET_ATSET1 => column(1),
        VIR_KEYCODE_SET_ATSET2 => column(2),
        VIR_KEYCODE_SET_ATSET3 => column(3),
        VIR_KEYCODE_SET_OSX => column(4),
        VIR_KEYCODE_SET_USB => column(5),
        VIR_KEYCODE_SET_WIN32 => column(6),
        VIR_KEYCODE_SET_XT_KBD => column(1).map(|code| in_one_byte(code, 0x100, code)),
        VIR_KEYCODE_SET_QNUM => column(1).map(|code| in_one_byte(code, 0x80, code & 0x7f)),
        _ => None,
    }
}

/// A code of set 1 that is two bytes long, the first 0xe0, as one number with a bit for that. The two Korean keys have
/// the highest bit although they are one byte long.
fn in_one_byte(code: u32, extended: u32, korean: u32) -> u32 {
    match code {
        0xf1 | 0xf2 => korean,
        0x80.. => extended | (code & 0x7f),
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_number_in_each_set() {
        let right_ctrl = |to| translate(97, VIR_KEYCODE_SET_LINUX, to);
        assert_eq!(right_ctrl(VIR_KEYCODE_SET_ATSET1), Some(0xe01d));
        assert_eq!(right_ctrl(VIR_KEYCODE_SET_XT_KBD), Some(0x11d));
        assert_eq!(right_ctrl(VIR_KEYCODE_SET_QNUM), Some(0x9d));
        assert_eq!(right_ctrl(VIR_KEYCODE_SET_USB), Some(228));
        assert_eq!(translate(0x1e, VIR_KEYCODE_SET_XT, VIR_KEYCODE_SET_WIN32), Some(0x41));
        assert_eq!(translate(122, VIR_KEYCODE_SET_LINUX, VIR_KEYCODE_SET_QNUM), Some(0x72));
    }

    #[test]
    fn sets_lack_keys_and_numbers_lack_keys() {
        assert_eq!(translate(512, VIR_KEYCODE_SET_LINUX, VIR_KEYCODE_SET_QNUM), Some(0));
        assert_eq!(translate(512, VIR_KEYCODE_SET_LINUX, VIR_KEYCODE_SET_LINUX), Some(512));
        assert_eq!(translate(0x4711, VIR_KEYCODE_SET_QNUM, VIR_KEYCODE_SET_QNUM), None);
        assert_eq!(translate(1, 99, VIR_KEYCODE_SET_QNUM), None);
    }
}
