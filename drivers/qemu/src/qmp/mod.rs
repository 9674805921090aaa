//! The QEMU Machine Protocol: an asynchronous client, and the commands and events that the driver uses as typed rows.

mod client;
mod commands;
mod connection;
mod error;
mod events;
mod message;
pub mod types;

pub use client::{Client, Options, Pending, set_deadline};
pub use commands::*;
pub use error::{LostReason, QmpError};
pub use events::*;
pub use message::{Event, EventStream};
