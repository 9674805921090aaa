//! `libvirt-network.h`: virtual networks and their ports.

mod net;
mod port;
#[cfg(test)]
mod tests;
