//! `libvirt-admin.h`: administration of a daemon.

mod client;
mod connection;
mod server;
