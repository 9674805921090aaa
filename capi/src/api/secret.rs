//! `libvirt-secret.h`: secrets.
