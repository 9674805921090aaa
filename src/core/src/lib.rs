//! What every room of the house shares: errors, ids, typed parameters, events, jobs, the object store, the driver traits.

pub mod abi;
mod config_file;
pub mod driver;
pub mod error;
pub mod event;
pub mod event_loop;
pub mod flags;
pub mod held;
mod ids;
pub mod instances;
mod job;
pub mod keycode;
pub mod layout;
pub mod persist;
pub mod store;
mod typed_params;

pub use config_file::{ConfigFile, ConfigValue};
pub use error::{Error, ErrorCode, ErrorDomain, ErrorLevel, Result};
pub use event::{DomainEvent, DomainEventKind, Event, EventHub};
pub use ids::{
    DomainCheckpointId, DomainId, DomainSnapshotId, InterfaceId, NetworkId, NetworkPortId, NodeDeviceId,
    NwFilterBindingId, NwFilterId, SecretId, StoragePoolId, StorageVolId,
};
pub use job::{Job, JobSlot};
pub use typed_params::{KnownParam, ParamName, TypedParams, TypedValue, format_compact};
