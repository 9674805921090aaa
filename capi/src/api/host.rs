//! `libvirt-host.h`: connections and the host.
