//! The host's sound system for guests that name none.

use ferrovirt_conf::domain::{Audio, AudioType, Devices, Domain, Graphics};
use std::num::NonZeroU32;

use crate::command::Settings;

/// Adds the sound system that belongs to the guest's displays; without any, sound goes nowhere.
pub fn add_backend(model: &mut Domain, settings: &Settings) {
    let devices = &mut model.devices;
    if devices.audios.is_empty() {
        devices.audios.extend(own_backend(devices, settings));
    }
}

/// Takes out the sound system that would be added anyway.
pub fn drop_own_audio(devices: &mut Devices, settings: &Settings) {
    if devices.audios.len() == 1 && devices.audios.first() == own_backend(devices, settings).as_ref() {
        devices.audios.clear();
    }
}

/// The sound system that guests with such displays have by themselves.
fn own_backend(devices: &Devices, settings: &Settings) -> Option<Audio> {
    // On the host's own sound system QEMU looks by itself for one that plays.
    let nowhere_unless = |to_host: bool| (!to_host).then_some(AudioType::None);
    // The last display that has a say has it.
    let headless = nowhere_unless(settings.host_audio_without_display);
    let mut kind = headless.filter(|_| devices.graphics.is_empty());
    for graphics in &devices.graphics {
        kind = match graphics {
            Graphics::Vnc(_) => nowhere_unless(settings.host_audio_with_vnc),
            Graphics::Spice(_) => Some(AudioType::Spice),
            // QEMU looks for the sound system of whoever sits there.
            Graphics::Sdl(_) => None,
            _ => kind,
        };
    }
    kind.map(plain)
}

/// A sound system without options.
fn plain(kind: AudioType) -> Audio {
    Audio {
        id: NonZeroU32::MIN,
        kind,
        timer_period: None,
        try_mmap: None,
        exclusive: None,
        dsp_policy: None,
        server_name: None,
        driver: None,
        path: None,
        runtime_dir: None,
        input: None,
        output: None,
    }
}
