//! Taps: virtual Ethernet interfaces whose frames a process reads and writes. The one corner that netlink has no
//! messages for, hence the `ioctl`s, and the only unsafe code of this crate.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use rustix::fs::{Mode as FileMode, OFlags};
use rustix::io::Errno;
use rustix::ioctl;

use crate::MacAddr;
use crate::error::{NetError, Result};
use crate::link;
use crate::netlink::{Mode, Netlink};

const CLONE_DEVICE: &str = "/dev/net/tun";

const IFF_TAP: u16 = 0x0002;
const IFF_NO_PI: u16 = 0x1000;
const IFF_VNET_HDR: u16 = 0x4000;
const IFF_TUN_EXCL: u16 = 0x8000;
const IFF_MULTI_QUEUE: u16 = 0x0100;

const TUNSETIFF: ioctl::Opcode = ioctl::opcode::write::<i32>(b'T', 202);
const TUNSETOWNER: ioctl::Opcode = ioctl::opcode::write::<i32>(b'T', 204);
const TUNSETGROUP: ioctl::Opcode = ioctl::opcode::write::<i32>(b'T', 206);
const TUNGETFEATURES: ioctl::Opcode = ioctl::opcode::read::<u32>(b'T', 207);
const TUNGETIFF: ioctl::Opcode = ioctl::opcode::read::<u32>(b'T', 210);

/// The kernel's `struct ifreq`, as the tun driver uses it.
#[repr(C)]
#[derive(Clone, Copy)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

impl InterfaceRequest {
    fn new(name: &str, flags: u16) -> Self {
        let mut request = Self { name: [0; 16], flags, rest: [0; 22] };
        request.name[..name.len()].copy_from_slice(name.as_bytes());
        request
    }

    fn name(&self) -> String {
        let end = self.name.iter().position(|&b| b == 0).unwrap_or(self.name.len());
        String::from_utf8_lossy(&self.name[..end]).into_owned()
    }
}

/// What a new tap is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapOptions {
    /// Its name; `%d` in it is replaced by the kernel with the first free number.
    pub name: String,
    /// How many pairs of queues, each a descriptor of its own; 1 makes a plain tap.
    pub queues: usize,
    /// Frames carry virtio's header, so that checksums and segmentation can be left to the other side.
    pub vnet_hdr: bool,
    /// The user and group that may attach to it without privilege.
    pub owner: Option<u32>,
    pub group: Option<u32>,
    /// The tap's own address, on the host's side; see [`MacAddr::for_host_side`].
    pub mac: Option<MacAddr>,
    pub mtu: Option<u32>,
}

impl TapOptions {
    /// A tap with one queue and virtio headers.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { name, queues: 1, vnet_hdr: true, owner: None, group: None, mac: None, mtu: None }
    }
}

/// A tap. It is removed when the last of its descriptors is closed, in whichever process that is.
#[derive(Debug)]
pub struct Tap {
    /// The name that it got.
    pub name: String,
    pub index: u32,
    /// One descriptor a queue, closed on exec.
    pub queues: Vec<OwnedFd>,
}

/// Makes a tap, switched off. An interface that exists is never taken over.
pub fn create(netlink: &Netlink, options: &TapOptions) -> Result<Tap> {
    let (name, queues) = open_queues(options, IFF_TUN_EXCL)?;
    let failed = |source: io::Error| NetError::TapCreate { name: name.clone(), source };
    if let Some(owner) = options.owner {
        set_number::<TUNSETOWNER>(&queues[0], owner).map_err(failed)?;
    }
    if let Some(group) = options.group {
        set_number::<TUNSETGROUP>(&queues[0], group).map_err(failed)?;
    }
    let index = link::find(netlink, &name)?.index;
    dress(netlink, index, options)?;
    Ok(Tap { name, index, queues })
}

/// Opens queues of a tap that someone else made to last (`managed='no'`); its address and size stay as they are.
pub fn open_existing(netlink: &Netlink, options: &TapOptions) -> Result<Tap> {
    let link = link::find(netlink, &options.name)?;
    let (name, queues) = open_queues(options, 0)?;
    Ok(Tap { name, index: link.index, queues })
}

fn open_queues(options: &TapOptions, exclusive: u16) -> Result<(String, Vec<OwnedFd>)> {
    link::check_name(&options.name)?;
    if options.queues == 0 {
        return Err(NetError::Invalid(format!("tap '{}' needs at least one queue", options.name)));
    }
    let mut flags = IFF_TAP | IFF_NO_PI;
    flags |= if options.vnet_hdr { IFF_VNET_HDR } else { 0 };
    flags |= if options.queues > 1 { IFF_MULTI_QUEUE } else { 0 };

    let first = open_clone()?;
    let name = set_interface(&first, &options.name, flags | exclusive).map_err(|errno| match errno {
        // The tun driver answers EBUSY for a tap that exists, and EINVAL for an interface of another kind, which is
        // also its answer to flags that it does not know.
        Errno::BUSY | Errno::EXIST if exclusive != 0 => NetError::LinkExists { name: options.name.clone() },
        errno => NetError::TapCreate { name: options.name.clone(), source: errno.into() },
    })?;
    let mut queues = vec![first];
    for queue in 1..options.queues {
        let fd = open_clone()?;
        set_interface(&fd, &name, flags).map_err(|errno| NetError::TapQueue {
            name: name.clone(),
            queue,
            source: errno.into(),
        })?;
        queues.push(fd);
    }
    Ok((name, queues))
}

/// Gives a new tap its address and size, in one message.
fn dress(netlink: &Netlink, index: u32, options: &TapOptions) -> Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.attributes.extend(options.mac.map(|mac| LinkAttribute::Address(mac.0.to_vec())));
    message.attributes.extend(options.mtu.map(LinkAttribute::Mtu));
    if message.attributes.is_empty() {
        return Ok(());
    }
    netlink
        .request(RouteNetlinkMessage::SetLink(message), Mode::Change)
        .map_err(|r| r.during(format!("set address and MTU of the tap device '{}'", options.name)))
}

fn open_clone() -> Result<OwnedFd> {
    let path = Path::new(CLONE_DEVICE);
    open_device(path)
        .map_err(|errno| NetError::TunUnavailable { path: path.to_owned(), source: errno.into() })
}

pub(crate) fn open_device(path: &Path) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(path, OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK, FileMode::empty())
}

/// Whether this kernel's tun driver can give a tap several queues and virtio headers.
pub fn supports_multi_queue() -> Result<bool> {
    let fd = open_clone()?;
    let features =
        features(&fd).map_err(|errno| NetError::io("ask the tun driver for its features", errno))?;
    Ok(features & u32::from(IFF_MULTI_QUEUE) != 0)
}

fn features(fd: impl AsFd) -> rustix::io::Result<u32> {
    // SAFETY: TUNGETFEATURES writes one unsigned int, which is what the getter makes room for.
    unsafe { ioctl::ioctl(fd, ioctl::Getter::<TUNGETFEATURES, u32>::new()) }
}

/// Ties a descriptor of the tun driver to an interface; returns the name that it got.
fn set_interface(fd: impl AsFd, name: &str, flags: u16) -> rustix::io::Result<String> {
    let mut request = InterfaceRequest::new(name, flags);
    // SAFETY: TUNSETIFF reads and writes one `struct ifreq`, of which `InterfaceRequest` has size and layout.
    unsafe { ioctl::ioctl(fd, ioctl::Updater::<TUNSETIFF, InterfaceRequest>::new(&mut request)) }?;
    Ok(request.name())
}

fn set_number<const OPCODE: ioctl::Opcode>(fd: impl AsFd, number: u32) -> io::Result<()> {
    // SAFETY: TUNSETOWNER and TUNSETGROUP take the number itself where others take a pointer.
    Ok(unsafe { ioctl::ioctl(fd, ioctl::IntegerSetter::<OPCODE>::new_usize(number as usize)) }?)
}

/// The name of the interface behind a tap's or macvtap's descriptor.
pub(crate) fn interface_name(fd: impl AsFd) -> rustix::io::Result<String> {
    // SAFETY: TUNGETIFF writes one `struct ifreq`, of which `InterfaceRequest` has size and layout; any bytes are a
    // valid value of it.
    let request = unsafe { ioctl::ioctl(fd, ioctl::Getter::<TUNGETIFF, InterfaceRequest>::new()) }?;
    Ok(request.name())
}

/// Sets how frames cross a macvtap's descriptor: with virtio's header or without, one queue of several or the only one.
pub(crate) fn set_macvtap_flags(fd: impl AsFd, vnet_hdr: bool, multi_queue: bool) -> rustix::io::Result<()> {
    let mut flags = IFF_TAP | IFF_NO_PI;
    flags |= if vnet_hdr { IFF_VNET_HDR } else { 0 };
    flags |= if multi_queue { IFF_MULTI_QUEUE } else { 0 };
    set_interface(fd, "", flags).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_the_kernels_layout() {
        assert_eq!(size_of::<InterfaceRequest>(), 40);
        assert_eq!(std::mem::offset_of!(InterfaceRequest, flags), 16);
        assert_eq!(TUNSETIFF, 0x4004_54ca);
        assert_eq!(TUNGETIFF, 0x8004_54d2);
    }

    #[test]
    fn a_tap_without_queues_is_refused_before_the_kernel_sees_it() {
        let error = open_queues(&TapOptions { queues: 0, ..TapOptions::new("vnet0") }, 0).unwrap_err();
        assert!(matches!(error, NetError::Invalid(_)), "{error}");
    }
}
