//! `libvirt-domain.h`: moving a domain to another host.
