//! Values: how strict numbers are, what the writer escapes.

use std::fmt::Debug;
use std::net::IpAddr;
use std::num::NonZeroU32;

use ferrovirt_xml::{AutoBase, Hex, HexDigits, OnOff, Tag, Writer, XmlValue, YesNo};
use uuid::Uuid;

#[track_caller]
fn reads<T: XmlValue + PartialEq + Debug>(text: &str, value: impl Into<Option<T>>) {
    assert_eq!(T::from_text(text), value.into(), "{text:?}");
}

fn written<T: XmlValue>(value: T) -> String {
    let mut w = Writer::new();
    w.open("a");
    w.attr("b", &value);
    w.close("a");
    let text = w.finish();
    text.strip_prefix("<a b='").and_then(|t| t.strip_suffix("'/>\n")).unwrap().to_owned()
}

#[test]
fn plain_numbers_are_decimal() {
    for (text, value) in [("4096", 4096), (" 4096", 4096), ("+4096", 4096), ("08192", 8192), ("\n\t7", 7)] {
        reads::<u64>(text, value);
    }
    for text in
        ["0x10", "4096 ", "-1", "-0", "4K", "", "1e4", "18446744073709551616", "+-1", "++1", " ", "1_0"]
    {
        reads::<u64>(text, None);
    }
    reads::<u8>("255", 255);
    reads::<u8>("256", None);
    reads::<i8>("-128", -128);
    reads::<i8>("-129", None);
    reads::<i64>("9223372036854775808", None);
    reads::<NonZeroU32>("0", None);
    reads::<f64>(" 1.5", 1.5);
    reads::<f64>("1.5x", None);
}

#[test]
fn other_bases_are_types_of_their_own() {
    for text in ["0x1f", "31", "037", " 0X1F"] {
        reads::<Hex<u16, 4>>(text, Hex(31));
        reads::<AutoBase<u16>>(text, AutoBase(31));
    }
    reads::<Hex<u16, 4>>("0", Hex(0));
    for text in ["08", "0x", "0x10000", "0x-1", "-1", "1f"] {
        reads::<Hex<u16, 4>>(text, None);
    }
    reads::<HexDigits<u8, 2>>("1f", HexDigits(31));
    reads::<HexDigits<u8, 2>>("0x1f", HexDigits(31));
    assert_eq!(written(Hex::<u16, 4>(31)), "0x001f");
    assert_eq!(written(Hex::<u16, 1>(0xabcd)), "0xabcd");
    assert_eq!(written(HexDigits::<u8, 2>(10)), "0a");
    assert_eq!(written(AutoBase(31_u8)), "31");
}

#[test]
fn numbers_are_written_in_full() {
    assert_eq!(written(u64::MAX), u64::MAX.to_string());
    assert_eq!(written(i64::MIN), i64::MIN.to_string());
    assert_eq!(written(0_u8), "0");
    assert_eq!(written(1.5_f64), "1.5");
}

#[test]
fn words() {
    reads::<bool>("yes", true);
    reads::<bool>("true", None);
    reads::<YesNo>("no", YesNo::No);
    reads::<OnOff>("off", OnOff::Off);
    reads::<OnOff>("On", None);
    reads::<IpAddr>("::1", "::1".parse::<IpAddr>().unwrap());
    assert_eq!((written(true), written(OnOff::from(false))), ("yes".into(), "off".into()));
}

#[test]
fn uuids_are_read_as_leniently_as_libvirt_does() {
    let uuid = Uuid::parse_str("8cfb7dc8-ec15-4fb2-a508-36e58f2a6c43").unwrap();
    for text in [
        "8cfb7dc8ec154fb2a50836e58f2a6c43",
        " 8CFB7DC8ec15-4fb2a508-36e58f2a6c43 ",
        "-8cfb7d-c8--ec15-4fb2-a508-36e58f2a6c43\n\t",
    ] {
        reads(text, uuid);
    }
    for text in ["8cfb7dc-8ec15-4fb2-a508-36e58f2a6c43", "8cfb7dc8ec154fb2a50836e58f2a6c4", "{}", ""] {
        reads::<Uuid>(text, None);
    }
    reads::<Uuid>("8cfb7dc8-ec15-4fb2-a508-36e58f2a6c43x", None);
    assert_eq!(written(uuid), "8cfb7dc8-ec15-4fb2-a508-36e58f2a6c43");
}

#[test]
fn the_writer_escapes_as_libvirt_does() {
    assert_eq!(written("a'b\"c&<>\t\n\r\u{1}\u{19}é".to_owned()), "a&apos;b&quot;c&amp;&lt;&gt;\t\n\ré");
}

#[test]
fn elements_close_as_they_should() {
    let mut w = Writer::new();
    w.open("a");
    let gone = w.open_optional("gone");
    let inner = w.open_optional("inner");
    w.close_optional(inner);
    w.close_optional(gone);
    w.attr_str("late", "but allowed");
    w.comment("hello");
    w.open("empty");
    w.block();
    w.close("empty");
    w.value("text", &String::new());
    w.flag(Tag::new("flag"));
    w.open("mixed");
    w.text_str("x");
    w.flag("y");
    w.close("mixed");
    w.close("a");
    let expected = "<a late='but allowed'>\n  <!-- hello -->\n  <empty>\n  </empty>\n  <text></text>\n  <flag/>\n  \
                    <mixed>x\n    <y/>\n  </mixed>\n</a>\n";
    assert_eq!(w.finish(), expected);
}
