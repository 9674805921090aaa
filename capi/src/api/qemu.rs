//! `libvirt-qemu.h`: what only QEMU can do.
