//! Every kind of document that there is a model of, by name: for what is to be tried on all of them.

use crate::backup::DomainBackup;
use crate::capabilities::Capabilities;
use crate::checkpoint::{CheckpointXml, DomainCheckpoint};
use crate::cpu::GuestCpu;
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
use ferrovirt_xml::{Node, Shape, Tag, XmlElement, from_str, to_string};
use uuid::Uuid;

/// A kind of document.
#[derive(Debug)]
pub struct DocumentKind {
    pub name: &'static str,
    /// The file of libvirt's schema for it.
    pub schema: &'static str,
    /// The first element and what may stand in it, where the model says so by static data.
    pub root: Option<Root>,
    /// Reads a definition and prints what came of it: defaults filled in, contradictions refused.
    pub print_back: fn(&str) -> Result<String>,
}

/// An element and what may stand in it.
pub type Root = (Tag, fn() -> &'static Shape);

const fn kind(
    name: &'static str,
    schema: &'static str,
    root: Option<Root>,
    print_back: fn(&str) -> Result<String>,
) -> DocumentKind {
    DocumentKind { name, schema, root, print_back }
}

const fn root<T: XmlElement>() -> Option<Root> {
    Some((T::TAG, T::shape))
}

/// All of them.
pub const KINDS: &[DocumentKind] = &[
    kind("domain", "domain.rng", root::<Domain>(), |text| {
        Ok(Domain::read(text, domain_flags(text))?.format())
    }),
    kind("snapshot", "domainsnapshot.rng", None, |text| {
        let snapshot = DomainSnapshot::from_xml(text, true, &read_domain)?;
        timed(snapshot.creation_time)?;
        Ok(snapshot.to_xml(Uuid::nil(), true))
    }),
    kind("checkpoint", "domaincheckpoint.rng", None, |text| {
        let what = CheckpointXml { secure: true, ..CheckpointXml::default() };
        let checkpoint = DomainCheckpoint::from_xml(text, true, &read_domain)?;
        timed(checkpoint.creation_time)?;
        Ok(checkpoint.to_xml(what))
    }),
    kind("cpu", "cpu.rng", root::<GuestCpu>(), |text| {
        Ok(to_string(&from_str::<GuestCpu>(text, "cpu_definition")?))
    }),
    kind("capabilities", "capability.rng", root::<Capabilities>(), |text| {
        Ok(from_str::<Capabilities>(text, "capabilities")?.to_xml())
    }),
    kind("domain-capabilities", "domaincaps.rng", root::<DomainCapabilities>(), |text| {
        Ok(to_string(&from_str::<DomainCapabilities>(text, "domain_capabilities")?))
    }),
    kind("backup", "domainbackup.rng", root::<DomainBackup>(), |text| {
        Ok(DomainBackup::from_xml(text)?.to_xml())
    }),
    kind("network", "network.rng", root::<Network>(), |text| {
        Ok(Network::from_xml(text, false)?.inactive().to_xml())
    }),
    kind("network-port", "networkport.rng", root::<NetworkPort>(), |text| {
        Ok(NetworkPort::from_xml(text, false)?.to_xml())
    }),
    kind("pool", "storagepool.rng", root::<StoragePool>(), |text| {
        Ok(StoragePool::from_xml(text, false)?.to_xml())
    }),
    kind("pool-capabilities", "storagepoolcaps.rng", root::<PoolCapabilities>(), |text| {
        Ok(PoolCapabilities::from_xml(text)?.to_xml())
    }),
    kind("volume", "storagevol.rng", None, |text| {
        Ok(StorageVolume::from_xml(text, PoolType::Dir, CapacityRule::Needed, false)?.to_xml())
    }),
    kind("partition", "storagevol.rng", None, |text| {
        Ok(StorageVolume::from_xml(text, PoolType::Disk, CapacityRule::Needed, false)?.to_xml())
    }),
    kind("logical-volume", "storagevol.rng", None, |text| {
        Ok(StorageVolume::from_xml(text, PoolType::Logical, CapacityRule::Needed, false)?.to_xml())
    }),
    kind("node-device", "nodedev.rng", None, |text| Ok(NodeDevice::from_xml(text, false, false)?.to_xml())),
    kind("interface", "interface.rng", root::<HostInterface>(), |text| {
        Ok(HostInterface::from_xml(text, false)?.to_xml())
    }),
    kind("secret", "secret.rng", root::<Secret>(), |text| Ok(Secret::from_xml(text, false)?.to_xml())),
    kind("filter", "nwfilter.rng", root::<NwFilter>(), |text| Ok(NwFilter::from_xml(text, false)?.to_xml())),
    kind("filter-binding", "nwfilterbinding.rng", root::<NwFilterBinding>(), |text| {
        Ok(NwFilterBinding::from_xml(text, false)?.to_xml())
    }),
];

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
