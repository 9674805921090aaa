//! Whether two descriptions are of the same device. Whoever takes a device out of a guest describes it anew, and may
//! leave out what nothing hangs on; addresses and aliases count where they are given.

use super::find::same_function;
use ferrovirt_conf::domain::{ChannelTarget, DeviceInfo, DeviceRef, MemoryDevice, MemoryModel, Shmem, Sound};

/// Whether `wanted` describes `have`. Devices that are told apart by name alone are not compared here.
pub fn device(have: DeviceRef<'_>, wanted: DeviceRef<'_>) -> bool {
    use DeviceRef as D;
    match (have, wanted) {
        (D::Channel(a), D::Channel(b)) => {
            a.source.kind == b.source.kind && is_same_target(&a.target, &b.target)
        }
        (D::Console(a), D::Console(b)) => a.source.kind == b.source.kind && a.target.port == b.target.port,
        (D::Controller(a), D::Controller(b)) => (a.kind, a.index) == (b.kind, b.index),
        (D::Filesystem(a), D::Filesystem(b)) => a.target == b.target,
        (D::Hostdev(a), D::Hostdev(b)) => a.device.is_same(&b.device),
        (D::Input(a), D::Input(b)) => {
            (a.kind, a.bus) == (b.kind, b.bus) && a.source.evdev == b.source.evdev && at(&a.info, &b.info)
        }
        (D::Iommu(_), D::Iommu(_)) => true,
        (D::Lease(a), D::Lease(b)) => (&a.lockspace, &a.key) == (&b.lockspace, &b.key),
        (D::Parallel(a), D::Parallel(b)) => a.source.kind == b.source.kind && a.port == b.port,
        (D::Redirdev(a), D::Redirdev(b)) => {
            a.bus == b.bus
                && a.source.kind == b.source.kind
                && at(&a.info, &b.info)
                && called(&a.info, &b.info)
        }
        (D::Rng(a), D::Rng(b)) => {
            (a.model, &a.backend, a.rate_bytes, a.rate_period)
                == (b.model, &b.backend, b.rate_bytes, b.rate_period)
                && at(&a.info, &b.info)
        }
        (D::Serial(a), D::Serial(b)) => {
            a.source.kind == b.source.kind && (a.target_type, a.port) == (b.target_type, b.port)
        }
        (D::Shmem(a), D::Shmem(b)) => shmem(a, b),
        (D::Sound(a), D::Sound(b)) => sound(a, b),
        (D::Vsock(a), D::Vsock(b)) => (a.model, a.auto_cid) == (b.model, b.auto_cid) && at(&a.info, &b.info),
        (D::Watchdog(a), D::Watchdog(b)) => {
            (a.model, a.action) == (b.model, b.action) && at(&a.info, &b.info) && called(&a.info, &b.info)
        }
        _ => false,
    }
}

/// The address counts where the description gives one.
fn at(have: &DeviceInfo, wanted: &DeviceInfo) -> bool {
    match (have.pci(), wanted.pci()) {
        (Some(have), Some(wanted)) => same_function(have, wanted),
        _ => wanted.address.is_none() || have.address == wanted.address,
    }
}

/// The alias counts where the description gives one.
fn called(have: &DeviceInfo, wanted: &DeviceInfo) -> bool {
    wanted.alias.is_none() || have.alias == wanted.alias
}

/// What the guest sees of a channel; whether a program in it has the channel open does not count.
fn is_same_target(have: &ChannelTarget, wanted: &ChannelTarget) -> bool {
    use ChannelTarget as T;
    match (have, wanted) {
        (T::Virtio { name: a, .. }, T::Virtio { name: b, .. }) => a == b,
        (have, wanted) => have == wanted,
    }
}

/// A memory device. `placed`: its address counts where one is given, else those that have one are not meant.
pub fn memory(have: &MemoryDevice, wanted: &MemoryDevice, placed: bool) -> bool {
    let place = if placed { at(&have.info, &wanted.info) } else { have.info.address.is_none() };
    place && called(&have.info, &wanted.info) && memory_model(&have.model, &wanted.model)
}

fn memory_model(have: &MemoryModel, wanted: &MemoryModel) -> bool {
    use MemoryModel as M;
    let (a, b) = (have.target(), wanted.target());
    if (a.node, a.size) != (b.node, b.size) {
        return false;
    }
    match (have, wanted) {
        (M::Dimm(a), M::Dimm(b)) => (&a.nodemask, a.pagesize) == (&b.nodemask, b.pagesize),
        (M::Nvdimm(a), M::Nvdimm(b)) => a.path == b.path,
        (M::VirtioPmem(a), M::VirtioPmem(b)) => (&a.path, a.address) == (&b.path, b.address),
        (M::VirtioMem(a), M::VirtioMem(b)) => {
            (&a.nodemask, a.pagesize, a.block, a.requested, a.address)
                == (&b.nodemask, b.pagesize, b.block, b.requested, b.address)
        }
        (M::SgxEpc(a), M::SgxEpc(b)) => a.nodemask == b.nodemask,
        _ => false,
    }
}

pub fn shmem(have: &Shmem, wanted: &Shmem) -> bool {
    let shape = |shmem: &Shmem| (shmem.name.clone(), shmem.model, shmem.role, shmem.size);
    shape(have) == shape(wanted)
        && have.server == wanted.server
        && have.msi == wanted.msi
        && at(&have.info, &wanted.info)
}

fn sound(have: &Sound, wanted: &Sound) -> bool {
    let codecs = |sound: &Sound| sound.codecs.iter().map(|codec| codec.kind).collect::<Vec<_>>();
    (have.model, have.multichannel, have.streams) == (wanted.model, wanted.multichannel, wanted.streams)
        && codecs(have) == codecs(wanted)
        && at(&have.info, &wanted.info)
}
