//! `libvirt-storage.h`: storage pools and volumes.

mod pool;
mod vol;
