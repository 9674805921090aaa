//! `libvirt-domain.h`: defining, starting, stopping, pausing.
