//! Firmware for guests: what is installed, and which of it a guest gets.

mod choose;
mod descriptor;
mod variables;

pub use choose::{choose, name_format};
pub use descriptor::{Feature, Firmware, FlashFile, FlashMode, Interface, Mapping, firmwares, folders};
pub use variables::make_variables;
