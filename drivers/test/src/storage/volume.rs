//! Making volumes.

use super::pool::View;
use crate::refuse;
use ferrovirt_conf::storage::{CapacityRule, StorageVolume};
use ferrovirt_core::{ErrorCode, Result};

/// Puts a new volume into the pool; one that is a copy needs the other to be there, too.
pub fn create(view: &mut View, xml: &str, original: Option<&str>, strict: bool) -> Result<StorageVolume> {
    view.check_active()?;
    let mut volume = StorageVolume::from_xml(xml, view.definition.kind, CapacityRule::Needed, strict)?;
    if view.volumes.contains_key(volume.name.as_str()) {
        let text = format!("there is a storage volume '{}' already", volume.name);
        return Err(refuse::error(ErrorCode::OperationFailed, text));
    }
    if let Some(original) = original {
        view.volume(original)?;
    }
    let free = view.definition.capacity.0.saturating_sub(view.definition.allocation.0);
    if volume.allocation > free {
        let text = format!("volume '{}' takes {} bytes, the pool has {free}", volume.name, volume.allocation);
        return Err(refuse::internal(text));
    }
    let path = view.definition.path_of(&volume.name);
    volume.target.path = Some(path.clone());
    volume.key = Some(path);
    view.put(volume.clone());
    Ok(volume)
}
