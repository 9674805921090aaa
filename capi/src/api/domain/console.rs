//! `libvirt-domain.h`: consoles, channels, screenshots, keys, graphics.
