//! Volumes: made, copied, found, changed, read and written.

pub mod change;
pub mod create;
pub mod find;
pub mod transfer;
