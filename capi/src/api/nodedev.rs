//! `libvirt-nodedev.h`: node devices.
