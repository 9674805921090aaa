//! Snapshots and checkpoints: trees of moments in a guest's life.

mod checkpoints;
mod snapshots;

pub use ferrovirt_conf::checkpoint::DomainCheckpoint as Checkpoint;
pub use ferrovirt_conf::moments::Moments;
pub use ferrovirt_conf::snapshot::DomainSnapshot as Snapshot;
pub use snapshots::{check_relations, install as install_snapshot};

use ferrovirt_core::{Error, ErrorDomain};

fn own(err: Error) -> Error {
    err.or_domain(ErrorDomain::Test)
}
