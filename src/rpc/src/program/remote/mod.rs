//! The remote program: everything that `libvirt.so.0` can do, by subject.

mod checkpoint;
mod connect;
mod domain_block;
mod domain_config;
mod domain_devices;
mod domain_guest;
mod domain_jobs;
mod domain_lifecycle;
mod domain_stats;
mod domain_tuning;
mod events;
mod host;
mod interface;
mod migration;
mod network;
mod nodedev;
mod nwfilter;
mod secret;
mod snapshot;
mod storage;

pub use checkpoint::*;
pub use connect::*;
pub use domain_block::*;
pub use domain_config::*;
pub use domain_devices::*;
pub use domain_guest::*;
pub use domain_jobs::*;
pub use domain_lifecycle::*;
pub use domain_stats::*;
pub use domain_tuning::*;
pub use events::*;
pub use host::*;
pub use interface::*;
pub use migration::*;
pub use network::*;
pub use nodedev::*;
pub use nwfilter::*;
pub use secret::*;
pub use snapshot::*;
pub use storage::*;

use crate::procedure::Row;

/// All rows.
pub(super) const ROWS: &[&[&Row]] = &[
    checkpoint::ROWS,
    connect::ROWS,
    domain_block::ROWS,
    domain_config::ROWS,
    domain_devices::ROWS,
    domain_guest::ROWS,
    domain_jobs::ROWS,
    domain_lifecycle::ROWS,
    domain_stats::ROWS,
    domain_tuning::ROWS,
    events::ROWS,
    host::ROWS,
    interface::ROWS,
    migration::ROWS,
    network::ROWS,
    nodedev::ROWS,
    nwfilter::ROWS,
    secret::ROWS,
    snapshot::ROWS,
    storage::ROWS,
    events::EVENT_ROWS,
];

#[cfg(any(test, feature = "samples"))]
pub(crate) const CHECKS: &[&[crate::samples::Check]] = &[
    checkpoint::CHECKS,
    connect::CHECKS,
    domain_block::CHECKS,
    domain_config::CHECKS,
    domain_devices::CHECKS,
    domain_guest::CHECKS,
    domain_jobs::CHECKS,
    domain_lifecycle::CHECKS,
    domain_stats::CHECKS,
    domain_tuning::CHECKS,
    events::CHECKS,
    host::CHECKS,
    interface::CHECKS,
    migration::CHECKS,
    network::CHECKS,
    nodedev::CHECKS,
    nwfilter::CHECKS,
    secret::CHECKS,
    snapshot::CHECKS,
    storage::CHECKS,
    events::EVENT_CHECKS,
];
