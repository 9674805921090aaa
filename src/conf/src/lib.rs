//! The XML models: values in, values out, no I/O; one file an element or device.
//!
//! Three steps, each visible: *parse* (the derive: spelling and shape), *fill in* (`fill_defaults`: what the user left
//! out, as far as it holds for every hypervisor), *validate* (what contradicts). What only one hypervisor minds is done
//! by its driver. Secrets and live-only parts are taken out of a model before it is formatted, not while.
#![forbid(unsafe_code)]

pub mod backup;
pub mod capabilities;
pub mod checkpoint;
pub mod cpu;
pub mod documents;
pub mod domain;
pub mod domain_capabilities;
pub mod interface;
pub mod metadata;
pub mod moments;
pub mod network;
pub mod nodedev;
pub mod nwfilter;
pub mod secret;
pub mod snapshot;
pub mod storage;
pub mod tuning;
pub mod values;
