//! `libvirt-host.h`: connections, and the hosts behind them.

mod connection;
mod cpu;
mod memory;
mod node;
mod open;
