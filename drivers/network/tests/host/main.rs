//! The driver on a real kernel, with real dnsmasq and nft: each test in a network namespace and folders of its own.
//! What was done is looked at with second tools (iproute2, nft, busybox).

mod crash;
mod dhcp;
mod failures;
mod life;
mod ports;
mod restart;
mod support;
mod update;
