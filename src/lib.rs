//! Ferrovirt: manage virtual machines, networks and storage, on this host or another.
//!
//! This crate is the Rust face: [`Connection`] and the objects found on it. The C ABI is a thin layer over it,
//! so whatever holds for every driver (flags that contradict each other, read-only access) is checked here once.

mod admin;
mod arguments;
mod checkpoint;
mod connection;
mod domain;
mod events;
mod flags;
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod interface;
mod lxc;
mod network;
mod network_port;
mod nodedev;
mod nwfilter;
mod object;
mod object_events;
mod qemu;
pub mod rules;
mod secret;
mod snapshot;
mod storage;
mod storage_vol;
mod stream;

pub use admin::{AdminClient, AdminCloseCallback, AdminConnection, AdminServer};
pub use checkpoint::DomainCheckpoint;
pub use connection::{
    AccessMode, Acting, CloseCallback, Connection, Drivers, LocalHost, Neighbours, OpenOptions, Subjects,
};
pub use domain::{Domain, MigrationTarget, cpu_stats_query};
pub use events::{CallbackId, EventCallback, Listener};
/// The definitions of guests, networks and all else as values of Rust: built by hand, from XML, or from JSON by serde.
pub use ferrovirt_conf as conf;
pub use ferrovirt_core::{Error, ErrorCode, ErrorDomain, ErrorLevel, Result};
pub use ferrovirt_core::{TypedParams, TypedValue, driver, error, event, event_loop};
pub use interface::Interface;
pub use lxc::{enter_cgroups_of, enter_namespaces, enter_security_label, open_own_namespaces};
pub use network::Network;
pub use network_port::NetworkPort;
pub use nodedev::{NODE_DEVICE_CAPABILITIES, NodeDevice};
pub use nwfilter::{NwFilter, NwFilterBinding};
pub use qemu::{MonitorEventFilter, monitor_event_filter};
pub use secret::Secret;
pub use snapshot::DomainSnapshot;
pub use storage::StoragePool;
pub use storage_vol::StorageVol;
pub use stream::{SparseSink, SparseSource, Stream};
