//! The guest's firmware: its images as flash devices, or as a plain BIOS.

use super::blockdev::{Base, Image, chain};
use super::context::Builder;
use super::line::Parts;
use ferrovirt_conf::domain::{FirmwareFormat, LoaderKind, StorageFormat, StorageSource, VarsPlace};
use ferrovirt_core::Result;
use ferrovirt_xml::YesNo;

/// The images in flash: the program, and its variables.
fn flash(b: &Builder<'_>) -> Vec<Image<'static>> {
    let os = &b.model().os;
    let Some(loader) = os.loader.as_ref().filter(|loader| loader.kind == Some(LoaderKind::Pflash)) else {
        return Vec::new();
    };
    let mut images = Vec::new();
    if let Some(path) = &loader.path {
        let mut image = Image::of(StorageSource::file(path), format(loader.format), "libvirt-pflash0");
        image.always_format = true;
        image.base = Base::None;
        image.readonly = loader.readonly == Some(YesNo::Yes);
        images.push(image);
    }
    if let Some(vars) = &os.nvram {
        let source = match &vars.place {
            VarsPlace::Unset => return images,
            VarsPlace::Path(path) => StorageSource::file(path),
            VarsPlace::Source(source) => (**source).clone(),
        };
        let (auth, encryption) = (source.options.auth.clone(), source.options.encryption.clone());
        let mut image = Image::of(source, format(vars.format), "libvirt-pflash1");
        (image.auth, image.encryption) = (auth.map(|auth| *auth), encryption.map(|encryption| *encryption));
        image.base = Base::None;
        images.push(image);
    }
    images
}

fn format(format: Option<FirmwareFormat>) -> StorageFormat {
    match format {
        Some(FirmwareFormat::Qcow2) => StorageFormat::Qcow2,
        Some(FirmwareFormat::Raw) | None => StorageFormat::Raw,
    }
}

pub fn block_nodes(b: &mut Builder<'_>) -> Result<()> {
    for image in flash(b) {
        chain(b, &[image], None)?;
    }
    Ok(())
}

/// Flash is told to the machine by the names of its block nodes.
pub fn machine(b: &Builder<'_>, parts: &mut Parts) -> Result<()> {
    for image in flash(b) {
        let name = if image.prefix.ends_with('0') { "pflash0" } else { "pflash1" };
        parts.set(name, image.node(b.context));
    }
    Ok(())
}

/// Memory that only the firmware can see.
pub fn smm_memory(b: &mut Builder<'_>) {
    if let Some(size) = b.model().features.smm.as_ref().and_then(|smm| smm.tseg) {
        b.line.global(format_args!("mch.extended-tseg-mbytes={}", size.0 >> 20));
    }
}

pub fn loader(b: &mut Builder<'_>) {
    let Some(loader) = &b.model().os.loader else { return };
    match (loader.kind, &loader.path) {
        (Some(LoaderKind::Rom), Some(path)) => b.line.option("-bios", path),
        (Some(LoaderKind::Pflash), _) if loader.secure == Some(YesNo::Yes) => {
            b.line.global("driver=cfi.pflash01,property=secure,value=on");
        }
        _ => {}
    }
}
