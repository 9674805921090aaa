//! What is wrong with a call's arguments whatever the driver. The calls of this crate refuse it themselves; the C
//! interface asks beforehand where libvirt tells of it before it tells that the connection is read-only.

pub use crate::domain::{running_or_paused, ssh_keys_flags};
pub use crate::flags::{not_empty, not_negative, not_zero};
