//! Secrets of a guest's images: looked up where they are kept, and sealed so that nobody but the guest's QEMU can open them.
//!
//! QEMU reads the guest's key from its folder. With it, it opens what stands on its command line or comes over the
//! monitor, where others could read along.

use crate::command::{Sealed, SecretUse, Secrets};
use aes::Aes256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockEncryptMut, KeyIvInit};
use ferrovirt_conf::domain::{
    BackingStore, Disk, Domain, Encryption, HostSubsystem, NetworkProtocol, ScsiSource, SecretReference,
    StorageAuth, StorageLocation, StorageSource,
};
use ferrovirt_core::abi::{
    VIR_SECRET_USAGE_TYPE_CEPH, VIR_SECRET_USAGE_TYPE_ISCSI, VIR_SECRET_USAGE_TYPE_TLS,
    VIR_SECRET_USAGE_TYPE_VOLUME,
};
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::persist::{self, Durability};
use ferrovirt_core::{Error, ErrorCode, Result};
use rustix::rand::{GetRandomFlags, getrandom};
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The key of a guest.
type Key = Zeroizing<[u8; 32]>;

/// Where the key is in the guest's folder.
const KEY_FILE: &str = "master-key.aes";

/// Makes the key of a guest that is about to start.
pub fn write_key(folder: &Path) -> Result<()> {
    persist::write_atomic(&folder.join(KEY_FILE), &*random::<32>()?, 0o600, Durability::Process)
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom(&mut *bytes, GetRandomFlags::empty()).map_err(|err| Error::system(err, "cannot make a key"))?;
    Ok(bytes)
}

/// The secrets that a guest may have, and its key.
pub struct Keyring<'a> {
    driver: Option<&'a dyn SecretDriver>,
    /// The guest's folder; none: it does not run, and nothing will be opened.
    folder: Option<PathBuf>,
}

impl std::fmt::Debug for Keyring<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl<'a> Keyring<'a> {
    pub fn new(driver: Option<&'a dyn SecretDriver>, folder: Option<&Path>) -> Self {
        Self { driver, folder: folder.map(Path::to_owned) }
    }

    fn key(&self) -> Result<Key> {
        let Some(folder) = &self.folder else { return random() };
        let path = folder.join(KEY_FILE);
        let bytes = fs::read(&path).map(Zeroizing::new);
        let bytes = bytes
            .map_err(|err| Error::system(err, format!("cannot read the guest's key '{}'", path.display())))?;
        let key = <[u8; 32]>::try_from(bytes.as_slice());
        key.map(Zeroizing::new).map_err(|_| {
            Error::internal(format!("the guest's key '{}' is not 32 bytes long", path.display()))
        })
    }

    fn seal_bytes(&self, plain: &[u8]) -> Result<Sealed> {
        let iv = random::<16>()?;
        let key = self.key()?;
        let cipher = cbc::Encryptor::<Aes256>::new((&*key).into(), (&*iv).into());
        Ok(Sealed {
            data: BASE64.encode(cipher.encrypt_padded_vec_mut::<Pkcs7>(plain)),
            iv: BASE64.encode(*iv),
        })
    }
}

impl Secrets for Keyring<'_> {
    fn seal(&self, usage: SecretUse, secret: &SecretReference) -> Result<Sealed> {
        let driver = self.driver.ok_or_else(|| {
            Error::new(
                ErrorCode::NoSupport,
                "this connection has no driver for secrets, which the guest needs",
            )
        })?;
        let value = value(driver, usage, secret)?;
        match usage {
            SecretUse::Ceph => self.seal_bytes(Zeroizing::new(BASE64.encode(&*value)).as_bytes()),
            _ => self.seal_bytes(&value),
        }
    }

    fn seal_text(&self, text: &str) -> Result<Sealed> {
        self.seal_bytes(text.as_bytes())
    }
}

fn value(
    driver: &dyn SecretDriver,
    usage: SecretUse,
    secret: &SecretReference,
) -> Result<Zeroizing<Vec<u8>>> {
    let kind = match usage {
        SecretUse::Image => VIR_SECRET_USAGE_TYPE_VOLUME,
        SecretUse::Login => VIR_SECRET_USAGE_TYPE_ISCSI,
        SecretUse::Ceph => VIR_SECRET_USAGE_TYPE_CEPH,
        SecretUse::Tls => VIR_SECRET_USAGE_TYPE_TLS,
    };
    let found = match secret {
        SecretReference::Uuid(uuid) => driver.secret_lookup_by_uuid(*uuid)?,
        SecretReference::Usage(name) => driver.secret_lookup_by_usage(kind as i32, name)?,
    };
    driver.secret_get_value(&found, 0).map(Zeroizing::new)
}

/// Finds out, before anything else is done, whether all secrets of the guest's images can be had.
pub fn look_up(driver: &dyn SecretDriver, model: &Domain) -> Result<()> {
    for disk in &model.devices.disks {
        look_up_disk(driver, disk)?;
    }
    for hostdev in &model.devices.hostdevs {
        if let Some(HostSubsystem::Scsi { source: ScsiSource::Iscsi(source), .. }) = hostdev.subsystem()
            && let Some(auth) = &source.auth
        {
            value(driver, SecretUse::Login, &auth.secret.reference)?;
        }
    }
    Ok(())
}

/// The same for the images of one disk.
pub fn look_up_disk(driver: &dyn SecretDriver, disk: &Disk) -> Result<()> {
    let look = |source: &StorageSource, auth: Option<&StorageAuth>, encryption: Option<&Encryption>| {
        let login = auth.map(|auth| (login(source), &auth.secret.reference));
        let images = encryption.into_iter().flat_map(|encryption| &encryption.secrets);
        let images = images.map(|secret| (SecretUse::Image, &secret.reference));
        login.into_iter().chain(images).try_for_each(|(usage, secret)| value(driver, usage, secret).map(drop))
    };
    look(&disk.source, disk.auth(), disk.encryption())?;
    for layer in disk.backing.iter().flat_map(BackingStore::layers) {
        let options = &layer.source.options;
        look(&layer.source, options.auth.as_deref(), options.encryption.as_deref())?;
    }
    Ok(())
}

/// What proves to a server that the guest may use the image.
fn login(source: &StorageSource) -> SecretUse {
    match &source.location {
        StorageLocation::Network(network) => SecretUse::of_login(network.protocol),
        _ => SecretUse::Login,
    }
}

impl SecretUse {
    /// What a user proves himself by to servers of this protocol.
    pub fn of_login(protocol: NetworkProtocol) -> Self {
        if protocol == NetworkProtocol::Rbd { Self::Ceph } else { Self::Login }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cbc::cipher::BlockDecryptMut;
    use ferrovirt_conf::domain::ParseFlags;
    use ferrovirt_core::SecretId;
    use uuid::Uuid;

    /// Secrets whose values are what they are for.
    struct Named;

    impl SecretDriver for Named {
        fn secret_lookup_by_usage(&self, usage_type: i32, usage_id: &str) -> Result<SecretId> {
            match usage_id {
                "gone" => Err(Error::new(ErrorCode::NoSecret, "no secret")),
                _ => Ok(SecretId { uuid: Uuid::nil(), usage_type, usage_id: usage_id.into() }),
            }
        }

        fn secret_get_value(&self, secret: &SecretId, _flags: u32) -> Result<Vec<u8>> {
            Ok(format!("{}:{}", secret.usage_type, secret.usage_id).into_bytes())
        }
    }

    fn opened(folder: &Path, sealed: &Sealed) -> String {
        let key: [u8; 32] = fs::read(folder.join(KEY_FILE)).unwrap().try_into().unwrap();
        let iv: [u8; 16] = BASE64.decode(&sealed.iv).unwrap().try_into().unwrap();
        let cipher = cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into());
        let plain = cipher.decrypt_padded_vec_mut::<Pkcs7>(&BASE64.decode(&sealed.data).unwrap()).unwrap();
        String::from_utf8(plain).unwrap()
    }

    #[test]
    fn who_has_the_key_opens_what_is_sealed() {
        let folder = tempfile::tempdir().unwrap();
        write_key(folder.path()).unwrap();
        let keyring = Keyring::new(Some(&Named), Some(folder.path()));
        let seal = |usage| keyring.seal(usage, &SecretReference::Usage("a".into())).unwrap();
        assert_eq!(opened(folder.path(), &seal(SecretUse::Image)), "1:a");
        assert_eq!(opened(folder.path(), &seal(SecretUse::Login)), "3:a");
        // Ceph's keys are told in base64.
        assert_eq!(opened(folder.path(), &seal(SecretUse::Ceph)), "Mjph");
        assert_eq!(opened(folder.path(), &keyring.seal_text("k=v").unwrap()), "k=v");
        assert_ne!(seal(SecretUse::Image), seal(SecretUse::Image), "nothing is sealed twice alike");
    }

    #[test]
    fn a_secret_that_is_not_there_is_missed_early() {
        let disk = |usage: &str| {
            let text = format!(
                "<domain type='qemu'><name>a</name><memory>1</memory><os><type>hvm</type></os><devices><disk \
                 type='file'><source file='/a'><encryption format='luks'><secret type='passphrase' usage='{usage}'/>\
                 </encryption></source><target dev='vda' bus='virtio'/></disk></devices></domain>"
            );
            Domain::parse(&text, ParseFlags::DEFINE).unwrap()
        };
        look_up(&Named, &disk("there")).unwrap();
        assert_eq!(look_up(&Named, &disk("gone")).unwrap_err().code(), ErrorCode::NoSecret);
    }
}
