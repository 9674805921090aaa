//! The host's sound system for guests that name none.

use ferrovirt_conf::domain::{Audio, AudioType, Domain, Graphics};
use std::num::NonZeroU32;

/// Adds the sound system that belongs to the guest's displays; without any, sound goes nowhere.
pub fn add_backend(model: &mut Domain) {
    let devices = &mut model.devices;
    if !devices.audios.is_empty() {
        return;
    }
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
    devices.audios.extend(kind.map(plain));
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
