//! What QEMU's monitor itself tells, for clients that ask for it by name.

use crate::DomainId;

/// An event of a guest's monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QemuMonitorEvent {
    pub domain: DomainId,
    /// Its name, such as `RESUME`.
    pub event: String,
    /// When QEMU sent it: seconds since 1970, and microseconds.
    pub seconds: i64,
    pub micros: u32,
    /// Its data, as JSON.
    pub details: Option<String>,
}
