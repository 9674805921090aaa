//! `libvirt-domain.h`: registering for domain events.
