//! `libvirt-domain-snapshot.h`: snapshots.
