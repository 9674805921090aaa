//! Moving a domain to another host: the phases of a migration, and its speed and downtime.
//!
//! The order of the phases is the business of the Rust face where the caller holds both connections, and of the
//! source's driver in a peer-to-peer migration; a driver does what one phase says and nothing else.

use super::super::{Feature, StreamDriver};
use crate::{DomainId, TypedParams};

/// Which exchange both hosts have agreed on, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MigrationProtocol {
    /// Prepare, perform, finish; the destination makes up its own description.
    V1,
    /// The description goes along with prepare, and finish is told how perform went.
    V2,
    /// Begin and confirm frame it at the source; each phase may pass a cookie to the next.
    V3,
    /// As `V3`, with parameters beyond URI, name, XML and bandwidth.
    V3Params,
}

/// What one phase of a migration is told.
#[derive(Debug, Clone, Copy)]
pub struct MigrationStep<'a> {
    pub protocol: MigrationProtocol,
    /// `VIR_MIGRATE_PARAM_*`.
    pub params: &'a TypedParams,
    /// What the other host's last phase has answered; empty if nothing.
    pub cookie: &'a [u8],
    /// `VIR_MIGRATE_*`.
    pub flags: u32,
}

/// The source is ready and holds the domain for the migration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationBegun {
    /// The description that the destination is to start from.
    pub xml: String,
    pub cookie: Vec<u8>,
}

/// The destination listens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationPrepared {
    pub cookie: Vec<u8>,
    /// Where the source shall connect to, if the destination chose that.
    pub uri: Option<String>,
}

/// The destination is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrationFinished {
    /// The domain at its new place; absent where a cancelled migration was cleaned up.
    pub domain: Option<DomainId>,
    pub cookie: Vec<u8>,
}

driver_trait! {
    /// Moving a domain to another host.
    pub trait DomainMigration in Domain {
        /// Whether the driver, or the daemon that it talks to, has a feature. Most are protocols of migration.
        fn connect_supports_feature(&self, feature: Feature) -> bool = "virConnectSupportsFeature";
        /// Source: makes the description and, with `VIR_MIGRATE_CHANGE_PROTECTION`, takes the job that confirm ends.
        fn domain_migrate_begin(&self, domain: &DomainId, step: &MigrationStep<'_>) -> MigrationBegun = "virDomainMigrateBegin3Params" writes;
        /// Destination: starts the guest, waiting for its memory. The description is `VIR_MIGRATE_PARAM_DEST_XML`.
        fn domain_migrate_prepare(&self, step: &MigrationStep<'_>) -> MigrationPrepared = "virDomainMigratePrepare3Params" writes;
        /// Destination: as prepare, but memory will come through the stream that is returned beside the answer.
        fn domain_migrate_prepare_tunnel(
            &self,
            step: &MigrationStep<'_>,
        ) -> (MigrationPrepared, Box<dyn StreamDriver>) = "virDomainMigratePrepareTunnel3Params" writes;
        /// Source: sends the guest. With `VIR_MIGRATE_PEER2PEER` the driver connects to `connection_uri` and runs all
        /// phases itself; without, `connection_uri` is absent. The cookie for the destination comes back.
        fn domain_migrate_perform(
            &self,
            domain: &DomainId,
            connection_uri: Option<&str>,
            step: &MigrationStep<'_>,
        ) -> Vec<u8> = "virDomainMigratePerform3Params" writes;
        /// Destination: lets the guest run, or takes it away again where the migration was cancelled. Its name is
        /// `VIR_MIGRATE_PARAM_DEST_NAME`.
        fn domain_migrate_finish(&self, step: &MigrationStep<'_>, cancelled: bool) -> MigrationFinished = "virDomainMigrateFinish3Params" writes;
        /// Source: gives the guest up, or lets it run on where the migration was cancelled.
        fn domain_migrate_confirm(
            &self,
            domain: &DomainId,
            step: &MigrationStep<'_>,
            cancelled: bool,
        ) -> () = "virDomainMigrateConfirm3Params" writes;
        /// Milliseconds.
        fn domain_migrate_get_max_downtime(&self, domain: &DomainId, flags: u32) -> u64 = "virDomainMigrateGetMaxDowntime";
        fn domain_migrate_set_max_downtime(&self, domain: &DomainId, downtime: u64, flags: u32) -> () = "virDomainMigrateSetMaxDowntime" writes;
        /// Bytes.
        fn domain_migrate_get_compression_cache(&self, domain: &DomainId, flags: u32) -> u64 = "virDomainMigrateGetCompressionCache";
        fn domain_migrate_set_compression_cache(
            &self,
            domain: &DomainId,
            size: u64,
            flags: u32,
        ) -> () = "virDomainMigrateSetCompressionCache" writes;
        /// MiB/s.
        fn domain_migrate_get_max_speed(&self, domain: &DomainId, flags: u32) -> u64 = "virDomainMigrateGetMaxSpeed" writes;
        fn domain_migrate_set_max_speed(&self, domain: &DomainId, bandwidth: u64, flags: u32) -> () = "virDomainMigrateSetMaxSpeed" writes;
        /// Lets the guest run at the destination now; the rest of its memory follows.
        fn domain_migrate_start_post_copy(&self, domain: &DomainId, flags: u32) -> () = "virDomainMigrateStartPostCopy" writes;
    }
}
