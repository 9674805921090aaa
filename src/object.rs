//! The shape that the objects on a connection share: a driver's key, and the connection that it is good on.

/// Declares an object that is found on a connection by a key of its driver.
///
/// `object! { /// what it is
///   Network keyed NetworkId, served by network: NetworkDriver }`
macro_rules! object {
    ($(#[$doc:meta])* $name:ident keyed $id:ty, served by $field:ident: $driver:path) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(std::sync::Arc<(crate::Connection, $id)>);

        impl $name {
            /// The object with this key, for one that is known already, such as an event's: no driver is asked.
            pub fn new(connection: &crate::Connection, id: $id) -> Self {
                Self(std::sync::Arc::new((connection.clone(), id)))
            }

            /// The objects with these keys.
            fn all(connection: &crate::Connection, ids: Vec<$id>) -> Vec<Self> {
                ids.into_iter().map(|id| Self::new(connection, id)).collect()
            }

            pub fn connection(&self) -> &crate::Connection {
                &self.0.0
            }

            /// A number that is the same for all clones of this handle and for no other live one.
            pub fn address(&self) -> usize {
                std::sync::Arc::as_ptr(&self.0) as usize
            }

            pub fn id(&self) -> &$id {
                &self.0.1
            }

            pub(crate) fn driver(&self) -> &dyn $driver {
                &*self.connection().drivers().$field
            }
        }
    };
}

pub(crate) use object;
