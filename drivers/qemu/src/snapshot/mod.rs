//! Snapshots and checkpoints of guests: what is known of them, taking them, going back to them.

mod delete;
mod images;
mod internal;
mod overlays;
mod revert;
mod store;
mod take;

pub use delete::{delete, delete_checkpoint};
pub use images::{Made, create as make_image};
pub use overlays::bitmap_actions;
pub use revert::revert;
pub use store::{MomentsOf, forget, keep_all, load_all, remove_all};
pub use take::{create, create_checkpoint, keep_checkpoint, new_checkpoint};

use crate::definitions;
use crate::driver::Shared;
use crate::vm::Vm;
use ferrovirt_conf::checkpoint::DomainCheckpoint;
use ferrovirt_conf::domain::{Domain, ParseFlags};
use ferrovirt_conf::moments::Moments;
use ferrovirt_conf::snapshot::DomainSnapshot;
use ferrovirt_core::Result;
use ferrovirt_core::store::Stored;
use ferrovirt_xml::Node;
use std::sync::Arc;

/// How a description inside of a snapshot is read.
fn read_domain(shared: &Shared) -> impl Fn(&Node<'_>) -> Result<Domain> {
    let flags = ParseFlags { inactive: true, skip_validate: true, ..ParseFlags::default() };
    move |node| definitions::parse_node(shared, node, flags)
}

/// Changes a guest's snapshots, on disk and for readers.
fn change_snapshots(
    shared: &Shared,
    vm: &Arc<Vm>,
    change: impl FnOnce(&mut Moments<DomainSnapshot>) -> Result<()>,
) -> Result<()> {
    let before = vm.view().snapshots.clone();
    let mut after = Moments::clone(&before);
    change(&mut after)?;
    store::sync(shared, (&vm.name(), vm.uuid()), &before, &after)?;
    let after = Arc::new(after);
    vm.change(|view| view.snapshots = after.clone());
    Ok(())
}

/// Changes a guest's checkpoints, on disk and for readers.
fn change_checkpoints(
    shared: &Shared,
    vm: &Arc<Vm>,
    change: impl FnOnce(&mut Moments<DomainCheckpoint>) -> Result<()>,
) -> Result<()> {
    let before = vm.view().checkpoints.clone();
    let mut after = Moments::clone(&before);
    change(&mut after)?;
    store::sync(shared, (&vm.name(), vm.uuid()), &before, &after)?;
    let after = Arc::new(after);
    vm.change(|view| view.checkpoints = after.clone());
    Ok(())
}
