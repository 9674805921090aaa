//! `<sound>`: the guest's sound cards.

use std::num::NonZeroU32;

use ferrovirt_core::Result;
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts, VirtioOptions};

/// A sound card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "sound")]
pub struct Sound {
    #[xml(attr)]
    pub model: SoundModel,
    /// Of USB: whether there are more than two channels.
    #[xml(attr)]
    pub multichannel: Option<YesNo>,
    /// Of virtio.
    #[xml(with = "streams")]
    pub streams: Option<NonZeroU32>,
    /// Of ICH6 and ICH9.
    #[xml(child)]
    #[serde(default)]
    pub codecs: Vec<SoundCodec>,
    /// The number of the [`super::Audio`] that it plays to.
    #[xml(attr = "audio/@id")]
    pub audio_id: Option<NonZeroU32>,
    #[xml(flatten)]
    pub info: DeviceInfo,
    /// Of virtio.
    #[xml(flatten = "driver")]
    pub virtio: VirtioOptions,
}

/// `streams`, which nobody reads but of virtio.
mod streams {
    use ferrovirt_core::{ErrorCode, Result};
    use ferrovirt_xml::{Node, Shape, Writer, XmlContent, XmlElement, XmlValue};
    use std::num::NonZeroU32;

    use super::SoundModel;

    #[derive(XmlElement)]
    struct Streams {
        #[xml(attr = "streams", strict = "hexadecimal")]
        _streams: Option<u32>,
    }

    /// What the schema allows.
    mod hexadecimal {
        use ferrovirt_xml::{HexDigits, ValueKind, XmlValue};

        pub const KIND: ValueKind = ValueKind::Named("a number, decimal or hexadecimal,");

        pub fn valid(text: &str) -> bool {
            HexDigits::<u32, 1>::from_text(text).is_some() || u32::from_text(text).is_some()
        }
    }

    pub fn parse(node: &Node<'_>) -> Result<Option<NonZeroU32>> {
        let virtio = node.attr("model") == Some(SoundModel::Virtio.as_str());
        let Some(text) = node.attr("streams").filter(|_| virtio) else { return Ok(None) };
        let wrong = || node.bad_attr("streams", NonZeroU32::KIND, ErrorCode::XmlError);
        NonZeroU32::from_text(text).map(Some).ok_or_else(wrong)
    }

    pub fn write_attrs(streams: &Option<NonZeroU32>, w: &mut Writer) {
        if let Some(streams) = streams {
            w.attr("streams", streams);
        }
    }

    pub fn write_children(_: &Option<NonZeroU32>, _: &mut Writer) {}

    pub fn shape() -> &'static Shape {
        Streams::shape()
    }
}

/// What the guest sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum SoundModel {
    Sb16,
    Es1370,
    Pcspk,
    Ac97,
    Ich6,
    Ich9,
    Usb,
    Ich7,
    Virtio,
}

/// `<codec>`: what is connected to an HDA card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "codec")]
pub struct SoundCodec {
    #[xml(attr = "type", error = "ConfigUnsupported")]
    pub kind: SoundCodecType,
}

/// Which lines the codec has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SoundCodecType {
    Duplex,
    Micro,
    Output,
}

impl Sound {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Sound {
    fn visible(&self, facts: &mut Facts) {
        facts.is("model", &self.model);
        facts.may("multichannel", &self.multichannel);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        if !matches!(self.model, SoundModel::Ich6 | SoundModel::Ich9) {
            self.codecs.clear();
        }
        if self.model != SoundModel::Usb {
            self.multichannel = None;
        }
        if self.model == SoundModel::Virtio {
            self.streams = self.streams.or(NonZeroU32::new(2));
        } else {
            self.streams = None;
            self.virtio = VirtioOptions::default();
        }
    }

    /// Whether the [`super::Audio`] is there is for the domain to see.
    fn validate(&self, _context: &Context) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::XmlError;
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn cards_print_back() {
        check_same::<Sound>(
            "<sound model='ich9'>
  <codec type='micro'/>
  <codec type='output'/>
  <audio id='1'/>
  <alias name='sound0'/>
</sound>",
        );
        check_same::<Sound>("<sound model='usb' multichannel='yes'/>");
        check_error::<Sound>("<sound model='lute'/>", XmlError);
        check_error::<Sound>("<sound model='virtio' streams='0'/>", XmlError);
    }

    #[test]
    fn virtio_gets_two_streams_and_no_codecs() {
        let mut sound: Sound =
            from_str("<sound model='virtio'><codec type='micro'/></sound>", "test").unwrap();
        sound.fill_defaults(&Context::default());
        assert_eq!(to_string(&sound), "<sound model='virtio' streams='2'/>\n");
    }
}
