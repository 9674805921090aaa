//! Which of a guest's consoles somebody has open: one user at a time.

use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_host::Closer;
use parking_lot::Mutex;
use std::collections::HashMap;

/// The open consoles of a guest, by path.
#[derive(Default)]
pub struct Consoles(Mutex<HashMap<String, Closer>>);

impl Consoles {
    /// Makes the stream that `closer` closes the user of `path`; with `force` whoever has it open is thrown out.
    pub fn claim(&self, path: &str, closer: Closer, force: bool) -> Result<()> {
        let mut open = self.0.lock();
        if let Some(other) = open.get(path).filter(|other| other.is_open()) {
            if !force {
                return Err(Error::new(
                    ErrorCode::OperationFailed,
                    format!(
                        "the console '{path}' is open elsewhere; close it there, or take it over with the force flag"
                    ),
                ));
            }
            other.close();
        }
        open.insert(path.to_owned(), closer);
        Ok(())
    }
}
