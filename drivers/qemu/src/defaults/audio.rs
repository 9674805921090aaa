//! The host's sound system for guests that name none.

use ferrovirt_conf::domain::{Audio, AudioType, Domain};
use std::num::NonZeroU32;

/// Adds the sound system that belongs to the guest's displays; without any, sound goes nowhere.
pub fn add_backend(model: &mut Domain) {
    if model.devices.audios.is_empty() {
        model.devices.audios.push(plain(AudioType::None));
    }
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
