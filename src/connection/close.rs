//! Who is told when a connection goes away.

use super::Connection;
use ferrovirt_core::{Error, ErrorCode, Result};
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// Called from the event loop with the connection and a `virConnectCloseReason`.
pub type CloseCallback = Arc<CloseFn>;
pub(super) type CloseFn = dyn Fn(&Connection, i32) + Send + Sync;

/// The one close callback that a connection, or an administrative one, can have.
pub(crate) struct CloseSlot<F: ?Sized>(Mutex<Option<(usize, Arc<F>)>>);

impl<F: ?Sized> Default for CloseSlot<F> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<F: ?Sized> CloseSlot<F> {
    /// Keeps `callback`, which is to be removed by `token`.
    pub fn set(&self, token: usize, callback: Arc<F>) -> Result<()> {
        let mut slot = self.0.lock();
        if slot.is_some() {
            return Err(Error::operation_invalid("the connection has a close callback already"));
        }
        *slot = Some((token, callback));
        Ok(())
    }

    pub fn remove(&self, token: usize) -> Result<()> {
        let removed = {
            let mut slot = self.0.lock();
            match &*slot {
                Some((known, _)) if *known == token => slot.take(),
                Some(_) => return Err(Error::operation_invalid("another close callback is registered")),
                None => return Err(Error::operation_invalid("no close callback is registered")),
            }
        };
        // Dropped outside of the lock: that runs the application's code.
        drop(removed);
        Ok(())
    }

    pub fn get(&self) -> Option<Arc<F>> {
        self.0.lock().as_ref().map(|(_, callback)| callback.clone())
    }
}

impl Connection {
    /// Has `callback` called when the connection goes away. `token` is what it is unregistered by.
    /// A driver whose connections never go away by themselves never calls it.
    pub fn register_close_callback(&self, token: usize, callback: CloseCallback) -> Result<()> {
        self.0.close.set(token, callback)?;
        let connection = Arc::downgrade(&self.0);
        let notice = Box::new(move |reason| tell(&connection, reason));
        match self.drivers().hypervisor.connect_register_close_callback(notice) {
            Err(err) if err.code() != ErrorCode::NoSupport => {
                self.0.close.remove(token)?;
                Err(err)
            }
            _ => Ok(()),
        }
    }

    pub fn unregister_close_callback(&self, token: usize) -> Result<()> {
        self.0.close.remove(token)?;
        match self.drivers().hypervisor.connect_unregister_close_callback() {
            Err(err) if err.code() != ErrorCode::NoSupport => Err(err),
            _ => Ok(()),
        }
    }
}

fn tell(connection: &Weak<super::Inner>, reason: i32) {
    let Some(connection) = connection.upgrade().map(Connection) else { return };
    if let Some(callback) = connection.0.close.get() {
        callback(&connection, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_connection;
    use super::*;

    #[test]
    fn there_is_one_callback_and_only_its_token_removes_it() {
        let conn = test_connection();
        conn.register_close_callback(1, Arc::new(|_, _| ())).unwrap();
        let again = conn.register_close_callback(2, Arc::new(|_, _| ())).unwrap_err();
        assert_eq!(again.code(), ErrorCode::OperationInvalid);
        assert!(conn.unregister_close_callback(2).is_err());
        conn.unregister_close_callback(1).unwrap();
        assert!(conn.unregister_close_callback(1).is_err());
    }
}
