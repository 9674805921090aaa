//! `<keywrap>`: which protected keys a guest of s390 may have.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

/// `<cipher>` of `<keywrap>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
pub struct KeyWrapCipher {
    #[xml(attr)]
    pub name: KeyWrapCipherName,
    #[xml(attr)]
    pub state: OnOff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, XmlEnum)]
pub enum KeyWrapCipherName {
    Aes,
    Dea,
}

impl KeyWrapCipher {
    /// Refuses ciphers that are there twice.
    pub fn validate_all(ciphers: &[Self]) -> Result<()> {
        for (index, cipher) in ciphers.iter().enumerate() {
            if ciphers[..index].iter().any(|earlier| earlier.name == cipher.name) {
                return Err(Error::internal(format!("<keywrap> has cipher '{}' twice", cipher.name)));
            }
        }
        Ok(())
    }
}
