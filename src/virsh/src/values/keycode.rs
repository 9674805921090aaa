//! Keys of a keyboard by number and name.

use ferrovirt_core::abi::*;

/// The sets of codes.
const SETS: [(&str, u32); 12] = [
    ("linux", VIR_KEYCODE_SET_LINUX),
    ("xt", VIR_KEYCODE_SET_XT),
    ("atset1", VIR_KEYCODE_SET_ATSET1),
    ("atset2", VIR_KEYCODE_SET_ATSET2),
    ("atset3", VIR_KEYCODE_SET_ATSET3),
    ("os_x", VIR_KEYCODE_SET_OSX),
    ("xt_kbd", VIR_KEYCODE_SET_XT_KBD),
    ("usb", VIR_KEYCODE_SET_USB),
    ("win32", VIR_KEYCODE_SET_WIN32),
    ("qnum", VIR_KEYCODE_SET_QNUM),
    // An old name of qnum.
    ("rfb", VIR_KEYCODE_SET_QNUM),
    ("osx", VIR_KEYCODE_SET_OSX),
];

pub fn set(name: &str) -> Option<u32> {
    SETS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// The code of a key's name. Names are Linux's; other sets have numbers only.
pub fn named(set: u32, name: &str) -> Option<u32> {
    if set != VIR_KEYCODE_SET_LINUX {
        return None;
    }
    let name = name.strip_prefix("KEY_")?;
    LINUX.iter().find_map(|(first, names)| {
        let at = names.split_whitespace().position(|known| known == name)?;
        Some(first + at as u32)
    })
}

/// Linux's keys (input-event-codes.h) without `KEY_`: runs of names that follow a first number. `.` is none.
const LINUX: &[(u32, &str)] = &[
    (
        0,
        "RESERVED ESC 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL BACKSPACE TAB Q W E R T Y U I O P LEFTBRACE RIGHTBRACE ENTER",
    ),
    (
        29,
        "LEFTCTRL A S D F G H J K L SEMICOLON APOSTROPHE GRAVE LEFTSHIFT BACKSLASH Z X C V B N M COMMA DOT SLASH",
    ),
    (
        54,
        "RIGHTSHIFT KPASTERISK LEFTALT SPACE CAPSLOCK F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NUMLOCK SCROLLLOCK KP7 KP8 KP9",
    ),
    (
        74,
        "KPMINUS KP4 KP5 KP6 KPPLUS KP1 KP2 KP3 KP0 KPDOT . ZENKAKUHANKAKU 102ND F11 F12 RO KATAKANA HIRAGANA",
    ),
    (
        92,
        "HENKAN KATAKANAHIRAGANA MUHENKAN KPJPCOMMA KPENTER RIGHTCTRL KPSLASH SYSRQ RIGHTALT LINEFEED HOME UP",
    ),
    (104, "PAGEUP LEFT RIGHT END DOWN PAGEDOWN INSERT DELETE MACRO MUTE VOLUMEDOWN VOLUMEUP POWER KPEQUAL"),
    (
        118,
        "KPPLUSMINUS PAUSE SCALE KPCOMMA HANGEUL HANJA YEN LEFTMETA RIGHTMETA COMPOSE STOP AGAIN PROPS UNDO FRONT",
    ),
    (
        133,
        "COPY OPEN PASTE FIND CUT HELP MENU CALC SETUP SLEEP WAKEUP FILE SENDFILE DELETEFILE XFER PROG1 PROG2 WWW",
    ),
    (
        151,
        "MSDOS SCREENLOCK DIRECTION CYCLEWINDOWS MAIL BOOKMARKS COMPUTER BACK FORWARD CLOSECD EJECTCD EJECTCLOSECD",
    ),
    (
        163,
        "NEXTSONG PLAYPAUSE PREVIOUSSONG STOPCD RECORD REWIND PHONE ISO CONFIG HOMEPAGE REFRESH EXIT MOVE EDIT",
    ),
    (
        177,
        "SCROLLUP SCROLLDOWN KPLEFTPAREN KPRIGHTPAREN NEW REDO F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24",
    ),
    (
        200,
        "PLAYCD PAUSECD PROG3 PROG4 DASHBOARD SUSPEND CLOSE PLAY FASTFORWARD BASSBOOST PRINT HP CAMERA SOUND",
    ),
    (
        214,
        "QUESTION EMAIL CHAT SEARCH CONNECT FINANCE SPORT SHOP ALTERASE CANCEL BRIGHTNESSDOWN BRIGHTNESSUP MEDIA",
    ),
    (
        227,
        "SWITCHVIDEOMODE KBDILLUMTOGGLE KBDILLUMDOWN KBDILLUMUP SEND REPLY FORWARDMAIL SAVE DOCUMENTS BATTERY",
    ),
    (
        237,
        "BLUETOOTH WLAN UWB UNKNOWN VIDEO_NEXT VIDEO_PREV BRIGHTNESS_CYCLE BRIGHTNESS_ZERO DISPLAY_OFF WIMAX",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_keys_have_names() {
        let key = |name| named(VIR_KEYCODE_SET_LINUX, name);
        assert_eq!(key("KEY_LEFTCTRL"), Some(29));
        assert_eq!(key("KEY_LEFTALT"), Some(56));
        assert_eq!(key("KEY_F12"), Some(88));
        assert_eq!(key("KEY_RIGHTALT"), Some(100));
        assert_eq!(key("KEY_DELETE"), Some(111));
        assert_eq!(key("KEY_POWER"), Some(116));
        assert_eq!(key("KEY_LEFTMETA"), Some(125));
        assert_eq!(key("KEY_SLEEP"), Some(142));
        assert_eq!(key("KEY_F24"), Some(194));
        assert_eq!(key("KEY_WIMAX"), Some(246));
        assert_eq!(key("DELETE"), None);
        assert_eq!(named(VIR_KEYCODE_SET_XT, "KEY_A"), None);
    }
}
