//! From what the face gives to what goes over the wire.

use ferrovirt::{
    Domain, DomainCheckpoint, DomainSnapshot, Interface, Network, NetworkPort, NodeDevice, NwFilter,
    NwFilterBinding, Secret, StoragePool, StorageVol,
};
use ferrovirt_core::{
    DomainCheckpointId, DomainId, DomainSnapshotId, Error, InterfaceId, NetworkId, NetworkPortId,
    NodeDeviceId, NwFilterBindingId, NwFilterId, Result, SecretId, StoragePoolId, StorageVolId, TypedParams,
};
use ferrovirt_rpc::values::Params;
use ferrovirt_rpc::xdr::{List, Opaque};
use std::sync::Arc;

/// The same in the type of the wire.
pub(crate) trait Reply<R> {
    fn reply(self) -> R;
}

impl<T> Reply<T> for T {
    fn reply(self) -> T {
        self
    }
}

macro_rules! replies {
    ($($from:ty => $to:ty: |$value:ident| $made:expr;)*) => {$(
        impl Reply<$to> for $from {
            fn reply(self) -> $to {
                let $value = self;
                $made
            }
        }
    )*};
}

replies! {
    bool => i32: |value| value.into();
    u32 => i32: |value| i32::try_from(value).unwrap_or(i32::MAX);
    usize => i32: |value| i32::try_from(value).unwrap_or(i32::MAX);
    usize => u32: |value| u32::try_from(value).unwrap_or(u32::MAX);
    String => Option<String>: |value| Some(value);
    Domain => DomainId: |value| value.id();
    DomainSnapshot => DomainSnapshotId: |value| value.id();
    DomainCheckpoint => DomainCheckpointId: |value| value.id();
    Network => NetworkId: |value| value.id().clone();
    NetworkPort => NetworkPortId: |value| value.id().clone();
    StoragePool => StoragePoolId: |value| value.id().clone();
    StorageVol => StorageVolId: |value| value.id().clone();
    Secret => SecretId: |value| value.id().clone();
    NodeDevice => NodeDeviceId: |value| value.id().clone();
    NwFilter => NwFilterId: |value| value.id().clone();
    NwFilterBinding => NwFilterBindingId: |value| value.id().clone();
    Interface => InterfaceId: |value| value.id().clone();
}

impl<T, const MAX: usize> Reply<List<T, MAX>> for Vec<T> {
    fn reply(self) -> List<T, MAX> {
        List(self)
    }
}

impl<const MAX: usize> Reply<Opaque<MAX>> for Vec<u8> {
    fn reply(self) -> Opaque<MAX> {
        Opaque(self)
    }
}

impl<const MAX: usize> Reply<Params<MAX>> for TypedParams {
    fn reply(self) -> Params<MAX> {
        Params(self)
    }
}

/// Refuses to be asked for more than the protocol can carry, or for less than nothing.
pub(crate) fn within(
    count: impl TryInto<usize> + Copy + std::fmt::Display,
    max: usize,
    name: &str,
) -> Result<usize> {
    match count.try_into() {
        Ok(number) if number <= max => Ok(number),
        _ => Err(Error::internal(format!("{name} is {count}, the protocol carries from 0 to {max}"))),
    }
}

/// The objects of a list, if they are wanted, and how many there are.
pub(crate) fn listed<T: Reply<I>, I, N, const MAX: usize>(
    all: Vec<T>,
    wanted: impl Into<i64>,
) -> (List<I, MAX>, N)
where
    usize: Reply<N>,
{
    let count = all.len().reply();
    let objects = match wanted.into() {
        0 => List(Vec::new()),
        _ => all.into_iter().map(Reply::reply).collect(),
    };
    (objects, count)
}

/// Texts that names are kept in.
pub(crate) trait Name {
    fn text(self) -> String;
}

impl Name for String {
    fn text(self) -> String {
        self
    }
}

impl Name for Arc<str> {
    fn text(self) -> String {
        self.to_string()
    }
}

/// As many names as the caller has room for.
pub(crate) fn named<N: Name, const MAX: usize>(all: Result<Vec<N>>, room: i32) -> Result<List<String, MAX>> {
    let room = within(room, MAX, "maxnames")?;
    Ok(all?.into_iter().take(room).map(Name::text).collect())
}

/// Parameters for a caller with room for `room` of them; one without any is only told how many there are.
pub(crate) fn counted<const MAX: usize>(
    params: Result<TypedParams>,
    room: i32,
    flags: u32,
) -> Result<(Params<MAX>, i32)> {
    let room = within(room, MAX, "nparams")?;
    let params = params?;
    if room == 0 {
        return Ok((Params(TypedParams::new()), params.len().reply()));
    }
    let params = params.into_iter().take(room).collect();
    Ok((Params::for_caller(params, flags), 0))
}
