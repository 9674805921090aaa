//! `<sound>` and `<audio>`: sound cards, and where their sound goes.

use super::context::{Builder, Context, alias};
use super::general;
use super::props::Props;
use ferrovirt_conf::domain::{
    Audio, AudioChannel, AudioType, Domain, SdlDriver, Sound, SoundCodecType, SoundModel,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::YesNo;
use std::num::NonZeroU32;

/// The name of the backend with this number.
pub fn backend_id(model: &Domain, id: Option<NonZeroU32>) -> Result<String> {
    // A device that names none gets the first.
    let audio = match id {
        Some(id) => model.devices.audios.iter().find(|audio| audio.id == id),
        None => model.devices.audios.first(),
    };
    let audio = audio.ok_or_else(|| Error::internal("a device has no <audio> to give its sound to"))?;
    Ok(format!("audio{}", audio.id))
}

pub fn backends(b: &mut Builder<'_>) -> Result<()> {
    for audio in &b.model().devices.audios {
        let props = backend(audio)?;
        environment(b, audio);
        b.line.option("-audiodev", props);
    }
    Ok(())
}

fn environment(b: &mut Builder<'_>, audio: &Audio) {
    match audio.kind {
        AudioType::Sdl => {
            if let Some(driver) = audio.driver {
                let name = match driver {
                    SdlDriver::Esd => "esd",
                    SdlDriver::Alsa => "alsa",
                    SdlDriver::Arts => "arts",
                    SdlDriver::PulseAudio => "pulseaudio",
                };
                b.line.env("SDL_AUDIODRIVER", name);
            }
        }
        AudioType::PipeWire => {
            general::pass(b, "PIPEWIRE_CORE");
            general::pass(b, "PIPEWIRE_REMOTE");
            match &audio.runtime_dir {
                Some(folder) => b.line.env("PIPEWIRE_RUNTIME_DIR", folder),
                // Where PipeWire's clients look for its socket; the first one that is set counts.
                None => {
                    let places = ["PIPEWIRE_RUNTIME_DIR", "XDG_RUNTIME_DIR", "USERPROFILE"];
                    _ = places.into_iter().any(|name| general::pass(b, name));
                }
            }
        }
        _ => {}
    }
}

fn backend(audio: &Audio) -> Result<Props> {
    let driver = match audio.kind {
        AudioType::None => "none",
        AudioType::Alsa => "alsa",
        AudioType::CoreAudio => "coreaudio",
        AudioType::Jack => "jack",
        AudioType::Oss => "oss",
        AudioType::PulseAudio => "pa",
        AudioType::Sdl => "sdl",
        AudioType::Spice => "spice",
        AudioType::File => "wav",
        AudioType::Dbus => "dbus",
        AudioType::PipeWire => "pipewire",
    };
    let mut props = Props::new();
    props.set("id", format!("audio{}", audio.id)).set("driver", driver);
    props.maybe("timer-period", audio.timer_period.map(NonZeroU32::get));
    match audio.kind {
        AudioType::Oss => {
            props.switch("try-mmap", audio.try_mmap).switch("exclusive", audio.exclusive);
            props.maybe("dsp-policy", audio.dsp_policy);
        }
        AudioType::PulseAudio => _ = props.text("server", audio.server_name.as_deref()),
        AudioType::File => _ = props.text("path", audio.path.as_deref()),
        _ => {}
    }
    for (name, channel) in [("in", &audio.input), ("out", &audio.output)] {
        let Some(channel) = channel else { continue };
        let channel = direction(audio.kind, channel);
        props.maybe(name, (channel != Props::new()).then_some(channel));
    }
    Ok(props)
}

fn direction(kind: AudioType, channel: &AudioChannel) -> Props {
    let mut props = Props::new();
    props.switch("mixing-engine", channel.mixing_engine).switch("fixed-settings", channel.fixed_settings);
    props.maybe("voices", channel.voices.map(NonZeroU32::get));
    props.maybe("buffer-length", channel.buffer_length.map(NonZeroU32::get));
    if let Some(settings) = channel.settings.as_ref().filter(|_| channel.fixed_settings == Some(YesNo::Yes)) {
        props.maybe("frequency", settings.frequency.map(NonZeroU32::get));
        props.maybe("channels", settings.channels.map(NonZeroU32::get));
        props.maybe("format", settings.format.map(|format| format.to_string()));
    }
    match kind {
        AudioType::Alsa => _ = props.text("dev", channel.dev.as_deref()),
        AudioType::CoreAudio | AudioType::Sdl => _ = props.positive("buffer-count", channel.buffer_count),
        AudioType::Jack => {
            props.text("server-name", channel.server_name.as_deref());
            props.text("client-name", channel.client_name.as_deref());
            props.text("connect-ports", channel.connect_ports.as_deref());
            props.switch("exact-name", channel.exact_name);
        }
        AudioType::Oss => {
            props.text("dev", channel.dev.as_deref()).positive("buffer-count", channel.buffer_count);
            props.switch("try-poll", channel.try_poll);
        }
        AudioType::PulseAudio | AudioType::PipeWire => {
            props.text("name", channel.name.as_deref()).text("stream-name", channel.stream_name.as_deref());
            props.positive("latency", channel.latency);
        }
        AudioType::None | AudioType::Spice | AudioType::File | AudioType::Dbus => {}
    }
    props
}

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for sound in &b.model().devices.sounds {
        // The speaker is part of the machine.
        if sound.model == SoundModel::Pcspk {
            continue;
        }
        let props = b.context.sound(sound)?;
        b.device(props)?;
        for codec in b.context.codecs(sound)? {
            b.device(codec)?;
        }
    }
    Ok(())
}

fn has_codecs(sound: &Sound) -> bool {
    matches!(sound.model, SoundModel::Ich6 | SoundModel::Ich9)
}

impl Context<'_> {
    pub fn sound(self, sound: &Sound) -> Result<Props> {
        let mut props = match sound.model {
            SoundModel::Sb16 => Props::device("sb16"),
            SoundModel::Es1370 => Props::device("ES1370"),
            SoundModel::Ac97 => Props::device("AC97"),
            SoundModel::Ich6 => Props::device("intel-hda"),
            SoundModel::Ich9 => Props::device("ich9-intel-hda"),
            SoundModel::Usb => Props::device("usb-audio"),
            SoundModel::Virtio => self.virtio("virtio-sound", &sound.info, None, &sound.virtio)?,
            SoundModel::Pcspk | SoundModel::Ich7 => {
                return Err(Error::config_unsupported(format!("QEMU has no sound card '{}'", sound.model)));
            }
        };
        props.set("id", alias(&sound.info)?);
        if !has_codecs(sound) {
            props.set("audiodev", backend_id(self.model, sound.audio_id)?);
        }
        match sound.model {
            SoundModel::Usb => _ = props.switch("multi", sound.multichannel),
            SoundModel::Virtio => _ = props.maybe("streams", sound.streams.map(NonZeroU32::get)),
            _ => {}
        }
        self.address(&mut props, &sound.info)?;
        Ok(props)
    }

    /// What is plugged into an HD audio controller; one for both directions, if nothing else is asked for.
    pub fn codecs(self, sound: &Sound) -> Result<Vec<Props>> {
        if !has_codecs(sound) {
            return Ok(Vec::new());
        }
        let id = alias(&sound.info)?;
        let mut kinds: Vec<SoundCodecType> = sound.codecs.iter().map(|codec| codec.kind).collect();
        if kinds.is_empty() {
            kinds.push(SoundCodecType::Duplex);
        }
        let codec = |(at, kind): (usize, SoundCodecType)| -> Result<Props> {
            let mut props = Props::device(match kind {
                SoundCodecType::Duplex => "hda-duplex",
                SoundCodecType::Micro => "hda-micro",
                SoundCodecType::Output => "hda-output",
            });
            props.set("id", format!("{id}-codec{at}")).set("bus", format!("{id}.0")).set("cad", at);
            props.set("audiodev", backend_id(self.model, sound.audio_id)?);
            Ok(props)
        };
        kinds.into_iter().enumerate().map(codec).collect()
    }
}
