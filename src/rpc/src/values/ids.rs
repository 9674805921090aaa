//! The keys of objects: on the wire they look as the core holds them.

use crate::xdr::{Decoder, Encoder, Xdr};
use ferrovirt_core::{
    DomainCheckpointId, DomainId, DomainSnapshotId, InterfaceId, NetworkId, NetworkPortId, NodeDeviceId,
    NwFilterBindingId, NwFilterId, Result, SecretId, StoragePoolId, StorageVolId,
};
use std::sync::Arc;
use uuid::Uuid;

/// Ids by their fields, in the order of the wire, which is not always that of the core.
macro_rules! ids {
    ($($id:ident { $($field:ident: $ty:ty),* })*) => {$(
        impl Xdr for $id {
            const MIN_SIZE: usize = 0 $(+ <$ty as Xdr>::MIN_SIZE)*;

            fn encode(&self, out: &mut Encoder) -> Result<()> {
                $(self.$field.encode(out)?;)*
                Ok(())
            }

            fn decode(input: &mut Decoder<'_>) -> Result<Self> {
                $(let $field = <$ty>::decode(input)?;)*
                Ok(Self { $($field),* })
            }
        }

        #[cfg(any(test, feature = "samples"))]
        impl crate::xdr::sample::Sample for $id {
            fn sample(from: &mut crate::xdr::sample::Source) -> Self {
                Self { $($field: crate::xdr::sample::Sample::sample(from)),* }
            }
        }
    )*};
}

ids! {
    DomainId { name: Arc<str>, uuid: Uuid, id: i32 }
    NetworkId { name: Arc<str>, uuid: Uuid }
    NetworkPortId { network: NetworkId, uuid: Uuid }
    NwFilterId { name: Arc<str>, uuid: Uuid }
    NwFilterBindingId { port_dev: Arc<str>, filter_name: Arc<str> }
    InterfaceId { name: Arc<str>, mac: Arc<str> }
    StoragePoolId { name: Arc<str>, uuid: Uuid }
    StorageVolId { pool: Arc<str>, name: Arc<str>, key: Arc<str> }
    SecretId { uuid: Uuid, usage_type: i32, usage_id: Arc<str> }
    DomainCheckpointId { name: Arc<str>, domain: DomainId }
    DomainSnapshotId { name: Arc<str>, domain: DomainId }
}

/// The wire does not name a device's parent: who receives the id asks for it where that matters.
impl Xdr for NodeDeviceId {
    const MIN_SIZE: usize = 4;

    fn encode(&self, out: &mut Encoder) -> Result<()> {
        self.name.encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self { name: Xdr::decode(input)?, parent: "".into() })
    }
}

#[cfg(any(test, feature = "samples"))]
impl crate::xdr::sample::Sample for NodeDeviceId {
    fn sample(from: &mut crate::xdr::sample::Source) -> Self {
        Self { name: crate::xdr::sample::Sample::sample(from), parent: "".into() }
    }
}
