//! Every kind of document that there is a model of, by name: for what is to be tried on all of them.

use crate::backup::DomainBackup;
use crate::capabilities::Capabilities;
use crate::checkpoint::{CheckpointXml, DomainCheckpoint};
use crate::cpu::{CpuDefinition, GuestCpu};
use crate::domain::{Domain, ParseFlags};
use crate::domain_capabilities::DomainCapabilities;
use crate::interface::HostInterface;
use crate::network::{Network, NetworkPort};
use crate::nodedev::NodeDevice;
use crate::nwfilter::{NwFilter, NwFilterBinding};
use crate::secret::Secret;
use crate::snapshot::DomainSnapshot;
use crate::storage::{CapacityRule, PoolCapabilities, PoolType, StoragePool, StorageVolume};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{Document, Node, Shape, Tag, XmlElement, check_shape, from_str, to_string};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// A kind of document.
#[derive(Debug)]
pub struct DocumentKind {
    pub name: &'static str,
    /// The file of libvirt's schema for it.
    pub schema: &'static str,
    /// The first element and what may stand in it, where the model says so by static data.
    pub root: Option<Root>,
    /// The check against the schema that callers can ask for.
    pub check: fn(&Document<'_>) -> Result<()>,
    /// Reads a definition and prints what came of it: defaults filled in, contradictions refused.
    pub print_back: fn(&str) -> Result<String>,
    /// The same, with JSON in between.
    pub through_json: fn(&str) -> Result<String>,
}

/// An element and what may stand in it.
pub type Root = (Tag, fn() -> &'static Shape);

const fn root<T: XmlElement>() -> Option<Root> {
    Some((T::TAG, T::shape))
}

const VOLUME: Option<Root> = Some((StorageVolume::TAG, StorageVolume::shape));

/// A model after it was JSON.
fn json<T: Serialize + DeserializeOwned>(model: &T) -> Result<T> {
    let broken =
        |err: serde_json::Error| Error::internal(format!("the model does not go through JSON: {err}"));
    serde_json::from_str(&serde_json::to_string(model).map_err(broken)?).map_err(broken)
}

/// Declares the kinds: name, schema, root, the model's type, how it is read from text, how it is printed, and
/// what is asked about the schema where it is not the root's shape.
macro_rules! kinds {
    (@check $root:expr, $check:expr) => { $check };
    (@check $root:expr) => {
        |document| {
            let (tag, shape) = $root.expect("a kind without a root says how it is checked");
            document.expect_root(tag)?;
            check_shape(document, shape())
        }
    };
    ($($name:literal, $schema:literal, $root:expr, $model:ty, $read:expr, $print:expr $(, check $check:expr)?;)*) => {
        /// All of them.
        pub const KINDS: &[DocumentKind] = &[$(DocumentKind {
            name: $name,
            schema: $schema,
            root: $root,
            check: kinds!(@check $root $(, $check)?),
            print_back: |text| {
                let (read, print): (fn(&str) -> Result<$model>, fn(&$model) -> String) = ($read, $print);
                Ok(print(&read(text)?))
            },
            through_json: |text| {
                let (read, print): (fn(&str) -> Result<$model>, fn(&$model) -> String) = ($read, $print);
                Ok(print(&json(&read(text)?)?))
            },
        },)*];
    };
}

kinds! {
    "domain", "domain.rng", root::<Domain>(), Domain, |text| Domain::read(text, domain_flags(text)), Domain::format;
    "snapshot", "domainsnapshot.rng", Some((DomainSnapshot::TAG, DomainSnapshot::shape)), DomainSnapshot, |text| {
        let snapshot = DomainSnapshot::from_xml(text, true, &read_domain)?;
        timed(snapshot.creation_time)?;
        Ok(snapshot)
    }, |snapshot| snapshot.to_xml(Uuid::nil(), true), check DomainSnapshot::check;
    "checkpoint", "domaincheckpoint.rng", Some((DomainCheckpoint::TAG, DomainCheckpoint::shape)), DomainCheckpoint, |text| {
        let checkpoint = DomainCheckpoint::kept(text, &read_domain)?;
        timed(checkpoint.creation_time)?;
        Ok(checkpoint)
    }, |checkpoint| checkpoint.to_xml(CheckpointXml { secure: true, ..CheckpointXml::default() }),
        check DomainCheckpoint::check;
    "cpu", "cpu.rng", root::<GuestCpu>(), GuestCpu, |text| from_str(text, "cpu_definition"), to_string,
        check CpuDefinition::check;
    "capabilities", "capability.rng", root::<Capabilities>(), Capabilities, |text| from_str(text, "capabilities"),
        Capabilities::to_xml;
    "domain-capabilities", "domaincaps.rng", root::<DomainCapabilities>(), DomainCapabilities,
        |text| from_str(text, "domain_capabilities"), to_string;
    "backup", "domainbackup.rng", root::<DomainBackup>(), DomainBackup, DomainBackup::from_xml, DomainBackup::to_xml;
    "network", "network.rng", root::<Network>(), Network, |text| Network::from_xml(text, false),
        |network| network.inactive().to_xml();
    "network-port", "networkport.rng", root::<NetworkPort>(), NetworkPort, |text| NetworkPort::from_xml(text, false),
        NetworkPort::to_xml;
    "pool", "storagepool.rng", root::<StoragePool>(), StoragePool, |text| StoragePool::from_xml(text, false),
        StoragePool::to_xml, check StoragePool::check;
    "pool-capabilities", "storagepoolcaps.rng", root::<PoolCapabilities>(), PoolCapabilities,
        PoolCapabilities::from_xml, PoolCapabilities::to_xml;
    "volume", "storagevol.rng", VOLUME, StorageVolume,
        |text| StorageVolume::from_xml(text, PoolType::Dir, CapacityRule::Needed, false), StorageVolume::to_xml;
    "partition", "storagevol.rng", VOLUME, StorageVolume,
        |text| StorageVolume::from_xml(text, PoolType::Disk, CapacityRule::Needed, false), StorageVolume::to_xml;
    "logical-volume", "storagevol.rng", VOLUME, StorageVolume,
        |text| StorageVolume::from_xml(text, PoolType::Logical, CapacityRule::Needed, false), StorageVolume::to_xml;
    "node-device", "nodedev.rng", Some((NodeDevice::TAG, NodeDevice::shape)), NodeDevice,
        |text| NodeDevice::from_xml(text, false, false), NodeDevice::to_xml;
    "interface", "interface.rng", root::<HostInterface>(), HostInterface,
        |text| HostInterface::from_xml(text, false), HostInterface::to_xml;
    "secret", "secret.rng", root::<Secret>(), Secret, |text| Secret::from_xml(text, false), Secret::to_xml;
    "filter", "nwfilter.rng", root::<NwFilter>(), NwFilter, |text| NwFilter::from_xml(text, false), NwFilter::to_xml;
    "filter-binding", "nwfilterbinding.rng", root::<NwFilterBinding>(), NwFilterBinding,
        |text| NwFilterBinding::from_xml(text, false), NwFilterBinding::to_xml;
}

/// The kind of that name.
pub fn kind_named(name: &str) -> Option<&'static DocumentKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// A document of a running guest has its id in its first element.
fn domain_flags(text: &str) -> ParseFlags {
    let start = text.split_once("<domain").map_or("", |(_, rest)| rest.split('>').next().unwrap_or_default());
    let live = start.contains(" id=");
    ParseFlags { inactive: !live, abi_update: false, ..ParseFlags::DEFINE }
}

/// A time of 0 is not printed, in libvirt either, and without one nothing is defined again.
fn timed(seconds: i64) -> Result<()> {
    if seconds == 0 { Err(Error::xml("a <creationTime> of 0 can't be printed")) } else { Ok(()) }
}

fn read_domain(node: &Node<'_>) -> Result<Domain> {
    let flags = ParseFlags { inactive: true, ..ParseFlags::STATUS };
    let mut domain = Domain::from_node(node, flags)?;
    domain.fill_defaults(flags)?;
    Ok(domain)
}
