//! `<filesystem>`: a directory, image or volume of the host that the guest mounts.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{
    Context, Device, DeviceInfo, Facts, IdMaps, StorageFormat, VirtioModel, VirtioOptions, VolumeMode,
};
use crate::values::{ByteSize, Unit};

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "filesystem")]
pub struct Filesystem {
    #[xml(flatten = "driver")]
    pub driver: FilesystemDriver,
    /// Of virtiofs.
    #[xml(flatten = "binary")]
    pub binary: FilesystemBinary,
    /// Of virtiofs: whom the guest's users are on the host.
    #[xml(child = "idmap", omit_empty)]
    pub idmap: Option<IdMaps>,
    /// The `type` attribute and `<source>`.
    #[xml(flatten)]
    pub source: FilesystemSource,
    #[xml(attr = "accessmode")]
    pub access_mode: Option<AccessMode>,
    #[xml(attr)]
    pub model: Option<VirtioModel>,
    #[xml(attr = "multidevs", default, skip_default)]
    pub multi_devices: MultiDevices,
    /// Permissions of new files; 0: not said.
    #[xml(attr = "fmode", default, skip_if = "Octal::is_zero")]
    pub file_mode: Octal,
    /// Permissions of new directories; 0: not said.
    #[xml(attr = "dmode", default, skip_if = "Octal::is_zero")]
    pub dir_mode: Octal,
    /// What the guest mounts: of containers a path, else a name.
    #[xml(attr = "target/@dir")]
    pub target: Option<String>,
    #[xml(flag)]
    pub readonly: bool,
    #[xml(flatten)]
    pub info: DeviceInfo,
    /// The most that may be written.
    #[xml(child = "space_hard_limit")]
    pub space_hard_limit: Option<ByteSize>,
    /// What may be exceeded for a while.
    #[xml(child = "space_soft_limit")]
    pub space_soft_limit: Option<ByteSize>,
}

/// What the host has. Missing names are for [`Device::validate`] to find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[serde(tag = "type", rename_all = "lowercase")]
#[xml(tag = "type")]
pub enum FilesystemSource {
    /// A directory, or the socket of a virtiofs server.
    #[xml(default)]
    Mount {
        #[xml(attr = "source/@dir")]
        dir: Option<String>,
        #[xml(attr = "source/@socket")]
        socket: Option<String>,
    },
    /// A block device.
    Block {
        #[xml(attr = "source/@dev")]
        dev: Option<String>,
    },
    /// An image.
    File {
        #[xml(attr = "source/@file")]
        file: Option<String>,
    },
    /// A template of OpenVZ.
    Template {
        #[xml(attr = "source/@name")]
        name: Option<String>,
    },
    /// The host's memory.
    Ram(RamSource),
    /// A directory of the container itself.
    Bind {
        #[xml(attr = "source/@dir")]
        dir: Option<String>,
        #[xml(attr = "source/@socket")]
        socket: Option<String>,
    },
    /// A volume of a storage pool.
    Volume {
        #[xml(attr = "source/@pool")]
        pool: Option<String>,
        #[xml(attr = "source/@volume")]
        volume: Option<String>,
        #[xml(attr = "source/@mode")]
        mode: Option<VolumeMode>,
    },
}

/// The size of a file system in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct RamSource {
    /// In `units`.
    #[xml(attr = "source/@usage", missing = "XmlError@Domain")]
    pub usage: u64,
    /// KiB, if not said; libvirt's documents always say KiB.
    #[xml(attr = "source/@units")]
    pub units: Option<String>,
}

impl Default for FilesystemSource {
    fn default() -> Self {
        Self::Mount { dir: None, socket: None }
    }
}

impl FilesystemSource {
    /// The path on the host, or a template's name.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Mount { dir, .. } | Self::Bind { dir, .. } => dir.as_deref(),
            Self::Block { dev } => dev.as_deref(),
            Self::File { file } => file.as_deref(),
            Self::Template { name } => name.as_deref(),
            Self::Ram(_) | Self::Volume { .. } => None,
        }
    }

    /// The socket of a virtiofs server that others run.
    pub fn socket(&self) -> Option<&str> {
        match self {
            Self::Mount { socket, .. } | Self::Bind { socket, .. } => socket.as_deref(),
            _ => None,
        }
    }
}

/// Whose permissions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum AccessMode {
    /// The guest's, on the host's files.
    Passthrough,
    /// The guest's, kept beside the files.
    Mapped,
    /// The hypervisor's; what fails is passed over.
    Squash,
}

/// What becomes of several devices below one directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum MultiDevices {
    #[default]
    Default,
    Remap,
    Forbid,
    Warn,
}

/// `<driver>`: how it is served.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct FilesystemDriver {
    #[xml(attr = "type", default, skip_default)]
    pub kind: FilesystemDriverType,
    #[xml(attr, error = "ConfigUnsupported")]
    pub format: Option<StorageFormat>,
    #[xml(attr = "wrpolicy", default, skip_default)]
    pub write_policy: WritePolicy,
    /// Of virtiofs: the queue's size; 0: not said.
    #[xml(attr, default, skip_default)]
    pub queue: u64,
    #[xml(flatten)]
    pub virtio: VirtioOptions,
}

/// What serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, XmlEnum)]
pub enum FilesystemDriverType {
    #[default]
    Default,
    Path,
    Handle,
    Loop,
    Nbd,
    Ploop,
    Virtiofs,
    Mtp,
}

/// When writes reach the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum WritePolicy {
    #[default]
    Default,
    Immediate,
}

/// `<binary>`: virtiofsd and its options.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct FilesystemBinary {
    #[xml(attr)]
    pub path: Option<String>,
    #[xml(attr)]
    pub xattr: Option<OnOff>,
    #[xml(attr = "cache/@mode")]
    pub cache: Option<VirtiofsCache>,
    #[xml(attr = "sandbox/@mode")]
    pub sandbox: Option<VirtiofsSandbox>,
    #[xml(attr = "lock/@posix")]
    pub posix_lock: Option<OnOff>,
    #[xml(attr = "lock/@flock")]
    pub flock: Option<OnOff>,
    #[xml(attr = "thread_pool/@size")]
    pub thread_pool_size: Option<u32>,
    /// The most files that may be open; 0: not said.
    #[xml(attr = "openfiles/@max", default, skip_default)]
    pub open_files: u64,
}

/// What the guest may keep in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VirtiofsCache {
    None,
    Always,
}

/// How virtiofsd is shut in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum VirtiofsSandbox {
    Namespace,
    Chroot,
}

/// Permissions: up to `0777`, written with four octal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Octal(pub u32);

impl Octal {
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for Octal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl std::str::FromStr for Octal {
    type Err = ();
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let valid = !text.is_empty() && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
        let mode = valid.then(|| u32::from_str_radix(text, 8).ok()).flatten();
        mode.filter(|mode| *mode <= 0o777).map(Self).ok_or(())
    }
}

ferrovirt_xml::xml_value_from_str! { Octal: "permissions in octal such as 0755"; }

impl Filesystem {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }

    fn is_virtiofs(&self) -> bool {
        self.driver.kind == FilesystemDriverType::Virtiofs
    }
}

impl Device for Filesystem {
    fn visible(&self, facts: &mut Facts) {
        facts.may("target", &self.target);
        facts.is("readonly", &self.readonly);
        facts.may("model", &self.model);
        facts.virtio(&self.driver.virtio);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        if self.driver.kind == FilesystemDriverType::Default {
            let virtio = self.driver.virtio;
            self.driver = FilesystemDriver { virtio, ..FilesystemDriver::default() };
        }
        if self.is_virtiofs() {
            if let Some(idmap) = &mut self.idmap {
                idmap.fill_defaults();
            }
        } else {
            self.binary = FilesystemBinary::default();
            self.idmap = None;
            self.driver.queue = 0;
        }
        if self.access_mode.is_none() && self.source.socket().is_none() {
            self.access_mode = Some(AccessMode::Passthrough);
        }
        match &mut self.source {
            FilesystemSource::Mount { dir, socket: Some(_) }
            | FilesystemSource::Bind { dir, socket: Some(_) } => {
                *dir = None;
            }
            FilesystemSource::Volume { mode, .. } => *mode = None,
            FilesystemSource::Ram(ram) => {
                let units = ram.units.as_deref().unwrap_or("KiB");
                // What is no unit stays for `validate` to find. libvirt rounds down here.
                let bytes = Unit::bytes_of(units).and_then(|unit| unit.checked_mul(ram.usage));
                if let Some(bytes) = bytes {
                    *ram = RamSource { usage: bytes / 1024, units: Some("KiB".into()) };
                }
            }
            _ => {}
        }
        for limit in [&mut self.space_hard_limit, &mut self.space_soft_limit] {
            *limit = limit.filter(|limit| !limit.is_zero());
        }
    }

    /// That virtiofs targets differ is for the domain to see.
    fn validate(&self, _context: &Context) -> Result<()> {
        let source = self.source.path().or(self.source.socket());
        match &self.source {
            FilesystemSource::Ram(ram) => {
                let units = ram.units.as_deref().unwrap_or("KiB");
                match Unit::bytes_of(units) {
                    None => {
                        return Err(Error::invalid_arg(format!("'{units}' is no unit of a RAM file system")));
                    }
                    Some(unit) if unit.checked_mul(ram.usage).is_none() => {
                        let text = format!("a RAM file system of {} {units} is too large", ram.usage);
                        return Err(Error::new(ErrorCode::Overflow, text));
                    }
                    Some(_) => {}
                }
            }
            FilesystemSource::Volume { pool, volume, .. } if pool.is_some() != volume.is_some() => {
                return Err(Error::xml("'pool' and 'volume' go together: one of them is missing"));
            }
            FilesystemSource::Volume { .. } => {}
            _ if source.is_none() => {
                let text = self.target.as_deref().unwrap_or("<filesystem> without <source>");
                return Err(Error::new(ErrorCode::NoSource, text));
            }
            _ => {}
        }
        if self.target.is_none() {
            let text = source.unwrap_or("<filesystem> without <target>");
            return Err(Error::new(ErrorCode::NoTarget, text));
        }
        if self.info.boot_order.is_some() && !self.is_virtiofs() {
            return Err(Error::config_unsupported(
                "guests can boot from a file system with the driver 'virtiofs' only",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::{ConfigUnsupported, InvalidArg, NoSource, NoTarget, XmlError};
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    fn filled(text: &str) -> Filesystem {
        let mut fs: Filesystem = from_str(text, "test").expect(text);
        fs.fill_defaults(&Context::default());
        fs
    }

    #[test]
    fn file_systems_print_back() {
        check_same::<Filesystem>(
            "<filesystem type='mount' accessmode='passthrough' model='virtio' multidevs='remap' fmode='0740' dmode='0750'>
  <driver type='virtiofs' queue='1024' iommu='on'/>
  <binary path='/usr/libexec/virtiofsd' xattr='on'>
    <cache mode='always'/>
    <sandbox mode='chroot'/>
    <lock posix='off' flock='off'/>
    <thread_pool size='0'/>
    <openfiles max='122333'/>
  </binary>
  <idmap>
    <uid start='0' target='1000' count='10'/>
    <gid start='0' target='1000' count='10'/>
  </idmap>
  <source dir='/path'/>
  <target dir='mount_tag'/>
  <readonly/>
  <boot order='2'/>
  <alias name='fs0'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
  <space_hard_limit unit='bytes'>1024</space_hard_limit>
</filesystem>",
        );
        for source in [
            "type='file' accessmode='mapped'>\n  <source file='/i'/>",
            "type='block' accessmode='squash'>\n  <source dev='/dev/sda'/>",
            "type='template' accessmode='passthrough'>\n  <source name='t'/>",
            "type='ram' accessmode='passthrough'>\n  <source usage='1024' units='KiB'/>",
            "type='volume' accessmode='passthrough'>\n  <source pool='p' volume='v'/>",
            "type='bind' accessmode='passthrough'>\n  <source dir='/d'/>",
        ] {
            let text = format!("<filesystem {source}\n  <target dir='/t'/>\n</filesystem>");
            assert_eq!(to_string(&filled(&text)).trim(), text);
        }
    }

    #[test]
    fn memory_is_told_in_kib() {
        let fs =
            filled("<filesystem type='ram'><source usage='1' units='MB'/><target dir='/t'/></filesystem>");
        assert!(to_string(&fs).contains("<source usage='976' units='KiB'/>"));
    }

    #[test]
    fn contradictions_are_refused_with_libvirts_codes() {
        let code = |inside: &str| {
            filled(&format!("<filesystem {inside}</filesystem>"))
                .validate(&Context::default())
                .expect_err(inside)
                .code()
        };
        assert_eq!(code("type='mount'><target dir='/t'/>"), NoSource);
        assert_eq!(code("type='mount'><source dir='/t'/>"), NoTarget);
        assert_eq!(
            code("type='mount'><source dir='/t'/><target dir='/t'/><boot order='1'/>"),
            ConfigUnsupported
        );
        assert_eq!(code("type='ram'><source usage='1' units='feet'/><target dir='/t'/>"), InvalidArg);
        assert_eq!(code("type='volume'><source pool='p'/><target dir='/t'/>"), XmlError);
        check_error::<Filesystem>("<filesystem fmode='1777'/>", XmlError);
        check_error::<Filesystem>("<filesystem type='ram'><source/></filesystem>", XmlError);
    }
}
