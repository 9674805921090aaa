//! Who is told when a connection goes away.

use super::Connection;
use ferrovirt_core::{Error, ErrorCode, Result};
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// Called from the event loop with the connection and a `virConnectCloseReason`.
pub type CloseCallback = Arc<CloseFn>;
pub(super) type CloseFn = dyn Fn(&Connection, i32) + Send + Sync;

/// The one close callback that a connection, or an administrative one, can have.
pub(crate) struct CloseSlot<F: ?Sized>(Mutex<Slot<F>>);

struct Slot<F: ?Sized> {
    callback: Option<(usize, Arc<F>)>,
    /// Those that are never called, kept as long as the connection.
    idle: Vec<Arc<F>>,
}

impl<F: ?Sized> Default for CloseSlot<F> {
    fn default() -> Self {
        Self(Mutex::new(Slot { callback: None, idle: Vec::new() }))
    }
}

impl<F: ?Sized> CloseSlot<F> {
    /// Keeps `callback`, which is to be removed by `token`.
    pub fn set(&self, token: usize, callback: Arc<F>) -> Result<()> {
        let slot = &mut self.0.lock().callback;
        if slot.is_some() {
            return Err(Error::operation_invalid("the connection has a close callback already"));
        }
        *slot = Some((token, callback));
        Ok(())
    }

    /// Keeps the callback aside, so that there may be another.
    fn set_aside(&self) {
        let mut slot = self.0.lock();
        let idle = slot.callback.take().map(|(_, callback)| callback);
        slot.idle.extend(idle);
    }

    pub fn remove(&self, token: usize) -> Result<()> {
        let removed = {
            let slot = &mut self.0.lock().callback;
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
        self.0.lock().callback.as_ref().map(|(_, callback)| callback.clone())
    }
}

impl Connection {
    /// Has `callback` called when the connection goes away. `token` is what it is unregistered by.
    /// A driver whose connections never go away by themselves never calls it, and takes any number: then `false` comes back.
    pub fn register_close_callback(&self, token: usize, callback: CloseCallback) -> Result<bool> {
        self.0.close.set(token, callback)?;
        let connection = Arc::downgrade(&self.0);
        let notice = Box::new(move |reason| tell(&connection, reason));
        match self.drivers().hypervisor.connect_register_close_callback(notice) {
            Ok(()) => Ok(true),
            Err(err) if err.code() == ErrorCode::NoSupport => {
                self.0.close.set_aside();
                Ok(false)
            }
            Err(err) => {
                self.0.close.remove(token)?;
                Err(err)
            }
        }
    }

    pub fn unregister_close_callback(&self, token: usize) -> Result<()> {
        match self.drivers().hypervisor.connect_unregister_close_callback() {
            Err(err) if err.code() == ErrorCode::NoSupport => Ok(()),
            Err(err) => Err(err),
            Ok(()) => self.0.close.remove(token),
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
        let slot = CloseSlot::<CloseFn>::default();
        slot.set(1, Arc::new(|_, _| ())).unwrap();
        let again = slot.set(2, Arc::new(|_, _| ())).unwrap_err();
        assert_eq!(again.code(), ErrorCode::OperationInvalid);
        assert!(slot.remove(2).is_err());
        slot.remove(1).unwrap();
        assert!(slot.remove(1).is_err());
    }

    #[test]
    fn a_connection_that_never_goes_away_takes_any_callback() {
        let conn = test_connection();
        let told = Arc::new(());
        for token in [1, 1, 2] {
            let told = told.clone();
            assert!(!conn.register_close_callback(token, Arc::new(move |_, _| _ = &told)).unwrap());
        }
        conn.unregister_close_callback(3).unwrap();
        assert_eq!(Arc::strong_count(&told), 4);
        drop(conn);
        assert_eq!(Arc::strong_count(&told), 1);
    }
}
