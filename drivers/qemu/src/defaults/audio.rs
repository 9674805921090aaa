//! The host's sound system for guests that name none.

use ferrovirt_conf::domain::{Audio, AudioType, Devices, Domain, Graphics};
use std::num::NonZeroU32;

/// Adds the sound system that belongs to the guest's displays; without any, sound goes nowhere.
pub fn add_backend(model: &mut Domain) {
    let devices = &mut model.devices;
    if devices.audios.is_empty() {
        devices.audios.extend(own_backend(devices));
    }
}

/// Takes out the sound system that would be added anyway.
pub fn drop_own_audio(devices: &mut Devices) {
    if devices.audios.len() == 1 && devices.audios.first() == own_backend(devices).as_ref() {
        devices.audios.clear();
    }
}

/// The sound system that guests with such displays have by themselves.
fn own_backend(devices: &Devices) -> Option<Audio> {
    // The last display that has a say has it.
    let mut kind = devices.graphics.is_empty().then_some(AudioType::None);
    for graphics in &devices.graphics {
        kind = match graphics {
            Graphics::Vnc(_) => Some(AudioType::None),
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
