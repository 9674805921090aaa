//! Secrets on disk, as libvirt has them: `UUID.xml` says what it is, `UUID.base64` holds its value.

use crate::kept::{Kept, Value};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ferrovirt_conf::secret::Secret;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The folder that they are in.
pub struct Files(PathBuf);

impl Files {
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn description(&self, uuid: Uuid) -> PathBuf {
        self.0.join(format!("{uuid}.xml"))
    }

    fn value(&self, uuid: Uuid) -> PathBuf {
        self.0.join(format!("{uuid}.base64"))
    }

    pub fn save_description(&self, uuid: Uuid, model: &Secret) -> Result<()> {
        let text = model.to_xml();
        persist::write_atomic(&self.description(uuid), text.as_bytes(), 0o600, Durability::Power)
    }

    pub fn save_value(&self, uuid: Uuid, value: &[u8]) -> Result<()> {
        let text = Zeroizing::new(BASE64_STANDARD.encode(value));
        persist::write_atomic(&self.value(uuid), text.as_bytes(), 0o600, Durability::Power)
    }

    /// Removes a secret. Without its description it is gone, so that a value that stays behind is only untidy.
    pub fn remove(&self, uuid: Uuid) -> Result<()> {
        persist::remove(&self.description(uuid))?;
        if let Err(err) = persist::remove(&self.value(uuid)) {
            tracing::warn!(secret = %uuid, %err, "the value of a removed secret stays on disk");
        }
        Ok(())
    }

    /// All secrets on disk. One that can't be read is logged and left alone: the others must not suffer.
    pub fn load_all(&self) -> Result<Vec<(Uuid, Kept)>> {
        let mut secrets = Vec::new();
        for path in persist::list(&self.0, "xml")? {
            match self.load(&path) {
                Ok(secret) => secrets.push(secret),
                Err(err) => {
                    tracing::error!(path = %path.display(), %err, "a secret can't be read; it is left alone");
                }
            }
        }
        Ok(secrets)
    }

    fn load(&self, path: &Path) -> Result<(Uuid, Kept)> {
        let text = persist::read_optional(path)?.unwrap_or_default();
        let model = Secret::from_xml(&text, false)?;
        let uuid = model.uuid.unwrap_or_default();
        if path != self.description(uuid) {
            return Err(Error::internal(format!("the file describes the secret {uuid}, which is another")));
        }
        let text = persist::read_optional(&self.value(uuid))?.filter(|text| !text.is_empty());
        let value = text.map(|text| decode(&Zeroizing::new(text), uuid)).transpose()?;
        Ok((uuid, Kept { model: Arc::new(model), value }))
    }
}

fn decode(text: &str, uuid: Uuid) -> Result<Value> {
    let value = BASE64_STANDARD.decode(text.trim()).map_err(|err| {
        Error::internal(format!("the file with the value of secret {uuid} is not BASE64: {err}"))
    })?;
    Ok(Arc::new(Zeroizing::new(value)))
}
