//! What the first bytes of an image say: its format, its size, what it stands on.

use ferrovirt_conf::domain::{EncryptionFormat, StorageFormat};
use ferrovirt_conf::storage::ImageFeature;
use ferrovirt_xml::XmlValue;

/// How many bytes are looked at; ISO 9660 has its mark that far in.
pub const LENGTH: usize = 0x8200;

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    pub format: StorageFormat,
    /// `None`: it is as large as its file.
    pub capacity: Option<u64>,
    pub cluster_size: u64,
    pub compat: Option<&'static str>,
    pub features: Option<Vec<ImageFeature>>,
    pub backing: Option<Backing>,
    pub encryption: Option<EncryptionFormat>,
    /// Where the encrypted data begins, in bytes; 0 where that makes no difference to the size.
    pub payload_offset: u64,
}

/// What an image stands on, as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backing {
    /// A path, from the image's folder on if it is relative, or something that only QEMU understands.
    pub location: String,
    /// `None`: it does not say, somebody has to look.
    pub format: Option<StorageFormat>,
}

/// How the header of a format is recognised.
struct Mark {
    format: StorageFormat,
    offset: usize,
    magic: &'static [u8],
    version: Version,
}

enum Version {
    None,
    Big(usize, &'static [u32]),
    Little(usize, &'static [u32]),
}

const MARKS: &[Mark] = &[
    Mark { format: StorageFormat::Iso, offset: 32769, magic: b"CD001", version: Version::None },
    Mark { format: StorageFormat::Vpc, offset: 0, magic: b"conectix", version: Version::Big(12, &[0x10000]) },
    Mark {
        format: StorageFormat::Vdi,
        offset: 64,
        magic: b"\x7f\x10\xda\xbe",
        version: Version::Little(68, &[0x10001]),
    },
    Mark { format: StorageFormat::Ploop, offset: 0, magic: b"WithouFreSpacExt", version: Version::None },
    Mark { format: StorageFormat::Cow, offset: 0, magic: b"OOOM", version: Version::Big(4, &[2]) },
    Mark { format: StorageFormat::Qcow, offset: 0, magic: b"QFI", version: Version::Big(4, &[1]) },
    Mark { format: StorageFormat::Qcow2, offset: 0, magic: b"QFI", version: Version::Big(4, &[2, 3]) },
    Mark { format: StorageFormat::Qed, offset: 0, magic: b"QED", version: Version::None },
    Mark { format: StorageFormat::Vmdk, offset: 0, magic: b"KDMV", version: Version::Little(4, &[1, 2, 3]) },
];

/// The bytes that there are.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn part(self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }

    fn big32(self, at: usize) -> Option<u32> {
        self.part(at, 4).map(|bytes| u32::from_be_bytes(bytes.try_into().expect("four")))
    }

    fn big64(self, at: usize) -> Option<u64> {
        self.part(at, 8).map(|bytes| u64::from_be_bytes(bytes.try_into().expect("eight")))
    }

    fn little32(self, at: usize) -> Option<u32> {
        self.part(at, 4).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("four")))
    }

    fn little64(self, at: usize) -> Option<u64> {
        self.part(at, 8).map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight")))
    }

    fn text(self, at: usize, length: usize) -> Option<String> {
        let bytes = self.part(at, length)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    /// A number that is an offset, if it is one inside of what there is.
    fn offset(self, at: usize) -> Option<usize> {
        usize::try_from(self.big64(at)?).ok().filter(|offset| *offset <= self.0.len())
    }
}

/// The format of an image by its header; what has no mark that is known is raw.
pub fn recognise(header: &[u8]) -> StorageFormat {
    let bytes = Bytes(header);
    let found = MARKS.iter().find(|mark| {
        bytes.part(mark.offset, mark.magic.len()) == Some(mark.magic)
            && match mark.version {
                Version::None => true,
                Version::Big(at, known) => bytes.big32(at).is_some_and(|version| known.contains(&version)),
                Version::Little(at, known) => {
                    bytes.little32(at).is_some_and(|version| known.contains(&version))
                }
            }
    });
    found.map_or(StorageFormat::Raw, |mark| mark.format)
}

/// What an image of that format says of itself.
pub fn read(header: &[u8], format: StorageFormat) -> Metadata {
    let bytes = Bytes(header);
    let mut found = Metadata {
        format,
        capacity: None,
        cluster_size: 0,
        compat: None,
        features: None,
        backing: None,
        encryption: None,
        payload_offset: 0,
    };
    match format {
        StorageFormat::Raw => read_luks(bytes, &mut found),
        StorageFormat::Vpc => found.capacity = bytes.big64(40),
        StorageFormat::Vdi => found.capacity = bytes.little64(368),
        StorageFormat::Ploop => found.capacity = sectors(bytes.little64(36)),
        StorageFormat::Cow => {
            found.capacity = bytes.big64(1036);
            found.backing = bytes.text(8, 1024).filter(|name| !name.is_empty()).map(unknown_format);
        }
        StorageFormat::Qcow => {
            found.capacity = bytes.big64(24);
            found.encryption = (bytes.big32(36) == Some(1)).then_some(EncryptionFormat::Qcow);
            found.backing = qcow_backing(bytes, 1);
        }
        StorageFormat::Qcow2 => read_qcow2(bytes, &mut found),
        StorageFormat::Qed => {
            found.capacity = bytes.little64(48);
            found.backing = qed_backing(bytes);
        }
        StorageFormat::Vmdk => {
            found.capacity = sectors(bytes.little64(12));
            found.backing = vmdk_backing(header);
        }
        _ => {}
    }
    found.capacity = found.capacity.filter(|capacity| *capacity > 0);
    found
}

fn sectors(count: Option<u64>) -> Option<u64> {
    count?.checked_mul(512)
}

fn unknown_format(location: String) -> Backing {
    Backing { location, format: None }
}

fn read_luks(bytes: Bytes<'_>, found: &mut Metadata) {
    if bytes.part(0, 8) == Some(b"LUKS\xba\xbe\x00\x01") {
        found.encryption = Some(EncryptionFormat::Luks);
        found.payload_offset = bytes.big32(104).map_or(0, |sectors| u64::from(sectors) * 512);
    }
}

fn read_qcow2(bytes: Bytes<'_>, found: &mut Metadata) {
    let version = bytes.big32(4).unwrap_or(0);
    found.capacity = bytes.big64(24);
    found.cluster_size = bytes.big32(20).filter(|bits| (1..64).contains(bits)).map_or(0, |bits| 1 << bits);
    found.encryption = match bytes.big32(32) {
        Some(1) => Some(EncryptionFormat::Qcow),
        Some(2) => Some(EncryptionFormat::Luks),
        _ => None,
    };
    found.backing = qcow_backing(bytes, version);
    if version < 3 {
        return;
    }
    let set = |bits: Option<u64>, bit: u32| bits.unwrap_or(0) >> bit & 1 == 1;
    let (incompatible, compatible) = (bytes.big64(72), bytes.big64(80));
    let known = [
        (set(compatible, 0), ImageFeature::LazyRefcounts),
        (set(incompatible, 4), ImageFeature::ExtendedL2),
        (set(incompatible, 2), ImageFeature::DataFile),
    ];
    found.features = Some(known.into_iter().filter(|(has, _)| *has).map(|(_, feature)| feature).collect());
    found.compat = Some("1.1");
}

fn qcow_backing(bytes: Bytes<'_>, version: u32) -> Option<Backing> {
    let offset = bytes.offset(8).filter(|offset| *offset > 0)?;
    let size = bytes.big32(16).filter(|size| (1..1024).contains(size))?;
    let location = bytes.text(offset, size as usize)?;
    Some(Backing { location, format: extension(bytes, version, offset) })
}

/// The format of the backing image, which an extension between header and name tells.
fn extension(bytes: Bytes<'_>, version: u32, end: usize) -> Option<StorageFormat> {
    const BACKING_FORMAT: u32 = 0xe279_2aca;
    let mut at = match version {
        0 | 1 => return None,
        2 => 72,
        _ => bytes.big32(100)? as usize,
    };
    while at.checked_add(8)? <= end {
        let (magic, length) = (bytes.big32(at)?, bytes.big32(at + 4)? as usize);
        match magic {
            0 => return None,
            BACKING_FORMAT => {
                let name = bytes.text(at + 8, length)?;
                // What is no format is a protocol, and what comes by it is taken as it is.
                return Some(StorageFormat::from_text(&name).unwrap_or(StorageFormat::Raw));
            }
            // Extensions are padded to eight bytes.
            _ => at = at.checked_add(8)?.checked_add(length.checked_next_multiple_of(8)?)?,
        }
    }
    None
}

fn qed_backing(bytes: Bytes<'_>) -> Option<Backing> {
    const HAS_BACKING: u64 = 1;
    const IS_RAW: u64 = 4;
    let features = bytes.little64(16).filter(|features| features & HAS_BACKING != 0)?;
    let (offset, size) = (bytes.little32(56)? as usize, bytes.little32(60)? as usize);
    let location = bytes.text(offset, size).filter(|location| !location.is_empty())?;
    Some(Backing { location, format: (features & IS_RAW != 0).then_some(StorageFormat::Raw) })
}

fn vmdk_backing(header: &[u8]) -> Option<Backing> {
    let description = String::from_utf8_lossy(header.get(0x200..)?);
    let (_, rest) = description.split_once("parentFileNameHint=\"")?;
    let (location, _) = rest.split_once('"')?;
    (!location.is_empty()).then(|| unknown_format(location.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A QCOW2 header of version 3 with a backing file whose format is told.
    fn qcow2() -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..8].copy_from_slice(b"QFI\xfb\x00\x00\x00\x03");
        header[8..16].copy_from_slice(&200_u64.to_be_bytes());
        header[16..20].copy_from_slice(&8_u32.to_be_bytes());
        header[20..24].copy_from_slice(&16_u32.to_be_bytes());
        header[24..32].copy_from_slice(&(1_u64 << 30).to_be_bytes());
        header[87] = 1;
        header[100..104].copy_from_slice(&104_u32.to_be_bytes());
        header[104..112].copy_from_slice(b"\xe2\x79\x2a\xca\x00\x00\x00\x05");
        header[112..117].copy_from_slice(b"qcow2");
        header[200..208].copy_from_slice(b"base.img");
        header
    }

    #[test]
    fn a_qcow2_image_tells_all_of_it() {
        let header = qcow2();
        assert_eq!(recognise(&header), StorageFormat::Qcow2);
        let found = read(&header, StorageFormat::Qcow2);
        assert_eq!((found.capacity, found.cluster_size, found.compat), (Some(1 << 30), 65536, Some("1.1")));
        assert_eq!(found.features, Some(vec![ImageFeature::LazyRefcounts]));
        let backing = found.backing.unwrap();
        assert_eq!((&*backing.location, backing.format), ("base.img", Some(StorageFormat::Qcow2)));
    }

    #[test]
    fn marks_tell_formats_and_versions_apart() {
        let with = |at: usize, bytes: &[u8]| {
            let mut header = vec![0; LENGTH];
            header[at..at + bytes.len()].copy_from_slice(bytes);
            header
        };
        assert_eq!(recognise(&with(0, b"QFI\xfb\0\0\0\x01")), StorageFormat::Qcow);
        assert_eq!(recognise(&with(0, b"QFI\xfb\0\0\0\x09")), StorageFormat::Raw);
        assert_eq!(recognise(&with(32769, b"CD001")), StorageFormat::Iso);
        assert_eq!(recognise(&with(0, b"conectix\0\0\0\0\0\x01\0\0")), StorageFormat::Vpc);
        assert_eq!(recognise(b"x"), StorageFormat::Raw);
        let luks = read(&with(0, b"LUKS\xba\xbe\0\x01"), StorageFormat::Raw);
        assert_eq!(luks.encryption, Some(EncryptionFormat::Luks));
    }

    #[test]
    fn no_header_is_too_short_or_too_strange() {
        let full = qcow2();
        for format in <StorageFormat as ferrovirt_xml::XmlEnum>::ALL {
            for length in 0..full.len() {
                read(&full[..length], *format);
            }
            read(&[0xff; LENGTH], *format);
        }
    }
}
