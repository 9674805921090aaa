//! Every kind of document that there is a model of, by name: for what is to be tried on all of them.

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
use ferrovirt_core::Result;
use ferrovirt_xml::{Node, from_str, to_string};
use uuid::Uuid;

/// A kind of document.
#[derive(Debug)]
pub struct DocumentKind {
    pub name: &'static str,
    /// The file of libvirt's schema for it.
    pub schema: &'static str,
    /// Reads a definition and prints what came of it: defaults filled in, contradictions refused.
    pub print_back: fn(&str) -> Result<String>,
}

const fn kind(
    name: &'static str,
    schema: &'static str,
    print_back: fn(&str) -> Result<String>,
) -> DocumentKind {
    DocumentKind { name, schema, print_back }
}

/// All of them.
pub const KINDS: &[DocumentKind] = &[
    kind("domain", "domain.rng", |text| Ok(Domain::read(text, domain_flags(text))?.format())),
    kind("snapshot", "domainsnapshot.rng", |text| {
        Ok(DomainSnapshot::from_xml(text, true, &read_domain)?.to_xml(Uuid::nil(), true))
    }),
    kind("checkpoint", "domaincheckpoint.rng", |text| {
        let what = CheckpointXml { secure: true, ..CheckpointXml::default() };
        Ok(DomainCheckpoint::from_xml(text, true, &read_domain)?.to_xml(what))
    }),
    kind("cpu", "cpu.rng", |text| Ok(to_string(&from_str::<GuestCpu>(text, "cpu_definition")?))),
    kind("capabilities", "capability.rng", |text| {
        Ok(from_str::<Capabilities>(text, "capabilities")?.to_xml())
    }),
    kind("domain-capabilities", "domaincaps.rng", |text| {
        Ok(to_string(&from_str::<DomainCapabilities>(text, "domain_capabilities")?))
    }),
    kind("network", "network.rng", |text| Ok(Network::from_xml(text, false)?.inactive().to_xml())),
    kind("network-port", "networkport.rng", |text| Ok(NetworkPort::from_xml(text, false)?.to_xml())),
    kind("pool", "storagepool.rng", |text| Ok(StoragePool::from_xml(text, false)?.to_xml())),
    kind("pool-capabilities", "storagepoolcaps.rng", |text| Ok(PoolCapabilities::from_xml(text)?.to_xml())),
    kind("volume", "storagevol.rng", |text| {
        Ok(StorageVolume::from_xml(text, PoolType::Dir, CapacityRule::Needed)?.to_xml())
    }),
    kind("partition", "storagevol.rng", |text| {
        Ok(StorageVolume::from_xml(text, PoolType::Disk, CapacityRule::Needed)?.to_xml())
    }),
    kind("logical-volume", "storagevol.rng", |text| {
        Ok(StorageVolume::from_xml(text, PoolType::Logical, CapacityRule::Needed)?.to_xml())
    }),
    kind("node-device", "nodedev.rng", |text| Ok(NodeDevice::from_xml(text, false)?.to_xml())),
    kind("interface", "interface.rng", |text| Ok(HostInterface::from_xml(text, false)?.to_xml())),
    kind("secret", "secret.rng", |text| Ok(Secret::from_xml(text, false)?.to_xml())),
    kind("filter", "nwfilter.rng", |text| Ok(NwFilter::from_xml(text, false)?.to_xml())),
    kind(
        "filter-binding",
        "nwfilterbinding.rng",
        |text| Ok(NwFilterBinding::from_xml(text, false)?.to_xml()),
    ),
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

fn read_domain(node: &Node<'_>) -> Result<Domain> {
    let flags = ParseFlags { inactive: true, ..ParseFlags::STATUS };
    let mut domain = Domain::from_node(node, flags)?;
    domain.fill_defaults(flags)?;
    Ok(domain)
}
