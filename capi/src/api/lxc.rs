//! `libvirt-lxc.h`: what only LXC can do.
