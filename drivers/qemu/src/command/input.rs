//! `<input>`: mice, tablets, keyboards, and those of the host.

use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Input, InputBus, InputGrab, InputType};
use ferrovirt_core::{Error, Result};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for input in &b.model().devices.inputs {
        if input.kind == InputType::Evdev {
            let props = evdev(input)?;
            b.line.object(&props);
        } else if let Some(props) = b.context.input(input)? {
            b.device(props)?;
        }
    }
    Ok(())
}

/// A device of the host, shared with the guest.
pub fn evdev(input: &Input) -> Result<Props> {
    let source = &input.source;
    let mut props = Props::object("input-linux", alias(&input.info)?);
    props.text("evdev", source.dev.as_deref()).switch("repeat", source.repeat);
    if source.grab == Some(InputGrab::All) {
        props.set("grab_all", true);
    }
    props.maybe("grab-toggle", source.grab_toggle.map(|keys| keys.to_string()));
    Ok(props)
}

impl Context<'_> {
    /// The device, if the machine does not have it by itself.
    pub fn input(self, input: &Input) -> Result<Option<Props>> {
        let mut props = match (input.bus, input.kind) {
            (Some(InputBus::Usb), InputType::Mouse) => Props::device("usb-mouse"),
            (Some(InputBus::Usb), InputType::Tablet) => Props::device("usb-tablet"),
            (Some(InputBus::Usb), InputType::Keyboard) => Props::device("usb-kbd"),
            (Some(InputBus::Virtio), kind) => {
                let base = match kind {
                    InputType::Mouse => "virtio-mouse",
                    InputType::Tablet => "virtio-tablet",
                    InputType::Keyboard => "virtio-keyboard",
                    _ => "virtio-input-host",
                };
                self.virtio(base, &input.info, input.model, &input.virtio)?
            }
            (Some(InputBus::Usb), kind) => {
                return Err(Error::config_unsupported(format!("USB has no input device of type '{kind}'")));
            }
            _ => return Ok(None),
        };
        props.set("id", alias(&input.info)?);
        if input.kind == InputType::Passthrough {
            props.text("evdev", input.source.evdev.as_deref());
        }
        self.address(&mut props, &input.info)?;
        Ok(Some(props))
    }
}
