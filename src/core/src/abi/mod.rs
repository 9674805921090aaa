//! The facts of the C interface: every public constant, structure and callback type of libvirt 11.3.0, one file a C header.
//!
//! Names are C's, so that whoever knows one finds the other. The C headers and the API description are generated from
//! these files (`cargo xtask codegen`): a comment here is the comment there, and its last words, `Since x.y.z.`, are the
//! release of libvirt that the name came with. Functions are not here but in the crate `ferrovirt-capi`.
#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case)]

/// Declares a C enumeration: a Rust alias for its integer type and a constant for each member.
///
/// A Rust `enum` can't be used: members share values, and C passes values that have no member.
/// What stands in `sentinel` is in the C header only for those who define `VIR_ENUM_SENTINELS`, because it changes with releases.
macro_rules! c_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $int:ty { $($(#[$doc:meta])* $member:ident = $value:expr,)* }
        $(sentinel { $($(#[$last_doc:meta])* $last:ident = $last_value:expr,)* })?
    ) => {
        $(#[$meta])*
        pub type $name = $int;
        $($(#[$doc])* pub const $member: $int = $value;)*
        $($($(#[$last_doc])* pub const $last: $int = $last_value;)*)?
    };
}

mod admin;
mod common;
mod domain;
mod domain_checkpoint;
mod domain_snapshot;
mod event;
mod host;
mod interface;
mod lxc;
mod network;
mod nodedev;
mod nwfilter;
mod qemu;
mod secret;
mod storage;
mod stream;
mod virterror;

pub use admin::*;
pub use common::*;
pub use domain::*;
pub use domain_checkpoint::*;
pub use domain_snapshot::*;
pub use event::*;
pub use host::*;
pub use interface::*;
pub use network::*;
pub use nodedev::*;
pub use nwfilter::*;
pub use qemu::*;
pub use secret::*;
pub use storage::*;
pub use stream::*;
pub use virterror::*;

/// A C parameter that is itself `const`, as in `char **const names`. It changes nothing for the caller.
pub type Const<T> = T;
