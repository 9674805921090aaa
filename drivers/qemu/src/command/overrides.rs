//! `<qemu:override>`: properties of devices that the user knows better.

use super::props::Props;
use ferrovirt_conf::domain::{Domain, QemuProperty, QemuPropertyKind};
use ferrovirt_core::{Error, Result};
use serde_json::Value;

/// Changes the properties of a device as the definition wants it.
pub fn apply(model: &Domain, props: &mut Props) -> Result<()> {
    let Some(overrides) = &model.namespaces.qemu_override else { return Ok(()) };
    let Some(id) = props.get_text("id").map(str::to_owned) else { return Ok(()) };
    for device in overrides.devices.iter().filter(|device| device.alias == id) {
        for property in &device.properties {
            match value(property)? {
                Some(value) => _ = props.set(&property.name, value),
                None => props.remove(&property.name),
            }
        }
    }
    Ok(())
}

/// The value, or `None` if the property has to go.
fn value(property: &QemuProperty) -> Result<Option<Value>> {
    let text = property.value.as_deref().unwrap_or_default();
    let wrong = || {
        Error::internal(format!(
            "'{text}' can't be the {} property '{}' of <qemu:override>",
            property.kind, property.name
        ))
    };
    Ok(Some(match property.kind {
        QemuPropertyKind::Remove => return Ok(None),
        QemuPropertyKind::String => text.into(),
        QemuPropertyKind::Signed => text.parse::<i64>().map_err(|_| wrong())?.into(),
        QemuPropertyKind::Unsigned => text.parse::<u64>().map_err(|_| wrong())?.into(),
        QemuPropertyKind::Bool => match text {
            "true" => true.into(),
            "false" => false.into(),
            _ => return Err(wrong()),
        },
    }))
}
