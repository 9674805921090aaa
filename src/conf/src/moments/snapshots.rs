//! Snapshots in lists, and such as were taken before.

use super::{Leaves, Moments, Wanted};
use crate::domain::{AbiCheck, SnapshotLocation};
use crate::snapshot::{DomainSnapshot, SnapshotState};
use ferrovirt_core::{Error, ErrorDomain, Result, abi};
use uuid::Uuid;

/// What [`list`] knows.
pub const LIST_FLAGS: u32 = abi::VIR_DOMAIN_SNAPSHOT_LIST_ROOTS
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_METADATA
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_LEAVES
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL
    | abi::VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL;

/// The snapshots that `flags` (`VIR_DOMAIN_SNAPSHOT_LIST_*`) ask for, all of them or those after `from`.
pub fn list<'a>(
    snapshots: &'a Moments<DomainSnapshot>,
    from: Option<&str>,
    flags: u32,
) -> impl Iterator<Item = &'a DomainSnapshot> {
    let bit = flags & abi::VIR_DOMAIN_SNAPSHOT_LIST_ROOTS != 0;
    let (yes, no) = (abi::VIR_DOMAIN_SNAPSHOT_LIST_LEAVES, abi::VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES);
    // Without a start the bit asks for the roots alone; with one, for all and not only the nearest.
    let leaves = Leaves { only: flags & yes != 0, none: flags & no != 0 };
    let found = snapshots.list(from, Wanted { nearest: bit == from.is_none(), leaves });
    // All snapshots here have metadata.
    let (with, without) = (abi::VIR_DOMAIN_SNAPSHOT_LIST_METADATA, abi::VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA);
    let none = flags & (with | without) == without;
    found.into_iter().map(|snapshot| &**snapshot).filter(move |snapshot| !none && passes(snapshot, flags))
}

fn passes(snapshot: &DomainSnapshot, flags: u32) -> bool {
    let off = snapshot.state == Some(SnapshotState::Shutoff);
    let disks = snapshot.state == Some(SnapshotState::DiskSnapshot);
    let external = snapshot.is_external();
    let states = [
        (abi::VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE, off),
        (abi::VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY, disks),
        (abi::VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE, !off && !disks),
    ];
    let places = [
        (abi::VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL, !external),
        (abi::VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL, external),
    ];
    // Of a group of flags at least one must hold; a group of which none is given holds for all.
    let holds = |group: &[(u32, bool)]| {
        let mut asked = group.iter().filter(|(flag, _)| flags & flag != 0).peekable();
        asked.peek().is_none() || asked.any(|(_, holds)| *holds)
    };
    holds(&states) && holds(&places)
}

/// Takes in what a snapshot was that had been taken before, of the domain with this UUID.
pub fn redefine(
    snapshots: &mut Moments<DomainSnapshot>,
    mut snapshot: DomainSnapshot,
    uuid: Option<Uuid>,
) -> Result<()> {
    snapshots.check_parent(&snapshot)?;
    let refuse = |text: String| Err(Error::invalid_arg(text).domain(ErrorDomain::DomainSnapshot));
    let name = &snapshot.name;
    if snapshot.domain.as_ref().is_some_and(|model| model.uuid != uuid) {
        return refuse(format!("snapshot '{name}' is one of another domain, by its uuid"));
    }
    let known = snapshots.find(name).cloned();
    if let Some(known) = &known {
        let online = |snapshot: &DomainSnapshot| snapshot.state.is_some_and(SnapshotState::is_online);
        let disks = |snapshot: &DomainSnapshot| snapshot.state == Some(SnapshotState::DiskSnapshot);
        if online(known) != online(&snapshot) {
            return refuse(format!("snapshot '{name}' can't change between with and without memory"));
        }
        if disks(known) != disks(&snapshot) {
            return refuse(format!("snapshot '{name}' can't change between all and only the disks"));
        }
        if let (Some(had), Some(gets)) = (&known.domain, &snapshot.domain) {
            had.check_abi(gets, AbiCheck::default())?;
        }
    }
    let external = snapshot.state == Some(SnapshotState::DiskSnapshot) || snapshot.is_external();
    let location = if external { SnapshotLocation::External } else { SnapshotLocation::Internal };
    let other = known.as_ref().and_then(|known| known.domain.as_deref());
    snapshot.align_disks(other, location)?;
    snapshots.put(snapshot);
    Ok(())
}
