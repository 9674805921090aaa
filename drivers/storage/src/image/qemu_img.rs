//! Images that `qemu-img` makes, copies and resizes.

use super::raw;
use crate::backend::{Making, Tools};
use crate::tool;
use ferrovirt_conf::domain::{Encryption, EncryptionFormat, SecretReference, StorageFormat};
use ferrovirt_conf::storage::{ImageFeature, StorageVolume, VolumeType};
use ferrovirt_core::abi;
use ferrovirt_core::{Error, ErrorCode, Result, persist};
use ferrovirt_host::process::Command;
use ferrovirt_xml::XmlValue;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What an image is for `qemu-img`.
struct Image<'a> {
    volume: &'a StorageVolume,
    path: &'a str,
    format: StorageFormat,
    secret: Option<SecretFile>,
}

impl<'a> Image<'a> {
    fn new(tools: &Tools, volume: &'a StorageVolume) -> Result<Self> {
        let path = volume.target.path.as_deref();
        let path = path.ok_or_else(|| Error::invalid_arg(format!("volume '{}' has no path", volume.name)))?;
        let named = volume.target.format.as_deref().and_then(StorageFormat::from_text);
        let format = match named {
            // What is on a device is on all of it.
            _ if volume.kind == VolumeType::Block => StorageFormat::Raw,
            Some(StorageFormat::Iso) | None => StorageFormat::Raw,
            Some(format) => format,
        };
        let encryption = volume.target.encryption.as_ref();
        let secret = encryption.map(|encryption| SecretFile::write(tools, volume, encryption)).transpose()?;
        Ok(Self { volume, path, format, secret })
    }

    /// The driver of QEMU's that understands it.
    fn driver(&self) -> String {
        match (self.format, &self.secret) {
            (StorageFormat::Raw, Some(_)) => "luks".to_owned(),
            (format, _) => format.to_string(),
        }
    }

    /// The name of the object that holds its passphrase.
    fn alias(&self) -> String {
        format!("{}_encrypt0", self.volume.name)
    }

    fn secret_object(&self) -> Vec<String> {
        let Some(secret) = &self.secret else { return Vec::new() };
        let file = escaped(&secret.0.to_string_lossy());
        vec!["--object".to_owned(), format!("secret,id={},file={file}", escaped(&self.alias()))]
    }

    /// It, in the form in which its passphrase can be said, too.
    fn options(&self) -> String {
        let file = escaped(self.path);
        let mut text = format!("driver={},file.filename={file}", self.driver());
        if self.secret.is_some() {
            let prefix = if self.format == StorageFormat::Qcow2 { "encrypt." } else { "" };
            text.push_str(&format!(",{prefix}key-secret={}", escaped(&self.alias())));
        }
        text
    }
}

/// A comma separates options; one that is doubled is only a comma.
fn escaped(text: &str) -> String {
    text.replace(',', ",,")
}

/// Makes an image as its description says, with the content of another volume if it is to be a copy.
pub fn create(tools: &Tools, making: &Making<'_>) -> Result<()> {
    if making.flags & !abi::VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA != 0 {
        return Err(Error::invalid_arg("blocks can be shared between raw files only"));
    }
    let image = Image::new(tools, making.volume)?;
    let original = making.original.map(|original| Image::new(tools, original)).transpose()?;
    check(making, &image, original.as_ref())?;
    let encrypted = |image: &Image<'_>| image.secret.is_some();
    let outcome = match &original {
        // Only an image that is there already can be copied into with a passphrase.
        Some(original) if encrypted(&image) || encrypted(original) => {
            run(create_args(making, &image, None)).and_then(|()| run(convert_into_args(original, &image)))
        }
        original => run(create_args(making, &image, original.as_ref())),
    };
    let path = Path::new(image.path);
    let made = outcome.and_then(|()| raw::set_permissions(path, &making.volume.target.permissions));
    if made.is_err() && image.volume.kind != VolumeType::Block {
        // What went wrong before is the error to tell.
        let _ = std::fs::remove_file(path);
    }
    made
}

fn check(making: &Making<'_>, image: &Image<'_>, original: Option<&Image<'_>>) -> Result<()> {
    let target = &making.volume.target;
    let only_qcow2 = [
        (making.flags & abi::VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA != 0, "metadata can be preallocated"),
        (target.compat.is_some(), "a <compat> version can be chosen"),
        (target.features.is_some(), "<features> can be chosen"),
    ];
    if let Some((_, what)) =
        only_qcow2.iter().find(|(asked, _)| *asked && image.format != StorageFormat::Qcow2)
    {
        return Err(Error::config_unsupported(format!("{what} for qcow2 images only")));
    }
    for image in [Some(image), original].into_iter().flatten() {
        let raw = image.format == StorageFormat::Raw;
        let luks = image.volume.target.encryption.as_ref().map(|encryption| encryption.format);
        if raw && luks.is_some_and(|format| format != EncryptionFormat::Luks) {
            return Err(Error::internal("raw images can be encrypted with LUKS only"));
        }
    }
    check_backing(making, image, original)?;
    match &target.encryption {
        Some(encryption) => check_encryption(image.format, encryption),
        None => Ok(()),
    }
}

fn check_backing(making: &Making<'_>, image: &Image<'_>, original: Option<&Image<'_>>) -> Result<()> {
    let Some(backing) = &making.volume.backing else { return Ok(()) };
    let path = backing.path.as_deref().unwrap_or_default();
    if image.format == StorageFormat::Raw {
        return Err(Error::config_unsupported("a raw image can't stand on another"));
    }
    if making.flags & abi::VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA != 0 {
        let text = "metadata can't be preallocated of an image that stands on another";
        return Err(Error::config_unsupported(text));
    }
    let other = original.and_then(|original| original.volume.backing.as_ref());
    if other.is_some_and(|other| other.path != backing.path) {
        return Err(Error::internal("a copy stands on what the original stands on, on nothing else"));
    }
    let full = Path::new(making.pool.target_path().unwrap_or("/")).join(path);
    rustix::fs::access(&full, rustix::fs::Access::READ_OK).map_err(|err| {
        Error::system(err, format_args!("cannot read '{path}', which the image is to stand on"))
    })
}

/// What an image can be encrypted with.
fn check_encryption(format: StorageFormat, encryption: &Encryption) -> Result<()> {
    if !matches!(format, StorageFormat::Raw | StorageFormat::Qcow2) {
        return Err(Error::config_unsupported(format!("an image of format '{format}' can't be encrypted")));
    }
    if encryption.format != EncryptionFormat::Luks {
        let text = format!("a new image can't be encrypted with '{}', only with luks", encryption.format);
        return Err(Error::config_unsupported(text));
    }
    match encryption.secrets.len() {
        1 => Ok(()),
        0 => Err(Error::xml("<encryption> of a luks image needs a <secret>")),
        _ => Err(Error::xml("<encryption> of a luks image has one <secret>, not more")),
    }
}

/// `qemu-img create`, or `convert` for a copy.
fn create_args(making: &Making<'_>, image: &Image<'_>, original: Option<&Image<'_>>) -> Vec<String> {
    let word = |word: &str| word.to_owned();
    let mut args = match original {
        Some(original) => {
            let from = original.format.to_string();
            vec![word("convert"), word("-f"), from, word("-O"), image.driver()]
        }
        None => vec![word("create"), word("-f"), image.driver()],
    };
    // A copy has all of its content itself.
    let backing = making.volume.backing.as_ref().filter(|_| making.original.is_none());
    if let Some(path) = backing.and_then(|backing| backing.path.clone()) {
        args.extend([word("-b"), path]);
    }
    args.extend(image.secret_object());
    let options = options(making, image, backing.and_then(|backing| backing.format.as_deref()));
    if !options.is_empty() {
        args.extend([word("-o"), options.join(",")]);
    }
    args.extend(original.map(|original| original.path.to_owned()));
    args.push(image.path.to_owned());
    if original.is_none() && (making.volume.capacity > 0 || backing.is_none()) {
        args.push(format!("{}K", making.volume.capacity.div_ceil(1024)));
    }
    args
}

fn options(making: &Making<'_>, image: &Image<'_>, backing_format: Option<&str>) -> Vec<String> {
    let (volume, target) = (making.volume, &making.volume.target);
    let qcow2 = image.format == StorageFormat::Qcow2;
    let mut options = Vec::new();
    options.extend(backing_format.map(|format| format!("backing_fmt={format}")));
    if let Some(encryption) = &target.encryption {
        options.extend(encryption_options(encryption, qcow2, &image.alias()));
    }
    if making.flags & abi::VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA != 0 {
        let sparse = volume.capacity.div_ceil(1024) > volume.allocation;
        options.push(format!("preallocation={}", if sparse { "metadata" } else { "falloc" }));
    }
    if target.no_copy_on_write {
        options.push("nocow=on".to_owned());
    }
    match &target.compat {
        Some(compat) => options.push(format!("compat={compat}")),
        None if qcow2 => options.push("compat=1.1".to_owned()),
        None => {}
    }
    if target.cluster_size > 0 {
        options.push(format!("cluster_size={}", target.cluster_size));
    }
    let features = target.features.iter().flatten();
    options.extend(features.filter_map(|feature| match feature {
        ImageFeature::LazyRefcounts => Some("lazy_refcounts=on".to_owned()),
        ImageFeature::ExtendedL2 => Some("extended_l2=on".to_owned()),
        // Somebody would have to say which file.
        ImageFeature::DataFile => None,
    }));
    options
}

fn encryption_options(encryption: &Encryption, qcow2: bool, alias: &str) -> Vec<String> {
    let prefix = if qcow2 { "encrypt." } else { "" };
    let mut options = Vec::new();
    if qcow2 {
        options.push("encrypt.format=luks".to_owned());
    }
    options.push(format!("{prefix}key-secret={}", escaped(alias)));
    let Some(cipher) = &encryption.cipher else { return options };
    options.push(format!("{prefix}cipher-alg={}-{}", escaped(&cipher.name), cipher.size));
    let mut add = |name: &str, value: Option<&String>| {
        options.extend(value.map(|value| format!("{prefix}{name}={}", escaped(value))));
    };
    add("cipher-mode", cipher.mode.as_ref());
    add("hash-alg", cipher.hash.as_ref());
    if let Some(ivgen) = &encryption.ivgen {
        add("ivgen-alg", Some(&ivgen.name));
        add("ivgen-hash-alg", ivgen.hash.as_ref());
    }
    options
}

/// `qemu-img convert` into an image that is there.
fn convert_into_args(original: &Image<'_>, image: &Image<'_>) -> Vec<String> {
    let words = ["convert", "--image-opts", "-n", "--target-image-opts"];
    let mut args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    args.extend(image.secret_object());
    // Volumes of two pools may have one name, and their passphrases one alias.
    if original.alias() != image.alias() {
        args.extend(original.secret_object());
    }
    args.extend([original.options(), image.options()]);
    args
}

/// Changes the size of an image.
pub fn resize(tools: &Tools, volume: &StorageVolume, capacity: u64) -> Result<()> {
    let encryption = volume.target.encryption.as_ref();
    if encryption.is_some_and(|one| matches!(one.format, EncryptionFormat::Qcow | EncryptionFormat::Default))
    {
        return Err(Error::config_unsupported("images with QEMU's old encryption can't change their size"));
    }
    let image = Image::new(tools, volume)?;
    if let Some(encryption) = encryption {
        check_encryption(image.format, encryption)?;
    }
    let mut args = vec!["resize".to_owned()];
    if capacity < volume.capacity {
        args.push("--shrink".to_owned());
    }
    match image.secret {
        None => args.push(image.path.to_owned()),
        Some(_) => {
            args.extend(image.secret_object());
            args.extend(["--image-opts".to_owned(), image.options()]);
        }
    }
    args.push(capacity.next_multiple_of(512).to_string());
    run(args)
}

fn run(args: Vec<String>) -> Result<()> {
    let mut command = Command::new("qemu-img");
    command.args(args.into_iter().map(OsString::from));
    tool::run(&mut command).map(|_| ())
}

/// A passphrase in a file that is there as long as `qemu-img` runs.
struct SecretFile(PathBuf);

impl SecretFile {
    fn write(tools: &Tools, volume: &StorageVolume, encryption: &Encryption) -> Result<Self> {
        let [secret] = encryption.secrets.as_slice() else {
            let text = format!("<encryption> of volume '{}' needs exactly one <secret>", volume.name);
            return Err(Error::invalid_arg(text));
        };
        let value = passphrase(tools, &secret.reference)?;
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        // What a crash leaves behind is removed with other half-written files.
        let path = tools.scratch.join(format!("passphrase.{}-{number}.new", std::process::id()));
        let file = Self(path);
        let mut open = OpenOptions::new();
        let opened = open.write(true).create_new(true).mode(0o600).open(&file.0);
        let written = opened.and_then(|mut opened| opened.write_all(&value));
        written.map_err(|err| Error::system(err, "cannot hand a passphrase to qemu-img"))?;
        Ok(file)
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if let Err(err) = persist::remove(&self.0) {
            tracing::error!(path = %self.0.display(), %err, "a passphrase stays on disk");
        }
    }
}

fn passphrase(tools: &Tools, reference: &SecretReference) -> Result<Zeroizing<Vec<u8>>> {
    const USED_BY_VOLUMES: i32 = abi::VIR_SECRET_USAGE_TYPE_VOLUME as i32;
    let secret = match reference {
        SecretReference::Uuid(uuid) => tools.secrets.secret_lookup_by_uuid(*uuid)?,
        SecretReference::Usage(usage) => tools.secrets.secret_lookup_by_usage(USED_BY_VOLUMES, usage)?,
    };
    tools.secrets.secret_get_value(&secret, 0).map(Zeroizing::new)
}

/// The secret that is for the volume at this path, if there is one.
pub fn secret_of(tools: &Tools, path: &str) -> Option<Uuid> {
    let kind = abi::VIR_SECRET_USAGE_TYPE_VOLUME as i32;
    match tools.secrets.secret_lookup_by_usage(kind, path) {
        Ok(secret) => Some(secret.uuid),
        Err(err) if err.code() == ErrorCode::NoSecret => None,
        Err(err) => {
            tracing::debug!(path, %err, "no secret can be looked for");
            None
        }
    }
}
