//! Which guests a list is to hold.

use super::View;
use ferrovirt_core::abi;
use ferrovirt_core::flags::{either as pair, matches};

/// All flags that a list can be asked for with.
pub const KNOWN: u32 = abi::VIR_CONNECT_LIST_DOMAINS_ACTIVE
    | abi::VIR_CONNECT_LIST_DOMAINS_INACTIVE
    | abi::VIR_CONNECT_LIST_DOMAINS_PERSISTENT
    | abi::VIR_CONNECT_LIST_DOMAINS_TRANSIENT
    | abi::VIR_CONNECT_LIST_DOMAINS_RUNNING
    | abi::VIR_CONNECT_LIST_DOMAINS_PAUSED
    | abi::VIR_CONNECT_LIST_DOMAINS_SHUTOFF
    | abi::VIR_CONNECT_LIST_DOMAINS_OTHER
    | abi::VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE
    | abi::VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE
    | abi::VIR_CONNECT_LIST_DOMAINS_AUTOSTART
    | abi::VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART
    | abi::VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
    | abi::VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT
    | abi::VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT
    | abi::VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT;

/// Whether a guest is among those that `flags` ask for: of each group of flags at least one must hold, a group of
/// which none is given holds for all.
pub fn passes(view: &View, flags: u32) -> bool {
    let running = view.state == abi::VIR_DOMAIN_RUNNING;
    let paused = view.state == abi::VIR_DOMAIN_PAUSED;
    let off = view.state == abi::VIR_DOMAIN_SHUTOFF;
    let groups = [
        pair(abi::VIR_CONNECT_LIST_DOMAINS_ACTIVE, abi::VIR_CONNECT_LIST_DOMAINS_INACTIVE, view.is_active()),
        pair(
            abi::VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
            abi::VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
            view.persistent,
        ),
        pair(
            abi::VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
            abi::VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
            view.managed_save,
        ),
        pair(
            abi::VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
            abi::VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
            view.autostart,
        ),
        pair(
            abi::VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
            abi::VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
            !view.snapshots.is_empty(),
        ),
        pair(
            abi::VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
            abi::VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
            !view.checkpoints.is_empty(),
        ),
    ];
    let states = [
        (abi::VIR_CONNECT_LIST_DOMAINS_RUNNING, running),
        (abi::VIR_CONNECT_LIST_DOMAINS_PAUSED, paused),
        (abi::VIR_CONNECT_LIST_DOMAINS_SHUTOFF, off),
        (abi::VIR_CONNECT_LIST_DOMAINS_OTHER, !running && !paused && !off),
    ];
    groups.iter().all(|group| matches(flags, group)) && matches(flags, &states)
}
