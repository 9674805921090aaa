//! Guests that are tuned, snapshot, saved and asked for their numbers, through the Rust face, with real QEMU.

mod backup;
mod guests;
mod moments;
mod names;
#[path = "../support/port.rs"]
mod port;
mod secrets;
mod tpm;
mod tunables;
