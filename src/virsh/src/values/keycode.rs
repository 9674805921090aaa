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

/// The code of a key's name. Linux, macOS and Windows have names for theirs; other sets have numbers only.
pub fn named(set: u32, name: &str) -> Option<u32> {
    match set {
        VIR_KEYCODE_SET_LINUX => linux(name.strip_prefix("KEY_")?),
        VIR_KEYCODE_SET_OSX => listed(MACOS, name),
        VIR_KEYCODE_SET_WIN32 => listed(WINDOWS, name.strip_prefix("VK_")?),
        _ => None,
    }
}

fn listed(table: &str, name: &str) -> Option<u32> {
    let found =
        table.split_whitespace().filter_map(|word| word.split_once('=')).find(|(known, _)| *known == name);
    found?.1.parse().ok()
}

fn linux(name: &str) -> Option<u32> {
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

/// The virtual keys of macOS (Carbon's Events.h).
const MACOS: &str = "\
    ANSI_A=0 ANSI_S=1 ANSI_D=2 ANSI_F=3 ANSI_H=4 ANSI_G=5 ANSI_Z=6 ANSI_X=7 ANSI_C=8 ANSI_V=9 ISO_Section=10 \
    ANSI_B=11 ANSI_Q=12 ANSI_W=13 ANSI_E=14 ANSI_R=15 ANSI_Y=16 ANSI_T=17 ANSI_1=18 ANSI_2=19 ANSI_3=20 \
    ANSI_4=21 ANSI_6=22 ANSI_5=23 ANSI_Equal=24 ANSI_9=25 ANSI_7=26 ANSI_Minus=27 ANSI_8=28 ANSI_0=29 \
    ANSI_RightBracket=30 ANSI_O=31 ANSI_U=32 ANSI_LeftBracket=33 ANSI_I=34 ANSI_P=35 Return=36 ANSI_L=37 \
    ANSI_J=38 ANSI_Quote=39 ANSI_K=40 ANSI_Semicolon=41 ANSI_Backslash=42 ANSI_Comma=43 ANSI_Slash=44 \
    ANSI_N=45 ANSI_M=46 ANSI_Period=47 Tab=48 Space=49 ANSI_Grave=50 Delete=51 Escape=53 RightCommand=54 \
    Command=55 Shift=56 CapsLock=57 Option=58 Control=59 RightShift=60 RightOption=61 RightControl=62 \
    Function=63 F17=64 ANSI_KeypadDecimal=65 ANSI_KeypadMultiply=67 ANSI_KeypadPlus=69 ANSI_KeypadClear=71 \
    VolumeUp=72 VolumeDown=73 Mute=74 ANSI_KeypadDivide=75 ANSI_KeypadEnter=76 ANSI_KeypadMinus=78 F18=79 \
    F19=80 ANSI_KeypadEquals=81 ANSI_Keypad0=82 ANSI_Keypad1=83 ANSI_Keypad2=84 ANSI_Keypad3=85 \
    ANSI_Keypad4=86 ANSI_Keypad5=87 ANSI_Keypad6=88 ANSI_Keypad7=89 F20=90 ANSI_Keypad8=91 ANSI_Keypad9=92 \
    JIS_Yen=93 JIS_Underscore=94 JIS_KeypadComma=95 F5=96 F6=97 F7=98 F3=99 F8=100 F9=101 JIS_Eisu=102 \
    F11=103 JIS_Kana=104 F13=105 F16=106 F14=107 F10=109 F12=111 F15=113 Help=114 Home=115 PageUp=116 \
    ForwardDelete=117 F4=118 End=119 F2=120 PageDown=121 F1=122 LeftArrow=123 RightArrow=124 DownArrow=125 \
    UpArrow=126";

/// The virtual keys of Windows (winuser.h), without `VK_`.
const WINDOWS: &str = "\
    LBUTTON=1 RBUTTON=2 MBUTTON=4 XBUTTON1=5 XBUTTON2=6 BACK=8 TAB=9 RETURN=13 SHIFT=16 CONTROL=17 MENU=18 \
    PAUSE=19 CAPITAL=20 HANGEUL=21 KANA=21 IME_ON=22 HANJA=25 IME_OFF=26 ESCAPE=27 CONVERT=28 NONCONVERT=29 \
    SPACE=32 PRIOR=33 NEXT=34 END=35 HOME=36 LEFT=37 UP=38 RIGHT=39 DOWN=40 SELECT=41 PRINT=42 SNAPSHOT=44 \
    INSERT=45 DELETE=46 HELP=47 0=48 1=49 2=50 3=51 4=52 5=53 6=54 7=55 8=56 9=57 A=65 B=66 C=67 D=68 E=69 \
    F=70 G=71 H=72 I=73 J=74 K=75 L=76 M=77 N=78 O=79 P=80 Q=81 R=82 S=83 T=84 U=85 V=86 W=87 X=88 Y=89 Z=90 \
    LWIN=91 RWIN=92 APPS=93 SLEEP=95 NUMPAD0=96 NUMPAD1=97 NUMPAD2=98 NUMPAD3=99 NUMPAD4=100 NUMPAD5=101 \
    NUMPAD6=102 NUMPAD7=103 NUMPAD8=104 NUMPAD9=105 MULTIPLY=106 ADD=107 SEPARATOR??=108 SUBTRACT=109 \
    DECIMAL=110 DIVIDE=111 F1=112 F2=113 F3=114 F4=115 F5=116 F6=117 F7=118 F8=119 F9=120 F10=121 F11=122 \
    F12=123 F13=124 F14=125 F15=126 F16=127 F17=128 F18=129 F19=130 F20=131 F21=132 F22=133 F23=134 F24=135 \
    NUMLOCK=144 SCROLL=145 LSHIFT=160 RSHIFT=161 LCONTROL=162 RCONTROL=163 LMENU=164 RMENU=165 \
    BROWSER_BACK=166 BROWSER_FORWARD=167 BROWSER_REFRESH=168 BROWSER_STOP=169 BROWSER_SEARCH=170 \
    BROWSER_FAVOURITES=171 BROWSER_HOME=172 VOLUME_MUTE=173 VOLUME_DOWN=174 VOLUME_UP=175 \
    MEDIA_NEXT_TRACK=176 MEDIA_PREV_TRACK=177 MEDIA_STOP=178 MEDIA_PLAY_PAUSE=179 LAUNCH_MAIL=180 OEM_1=186 \
    OEM_PLUS=187 OEM_COMMA=188 OEM_MINUS=189 OEM_PERIOD=190 OEM_2=191 OEM_3=192 OEM_4=219 OEM_5=220 \
    OEM_6=221 OEM_7=222 OEM_102=226 OEM_COPY=242 PLAY=250 ZOOM=251";

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

    #[test]
    fn so_have_those_of_macos_and_windows() {
        assert_eq!(set("win32").and_then(|set| named(set, "VK_RETURN")), Some(13));
        assert_eq!(set("osx").and_then(|set| named(set, "Escape")), Some(53));
        assert_eq!(named(VIR_KEYCODE_SET_WIN32, "KEY_A"), None);
        assert_eq!(named(VIR_KEYCODE_SET_OSX, ""), None);
    }
}
