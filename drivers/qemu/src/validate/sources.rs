//! Where the data of disks are: what QEMU can open.

use ferrovirt_conf::domain::{
    Cookie, Disk, Encryption, EncryptionEngine, EncryptionFormat, HostTransport, NetworkProtocol,
    NetworkSource, StorageFormat, StorageLocation, StorageSource,
};
use ferrovirt_conf::values::ByteSize;
use ferrovirt_core::{Error, ErrorDomain, Result};

use super::{Subject, disks, refuse};

/// One image of a chain, as its disk or its layer describes it.
struct Image<'a> {
    source: &'a StorageSource,
    format: Option<StorageFormat>,
    readonly: bool,
    metadata_cache: Option<ByteSize>,
    encryption: Option<&'a Encryption>,
}

pub(super) fn check_disk(subject: &Subject<'_>, disk: &Disk) -> Result<()> {
    if disk.source.is_empty() && matches!(disk.source.location, StorageLocation::File(_)) {
        return Ok(());
    }
    let top = Image {
        source: &disk.source,
        format: disk.format(),
        readonly: disk.readonly,
        metadata_cache: disk.driver.as_ref().and_then(|driver| driver.metadata_cache),
        encryption: disk.encryption(),
    };
    check(subject, &top)?;
    disks::layers(disk).try_for_each(|layer| {
        let image = Image {
            source: &layer.source,
            format: Some(layer.format.kind),
            readonly: true,
            metadata_cache: layer.format.metadata_cache,
            encryption: layer.source.options.encryption.as_deref(),
        };
        check(subject, &image)
    })
}

/// Where the firmware's variables are.
pub(super) fn check_vars(subject: &Subject<'_>, source: &StorageSource) -> Result<()> {
    let encryption = source.options.encryption.as_deref();
    check(subject, &Image { source, format: None, readonly: false, metadata_cache: None, encryption })
}

fn check(subject: &Subject<'_>, image: &Image<'_>) -> Result<()> {
    check_format(image)?;
    if image.source.options.reservations.is_some() && !subject.has_device("pr-manager-helper") {
        return refuse("this QEMU has no <reservations>");
    }
    if let StorageLocation::Network(network) = &image.source.location {
        check_network(network)?;
    }
    if image.metadata_cache.is_some_and(|size| size.0 > 0) && image.format != Some(StorageFormat::Qcow2) {
        return refuse("<metadata_cache> is for images of the format 'qcow2'");
    }
    if let Some(encryption) = image.encryption {
        check_encryption(subject, image, encryption)?;
    }
    match &image.source.location {
        StorageLocation::Network(network)
            if network.tls_hostname.is_some() && network.protocol != NetworkProtocol::Nbd =>
        {
            refuse("'tlsHostname' is for disks of protocol 'nbd'")
        }
        _ => Ok(()),
    }
}

fn check_format(image: &Image<'_>) -> Result<()> {
    let is_dir = matches!(image.source.location, StorageLocation::Dir { .. });
    match image.format {
        Some(StorageFormat::Cow) => return refuse("QEMU no longer has the format 'cow'"),
        Some(StorageFormat::Dir) => {
            return refuse("the format 'dir' is none: a disk of type 'dir' is a folder");
        }
        Some(StorageFormat::Iso) => {
            return refuse("the format 'iso' is none: 'raw' is what CD images are in");
        }
        Some(StorageFormat::Fat)
            if !is_dir && !matches!(image.source.location, StorageLocation::Volume(_)) =>
        {
            return refuse("the format 'fat' is for folders, which QEMU shows as disks: it needs type 'dir'");
        }
        Some(StorageFormat::Fat) | None => {}
        Some(other) if is_dir => return refuse(format!("a folder has the format 'fat', not '{}'", other)),
        Some(_) => {}
    }
    if is_dir && !image.readonly {
        return refuse("a folder that QEMU shows as a disk is read-only: add <readonly/>");
    }
    Ok(())
}

fn check_network(network: &NetworkSource) -> Result<()> {
    use NetworkProtocol::{Ftp, Ftps, Http, Https, Nbd, Nfs, Tftp};
    let protocol = network.protocol;
    let only = |what: &str, given: bool, able: &[NetworkProtocol]| match given && !able.contains(&protocol) {
        true => refuse(format!("{what} is not for disks of protocol '{protocol}'")),
        false => Ok(()),
    };
    only("<ssl>", network.ssl_verify.is_some(), &[Https, Ftps])?;
    only("<cookies>", !network.cookies.is_empty(), &[Http, Https])?;
    check_cookies(network)?;
    only("<readahead>", network.readahead > 0, &[Http, Https, Ftp, Ftps])?;
    only("<timeout>", network.timeout > 0, &[Http, Https, Ftp, Ftps])?;
    only("<reconnect>", network.reconnect_delay > 0, &[Nbd])?;
    only("'query'", network.query.is_some(), &[Http, Https])?;
    if protocol == Tftp {
        return refuse("QEMU no longer has the protocol 'tftp'");
    }
    if protocol == Nfs {
        match network.hosts.as_slice() {
            [host] if host.transport != HostTransport::Tcp => return refuse("NFS is reached over TCP only"),
            [host] if host.port != 0 => return refuse("the port of an NFS server can't be set"),
            [_] => {}
            hosts => return refuse(format!("NFS needs one <host>, not {}", hosts.len())),
        }
    }
    Ok(())
}

/// Names and values that would end early in a request, or that servers take for something else.
fn check_cookies(network: &NetworkSource) -> Result<()> {
    let wrong = |text: String| Err(Error::xml(text).domain(ErrorDomain::Storage));
    for (at, Cookie { name, value }) in network.cookies.iter().enumerate() {
        let for_names = |c: char| "()<>@:/[]?={}".contains(c);
        if name.is_empty() || name.contains(is_no_part_of_a_cookie) || name.contains(for_names) {
            return wrong(format!("'{name}' is no name for a cookie"));
        }
        let inside = value.strip_prefix('"').map_or(Some(&**value), |rest| rest.strip_suffix('"'));
        if inside.is_none_or(|inside| inside.contains(is_no_part_of_a_cookie)) {
            return wrong(format!("the value of cookie '{name}' has characters that cookies can't have"));
        }
        if network.cookies[..at].iter().any(|other| other.name == *name) {
            return wrong(format!("cookie '{name}' is there twice"));
        }
    }
    Ok(())
}

/// RFC 6265 has blanks and what separates cookies stand outside of them.
fn is_no_part_of_a_cookie(c: char) -> bool {
    c <= ' ' || c == '\x7f' || "\",;\\".contains(c)
}

fn check_encryption(subject: &Subject<'_>, image: &Image<'_>, encryption: &Encryption) -> Result<()> {
    let format = encryption.format;
    if matches!(format, EncryptionFormat::Default | EncryptionFormat::Qcow) {
        return refuse("QEMU no longer has the old encryption of qcow and qcow2");
    }
    if encryption.engine == Some(EncryptionEngine::Librbd) {
        return check_librbd(subject, image, encryption);
    }
    if format != EncryptionFormat::Luks {
        return refuse(format!("encryption of format '{format}' is for engine 'librbd'"));
    }
    if !matches!(image.format, Some(StorageFormat::Qcow2 | StorageFormat::Raw)) {
        return refuse("images of the formats 'raw' and 'qcow2' can be encrypted, no others");
    }
    if encryption.secrets.len() > 1 {
        return refuse("QEMU's encryption has one secret");
    }
    Ok(())
}

fn check_librbd(subject: &Subject<'_>, image: &Image<'_>, encryption: &Encryption) -> Result<()> {
    let has =
        |path: &str| subject.capabilities.schema_has(&format!("blockdev-add/arg-type/+rbd/encrypt{path}"));
    if !has("") {
        return refuse("this QEMU has no encryption by librbd");
    }
    let in_ceph = matches!(&image.source.location, StorageLocation::Network(_));
    if !in_ceph {
        return refuse("encryption by librbd is for disks of protocol 'rbd'");
    }
    if encryption.secrets.len() > 1 && !has("/parent") {
        return refuse("encryption by librbd has one secret in this QEMU");
    }
    if encryption.format == EncryptionFormat::LuksAny && !has("/format/^luks-any") {
        return refuse("encryption of format 'luks-any' is not in this QEMU");
    }
    Ok(())
}
