//! `libvirt-interface.h`: host interfaces.
