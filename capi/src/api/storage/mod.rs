//! `libvirt-storage.h`: storage pools and volumes.

mod pool;
#[cfg(test)]
mod tests;
mod vol;
