//! The crate against the real kernel: each test in a network namespace of its own, and what was done is looked at
//! with a second tool (iproute2, nft).

mod addresses;
mod firewall;
mod links;
mod mac_table;
mod qos;
mod support;
