//! A process that does not outlive its test.

use ferrovirt_host::process::{Process, Signal};

/// Killed and reaped when dropped, whatever the test does.
pub struct Reaped(pub Process);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill(Signal::KILL);
        let _ = self.0.wait();
    }
}
