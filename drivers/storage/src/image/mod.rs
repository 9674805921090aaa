//! Images: what their headers say, and making them.

pub mod header;
pub mod qemu_img;
pub mod raw;
