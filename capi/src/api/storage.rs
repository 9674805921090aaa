//! `libvirt-storage.h`: storage pools and volumes.
