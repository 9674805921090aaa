//! The entry points, one file (or folder) for each public header.

mod admin;
mod common;
mod domain;
mod domain_checkpoint;
mod domain_snapshot;
mod event;
mod host;
mod interface;
mod lxc;
mod network;
mod nodedev;
mod nwfilter;
mod qemu;
mod secret;
mod storage;
mod stream;
mod virterror;
