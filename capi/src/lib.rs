//! The C ABI of libvirt: one thin `extern "C"` function a public symbol, over the Rust face.
//!
//! `api/` holds the entry points, one file a header; `ffi/` the wrappers they share, and all `unsafe` there is.
#![allow(non_snake_case, non_camel_case_types)]

mod api;
#[cfg(test)]
mod fake;
mod ffi;
