//! `libvirt-admin.h`: administering a daemon.
