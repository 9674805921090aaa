//! `<audio>`: where the guest's sound goes on the host.

use std::num::NonZeroU32;

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{XmlElement, XmlEnum, YesNo};
use serde::{Deserialize, Serialize};

use super::{Context, Device};

/// A sound system of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "audio")]
pub struct Audio {
    /// What sound cards and displays call it.
    #[xml(attr)]
    pub id: NonZeroU32,
    #[xml(attr = "type")]
    pub kind: AudioType,
    /// Microseconds.
    #[xml(attr)]
    pub timer_period: Option<NonZeroU32>,
    /// Of OSS.
    #[xml(attr = "tryMMap")]
    pub try_mmap: Option<YesNo>,
    /// Of OSS.
    #[xml(attr)]
    pub exclusive: Option<YesNo>,
    /// Of OSS.
    #[xml(attr)]
    pub dsp_policy: Option<u32>,
    /// Of PulseAudio.
    #[xml(attr)]
    pub server_name: Option<String>,
    /// Of SDL.
    #[xml(attr)]
    pub driver: Option<SdlDriver>,
    /// Of a file: its name.
    #[xml(attr)]
    pub path: Option<String>,
    /// Of PipeWire: where its socket is.
    #[xml(attr)]
    pub runtime_dir: Option<String>,
    #[xml(child = "input", omit_empty)]
    pub input: Option<AudioChannel>,
    #[xml(child = "output", omit_empty)]
    pub output: Option<AudioChannel>,
}

/// The sound system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum AudioType {
    None,
    Alsa,
    #[xml(name = "coreaudio")]
    CoreAudio,
    Jack,
    Oss,
    #[xml(name = "pulseaudio")]
    PulseAudio,
    Sdl,
    Spice,
    File,
    Dbus,
    #[xml(name = "pipewire")]
    PipeWire,
}

/// What SDL plays to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum SdlDriver {
    Esd,
    Alsa,
    Arts,
    #[xml(name = "pulseaudio")]
    PulseAudio,
}

/// `<input>` or `<output>`: one direction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct AudioChannel {
    /// Whether the hypervisor converts and mixes.
    #[xml(attr)]
    pub mixing_engine: Option<YesNo>,
    /// Whether the sound system is given `settings`, whatever the guest plays.
    #[xml(attr)]
    pub fixed_settings: Option<YesNo>,
    #[xml(attr)]
    pub voices: Option<NonZeroU32>,
    /// Microseconds.
    #[xml(attr)]
    pub buffer_length: Option<NonZeroU32>,
    /// Of ALSA and OSS.
    #[xml(attr)]
    pub dev: Option<String>,
    /// Of CoreAudio, OSS and SDL; 0: as they like.
    #[xml(attr, default, skip_default)]
    pub buffer_count: u32,
    /// Of OSS.
    #[xml(attr)]
    pub try_poll: Option<YesNo>,
    /// Of JACK.
    #[xml(attr)]
    pub server_name: Option<String>,
    /// Of JACK.
    #[xml(attr)]
    pub client_name: Option<String>,
    /// Of JACK: a pattern.
    #[xml(attr)]
    pub connect_ports: Option<String>,
    /// Of JACK.
    #[xml(attr)]
    pub exact_name: Option<YesNo>,
    /// Of PulseAudio and PipeWire: the sink or source.
    #[xml(attr)]
    pub name: Option<String>,
    /// Of PulseAudio and PipeWire.
    #[xml(attr)]
    pub stream_name: Option<String>,
    /// Of PulseAudio and PipeWire: microseconds; 0: as they like.
    #[xml(attr, default, skip_default)]
    pub latency: u32,
    #[xml(child)]
    pub settings: Option<AudioSettings>,
}

/// `<settings>`: what the sound system is given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "settings")]
pub struct AudioSettings {
    /// Hertz.
    #[xml(attr)]
    pub frequency: Option<NonZeroU32>,
    #[xml(attr)]
    pub channels: Option<NonZeroU32>,
    #[xml(attr)]
    pub format: Option<AudioFormat>,
}

/// Sample formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum AudioFormat {
    U8,
    S8,
    U16,
    S16,
    U32,
    S32,
    F32,
}

impl AudioChannel {
    fn validate(&self) -> Result<()> {
        let fixed = self.fixed_settings == Some(YesNo::Yes);
        if fixed && self.mixing_engine != Some(YesNo::Yes) {
            return Err(Error::config_unsupported("fixedSettings='yes' needs mixingEngine='yes'"));
        }
        if self.settings.is_some() && !fixed {
            return Err(Error::config_unsupported("<settings> of <audio> need fixedSettings='yes'"));
        }
        Ok(())
    }
}

impl Audio {
    /// Drops what other sound systems have.
    fn forget_foreign(&mut self) {
        use AudioType::{Alsa, CoreAudio, File, Jack, Oss, PipeWire, PulseAudio, Sdl};
        let kind = self.kind;
        if kind != Oss {
            (self.try_mmap, self.exclusive, self.dsp_policy) = (None, None, None);
        }
        if kind != PulseAudio {
            self.server_name = None;
        }
        if kind != Sdl {
            self.driver = None;
        }
        if kind != File {
            self.path = None;
        }
        if kind != PipeWire {
            self.runtime_dir = None;
        }
        for channel in [&mut self.input, &mut self.output].into_iter().flatten() {
            if !matches!(kind, Alsa | Oss) {
                channel.dev = None;
            }
            if !matches!(kind, CoreAudio | Oss | Sdl) {
                channel.buffer_count = 0;
            }
            if kind != Oss {
                channel.try_poll = None;
            }
            if kind != Jack {
                (channel.server_name, channel.client_name) = (None, None);
                (channel.connect_ports, channel.exact_name) = (None, None);
            }
            if !matches!(kind, PulseAudio | PipeWire) {
                (channel.name, channel.stream_name, channel.latency) = (None, None, 0);
            }
        }
    }
}

impl Device for Audio {
    fn fill_defaults(&mut self, _context: &Context) {
        self.forget_foreign();
        for channel in [&mut self.input, &mut self.output].into_iter().flatten() {
            if channel.fixed_settings == Some(YesNo::Yes) {
                channel.settings.get_or_insert_default();
            }
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        [&self.input, &self.output].into_iter().flatten().try_for_each(AudioChannel::validate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::{ConfigUnsupported, XmlError};
    use ferrovirt_xml::check::{check, check_error, check_same};
    use ferrovirt_xml::from_str;

    #[test]
    fn sound_systems_print_back() {
        check_same::<Audio>(
            "<audio id='1' type='oss' timerPeriod='40' tryMMap='yes' exclusive='yes' dspPolicy='3'>
  <input mixingEngine='yes' fixedSettings='yes' voices='1' bufferLength='100' dev='/dev/dsp0' bufferCount='30' tryPoll='no'>
    <settings frequency='44100' channels='2' format='s16'/>
  </input>
  <output mixingEngine='no'/>
</audio>",
        );
        check_same::<Audio>(
            "<audio id='1' type='jack'>
  <input serverName='fish' clientName='food' connectPorts='yum' exactName='yes'/>
</audio>",
        );
        check::<Audio>("<audio id='1' type='none'><input/></audio>", "<audio id='1' type='none'/>");
        check_error::<Audio>("<audio id='0' type='none'/>", XmlError);
    }

    #[test]
    fn fixed_settings_need_the_mixing_engine() {
        let text = "<audio id='1' type='alsa'><output fixedSettings='yes'/></audio>";
        let audio: Audio = from_str(text, "test").unwrap();
        assert_eq!(audio.validate(&Context::default()).unwrap_err().code(), ConfigUnsupported);
    }
}
