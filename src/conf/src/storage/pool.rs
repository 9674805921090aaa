//! `<pool>`: a pool of volumes.

use super::kinds::Needs;
use super::pool_schema::POOL;
use super::{CephOptions, MountOptions, Permissions, PoolSource, PoolType};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    Document, Node, Shape, Writer, XmlContent, XmlElement, XmlEnum, XmlValue, YesNo, check_shape, to_string,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A pool.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "pool")]
pub struct StoragePool {
    #[xml(attr = "type")]
    pub kind: PoolType,
    /// There, once filled in.
    #[xml(value)]
    pub name: Option<String>,
    /// There, once filled in.
    #[xml(value)]
    pub uuid: Option<Uuid>,
    /// All there is; drivers fill it in, as the two below.
    #[xml(child = "capacity", default)]
    pub capacity: PoolSize,
    #[xml(child = "allocation", default)]
    pub allocation: PoolSize,
    #[xml(child = "available", default)]
    pub available: PoolSize,
    /// Whether new files may be copied on write.
    #[xml(attr = "features/cow/@state", domain = "Xml")]
    pub copy_on_write: Option<YesNo>,
    #[xml(child, default)]
    pub source: PoolSource,
    /// Of pools whose volumes are files or devices of the host.
    #[xml(child)]
    pub target: Option<PoolTarget>,
    #[xml(attr = "refresh/volume/@allocation")]
    pub refresh_allocation: Option<RefreshAllocation>,
    /// Of pools that are mounted.
    #[xml(child, omit_empty)]
    pub mount_options: Option<MountOptions>,
    /// Of Ceph's pools.
    #[xml(child, omit_empty)]
    pub ceph_options: Option<CephOptions>,
}

/// A size in bytes that is told and never asked for: what a definition says of it is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PoolSize(pub u64);

impl XmlContent for PoolSize {
    fn parse(_: &Node<'_>) -> Result<Self> {
        Ok(Self(0))
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr_str("unit", "bytes");
    }

    fn write_children(&self, w: &mut Writer) {
        w.text(&self.0);
    }

    fn shape() -> &'static Shape {
        Shape::ANY
    }
}

/// `<target>`: where the volumes are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "target", block)]
pub struct PoolTarget {
    #[xml(value)]
    pub path: Option<String>,
    #[xml(child, omit_empty)]
    pub permissions: Option<Permissions>,
}

/// What is taken for the space that a volume takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum RefreshAllocation {
    Default,
    Capacity,
}

impl StoragePool {
    /// Reads and checks a definition; with `strict`, elements that are not in the schema are refused.
    pub fn from_xml(text: &str, strict: bool) -> Result<Self> {
        let document = Document::parse(text, "storage_pool_definition")?;
        document.expect_root(Self::TAG)?;
        if strict {
            Self::check(&document)?;
        }
        Self::from_node(&document.root())
    }

    pub(crate) fn check(document: &Document<'_>) -> Result<()> {
        check_shape(document, POOL)
    }

    /// Reads a definition inside of another document.
    pub fn from_node(node: &Node<'_>) -> Result<Self> {
        let read = || {
            let mut pool = Self::parse(node)?;
            pool.fill_defaults(node)?;
            Ok(pool)
        };
        // Of the type alone the reader tells; what else is wrong is wrong with the pool.
        let typed = node.attr("type").and_then(PoolType::from_text).is_some();
        read().map_err(|err: Error| if typed { own(err) } else { err })
    }

    /// The definition as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }

    /// The name, which every definition has that was read.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Refuses options without a name or a value. Only the drivers that use them mind.
    pub fn check_options(&self) -> Result<()> {
        let mount = self.mount_options.iter().flat_map(|options| &options.options);
        let ceph = self.ceph_options.iter().flat_map(|options| &options.options);
        let whole = mount.map(|option| option.name.is_some());
        if whole.chain(ceph.map(|option| option.name.is_some() && option.value.is_some())).all(|whole| whole)
        {
            return Ok(());
        }
        let text = format!("an <option> of pool '{}' lacks its name or its value", self.name());
        Err(Error::xml(text).domain(ErrorDomain::Storage))
    }

    /// Where a volume of that name is.
    pub fn path_of(&self, volume: &str) -> String {
        format!("{}/{volume}", self.target_path().unwrap_or("(null)"))
    }

    /// Where the volumes are.
    pub fn target_path(&self) -> Option<&str> {
        self.target.as_ref()?.path.as_deref()
    }

    fn fill_defaults(&mut self, node: &Node<'_>) -> Result<()> {
        let needs = self.kind.needs();
        let mounted = matches!(self.kind, PoolType::Fs | PoolType::NetFs);
        self.mount_options =
            self.mount_options.take().filter(|options| mounted && !options.options.is_empty());
        let ceph = self.kind == PoolType::Rbd;
        self.ceph_options = self.ceph_options.take().filter(|options| ceph && !options.options.is_empty());
        let place = node.child("source").unwrap_or(*node);
        self.check_source(&place)?;
        self.fill_source(&place, needs)?;
        self.uuid.get_or_insert_with(Uuid::new_v4);
        if needs.network {
            self.target = None;
        } else {
            self.fill_target(node)?;
        }
        if self.kind == PoolType::IscsiDirect && self.source.initiator.is_none() {
            let text = "<source> of this pool needs an <initiator> with its iqn";
            return Err(place.error(ErrorCode::ConfigUnsupported, text));
        }
        Ok(())
    }

    fn check_source(&self, place: &Node<'_>) -> Result<()> {
        let source = &self.source;
        if self.copy_on_write.is_some() && !matches!(self.kind, PoolType::Dir | PoolType::Fs) {
            let text = "<cow> is for pools of type 'fs' and 'dir' only";
            return Err(place.error(ErrorCode::NoSupport, text));
        }
        if self.kind == PoolType::Rbd && source.name.is_none() {
            return Err(place.missing_child("name", ErrorCode::XmlError));
        }
        let formats = self.kind.formats();
        if let Some(format) = source.format.as_ref().filter(|_| !formats.is_empty())
            && !formats.contains(&format.as_str())
        {
            let text = format!("'{format}' is not a format of such pools; known are {}", formats.join(", "));
            return Err(place.error(ErrorCode::ConfigUnsupported, text));
        }
        if source.auth.as_ref().is_some_and(|auth| auth.kind.is_none()) {
            return Err(place.error(ErrorCode::ConfigUnsupported, "<auth> of a pool needs its type"));
        }
        if let Some(version) = &source.protocol_version {
            // libvirt compares the format's number only, and NFS is the second: so it is with the second of other types.
            let at = formats.iter().position(|known| Some(*known) == source.format.as_deref());
            if at.is_some_and(|at| at > 1) {
                let text = "<protocol ver='…'> is for NFS only";
                return Err(place.error(ErrorCode::ConfigUnsupported, text));
            }
            if version.contains(',') {
                return Err(place.error(ErrorCode::XmlDetail, "<protocol ver='…'> must not contain a comma"));
            }
        }
        Ok(())
    }

    /// Fills in what follows from the rest, and drops what this type of pool does not have.
    fn fill_source(&mut self, place: &Node<'_>, needs: Needs) -> Result<()> {
        let source = &mut self.source;
        source.dir = source.dir.take().map(|dir| sanitized(&dir));
        if self.kind == PoolType::Gluster {
            source.dir.get_or_insert_with(|| "/".to_owned());
        }
        if self.name.is_none() && needs.name {
            self.name = source.name.clone();
        }
        let missing = |name: &str| Err(place.missing_child(name, ErrorCode::XmlError));
        let Some(name) = self.name.clone() else { return missing("name") };
        if name.contains('/') {
            return Err(place.error(ErrorCode::XmlError, format!("the name '{name}' can't contain '/'")));
        }
        if needs.host && source.hosts.is_empty() {
            return missing("host");
        }
        if needs.dir && source.dir.is_none() {
            return missing("dir");
        }
        if needs.name {
            source.name.get_or_insert(name);
        } else {
            source.name = None;
        }
        if needs.adapter {
            match &source.adapter {
                None => return missing("adapter"),
                Some(adapter) => adapter.validate(place)?,
            }
        } else {
            source.adapter = None;
        }
        let only_devices = needs.device && !needs.host && !needs.name;
        if only_devices && source.devices.is_empty() {
            return missing("device");
        }
        if !needs.host {
            source.hosts.clear();
        }
        if !needs.device {
            source.devices.clear();
        }
        source.devices.iter_mut().for_each(|device| device.free_extents.clear());
        source.dir = source.dir.take().filter(|_| needs.dir);
        source.initiator = source.initiator.take().filter(|_| needs.initiator);
        let default = self.kind.default_format();
        source.format = default.map(|default| source.format.take().unwrap_or_else(|| default.to_owned()));
        Ok(())
    }

    fn fill_target(&mut self, node: &Node<'_>) -> Result<()> {
        let name = self.source.name.as_deref().unwrap_or_default();
        let target = self.target.get_or_insert_default();
        let path = match self.kind {
            PoolType::Logical => format!("/dev/{name}"),
            PoolType::Zfs => format!("/dev/zvol/{name}"),
            _ => match target.path.take() {
                Some(path) => path,
                None => {
                    let text = "the pool needs a <path> in its <target>";
                    return Err(node.error(ErrorCode::XmlError, text));
                }
            },
        };
        target.path = Some(sanitized(&path));
        target.permissions = target.permissions.take().map(Permissions::filled);
        Ok(())
    }
}

/// A path without repeated slashes and without one at its end. Two at the beginning mean something, and stay.
pub fn sanitized(path: &str) -> String {
    let mut clean = String::with_capacity(path.len());
    let network = path.starts_with("//") && !path.starts_with("///");
    for letter in path.chars() {
        let first_two = network && clean == "/";
        if letter != '/' || !clean.ends_with('/') || first_two {
            clean.push(letter);
        }
    }
    if clean.len() > 1 && clean.ends_with('/') && clean != "//" {
        clean.pop();
    }
    clean
}

/// What the reader refuses is refused in the name of storage; what has no owner keeps none.
pub(super) fn own(err: Error) -> Error {
    match err.error_domain() {
        ErrorDomain::Xml => err.domain(ErrorDomain::Storage),
        _ => err.or_domain(ErrorDomain::Storage),
    }
}
