//! What drivers implement: traits split by subject, every method answering "not supported" until a driver says otherwise.
//!
//! Methods block, as the C API does. XML passes as text, as in C and on the wire; flags pass as the numbers of
//! [`crate::abi`]. Checks that hold for every driver (NULLs, contradicting flags) are made by the Rust face before a driver
//! is asked.

/// Declares a driver trait: each method's default body is `VIR_ERR_NO_SUPPORT`, with the C name and libvirt's domain.
/// What changes something says so by `writes` at its end, and is refused by [`ReadOnly`].
macro_rules! driver_trait {
    (
        $(#[$doc:meta])*
        pub trait $trait:ident in $domain:ident {
            $(
                $(#[$method_doc:meta])*
                fn $method:ident(&self $(, $arg:ident: $ty:ty)* $(,)?) -> $ret:ty = $c:literal $($writes:ident)?;
            )*
        }
    ) => {
        $(#[$doc])*
        pub trait $trait: Send + Sync {
            $(
                #[doc = concat!("`", $c, "`")]
                $(#[$method_doc])*
                fn $method(&self $(, $arg: $ty)*) -> $crate::Result<$ret> {
                    $(let _ = $arg;)*
                    Err($crate::Error::no_support($c).domain($crate::ErrorDomain::$domain))
                }
            )*
        }

        impl<D: $trait + ?Sized> $trait for $crate::driver::ReadOnly<D> {
            $(
                fn $method(&self $(, $arg: $ty)*) -> $crate::Result<$ret> {
                    driver_trait!(@read_only $($writes)?, $c, $domain, self, $method $(, $arg)*)
                }
            )*
        }
    };
    (@read_only writes, $c:literal, $domain:ident, $self:expr, $method:ident $(, $arg:ident)*) => {{
        $(let _ = $arg;)*
        Err($crate::driver::read_only_refusal($c).domain($crate::ErrorDomain::$domain))
    }};
    (@read_only , $c:literal, $domain:ident, $self:expr, $method:ident $(, $arg:ident)*) => {
        $self.0.$method($($arg),*)
    };
}

/// A driver as a read-only connection has it: what changes something is refused.
pub struct ReadOnly<D: ?Sized>(pub std::sync::Arc<D>);

/// What a read-only connection answers to `what`, a C function or what else somebody is about to do.
pub fn read_only_refusal(what: &str) -> crate::Error {
    let detail = format!("the connection is read-only, {what} needs write access");
    crate::Error::new(crate::ErrorCode::OperationDenied, detail)
}

mod admin;
mod auth;
mod checkpoint;
mod domain;
mod extension;
mod feature;
mod host;
mod interface;
mod network;
mod nodedev;
mod nwfilter;
mod secret;
mod snapshot;
mod storage;
mod stream;

pub use admin::*;
pub use auth::*;
pub use checkpoint::*;
pub use domain::*;
pub use extension::*;
pub use feature::*;
pub use host::*;
pub use interface::*;
pub use network::*;
pub use nodedev::*;
pub use nwfilter::*;
pub use secret::*;
pub use snapshot::*;
pub use storage::*;
pub use stream::*;

/// A hypervisor: the subjects that every hypervisor driver declares, however little it can do of each.
pub trait HypervisorDriver:
    HostDriver
    + DomainLookup
    + DomainLifecycle
    + DomainConfig
    + DomainTuning
    + DomainStats
    + DomainDevices
    + DomainBlock
    + DomainJobs
    + DomainMigration
    + DomainGuest
    + DomainConsole
    + SnapshotDriver
    + CheckpointDriver
    + QemuExtension
    + LxcExtension
    + NodeDeviceAssignment
{
}

impl<D> HypervisorDriver for D where
    D: HostDriver
        + DomainLookup
        + DomainLifecycle
        + DomainConfig
        + DomainTuning
        + DomainStats
        + DomainDevices
        + DomainBlock
        + DomainJobs
        + DomainMigration
        + DomainGuest
        + DomainConsole
        + SnapshotDriver
        + CheckpointDriver
        + QemuExtension
        + LxcExtension
        + NodeDeviceAssignment
{
}
