//! The driver traits, by subject: find the guest, take its job, act, record, announce.

mod config;
mod lifecycle;
mod lookup;
