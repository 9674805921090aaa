//! Attributes that libvirt reads more generously than its schema says.

/// `yes` and `no` in any case.
pub mod any_case {
    use ferrovirt_xml::{TextWriter, ValueKind, XmlValue, YesNo};

    pub const KIND: ValueKind = YesNo::KIND;

    pub fn from_text(text: &str) -> Option<YesNo> {
        YesNo::from_text(&text.to_ascii_lowercase())
    }

    pub fn write_text(value: &YesNo, out: &mut TextWriter<'_>) {
        value.write_text(out);
    }
}

/// `yes` in any case; everything else is no.
pub mod only_yes {
    use ferrovirt_xml::{TextWriter, ValueKind, XmlValue};

    pub const KIND: ValueKind = bool::KIND;

    pub fn from_text(text: &str) -> Option<bool> {
        Some(text.eq_ignore_ascii_case("yes"))
    }

    pub fn write_text(value: &bool, out: &mut TextWriter<'_>) {
        value.write_text(out);
    }
}

/// `off`; everything else is on.
pub mod only_off {
    use ferrovirt_xml::{OnOff, TextWriter, ValueKind, XmlValue};

    pub const KIND: ValueKind = OnOff::KIND;

    pub fn from_text(text: &str) -> Option<OnOff> {
        Some(OnOff::from(text != "off"))
    }

    pub fn write_text(value: &OnOff, out: &mut TextWriter<'_>) {
        value.write_text(out);
    }
}

/// A way of forwarding; nothing at all is the usual one.
pub mod empty_mode {
    use crate::network::ForwardMode;
    use ferrovirt_xml::{TextWriter, ValueKind, XmlValue};

    pub const KIND: ValueKind = ForwardMode::KIND;

    pub fn from_text(text: &str) -> Option<ForwardMode> {
        if text.is_empty() { Some(ForwardMode::default()) } else { ForwardMode::from_text(text) }
    }

    pub fn write_text(value: &ForwardMode, out: &mut TextWriter<'_>) {
        value.write_text(out);
    }
}
