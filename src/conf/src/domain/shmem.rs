//! `<shmem>`: memory that several guests share.

use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{AutoBase, Node, OnOff, Shape, Writer, XmlContent, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts};
use crate::values::ByteSize;

/// A piece of shared memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, XmlElement)]
#[xml(name = "shmem")]
pub struct Shmem {
    /// The memory's name on the host.
    #[xml(attr, missing = "XmlError@object")]
    pub name: String,
    /// Whether the memory moves with this guest. Not for model `ivshmem`.
    #[xml(attr)]
    pub role: Option<ShmemRole>,
    #[xml(attr = "model/@type", default)]
    #[serde(default)]
    pub model: ShmemModel,
    #[xml(child = "size")]
    pub size: Option<ShmemSize>,
    /// The server that tells the guests of each other.
    #[xml(child = "server")]
    pub server: Option<ShmemServer>,
    #[xml(child = "msi")]
    pub msi: Option<ShmemMsi>,
    #[xml(flatten)]
    pub info: DeviceInfo,
}

/// What happens to the memory in a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
pub enum ShmemRole {
    /// It is copied along.
    Master,
    /// It is left behind.
    Peer,
}

/// The hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, XmlEnum)]
pub enum ShmemModel {
    #[default]
    Ivshmem,
    IvshmemPlain,
    IvshmemDoorbell,
}

/// A size in bytes, read in any unit (bytes if none is named), printed in whole MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShmemSize(pub u64);

impl XmlContent for ShmemSize {
    fn parse(node: &Node<'_>) -> Result<Self> {
        ByteSize::parse(node).map(|size| Self(size.0))
    }

    fn write_attrs(&self, w: &mut Writer) {
        w.attr_str("unit", "M");
    }

    fn write_children(&self, w: &mut Writer) {
        w.text(&(self.0 >> 20));
    }

    fn shape() -> &'static Shape {
        ByteSize::shape()
    }
}

/// `<server>`: a UNIX socket that the hypervisor connects to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ShmemServer {
    /// None: the driver makes it from the name.
    #[xml(attr)]
    pub path: Option<String>,
}

/// `<msi>`: how guests ring each other's bell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ShmemMsi {
    /// How many interrupts there are; 0: the hypervisor decides.
    #[xml(attr, default, skip_default)]
    pub vectors: AutoBase<u32>,
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
}

impl Shmem {
    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }
}

impl Device for Shmem {
    fn visible(&self, facts: &mut Facts) {
        facts.may("role", &self.role);
        facts.is("model", &self.model);
        facts.may("size", &self.size.map(|size| size.0));
        facts.is("server", &self.server.is_some());
        let msi = self.msi.as_ref();
        facts.may("vectors of msi", &msi.map(|msi| msi.vectors));
        facts.may("ioeventfd of msi", &msi.and_then(|msi| msi.ioeventfd));
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        if self.model == ShmemModel::Ivshmem {
            self.role = None;
        }
        self.size = self.size.filter(|size| size.0 != 0);
        if let Some(path) = self.server.as_mut().and_then(|server| server.path.as_mut()) {
            *path = plain_path(path);
        }
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        if self.msi.is_some() && self.server.is_none() {
            return Err(Error::xml("<msi> of <shmem> needs a <server>"));
        }
        let name = self.name.as_str();
        if name.contains('/') || matches!(name, "." | "..") {
            return Err(Error::config_unsupported(format!("shared memory can't be called '{name}'")));
        }
        Ok(())
    }
}

/// The path without slashes that say nothing; two at the start may say something, and in a URI all do.
fn plain_path(path: &str) -> String {
    if path.split_once("://").is_some_and(|(scheme, _)| !scheme.contains('/')) {
        return path.to_owned();
    }
    let slashes = path.bytes().take_while(|byte| *byte == b'/').count();
    let root = match slashes {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let steps: Vec<_> = path.split('/').filter(|step| !step.is_empty()).collect();
    format!("{root}{}", steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;
    use ferrovirt_xml::check::{check, check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn memory_prints_back() {
        check_same::<Shmem>(
            "<shmem name='shmem1' role='peer'>\n  <model type='ivshmem-doorbell'/>\n  <size unit='M'>256</size>\n  \
             <server path='/tmp/s'/>\n  <msi vectors='16' ioeventfd='on'/>\n  <alias name='shmem1'/>\n</shmem>",
        );
        check::<Shmem>(
            "<shmem name='a'><size>4194304</size><server/></shmem>",
            "<shmem name='a'>\n  <model type='ivshmem'/>\n  <size unit='M'>4</size>\n  <server/>\n</shmem>",
        );
        check_error::<Shmem>("<shmem/>", ErrorCode::XmlError);
    }

    #[test]
    fn old_models_have_no_role_and_paths_are_plain() {
        let text = "<shmem name='a' role='master'><size>0</size><server path='/tmp//s/'/></shmem>";
        let mut shmem = from_str::<Shmem>(text, "test").unwrap();
        shmem.fill_defaults(&Context::default());
        let filled = "<shmem name='a'>\n  <model type='ivshmem'/>\n  <server path='/tmp/s'/>\n</shmem>\n";
        assert_eq!(to_string(&shmem), filled);
        for (path, plain) in
            [("///a", "/a"), ("//a//b", "//a/b"), ("a/", "a"), ("/", "/"), ("u://h//a", "u://h//a")]
        {
            assert_eq!(plain_path(path), plain);
        }
    }

    #[test]
    fn names_that_are_paths_and_bells_without_server_are_refused() {
        for (text, code) in [
            ("<shmem name='..'/>", ErrorCode::ConfigUnsupported),
            ("<shmem name='a/b'/>", ErrorCode::ConfigUnsupported),
            ("<shmem name='a'><msi/></shmem>", ErrorCode::XmlError),
        ] {
            let shmem = from_str::<Shmem>(text, "test").unwrap();
            assert_eq!(shmem.validate(&Context::default()).unwrap_err().code(), code, "{text}");
        }
    }
}
