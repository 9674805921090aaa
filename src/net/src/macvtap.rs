//! Macvtaps and macvlans: interfaces that share a physical one under an address of their own.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use netlink_packet_route::link::{InfoData, InfoKind, InfoMacVlan, InfoMacVtap, LinkAttribute, MacVlanMode};

use crate::MacAddr;
use crate::error::{NetError, Result};
use crate::link;
use crate::netlink::Netlink;
use crate::tap;

/// How the interfaces on one physical interface reach one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacvtapMode {
    /// All frames go out; the switch sends back what is for a neighbour.
    Vepa,
    /// Neighbours reach one another directly.
    Bridge,
    /// Neighbours do not reach one another.
    Private,
    /// One interface takes the physical one over.
    Passthrough,
}

impl From<MacvtapMode> for MacVlanMode {
    fn from(mode: MacvtapMode) -> Self {
        match mode {
            MacvtapMode::Vepa => Self::Vepa,
            MacvtapMode::Bridge => Self::Bridge,
            MacvtapMode::Private => Self::Private,
            MacvtapMode::Passthrough => Self::Passthrough,
        }
    }
}

/// What a new macvtap is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacvtapOptions {
    pub name: String,
    /// The interface below it.
    pub parent: String,
    pub mode: MacvtapMode,
    pub mac: Option<MacAddr>,
    pub queues: usize,
    pub vnet_hdr: bool,
}

/// A macvtap. Unlike a tap it stays when its descriptors are closed: remove it with [`link::delete`].
#[derive(Debug)]
pub struct Macvtap {
    pub name: String,
    pub index: u32,
    pub queues: Vec<OwnedFd>,
}

/// Makes a macvtap, switched off, and opens its queues; it is removed again if that fails.
pub fn create(netlink: &Netlink, options: &MacvtapOptions) -> Result<Macvtap> {
    let data = InfoData::MacVtap(vec![InfoMacVtap::Mode(options.mode.into())]);
    let index = make(netlink, options, InfoKind::MacVtap, data, "macvtap")?;
    match open(options, index) {
        Ok(queues) => Ok(Macvtap { name: options.name.clone(), index, queues }),
        Err(first) => match link::delete(netlink, index) {
            Ok(()) => Err(first),
            Err(undo) => Err(NetError::HalfDone { first: Box::new(first), undo: undo.to_string() }),
        },
    }
}

/// Makes a macvlan (for containers: no queues, `queues` and `vnet_hdr` do not count), and returns its index.
pub fn create_macvlan(netlink: &Netlink, options: &MacvtapOptions) -> Result<u32> {
    let data = InfoData::MacVlan(vec![InfoMacVlan::Mode(options.mode.into())]);
    make(netlink, options, InfoKind::MacVlan, data, "macvlan")
}

fn make(
    netlink: &Netlink,
    options: &MacvtapOptions,
    kind: InfoKind,
    data: InfoData,
    what: &'static str,
) -> Result<u32> {
    let parent = link::find(netlink, &options.parent)?;
    let mut attributes = vec![LinkAttribute::Link(parent.index)];
    attributes.extend(options.mac.map(|mac| LinkAttribute::Address(mac.0.to_vec())));
    if options.queues > 1 {
        let queues = u32::try_from(options.queues)
            .map_err(|_| NetError::Invalid(format!("{} queues are too many", options.queues)))?;
        attributes.extend([LinkAttribute::NumTxQueues(queues), LinkAttribute::NumRxQueues(queues)]);
    }
    link::create(netlink, &options.name, kind, Some(data), attributes)
        .map_err(|failure| failure.during(what, &options.name))?;
    Ok(link::find(netlink, &options.name)?.index)
}

/// Opens `/dev/tapN`. Interface numbers repeat between network namespaces and the device nodes do not know of those,
/// so what was opened is asked for its name.
fn open(options: &MacvtapOptions, index: u32) -> Result<Vec<OwnedFd>> {
    let path = PathBuf::from(format!("/dev/tap{index}"));
    let failed =
        |errno| NetError::io(format!("open {} of macvtap '{}'", path.display(), options.name), errno);
    let mut queues = Vec::new();
    for _ in 0..options.queues.max(1) {
        let fd = tap::open_device(&path).map_err(failed)?;
        if tap::interface_name(&fd).map_err(failed)? != options.name {
            return Err(NetError::ForeignTap { path, name: options.name.clone() });
        }
        tap::set_macvtap_flags(&fd, options.vnet_hdr, options.queues > 1).map_err(failed)?;
        queues.push(fd);
    }
    Ok(queues)
}
