//! The keys of objects: on the wire they look as the core holds them.

use crate::procedure::Object;
use crate::xdr::{Decoder, Encoder, Xdr};
use ferrovirt_core::{
    DomainCheckpointId, DomainId, DomainSnapshotId, InterfaceId, NetworkId, NetworkPortId, NodeDeviceId,
    NwFilterBindingId, NwFilterId, Result, SecretId, StoragePoolId, StorageVolId,
};
use std::sync::Arc;
use uuid::Uuid;

/// Ids by their fields, in the order of the wire, which is not always that of the core.
macro_rules! ids {
    ($($id:ident { $($field:ident: $ty:ty),* } is |$it:ident| $object:expr;)*) => {$(
        impl Xdr for $id {
            const MIN_SIZE: usize = 0 $(+ <$ty as Xdr>::MIN_SIZE)*;
            const NAMES_OBJECT: bool = true;

            fn as_object(&self) -> Option<Object> {
                let $it = self;
                Some($object)
            }

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
    DomainId { name: Arc<str>, uuid: Uuid, id: i32 } is |id| Object::Domain(id.uuid);
    NetworkId { name: Arc<str>, uuid: Uuid } is |id| Object::Network(id.uuid);
    NetworkPortId { network: NetworkId, uuid: Uuid } is |id| Object::NetworkPort(id.clone());
    NwFilterId { name: Arc<str>, uuid: Uuid } is |id| Object::NwFilter(id.uuid);
    NwFilterBindingId { port_dev: Arc<str>, filter_name: Arc<str> }
        is |id| Object::NwFilterBinding(id.clone());
    InterfaceId { name: Arc<str>, mac: Arc<str> } is |id| Object::Interface(id.clone());
    StoragePoolId { name: Arc<str>, uuid: Uuid } is |id| Object::StoragePool(id.uuid);
    StorageVolId { pool: Arc<str>, name: Arc<str>, key: Arc<str> } is |id| Object::StorageVol(id.clone());
    SecretId { uuid: Uuid, usage_type: i32, usage_id: Arc<str> } is |id| Object::Secret(id.uuid);
    DomainCheckpointId { name: Arc<str>, domain: DomainId } is |id| Object::Domain(id.domain.uuid);
    DomainSnapshotId { name: Arc<str>, domain: DomainId } is |id| Object::Domain(id.domain.uuid);
}

/// The wire does not name a device's parent: who receives the id asks for it where that matters.
impl Xdr for NodeDeviceId {
    const MIN_SIZE: usize = 4;
    const NAMES_OBJECT: bool = true;

    fn as_object(&self) -> Option<Object> {
        Some(Object::NodeDevice(self.name.clone()))
    }

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
